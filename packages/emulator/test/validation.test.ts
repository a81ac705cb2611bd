/** What the services refuse of a message, and how they name it. */
import { Emulator } from "@cloud-messaging/emulator"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Effect, Predicate, Schema } from "effect"
import { HttpBody, HttpClient, HttpClientRequest } from "effect/http"

const post = (path: string, authorization: string, body: unknown) => postText(path, authorization, JSON.stringify(body))

const postText = Effect.fnUntraced(function*(path: string, authorization: string, body: string) {
  const answer = yield* HttpClientRequest.post(`https://fcm.googleapis.com${path}`).pipe(
    HttpClientRequest.setBody(HttpBody.text(body, "application/json")),
    HttpClientRequest.setHeader("authorization", authorization),
    HttpClient.execute
  )
  return { status: answer.status, text: yield* answer.text }
})

const BadRequest = Schema.fromJsonString(Schema.Struct({
  error: Schema.Struct({
    status: Schema.String,
    message: Schema.String,
    details: Schema.optional(Schema.Array(Schema.Struct({
      fieldViolations: Schema.Array(
        Schema.Struct({ field: Schema.optional(Schema.String), description: Schema.String })
      )
    })))
  })
}))

const sendV1 = (body: unknown) => post("/v1/projects/p/messages:send", "Bearer owner", body)

/** What is wrong with which field of a message to FCM v1. */
const violations = Effect.fnUntraced(function*(message: object, rest: object = {}) {
  const { status, text } = yield* sendV1({ message: { token: "t", ...message }, ...rest })
  assert.strictEqual(status, 400, text)
  const { error } = yield* Schema.decodeUnknownEffect(BadRequest)(text)
  assert.strictEqual(error.status, "INVALID_ARGUMENT")
  const all = error.details?.flatMap(({ fieldViolations }) => fieldViolations) ?? []
  if (all.length > 0) assert.strictEqual(error.message, all.map(({ description }) => description).join("\n"))
  return all.map(({ description, field }) => [field, description])
})

const unknownName = (name: string, path: string, why = "Cannot find field.") => [
  path,
  `Invalid JSON payload received. Unknown name "${name}" at '${path}': ${why}`
]

const invalidValue = (path: string, type: string, value: unknown) => [
  path,
  `Invalid value at '${path}' (${type}), ${JSON.stringify(value)}`
]

const fcm = "type.googleapis.com/google.firebase.fcm.v1"

