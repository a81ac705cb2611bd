/**
 * The pace of a layer's changes of topics: under 3,000 in any second, which is the quota of a project.
 *
 * Not `effect/persistence/RateLimiter`: its memory store reads the wall clock, and counts who was interrupted while waiting.
 */
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"

/** The quota of 3,000, less {@link burst}, less what the network may push together. */
const perSecond = 2800

/** Changes that may leave at once. */
const burst = 100

const millisPerChange = 1000 / perSecond

export class Pace {
  /** One waits at a time, the others in line behind it. */
  readonly #turn = Semaphore.makeUnsafe(1)
  /** When there would be room for {@link burst} again: monotonic milliseconds. */
  #settledAt = Number.NEGATIVE_INFINITY

  /** Waits until so many changes may leave. */
  take(changes: number): Effect.Effect<void> {
    return this.#turn.withPermit(Effect.clockWith((clock) => {
      const now = () => Number(clock.monotonicTimeNanosUnsafe()) / nanosPerMilli
      const leave = Effect.sync(() => {
        this.#settledAt = Math.max(this.#settledAt, now()) + changes * millisPerChange
      })
      const wait = this.#settledAt - (burst - 1) * millisPerChange - now()
      return wait > 0 ? Effect.delay(leave, Math.ceil(wait)) : leave
    }))
  }
}

const nanosPerMilli = 1_000_000
