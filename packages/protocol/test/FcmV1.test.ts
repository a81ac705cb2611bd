import { FcmV1 } from "@cloud-messaging/protocol"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Duration, Effect, Exit, Schema } from "effect"
import { awkward } from "./utils/awkward.ts"
import { parseJson, request, response, textOf } from "./utils/fixtures.ts"

const token = "bk3RNwTe3H0:CI2k_HHwgIpoDKCIZvvDMExUdFQ3P1"

const portable: FcmV1.Content = {
  data: { score: "850", live: "true", big: "9007199254740993", text: "Grüße, \"Ω\" 🎉\n" },
  notification: { title: "Portugal vs. Denmark", body: "great match!", image: "https://example.com/match.png" },
  android: {
    collapseKey: "score_update",
    priority: "HIGH",
    ttl: Duration.nanos(14_400_000_000_000n),
    restrictedPackageName: "com.example.scores"
  },
  apns: {
    headers: { "apns-collapse-id": "score_update", "apns-expiration": "1700014400", "apns-priority": "10" }
  },
  webpush: { headers: { TTL: "14400", Topic: "score_update", Urgency: "high" } },
  fcmOptions: { analyticsLabel: "match-42" }
}

const android: FcmV1.Content["android"] = {
  collapseKey: "score_update",
  priority: "HIGH",
  ttl: Duration.nanos(3_500_000_000n),
  restrictedPackageName: "com.example.scores",
  data: { score: "850", live: "true" },
  notification: {
    title: "Goal!",
    body: "3 : 1",
    icon: "goal",
    color: "#d81b60",
    sound: "goal",
    tag: "match-42",
    clickAction: "OPEN_MATCH",
    bodyLocKey: "goal_body",
    bodyLocArgs: ["3", "1"],
    titleLocKey: "goal_title",
    titleLocArgs: ["Portugal"],
    channelId: "scores",
    ticker: "A goal",
    sticky: true,
    eventTime: DateTime.makeUnsafe(Date.UTC(2014, 9, 2, 15, 1, 23, 45)),
    localOnly: true,
    notificationPriority: "PRIORITY_HIGH",
    defaultSound: false,
    defaultVibrateTimings: false,
    defaultLightSettings: false,
    vibrateTimings: [Duration.zero, Duration.nanos(250_000_000n), Duration.nanos(1_000_000_000n)],
    visibility: "PUBLIC",
    notificationCount: 3,
    lightSettings: {
      color: { red: 1, green: 0.2, blue: 0, alpha: 0.8 },
      lightOnDuration: Duration.nanos(3_500_000_000n),
      lightOffDuration: Duration.nanos(1n)
    },
    image: "https://example.com/goal.png",
    bypassProxyNotification: false,
    proxy: "IF_PRIORITY_LOWERED"
  },
  fcmOptions: { analyticsLabel: "goals" },
  directBootOk: true,
  bandwidthConstrainedOk: true,
  restrictedSatelliteOk: false
}

const apns: FcmV1.Content["apns"] = {
  headers: {
    "apns-priority": "5",
    "apns-push-type": "liveactivity",
    "apns-topic": "com.example.scores.push-type.liveactivity"
  },
  payload: {
    aps: {
      alert: { title: "Goal!", "loc-key": "GOAL", "loc-args": ["Portugal"] },
      badge: 3,
      sound: { critical: 1, name: "goal.caf", volume: 0.5 },
      "thread-id": "match-42",
      category: "GOAL",
      "content-available": 1,
      "mutable-content": 1,
      "interruption-level": "time-sensitive",
      "relevance-score": 0.75,
      timestamp: 1700000000,
      event: "update",
      "content-state": { home: 3, away: 1 },
      "stale-date": 1700003600
    },
    match: { id: 42, minute: 89.5, live: true, scorers: ["Ronaldo", null] }
  },
  liveActivityToken: "live-activity-token",
  fcmOptions: { analyticsLabel: "goals", image: "https://example.com/goal.png" }
}

const webpush: FcmV1.Content["webpush"] = {
  headers: { TTL: "15", Urgency: "very-low", Topic: "score_update" },
  data: { score: "850" },
  notification: {
    title: "Goal!",
    body: "3 : 1",
    icon: "/goal.png",
    badge: "/badge.png",
    requireInteraction: true,
    timestamp: 1700000000000,
    vibrate: [200, 100, 200],
    actions: [{ action: "watch", title: "Watch" }],
    data: { match: 42 }
  },
  fcmOptions: { link: "https://example.com/match/42", analyticsLabel: "goals" }
}

/** What the documented requests say. */
const requests: { readonly [name: string]: typeof FcmV1.SendRequest.Type } = {
  "v1-send-token": { message: { token } },
  "v1-send-fid": { message: { fid: "cIRQ3P1CI2kHHwgIpoDKCI", data: { score: "850" } } },
  "v1-send-notification": {
    message: { token, notification: { title: "FCM Message", body: "This is an FCM notification message!" } }
  },
  "v1-send-portable": { message: { token, ...portable } },
  "v1-send-now-or-never": {
    message: {
      token,
      data: { score: "850" },
      android: { ttl: Duration.zero },
      apns: { headers: { "apns-expiration": "0" } },
      webpush: { headers: { TTL: "0" } }
    }
  },
  "v1-send-validate-only": { message: { token, data: { score: "850" } }, validateOnly: true },
  "v1-send-android": { message: { token, android } },
  "v1-send-apns": { message: { token, apns } },
  "v1-send-webpush": { message: { token, webpush } }
}

