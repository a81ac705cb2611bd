import { Gcm, Message, Messaging, SendError } from "@cloud-messaging/client"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Duration, Effect, Layer, Redacted, Schema, Stream } from "effect"
import { inspect } from "node:util"
import * as Http from "./utils/http.ts"

/** What callers without types may pass. */
const untyped = (json: string): Message.Fields => JSON.parse(json)

const problems = (fields: Message.Fields) =>
  Message.validate(Message.make(fields)).map(({ message, path }) => `${path.join(".")}: ${message}`)

describe("Message.validate", () => {
  it("finds nothing wrong with a sound message", () => {
    assert.deepStrictEqual(problems({}), [])
    assert.deepStrictEqual(
      problems({
        data: { text: "", number: -1.5, big: 1n, flag: false, gcm: "", google: "", collapse_key: "" },
        notification: { title: "", body: "", image: "" },
        collapseKey: "",
        priority: "normal",
        restrictedPackageName: "",
        analyticsLabel: "",
        dryRun: true
      }),
      []
    )
  })

  it("takes a time to live from 0 to four weeks, with a unit", () => {
    for (const timeToLive of ["0 seconds", "28 days", Duration.weeks(4), { hours: 1 }] as const) {
      assert.deepStrictEqual(problems({ timeToLive }), [])
    }
    for (const timeToLive of ["-1 seconds", "2419201 seconds", Duration.infinity] as const) {
      assert.deepStrictEqual(problems({ timeToLive }), [
        "timeToLive: must lie between 0 and four weeks (2,419,200 seconds)"
      ])
    }
    for (const json of ["3600", "\"soon\"", "null", "[1,2]", "true", "{}", "{\"hour\":1}", "{\"hours\":\"1\"}"]) {
      assert.deepStrictEqual(problems(untyped(`{"timeToLive":${json}}`)), [
        "timeToLive: must be a Duration, or a text with a unit such as \"1 hour\""
      ], json)
    }
  })

  it("tells everything that is wrong at once, each with its path", () => {
    assert.sameMembers(
      problems(untyped(`{
        "data": { "from": "x", "google.x": "x", "nested": {}, "null": null, "list": [1] },
        "notification": { "title": 5 },
        "collapseKey": 1,
        "priority": "urgent",
        "dryRun": "yes",
        "timetolive": 1
      }`)),
      [
        "data.from: is reserved: `from`, and what begins with `google.`",
        "data.google.x: is reserved: `from`, and what begins with `google.`",
        "data.nested: must be a string, a number, a bigint or a boolean",
        "data.null: must be a string, a number, a bigint or a boolean",
        "data.list: must be a string, a number, a bigint or a boolean",
        "notification.title: must be a string",
        "collapseKey: must be a string",
        "priority: must be one of normal, high",
        "dryRun: must be a boolean",
        "timetolive: is no field of a message"
      ]
    )
  })

  it.prop("never throws, and never quotes the message", [Schema.Json], ([json]) => {
    const secret = "SECRET-TEXT"
    const fields: Message.Fields = JSON.parse(
      JSON.stringify({ data: json, notification: { title: [secret] }, collapseKey: { secret } })
    )
    const found = problems(fields)
    assert.isAbove(found.length, 1)
    assert.notInclude(found.join(), secret)
  })
})

