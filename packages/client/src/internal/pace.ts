/**
 * The pace of a layer's changes of topics: under 3,000 in any second, which is the quota of a project.
 *
 * Not `effect/persistence/RateLimiter`: its memory store reads the wall clock, and counts waits that were interrupted.
 */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import * as monotonic from "./monotonic.ts"

/** The quota of 3,000, minus {@link burst}, minus a margin for requests that the network delays and delivers together. */
const perSecond = 2800

/** Of a batch of up to 1000: a second never has room for a third one. */
const perSecondInBatches = 1990

/** Changes that may leave at once, if they are no batch. */
const burst = 100

/** How long a number of changes delays the next ones. */
const millisOf = (changes: number): number => 1000 * changes / (changes > burst ? perSecondInBatches : perSecond)

export class Pace {
  readonly #clock: Clock.Clock
  /** One fiber waits at a time; the others queue for the permit. */
  readonly #turn = Semaphore.makeUnsafe(1)
  /** When the whole {@link burst} is available again, in monotonic milliseconds. */
  #settledAt = Number.NEGATIVE_INFINITY

  constructor(clock: Clock.Clock) {
    this.#clock = clock
  }

  /** Waits until so many changes may leave. */
  take(changes: number): Effect.Effect<void> {
    return this.#turn.withPermit(Effect.suspend(() => {
      const wait = this.#settledAt - millisOf(Math.max(0, burst - changes)) - this.#now
      const leave = Effect.sync(() => {
        this.#settledAt = Math.max(this.#settledAt, this.#now) + millisOf(changes)
      })
      return wait > 0 ? Effect.delay(leave, Math.ceil(wait)) : leave
    }))
  }

  get #now(): number {
    return monotonic.millis(this.#clock)
  }
}
