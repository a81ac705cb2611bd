/**
 * The fields of a message, read: what a valid message says, in the types that encoders take.
 *
 * Texts of issues say what is expected, never what was given: a message's texts show in no error.
 */
import * as ProtoJson from "@cloud-messaging/protocol/ProtoJson"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"
import * as SchemaIssue from "effect/SchemaIssue"
import * as SchemaTransformation from "effect/SchemaTransformation"
import type * as Android from "../Android.ts"
import type * as Apns from "../Apns.ts"
import type * as GcmOptions from "../GcmOptions.ts"
import type * as Message from "../Message.ts"
import type * as Webpush from "../Webpush.ts"

/** Every key of a model has its schema, and no other. */
type Shape<A> = { readonly [K in keyof A]-?: Schema.Constraint }

// -----------------------------------------------------------------------------
// Durations
// -----------------------------------------------------------------------------

/** The duration that an input names, if it is one. */
export const duration = (input: unknown): Option.Option<Duration.Duration> =>
  // a bare number, bigint or pair, which untyped callers may pass, has no unit that everybody would read the same
  isDurationInput(input) ? Duration.fromInput(input) : Option.none()

const isDurationInput = (input: unknown): input is Duration.Input =>
  Duration.isDuration(input) || Predicate.isString(input) || isDurationObject(input)

const units = new Set(["weeks", "days", "hours", "minutes", "seconds", "milliseconds", "microseconds", "nanoseconds"])

// Duration reads any object, and what it does not know as zero: a message that is to be delivered now or never
const isDurationObject = (input: unknown): boolean => {
  if (!Predicate.isObject(input)) return false
  const parts = Object.entries(input).filter(([, n]) => n !== undefined)
  return parts.length > 0 && parts.every(([unit, n]) => units.has(unit) && Number.isFinite(n))
}

const durationUpTo = (maximum: Duration.Duration, range: string) => (input: unknown) =>
  Option.match(duration(input), {
    onNone: () => Result.fail("must be a Duration, or a text with a unit such as \"1 hour\""),
    onSome: (_) =>
      Duration.between(_, { minimum: Duration.zero, maximum })
        ? Result.succeed(_)
        : Result.fail(`must lie between 0 and ${range}`)
  })

// -----------------------------------------------------------------------------
// Values
// -----------------------------------------------------------------------------

const field = <S extends Schema.Top>(schema: S, expected: string) =>
  Schema.optionalKey(schema.annotate({ message: `must be ${expected}` }))

/** A field that is left out if it is empty, as in gcm-client: FCM does not distinguish the two. */
const unlessEmpty = <S extends Schema.Constraint>(field: Schema.optionalKey<S>) =>
  field.pipe(Schema.decodeTo(Schema.optionalKey(Schema.toType(field.schema)), {
    decode: SchemaGetter.transformOptional(Option.filter((value: S["Type"]) => !isEmpty(value))),
    encode: SchemaGetter.passthrough()
  }))

const isEmpty = (value: unknown): boolean =>
  value === "" || (Predicate.isObject(value) && Object.keys(value).length === 0)

const object = <S extends Schema.Top>(schema: S) => field(schema, "an object")

const text = field(Schema.String, "a string")

const flag = field(Schema.Boolean, "a boolean")

const texts = field(Schema.Array(Schema.String.annotate({ message: "must be a string" })), "a list of strings")

const oneOf = <const L extends ReadonlyArray<string>>(literals: L) =>
  field(Schema.Literals(literals), `one of ${literals.join(", ")}`)

/** Texts by the caller's own keys. */
const textMap = object(Schema.Record(Schema.String, Schema.String.annotate({ message: "must be a string" })))

/** A value that may be given in several ways. */
const from = <S extends Schema.Constraint>(to: S, read: (input: unknown) => Result.Result<S["Type"], string>) =>
  Schema.Unknown.pipe(Schema.decodeTo(
    Schema.toType(to),
    SchemaTransformation.transformEffect({
      decode: (input) =>
        Effect.mapError(Effect.fromResult(read(input)), (message) => new SchemaIssue.InvalidValue({ message })),
      encode: (value) => Effect.succeed<unknown>(value)
    })
  ))

const dataValue = Schema.Union([Schema.String, Schema.Number, Schema.BigInt, Schema.Boolean]).annotate({
  message: "must be a string, a number, a bigint or a boolean"
}).pipe(
  // the services take strings alone
  Schema.decodeTo(
    Schema.String,
    SchemaTransformation.transform({ decode: String, encode: (value): Message.DataValue => value })
  )
)

const data = object(Schema.Record(Schema.String, dataValue))

const timeToLive = Schema.optionalKey(
  from(Schema.Duration, durationUpTo(Duration.weeks(4), "four weeks (2,419,200 seconds)"))
)

// google.protobuf.Duration
const timing = from(Schema.Duration, durationUpTo(Duration.seconds(315_576_000_000), "10,000 years"))

const time = Schema.optionalKey(from(Schema.DateTimeUtc, (input) => {
  const time = DateTime.isDateTime(input) || (input instanceof Date && !Number.isNaN(input.getTime()))
    ? Option.map(DateTime.make(input), DateTime.toUtc)
    : Option.none()
  return Result.fromOption(
    Option.filter(time, ProtoJson.isTimestamp),
    () => "must be a DateTime or a Date, from the year 1 to 9999"
  )
}))

const hexColor = field(Schema.Unknown.pipe(Schema.refine(Schema.is(ProtoJson.HexColor))), "a color such as #d81b60")

