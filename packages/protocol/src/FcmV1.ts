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
import * as Schema from "effect/Schema"
import * as ProtoJson from "./ProtoJson.ts"
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
 * Whether a key of `data` is the service's own: `from`, `message_type`, and what begins with `google.` or
 * `gcm.notification.`.
 *
 * @category guards
 * @since 1.0.0
 */
export const isReservedKey = (key: string): boolean =>
  key === "from" || key === "message_type" || key.startsWith("google.") || key.startsWith("gcm.notification.")

/**
 * The path of the method, for a project named by its id or number.
 *
 * @category encoding
 * @since 1.0.0
 */
export const sendPath = (projectId: string): string => `/v1/projects/${encodeURIComponent(projectId)}/messages:send`

// -----------------------------------------------------------------------------
// Parts of a request
// -----------------------------------------------------------------------------

const text = Schema.optional(Schema.String)

const flag = Schema.optional(Schema.Boolean)

const texts = Schema.optional(Schema.Array(Schema.String))

const textMap = Schema.optional(Schema.Record(Schema.String, Schema.String))

const struct = Schema.optional(Schema.Record(Schema.String, Schema.Json))

/**
 * `google.firebase.fcm.v1.Notification`: what every platform shows.
 *
 * @category schemas
 * @since 1.0.0
 */
export const Notification = Schema.Struct({ title: text, body: text, image: text }).annotate({
  identifier: "Notification"
})

/**
 * `LightSettings`: how an Android device's LED blinks. All three are required.
 *
 * @category schemas
 * @since 1.0.0
 */
export const LightSettings = Schema.Struct({
  color: ProtoJson.Color,
  lightOnDuration: ProtoJson.Duration,
  lightOffDuration: ProtoJson.Duration
}).annotate({ identifier: "LightSettings" })

/**
 * `AndroidNotification`: how Android shows it. `color` is `#rrggbb`; `notificationCount` an int32.
 *
 * @category schemas
 * @since 1.0.0
 */
export const AndroidNotification = Schema.Struct({
  title: text,
  body: text,
  icon: text,
  color: Schema.optional(ProtoJson.HexColor),
  sound: text,
  tag: text,
  clickAction: text,
  bodyLocKey: text,
  bodyLocArgs: texts,
  titleLocKey: text,
  titleLocArgs: texts,
  channelId: text,
  ticker: text,
  sticky: flag,
  eventTime: Schema.optional(ProtoJson.Timestamp),
  localOnly: flag,
  notificationPriority: Schema.optional(
    Schema.Literals([
      "PRIORITY_UNSPECIFIED",
      "PRIORITY_MIN",
      "PRIORITY_LOW",
      "PRIORITY_DEFAULT",
      "PRIORITY_HIGH",
      "PRIORITY_MAX"
    ]).annotate({ identifier: "AndroidNotification.NotificationPriority" })
  ),
  defaultSound: flag,
  defaultVibrateTimings: flag,
  defaultLightSettings: flag,
  vibrateTimings: Schema.optional(Schema.Array(ProtoJson.Duration)),
  visibility: Schema.optional(
    Schema.Literals(["VISIBILITY_UNSPECIFIED", "PRIVATE", "PUBLIC", "SECRET"]).annotate({
      identifier: "AndroidNotification.Visibility"
    })
  ),
  notificationCount: Schema.optional(Schema.Number.check(Schema.isInt32())),
  lightSettings: Schema.optional(LightSettings),
  image: text,
  bypassProxyNotification: flag,
  proxy: Schema.optional(
    Schema.Literals(["PROXY_UNSPECIFIED", "ALLOW", "DENY", "IF_PRIORITY_LOWERED"]).annotate({
      identifier: "AndroidNotification.Proxy"
    })
  )
}).annotate({ identifier: "AndroidNotification" })

/**
 * `AndroidConfig`: what concerns Android alone. `data` replaces the message's.
 *
 * @category schemas
 * @since 1.0.0
 */
export const AndroidConfig = Schema.Struct({
  collapseKey: text,
  priority: Schema.optional(Schema.Literals(["NORMAL", "HIGH"]).annotate({ identifier: "AndroidMessagePriority" })),
  ttl: Schema.optional(ProtoJson.Duration),
  restrictedPackageName: text,
  data: textMap,
  notification: Schema.optional(AndroidNotification),
  fcmOptions: Schema.optional(Schema.Struct({ analyticsLabel: text }).annotate({ identifier: "AndroidFcmOptions" })),
  directBootOk: flag,
  bandwidthConstrainedOk: flag,
  restrictedSatelliteOk: flag
}).annotate({ identifier: "AndroidConfig" })

/**
 * `ApnsConfig`: what concerns iOS alone. `headers` go to the Apple Push Notification service; `payload` is the whole of
 * Apple's payload, the dictionary `aps` and keys of the app's own.
 *
 * @category schemas
 * @since 1.0.0
 */
export const ApnsConfig = Schema.Struct({
  headers: textMap,
  payload: struct,
  liveActivityToken: text,
  fcmOptions: Schema.optional(
    Schema.Struct({ analyticsLabel: text, image: text }).annotate({ identifier: "ApnsFcmOptions" })
  )
}).annotate({ identifier: "ApnsConfig" })

/**
 * `WebpushConfig`: what concerns browsers alone. `headers` are those of the Web Push protocol (RFC 8030), `notification`
 * the options of the Notification API; `data` replaces the message's; `link` is https.
 *
 * @category schemas
 * @since 1.0.0
 */
export const WebpushConfig = Schema.Struct({
  headers: textMap,
  data: textMap,
  notification: struct,
  fcmOptions: Schema.optional(
    Schema.Struct({ link: text, analyticsLabel: text }).annotate({ identifier: "WebpushFcmOptions" })
  )
}).annotate({ identifier: "WebpushConfig" })

// -----------------------------------------------------------------------------
// Request
// -----------------------------------------------------------------------------

const content = {
  data: textMap,
  notification: Schema.optional(Notification),
  android: Schema.optional(AndroidConfig),
  apns: Schema.optional(ApnsConfig),
  webpush: Schema.optional(WebpushConfig),
  fcmOptions: Schema.optional(Schema.Struct({ analyticsLabel: text }).annotate({ identifier: "FcmOptions" }))
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
 * What names a target: a registration token, a Firebase installation id, a topic (without `/topics/`), or a condition
 * over topics.
 *
 * @category models
 * @since 1.0.0
 */
export type Target = "token" | "fid" | "topic" | "condition"

/**
 * A message and its target: exactly one of `token`, `fid`, `topic` and `condition`.
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
  token: text,
  fid: text,
  topic: text,
  condition: text
}).annotate({ identifier: "Message" })

/**
 * The schema of the request's body; with `validateOnly` the service checks and delivers nothing.
 *
 * @category schemas
 * @since 1.0.0
 */
export const SendRequest = Schema.Struct({ message: Message, validateOnly: flag })

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
): (target: Target, value: string) => string => {
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