describe("Message.validate, of overrides", () => {
  it("finds nothing wrong with what the service takes", () => {
    const sound: ReadonlyArray<Message.Fields> = [
      { android: {}, apns: {}, webpush: {}, gcm: {} },
      { android: { data: {}, notification: {}, fcmOptions: {} } },
      { android: { ttl: "28 days", notification: { notificationCount: -(2 ** 31), color: "#D81b60" } } },
      { android: { notification: { notificationCount: 2 ** 31 - 1, vibrateTimings: [] } } },
      { android: { notification: { eventTime: DateTime.makeUnsafe("9999-12-31T23:59:59.999Z") } } },
      { android: { notification: { eventTime: new Date("0001-01-01T00:00:00Z"), proxy: "PROXY_UNSPECIFIED" } } },
      { apns: { payload: { aps: { badge: 1 }, anything: [1, "a", null, { deep: true }] }, headers: { "x-y": "" } } },
      { apns: { liveActivityToken: "" } },
      { webpush: { headers: { "x-y": "1" }, notification: { option: [null] }, fcmOptions: { link: "http://a" } } },
      { webpush: { data: { from: "x", message_type: "x", "google.x": "x" } } },
      { gcm: { notification: { sound: "default", color: "#anything", badge: "" } } }
    ]
    for (const fields of sound) assert.deepStrictEqual(problems(fields), [])
  })

  it("tells everything that is wrong at once, each with its path", () => {
    assert.sameMembers(
      problems(untyped(`{
        "android": {
          "priority": "high",
          "ttl": 3600,
          "data": { "from": "x", "message_type": "x", "gcm.notification.x": "x", "google.x": "x", "list": [] },
          "notification": {
            "color": "red",
            "eventTime": "2014-10-02T15:01:23Z",
            "notificationPriority": "HIGH",
            "visibility": "public",
            "proxy": "no",
            "notificationCount": 1.5,
            "bodyLocArgs": ["a", 1],
            "titleLocArgs": "a",
            "sticky": 1,
            "vibrateTimings": ["1 second", 250, "-1 seconds"],
            "lightSettings": { "color": "#12345", "lightOnDuration": "1 second" },
            "badge": 1
          },
          "fcmOptions": { "label": "x" },
          "time_to_live": "1 hour"
        },
        "apns": {
          "headers": { "apns-priority": 10 },
          "payload": { "badge": 1 },
          "liveActivityToken": 5,
          "fcmOptions": { "image": 5 }
        },
        "webpush": { "headers": [], "data": { "a": null }, "notification": "x", "fcmOptions": { "link": 5 } },
        "gcm": { "delayWhileIdle": "1", "notification": { "badge": 1, "sound": 1, "bodyLocArgs": "[]" } }
      }`)),
      [
        "android.priority: must be one of NORMAL, HIGH",
        "android.ttl: must be a Duration, or a text with a unit such as \"1 hour\"",
        "android.data.from: is reserved: `from`, and what begins with `google.`",
        "android.data.google.x: is reserved: `from`, and what begins with `google.`",
        "android.data.message_type: is reserved: `message_type`, and what begins with `gcm.notification.`",
        "android.data.gcm.notification.x: is reserved: `message_type`, and what begins with `gcm.notification.`",
        "android.data.list: must be a string, a number, a bigint or a boolean",
        "android.notification.color: must be a color such as #d81b60",
        "android.notification.eventTime: must be a DateTime or a Date, from the year 1 to 9999",
        "android.notification.notificationPriority: must be one of PRIORITY_UNSPECIFIED, PRIORITY_MIN, PRIORITY_LOW, " +
        "PRIORITY_DEFAULT, PRIORITY_HIGH, PRIORITY_MAX",
        "android.notification.visibility: must be one of VISIBILITY_UNSPECIFIED, PRIVATE, PUBLIC, SECRET",
        "android.notification.proxy: must be one of PROXY_UNSPECIFIED, ALLOW, DENY, IF_PRIORITY_LOWERED",
        "android.notification.notificationCount: must be an integer from -2,147,483,648 to 2,147,483,647",
        "android.notification.bodyLocArgs.1: must be a string",
        "android.notification.titleLocArgs: must be a list of strings",
        "android.notification.sticky: must be a boolean",
        "android.notification.vibrateTimings.1: must be a Duration, or a text with a unit such as \"1 hour\"",
        "android.notification.vibrateTimings.2: must lie between 0 and 10,000 years",
        "android.notification.lightSettings.color: must be a color such as #d81b60 or #d81b60ff",
        "android.notification.lightSettings.lightOffDuration: is required",
        "android.notification.badge: is no field of a message",
        "android.fcmOptions.label: is no field of a message",
        "android.time_to_live: is no field of a message",
        "apns.headers.apns-priority: must be a string",
        "apns.payload.aps: is required: an object that is not empty",
        "apns.liveActivityToken: must be a string, or a Redacted of one",
        "apns.fcmOptions.image: must be a string",
        "webpush.headers: must be an object",
        "webpush.data.a: must be a string, a number, a bigint or a boolean",
        "webpush.notification: must be an object",
        "webpush.fcmOptions.link: must be a string",
        "gcm.delayWhileIdle: must be a boolean",
        "gcm.notification.badge: must be a string",
        "gcm.notification.sound: must be a string or an object",
        "gcm.notification.bodyLocArgs: must be a list of strings"
      ]
    )
  })

  it("takes no payload of Apple without what FCM asks for", () => {
    for (const json of ["{}", "{\"a\":1}", "{\"aps\":{}}", "{\"aps\":null}", "{\"aps\":[1]}", "{\"aps\":\"a\"}"]) {
      assert.deepStrictEqual(problems(untyped(`{"apns":{"payload":${json}}}`)), [
        "apns.payload.aps: is required: an object that is not empty"
      ], json)
    }
  })

  it("takes no time that the service cannot write", () => {
    for (const eventTime of [new Date(Number.NaN), new Date("+010000-01-01"), DateTime.makeUnsafe(-1e15)]) {
      assert.deepStrictEqual(problems({ android: { notification: { eventTime } } }), [
        "android.notification.eventTime: must be a DateTime or a Date, from the year 1 to 9999"
      ])
    }
  })
})

