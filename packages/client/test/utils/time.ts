/** Virtual time. */
import { assert } from "@effect/vitest"
import { Clock, Duration, Effect, Fiber, identity, Random, Scheduler } from "effect"
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

/** Has fibers give way to others at any step, by chance: the same seed, the same steps. */
export const givingWay = (seed: number): Scheduler.Scheduler => {
  let state = seed
  const next = () => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648
  return new class extends Scheduler.MixedScheduler {
    override shouldYield(fiber: Fiber.Fiber<unknown, unknown>) {
      return (fiber.currentOpCount > 2 && next() < 0.2) || super.shouldYield(fiber)
    }
  }()
}

/** Has a fiber give way to others once, at that step of all that they do together, for so many turns. */
export const givingWayAt = (step: number, turns = 1): Scheduler.Scheduler => {
  let steps = 0
  let isHeld = false
  return new class extends Scheduler.MixedScheduler {
    override shouldYield(fiber: Fiber.Fiber<unknown, unknown>) {
      if (++steps !== step) return super.shouldYield(fiber)
      isHeld = true
      return true
    }
    override makeDispatcher() {
      const dispatcher = super.makeDispatcher()
      const schedule = dispatcher.scheduleTask.bind(dispatcher)
      dispatcher.scheduleTask = (task, priority) => {
        if (!isHeld) return schedule(task, priority)
        isHeld = false
        let left = turns
        const go = () => --left > 0 ? schedule(go, priority) : task()
        schedule(go, priority)
      }
      return dispatcher
    }
  }()
}

/** Has a fiber give way once, at that step of all that they do together, and calls meanwhile. */
export const callingAt = (step: number, call: () => void): Scheduler.Scheduler => {
  let steps = 0
  return new class extends Scheduler.MixedScheduler {
    override shouldYield(fiber: Fiber.Fiber<unknown, unknown>) {
      if (++steps !== step) return super.shouldYield(fiber)
      queueMicrotask(call)
      return true
    }
  }()
}

/** Jitter that is always its half. */
const half = { nextDoubleUnsafe: () => 0.4999, nextIntUnsafe: () => 1 }

/** So often others may go on before time moves. */
const turns = 25

/** Runs an effect, time moving from event to event, when nobody can go on; `until` it ends, or that moment. */
export const drive = Effect.fnUntraced(function*<A, E, R>(
  effect: Effect.Effect<A, E, R>,
  { check = () => {}, scheduler, timers = new Set(), until = Number.POSITIVE_INFINITY }: {
    readonly check?: () => void
    readonly scheduler?: Scheduler.Scheduler
    /** Those that sleep. */
    readonly timers?: Set<unknown>
    readonly until?: number
  } = {}
) {
  const clock = yield* TestClock.testClockWith(Effect.succeed)
  let ends: Array<number> = []
  const spy: Clock.Clock = {
    ...clock,
    sleep: (duration) => {
      ends.push(clock.currentTimeMillisUnsafe() + Duration.toMillis(duration))
      const timer = {}
      timers.add(timer)
      return Effect.ensuring(clock.sleep(duration), Effect.sync(() => timers.delete(timer)))
    }
  }
  const fiber = yield* Effect.forkChild(
    effect.pipe(
      Effect.provideService(Random.Random, half),
      Effect.provideService(Clock.Clock, spy),
      scheduler === undefined ? identity : Effect.provideService(Scheduler.Scheduler, scheduler)
    )
  )
  for (let events = 0; events < 3000; events++) {
    yield* Effect.repeat(Effect.yieldNow, { times: scheduler === undefined ? turns : 20 * turns })
    check()
    if (fiber.pollUnsafe() !== undefined) return fiber
    const now = clock.currentTimeMillisUnsafe()
    ends = ends.filter((end) => end > now)
    const next = ends.reduce((a, b) => Math.min(a, b), until)
    if (next === until && now >= until) return fiber
    assert.isTrue(Number.isFinite(next), "nobody goes on, and nobody waits for a time")
    yield* TestClock.setTime(next)
  }
  return assert.fail("it goes on forever")
})
