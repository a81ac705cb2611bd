/**
 * A binary heap: what comes first by `isBefore` leaves first.
 */
export class Heap<A> {
  readonly #items: Array<A> = []
  readonly #isBefore: (a: A, b: A) => boolean

  constructor(isBefore: (a: A, b: A) => boolean) {
    this.#isBefore = isBefore
  }

  get size(): number {
    return this.#items.length
  }

  peek(): A | undefined {
    return this.#items[0]
  }

  push(item: A): void {
    const items = this.#items
    let at = items.length
    for (let parent = (at - 1) >> 1; at > 0; parent = (at - 1) >> 1) {
      const above = items[parent]
      if (above === undefined || !this.#isBefore(item, above)) break
      items[at] = above
      at = parent
    }
    items[at] = item
  }

  pop(): A | undefined {
    const items = this.#items
    const first = items[0]
    const last = items.pop()
    if (last === undefined || items.length === 0) return first
    let at = 0
    for (let child = this.#firstOf(1); child < items.length; child = this.#firstOf(2 * at + 1)) {
      const below = items[child]
      if (below === undefined || !this.#isBefore(below, last)) break
      items[at] = below
      at = child
    }
    items[at] = last
    return first
  }

  /** The one of two neighbours that comes first. */
  #firstOf(left: number): number {
    const a = this.#items[left]
    const b = this.#items[left + 1]
    return a !== undefined && b !== undefined && this.#isBefore(b, a) ? left + 1 : left
  }
}
