/** Laws 2 to 4 and 7: what is retried, when, and what is told of what is unknown. */
import {
  AccessToken,
  Fcm,
  Message,
  Messaging,
  Recipient,
  Report,
  RetryPolicy,
  SendError
} from "@cloud-messaging/client"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Fiber, Layer, Random, Redacted, Schedule, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as Http from "./utils/http.ts"
import { drive, givingWay, inTime } from "./utils/time.ts"

const message = Message.make({ data: { score: 42 } })

const spaced = (duration: Duration.Input, times = 10): RetryPolicy.RetryPolicy =>
  Schedule.spaced(duration).pipe(Schedule.upTo({ times }))

/** Answers of each recipient in turn, the last for ever; keeps when each was asked, in seconds. */
const script = (answers: { readonly [recipient: string]: ReadonlyArray<Http.Answer> }) => {
  const asked: Array<readonly [recipient: string, second: number]> = []
  const counts = new Map<string, number>()
  const answer: Http.Answer = (request, n) =>
    Effect.gen(function*() {
      const recipient = Http.tokenOf(request)
      asked.push([recipient, (yield* Clock.currentTimeMillis) / 1000])
      const count = counts.get(recipient) ?? 0
      counts.set(recipient, count + 1)
      const all = answers[recipient] ?? [Http.accept]
      return yield* (all[Math.min(count, all.length - 1)] ?? Http.accept)(request, n)
    })
  return { asked, answer }
}

const unavailable = (headers: Record<string, string> = {}): Http.Answer => () =>
  Http.fcmError(503, { code: "UNAVAILABLE" }, headers)

const lost: Http.Answer = () => Effect.fail({ code: "ECONNRESET" })

const rateLimited = (headers: Record<string, string> = {}, details: ReadonlyArray<unknown> = []): Http.Answer => () =>
  Http.fcmError(429, { code: "QUOTA_EXCEEDED", details }, headers)

const quotaOf = (subject: string) => ({
  "@type": "type.googleapis.com/google.rpc.QuotaFailure",
  violations: [{ subject, description: "too much" }]
})

const times = (asked: ReadonlyArray<readonly [string, number]>, recipient: string) =>
  asked.flatMap(([who, second]) => who === recipient ? [second] : [])

const send = (recipients: ReadonlyArray<string>, options: Messaging.SendOptions) =>
  Messaging.send(message, recipients, options)