describe("a send through FCM, of sizes", () => {
  it.effect("counts data and notification together where no platform has an override", () =>
    Effect.gen(function*() {
      const send = (fields: Message.Fields) =>
        Effect.provide(Messaging.send(Message.make(fields), "t"), Http.fcm(Http.accept))
      const half = "x".repeat(2048)
      const error = yield* Effect.flip(send({ data: { k: half }, notification: { title: half } }))
      assert.deepStrictEqual(error.reason._tag === "InvalidMessage" && error.reason.issues, [
        { path: [], message: "must not be larger than 4096 bytes, data and notification together" }
      ])
      yield* send({ data: { k: half }, notification: { title: half }, android: {} })
      yield* send({ data: { k: half }, notification: { title: half.slice(1) } })
      const android = yield* Effect.flip(send({ android: { data: { k: half + half } } }))
      assert.deepStrictEqual(android.reason._tag === "InvalidMessage" && android.reason.issues[0]?.path, [
        "android",
        "data"
      ])
    }))
})

describe("Message.validate, of sizes", () => {
  const text = (bytes: number) => "ä".repeat(bytes / 2)

  it("refuses what alone is larger than a message may be, counted in bytes of UTF-8", () => {
    assert.deepStrictEqual(problems({ data: { key: text(4090), n: 42 } }), [])
    assert.deepStrictEqual(problems({ data: { key: text(4090), n: 421 } }), [
      "data: must not be larger than 4096 bytes"
    ])
    assert.deepStrictEqual(problems({ notification: { title: text(2048), body: text(2048) } }), [])
    assert.deepStrictEqual(problems({ notification: { title: text(2048), body: text(2050) } }), [
      "notification: must not be larger than 4096 bytes"
    ])
  })
})

describe("Message.validate, of texts", () => {
  it("refuses half of a surrogate pair, which is no Unicode, wherever it is", () => {
    const issue = "must be well-formed Unicode, without half of a surrogate pair"
    const half = "a\ud83c"
    const fields: Message.Fields = {
      data: { a: half, [half]: "" },
      notification: { title: half },
      collapseKey: `\udf89${half}`,
      android: { notification: { bodyLocArgs: ["🎉", half] } },
      apns: { payload: { aps: { badge: 1 }, [half]: [half] }, liveActivityToken: Redacted.make(half) },
      webpush: { headers: { "x-y": half } },
      gcm: { notification: { icon: half } }
    }
    assert.sameMembers(problems(fields), [
      `data.a: ${issue}`,
      `data.${half}: ${issue}`,
      `notification.title: ${issue}`,
      `collapseKey: ${issue}`,
      `android.notification.bodyLocArgs.1: ${issue}`,
      `apns.payload.${half}: ${issue}`,
      `apns.payload.${half}.0: ${issue}`,
      `apns.liveActivityToken: ${issue}`,
      `webpush.headers.x-y: ${issue}`,
      `gcm.notification.icon: ${issue}`
    ])
    assert.deepStrictEqual(problems({ data: { "🎉": "🎉" }, notification: { title: "\u0000\uffff" } }), [])
  })
})

