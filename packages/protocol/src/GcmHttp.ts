/**
 * The original GCM HTTP protocol, JSON form: one message to up to 1000 registration ids.
 *
 * Google shut its own servers for it in 2024; others still speak it.
 *
 * Source: developers.google.com/cloud-messaging/http-server-ref, and Android's GCM guide (`http.jd`, `server-ref.jd`).
 *
 * @since 1.0.0
 */
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import { lenientKey } from "./RpcStatus.ts"

// -----------------------------------------------------------------------------
// Constants
// -----------------------------------------------------------------------------

/**
 * The endpoint that Google's FCM servers had for this protocol.
 *
 * @category constants
 * @since 1.0.0
 */
export const endpoint = "https://fcm.googleapis.com/fcm/send"

/**
 * Registration ids in one request: 1 to 1000.
 *
 * @category constants
 * @since 1.0.0
 */
export const maxRegistrationIds = 1000

/**
 * The longest time to live, which is also the default: four weeks, 2,419,200 seconds.
 *
 * @category constants
 * @since 1.0.0
 */
export const maxTimeToLive: Duration.Duration = Duration.weeks(4)

/**
 * Whether a key of `data` is the service's own: `from`, and what begins with `google.` (`server-ref.jd`).
 *
 * @category guards
 * @since 1.0.0
 */
export const isReservedKey = (key: string): boolean => key === "from" || key.startsWith("google.")

/**
 * The value of the header `authorization`.
 *
 * @category encoding
 * @since 1.0.0
 */
export const authorization = (apiKey: string): string => `key=${apiKey}`

// -----------------------------------------------------------------------------
// Request
// -----------------------------------------------------------------------------

const text = Schema.optional(Schema.String)

const flag = Schema.optional(Schema.Boolean)

/** A list of strings is written as a text that holds a JSON array. */
const texts = Schema.optional(Schema.fromJsonString(Schema.Array(Schema.String)))

/**
 * The schema of what the platform shows. `sound` is a text, or a dictionary of iOS; `badge` is a text, and `"0"` takes
 * the badge away; `*_loc_args` are JSON arrays, written as texts.
 *
 * @category schemas
 * @since 1.0.0
 */
export const Notification = Schema.Struct({
  title: text,
  body: text,
  subtitle: text,
  icon: text,
  sound: Schema.optional(Schema.Union([Schema.String, Schema.Record(Schema.String, Schema.Json)])),
  badge: text,
  tag: text,
  color: text,
  android_channel_id: text,
  click_action: text,
  body_loc_key: text,
  body_loc_args: texts,
  title_loc_key: text,
  title_loc_args: texts
})

const content = {
  data: Schema.optional(Schema.Record(Schema.String, Schema.String)),
  notification: Schema.optional(Notification),
  collapse_key: text,
  priority: Schema.optional(Schema.Literals(["normal", "high"])),
  content_available: flag,
  mutable_content: flag,
  delay_while_idle: flag,
  time_to_live: Schema.optional(Schema.Int),
  restricted_package_name: text,
  dry_run: flag
}

/**
 * What is sent, without saying to whom.
 *
 * @category models
 * @since 1.0.0
 */
export interface Content extends Schema.Schema.Type<typeof Content> {}

/**
 * The schema of what is sent: a request without its registration ids.
 *
 * @category schemas
 * @since 1.0.0
 */
export const Content = Schema.Struct(content)

/**
 * The schema of a request's body, as the service takes it: to `registration_ids`, to one of whatever kind (`to`), or to a
 * condition over topics; data that are no strings are converted (`server-ref.jd`).
 *
 * @category schemas
 * @since 1.0.0
 */
export const JsonRequest = Schema.Struct({
  ...content,
  data: Schema.optional(Schema.Record(Schema.String, Schema.Json)),
  registration_ids: Schema.optional(Schema.Array(Schema.String)),
  to: text,
  condition: text
})

/**
 * To whom: registration ids; a topic (`/topics/{name}`) or the key of a device group; or a condition over topics.
 *
 * @category models
 * @since 1.0.0
 */
export type Target =
  | {
    /** 1 to 1000 of them. */
    readonly registration_ids: ReadonlyArray<string>
  }
  | {
    /** A topic or the key of a device group; in requests of others also one registration id. */
    readonly to: string
  }
  | {
    /** As `Condition` has it. */
    readonly condition: string
  }

