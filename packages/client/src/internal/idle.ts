/**
 * Fibers that wait for something to do.
 */
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"

export class Idle {
  /** There if somebody ever waited. */
  #calls: Semaphore.Semaphore | undefined
  #parked = 0

  get hasParked(): boolean {
    return this.#parked > 0
  }

  /** Waits as long as that is so; whoever changes it calls. */
  parkWhile(isSo: () => boolean): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (!isSo()) return Effect.void
      // at once: a call that comes between the look and the nap would be missed
      this.#parked++
      this.#calls ??= Semaphore.makeUnsafe(0)
      return Effect.andThen(this.#calls.take(1), this.parkWhile(isSo))
    })
  }

  /** Calls one that waits. */
  get callOne(): Effect.Effect<void> {
    return Effect.suspend(() => this.#call(1))
  }

  /** Calls all that wait. */
  get callAll(): Effect.Effect<void> {
    return Effect.suspend(() => this.#call(this.#parked))
  }

  #call(n: number): Effect.Effect<void> {
    const called = Math.min(n, this.#parked)
    if (this.#calls === undefined || called === 0) return Effect.void
    this.#parked -= called
    return Effect.asVoid(this.#calls.release(called))
  }
}