describe("whatever callers without types give", () => {
  /** Past the types. */
  const make = (fields: unknown): Message.Message => Reflect.construct(Message.Message, [fields])

  const found = (fields: unknown) =>
    Message.validate(make(fields)).map(({ message, path }) => `${path.join(".")}: ${message}`)

  const nested = (levels: number) =>
    Array.from({ length: levels }).reduce<unknown>((inner) => ({ a: inner }), "innermost")

  it("is told by an issue", () => {
    const circle: Record<string, unknown> = { aps: { badge: 1 } }
    circle["circle"] = [circle]
    const shared = { a: [1] }
    const doubled = Array.from({ length: 50 }).reduce<unknown>((_) => [_, _], 1)
    const throwing = {
      get title() {
        throw new Error("no")
      },
      body: "B"
    }
    const cases: ReadonlyArray<readonly [fields: unknown, issues: ReadonlyArray<string>]> = [
      ...[undefined, null, 5, "data", true, Symbol("s"), () => 1, [], new Map(), new Date()].map((_) =>
        [_, [": must be an object"]] as const
      ),
      [{ apns: { payload: circle } }, ["apns.payload.circle.0: must not hold itself"]],
      [{ webpush: { notification: { a: shared, b: shared } } }, []],
      [{ webpush: { notification: nested(99) } }, []],
      [{ webpush: { notification: nested(100) } }, [
        `webpush.notification.${Array(99).fill("a").join(".")}: must not be nested deeper than 100 levels`
      ]],
      [{ webpush: { notification: { doubled } } }, [": must not hold more than 100000 values"]],
      [{ webpush: { notification: { list: Object.assign([], { length: 2 ** 32 - 1 }) } } }, [
        ": must not hold more than 100000 values"
      ]],
      [{ notification: throwing }, ["notification.title: must be readable: it throws"]],
      [
        new Proxy({}, {
          ownKeys: () => {
            throw new Error("no")
          }
        }),
        [": must be readable: it throws"]
      ],
      [{ data: new Map([["a", 1]]) }, ["data: must be an object"]],
      [{ data: Duration.zero, android: Redacted.make({}) }, ["data: must be an object", "android: must be an object"]],
      [{ android: { notification: { eventTime: Duration.zero } } }, [
        "android.notification.eventTime: must be a DateTime or a Date, from the year 1 to 9999"
      ]],
      [{ apns: { liveActivityToken: Redacted.make(5) } }, [
        "apns.liveActivityToken: must be a string, or a Redacted of one"
      ]],
      [{ data: { a: undefined } }, ["data.a: must be a string, a number, a bigint or a boolean"]],
      [{ data: { a: Symbol("s") } }, ["data.a: must be a string, a number, a bigint or a boolean"]],
      [{ [Symbol("s")]: 1, data: { [Symbol("s")]: 1 } }, []],
      [{ apns: { payload: { aps: { badge: 1n, sound: Number.NaN, alert: () => 1, category: new Date() } } } }, [
        "apns.payload.aps.badge: must be JSON",
        "apns.payload.aps.sound: must be finite",
        "apns.payload.aps.alert: must be JSON",
        "apns.payload.aps.category: must be JSON"
      ]],
      [{ android: { notification: { bodyLocArgs: [undefined, "a"] } } }, [
        "android.notification.bodyLocArgs.0: must be a string"
      ]],
      [Object.assign(Object.create(null), { collapseKey: "k" }), []],
      [JSON.parse("{\"__proto__\":{\"data\":{}}}"), ["__proto__: is no field of a message"]],
      [{ apns: { payload: { aps: { toString: 1, constructor: 1, hasOwnProperty: 1 } } } }, []]
    ]
    for (const [fields, issues] of cases) {
      assert.deepStrictEqual(found(fields), issues)
      assert.isString(String(make(fields)))
      assert.isArray(Message.lint(make(fields)))
    }
  })

  it.effect("sends no message that is none, and says so", () =>
    Effect.gen(function*() {
      const none: ReadonlyArray<Message.Message> = JSON.parse("[{\"data\":{\"a\":1}},{},null,5,\"data\",[]]")
      const issues = [{ path: [], message: "must be made by Message.make" }]
      for (const message of [...none, Object.create(Message.Message.prototype)]) {
        assert.deepStrictEqual(Message.validate(message), issues)
        assert.deepStrictEqual(Message.lint(message), [])
        for (const layer of [Http.fcm(Http.accept), Http.gcm(Http.acceptAll)]) {
          const error = yield* Effect.provide(Effect.flip(Messaging.send(message, "t")), layer)
          assert.deepStrictEqual(error.reason, new SendError.InvalidMessage({ issues }))
          const settled = yield* Stream.make({ message, recipient: "t" }).pipe(
            Messaging.sendEach,
            Stream.runCollect,
            Effect.provide(layer)
          )
          assert.deepStrictEqual(settled.map(({ outcome }) => outcome._tag), ["Failed"])
        }
      }
    }))

  it.effect("keeps keys that objects have by themselves", () =>
    Effect.gen(function*() {
      const requests: Array<Http.Recorded> = []
      const fields =
        "{\"data\":{\"__proto__\":\"p\",\"constructor\":\"c\"},\"android\":{\"data\":{\"__proto__\":\"q\"}}}"
      yield* Effect.provide(Messaging.send(Message.make(untyped(fields)), "t"), Http.fcm(Http.accept, requests))
      assert.strictEqual(
        requests[0]?.text,
        "{\"message\":{\"token\":\"t\",\"data\":{\"__proto__\":\"p\",\"constructor\":\"c\"}," +
          "\"android\":{\"data\":{\"__proto__\":\"q\",\"constructor\":\"c\"}}}}"
      )
    }))
})

