/**
 * FCM HTTP v1, `projects.registrations.topicSubscriptions`, from the service's side.
 *
 * No answer of it was ever recorded: these are made as the reference and Google's rules for such methods have them
 * (google.aip.dev, 131 to 135).
 */
import * as Topic from "@cloud-messaging/protocol/Topic"
import * as TopicSubscription from "@cloud-messaging/protocol/TopicSubscription"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import type * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as exchange from "./exchange.ts"
import type * as Fate from "./fate.ts"
import * as Answer from "./fcmAnswer.ts"
import * as subscriptions from "./subscriptions.ts"
import * as topics from "./topics.ts"
import * as world from "./world.ts"

interface Asked {
  readonly project: string
  readonly registration: string
  /** In the path, or for `create` a parameter. */
  readonly topic: string
  readonly parameters: typeof Parameters.Type
}

const Parameters = Schema.Struct({
  topic_name: Schema.optional(Schema.String),
  topicName: Schema.optional(Schema.String),
  allowMissing: Schema.optional(Schema.String),
  allow_missing: Schema.optional(Schema.String),
  pageSize: Schema.optional(Schema.String),
  pageToken: Schema.optional(Schema.String)
})

const noParameters: typeof Parameters.Type = {}

const allowMissing = ({ parameters }: Asked) => parameters.allowMissing ?? parameters.allow_missing

/** A method: who may ask, the fate of the registration, and then what the method does. */
const method = <E, R>(
  verb: "create" | "delete" | "get" | "list" | "update",
  run: (asked: Asked) => Effect.Effect<exchange.Answer | HttpServerResponse.HttpServerResponse, E, R>
) =>
  Effect.gen(function*() {
    const { project = "", registration = "", topic } = yield* HttpRouter.params
    yield* world.count("topics", project)
    const refused = yield* Answer.refusal(project, `cloudmessaging.topicSubscriptions.${verb}`)
    if (refused !== undefined) return refused
    const found = yield* Effect.option(HttpServerRequest.schemaSearchParams(Parameters))
    const parameters = Option.getOrElse(found, () => noParameters)
    const name = topic ?? parameters.topic_name ?? parameters.topicName ?? ""
    if (verb !== "list" && !Topic.isName(name)) return invalidTopic
    const asked = { project, endpoint: "topics", recipients: [registration], say: Answer.say(project) } as const
    return yield* exchange.run(asked, ([fate]) => {
      const error = fate && errorOf(fate)
      return error === undefined
        ? run({ project, registration, topic: name, parameters })
        : Effect.succeed<exchange.Answer | HttpServerResponse.HttpServerResponse>(error)
    })
  })

export const create = method(
  "create",
  Effect.fnUntraced(function*(asked) {
    const existing = yield* find(asked)
    return existing === undefined ? yield* subscribed(asked) : alreadyExists
  })
)

export const get = method(
  "get",
  Effect.fnUntraced(function*(asked) {
    const existing = yield* find(asked)
    return existing === undefined ? Answer.missing : resource(asked, existing)
  })
)

/** Without `allowMissing` it creates as well: so the method is described, although the parameter says otherwise. */
export const patch = method(
  "update",
  Effect.fnUntraced(function*(asked) {
    const existing = yield* find(asked)
    if (existing !== undefined) return resource(asked, existing)
    return allowMissing(asked) === "false" ? Answer.missing : yield* subscribed(asked)
  })
)

export const remove = method(
  "delete",
  Effect.fnUntraced(function*(asked) {
    const existing = yield* find(asked)
    if (existing === undefined && allowMissing(asked) !== "true") return Answer.missing
    yield* subscriptions.unsubscribe(asked.project, asked.registration, asked.topic)
    return { text: Answer.pretty({}) }
  })
)

/** In the order of names, so that a page token stays good while subscriptions come and go: it is the last name. */
export const list = method(
  "list",
  Effect.fnUntraced(function*(asked) {
    const { pageSize = "0", pageToken = "" } = asked.parameters
    if (!/^\d+$/.test(pageSize)) return invalidPageSize
    const size = Math.min(Number(pageSize) || TopicSubscription.defaultPageSize, TopicSubscription.maxPageSize)
    const all = yield* subscriptions.list(asked.project, asked.registration)
    const rest = all.filter(({ topic }) => topic > pageToken).toSorted((a, b) => a.topic < b.topic ? -1 : 1)
    const page = rest.slice(0, size)
    return {
      text: Answer.pretty({
        ...page.length === 0 ? {} : { topicSubscriptions: page.map((subscription) => fields(asked, subscription)) },
        ...rest.length > size ? { nextPageToken: page.at(-1)?.topic } : {}
      })
    }
  })
)

const find = ({ project, registration, topic }: Asked) => subscriptions.find(project, registration, topic)

const subscribed = Effect.fnUntraced(function*(asked: Asked) {
  const subscription = yield* topics.subscribe(asked.project, asked.registration, asked.topic)
  return subscription === undefined ? tooMany : resource(asked, subscription)
})

const fields = ({ project, registration }: Asked, { since, topic }: world.Subscription) => ({
  name: TopicSubscription.resourceName(project, registration, topic),
  topicName: topic,
  createTime: DateTime.formatIso(DateTime.makeUnsafe(since))
})

const resource = (asked: Asked, subscription: world.Subscription): exchange.Answer => ({
  text: Answer.pretty(fields(asked, subscription))
})

// -----------------------------------------------------------------------------
// Answers
// -----------------------------------------------------------------------------

const invalidField = (field: string, description: string) =>
  Answer.failure(400, "INVALID_ARGUMENT", "Request contains an invalid argument.", [
    Answer.fieldViolations([{ field, description }])
  ])

const invalidRegistration = invalidField("name", "Invalid registration token")

/** A topic is no matter of Apple's. */
const errorOf = (fate: Fate.Fate) =>
  fate.name === "apns-auth" ? undefined : fate.name === "invalid" ? invalidRegistration : Answer.errorOf(fate)

const invalidTopic = invalidField("topic_name", "Invalid topic name provided.")

const invalidPageSize = invalidField("page_size", "The page size must not be negative.")

const alreadyExists = Answer.failure(409, "ALREADY_EXISTS", "Requested entity already exists", [])

const tooMany = Answer.failure(400, "FAILED_PRECONDITION", "The app instance has too many topic subscriptions.", [])
