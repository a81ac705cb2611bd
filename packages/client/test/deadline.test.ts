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
import { type Duration, Effect, Layer, Redacted, Schedule, Stream } from "effect"
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

/** A stream that begins after a while. */
const later = <A>(stream: Stream.Stream<A>, after: Duration.Input) =>
  Stream.unwrap(Effect.delay(Effect.succeed(stream), after))

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

  it.effect("counts towards the deadline of a retry, which ends as what it failed with", () => {
    let asked = 0
    const get = Effect.suspend(() => ++asked === 1 ? Effect.succeed(token) : Effect.never)
    const options = { deadline: "10 seconds", retryPolicy: Schedule.spaced("2 seconds") } as const
    return Effect.gen(function*() {
      const error = yield* inTime(Effect.flip(Messaging.send(message, "a", options)), "10100 millis")
      assert.strictEqual(error.reason._tag, "ServerError")
      assert.deepStrictEqual(error.report.unavailable.map(({ attempts }) => attempts), [1])
    }).pipe(Effect.provide(fcm({ get }, unavailable)))
  })

  it.effect("gives up the retry that it makes late, and nobody else", () => {
    let slowly = false
    const get = Effect.suspend(() =>
      slowly ? Effect.delay(Effect.succeed(token), "1500 millis") : Effect.succeed(token)
    )
    const answer: Http.Answer = (request, n) => {
      if (Http.tokenOf(request) !== "old") return Http.accept(request, n)
      slowly = true
      return unavailable(request, n)
    }
    const source = Stream.concat(Stream.make("old"), later(Stream.make("a", "b", "c"), "2 seconds"))
    const options = { deadline: "3 seconds", retryPolicy: Schedule.spaced("2 seconds") } as const
    return Effect.gen(function*() {
      const outcomes = yield* inTime(Stream.runCollect(Messaging.sendStream(message, source, options)))
      assert.deepStrictEqual(outcomes.map(({ _tag }) => _tag), ["Unavailable", "Success", "Success", "Success"])
    }).pipe(Effect.provide(fcm({ get }, answer)))
  })

  it.effect("is waited for where the refused one is forgotten slowly", () => {
    let current = token
    const next = Redacted.make("access-token-2")
    const service = {
      get: Effect.sync(() => current),
      invalidate: () => Effect.delay(Effect.sync(() => current = next), "20 millis")
    }
    const answer: Http.Answer = (request, n) =>
      request.headers["authorization"] === "Bearer access-token-2"
        ? Http.accept(request, n)
        : Http.text("", { status: 401 })
    return Effect.gen(function*() {
      const report = yield* inTime(Messaging.send(message, ["a", "b"]), "1 second")
      assert.strictEqual(report.success.length, 2)
    }).pipe(Effect.provide(fcm(service, answer)))
  })

  it.effect("a refused one that is never forgotten: the deadline ends the send, as refused", () => {
    const layer = fcm({ invalidate: () => Effect.never }, () => Http.text("", { status: 401 }))
    return Effect.gen(function*() {
      const error = yield* inTime(Effect.flip(Messaging.send(message, "a", oneSecond)), "1100 millis")
      assert.strictEqual(error.reason._tag, "InvalidCredentials")
    }).pipe(Effect.provide(layer))
  })

  it.effect("a refusal after the deadline is a refusal, and a deadline of zero leaves time for the second try", () => {
    const refuse: Http.Answer = () => Effect.delay(Http.text("", { status: 401 }), "400 millis")
    return Effect.gen(function*() {
      for (const deadline of [0, "300 millis"] as const) {
        const error = yield* inTime(Effect.flip(Messaging.send(message, "a", { deadline })), "1 second")
        assert.strictEqual(error.reason._tag, "InvalidCredentials")
      }
      const requests: Array<Http.Recorded> = []
      const late: Http.Answer = (request, n) => n === 1 ? refuse(request, n) : Http.accept(request, n)
      const sending = Effect.provide(Messaging.send(message, "a", { deadline: 0 }), fcm({}, late, requests))
      assert.strictEqual((yield* inTime(sending, "1 second")).success.length, 1)
      assert.strictEqual(requests.length, 2)
    }).pipe(Effect.provide(fcm({}, refuse)))
  })
})

describe("retries that share a request", () => {
  /** GCM: the first requests are answered with these, the others accepted. */
  const answering = (answers: ReadonlyArray<Effect.Effect<Response>>): Http.Answer => (request, n) =>
    answers[n - 1] ?? Http.acceptAll(request, n)
  const busy = (status: number, seconds: number) =>
    Http.text("", { status, headers: { "retry-after": String(seconds) } })

  it.effect("the one that the gate makes late is given up, once, and the other goes on", () => {
    const requests: Array<Http.Recorded> = []
    const outcomes: Array<unknown> = []
    // retries of a and b are due at 3 s; the gate opens at 6.5 s, between their deadlines
    const layer = Http.gcm(answering([busy(503, 3), busy(503, 2), busy(429, 4)]), requests)
    const source = Stream.concat(
      Stream.make("a"),
      Stream.concat(later(Stream.make("b"), "900 millis"), later(Stream.make("c"), "1500 millis"))
    )
    const options = { deadline: "6 seconds", retryPolicy: Schedule.recurs(5) } as const
    return Effect.gen(function*() {
      yield* inTime(
        Messaging.sendStream(message, source, options).pipe(
          Stream.runForEach(({ _tag, recipient }) =>
            Effect.sync(() => outcomes.push([Recipient.value(recipient), _tag]))
          )
        ),
        "20 seconds"
      )
      assert.sameDeepMembers(outcomes, [["a", "Unavailable"], ["b", "Success"], ["c", "Success"]])
    }).pipe(Effect.provide(layer))
  })

  it.effect("the one that the pace makes late is given up, and the other goes on", () => {
    let calls = 0
    // the retry of both is due at 3.9 s, and its pace takes 0.9 s: the deadlines are 4.5 s and 5.4 s
    const pacing = () => ++calls > 2 ? Effect.sleep("900 millis") : Effect.void
    const answer: Http.Answer = (request, n) =>
      n > 2 ? Http.acceptAll(request, n) : Effect.delay(
        Http.json(
          { results: Http.idsOf(request).map((id, i) => i === 0 ? { error: "Unavailable" } : { message_id: id }) },
          { headers: { "retry-after": n === 1 ? "3" : "2" } }
        ),
        n === 1 ? "900 millis" : 0
      )
    const options = { concurrency: 1, deadline: "4500 millis", retryPolicy: Schedule.recurs(3), pacing } as const
    const ids = Array.from({ length: 1001 }, (_, i) => `${i}`)
    return Effect.gen(function*() {
      const report = yield* inTime(Messaging.send(message, ids, options), "20 seconds")
      assert.deepStrictEqual(report.unavailable.map(({ recipient }) => Recipient.value(recipient)), ["0"])
      assert.strictEqual(report.counts.Success, 1000)
    }).pipe(Effect.provide(Http.gcm(answer)))
  })
})

describe("what the application brings and never ends", () => {
  it.effect("the pace: nothing was sent, and the deadline says so", () => {
    const requests: Array<Http.Recorded> = []
    return Effect.gen(function*() {
      const error = yield* inTime(Effect.flip(Messaging.send(message, "a", oneSecond)), "1100 millis")
      assert.deepStrictEqual([error.reason._tag, error.message], ["Timeout", "nothing was sent within 1s"])
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
