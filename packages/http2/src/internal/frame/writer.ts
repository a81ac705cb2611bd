/**
 * Writes frames, as many at once as there are.
 */
import type { Encoder } from "../hpack/encoder.ts"
import type { Fields } from "../hpack/fields.ts"
import * as Frame from "./frame.ts"

/** Where the bytes go: a socket. */
export interface Sink {
  cork(): void
  uncork(): void
  write(bytes: Uint8Array, written: () => void): unknown
}

/** Bytes of a buffer, and how many buffers are kept for the next writes. */
const bufferSize = 64 * 1024
const maxSpare = 4

/**
 * Gathers frames until `flush`, which passes them to the sink as one write: a write costs more than all other work for its
 * requests. A class, as each request is written through it, without an object for a frame.
 */
export class FrameWriter {
  readonly #sink: Sink
  #buffer: Buffer = Buffer.allocUnsafe(bufferSize)
  #at = 0
  readonly #spare: Array<Buffer> = []
  #isCorked = false
  /** Answers to PING and SETTINGS in the buffer. */
  #answers = 0
  #unwrittenAnswers = 0

  constructor(sink: Sink) {
    this.#sink = sink
  }

  /** Answers to PING and SETTINGS that the sink did not write yet. */
  get unwrittenAnswers(): number {
    return this.#unwrittenAnswers
  }

  preface(): void {
    this.#reserve(Frame.preface.length)
    this.#at += Frame.preface.copy(this.#buffer, this.#at)
  }

  settings(settings: ReadonlyArray<readonly [id: number, value: number]>): void {
    this.#begin(6 * settings.length, Frame.SETTINGS, 0, 0)
    for (const [id, value] of settings) {
      this.#at = this.#buffer.writeUInt16BE(id, this.#at)
      this.#uint32(value)
    }
  }

  settingsAnswer(): void {
    this.#answered()
    this.#begin(0, Frame.SETTINGS, Frame.ACK, 0)
  }

  ping(payload: Uint8Array): void {
    this.#begin(8, Frame.PING, 0, 0)
    this.#bytes(payload)
  }

  pingAnswer(payload: Uint8Array): void {
    this.#answered()
    this.#begin(8, Frame.PING, Frame.ACK, 0)
    this.#bytes(payload)
  }

  windowUpdate(id: number, bytes: number): void {
    this.#begin(4, Frame.WINDOW_UPDATE, 0, id)
    this.#uint32(bytes)
  }

  reset(id: number, code: number): void {
    this.#begin(4, Frame.RST_STREAM, 0, id)
    this.#uint32(code)
  }

  /** Servers cannot open streams, so the last processed stream is 0. */
  goaway(code: number): void {
    this.#begin(8, Frame.GOAWAY, 0, 0)
    this.#uint32(0)
    this.#uint32(code)
  }

  data(id: number, bytes: Uint8Array, isEnd: boolean): void {
    this.#begin(bytes.length, Frame.DATA, isEnd ? Frame.END_STREAM : 0, id)
    this.#bytes(bytes)
  }

  /** DATA of a text whose length in bytes is known. */
  text(id: number, text: string, length: number, isEnd: boolean): void {
    this.#begin(length, Frame.DATA, isEnd ? Frame.END_STREAM : 0, id)
    // as many bytes as characters: all of them are of ASCII
    this.#at += this.#buffer.write(text, this.#at, text.length === length ? "latin1" : "utf8")
  }

  /** HEADERS, and CONTINUATION where the block is large. */
  headers(id: number, encoder: Encoder, fields: Fields, isEnd: boolean): void {
    this.#reserve(Frame.headerSize + encoder.bound(fields))
    const start = this.#at + Frame.headerSize
    const end = encoder.encode(fields, this.#buffer, start)
    const flag = isEnd ? Frame.END_STREAM : 0
    if (end - start > Frame.maxPayload) {
      return this.#longHeaders(id, Buffer.from(this.#buffer.subarray(start, end)), flag)
    }
    this.#header(end - start, Frame.HEADERS, flag | Frame.END_HEADERS, id)
    this.#at = end
  }

  /** Hands over what was gathered. */
  flush(): void {
    if (this.#at > 0) this.#hand()
    if (this.#isCorked) this.#sink.uncork()
    this.#isCorked = false
  }

  #longHeaders(id: number, block: Buffer, flag: number): void {
    for (let at = 0; at < block.length; at += Frame.maxPayload) {
      const part = block.subarray(at, at + Frame.maxPayload)
      const isLast = at + Frame.maxPayload >= block.length ? Frame.END_HEADERS : 0
      this.#begin(part.length, at === 0 ? Frame.HEADERS : Frame.CONTINUATION, (at === 0 ? flag : 0) | isLast, id)
      this.#bytes(part)
    }
  }

  #answered(): void {
    this.#answers++
    this.#unwrittenAnswers++
  }

  /** Begins a frame, with room for its payload. */
  #begin(length: number, type: number, flags: number, id: number): void {
    this.#reserve(Frame.headerSize + length)
    this.#header(length, type, flags, id)
  }

  #header(length: number, type: number, flags: number, id: number): void {
    const buffer = this.#buffer
    let at = this.#at
    buffer[at++] = length >>> 16
    buffer[at++] = length >>> 8
    buffer[at++] = length
    buffer[at++] = type
    buffer[at++] = flags
    buffer[at++] = id >>> 24
    buffer[at++] = id >>> 16
    buffer[at++] = id >>> 8
    buffer[at++] = id
    this.#at = at
  }

  #bytes(bytes: Uint8Array): void {
    this.#buffer.set(bytes, this.#at)
    this.#at += bytes.length
  }

  #uint32(value: number): void {
    this.#at = this.#buffer.writeUInt32BE(value, this.#at)
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return
    // all buffers of a turn are still one write
    if (!this.#isCorked) this.#sink.cork()
    this.#isCorked = true
    if (this.#at > 0) this.#hand()
    if (bytes > this.#buffer.length) this.#buffer = Buffer.allocUnsafe(bytes)
  }

  #hand(): void {
    const buffer = this.#buffer
    const answers = this.#answers
    const bytes = buffer.subarray(0, this.#at)
    this.#buffer = this.#spare.pop() ?? Buffer.allocUnsafe(bufferSize)
    this.#at = 0
    this.#answers = 0
    this.#sink.write(bytes, () => {
      this.#unwrittenAnswers -= answers
      if (buffer.length === bufferSize && this.#spare.length < maxSpare) this.#spare.push(buffer)
    })
  }
}