/**
 * Writes the text of requests that differ in their target alone: the content is made ready once.
 *
 * @category encoding
 * @since 1.0.0
 */
export const jsonRequestText = (content: Content): (target: Target) => string => {
  const fields = encodeContent(content)
  // in one piece, though that writes the fields again: a thousand ids are a large text, which no join should copy
  return (target) => JSON.stringify({ ...target, ...fields })
}

const encodeContent = Schema.encodeSync(Content)

// -----------------------------------------------------------------------------
// Response
// -----------------------------------------------------------------------------

/**
 * The schema of an accepted message: `registration_id` is the id to use from now on. Some servers write the
 * `message_id` as a number, and others an empty one beside an error.
 *
 * @category schemas
 * @since 1.0.0
 */
export const Accepted = Schema.Struct({
  message_id: Schema.Union([Schema.NonEmptyString, Schema.Finite]),
  registration_id: lenientKey(Schema.NonEmptyString)
})

/**
 * The schema of a refused message.
 *
 * @category schemas
 * @since 1.0.0
 */
export const Refused = Schema.Struct({ error: Schema.String })

/**
 * The result of one registration id.
 *
 * @category models
 * @since 1.0.0
 */
export type Result = Schema.Schema.Type<typeof Result>

/**
 * The schema of the result of one registration id. What has a `message_id` was accepted, whatever else it says: sent
 * again it would come twice.
 *
 * @category schemas
 * @since 1.0.0
 */
export const Result = Schema.Union([Accepted, Refused])

/**
 * The schema of an answer: one result for each id, in the order of the request. A result that is none (see
 * {@link Result}) costs its own recipient an outcome and nobody else.
 *
 * The counters and `multicast_id` (a number beyond 2^53) tell nothing that the results do not.
 *
 * @category schemas
 * @since 1.0.0
 */
export const JsonResponse = Schema.Struct({ results: Schema.Array(Schema.Unknown) })

/**
 * The codes of {@link Refused} that are documented or were seen.
 *
 * **Details**
 *
 * `DeprecatedApi` is what Google's servers answer since they shut this protocol (from July 2024 on, seen with status
 * 200): nothing that they send it to will arrive, whatever is changed. Send through FCM HTTP v1.
 *
 * @category models
 * @since 1.0.0
 */
export type ErrorCode =
  | "MissingRegistration"
  | "InvalidRegistration"
  | "NotRegistered"
  | "InvalidPackageName"
  | "MismatchSenderId"
  | "MessageTooBig"
  | "InvalidDataKey"
  | "InvalidTtl"
  | "Unavailable"
  | "InternalServerError"
  | "DeviceMessageRateExceeded"
  | "TopicsMessageRateExceeded"
  | "InvalidApnsCredential"
  | "InvalidParameters"
  | "DeprecatedApi"

// -----------------------------------------------------------------------------
// Audiences
// -----------------------------------------------------------------------------

/**
 * The answer to a message to a topic or a condition.
 *
 * @category models
 * @since 1.0.0
 */
export type TopicResponse = Schema.Schema.Type<typeof TopicResponse>

/**
 * The schema of the answer to a message to a topic or a condition. On the wire `message_id` is a number, often beyond
 * 2^53: read and write it with {@link fromText}.
 *
 * @category schemas
 * @since 1.0.0
 */
export const TopicResponse = Schema.Union([Refused, Schema.Struct({ message_id: Schema.String })])

/**
 * The schema of the text of an answer. A `message_id` that is an integer is a number on the wire, and a string that has
 * all its digits in the program.
 *
 * @category schemas
 * @since 1.0.0
 */
export const fromText = <S extends Schema.Constraint>(schema: S) =>
  allDigits.pipe(Schema.decodeTo(Schema.fromJsonString(schema)))

// in JSON, a quotation mark behind a brace or comma that stands in a string ends that string: no name follows it
const allDigits = Schema.String.pipe(Schema.decode(SchemaTransformation.transform({
  // no lookbehind: it would read a run of spaces again from every position
  decode: (text) => text.replace(/([{,]\s*"message_id"\s*:\s*)(-?(?:0|[1-9]\d*))(?=\s*[,}])/g, "$1\"$2\""),
  encode: (text) => text.replace(/(?<=[{,]"message_id":)"(-?(?:0|[1-9]\d*))"(?=[,}])/g, "$1")
})))
