/**
 * Received bytes that wait for their reader. Small pieces share buffers, as a server may send megabytes byte by byte.
 */
export type NonEmpty = [Buffer, ...Array<Buffer>]

/** Bytes of a buffer that pieces share. */
const sharedSize = 4096

/** A class, as it is part of each response. */
export class Chunks {
  #full: Array<Buffer> = []
  #last: Buffer = empty
  #lastLength = 0
  #length = 0

  /** How many bytes there are. */
  get length(): number {
    return this.#length
  }

  /** Copies a piece. */
  push(bytes: Buffer, start: number, end: number): void {
    const length = end - start
    if (this.#lastLength + length > this.#last.length) this.#begin(length)
    bytes.copy(this.#last, this.#lastLength, start, end)
    this.#lastLength += length
    this.#length += length
  }

  /** Removes and returns all pieces, in order; undefined if there are none. */
  take(): NonEmpty | undefined {
    const [first, ...others] = this.#all()
    this.#full = []
    this.#last = empty
    this.#lastLength = this.#length = 0
    return first === undefined ? undefined : [first, ...others]
  }

  /** As one, which stays here. */
  whole(): Buffer {
    const all = this.#all()
    const [first = empty] = all
    const whole = all.length > 1 ? Buffer.concat(all, this.#length) : first
    this.#full = []
    this.#last = whole
    this.#lastLength = whole.length
    return whole
  }

  /** The first piece is usually the only one, so its buffer has no room for others. */
  #begin(length: number): void {
    if (this.#lastLength > 0) this.#full.push(this.#last.subarray(0, this.#lastLength))
    this.#last = Buffer.allocUnsafe(this.#length === 0 ? length : Math.max(length, sharedSize))
    this.#lastLength = 0
  }

  #all(): ReadonlyArray<Buffer> {
    return this.#lastLength === 0 ? this.#full : [...this.#full, this.#last.subarray(0, this.#lastLength)]
  }
}

const empty = Buffer.alloc(0)