describe("what is empty in the portable part", () => {
  const empty: Message.Fields = { data: {}, collapseKey: "", restrictedPackageName: "" }

  const textOf = (
    fields: Message.Fields,
    layer: (requests: Array<Http.Recorded>) => Layer.Layer<Messaging.Messaging>
  ) =>
    Effect.gen(function*() {
      const requests: Array<Http.Recorded> = []
      yield* Effect.provide(Messaging.send(Message.make(fields), "t"), layer(requests))
      return requests[0]?.text
    })

  it.effect("is left out, as gcm-client does", () =>
    Effect.gen(function*() {
      const json = (requests: Array<Http.Recorded>) => Http.gcm(Http.acceptAll, requests)
      const plainText = (requests: Array<Http.Recorded>) =>
        Gcm.layerPlainText({ apiKey: Redacted.make("k") }).pipe(
          Layer.provide(Http.layer(() => Http.text("id=1"), requests))
        )
      assert.strictEqual(yield* textOf(empty, json), "{\"registration_ids\":[\"t\"]}")
      assert.strictEqual(yield* textOf(empty, plainText), "registration_id=t")
      assert.deepStrictEqual(Message.lint(Message.make(empty)).map(({ rule }) => rule), ["empty"])
    }))

  it.effect("is left out of FCM v1, to which it is the same, and of Apple's headers; an override stays", () =>
    Effect.gen(function*() {
      const fcm = (requests: Array<Http.Recorded>) => Http.fcm(Http.accept, requests)
      assert.strictEqual(yield* textOf(empty, fcm), "{\"message\":{\"token\":\"t\"}}")
      assert.strictEqual(
        yield* textOf({ ...empty, collapseKey: "k", android: { collapseKey: "" } }, fcm),
        "{\"message\":{\"token\":\"t\",\"android\":{\"collapseKey\":\"\"}," +
          "\"apns\":{\"headers\":{\"apns-collapse-id\":\"k\"}},\"webpush\":{\"headers\":{\"Topic\":\"k\"}}}}"
      )
    }))
})

