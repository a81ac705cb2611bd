/** What each platform gets of the portable part, and how overrides come on top of it: on the wire. */
import { Message, Messaging } from "@cloud-messaging/client"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Redacted } from "effect"
import { TestClock } from "effect/testing"
import * as Http from "./utils/http.ts"

/** The message that FCM v1 is sent. */
const viaFcm = (fields: Message.Fields) => {
  const requests: Array<Http.Recorded> = []
  return Effect.gen(function*() {
    yield* TestClock.setTime(1_700_000_000_000)
    yield* Messaging.send(Message.make(fields), "t")
    const { token, ...message } = JSON.parse(requests[0]?.text ?? "").message
    assert.strictEqual(token, "t")
    return message
  }).pipe(Effect.provide(Http.fcm(Http.accept, requests)))
}

/** The request that GCM is sent. */
const viaGcm = (fields: Message.Fields) => {
  const requests: Array<Http.Recorded> = []
  return Effect.gen(function*() {
    yield* Messaging.send(Message.make(fields), "t")
    const { registration_ids, ...request } = JSON.parse(requests[0]?.text ?? "")
    assert.deepStrictEqual(registration_ids, ["t"])
    return request
  }).pipe(Effect.provide(Http.gcm(Http.acceptAll, requests)))
}

describe("an override wins over the portable field", () => {
  it.effect("field by field on Android", () =>
    Effect.gen(function*() {
      const portable: Message.Fields = { collapseKey: "k", timeToLive: "1 hour", priority: "high" }
      const { android } = yield* viaFcm({ ...portable, android: { ttl: "90 seconds", priority: "NORMAL" } })
      assert.deepStrictEqual(android, { collapseKey: "k", ttl: "90s", priority: "NORMAL" })
      assert.deepStrictEqual((yield* viaFcm({ ...portable, android: { collapseKey: undefined } })).android, {
        collapseKey: "k",
        ttl: "3600s",
        priority: "HIGH"
      })
      assert.deepStrictEqual(yield* viaFcm({ restrictedPackageName: "a", android: { restrictedPackageName: "b" } }), {
        android: { restrictedPackageName: "b" }
      })
    }))

  it.effect("key by key in data, which both Android and browsers get on top of the portable", () =>
    Effect.gen(function*() {
      const sent = yield* viaFcm({
        data: { a: 1, b: 2 },
        android: { data: { b: 3, c: true } },
        webpush: { data: { a: "x" } }
      })
      assert.deepStrictEqual(sent, {
        data: { a: "1", b: "2" },
        android: { data: { a: "1", b: "3", c: "true" } },
        webpush: { data: { a: "x", b: "2" } }
      })
    }))

  it.effect("name by name in headers, whatever their case", () =>
    Effect.gen(function*() {
      const { apns, webpush } = yield* viaFcm({
        collapseKey: "k",
        timeToLive: "1 hour",
        priority: "normal",
        apns: { headers: { "APNS-Priority": "1", "apns-topic": "app" } },
        webpush: { headers: { ttl: "5", Urgency: undefined } }
      })
      assert.deepStrictEqual(apns.headers, {
        "apns-collapse-id": "k",
        "apns-expiration": "1700003600",
        "APNS-Priority": "1",
        "apns-topic": "app"
      })
      assert.deepStrictEqual(webpush.headers, { Topic: "k", Urgency: "normal", ttl: "5" })
    }))

  it.effect("key by key in the notification of GCM", () =>
    Effect.gen(function*() {
      const sent = yield* viaGcm({
        notification: { title: "T", body: "B" },
        gcm: { contentAvailable: true, notification: { body: "G", badge: "0" } }
      })
      assert.deepStrictEqual(sent, { content_available: true, notification: { title: "T", body: "G", badge: "0" } })
    }))

  it.effect("for its own protocol alone", () =>
    Effect.gen(function*() {
      const fields: Message.Fields = {
        data: { a: 1 },
        android: { data: { b: 2 } },
        apns: { payload: { aps: { badge: 1 } } },
        webpush: { headers: { TTL: "1" } },
        gcm: { delayWhileIdle: true }
      }
      assert.deepStrictEqual(yield* viaGcm(fields), { data: { a: "1" }, delay_while_idle: true })
      assert.notProperty(yield* viaFcm(fields), "gcm")
    }))
})

