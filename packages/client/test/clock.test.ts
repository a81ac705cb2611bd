/** Setting the machine's clock moves no retry, deadline, time to live or linger: durations are measured monotonically. */
import { Message, Messaging } from "@cloud-messaging/client"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, Schedule, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as Http from "./utils/http.ts"
import { pass } from "./utils/time.ts"

const message = Message.make({ data: { score: 42 } })

/** Runs an effect under a clock that can be set, and lets so much time pass, having set the clock after a part of it. */
const setClock = Effect.fnUntraced(function*<A, E>(
  effect: Effect.Effect<A, E>,
  { after, by, duration }: {
    /** Milliseconds, as all here. */
    readonly after: number
    /** Negative: back. */
    readonly by: number
    readonly duration: number
  }
) {
  const clock = yield* TestClock.testClockWith(Effect.succeed)
  let offset = 0
  const settable: Clock.Clock = {
    ...clock,
    currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe() + offset,
    currentTimeMillis: Effect.map(clock.currentTimeMillis, (now) => now + offset)
  }
  const fiber = yield* Effect.forkChild(Effect.provideService(effect, Clock.Clock, settable))
  yield* pass(after)
  offset = by
  yield* pass(duration - after)
  const exit = fiber.pollUnsafe()
  yield* Fiber.interrupt(fiber)
  return exit === undefined ? assert.fail("it goes on") : yield* exit
})

const hour = 3_600_000

const changes = { "set back by an hour": -hour, "set forward by an hour": hour }

const busy: Http.Answer = () => Http.text("", { status: 503, headers: { "retry-after": "1" } })

const busyOnce: Http.Answer = (request, n) => n === 1 ? busy(request, n) : Http.accept(request, n)

for (const [name, by] of Object.entries(changes)) {
  describe(`a clock that is ${name}`, () => {
    it.effect("leaves a retry when it is due", () => {
      const sending = Effect.provide(
        Messaging.send(message, "a"),
        Http.fcm(busyOnce, [], { retryPolicy: Schedule.recurs(3) })
      )
      return Effect.gen(function*() {
        const report = yield* setClock(sending, { by, after: 500, duration: 1000 })
        assert.strictEqual(report.success.length, 1)
      })
    })

    it.effect("leaves the deadline", () => {
      const requests: Array<Http.Recorded> = []
      const options = { retryPolicy: Schedule.spaced("1 second"), deadline: "5 seconds" } as const
      const sending = Effect.flip(Effect.provide(Messaging.send(message, "a", options), Http.fcm(busy, requests)))
      return Effect.gen(function*() {
        const error = yield* setClock(sending, { by, after: 2500, duration: 5000 })
        assert.strictEqual(error.reason._tag, "ServerError")
        assert.strictEqual(requests.length, 6)
      })
    })

    it.effect("leaves the time to live", () => {
      const requests: Array<Http.Recorded> = []
      const short = Message.make({ data: { score: 42 }, timeToLive: "3 seconds" })
      const options = { retryPolicy: Schedule.spaced("1 second") } as const
      const sending = Effect.flip(Effect.provide(Messaging.send(short, "a", options), Http.fcm(busy, requests)))
      return Effect.gen(function*() {
        yield* setClock(sending, { by, after: 1500, duration: 3000 })
        assert.strictEqual(requests.length, 3)
      })
    })

    it.effect("leaves when a request of a GCM stream goes that is not full", () => {
      const source = Stream.concat(Stream.make("a", "b"), Stream.never)
      const sending = Messaging.sendStream(message, source).pipe(
        Stream.take(2),
        Stream.runCollect,
        Effect.provide(Http.gcm(Http.acceptAll))
      )
      return Effect.gen(function*() {
        const outcomes = yield* setClock(sending, { by, after: 50, duration: 100 })
        assert.strictEqual(outcomes.length, 2)
      })
    })

    it.effect("tells a policy times that go on evenly from the date of the first failure", () => {
      const times: Array<number> = []
      const retryPolicy = Schedule.spaced("1 second").pipe(
        Schedule.tap(({ now }) => Effect.sync(() => times.push(now))),
        Schedule.upTo({ times: 2 })
      )
      const sending = Effect.flip(Effect.provide(Messaging.send(message, "a", { retryPolicy }), Http.fcm(busy)))
      return Effect.gen(function*() {
        yield* TestClock.setTime(Date.UTC(2026, 0, 1))
        yield* setClock(sending, { by, after: 500, duration: 2000 })
        assert.deepStrictEqual(times.map((time) => time - Date.UTC(2026, 0, 1)), [0, 1000, 2000])
      })
    })
  })
}
