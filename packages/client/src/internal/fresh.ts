/**
 * Where recipients come from that were not sent to yet: a list, or as they arrive.
 */
import * as Effect from "effect/Effect"
import * as MutableList from "effect/MutableList"
import * as Group from "./group.ts"

/** A supply of groups for their first request. */
export interface Fresh<out T extends Group.Ticket> {
  /** The next group that may leave now. */
  readonly take: (now: number) => Group.Group<T> | undefined
  /** When the next one may leave; Infinity: not before more comes. */
  readonly nextAt: () => number
  /** Whether there is none left, and none will come. */
  readonly isDone: () => boolean
  /** Ends the supply: all that are here, whether they may leave or not. */
  readonly takeAll: Effect.Effect<ReadonlyArray<Group.Group<T>>>
  /** Told whenever a request was taken; an effect comes back where somebody else must be told. */
  readonly onTaken: () => Effect.Effect<void> | undefined
}

/** All recipients of one message, cut into requests. */
export class Listed<T extends Group.Ticket> implements Fresh<T> {
  readonly #prepared: Group.Prepared
  readonly #tickets: ReadonlyArray<T>
  readonly #perRequest: number
  #next = 0

  constructor(prepared: Group.Prepared, tickets: ReadonlyArray<T>, perRequest: number) {
    this.#prepared = prepared
    this.#tickets = tickets
    this.#perRequest = perRequest
  }

  take(): Group.Group<T> | undefined {
    return this.#take(this.#perRequest)
  }

  nextAt(): number {
    return this.isDone() ? Number.POSITIVE_INFINITY : 0
  }

  isDone(): boolean {
    return this.#next >= this.#tickets.length
  }

  get takeAll(): Effect.Effect<ReadonlyArray<Group.Group<T>>> {
    return Effect.sync(() => {
      const rest = this.#take(this.#tickets.length)
      return rest === undefined ? [] : [rest]
    })
  }

  onTaken(): undefined {}

  #take(n: number): Group.Group<T> | undefined {
    if (this.isDone()) return undefined
    const taken = this.#tickets.slice(this.#next, this.#next + n)
    this.#next += taken.length
    return Group.make(this.#prepared, taken)
  }
}

/** How long a request waits to be filled, counted from its first recipient, in milliseconds. */
const linger = 100

/** Recipients as they come: a request leaves when it is full, or has waited long enough. */
export class Arriving<T extends Group.Ticket> implements Fresh<T> {
  readonly #perRequest: number
  readonly #full = MutableList.make<Group.Group<T>>()
  /** Requests that are being filled, one for each message, the oldest first. */
  readonly #filling = new Map<Group.Prepared, { readonly tickets: Array<T>; readonly leaveAt: number }>()
  readonly #stop: Effect.Effect<unknown>
  readonly onTaken: Fresh<T>["onTaken"]
  #size = 0
  #ended = false

  constructor(options: {
    readonly perRequest: number
    /** Has nobody come any more. */
    readonly stop: Effect.Effect<unknown>
    readonly onTaken: Fresh<T>["onTaken"]
  }) {
    this.#perRequest = options.perRequest
    this.#stop = options.stop
    this.onTaken = options.onTaken
  }

  /** How many recipients are here. */
  get size(): number {
    return this.#size
  }

  add(prepared: Group.Prepared, ticket: T, now: number): void {
    this.#size++
    if (this.#perRequest === 1) return MutableList.append(this.#full, Group.make(prepared, [ticket]))
    const filling = this.#filling.get(prepared)
    if (filling === undefined) {
      this.#filling.set(prepared, { tickets: [ticket], leaveAt: now + linger })
    } else if (filling.tickets.push(ticket) === this.#perRequest) {
      this.#filling.delete(prepared)
      MutableList.append(this.#full, Group.make(prepared, filling.tickets))
    }
  }

  /** Nobody comes any more: what is here need not wait. */
  end(): void {
    this.#ended = true
  }

  take(now: number): Group.Group<T> | undefined {
    const full = MutableList.take(this.#full)
    const group = full === MutableList.Empty ? this.#oldest(now) : full
    if (group !== undefined) this.#size -= group.tickets.length
    return group
  }

  #oldest(now: number): Group.Group<T> | undefined {
    for (const [prepared, { leaveAt, tickets }] of this.#filling) {
      if (!this.#ended && leaveAt > now) return undefined
      this.#filling.delete(prepared)
      return Group.make(prepared, tickets)
    }
    return undefined
  }

  nextAt(): number {
    if (this.#full.length > 0) return 0
    for (const { leaveAt } of this.#filling.values()) return this.#ended ? 0 : leaveAt
    return Number.POSITIVE_INFINITY
  }

  isDone(): boolean {
    return this.#ended && this.#size === 0
  }

  get takeAll(): Effect.Effect<ReadonlyArray<Group.Group<T>>> {
    return Effect.map(this.#stop, () => {
      this.end()
      const all: Array<Group.Group<T>> = []
      for (let group = this.take(0); group !== undefined; group = this.take(0)) all.push(group)
      return all
    })
  }
}