describe("a protocol", () => {
  const issuesOf = (layer: Layer.Layer<Messaging.Messaging>, fields: Message.Fields) =>
    Messaging.send(Message.make(fields), "t").pipe(
      Effect.as<ReadonlyArray<string>>([]),
      Effect.catchReason(
        "ValidationError",
        "InvalidMessage",
        ({ issues }) => Effect.succeed(issues.map(({ message, path }) => `${path.join(".")}: ${message}`))
      ),
      Effect.provide(layer)
    )

  it.effect("names the portable field that it cannot express, on top of what is wrong for all", () =>
    Effect.gen(function*() {
      const fields: Message.Fields = {
        data: { message_type: "x", "gcm.notification.x": "x", from: "x" },
        notification: { image: "i" },
        analyticsLabel: "l"
      }
      const wrong = "data.from: is reserved: `from`, and what begins with `google.`"
      assert.deepStrictEqual(yield* issuesOf(Http.gcm(Http.acceptAll), fields), [
        wrong,
        "analyticsLabel: cannot be expressed in the GCM protocol",
        "notification.image: cannot be expressed in the GCM protocol"
      ])
      assert.deepStrictEqual(yield* issuesOf(Http.fcm(Http.accept), fields), [
        wrong,
        "data.message_type: is reserved: `message_type`, and what begins with `gcm.notification.`",
        "data.gcm.notification.x: is reserved: `message_type`, and what begins with `gcm.notification.`"
      ])
      assert.deepStrictEqual(problems(fields), [wrong])
    }))
})

describe("a message", () => {
  it("shows nothing of what it says, however it is looked at", () => {
    const message = Message.make({ data: { key: "SECRET" }, apns: { liveActivityToken: "SECRET" } })
    const texts = [
      inspect(message, { customInspect: false, getters: true, showHidden: true, depth: 10 }),
      inspect(message),
      String(message),
      JSON.stringify(message),
      JSON.stringify(Object.entries(message))
    ]
    for (const text of texts) assert.notInclude(text, "SECRET")
    assert.strictEqual(String(message), "Message(data, apns)")
  })

  it("tells what it was made of to who asks", () => {
    const fields: Message.Fields = { data: { a: 1n }, timeToLive: Duration.hours(1), gcm: { delayWhileIdle: true } }
    assert.deepStrictEqual(Message.fields(Message.make(fields)), fields)
    assert.isTrue(Message.isMessage(Message.make(fields)))
    assert.isFalse(Message.isMessage(fields))
  })
})

describe("Message.assign", () => {
  it("changes some fields of a copy", () => {
    const message = Message.make({ data: { a: 1 }, collapseKey: "k" })
    assert.deepStrictEqual(Message.fields(Message.assign(message, { collapseKey: "l" })), {
      data: { a: 1 },
      collapseKey: "l"
    })
    assert.deepStrictEqual(Message.fields(message), { data: { a: 1 }, collapseKey: "k" })
  })

  it("is total: what is wrong with the changes is told when the message is validated", () => {
    const assign = (changes: unknown) =>
      problems(Message.fields(Reflect.apply(Message.assign, undefined, [Message.make({ data: { a: 1 } }), changes])))
    const throwing = {
      get collapseKey() {
        throw new Error("no")
      }
    }
    assert.deepStrictEqual(assign(throwing), ["collapseKey: must be a string"])
    assert.deepStrictEqual(assign("data"), [": must be an object"])
    assert.deepStrictEqual(assign({ data: { b: undefined } }), [
      "data.b: must be a string, a number, a bigint or a boolean"
    ])
  })
})
