/**
 * Law 10: what validation accepts is written, and reads as what the protocol has; what it refuses is not sent, and
 * nothing is a defect. Over generated messages, through the public API.
 */
import { Message, Messaging } from "@cloud-messaging/client"
import { FcmV1, GcmHttp } from "@cloud-messaging/protocol"
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Layer, Schema } from "effect"
import * as Http from "./utils/http.ts"

// -----------------------------------------------------------------------------
// Messages
// -----------------------------------------------------------------------------

const optional = Schema.optionalKey

const text = Schema.String.check(
  Schema.isMaxLength(20),
  Schema.makeFilter((_) => !/\p{Surrogate}/u.test(_))
)

const texts = Schema.Array(text).check(Schema.isMaxLength(3))

const flag = Schema.Boolean

/** Names of the caller's own, that no service reserves. */
const key = text.check(Schema.makeFilter((_) => !/^(from$|message_type$|google|gcm)/.test(_)))

const data = Schema.Record(key, Schema.Union([text, Schema.Number, Schema.BigInt, Schema.Boolean]))

const duration = Schema.Union([
  Schema.Literals(["0 seconds", "1 hour", "28 days", "250 millis", "1500 millis", "3 nanos"]),
  Schema.Struct({ seconds: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 86_400 })) })
])

const color = Schema.Literals(["#d81b60", "#D81B60", "#000000", "#ffffff"])

const leaf = Schema.Union([text, Schema.Finite, Schema.Boolean, Schema.Null])

const json = Schema.Record(key, Schema.Union([leaf, Schema.Array(leaf), Schema.Record(key, leaf)]))

const label = Schema.Struct({ analyticsLabel: optional(text) })

/** Sound messages, as callers write them. */
const Sound = Schema.Struct({
  data: optional(data),
  notification: optional(Schema.Struct({ title: optional(text), body: optional(text) })),
  collapseKey: optional(text),
  timeToLive: optional(duration),
  priority: optional(Schema.Literals(["normal", "high"])),
  restrictedPackageName: optional(text),
  dryRun: optional(flag),
  android: optional(Schema.Struct({
    collapseKey: optional(text),
    priority: optional(Schema.Literals(["NORMAL", "HIGH"])),
    ttl: optional(duration),
    restrictedPackageName: optional(text),
    data: optional(data),
    notification: optional(Schema.Struct({
      title: optional(text),
      color: optional(color),
      bodyLocArgs: optional(texts),
      sticky: optional(flag),
      eventTime: optional(Schema.Union([
        Schema.Date.check(Schema.isBetweenDate({ minimum: new Date(0), maximum: new Date(4e12) })),
        Schema.DateTimeUtcFromMillis.pipe(Schema.toType).check(
          Schema.makeFilter((_) => Math.abs(_.epochMilliseconds) < 4e12)
        )
      ])),
      notificationPriority: optional(Schema.Literals(["PRIORITY_MIN", "PRIORITY_MAX"])),
      vibrateTimings: optional(Schema.Array(duration).check(Schema.isMaxLength(4))),
      visibility: optional(Schema.Literals(["PRIVATE", "SECRET"])),
      notificationCount: optional(Schema.Number.check(Schema.isInt32())),
      lightSettings: optional(Schema.Struct({
        color: Schema.Union([color, Schema.Literals(["#d81b6080", "#00000000"])]),
        lightOnDuration: duration,
        lightOffDuration: duration
      })),
      proxy: optional(Schema.Literals(["ALLOW", "DENY"]))
    })),
    fcmOptions: optional(label),
    directBootOk: optional(flag)
  })),
  apns: optional(Schema.Struct({
    headers: optional(Schema.Struct({
      "apns-priority": optional(Schema.Literals(["10", "5", "1"])),
      "APNS-Expiration": optional(text),
      "x-y": optional(text)
    })),
    payload: optional(Schema.StructWithRest(
      Schema.Struct({ aps: Schema.Struct({ badge: Schema.Finite, sound: optional(text) }) }),
      [json]
    )),
    liveActivityToken: optional(Schema.Union([text, Schema.Redacted(text)])),
    fcmOptions: optional(label)
  })),
  webpush: optional(Schema.Struct({
    headers: optional(Schema.Struct({ ttl: optional(text), Topic: optional(text), "x-y": optional(text) })),
    data: optional(data),
    notification: optional(json),
    fcmOptions: optional(Schema.Struct({ link: optional(text) }))
  })),
  gcm: optional(Schema.Struct({
    delayWhileIdle: optional(flag),
    contentAvailable: optional(flag),
    mutableContent: optional(flag),
    notification: optional(Schema.Struct({
      body: optional(text),
      sound: optional(Schema.Union([text, json])),
      titleLocArgs: optional(texts)
    }))
  }))
})

// -----------------------------------------------------------------------------
// The wire
// -----------------------------------------------------------------------------

const strict = { errors: "all", onExcessProperty: "error" } as const

const readFcm = Schema.decodeEffect(Schema.fromJsonString(FcmV1.SendRequest), strict)
const readGcm = Schema.decodeEffect(Schema.fromJsonString(GcmHttp.JsonRequest), strict)

