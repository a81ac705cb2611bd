/**
 * Who wants to be called at a time: requests, for their timeout, and engines, for their next retry. One timer serves all of
 * a layer, as a timer of its own costs each request more than all else that we do for it.
 */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"

/** Somebody who wants to be called. */
export interface Alarm {
  /** Milliseconds since the epoch. */
  readonly at: number
  /** The call; whoever was called is no longer on the list. */
  readonly ring: Effect.Effect<void>
}

export class Alarms {
  readonly #clock: Clock.Clock
  readonly #set = new Set<Alarm>()
  #timer: Fiber.Fiber<void> | undefined = undefined
  #timerAt = Number.POSITIVE_INFINITY

  constructor(clock: Clock.Clock) {
    this.#clock = clock
  }

  /** Sets an alarm. An effect comes back where the timer must be set, too. */
  set(alarm: Alarm): Effect.Effect<void> | undefined {
    this.#set.add(alarm)
    return alarm.at < this.#timerAt ? this.#setTimer : undefined
  }

  /** Nobody is called any more. The timer goes with the last alarm, lest it hold up the end of a program. */
  clear(alarm: Alarm): void {
    if (this.#set.delete(alarm) && this.#set.size === 0) this.#stopTimer()
  }

  #stopTimer(): void {
    this.#timer?.interruptUnsafe()
    this.#timer = undefined
    this.#timerAt = Number.POSITIVE_INFINITY
  }

  readonly #setTimer: Effect.Effect<void> = Effect.uninterruptible(Effect.suspend(() => {
    this.#stopTimer()
    this.#timerAt = this.#first
    // nobody's child: whoever sets it may be gone before it rings
    return Effect.map(Effect.forkDetach(this.#run, { startImmediately: true }), (timer) => {
      this.#timer = timer
    })
  }))

  readonly #run: Effect.Effect<void> = Effect.suspend(() => {
    if (this.#set.size === 0) {
      this.#timer = undefined
      return Effect.void
    }
    const sleep = Effect.sleep(Math.max(0, this.#timerAt - this.#clock.currentTimeMillisUnsafe()))
    return sleep.pipe(Effect.andThen(this.#ring), Effect.andThen(this.#run))
  })

  /** Calls all whose time has come. */
  readonly #ring: Effect.Effect<void> = Effect.uninterruptible(Effect.suspend(() => {
    const now = this.#clock.currentTimeMillisUnsafe()
    const due = Array.from(this.#set).filter(({ at }) => at <= now)
    for (const alarm of due) this.#set.delete(alarm)
    this.#timerAt = this.#first
    return Effect.forEach(due, ({ ring }) => ring, { discard: true })
  }))

  get #first(): number {
    let first = Number.POSITIVE_INFINITY
    for (const { at } of this.#set) if (at < first) first = at
    return first
  }
}
