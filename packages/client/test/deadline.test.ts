/** The deadline bounds every wait before a request: for credentials, for the pace, for the policy. */
import {
  AccessToken,
  Audience,
  Fcm,
  Gcm,
  Message,
  Messaging,
  type Outcome,
  Recipient,
  RetryPolicy,
  type SendError,
  Topics
} from "@cloud-messaging/client"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, Schedule, Stream } from "effect"
import * as Http from "./utils/http.ts"
import { inTime, pass } from "./utils/time.ts"

const message = Message.make({ data: { score: 42 } })

const retryPolicy = RetryPolicy.none

const unavailable: Http.Answer = () => Http.fcmError(503, { code: "UNAVAILABLE" })

const token = Redacted.make("access-token-1")

/** FCM with an access token of one's own. */
const fcm = (service: Partial<AccessToken.Service>, answer: Http.Answer, requests: Array<Http.Recorded> = []) =>
  Fcm.layer({ projectId: "my-project", retryPolicy }).pipe(
    Layer.provide(Layer.succeed(AccessToken.AccessToken, {
      get: Effect.succeed(token),
      invalidate: () => Effect.void,
      ...service
    })),
    Layer.provide(Http.layer(answer, requests))
  )

const gcm = (apiKey: Gcm.Options["apiKey"], requests: Array<Http.Recorded> = []) =>
  Gcm.layer({ apiKey, retryPolicy }).pipe(Layer.provide(Http.layer(Http.acceptAll, requests)))

const isNoToken = (error: SendError.SendError) =>
  error._tag === "AuthenticationError" && error.reason._tag === "NoAccessToken"

const oneSecond = { deadline: "1 second" } as const

describe("a credential that never comes", () => {
  const services = { FCM: fcm({ get: Effect.never }, Http.accept), GCM: gcm(Effect.never) }

  for (const [name, layer] of Object.entries(services)) {
    it.effect(`${name}: a send ends at its deadline, and says so`, () =>
      Effect.gen(function*() {
        const error = yield* Messaging.send(message, ["a", "b"], oneSecond).pipe(
          Effect.flip,
          Effect.provide(layer),
          (sending) => inTime(sending, "1100 millis")
        )
        assert.isTrue(isNoToken(error))
        assert.include(error.message, "within the deadline of 1s")
        assert.deepStrictEqual(error.unsettled.map(Recipient.value), ["a", "b"])
        assert.deepStrictEqual(error.report.outcomes, [])
      }))

    it.effect(`${name}: a stream emits all that it took, and fails`, () =>
      Effect.gen(function*() {
        const outcomes: Array<Outcome.Outcome> = []
        const error = yield* Messaging.sendStream(message, Stream.make("a", "b", "c"), oneSecond).pipe(
          Stream.runForEach((outcome) => Effect.sync(() => outcomes.push(outcome))),
          Effect.flip,
          Effect.provide(layer),
          (sending) => inTime(sending, "1200 millis")
        )
        assert.isTrue(isNoToken(error))
        assert.deepStrictEqual(
          outcomes.map((outcome) => outcome._tag === "Unavailable" && [outcome.code, outcome.attempts]),
          Array.from("abc", () => ["NoAccessToken", 0])
        )
      }))

    it.effect(`${name}: so does publish`, () =>
      Effect.gen(function*() {
        const publishing = Messaging.publish(message, Audience.topic("news"), oneSecond)
        assert.isTrue(isNoToken(yield* inTime(Effect.provide(Effect.flip(publishing), layer), "1100 millis")))
      }))
  }

  it.effect("Topics: a change ends at its deadline", () =>
    Effect.gen(function*() {
      const changing = Effect.provide(Effect.flip(Topics.subscribe("news", ["a", "b"], oneSecond)), services.FCM)
      assert.isTrue(isNoToken(yield* inTime(changing, "1100 millis")))
    }))

  it.effect("holds up nobody when the send has ended, and is interrupted", () => {
    let asked = 0
    let interrupted = 0
    const never = Effect.onInterrupt(Effect.never, () => Effect.sync(() => interrupted++))
    const get = Effect.suspend(() => ++asked === 1 ? Effect.succeed(token) : never)
    return Effect.gen(function*() {
      const error = yield* inTime(Effect.flip(Messaging.send(message, ["a", "b", "c"])), "1 milli")
      assert.strictEqual(error.reason._tag, "PermissionDenied")
      assert.deepStrictEqual(error.unsettled.map(Recipient.value), ["a", "b", "c"])
      assert.deepStrictEqual([asked, interrupted], [3, 2])
    }).pipe(Effect.provide(fcm({ get }, () => Http.text("", { status: 403 }))))
  })
})