describe("law 2: only what may be retried is retried", () => {
  it.effect("a success is never sent again, nor what was refused", () => {
    const { answer, asked } = script({
      gone: [() => Http.fcmError(404, { code: "UNREGISTERED" })],
      invalid: [() => Http.fcmError(400, { code: "INVALID_ARGUMENT" })],
      odd: [() => Http.text("odd")],
      teapot: [() => Http.text("", { status: 418 })],
      late: [unavailable(), unavailable(), Http.accept]
    })
    return Effect.gen(function*() {
      const report = yield* inTime(send(["fine", "gone", "invalid", "odd", "teapot", "late"], {
        retryPolicy: spaced("1 second")
      }))
      assert.deepStrictEqual(report.outcomes.map(({ _tag }) => _tag), [
        "Success",
        "NotRegistered",
        "Failed",
        "Unknown",
        "Failed",
        "Success"
      ])
      assert.deepStrictEqual(times(asked, "late"), [0, 1, 2])
      assert.strictEqual(asked.length, 8)
    }).pipe(Effect.provide(Http.fcm(answer)))
  })

  it.effect("no wait is begun that would pass the deadline, which has a default of 30 seconds", () => {
    const { answer, asked } = script({
      a: [unavailable()],
      b: [unavailable({ "retry-after": "31" })],
      c: [Http.accept]
    })
    return Effect.gen(function*() {
      const report = yield* inTime(send(["a", "b", "c"], { retryPolicy: spaced("20 seconds") }), "20 seconds")
      assert.deepStrictEqual(times(asked, "a"), [0, 20])
      assert.deepStrictEqual(times(asked, "b"), [0])
      const [a, b] = report.unavailable
      assert.deepStrictEqual([a?.attempts, a?.retryAfter], [2, undefined])
      assert.deepStrictEqual([b?.attempts, b?.retryAfter], [1, Duration.seconds(31)])
    }).pipe(Effect.provide(Http.fcm(answer)))
  })

  it.effect("a wait up to the deadline itself is begun", () => {
    const { answer, asked } = script({ a: [unavailable()] })
    return Effect.gen(function*() {
      yield* Effect.flip(inTime(send(["a"], { retryPolicy: spaced("5 seconds"), deadline: "10 seconds" })))
      assert.deepStrictEqual(times(asked, "a"), [0, 5, 10])
    }).pipe(Effect.provide(Http.fcm(answer)))
  })

  it.effect("a deadline of zero leaves time for one attempt, however long its credentials take", () => {
    const { answer, asked } = script({ a: [Http.accept], b: [unavailable()] })
    const token = AccessToken.AccessToken.of({
      get: Effect.delay(Effect.succeed(Redacted.make("token")), "10 millis"),
      invalidate: () => Effect.void
    })
    const fcm = Fcm.layer({ projectId: "test" }).pipe(
      Layer.provide([Layer.succeed(AccessToken.AccessToken, token), Http.layer(answer)])
    )
    return Effect.gen(function*() {
      const report = yield* inTime(send(["a", "b"], { deadline: 0, retryPolicy: spaced("1 second") }))
      assert.deepStrictEqual(report.outcomes.map(({ _tag }) => _tag), ["Success", "Unavailable"])
      assert.strictEqual(asked.length, 2)
    }).pipe(Effect.provide(fcm))
  })

  it.effect("the deadline counts from when a slot is free: waiting for one does not count", () => {
    const { answer, asked } = script({
      slow: [(request, n) => Effect.delay(Http.accept(request, n), "12 seconds")],
      a: [unavailable(), Http.accept]
    })
    return Effect.gen(function*() {
      const report = yield* inTime(send(["slow", "a"], {
        retryPolicy: spaced("5 seconds"),
        deadline: "5 seconds",
        concurrency: 1
      }))
      assert.strictEqual(report.counts.Success, 2)
      assert.deepStrictEqual(times(asked, "a"), [12, 17])
    }).pipe(Effect.provide(Http.fcm(answer)))
  })

  it.effect("nothing is retried past the time to live, counted from the first attempt", () => {
    const { answer, asked } = script({ a: [unavailable()] })
    return Effect.gen(function*() {
      const short = Message.make({ timeToLive: "10 seconds" })
      const error = yield* Effect.flip(inTime(Messaging.send(short, "a", { retryPolicy: spaced("4 seconds") })))
      assert.deepStrictEqual(times(asked, "a"), [0, 4, 8])
      assert.strictEqual(error.report.unavailable[0]?.attempts, 3)
    }).pipe(Effect.provide(Http.fcm(answer)))
  })

  it.effect("no retry is late because a worker gave way before it set its alarm", () =>
    Effect.gen(function*() {
      for (let seed = 0; seed < 60; seed++) {
        const { answer, asked } = script({
          early: [unavailable({ "retry-after": "1" }), Http.accept],
          late: [unavailable({ "retry-after": "20" }), Http.accept]
        })
        yield* send(["late", "early"], { retryPolicy: spaced("1 second") }).pipe(
          Effect.provide(Http.fcm(answer)),
          (run) => drive(run, { scheduler: givingWay(seed) })
        )
        const [first = 0, second] = times(asked, "early")
        assert.strictEqual(second, first + 1, `seed ${seed}`)
      }
    }))

  it.effect("a retry that waited for a slot is not late either", () => {
    const { answer, asked } = script({
      a: [() => Effect.fail({ code: "ECONNREFUSED" })],
      b: [(request, n) => Effect.delay(Http.accept(request, n), "10 seconds")]
    })
    return Effect.gen(function*() {
      const options = { retryPolicy: spaced("2 seconds"), deadline: "5 seconds", concurrency: 1 } as const
      const report = yield* inTime(send(["a", "b"], options))
      assert.deepStrictEqual(report.outcomes.map(({ _tag }) => _tag), ["Unavailable", "Success"])
      assert.strictEqual(report.unavailable[0]?.code, "Network")
      assert.strictEqual(asked.length, 2)
    }).pipe(Effect.provide(Http.fcm(answer)))
  })

  it.effect("a time to live of 0 is one attempt, under any policy", () => {
    const { answer, asked } = script({ a: [unavailable()] })
    return Effect.gen(function*() {
      const now = Message.make({ timeToLive: "0 seconds" })
      yield* Effect.flip(inTime(Messaging.send(now, "a", { retryPolicy: Schedule.recurs(3) })))
      assert.strictEqual(asked.length, 1)
    }).pipe(Effect.provide(Http.fcm(answer)))
  })

  it.effect("no access token for a while is retried like a 503; then it is the error of the whole send", () => {
    let asked = 0
    const away = new AccessToken.AccessTokenError({ reason: new AccessToken.Unreachable({ detail: "away" }) })
    const tokens = (good: number) =>
      AccessToken.layer(
        Effect.suspend(() =>
          ++asked >= good ? Effect.succeed({ token: Redacted.make("t"), expiresIn: 3600 }) : Effect.fail(away)
        )
      )
    const fcm = (good: number) =>
      Fcm.layer({ projectId: "p" }).pipe(Layer.provide([tokens(good), Http.layer(Http.accept)]))
    const policy = { retryPolicy: spaced("1 second", 3) }
    return Effect.gen(function*() {
      assert.strictEqual((yield* inTime(Effect.provide(send(["a"], policy), fcm(3)))).counts.Success, 1)
      assert.strictEqual(asked, 3)
      asked = 0
      const error = yield* Effect.flip(inTime(Effect.provide(send(["a"], policy), fcm(9))))
      assert.deepStrictEqual([error.reason._tag, asked], ["NoAccessToken", 4])
      assert.deepStrictEqual(error.unsettled.map(Recipient.value), ["a"])
    })
  })

  it.effect("no access token in time is the error of the whole send, whatever made it late", () => {
    let asked = 0
    const away = new AccessToken.AccessTokenError({ reason: new AccessToken.Unreachable({ detail: "away" }) })
    const token = Effect.succeed({ token: Redacted.make("t"), expiresIn: 3600 })
    const layer = Fcm.layer({ projectId: "p" }).pipe(Layer.provide([
      AccessToken.layer(Effect.suspend(() => ++asked === 1 ? Effect.fail(away) : token)),
      Http.layer((request, n) => Effect.delay(Http.accept(request, n), "12 seconds"))
    ]))
    // the retry waits for a slot until the deadline is over
    const options = { concurrency: 1, deadline: "5 seconds", retryPolicy: spaced("1 second") } as const
    return Effect.gen(function*() {
      const error = yield* Effect.flip(inTime(send(["a", "b"], options)))
      assert.strictEqual(error.reason._tag, "NoAccessToken")
      assert.deepStrictEqual([error.report.counts.Success, error.unsettled.map(Recipient.value)], [1, ["a"]])
    }).pipe(Effect.provide(layer))
  })

  it.effect("the standard policy waits 10 seconds and more for an access token, as after a 503", () => {
    const asked: Array<number> = []
    const away = new AccessToken.AccessTokenError({ reason: new AccessToken.Unreachable({ detail: "away" }) })
    const token = Effect.flatMap(Clock.currentTimeMillis, (now) => {
      asked.push(now)
      return asked.length > 1 ? Effect.succeed({ token: Redacted.make("t"), expiresIn: 3600 }) : Effect.fail(away)
    })
    return Effect.gen(function*() {
      yield* inTime(send(["a"], { retryPolicy: RetryPolicy.standard }))
      assert.strictEqual(asked.length, 2)
      assert.isAtLeast(asked[1] ?? 0, 10_000)
    }).pipe(
      Effect.provide(
        Fcm.layer({ projectId: "p" }).pipe(
          Layer.provide([AccessToken.layer(token), Http.layer(Http.accept)])
        )
      )
    )
  })
})

