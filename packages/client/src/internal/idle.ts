/**
 * Fibers that wait for something to do.
 */
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"

export class Idle {
  readonly #calls = Semaphore.makeUnsafe(0)
  #parked = 0

  /** Waits until called. */
  readonly park: Effect.Effect<void> = Effect.suspend(() => {
    this.#parked++
    return this.#calls.take(1)
  })

  /** Calls one that waits, if any does. */
  readonly callOne: Effect.Effect<void> = Effect.suspend(() => this.#call(1))

  /** Calls all that wait. */
  readonly callAll: Effect.Effect<void> = Effect.suspend(() => this.#call(this.#parked))

  #call(n: number): Effect.Effect<void> {
    const called = Math.min(n, this.#parked)
    if (called === 0) return Effect.void
    this.#parked -= called
    return Effect.asVoid(this.#calls.release(called))
  }
}