describe("a credential that takes its time", () => {
  it.effect("does not count towards the request's timeout", () => {
    const get = Effect.delay(Effect.succeed(token), "5 seconds")
    return Effect.gen(function*() {
      const report = yield* inTime(Messaging.send(message, "a", { requestTimeout: "1 second" }), "5 seconds")
      assert.strictEqual(report.success.length, 1)
    }).pipe(Effect.provide(fcm({ get }, Http.accept)))
  })

  it.effect("counts towards the deadline of a retry", () => {
    let asked = 0
    const get = Effect.suspend(() => ++asked === 1 ? Effect.succeed(token) : Effect.never)
    const options = { deadline: "10 seconds", retryPolicy: Schedule.spaced("2 seconds") } as const
    return Effect.gen(function*() {
      const error = yield* inTime(Effect.flip(Messaging.send(message, "a", options)), "10100 millis")
      assert.isTrue(isNoToken(error))
    }).pipe(Effect.provide(fcm({ get }, unavailable)))
  })

  it.effect("a refused token is forgotten in the background", () => {
    const requests: Array<Http.Recorded> = []
    const layer = fcm({ invalidate: () => Effect.never }, () => Http.text("", { status: 401 }), requests)
    return Effect.gen(function*() {
      const error = yield* inTime(Effect.flip(Messaging.send(message, "a")), "1 milli")
      assert.strictEqual(error.reason._tag, "InvalidCredentials")
      assert.strictEqual(requests.length, 2)
    }).pipe(Effect.provide(layer))
  })
})

describe("what the application brings and never ends", () => {
  it.effect("the pace: nothing was sent, and the deadline says so", () => {
    const requests: Array<Http.Recorded> = []
    return Effect.gen(function*() {
      const error = yield* inTime(Effect.flip(Messaging.send(message, "a", oneSecond)), "1100 millis")
      assert.strictEqual(error.reason._tag, "Timeout")
      assert.deepStrictEqual(error.report.unavailable.map(({ attempts }) => attempts), [0])
      assert.deepStrictEqual(requests, [])
    }).pipe(Effect.provide(Http.fcm(Http.accept, requests, { pacing: () => Effect.never })))
  })

  it.effect("the retry policy: the recipient is given up", () => {
    const policy = Schedule.forever.pipe(Schedule.tap(() => Effect.never))
    return Effect.gen(function*() {
      const error = yield* inTime(Effect.flip(Messaging.send(message, "a", oneSecond)), "1100 millis")
      assert.strictEqual(error.reason._tag, "ServerError")
      assert.deepStrictEqual(error.report.unavailable.map(({ attempts }) => attempts), [1])
    }).pipe(Effect.provide(Http.fcm(unavailable, [], { retryPolicy: policy })))
  })
})

describe("a policy without a delay", () => {
  it.effect("leaves time to others: its attempts are a millisecond apart", () => {
    const requests: Array<Http.Recorded> = []
    return Effect.gen(function*() {
      const sending = Messaging.send(message, "a", { retryPolicy: Schedule.forever, deadline: "10 millis" })
      yield* Effect.forkChild(Effect.flip(sending), { startImmediately: true })
      yield* pass("5 millis")
      assert.isAtMost(requests.length, 6)
      assert.isAtLeast(requests.length, 2)
    }).pipe(Effect.provide(Http.fcm(unavailable, requests)))
  })
})