describe("law 3: the schedule belongs to a group", () => {
  it.effect("Retry-After is a floor under any Schedule", () => {
    const { answer, asked } = script({ a: [unavailable({ "retry-after": "7" }), unavailable(), Http.accept] })
    return Effect.gen(function*() {
      yield* inTime(send(["a"], { retryPolicy: spaced("2 seconds") }))
      assert.deepStrictEqual(times(asked, "a"), [0, 7, 9])
    }).pipe(Effect.provide(Http.fcm(answer)))
  })

  it.effect("each recipient of FCM has a run of its own", () => {
    const { answer, asked } = script({ a: [unavailable()], b: [unavailable()] })
    return Effect.gen(function*() {
      yield* Effect.flip(inTime(send(["a", "b"], { retryPolicy: spaced("1 second", 2) })))
      assert.deepStrictEqual([times(asked, "a"), times(asked, "b")], [[0, 1, 2], [0, 1, 2]])
    }).pipe(Effect.provide(Http.fcm(answer)))
  })

  it.effect("a Schedule is told what failed", () => {
    const told: Array<RetryPolicy.Failure> = []
    const policy = Schedule.spaced("1 second").pipe(
      Schedule.setInputType<RetryPolicy.Failure>(),
      Schedule.tap(({ input }) => Effect.sync(() => told.push(input)))
    )
    const { answer } = script({ a: [unavailable({ "retry-after": "3" }), lost, unavailable(), Http.accept] })
    return Effect.gen(function*() {
      yield* inTime(send(["a"], { retryPolicy: policy }))
      assert.deepStrictEqual(
        told.map((
          { attempt, code, elapsed, floor, recipients, status }
        ) => [attempt, code, status, Duration.toSeconds(floor), recipients, Duration.toSeconds(elapsed)]),
        [[1, "UNAVAILABLE", 503, 3, 1, 0], [2, "Network", undefined, 0, 1, 3], [3, "UNAVAILABLE", 503, 10, 1, 4]]
      )
    }).pipe(Effect.provide(Http.fcm(answer)))
  })

  it.effect("the standard policy waits the floor of the protocol, and jitter on top of it", () => {
    const { answer, asked } = script({ a: [unavailable()] })
    return Effect.gen(function*() {
      yield* Effect.flip(inTime(send(["a"], { deadline: "1 hour", retryPolicy: RetryPolicy.standard })))
      const at = times(asked, "a")
      assert.strictEqual(at.length, 6)
      at.slice(1).forEach((second, i) => {
        const waited = second - (at[i] ?? 0)
        assert.isAtLeast(waited, 10)
        assert.isBelow(waited, 10 + 2 ** i)
      })
    }).pipe(Effect.provide(Http.fcm(answer)))
  })

  it.effect("delays that are no whole milliseconds come to an end under a virtual clock, too", () => {
    const failing = Array.from({ length: 50 }, (_, i) => `${i}`)
    const { answer } = script(
      Object.fromEntries(failing.map((id) => [id, [unavailable(), unavailable(), Http.accept]]))
    )
    return Effect.gen(function*() {
      for (let seed = 0; seed < 20; seed++) {
        const options = {
          retryPolicy: RetryPolicy.make({ base: "7 seconds" }),
          deadline: "1 hour",
          concurrency: 1
        } as const
        const report = yield* inTime(send(failing, options)).pipe(Random.withSeed(seed))
        assert.strictEqual(report.counts.Success, 50)
      }
    }).pipe(Effect.provide(Http.fcm(answer)))
  })

  it.effect("gives up rather than wait for a floor above maxRetryAfter", () => {
    const { answer, asked } = script({ a: [unavailable({ "retry-after": "601" })] })
    return Effect.gen(function*() {
      yield* Effect.flip(inTime(send(["a"], { deadline: "1 hour", retryPolicy: RetryPolicy.standard })))
      assert.strictEqual(asked.length, 1)
    }).pipe(Effect.provide(Http.fcm(answer)))
  })

  describe("GCM", () => {
    const tokens = Array.from({ length: 2500 }, (_, i) => `${i}`)

    it.effect("ids to retry from several requests share one, if due within a second: the earlier wait for the latest", () => {
      const sizes: Array<readonly [number, number]> = []
      const answer: Http.Answer = (request, n) =>
        Effect.gen(function*() {
          const ids = Http.idsOf(request)
          sizes.push([(yield* Clock.currentTimeMillis) / 1000, ids.length])
          if (n > 3) return yield* Http.acceptAll(request, n)
          // the three first requests answer at 0, 0.4 and 0.8 s, and 100 ids of each are to be retried
          yield* Effect.sleep(Duration.millis((n - 1) * 400))
          const results = ids.map((_, i) => i < 100 ? { error: "Unavailable" } : { message_id: `${n}:${i}` })
          return yield* Http.json({ results })
        })
      return Effect.gen(function*() {
        const report = yield* inTime(Messaging.send(message, tokens, { retryPolicy: spaced("5 seconds") }))
        assert.strictEqual(report.counts.Success, 2500)
        assert.deepStrictEqual(sizes, [[0, 1000], [0, 1000], [0, 500], [5.8, 300]])
      }).pipe(Effect.provide(Http.gcm(answer)))
    })

    it.effect("what waits for others of its message makes nobody else late", () => {
      const asked: Array<readonly [string, number]> = []
      const answer: Http.Answer = (request, n) =>
        Effect.gen(function*() {
          const [id = ""] = Http.idsOf(request)
          asked.push([id, (yield* Clock.currentTimeMillis) / 1000])
          return n <= 3 ? yield* Http.text("", { status: 503 }) : yield* Http.acceptAll(request, n)
        })
      const brief = Message.make({ data: { score: 1 }, timeToLive: "5200 millis" })
      // "a" is due at 5.1 s and waits until 5.9 s for "c"; "b" is due at 5.3 s, and lives no longer than to 5.5 s
      const source = Stream.make([0, message, "a"] as const, [200, brief, "b"] as const, [600, message, "c"] as const)
        .pipe(
          Stream.rechunk(1),
          Stream.mapEffect(([after, message, recipient]) =>
            Effect.delay(Effect.succeed({ message, recipient }), after)
          ),
          Stream.concat(Stream.never)
        )
      return Effect.gen(function*() {
        const stream = Messaging.sendEach(source, { retryPolicy: spaced("5 seconds") })
        const settled = yield* inTime(Stream.runCollect(Stream.take(stream, 3)))
        assert.deepStrictEqual(settled.map(({ outcome }) => outcome._tag), ["Success", "Success", "Success"])
        assert.deepStrictEqual(asked.slice(3), [["b", 5.3], ["a", 5.9]])
      }).pipe(Effect.provide(Http.gcm(answer)))
    })

    it.effect("each recipient has its own number of attempts, also when groups share a request", () => {
      // "1000" fails at 0 and at 5 s, and "0" at 5 s: at 10 s they share a request, which says nothing of "1000"
      const answer: Http.Answer = (request, n) => {
        const results = Http.idsOf(request).map((id) =>
          id !== "0" && id !== "1000"
            ? { message_id: "m" }
            : n <= 3
            ? { error: "Unavailable" }
            : id === "0"
            ? { message_id: "m" }
            : {}
        )
        return Effect.delay(Http.json({ results }), n === 2 ? "5 seconds" : 0)
      }
      return Effect.gen(function*() {
        const report = yield* inTime(Messaging.send(message, tokens.slice(0, 1001).toReversed(), {
          retryPolicy: spaced("5 seconds"),
          concurrency: 2
        }))
        assert.deepStrictEqual(
          report.unknown.map(({ attempts, recipient }) => [Recipient.value(recipient), attempts]),
          [["1000", 3]]
        )
      }).pipe(Effect.provide(Http.gcm(answer)))
    })

    it.effect("a group is never split, and what fails in part goes on as the group", () => {
      const asked: Array<ReadonlyArray<string>> = []
      const answer: Http.Answer = (request, n) => {
        const ids = Http.idsOf(request)
        asked.push(ids)
        // 600 of each of the first two requests: two groups that do not fit into one request
        return Http.json({
          results: ids.map((_, i) =>
            (n <= 2 && i < 600) || (n === 3 && i < 10) ? { error: "Unavailable" } : { message_id: "m" }
          )
        })
      }
      return Effect.gen(function*() {
        const report = yield* inTime(
          Messaging.send(message, tokens.slice(0, 2000), { retryPolicy: spaced("5 seconds") })
        )
        assert.strictEqual(report.counts.Success, 2000)
        assert.deepStrictEqual(asked.map((ids) => ids.length), [1000, 1000, 600, 600, 10])
        assert.deepStrictEqual(asked[4], asked[2]?.slice(0, 10))
      }).pipe(Effect.provide(Http.gcm(answer)))
    })
  })
})