/** What a protocol writes; nothing if it refuses the message. */
const written = (
  fields: Message.Fields,
  layer: (requests: Array<Http.Recorded>) => Layer.Layer<Messaging.Messaging>
) => {
  const requests: Array<Http.Recorded> = []
  return Messaging.send(Message.make(fields), "t").pipe(
    Effect.provide(layer(requests)),
    Effect.exit,
    Effect.map((exit) => ({ exit, text: requests[0]?.text }))
  )
}

const viaFcm = (fields: Message.Fields) => written(fields, (requests) => Http.fcm(Http.accept, requests))
const viaGcm = (fields: Message.Fields) => written(fields, (requests) => Http.gcm(Http.acceptAll, requests))

/** Every number is one that JSON has. */
const assertFinite = (text: string): void => {
  JSON.parse(text, (_, value: unknown) => {
    if (typeof value === "number") assert.isTrue(Number.isFinite(value))
    return value
  })
}

/** As JSON has it: without -0. */
const asJson = (value: unknown): typeof json.Type | undefined =>
  value === undefined ? undefined : JSON.parse(JSON.stringify(value))

const dataOf = (fields: { readonly data?: typeof data.Type } | undefined) =>
  fields?.data && Object.fromEntries(Object.entries(fields.data).map(([key, value]) => [key, String(value)]))

const unlessEmpty = <A extends object>(data: A | undefined): A | undefined =>
  data === undefined || Object.keys(data).length === 0 ? undefined : data

describe("a sound message", () => {
  it.effect.prop("is accepted, and is what FCM v1 has", { fields: Sound }, ({ fields }) =>
    Effect.gen(function*() {
      assert.deepStrictEqual(Message.validate(Message.make(fields)), [])
      const { exit, text = "" } = yield* viaFcm(fields)
      assert.strictEqual(exit._tag, "Success")
      assertFinite(text)
      const { message, validateOnly } = yield* readFcm(text)
      assert.strictEqual(message.token, "t")
      assert.strictEqual(validateOnly === true, fields.dryRun === true)
      assert.deepStrictEqual(message.data, unlessEmpty(dataOf(fields)))
      assert.deepStrictEqual(
        message.android?.data,
        fields.android?.data && { ...dataOf(fields), ...dataOf(fields.android) }
      )
      assert.deepStrictEqual(
        message.webpush?.data,
        fields.webpush?.data && { ...dataOf(fields), ...dataOf(fields.webpush) }
      )
      assert.deepStrictEqual(message.apns?.payload, asJson(fields.apns?.payload))
      assert.deepStrictEqual(message.webpush?.notification, asJson(fields.webpush?.notification))
      for (const [name, value] of Object.entries(fields.apns?.headers ?? {})) {
        assert.strictEqual(message.apns?.headers?.[name], value)
      }
      const names = Object.keys({ ...message.apns?.headers }).map((name) => name.toLowerCase())
      assert.strictEqual(new Set(names).size, names.length)
    }))

  it.effect.prop("is accepted, and is what GCM has", { fields: Sound }, ({ fields }) =>
    Effect.gen(function*() {
      const { exit, text = "" } = yield* viaGcm(fields)
      assert.strictEqual(exit._tag, "Success")
      assertFinite(text)
      const request = yield* readGcm(text)
      assert.deepStrictEqual(request.registration_ids, ["t"])
      assert.deepStrictEqual<unknown>(request.data, unlessEmpty(dataOf(fields)))
      assert.strictEqual(request.collapse_key, fields.collapseKey || undefined)
      assert.deepStrictEqual(request.notification?.body, fields.gcm?.notification?.body ?? fields.notification?.body)
      assert.deepStrictEqual<unknown>(request.notification?.title_loc_args, fields.gcm?.notification?.titleLocArgs)
    }))

  it.prop("gets advice with a path and an explanation", { fields: Sound }, ({ fields }) => {
    for (const advice of Message.lint(Message.make(fields))) {
      assert.hasAllKeys(advice, ["rule", "path", "message", "explanation"])
    }
  })
})

// -----------------------------------------------------------------------------
// Whatever comes
// -----------------------------------------------------------------------------

/** A sound message with something else at some place. */
const Broken = Schema.Struct({
  fields: Sound,
  place: Schema.Array(Schema.Literals(["data", "android", "notification", "apns", "payload", "webpush", "gcm", "x"]))
    .check(
      Schema.isMaxLength(3)
    ),
  value: Schema.Json
})

const replace = (target: unknown, [key, ...rest]: ReadonlyArray<string>, value: unknown): unknown =>
  key === undefined ? value : { ...Object(target), [key]: replace(Object(target)[key], rest, value) }

describe("any message", () => {
  it.effect.prop("is either refused with issues, by both what validates and what sends, or written", {
    broken: Broken
  }, ({ broken: { fields, place, value } }) =>
    Effect.gen(function*() {
      const given: Message.Fields = Object(replace(fields, place, value))
      const issues = Message.validate(Message.make(given))
      for (const send of [viaFcm, viaGcm]) {
        const { exit, text } = yield* send(given)
        if (issues.length > 0) assert.strictEqual(exit._tag, "Failure")
        assert.strictEqual(text === undefined, exit._tag === "Failure")
        if (exit._tag === "Failure") assert.include(String(exit), "ValidationError")
        if (text !== undefined) yield* send === viaFcm ? readFcm(text) : readGcm(text)
      }
    }))
})