const color = from(ProtoJson.Color, (input) => {
  const digits = typeof input === "string" ? /^#((?:[0-9a-fA-F]{2}){3,4})$/.exec(input)?.[1] : undefined
  const [red, green, blue, alpha = 1] = Array.from(
    digits?.match(/../g) ?? [],
    (part) => Number.parseInt(part, 16) / 255
  )
  return red === undefined || green === undefined || blue === undefined
    ? Result.fail("must be a color such as #d81b60 or #d81b60ff")
    : Result.succeed({ red, green, blue, alpha })
})

const int32 = field(
  Schema.Unknown.pipe(Schema.refine(Schema.is(Schema.Number.check(Schema.isInt32())))),
  "an integer from -2,147,483,648 to 2,147,483,647"
)

const secret = Schema.optionalKey(from(Schema.Redacted(Schema.String), (input) => {
  const value = Redacted.isRedacted(input) ? Redacted.value(input) : input
  return typeof value === "string"
    ? Result.succeed(Redacted.make(value))
    : Result.fail("must be a string, or a Redacted of one")
}))

const json: Schema.Codec<Schema.Json> = Schema.suspend(() =>
  Schema.Union([
    Schema.Null,
    Schema.Boolean,
    Schema.Number.check(Schema.isFinite({ message: "must be finite" })),
    Schema.String,
    Schema.Array(json),
    Schema.Record(Schema.String, json)
  ]).annotate({ message: "must be JSON" })
)

const jsonObject = Schema.Record(Schema.String, json)

// -----------------------------------------------------------------------------
// Models
// -----------------------------------------------------------------------------

const notification = Schema.Struct(
  { title: text, body: text, image: text } satisfies Shape<Message.Notification>
)

const lightSettings = Schema.Struct(
  { color, lightOnDuration: timing, lightOffDuration: timing } satisfies Shape<Android.LightSettings>
)

const androidNotification = Schema.Struct(
  {
    title: text,
    body: text,
    icon: text,
    color: hexColor,
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
    eventTime: time,
    localOnly: flag,
    notificationPriority: oneOf([
      "PRIORITY_UNSPECIFIED",
      "PRIORITY_MIN",
      "PRIORITY_LOW",
      "PRIORITY_DEFAULT",
      "PRIORITY_HIGH",
      "PRIORITY_MAX"
    ]),
    defaultSound: flag,
    defaultVibrateTimings: flag,
    defaultLightSettings: flag,
    vibrateTimings: field(Schema.Array(timing), "a list of durations"),
    visibility: oneOf(["VISIBILITY_UNSPECIFIED", "PRIVATE", "PUBLIC", "SECRET"]),
    notificationCount: int32,
    lightSettings: object(lightSettings),
    image: text,
    bypassProxyNotification: flag,
    proxy: oneOf(["PROXY_UNSPECIFIED", "ALLOW", "DENY", "IF_PRIORITY_LOWERED"])
  } satisfies Shape<Android.Notification>
)

const android = Schema.Struct(
  {
    collapseKey: text,
    priority: oneOf(["NORMAL", "HIGH"]),
    ttl: timeToLive,
    restrictedPackageName: text,
    data,
    notification: object(androidNotification),
    fcmOptions: object(Schema.Struct({ analyticsLabel: text } satisfies Shape<Android.FcmOptions>)),
    directBootOk: flag,
    bandwidthConstrainedOk: flag,
    restrictedSatelliteOk: flag
  } satisfies Shape<Android.Config>
)

const apns = Schema.Struct(
  {
    headers: textMap,
    payload: object(jsonObject),
    liveActivityToken: secret,
    fcmOptions: object(Schema.Struct({ analyticsLabel: text, image: text } satisfies Shape<Apns.FcmOptions>))
  } satisfies Shape<Apns.Config>
)

const webpush = Schema.Struct(
  {
    headers: textMap,
    data,
    notification: object(jsonObject),
    fcmOptions: object(Schema.Struct({ link: text, analyticsLabel: text } satisfies Shape<Webpush.FcmOptions>))
  } satisfies Shape<Webpush.Config>
)

const gcmNotification = Schema.Struct(
  {
    title: text,
    body: text,
    subtitle: text,
    icon: text,
    sound: field(Schema.Union([Schema.String, jsonObject]), "a string or an object"),
    badge: text,
    tag: text,
    color: text,
    androidChannelId: text,
    clickAction: text,
    bodyLocKey: text,
    bodyLocArgs: texts,
    titleLocKey: text,
    titleLocArgs: texts
  } satisfies Shape<GcmOptions.Notification>
)

const gcm = Schema.Struct(
  {
    delayWhileIdle: flag,
    contentAvailable: flag,
    mutableContent: flag,
    notification: object(gcmNotification)
  } satisfies Shape<GcmOptions.GcmOptions>
)

/** The schema of a message's fields; what it decodes to is {@link Valid}. */
export const MessageFields = Schema.Struct(
  {
    data: unlessEmpty(data),
    notification: object(notification),
    collapseKey: unlessEmpty(text),
    timeToLive,
    priority: oneOf(["normal", "high"]),
    restrictedPackageName: unlessEmpty(text),
    dryRun: flag,
    analyticsLabel: text,
    android: object(android),
    apns: object(apns),
    webpush: object(webpush),
    gcm: object(gcm)
  } satisfies Shape<Message.Fields>
).annotate({ message: "must be an object" })

/** What a valid message says: data as texts, durations and times as such, colors as numbers. */
export interface Valid extends Schema.Schema.Type<typeof MessageFields> {}
