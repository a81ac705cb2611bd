/** Defects of what the application brings surface, and nothing hangs. */
import { Message, Messaging } from "@cloud-messaging/client"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Schedule, Stream } from "effect"
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

  it.effect("of the source: what was taken before is settled", () =>
    Effect.gen(function*() {
      const requests: Array<Http.Recorded> = []
      const source = Stream.concat(tokens, Stream.die("source"))
      assert.isTrue(dies(yield* inTime(Effect.exit(Effect.provide(stream(source), Http.fcm(Http.accept, requests))))))
      assert.strictEqual(requests.length, 300)
    }))
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
