/** Defects of what the application brings surface, and nothing hangs. */
import { AccessToken, Fcm, Message, Messaging } from "@cloud-messaging/client"
import { assert, describe, it } from "@effect/vitest"
import { Cause, type Duration, Effect, Exit, Fiber, Layer, Metric, Redacted, Schedule, Stream } from "effect"
import * as Http from "./utils/http.ts"
import { inTime, pass } from "./utils/time.ts"

const message = Message.make({ data: { score: 42 } })

const unavailable: Http.Answer = () => Http.fcmError(503, { code: "UNAVAILABLE" })

const dies = <A, E>(exit: Exit.Exit<A, E>) => Exit.isFailure(exit) && Cause.hasDies(exit.cause)

const tokens = Stream.range(1, 300).pipe(Stream.map(String))

const send = Messaging.send

const stream = (source: Stream.Stream<string>, options?: Messaging.StreamOptions) =>
  Stream.runDrain(Messaging.sendStream(message, source, options))

describe("a defect", () => {
  it.effect("of the HttpClient", () =>
    Effect.gen(function*() {
      const layer = Http.fcm(() => Effect.die("client"))
      assert.isTrue(dies(yield* inTime(Effect.exit(Effect.provide(send(message, ["a", "b"]), layer)))))
      assert.isTrue(dies(yield* inTime(Effect.exit(Effect.provide(stream(tokens), layer)))))
    }))

  it.effect("of the retry policy", () =>
    Effect.gen(function*() {
      const retryPolicy = Schedule.forever.pipe(Schedule.tap(() => Effect.die("policy")))
      const layer = Http.fcm(unavailable, [], { retryPolicy })
      assert.isTrue(dies(yield* inTime(Effect.exit(Effect.provide(send(message, ["a", "b"]), layer)))))
      assert.isTrue(dies(yield* inTime(Effect.exit(Effect.provide(stream(tokens), layer)))))
    }))

  it.effect("of the pace", () =>
    Effect.gen(function*() {
      const layer = Http.fcm(Http.accept, [], { pacing: () => Effect.die("pace") })
      assert.isTrue(dies(yield* inTime(Effect.exit(Effect.provide(send(message, ["a", "b"]), layer)))))
      assert.isTrue(dies(yield* inTime(Effect.exit(Effect.provide(stream(tokens), layer)))))
    }))

  it.effect("of what forgets a refused token", () =>
    Effect.gen(function*() {
      const accessToken = Layer.succeed(AccessToken.AccessToken, {
        get: Effect.succeed(Redacted.make("access-token-1")),
        invalidate: () => Effect.die("invalidate")
      })
      const layer = Fcm.layer({ projectId: "my-project" }).pipe(
        Layer.provide([accessToken, Http.layer(() => Http.text("", { status: 401 }))])
      )
      assert.isTrue(dies(yield* inTime(Effect.exit(Effect.provide(send(message, ["a", "b"]), layer)))))
      assert.isTrue(dies(yield* inTime(Effect.exit(Effect.provide(stream(tokens), layer)))))
    }))

  it.effect("of the source: what was taken before is settled", () =>
    Effect.gen(function*() {
      const requests: Array<Http.Recorded> = []
      const source = Stream.concat(tokens, Stream.die("source"))
      assert.isTrue(dies(yield* inTime(Effect.exit(Effect.provide(stream(source), Http.fcm(Http.accept, requests))))))
      assert.strictEqual(requests.length, 300)
    }))
})

describe("a defect in what nobody may interrupt", () => {
  const dying = (after: Duration.Input) => Effect.andThen(Effect.sleep(after), Effect.die("client"))

  it.effect("ends the send once the others are done", () =>
    Effect.gen(function*() {
      const requests: Array<Http.Recorded> = []
      const layer = Http.fcm(
        (request, n) => Http.tokenOf(request) === "dies" ? dying("1 second") : Http.accept(request, n),
        requests
      )
      const sending = Effect.uninterruptible(send(message, ["dies", "a", "b"], { concurrency: 2 }))
      assert.isTrue(dies(yield* inTime(Effect.exit(Effect.provide(sending, layer)))))
      assert.strictEqual(requests.length, 3)
    }))

  it.effect("leaves nobody who waits", () =>
    Effect.gen(function*() {
      const answer: Http.Answer = (request, n) => {
        switch (Http.tokenOf(request)) {
          case "dies":
            return dying("1 second")
          case "denied":
            return Effect.andThen(Effect.sleep("9 seconds"), Http.text("", { status: 403 }))
          case "late":
            return Effect.andThen(Effect.sleep("3 seconds"), unavailable(request, n))
          default:
            return unavailable(request, n)
        }
      }
      const sending = send(message, ["waits", "late", "denied", "dies"], {
        concurrency: 4,
        retryPolicy: Schedule.spaced("10 seconds")
      })
      assert.isTrue(
        dies(yield* inTime(Effect.exit(Effect.provide(Effect.uninterruptible(sending), Http.fcm(answer)))))
      )
      const waiting = (yield* Metric.snapshot).filter(({ id }) => id === "cloud_messaging_waiting")
      assert.deepStrictEqual(waiting.map(({ state }) => state), [{ value: 0 }])
    }).pipe(Effect.provideService(Metric.MetricRegistry, new Map())))
})

describe("a source that gives nothing", () => {
  for (const concurrency of [1, 3]) {
    it.effect(`holds up no retry: concurrency ${concurrency}`, () =>
      Effect.gen(function*() {
        const source = Stream.concat(Stream.make("a", "b"), Stream.never)
        const retryPolicy = Schedule.spaced("1 second")
        const answer: Http.Answer = (request, n) => n <= 2 ? unavailable(request, n) : Http.accept(request, n)
        const taken = Messaging.sendStream(message, source, { concurrency, retryPolicy, maxWaiting: 1 }).pipe(
          Stream.take(2),
          Stream.runCollect,
          Effect.provide(Http.fcm(answer))
        )
        const fiber = yield* Effect.forkChild(taken)
        yield* pass("2 seconds")
        yield* pass("2 seconds")
        assert.deepStrictEqual((yield* Fiber.join(fiber)).map(({ _tag }) => _tag), ["Success", "Success"])
      }))
  }
})
