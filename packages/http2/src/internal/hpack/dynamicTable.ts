/**
 * The dynamic table of a decoder (RFC 7541, 2.3.2): a ring whose newest entry has the index 1.
 */
import { overhead } from "./fields.ts"

/** A class, as every field of every response reads it. */
export class DynamicTable {
  #names: Array<string> = emptyRing(64)
  #values: Array<string> = emptyRing(64)
  /** Where the newest entry is. */
  #newest = 0
  #count = 0
  #size = 0
  #maxSize: number
  #changes = 0

  constructor(maxSize: number) {
    this.#maxSize = maxSize
  }

  /** How many entries there are. */
  get count(): number {
    return this.#count
  }

  /** Bytes, as RFC 7541, 4.1 counts them. */
  get size(): number {
    return this.#size
  }

  /** Grows with every change, after which an index may mean another entry. */
  get changes(): number {
    return this.#changes
  }

  name(index: number): string | undefined {
    return this.#names[this.#placeOf(index)]
  }

  value(index: number): string | undefined {
    return this.#values[this.#placeOf(index)]
  }

  resize(maxSize: number): void {
    this.#changes++
    this.#maxSize = maxSize
    this.#evict(maxSize)
  }

  /** An entry larger than the table empties it (RFC 7541, 4.4). */
  insert(name: string, value: string): void {
    const size = name.length + value.length + overhead
    this.#changes++
    this.#evict(Math.max(0, this.#maxSize - size))
    if (size > this.#maxSize) return
    if (this.#count === this.#names.length) this.#widen()
    this.#newest = (this.#newest + 1) & (this.#names.length - 1)
    this.#names[this.#newest] = name
    this.#values[this.#newest] = value
    this.#count++
    this.#size += size
  }

  /** -1, where nothing is, if there is no such entry. */
  #placeOf(index: number): number {
    return index < 1 || index > this.#count ? -1 : (this.#newest - index + 1) & (this.#names.length - 1)
  }

  #evict(size: number): void {
    while (this.#size > size) {
      const oldest = this.#placeOf(this.#count)
      this.#size -= (this.#names[oldest] ?? "").length + (this.#values[oldest] ?? "").length + overhead
      this.#names[oldest] = this.#values[oldest] = ""
      this.#count--
    }
  }

  /** The ring has a power of two places. */
  #widen(): void {
    const unrolled = (ring: Array<string>) =>
      Array.from({ length: this.#count }, (_, i) => ring[this.#placeOf(this.#count - i)] ?? "")
    const names = unrolled(this.#names)
    const values = unrolled(this.#values)
    this.#names = [...names, ...emptyRing(this.#count)]
    this.#values = [...values, ...emptyRing(this.#count)]
    this.#newest = this.#count - 1
  }
}

const emptyRing = (places: number): Array<string> => Array.from({ length: places }, () => "")