describe("SendRequest", () => {
  const decode = Schema.decodeUnknownEffect(FcmV1.SendRequest)
  const encode = Schema.encodeEffect(FcmV1.SendRequest)

  for (const [name, value] of Object.entries(requests)) {
    it.effect(`decodes ${name}`, () =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* decode(request(name).body), value)
      }))

    it.effect(`encodes ${name}`, () =>
      Effect.gen(function*() {
        assert.deepStrictEqual<unknown>(yield* encode(value), request(name).body)
      }))
  }

  it.effect("refuses a data value that is no string", () =>
    Effect.gen(function*() {
      assert.isTrue(Exit.isFailure(yield* Effect.exit(decode(request("v1-error-data-value").body))))
    }))

  it.effect("refuses what is no value of its field", () =>
    Effect.gen(function*() {
      const notifications = [
        { color: "red" },
        { color: "#12345" },
        { eventTime: "yesterday" },
        { notificationPriority: "HIGH" },
        { visibility: "public" },
        { proxy: "MAYBE" },
        { notificationCount: 1.5 },
        { notificationCount: 2 ** 31 },
        { vibrateTimings: [1] },
        { bodyLocArgs: "[]" },
        { lightSettings: { color: { red: 1, green: 1, blue: 1 }, lightOnDuration: "1s" } },
        { lightSettings: { color: { red: 1.1, green: 1, blue: 1 }, lightOnDuration: "1s", lightOffDuration: "1s" } }
      ]
      for (const notification of notifications) {
        const exit = yield* Effect.exit(decode({ message: { token, android: { notification } } }))
        assert.isTrue(Exit.isFailure(exit), JSON.stringify(notification))
      }
    }))

  it.effect.prop("reads back what it wrote", { sent: FcmV1.SendRequest }, ({ sent }) =>
    Effect.gen(function*() {
      const text = JSON.stringify(yield* encode(sent))
      const read = yield* Schema.decodeEffect(Schema.fromJsonString(FcmV1.SendRequest))(text)
      assert.deepStrictEqual(JSON.stringify(yield* encode(read)), text)
    }))
})

describe("sendPath", () => {
  it("is the documented path", () => {
    assert.strictEqual(FcmV1.sendPath("myproject-b5ae1"), request("v1-send-token").path)
  })

  it("lets no project id lead elsewhere", () => {
    assert.strictEqual(FcmV1.sendPath("a/../b?c#d"), "/v1/projects/a%2F..%2Fb%3Fc%23d/messages:send")
  })
})

describe("sendRequestText", () => {
  for (const [name, { message: { fid, token, ...content }, validateOnly }] of Object.entries(requests)) {
    it.effect(`writes ${name}`, () =>
      Effect.gen(function*() {
        const write = FcmV1.sendRequestText(content, { validateOnly: validateOnly === true })
        const text = fid === undefined ? write("token", token ?? "") : write("fid", fid)
        assert.deepStrictEqual(yield* parseJson(text), request(name).body)
      }))
  }

  const Case = {
    value: Schema.String,
    target: Schema.Literals(["token", "fid", "topic", "condition"]),
    validateOnly: Schema.Boolean,
    content: Schema.Struct({
      data: Schema.optional(Schema.Record(Schema.String, Schema.String)),
      notification: Schema.optional(FcmV1.Notification),
      apns: Schema.optional(FcmV1.ApnsConfig)
    })
  }

  it.effect.prop(
    "splices any text into what plain encoding gives",
    Case,
    ({ content, target, validateOnly, value }) =>
      Effect.gen(function*() {
        const text = FcmV1.sendRequestText(content, { validateOnly })(target, value)
        const message = { ...content, [target]: value }
        const plain = yield* Schema.encodeEffect(FcmV1.SendRequest)(
          validateOnly ? { message, validateOnly } : { message }
        )
        assert.deepStrictEqual(yield* parseJson(text), yield* parseJson(JSON.stringify(plain)))
      })
  )

  for (const value of awkward) {
    it.effect(`splices ${JSON.stringify(value)} as it is`, () =>
      Effect.gen(function*() {
        const text = FcmV1.sendRequestText({ data: { a: "b" } }, { validateOnly: true })("token", value)
        assert.deepStrictEqual(yield* parseJson(text), {
          message: { token: value, data: { a: "b" } },
          validateOnly: true
        })
      }))
  }
})

describe("SendResponse", () => {
  const decode = Schema.decodeUnknownEffect(Schema.fromJsonString(FcmV1.SendResponse))

  it.effect("decodes the name of a message", () =>
    Effect.gen(function*() {
      const { name } = yield* decode(textOf(response("v1-send-token")))
      assert.strictEqual(name, "projects/myproject-b5ae1/messages/0:1500415314455276%31bd1c9631bd1c96")
    }))

  it.effect("decodes the name of a message that was only checked", () =>
    Effect.gen(function*() {
      const { name } = yield* decode(textOf(response("v1-send-validate-only")))
      assert.strictEqual(name, "projects/myproject-b5ae1/messages/fake_message_id")
    }))

  it.effect("encodes the documented body", () =>
    Effect.gen(function*() {
      const name = "projects/myproject-b5ae1/messages/fake_message_id"
      const body = yield* Schema.encodeEffect(FcmV1.SendResponse)({ name })
      assert.deepStrictEqual<unknown>(body, response("v1-send-validate-only").body)
    }))
})