describe("law 3: the gate", () => {
  const policies = { none: RetryPolicy.none, spaced: spaced("1 second") }

  for (const [name, retryPolicy] of Object.entries(policies)) {
    it.effect(`a 429 of the project slows every send of the layer, under any policy: ${name}`, () => {
      const { answer, asked } = script({ a: [rateLimited({ "retry-after": "20" }), Http.accept] })
      return Effect.gen(function*() {
        const first = yield* Effect.forkChild(Effect.exit(send(["a"], { retryPolicy })), { startImmediately: true })
        yield* TestClock.adjust("1 second")
        const report = yield* inTime(send(["b"], { retryPolicy }))
        assert.strictEqual(report.counts.Success, 1)
        assert.deepStrictEqual(times(asked, "b"), [20])
        yield* Fiber.join(first)
      }).pipe(Effect.provide(Http.fcm(answer)))
    })
  }

  it.effect("without Retry-After it closes for a minute (FCM): a default send does not wait that out", () => {
    const { answer, asked } = script({ a: [rateLimited()], b: [Http.accept] })
    return Effect.gen(function*() {
      yield* Effect.exit(send(["a"], {}))
      yield* TestClock.adjust("10 seconds")
      const error = yield* Effect.flip(send(["b"], {}))
      assert.deepStrictEqual([error._tag, error.reason._tag], ["TransportError", "RateLimited"])
      const [outcome] = error.report.unavailable
      assert.deepStrictEqual([outcome?.code, outcome?.attempts, outcome?.retryAfter], [
        "QUOTA_EXCEEDED",
        0,
        Duration.seconds(50)
      ])
      const waited = yield* inTime(send(["b"], { deadline: "2 minutes" }))
      assert.strictEqual(waited.counts.Success, 1)
      assert.deepStrictEqual(times(asked, "b"), [60])
    }).pipe(Effect.provide(Http.fcm(answer)))
  })

  it.effect("an absurd Retry-After closes it for a day", () => {
    const { answer } = script({ a: [rateLimited({ "retry-after": "999999999999999999999999" })] })
    return Effect.gen(function*() {
      yield* Effect.flip(send(["a"], {}))
      yield* TestClock.adjust("23 hours")
      yield* Effect.flip(send(["b"], {}))
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* send(["b"], {})).counts.Success, 1)
    }).pipe(Effect.provide(Http.fcm(answer)))
  })

  it.effect("without Retry-After it closes for a second (GCM)", () => {
    const at: Array<number> = []
    const answer: Http.Answer = (request, n) =>
      Effect.gen(function*() {
        at.push((yield* Clock.currentTimeMillis) / 1000)
        return yield* (n === 1 ? Http.text("", { status: 429 }) : Http.acceptAll(request, n))
      })
    return Effect.gen(function*() {
      yield* Effect.exit(send(["a"], {}))
      yield* inTime(send(["b"], {}))
      assert.deepStrictEqual(at, [0, 1])
    }).pipe(Effect.provide(Http.gcm(answer)))
  })

  it.effect("a 429 that names a device or a topic slows just that", () => {
    const { answer, asked } = script({
      a: [rateLimited({ "retry-after": "20" }, [quotaOf("device:1")]), Http.accept],
      c: [rateLimited({ "retry-after": "20" }, [quotaOf("project:1")]), Http.accept]
    })
    return Effect.gen(function*() {
      const options = { retryPolicy: spaced("1 second"), concurrency: 1 }
      const report = yield* inTime(send(["a", "b", "c", "d"], options))
      assert.strictEqual(report.counts.Success, 4)
      assert.deepStrictEqual([times(asked, "a"), times(asked, "b"), times(asked, "c"), times(asked, "d")], [
        [0, 20],
        [0],
        [0, 20],
        [20]
      ])
    }).pipe(Effect.provide(Http.fcm(answer)))
  })

  it.effect("two layers are two gates", () =>
    Effect.gen(function*() {
      const { answer, asked } = script({ a: [rateLimited()] })
      yield* Effect.exit(Effect.provide(send(["a"], {}), Http.fcm(answer)))
      yield* Effect.provide(send(["b"], {}), Http.fcm(answer))
      assert.deepStrictEqual(times(asked, "b"), [0])
    }))

  it.effect("a pace slower than the deadline gives up whoever it makes late, and blames no 429", () => {
    const { answer, asked } = script({ late: [unavailable(), Http.accept] })
    let calls = 0
    // the second request, a retry, is held back
    const pacing = () => ++calls === 2 ? Effect.sleep("40 seconds") : Effect.void
    const held = () => Effect.sleep("40 seconds")
    return Effect.gen(function*() {
      const error = yield* Effect.flip(inTime(send(["late"], { pacing, retryPolicy: spaced("1 second") })))
      assert.deepStrictEqual([error.reason._tag, error.report.unavailable[0]?.code], ["ServerError", "UNAVAILABLE"])
      const never = yield* Effect.flip(inTime(send(["fine"], { pacing: held })))
      assert.deepStrictEqual([never.reason._tag, never.report.unavailable[0]?.code], ["Timeout", "Timeout"])
      assert.strictEqual(never.report.unavailable[0]?.attempts, 0)
      assert.deepStrictEqual(asked.map(([who]) => who), ["late"])
    }).pipe(Effect.provide(Http.fcm(answer)))
  })

  it.effect("nothing more is sent once the send has ended, whoever still waits for the pace or the gate", () => {
    const { answer, asked } = script({
      denied: [() => Effect.delay(Http.fcmError(403, {}), "5 seconds")],
      limited: [rateLimited({ "retry-after": "20" })]
    })
    const paces = [0, 0, 10_000, 2_000].values()
    const pacing = () => Effect.sleep(paces.next().value ?? 0)
    return Effect.gen(function*() {
      const options = { pacing, concurrency: 4, retryPolicy: spaced("1 second") }
      const fiber = yield* drive(Effect.flip(send(["denied", "limited", "paced", "gated"], options)))
      const error = yield* Fiber.join(fiber)
      assert.strictEqual(yield* Clock.currentTimeMillis, 5000)
      assert.strictEqual(error.reason._tag, "PermissionDenied")
      assert.deepStrictEqual(asked.map(([who]) => who), ["denied", "limited"])
      assert.deepStrictEqual(error.report.unavailable.map(({ recipient }) => Recipient.value(recipient)), ["limited"])
      assert.deepStrictEqual(error.unsettled.map(Recipient.value), ["denied", "paced", "gated"])
    }).pipe(Effect.provide(Http.fcm(answer)))
  })

  it.effect("an application's own pace is kept, with the number of recipients", () => {
    const paced: Array<number> = []
    const at: Array<number> = []
    const answer: Http.Answer = (request, n) =>
      Effect.gen(function*() {
        at.push((yield* Clock.currentTimeMillis) / 1000)
        return yield* Http.acceptAll(request, n)
      })
    const pacing = (recipients: number) =>
      Effect.andThen(Effect.sync(() => paced.push(recipients)), Effect.sleep("2 seconds"))
    return Effect.gen(function*() {
      const tokens = Array.from({ length: 1500 }, (_, i) => `${i}`)
      yield* inTime(Messaging.send(message, tokens, { pacing, concurrency: 1 }))
      assert.deepStrictEqual([paced, at], [[1000, 500], [2, 4]])
    }).pipe(Effect.provide(Http.gcm(answer)))
  })
})

