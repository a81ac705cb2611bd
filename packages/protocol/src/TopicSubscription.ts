/**
 * FCM HTTP v1, `projects.registrations.topicSubscriptions`: which topics one app installation is subscribed to.
 *
 * Bearer token and scope are those of a send, errors are `google.rpc.Status`: 409 ALREADY_EXISTS where there is one
 * already, 404 NOT_FOUND, 429 RESOURCE_EXHAUSTED above 3,000 changes a second in a project.
 *
 * Source: firebase.google.com/docs/reference/fcm/fcmtopics/rest/v1/projects.registrations.topicSubscriptions, and the
 * discovery document `fcm/v1`.
 *
 * @since 1.0.0
 */
import * as Record from "effect/Record"
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import * as Str from "effect/String"
import { pathSegment } from "./internal/pathSegment.ts"
import * as ProtoJson from "./ProtoJson.ts"
import { lenientKey } from "./RpcStatus.ts"

// -----------------------------------------------------------------------------
// Paths
// -----------------------------------------------------------------------------

/**
 * The most subscriptions on one page of a list; more is taken for this.
 *
 * @category constants
 * @since 1.0.0
 */
export const maxPageSize = 2000

/**
 * How many subscriptions are on a page of a list that names no size.
 *
 * @category constants
 * @since 1.0.0
 */
export const defaultPageSize = 1000

/**
 * The path of the subscriptions of a registration (an installation id or a registration token). `GET` lists them, with
 * the parameters `pageSize` and `pageToken`; `POST` with the parameter `topic_name` and the body `{}` creates one.
 *
 * @category constants
 * @since 1.0.0
 */
export const collectionPath = (projectId: string, registration: string): string =>
  `/v1/projects/${pathSegment(projectId)}/registrations/${pathSegment(registration)}/topicSubscriptions`

/**
 * The path of one subscription, for `GET`, `PATCH` and `DELETE`. With the parameter `allowMissing=true` a `PATCH` surely
 * creates what is not there, and a `DELETE` of what is not there succeeds: both can be repeated.
 *
 * **Gotchas**
 *
 * What is named `.` or `..` has no path: URLs take it for a step. The Instance ID service reaches such a topic.
 *
 * @category constants
 * @since 1.0.0
 */
export const path = (projectId: string, registration: string, topic: string): string =>
  `${collectionPath(projectId, registration)}/${pathSegment(topic)}`

/**
 * The name of a resource, which is no path: nothing in it is escaped.
 *
 * @category constants
 * @since 1.0.0
 */
export const resourceName = (projectId: string, registration: string, topic: string): string =>
  `projects/${projectId}/registrations/${registration}/topicSubscriptions/${topic}`

// -----------------------------------------------------------------------------
// Answers
// -----------------------------------------------------------------------------

/** The reference has answers in snake_case, the discovery document in camelCase: both are read, the latter is written. */
const anySpelling = Schema.Record(Schema.String, Schema.Unknown).pipe(
  Schema.decode(SchemaTransformation.transform({
    decode: Record.mapKeys((key) => Str.snakeToCamel(key)),
    encode: (fields) => fields
  }))
)

/**
 * A subscription.
 *
 * @category models
 * @since 1.0.0
 */
export interface TopicSubscription extends Schema.Schema.Type<typeof TopicSubscription> {}

/**
 * The schema of a subscription: its {@link resourceName}, the topic in it, when it was made.
 *
 * @category schemas
 * @since 1.0.0
 */
export const TopicSubscription = anySpelling.pipe(Schema.decodeTo(
  Schema.Struct({
    name: Schema.String,
    topicName: lenientKey(Schema.String),
    createTime: lenientKey(ProtoJson.Timestamp)
  })
))

/**
 * The topic of a subscription.
 *
 * @category getters
 * @since 1.0.0
 */
export const topicOf = ({ name, topicName }: TopicSubscription): string =>
  topicName ?? name.slice(name.lastIndexOf("/") + 1)

/**
 * The schema of one page of a list; there are more if it has a `nextPageToken`.
 *
 * @category schemas
 * @since 1.0.0
 */
export const Page = anySpelling.pipe(Schema.decodeTo(
  Schema.Struct({
    topicSubscriptions: Schema.optionalKey(Schema.Array(TopicSubscription)),
    nextPageToken: Schema.optionalKey(Schema.String)
  })
))
