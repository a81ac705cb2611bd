/**
 * The groups that wait for a retry, and which of them share a request.
 */
import * as Group from "./group.ts"
import { Heap } from "./heap.ts"

/** Groups that are due within this time of each other share a request, in milliseconds. */
const together = 1000

interface Batch<A> {
  readonly groups: ReadonlyArray<Group.Group<A>>
  /** When it leaves: the earlier wait for the latest. */
  readonly at: number
}

export class Waiting<A> {
  readonly #perRequest: number
  readonly #deadline: number
  readonly #groups: Heap<Group.Group<A>>
  #recipients = 0

  constructor(options: { readonly recipientsPerRequest: number; readonly deadline: number }) {
    this.#perRequest = options.recipientsPerRequest
    this.#deadline = options.deadline
    this.#groups = new Heap((a, b) => a.due < b.due)
  }

  /** How many recipients wait. */
  get recipients(): number {
    return this.#recipients
  }

  add(group: Group.Group<A>): void {
    this.#groups.push(group)
    this.#recipients += group.tickets.length
  }

  /** When the next batch leaves; Infinity: nobody waits. */
  nextAt(): number {
    if (this.#perRequest === 1) return this.#groups.peek()?.due ?? Number.POSITIVE_INFINITY
    const batch = this.#pop()
    if (batch === undefined) return Number.POSITIVE_INFINITY
    for (const group of batch.groups) this.add(group)
    return batch.at
  }

  /** The batch that leaves now, if one does. */
  take(now: number): ReadonlyArray<Group.Group<A>> | undefined {
    const first = this.#groups.peek()
    if (first === undefined || first.due > now) return undefined
    const batch = this.#pop()
    if (batch === undefined || batch.at <= now) return batch?.groups
    for (const group of batch.groups) this.add(group)
    return undefined
  }

  /** Everybody; nobody waits any more. */
  takeAll(): ReadonlyArray<Group.Group<A>> {
    const all: Array<Group.Group<A>> = []
    for (let group = this.#groups.pop(); group !== undefined; group = this.#groups.pop()) all.push(group)
    this.#recipients = 0
    return all
  }

  /** Takes the group that is due first, and those that go with it: same message, within a second, none made late. */
  #pop(): Batch<A> | undefined {
    const first = this.#groups.pop()
    if (first === undefined) return undefined
    const groups = [first]
    const others: Array<Group.Group<A>> = []
    let size = first.tickets.length
    let at = first.due
    for (
      let next = this.#groups.peek();
      next !== undefined && size < this.#perRequest && next.due <= first.due + together;
      next = this.#groups.peek()
    ) {
      this.#groups.pop()
      const { due, prepared, tickets } = next
      const fits = prepared === first.prepared && size + tickets.length <= this.#perRequest &&
        groups.every((group) => Group.isInTime(group, due, this.#deadline))
      if (fits) {
        groups.push(next)
        size += tickets.length
        at = due
      } else {
        others.push(next)
      }
    }
    for (const group of others) this.#groups.push(group)
    this.#recipients -= size
    return { groups, at }
  }
}
