/**
 * Fibers that wait for something to do.
 */
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"

export class Idle {
  readonly #calls = Semaphore.makeUnsafe(0)
  #parked = 0
  /** Whether somebody called while nobody was parked: whoever was just about to park looks again first. */
  #missed = false

  /** Waits until called. */
  readonly park: Effect.Effect<void> = Effect.suspend(() => {
    if (this.#missed) {
      this.#missed = false
      return Effect.void
    }
    this.#parked++
    return this.#calls.take(1)
  })

  /** Waits as long as that is so; whoever changes it calls. */
  parkWhile(isSo: () => boolean): Effect.Effect<void> {
    return Effect.suspend(() => isSo() ? Effect.andThen(this.park, this.parkWhile(isSo)) : Effect.void)
  }

  /** Calls one that waits. */
  readonly callOne: Effect.Effect<void> = Effect.suspend(() => this.#call(1))

  /** Calls all that wait. */
  readonly callAll: Effect.Effect<void> = Effect.suspend(() => this.#call(this.#parked))

  #call(n: number): Effect.Effect<void> {
    if (this.#parked === 0) {
      this.#missed = true
      return Effect.void
    }
    const called = Math.min(n, this.#parked)
    this.#parked -= called
    return Effect.asVoid(this.#calls.release(called))
  }
}
