/**
 * FCM HTTP v1, `projects.messages.send`: one message to one recipient.
 *
 * Field names are camelCase, as the discovery document has them; the service accepts snake_case as well (the JSON
 * rules of proto3).
 *
 * Source: firebase.google.com/docs/reference/fcm/rest/v1/projects.messages and the discovery document `fcm/v1`.
 *
 * @since 1.0.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import * as SchemaTransformation from "effect/SchemaTransformation"
import * as RpcStatus from "./RpcStatus.ts"

// -----------------------------------------------------------------------------
// Constants
// -----------------------------------------------------------------------------

/**
 * The service's origin.
 *
 * @category constants
 * @since 1.0.0
 */
export const origin = "https://fcm.googleapis.com"

/**
 * The narrowest OAuth scope that may send.
 *
 * @category constants
 * @since 1.0.0
 */
export const scope = "https://www.googleapis.com/auth/firebase.messaging"

/**
 * The longest that the service keeps a message for a device, which is also the default: four weeks.
 *
 * @category constants
 * @since 1.0.0
 */
export const maxTimeToLive: Duration.Duration = Duration.weeks(4)

/**
 * The path of the method, for a project named by its id or number.
 *
 * @category constants
 * @since 1.0.0
 */
export const sendPath = (projectId: string): string => `/v1/projects/${encodeURIComponent(projectId)}/messages:send`

// -----------------------------------------------------------------------------
// JSON forms
// -----------------------------------------------------------------------------

const durationPattern = /^(-?\d+)(?:\.(\d{1,9}))?s$/

/**
 * `google.protobuf.Duration` in JSON: decimal seconds with the suffix `s`, up to nine fraction digits (`3.5s`).
 *
 * @category schemas
 * @since 1.0.0
 */
export const DurationFromSeconds = Schema.String.pipe(Schema.decodeTo(
  Schema.Duration,
  SchemaTransformation.transformEffect({
    decode: (text) => {
      const match = durationPattern.exec(text)
      return match === null
        ? Effect.fail(new SchemaIssue.InvalidValue({ message: "Expected seconds such as 3.5s" }))
        : Effect.succeed(Duration.nanos(BigInt(match[1] ?? 0) * 1_000_000_000n + fraction(text, match[2] ?? "")))
    },
    encode: (duration) =>
      Option.match(Duration.toNanos(duration), {
        onNone: () => Effect.fail(new SchemaIssue.InvalidValue({ message: "Expected a finite duration" })),
        onSome: (nanos) => Effect.succeed(secondsText(nanos))
      })
  })
))

const fraction = (text: string, digits: string): bigint =>
  BigInt(digits.padEnd(9, "0")) * (text.startsWith("-") ? -1n : 1n)

const secondsText = (nanos: bigint): string => {
  const size = nanos < 0n ? -nanos : nanos
  const digits = String(size % 1_000_000_000n).padStart(9, "0").replace(/0+$/, "")
  return `${nanos < 0n ? "-" : ""}${size / 1_000_000_000n}${digits === "" ? "" : `.${digits}`}s`
}

const StringMap = Schema.Record(Schema.String, Schema.String)

// -----------------------------------------------------------------------------
// Request
// -----------------------------------------------------------------------------

/**
 * The notification that every platform shows.
 *
 * @category schemas
 * @since 1.0.0
 */
export const Notification = Schema.Struct({
  title: Schema.optional(Schema.String),
  body: Schema.optional(Schema.String),
  image: Schema.optional(Schema.String)
})

/**
 * What concerns Android alone.
 *
 * @category schemas
 * @since 1.0.0
 */
export const AndroidConfig = Schema.Struct({
  collapseKey: Schema.optional(Schema.String),
  priority: Schema.optional(Schema.Literals(["NORMAL", "HIGH"])),
  ttl: Schema.optional(DurationFromSeconds),
  restrictedPackageName: Schema.optional(Schema.String)
})

/**
 * What concerns iOS alone: the headers that go to the Apple Push Notification service.
 *
 * @category schemas
 * @since 1.0.0
 */
export const ApnsConfig = Schema.Struct({ headers: Schema.optional(StringMap) })

