/**
 * Who wants to be called at a time: requests, for their timeout, and engines, for their next retry. One timer serves all of
 * a layer, as a timer of its own costs each request more than all else that we do for it.
 */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"

/** Somebody who wants to be called. */
export interface Alarm {
  /** Milliseconds as {@link Alarms.now} counts them. */
  readonly at: number
  /** The call; whoever is called is no longer on the list. An effect comes back where the rest needs one. */
  readonly ring: () => Effect.Effect<void> | undefined
}

export class Alarms {
  readonly #clock: Clock.Clock
  readonly #set = new Set<Alarm>()
  #timer: Fiber.Fiber<unknown, unknown> | undefined = undefined
  #timerAt = Number.POSITIVE_INFINITY

  constructor(clock: Clock.Clock) {
    this.#clock = clock
  }

  /** Milliseconds that go on evenly, from whenever: nobody is called early or late because the clock is set. */
  get now(): number {
    return Math.floor(Number(this.#clock.monotonicTimeNanosUnsafe()) / nanosPerMilli)
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

  // in one step: whoever is interrupted in the midst of several would leave a timer that is none, or that nobody can stop
  readonly #setTimer: Effect.Effect<void> = Effect.withFiber(({ context }) => {
    this.#stopTimer()
    this.#timerAt = this.#first
    // nobody's child: whoever sets it may be gone before it rings
    this.#timer = Effect.runForkWith(context)(this.#run)
    return Effect.void
  })

  readonly #run: Effect.Effect<void> = Effect.suspend(() => {
    if (this.#set.size === 0) {
      this.#timer = undefined
      return Effect.void
    }
    const sleep = Effect.sleep(Math.max(0, this.#timerAt - this.now))
    return sleep.pipe(Effect.andThen(this.#ring), Effect.andThen(this.#run))
  })

  /** Calls all whose time has come; nobody who is called gives way to others before all are. */
  readonly #ring: Effect.Effect<void> = Effect.uninterruptible(Effect.suspend(() => {
    const now = this.now
    const rung: Array<Effect.Effect<void>> = []
    for (const alarm of Array.from(this.#set)) {
      if (alarm.at > now || !this.#set.delete(alarm)) continue
      const effect = alarm.ring()
      if (effect !== undefined) rung.push(effect)
    }
    this.#timerAt = this.#first
    return Effect.all(rung, { discard: true })
  }))

  get #first(): number {
    let first = Number.POSITIVE_INFINITY
    for (const { at } of this.#set) if (at < first) first = at
    return first
  }
}

const nanosPerMilli = 1_000_000