describe("law 4: ambiguity is told", () => {
  const policy = { retryPolicy: spaced("1 second", 2) }

  it.effect("at least once: sent again; given up, unknown and worth a retry", () => {
    const { answer, asked } = script({ a: [lost, Http.accept], b: [lost], c: [Http.accept] })
    return Effect.gen(function*() {
      const report = yield* inTime(send(["a", "b", "c"], policy))
      assert.deepStrictEqual(report.outcomes.map(({ _tag, disposition }) => [_tag, disposition]), [
        ["Success", "keep"],
        ["Unknown", "retryLater"],
        ["Success", "keep"]
      ])
      assert.strictEqual(report.unknown[0]?.attempts, 3)
      assert.deepStrictEqual(times(asked, "a"), [0, 1])
    }).pipe(Effect.provide(Http.fcm(answer)))
  })

  it.effect("at most once: never sent again, unknown and kept", () => {
    const { answer, asked } = script({ a: [lost], b: [unavailable(), lost], c: [Http.accept] })
    return Effect.gen(function*() {
      const report = yield* inTime(send(["a", "b", "c"], { ...policy, delivery: "atMostOnce" }))
      assert.deepStrictEqual(report.unknown.map(({ attempts, disposition }) => [attempts, disposition]), [
        [1, "keep"],
        [2, "keep"]
      ])
      assert.deepStrictEqual([times(asked, "a"), times(asked, "b")], [[0], [0, 1]])
    }).pipe(Effect.provide(Http.fcm(answer)))
  })

  it.effect("what was lost once stays unknown, also when a later attempt was answered by trouble", () => {
    const { answer } = script({ a: [lost, unavailable()], b: [Http.accept] })
    return Effect.gen(function*() {
      const report = yield* inTime(send(["a", "b"], policy))
      assert.deepStrictEqual(report.outcomes.map(({ _tag }) => _tag), ["Unknown", "Success"])
    }).pipe(Effect.provide(Http.fcm(answer)))
  })

  it.effect("what was lost once is not unsettled when a later request is refused", () => {
    const { answer } = script({ a: [lost, () => Http.fcmError(403, {})] })
    return Effect.gen(function*() {
      const error = yield* Effect.flip(inTime(send(["a"], policy)))
      assert.strictEqual(error._tag, "AuthenticationError")
      assert.deepStrictEqual([error.report.unknown.length, error.unsettled.length], [1, 0])
    }).pipe(Effect.provide(Http.fcm(answer)))
  })
})

