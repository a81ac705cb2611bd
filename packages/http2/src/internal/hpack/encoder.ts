/**
 * Writes header blocks (RFC 7541), with the same dynamic table as the peer's decoder.
 */
import { type Fields, overhead } from "./fields.ts"
import * as Huffman from "./huffman.ts"
import * as StaticTable from "./staticTable.ts"

/** Fields with secret values, which must not be in any table, here or at an intermediary (RFC 7541, 7.1). */
const secretNames = ["authorization", "cookie", "proxy-authorization"]

/** Bytes of the table that are used, however many the peer offers. */
const largestTable = 4096

/** The maximum number of remembered names. With more names, the encoder forgets others, so its memory is bounded. */
const maxNames = 256

/** How a field is written (RFC 7541, 6): the bits that its first byte begins with, and how many are left for an index. */
interface Representation {
  readonly pattern: number
  readonly prefix: number
}

const indexed: Representation = { pattern: 0x80, prefix: 7 }
const inserted: Representation = { pattern: 0x40, prefix: 6 }
const sizeUpdate: Representation = { pattern: 0x20, prefix: 5 }
const neverIndexed: Representation = { pattern: 0x10, prefix: 4 }
const notIndexed: Representation = { pattern: 0x00, prefix: 4 }

/** What is known of the fields with one name. */
interface Known {
  readonly staticIndex: number
  readonly staticIndices: ReadonlyMap<string, number>
  readonly isSecret: boolean
  /** The last value, unless it is secret. */
  last: string | undefined
  /** Which entry has the last value, counted from the first that was ever inserted; -1: none. */
  entry: number
}

/**
 * A value that comes twice in a row is put into the table: a client repeats most of its fields. A list that is the same
 * array as the one before is written as the same bytes.
 *
 * A class, as its state is private to one connection and is read for every field of every request.
 */
export class Encoder {
  readonly #secretNames: ReadonlySet<string>
  readonly #known = new Map<string, Known>()
  /** Sizes of the entries of the table, the oldest first. */
  #sizes: Array<number> = []
  #size = 0
  #maxSize = largestTable
  /** Entries that were ever inserted, and those of them that are gone. */
  #inserted = 0
  #evicted = 0
  /** The smallest size of the table since the last block; undefined: it did not change (RFC 7541, 4.2). */
  #smallest: number | undefined = undefined
  #lastFields: Fields | undefined = undefined
  #lastBlock = Buffer.alloc(0)

  /** Additional names of fields that are never indexed. */
  constructor(secret: Iterable<string> = []) {
    this.#secretNames = new Set([...secretNames, ...secret])
  }

