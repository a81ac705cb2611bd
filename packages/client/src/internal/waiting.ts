/**
 * The groups that wait for a retry, in batches: those that share a request.
 */
import * as Group from "./group.ts"
import { Heap } from "./heap.ts"

/** Groups that are due within this time of each other share a request, in milliseconds. */
const together = 1000

interface Batch<T extends Group.Ticket> {
  readonly groups: Array<Group.Group<T>>
  recipients: number
  /** When the first of them is due. */
  dueFirst: number
  /** When it leaves: the earlier wait for the latest. */
  at: number
}

/** A batch in the order of leaving; out of date once the batch leaves later than that. */
interface Entry<T extends Group.Ticket> {
  readonly batch: Batch<T>
  readonly at: number
}

export class Waiting<T extends Group.Ticket> {
  readonly #perRequest: number
  readonly #deadline: number
  readonly #order = new Heap<Entry<T>>((a, b) => a.at < b.at)
  /** Batches with room, by message. */
  readonly #open = new Map<Group.Prepared, Set<Batch<T>>>()
  #recipients = 0

  constructor(options: { readonly recipientsPerRequest: number; readonly deadline: number }) {
    this.#perRequest = options.recipientsPerRequest
    this.#deadline = options.deadline
  }

  /** How many recipients wait. */
  get recipients(): number {
    return this.#recipients
  }

  add(group: Group.Group<T>): void {
    this.#recipients += group.tickets.length
    const batch = this.#find(group) ?? { groups: [], recipients: 0, dueFirst: group.due, at: Number.NEGATIVE_INFINITY }
    batch.groups.push(group)
    batch.recipients += group.tickets.length
    batch.dueFirst = Math.min(batch.dueFirst, group.due)
    if (batch.recipients < this.#perRequest) this.#keepOpen(group.prepared, batch)
    else this.#close(group.prepared, batch)
    if (group.due <= batch.at) return
    batch.at = group.due
    this.#order.push({ batch, at: batch.at })
  }

  /** When the next batch leaves; Infinity: nobody waits. */
  nextAt(): number {
    return this.#next()?.at ?? Number.POSITIVE_INFINITY
  }

  /** The batch that leaves now, if one does. */
  take(now: number): ReadonlyArray<Group.Group<T>> | undefined {
    const batch = this.#next()
    if (batch === undefined || batch.at > now) return undefined
    this.#order.pop()
    const [first] = batch.groups
    if (first !== undefined) this.#close(first.prepared, batch)
    this.#recipients -= batch.recipients
    return batch.groups
  }

  /** Everybody; nobody waits any more. */
  takeAll(): ReadonlyArray<Group.Group<T>> {
    const all: Array<Group.Group<T>> = []
    for (let groups = this.take(Infinity); groups !== undefined; groups = this.take(Infinity)) all.push(...groups)
    return all
  }

  #next(): Batch<T> | undefined {
    let entry = this.#order.peek()
    while (entry !== undefined && entry.at < entry.batch.at) {
      this.#order.pop()
      entry = this.#order.peek()
    }
    return entry?.batch
  }

  /** A batch that the group can join: same message, room for all of it, within a second, nobody made late. */
  #find(group: Group.Group<T>): Batch<T> | undefined {
    for (const batch of this.#open.get(group.prepared) ?? []) {
      const at = Math.max(batch.at, group.due)
      const fits = batch.recipients + group.tickets.length <= this.#perRequest &&
        at - Math.min(batch.dueFirst, group.due) <= together &&
        [...batch.groups, group].every((one) => Group.isInTime(one, at, this.#deadline))
      if (fits) return batch
    }
    return undefined
  }

  #keepOpen(prepared: Group.Prepared, batch: Batch<T>): void {
    const open = this.#open.get(prepared)
    if (open === undefined) this.#open.set(prepared, new Set([batch]))
    else open.add(batch)
  }

  #close(prepared: Group.Prepared, batch: Batch<T>): void {
    const open = this.#open.get(prepared)
    open?.delete(batch)
    if (open?.size === 0) this.#open.delete(prepared)
  }
}