describe("by hand, as gcm-client did", () => {
  it.effect("rounds on a returned report and on an error's alike, joined", () => {
    const { answer, asked } = script({
      a: [unavailable({ "retry-after": "3" }), Http.accept],
      b: [unavailable(), unavailable(), unavailable(), Http.accept]
    })
    const options = { retryPolicy: RetryPolicy.none }
    const round = (recipients: ReadonlyArray<Recipient.Recipient | string>) =>
      Messaging.send(message, recipients, options).pipe(
        Effect.catchTag("TransportError", (error) => {
          assert.deepStrictEqual(error.unsettled, [])
          assert.deepStrictEqual(SendError.retry(error), Report.retry(error.report))
          return Effect.succeed(error.report)
        })
      )
    const rounds = Effect.gen(function*() {
      let report = yield* round(["a", "b"])
      for (let attempt = 0; Report.needsRetry(report); attempt++) {
        yield* Effect.sleep(yield* Report.delay(report, attempt))
        report = Report.merge(report, yield* round(Report.retry(report)))
      }
      return report
    })
    return Effect.gen(function*() {
      const fiber = yield* Effect.forkChild(rounds, { startImmediately: true })
      // by the second: a round is more than one step of the clock can see through
      for (let second = 0; second < 30; second++) yield* TestClock.adjust("1 second")
      const report = yield* Fiber.join(fiber)
      assert.deepStrictEqual(report.success.map(({ recipient }) => Recipient.value(recipient)), ["a", "b"])
      assert.strictEqual(times(asked, "a").length, 2)
      assert.isAtLeast(times(asked, "a")[1] ?? 0, 3)
      assert.strictEqual(times(asked, "b").length, 4)
    }).pipe(Effect.provide(Http.fcm(answer)))
  })
})
