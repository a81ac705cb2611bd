/**
 * The system's clock, which can be moved forward.
 */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"

/** A clock that can be moved, as `TestClock` can. */
export interface Movable extends Clock.Clock {
  /** Moves it forward, and wakes what sleeps until then. */
  adjust(duration: Duration.Input): Effect.Effect<void>
}

export const isMovable = (clock: Clock.Clock): clock is Movable => Predicate.hasProperty(clock, "adjust")

/** The last that answers can tell: timestamps of protobuf, and dates of RFC 3339, end with the year 9999. */
const lastTime = Date.UTC(9999, 11, 31)

export const make: Effect.Effect<Movable> = Effect.map(Clock.Clock, (system) => {
  let offset = 0
  let moved = Deferred.makeUnsafe<void>()
  const nanos = () => BigInt(Math.round(offset)) * 1_000_000n
  const currentTimeMillisUnsafe = () => system.currentTimeMillisUnsafe() + offset
  const currentTimeNanosUnsafe = () => system.currentTimeNanosUnsafe() + nanos()
  const monotonicTimeNanosUnsafe = () => system.monotonicTimeNanosUnsafe() + nanos()
  const monotonicMillis = () => Number(monotonicTimeNanosUnsafe()) / 1e6

  const sleepUntil = (end: number): Effect.Effect<void> =>
    Effect.suspend(() => {
      const left = end - monotonicMillis()
      if (left <= 0) return Effect.void
      return Effect.raceFirst(
        system.sleep(Duration.millis(left)),
        Effect.andThen(Deferred.await(moved), sleepUntil(end))
      )
    })

  return {
    currentTimeMillisUnsafe,
    currentTimeMillis: Effect.sync(currentTimeMillisUnsafe),
    currentTimeNanosUnsafe,
    currentTimeNanos: Effect.sync(currentTimeNanosUnsafe),
    monotonicTimeNanosUnsafe,
    monotonicTimeNanos: Effect.sync(monotonicTimeNanosUnsafe),
    sleep: (duration) => Effect.suspend(() => sleepUntil(monotonicMillis() + Duration.toMillis(duration))),
    adjust: (duration) =>
      Effect.suspend(() => {
        const most = Math.max(offset, lastTime - system.currentTimeMillisUnsafe())
        offset = Math.min(offset + Math.max(0, Duration.toMillis(duration)), most)
        const before = moved
        moved = Deferred.makeUnsafe()
        return Effect.andThen(Deferred.succeed(before, undefined), Effect.yieldNow)
      })
  }
})

/** Makes it Effect's clock. */
export const layer: Layer.Layer<never> = Layer.effect(Clock.Clock, make)