  /** Takes the peer's SETTINGS_HEADER_TABLE_SIZE. The next block says so. */
  resize(allowed: number): void {
    const size = Math.min(allowed, largestTable)
    if (size === this.#maxSize) return
    this.#smallest = Math.min(size, this.#smallest ?? size)
    this.#maxSize = size
    this.#evict(this.#smallest)
    this.#lastFields = undefined
  }

  /** Bytes that `encode` writes at most. */
  bound(fields: Fields): number {
    if (fields === this.#lastFields) return this.#lastBlock.length
    // two updates of the table's size, and the integers in front of each text
    let bytes = 12
    for (const text of fields) bytes += text.length + 8
    return bytes
  }

  /** Writes a block; returns where it ends. Texts are octets: a character above 255 does not come through. */
  encode(fields: Fields, into: Buffer, at: number): number {
    if (fields === this.#lastFields) return at + this.#lastBlock.copy(into, at)
    const start = at
    at = this.#writeSizes(into, at)
    let isSettled = at === start
    for (let i = 0; i < fields.length; i += 2) {
      const name = fields[i] ?? ""
      const value = fields[i + 1] ?? ""
      const known = this.#know(name)
      const index = this.#indexOf(known, value)
      if (index > 0) {
        at = integer(into, at, indexed, index)
        continue
      }
      const representation = this.#representationOf(known, name, value)
      if (!known.isSecret && (representation === inserted || known.last !== value)) isSettled = false
      at = this.#writeLiteral(into, at, representation, known, name, value)
      this.#remember(known, representation, name, value)
    }
    // while the table changes, the next block of the same fields differs
    this.#lastFields = isSettled ? fields : undefined
    if (isSettled) this.#lastBlock = Buffer.from(into.subarray(start, at))
    return at
  }

  #writeSizes(into: Buffer, at: number): number {
    if (this.#smallest === undefined) return at
    if (this.#smallest < this.#maxSize) at = integer(into, at, sizeUpdate, this.#smallest)
    this.#smallest = undefined
    return integer(into, at, sizeUpdate, this.#maxSize)
  }

  /** The index of a whole field; 0 if no table has it. */
  #indexOf(known: Known, value: string): number {
    if (known.staticIndices.size > 0) {
      const index = known.staticIndices.get(value)
      if (index !== undefined) return index
    }
    const isInTable = known.last === value && known.entry >= this.#evicted
    return isInTable ? StaticTable.count + this.#inserted - known.entry : 0
  }

  #representationOf({ isSecret, last }: Known, name: string, value: string): Representation {
    if (isSecret) return neverIndexed
    // a field that fills half of the table would evict all others
    const fits = name.length + value.length + overhead <= this.#maxSize / 2
    return last === value && fits ? inserted : notIndexed
  }

  #writeLiteral(
    into: Buffer,
    at: number,
    representation: Representation,
    { staticIndex }: Known,
    name: string,
    value: string
  ): number {
    // what goes into the table is written once, and may cost some time; the rest comes with each request
    const string = representation === inserted ? shortString : plainString
    at = integer(into, at, representation, staticIndex)
    if (staticIndex === 0) at = string(into, at, name)
    return string(into, at, value)
  }

  #remember(known: Known, representation: Representation, name: string, value: string): void {
    if (known.isSecret) return
    known.last = value
    known.entry = representation === inserted ? this.#insert(name.length + value.length + overhead) : -1
  }

  #know(name: string): Known {
    const known = this.#known.get(name)
    if (known !== undefined) return known
    const made: Known = {
      staticIndex: StaticTable.indexOfName(name),
      staticIndices: StaticTable.indicesByValue(name),
      isSecret: this.#secretNames.has(name),
      last: undefined,
      entry: -1
    }
    if (this.#known.size === maxNames) this.#known.clear()
    this.#known.set(name, made)
    return made
  }

  #insert(size: number): number {
    this.#evict(this.#maxSize - size)
    this.#sizes.push(size)
    this.#size += size
    return this.#inserted++
  }

  /** Drops the oldest entries until the table is no larger than this. */
  #evict(size: number): void {
    let gone = 0
    while (this.#size > size) this.#size -= this.#sizes[gone++] ?? this.#size
    this.#sizes = this.#sizes.slice(gone)
    this.#evicted += gone
  }
}

/** RFC 7541, 5.1. */
const integer = (into: Buffer, at: number, { pattern, prefix }: Representation, value: number): number => {
  const max = (1 << prefix) - 1
  if (value < max) {
    into[at] = pattern | value
    return at + 1
  }
  into[at++] = pattern | max
  let rest = value - max
  for (; rest > 127; rest >>>= 7) into[at++] = 0x80 | (rest & 127)
  into[at] = rest
  return at + 1
}

/** Strings (RFC 7541, 5.2) begin with a bit that says whether they are in Huffman's code, and their length. */
const plain: Representation = { pattern: 0x00, prefix: 7 }
const huffman: Representation = { pattern: 0x80, prefix: 7 }

const plainString = (into: Buffer, at: number, text: string): number => {
  at = integer(into, at, plain, text.length)
  return at + into.write(text, at, "latin1")
}

const shortString = (into: Buffer, at: number, text: string): number => {
  const length = Huffman.encodedLength(text)
  if (length >= text.length) return plainString(into, at, text)
  return Huffman.encode(text, into, integer(into, at, huffman, length))
}