describe("the time to live of iOS is a date", () => {
  it.effect("that counts from the first attempt", () =>
    Effect.gen(function*() {
      const { apns } = yield* viaFcm({ timeToLive: "1 hour" })
      assert.deepStrictEqual(apns, { headers: { "apns-expiration": "1700003600" } })
    }))

  it.effect("or what the override says", () =>
    Effect.gen(function*() {
      const { apns } = yield* viaFcm({ timeToLive: "1 hour", apns: { headers: { "apns-expiration": "5" } } })
      assert.deepStrictEqual(apns, { headers: { "apns-expiration": "5" } })
    }))
})

describe("the priority of iOS", () => {
  const priorityOf = (fields: Message.Fields) =>
    Effect.map(viaFcm({ priority: "high", ...fields }), ({ apns }) => apns.headers["apns-priority"])

  it.effect("is 10 only for what shows something", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* priorityOf({ data: { a: 1 } }), "5")
      assert.strictEqual(yield* priorityOf({ apns: { payload: { aps: { "content-available": 1 } } } }), "5")
      assert.strictEqual(yield* priorityOf({ notification: { title: "T" } }), "10")
      assert.strictEqual(yield* priorityOf({ apns: { payload: { aps: { alert: "A" } } } }), "10")
      assert.strictEqual(yield* priorityOf({ apns: { payload: { aps: { badge: 0 } } } }), "10")
      assert.strictEqual(yield* priorityOf({ apns: { liveActivityToken: "t" } }), "10")
      assert.strictEqual(yield* priorityOf({ priority: "normal", notification: { title: "T" } }), "5")
    }))
})

describe("values for people", () => {
  it.effect("become the service's own", () =>
    Effect.gen(function*() {
      const eventTime = DateTime.makeUnsafe("2014-10-02T15:01:23.045Z")
      const { android, apns } = yield* viaFcm({
        android: {
          ttl: { minutes: 1, milliseconds: 500 },
          notification: {
            eventTime,
            vibrateTimings: ["0 seconds", "250 millis", { seconds: 2 }],
            lightSettings: { color: "#FF0033", lightOnDuration: "1 second", lightOffDuration: "1500 millis" }
          }
        },
        apns: { liveActivityToken: Redacted.make("live") }
      })
      assert.deepStrictEqual(android, {
        ttl: "60.5s",
        notification: {
          eventTime: "2014-10-02T15:01:23.045Z",
          vibrateTimings: ["0s", "0.25s", "2s"],
          lightSettings: {
            color: { red: 1, green: 0, blue: 0.2, alpha: 1 },
            lightOnDuration: "1s",
            lightOffDuration: "1.5s"
          }
        }
      })
      assert.deepStrictEqual(apns, { liveActivityToken: "live" })
    }))

  it.effect("and what is undefined is left out", () =>
    Effect.gen(function*() {
      const sent = yield* viaFcm({
        notification: { title: "T", body: undefined },
        collapseKey: undefined,
        android: { notification: { icon: undefined } },
        apns: { payload: { aps: { badge: 1, sound: undefined }, custom: undefined } },
        webpush: undefined,
        gcm: undefined
      })
      assert.deepStrictEqual(sent, {
        notification: { title: "T" },
        android: { notification: {} },
        apns: { payload: { aps: { badge: 1 } } }
      })
    }))
})

describe("a message", () => {
  it.effect("is a copy of what it was made of", () =>
    Effect.gen(function*() {
      const requests: Array<Http.Recorded> = []
      const data: Record<string, number> = { score: 1 }
      const list = ["a"]
      const eventTime = new Date(0)
      const message = Message.make({ data, android: { notification: { bodyLocArgs: list, eventTime } } })
      data["score"] = 2
      list.push("b")
      eventTime.setTime(1e12)
      yield* Effect.provide(Messaging.send(message, "t"), Http.fcm(Http.accept, requests))
      assert.deepStrictEqual(JSON.parse(requests[0]?.text ?? "").message, {
        token: "t",
        data: { score: "1" },
        android: { notification: { bodyLocArgs: ["a"], eventTime: "1970-01-01T00:00:00.000Z" } }
      })
    }))
})