/**
 * What concerns browsers alone: the headers of the Web Push protocol.
 *
 * @category schemas
 * @since 1.0.0
 */
export const WebpushConfig = Schema.Struct({ headers: Schema.optional(StringMap) })

const content = {
  data: Schema.optional(StringMap),
  notification: Schema.optional(Notification),
  android: Schema.optional(AndroidConfig),
  apns: Schema.optional(ApnsConfig),
  webpush: Schema.optional(WebpushConfig),
  fcmOptions: Schema.optional(Schema.Struct({ analyticsLabel: Schema.optional(Schema.String) }))
}

/**
 * What is sent, without saying to whom.
 *
 * @category models
 * @since 1.0.0
 */
export interface Content extends Schema.Schema.Type<typeof Content> {}

/**
 * The schema of what is sent: the message without its target.
 *
 * @category schemas
 * @since 1.0.0
 */
export const Content = Schema.Struct(content)

/**
 * A message and its target: exactly one of `token` and `fid`.
 *
 * @category models
 * @since 1.0.0
 */
export interface Message extends Schema.Schema.Type<typeof Message> {}

/**
 * The schema of a message and its target.
 *
 * @category schemas
 * @since 1.0.0
 */
export const Message = Schema.Struct({
  ...content,
  token: Schema.optional(Schema.String),
  fid: Schema.optional(Schema.String)
})

/**
 * The schema of the request's body; with `validateOnly` the service checks and delivers nothing.
 *
 * @category schemas
 * @since 1.0.0
 */
export const SendRequest = Schema.Struct({ message: Message, validateOnly: Schema.optional(Schema.Boolean) })

/**
 * Writes the text of requests that differ in their target alone: the content is encoded once, the target spliced in.
 *
 * @category encoding
 * @since 1.0.0
 */
export const sendRequestText = (
  content: Content,
  options: {
    /** The service checks the message, and delivers nothing. */
    readonly validateOnly: boolean
  }
): (target: "token" | "fid", value: string) => string => {
  const fields = JSON.stringify(encodeContent(content)).slice(1, -1)
  const rest = `${fields === "" ? "" : `,${fields}`}}${options.validateOnly ? ",\"validateOnly\":true" : ""}}`
  return (target, value) => `{"message":{"${target}":${JSON.stringify(value)}${rest}`
}

const encodeContent = Schema.encodeSync(Content)

// -----------------------------------------------------------------------------
// Response
// -----------------------------------------------------------------------------

/**
 * The schema of a success: `name` is `projects/{project}/messages/{id}`.
 *
 * @category schemas
 * @since 1.0.0
 */
export const SendResponse = Schema.Struct({ name: Schema.String })

/**
 * `google.firebase.fcm.v1.FcmError`: the code that says whose fault it is.
 *
 * @category schemas
 * @since 1.0.0
 */
export const FcmError = Schema.Struct({
  "@type": Schema.Literal("type.googleapis.com/google.firebase.fcm.v1.FcmError"),
  errorCode: Schema.String
})

/**
 * `google.firebase.fcm.v1.ApnsError`: what Apple's service answered.
 *
 * @category schemas
 * @since 1.0.0
 */
export const ApnsError = Schema.Struct({
  "@type": Schema.Literal("type.googleapis.com/google.firebase.fcm.v1.ApnsError"),
  statusCode: RpcStatus.lenientKey(Schema.Number),
  reason: RpcStatus.lenientKey(Schema.String)
})

/**
 * The codes of {@link FcmError} that the service documents, and two that Google's SDKs know besides
 * (`UNREGISTERED_FID`, `APNS_AUTH_ERROR`).
 *
 * @category models
 * @since 1.0.0
 */
export type ErrorCode =
  | "UNSPECIFIED_ERROR"
  | "INVALID_ARGUMENT"
  | "UNREGISTERED"
  | "SENDER_ID_MISMATCH"
  | "QUOTA_EXCEEDED"
  | "UNAVAILABLE"
  | "INTERNAL"
  | "THIRD_PARTY_AUTH_ERROR"
  | "UNREGISTERED_FID"
  | "APNS_AUTH_ERROR"
