/**
 * Reads header blocks (RFC 7541).
 */
import * as Data from "effect/Data"
import { DynamicTable } from "./dynamicTable.ts"
import { type Fields, overhead } from "./fields.ts"
import * as Huffman from "./huffman.ts"
import * as StaticTable from "./staticTable.ts"

/** An invalid block: the tables of both sides may differ from now on (COMPRESSION_ERROR). */
export class HpackError extends Data.TaggedError("HpackError")<{ readonly message: string }> {}

export interface Limits {
  /** Bytes of the dynamic table, as our SETTINGS_HEADER_TABLE_SIZE says. */
  readonly tableSize: number
  /** Bytes of the fields of a block, as our SETTINGS_MAX_HEADER_LIST_SIZE says. */
  readonly listSize: number
}

/** Bytes of an integer after its prefix: 2^28 and more is not a valid index or length. */
const maxIntegerBytes = 4

/** The size of a block that is remembered: blocks of small responses usually repeat. */
const maxRemembered = 1024

/**
 * A block of the same bytes as the one before has the same fields, as the same array, unless one of them changed the table:
 * a server repeats most of its responses, and Huffman's code costs more than all else about a small one. A class, as it
 * reads its position for every byte.
 */
export class Decoder {
  readonly #limits: Limits
  readonly #table: DynamicTable
  #bytes: Buffer = Buffer.alloc(0)
  #at = 0
  #end = 0
  readonly #lastBlock = Buffer.allocUnsafe(maxRemembered)
  #lastLength = 0
  #lastFields: Fields = []

  constructor(limits: Limits) {
    this.#limits = limits
    this.#table = new DynamicTable(limits.tableSize)
  }

  /** Its dynamic table, for reading. */
  get table(): Pick<DynamicTable, "count" | "size" | "name" | "value"> {
    return this.#table
  }

  /**
   * The fields of a whole block; `undefined` if they are larger than allowed. Such a block is decoded nevertheless, since
   * it may change the table. Throws `HpackError`, and nothing else.
   */
  decode(bytes: Buffer, start: number, end: number): Fields | undefined {
    if (this.#isLast(bytes, start, end)) return this.#lastFields
    this.#bytes = bytes
    this.#at = start
    this.#end = end
    this.#lastLength = 0
    const changes = this.#table.changes
    const fields = this.#readFields()
    if (fields !== undefined && this.#table.changes === changes) this.#remember(bytes, start, end, fields)
    return fields
  }

  #isLast(bytes: Buffer, start: number, end: number): boolean {
    const length = end - start
    return length > 0 && length === this.#lastLength && bytes.compare(this.#lastBlock, 0, length, start, end) === 0
  }

  #remember(bytes: Buffer, start: number, end: number, fields: Fields): void {
    if (end - start > maxRemembered) return
    this.#lastLength = bytes.copy(this.#lastBlock, 0, start, end)
    this.#lastFields = fields
  }

  #readFields(): Fields | undefined {
    this.#readSizes()
    const fields: Array<string> = []
    let listSize = 0
    while (this.#at < this.#end) {
      const first = this.#peek()
      if (isSizeUpdate(first)) throw wrong("a table size after a field")
      const isWhole = first >= 0x80
      const index = this.#integer(isWhole ? 7 : first >= 0x40 ? 6 : 4)
      const name = index === 0 && !isWhole ? this.#string() : this.#name(index)
      const value = isWhole ? this.#value(index) : this.#string()
      if (!isWhole && first >= 0x40) this.#table.insert(name, value)
      listSize += name.length + value.length + overhead
      if (listSize <= this.#limits.listSize) fields.push(name, value)
    }
    return listSize <= this.#limits.listSize ? fields : undefined
  }

  /** New sizes of the table come before all fields (RFC 7541, 4.2). */
  #readSizes(): void {
    while (this.#at < this.#end && isSizeUpdate(this.#peek())) {
      const size = this.#integer(5)
      if (size > this.#limits.tableSize) throw wrong("a table size above the limit")
      this.#table.resize(size)
    }
  }

  #peek(): number {
    const byte = this.#bytes[this.#at]
    if (byte === undefined || this.#at >= this.#end) throw wrong("a header block that ends in the middle of a field")
    return byte
  }

  #integer(prefix: number): number {
    const max = (1 << prefix) - 1
    let value = this.#peek() & max
    this.#at++
    if (value < max) return value
    for (let i = 0; i < maxIntegerBytes; i++) {
      const byte = this.#peek()
      this.#at++
      value += (byte & 127) << (7 * i)
      if (byte < 128) return value
    }
    throw wrong("an integer above the limit")
  }

  #string(): string {
    const isHuffman = this.#peek() >= 0x80
    const length = this.#integer(7)
    const start = this.#at
    const end = start + length
    if (end > this.#end) throw wrong("a header block that ends in the middle of a string")
    this.#at = end
    if (!isHuffman) return this.#bytes.toString("latin1", start, end)
    const text = Huffman.decode(this.#bytes, start, end)
    if (text === undefined) throw wrong("a string that is not in Huffman's code")
    return text
  }

  #name(index: number): string {
    return found(
      index <= StaticTable.count ? StaticTable.names[index] : this.#table.name(index - StaticTable.count),
      index
    )
  }

  #value(index: number): string {
    return found(
      index <= StaticTable.count ? StaticTable.values[index] : this.#table.value(index - StaticTable.count),
      index
    )
  }
}

const wrong = (message: string) => new HpackError({ message })

const isSizeUpdate = (byte: number): boolean => byte >= 0x20 && byte < 0x40

const found = (text: string | undefined, index: number): string => {
  if (text === undefined || index === 0) throw wrong("an index that no table has")
  return text
}