describe("FCM v1", () => {
  it.effect.each([
    { what: "unknown names", message: { ...Array.from({ length: 1000 }, () => 1) } },
    { what: "values of another type", message: { data: { ...Array.from({ length: 1000 }, () => 1) } } },
    {
      what: "items of another type",
      message: { android: { notification: { bodyLocArgs: Array.from({ length: 1000 }, () => 1) } } }
    },
    {
      what: "values that say nothing",
      message: { android: { notification: { vibrateTimings: Array.from({ length: 1000 }, () => "1") } } }
    },
    {
      what: "reserved keys",
      message: { data: Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`google.${i}`, "1"])) }
    }
  ])("names a hundred at most of $what", ({ message }) =>
    Effect.gen(function*() {
      assert.lengthOf(yield* violations(message), 100)
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("names unknown fields, all of them, in whatever case they came", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(
        yield* violations({
          click_action: "x",
          notification: { icon: "x" },
          android: { notification: { channelID: "x" }, collapse_key: "fine" }
        }),
        [
          unknownName("click_action", "message"),
          unknownName("icon", "message.notification"),
          unknownName("channelID", "message.android.notification")
        ]
      )
      assert.deepStrictEqual(yield* violations({}, { dryRun: true }), [
        [undefined, "Invalid JSON payload received. Unknown name \"dryRun\": Cannot find field."]
      ])
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("names values of a wrong type by their path in the .proto file", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(
        yield* violations({
          data: { a: "fine", b: 12 },
          notification: "x",
          android: {
            priority: "URGENT",
            collapseKey: 1,
            directBootOk: "yes",
            notification: {
              titleLocArgs: ["x", 1],
              visibility: "HIDDEN",
              notificationCount: "many",
              lightSettings: { color: { red: "x", green: 0, blue: 0 }, lightOnDuration: "1s", lightOffDuration: "1s" }
            }
          },
          apns: { headers: { "apns-priority": 5 } }
        }),
        [
          invalidValue("message.data[1].value", "TYPE_STRING", 12),
          invalidValue("message.notification", `${fcm}.Notification`, "x"),
          invalidValue("message.android.priority", `${fcm}.AndroidMessagePriority`, "URGENT"),
          invalidValue("message.android.collapse_key", "TYPE_STRING", 1),
          invalidValue("message.android.direct_boot_ok", "TYPE_BOOL", "yes"),
          invalidValue("message.android.notification.title_loc_args[1]", "TYPE_STRING", 1),
          invalidValue("message.android.notification.visibility", `${fcm}.AndroidNotification.Visibility`, "HIDDEN"),
          invalidValue("message.android.notification.notification_count", "TYPE_INT32", "many"),
          invalidValue("message.android.notification.light_settings.color.red", "TYPE_FLOAT", "x"),
          invalidValue("message.apns.headers[0].value", "TYPE_STRING", 5)
        ]
      )
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("names values of the right type that say nothing", () =>
    Effect.gen(function*() {
      const notification = { eventTime: "yesterday", vibrateTimings: ["1s", "1"], notificationCount: 1.5 }
      assert.deepStrictEqual(yield* violations({ android: { ttl: "60", notification } }), [
        invalidValue("message.android.ttl", "type.googleapis.com/google.protobuf.Duration", "60"),
        invalidValue(
          "message.android.notification.event_time",
          "type.googleapis.com/google.protobuf.Timestamp",
          "yesterday"
        ),
        invalidValue(
          "message.android.notification.vibrate_timings[1]",
          "type.googleapis.com/google.protobuf.Duration",
          "1"
        ),
        invalidValue("message.android.notification.notification_count", "TYPE_INT32", 1.5)
      ])
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("reads what proto3 JSON has in several forms", () =>
    Effect.gen(function*() {
      const lightSettings = { color: { red: "0.5" }, light_on_duration: "1s", light_off_duration: "1s" }
      const notification = { notification_count: "3", visibility: "public", light_settings: lightSettings }
      const { status, text } = yield* sendV1({ message: { token: "t", android: { priority: "high", notification } } })
      assert.strictEqual(status, 200, text)
      const [arrival] = yield* Emulator.Emulator.use(({ messages }) => messages.query())
      const android = Predicate.hasProperty(arrival?.message, "android") ? arrival.message.android : undefined
      assert.deepNestedInclude(android, {
        priority: "HIGH",
        "notification.notificationCount": 3,
        "notification.visibility": "PUBLIC",
        "notification.lightSettings.color.red": 0.5
      })
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("refuses what is no registration token", () =>
    Effect.gen(function*() {
      for (const token of ["", " ", "a b", "a\r", "a\n", "\ud800", "é"]) {
        const { status, text } = yield* sendV1({ message: { token } })
        assert.strictEqual(status, 400)
        assert.include(text, "Invalid registration token")
      }
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("refuses Apple's payload without aps", () =>
    Effect.gen(function*() {
      for (const payload of [{}, { aps: {} }, { custom: 1 }]) {
        const { status, text } = yield* sendV1({ message: { token: "t", apns: { payload } } })
        assert.strictEqual(status, 400)
        assert.include(text, "must contain an [aps] key")
      }
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("takes no list where there is one value", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* violations({ notification: { title: ["x"] } }), [
        unknownName("title", "message.notification", "Proto field is not repeating, cannot start list.")
      ])
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("takes null as absent, and leaves keys of maps and payloads as they are", () =>
    Effect.gen(function*() {
      const message = {
        token: "t",
        notification: null,
        data: { snake_key: "1", camelKey: "2" },
        apns: { payload: { aps: { "content-available": 1 }, my_key: { inner_key: null } } },
        webpush: { headers: { TTL: "1" }, notification: { require_interaction: true } }
      }
      const { status, text } = yield* sendV1({ message })
      assert.strictEqual(status, 200, text)
      const [arrival] = yield* Emulator.Emulator.use(({ messages }) => messages.query())
      const { notification: _, token: __, ...kept } = message
      assert.deepStrictEqual<unknown>(arrival?.message, kept)
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("refuses reserved keys, times to live out of range, and what is too large", () =>
    Effect.gen(function*() {
      const fields = (message: object) => Effect.map(violations(message), (all) => all.map(([field]) => field))
      assert.deepStrictEqual(
        yield* fields({ data: { a: "", from: "" }, android: { data: { "google.a": "" }, ttl: "2419201s" } }),
        ["message.data[1].key", "message.android.data[0].key", "message.android.ttl"]
      )
      assert.deepStrictEqual(yield* fields({ android: { ttl: "-1s" } }), ["message.android.ttl"])
      // recorded without details
      const large = { key: "x".repeat(4094) }
      for (const message of [{ data: large }, { android: { data: large } }]) {
        assert.deepStrictEqual(yield* violations(message), [])
      }
      const { status } = yield* sendV1({
        message: { token: "t", data: { key: "x".repeat(4093) }, android: { ttl: "0s" } }
      })
      assert.strictEqual(status, 200)
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect.prop(
    "answers any JSON as a service does: with 200, or 400 and a reason",
    { message: Arbitrary.schema(Schema.Json) },
    ({ message }) =>
      Effect.gen(function*() {
        const { status } = yield* sendV1({ message })
        assert.include([200, 400], status)
      }).pipe(Effect.provide(Emulator.layerHttpClient)),
    { arbitrary: { runs: 100 } }
  )
})

/** A list in a list, and so on. */
const nested = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`

describe("JSON that nests without end", () => {
  const places = (json: string): ReadonlyArray<readonly [path: string, authorization: string, body: string]> => [
    ["/v1/projects/p/messages:send", "Bearer owner", json],
    ["/v1/projects/p/messages:send", "Bearer owner", `{"message":${json}}`],
    ["/v1/projects/p/messages:send", "Bearer owner", `{"message":{"token":"t","data":{"key":${json}}}}`],
    ["/v1/projects/p/messages:send", "Bearer owner", `{"message":{"token":"t","apns":{"payload":{"aps":${json}}}}}`],
    ["/fcm/send", "key=owner", json],
    ["/fcm/send", "key=owner", `{"to":"t","data":{"key":${json}}}`],
    ["/fcm/send", "key=owner", `{"to":"t","notification":{"sound":{"name":${json}}}}`]
  ]

  it.effect("is refused as what cannot be read", () =>
    Effect.gen(function*() {
      for (const place of places(nested(100_000))) {
        assert.strictEqual((yield* postText(...place)).status, 400, place[2].slice(0, 80))
      }
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("is read as deep as a message may be", () =>
    Effect.gen(function*() {
      const aps = (levels: number) => `{"message":{"token":"t","apns":{"payload":{"aps":${nested(levels)}}}}}`
      const send = (levels: number) => postText("/v1/projects/p/messages:send", "Bearer owner", aps(levels))
      assert.strictEqual((yield* send(98)).status, 200)
      assert.strictEqual((yield* send(99)).status, 400)
    }).pipe(Effect.provide(Emulator.layerHttpClient)))
})

describe("GCM", () => {
  it.effect("names what is wrong with a message as the error of each id", () =>
    Effect.gen(function*() {
      const errors = Effect.fnUntraced(function*(content: object) {
        const { status, text } = yield* post("/fcm/send", "key=owner", { registration_ids: ["a", "b"], ...content })
        assert.strictEqual(status, 200, text)
        return JSON.parse(text).results.map(({ error }: { readonly error?: string }) => error)
      })
      assert.deepStrictEqual(yield* errors({ data: { from: "x" } }), ["InvalidDataKey", "InvalidDataKey"])
      assert.deepStrictEqual(yield* errors({ time_to_live: 2_419_201 }), ["InvalidTtl", "InvalidTtl"])
      assert.deepStrictEqual(yield* errors({ time_to_live: -1 }), ["InvalidTtl", "InvalidTtl"])
      assert.deepStrictEqual(yield* errors({ data: { key: "x".repeat(4094) } }), ["MessageTooBig", "MessageTooBig"])
      assert.deepStrictEqual(yield* errors({ data: { key: "x".repeat(4093) }, time_to_live: 0 }), [
        undefined,
        undefined
      ])
      assert.strictEqual((yield* Emulator.Emulator.use(({ messages }) => messages.query())).length, 2)
    }).pipe(Effect.provide(Emulator.layerHttpClient)))
})
