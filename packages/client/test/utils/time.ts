/** Virtual time. */
import { type Duration, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"

/** Lets everything go on that need not wait. */
export const settle: Effect.Effect<void> = Effect.yieldNow.pipe(Effect.repeat({ times: 2000 }), Effect.asVoid)

/** Lets time pass, with everything that goes on before and after. */
export const pass = (duration: Duration.Input): Effect.Effect<void> =>
  settle.pipe(Effect.andThen(TestClock.adjust(duration)), Effect.andThen(settle))

/** Runs an effect, and lets so much time pass meanwhile. */
export const inTime = <A, E, R>(effect: Effect.Effect<A, E, R>, duration: Duration.Input = "2 hours") =>
  Effect.gen(function*() {
    const fiber = yield* Effect.forkChild(effect, { startImmediately: true })
    yield* pass(duration)
    return yield* Fiber.join(fiber)
  })
