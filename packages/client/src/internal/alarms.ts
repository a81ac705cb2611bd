/**
 * Who wants to be called at a time: requests, for their timeout, and engines, for their next retry. One timer serves all of
 * a layer, as a timer of its own costs each request more than all else that we do for it.
 */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as monotonic from "./monotonic.ts"

/** Somebody who wants to be called. */
export interface Alarm {
  /** Milliseconds as {@link Alarms.now} counts them. */
  readonly at: number
  /** Where it stands on the list, as the list says; undefined: nowhere. */
  place: number | undefined
  /** The call; whoever is called is no longer on the list. An effect comes back where the rest needs one. */
  readonly ring: () => Effect.Effect<void> | undefined
}

export class Alarms {
  readonly #clock: Clock.Clock
  /**
   * In no order. No `Set`: V8 links its old tables to the new ones, so that an old one that is dead keeps alive, until a full
   * garbage collection, whoever was on any after it, and with them all that they know.
   */
  readonly #list: Array<Alarm> = []
  #timer: Fiber.Fiber<unknown, unknown> | undefined = undefined
  #timerAt = Number.POSITIVE_INFINITY

  constructor(clock: Clock.Clock) {
    this.#clock = clock
  }

  /** Milliseconds that go on evenly, from whenever: nobody is called early or late because the clock is set. */
  get now(): number {
    return Math.floor(monotonic.millis(this.#clock))
  }

  /** Sets an alarm. An effect comes back where the timer must be set, too. */
  set(alarm: Alarm): Effect.Effect<void> | undefined {
    if (alarm.place === undefined) alarm.place = this.#list.push(alarm) - 1
    return alarm.at < this.#timerAt ? this.#setTimer : undefined
  }

  /** Nobody is called any more. The timer goes with the last alarm, lest it hold up the end of a program. */
  clear(alarm: Alarm): void {
    if (this.#remove(alarm) && this.#list.length === 0) this.#stopTimer()
  }

  /** The last one takes its place. */
  #remove(alarm: Alarm): boolean {
    const { place } = alarm
    if (place === undefined) return false
    alarm.place = undefined
    const last = this.#list.pop()
    if (last === undefined || last === alarm) return true
    last.place = place
    this.#list[place] = last
    return true
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
    if (this.#list.length === 0) {
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
    for (const alarm of Array.from(this.#list)) {
      if (alarm.at > now || !this.#remove(alarm)) continue
      const effect = alarm.ring()
      if (effect !== undefined) rung.push(effect)
    }
    this.#timerAt = this.#first
    return Effect.all(rung, { discard: true })
  }))

  get #first(): number {
    let first = Number.POSITIVE_INFINITY
    for (const { at } of this.#list) if (at < first) first = at
    return first
  }
}
