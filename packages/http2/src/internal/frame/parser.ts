/**
 * Parses frames, and rejects malformed ones.
 */
import { type Decoder, HpackError } from "../hpack/decoder.ts"
import type { Fields } from "../hpack/fields.ts"
import * as Failure from "./failure.ts"
import * as Frame from "./frame.ts"
import * as HeaderBlock from "./headerBlock.ts"
import type { FrameHandler } from "./reader.ts"
import * as Settings from "./settings.ts"

/** The events of a server. Bytes are valid only during the call. */
export interface Events {
  /** `size` is what counts for windows: padding is part of it. */
  onData(id: number, bytes: Buffer, start: number, end: number, size: number, isEnd: boolean): void
  /** No fields: they are larger than allowed. */
  onHeaders(id: number, fields: Fields | undefined, isEnd: boolean): void
  onReset(id: number, code: number): void
  onSettings(settings: Settings.Settings): void
  onSettingsAnswer(): void
  onPing(payload: Buffer): void
  onPingAnswer(payload: Buffer): void
  onGoaway(lastStreamId: number, code: number): void
  onWindowUpdate(id: number, bytes: number): void
  /** A frame without meaning: PRIORITY, and unknown types. */
  onNothing(): void
}

/** A class, as it keeps an incomplete header block, and allocates nothing for a frame. */
export class FrameParser implements FrameHandler {
  readonly #events: Events
  readonly #decoder: Decoder
  #hasBegun = false
  #block: HeaderBlock.HeaderBlock | undefined = undefined

  constructor(events: Events, decoder: Decoder) {
    this.#events = events
    this.#decoder = decoder
  }

  /** Throws an `Http2Error` that ends the connection. */
  frame(type: number, flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    this.#checkOrder(type, flags, id)
    switch (type) {
      case Frame.DATA:
        return this.#data(flags, id, bytes, start, end)
      case Frame.HEADERS:
        return this.#headers(flags, id, bytes, start, end)
      case Frame.PRIORITY:
        ofStream("PRIORITY", id)
        hasSize("PRIORITY", start, end, 5)
        return this.#events.onNothing()
      case Frame.RST_STREAM:
        ofStream("RST_STREAM", id)
        hasSize("RST_STREAM", start, end, 4)
        return this.#events.onReset(id, bytes.readUInt32BE(start))
      case Frame.SETTINGS:
        return this.#settings(flags, id, bytes, start, end)
      case Frame.PUSH_PROMISE:
        throw Failure.protocol("PUSH_PROMISE, which SETTINGS forbid")
      case Frame.PING:
        return this.#ping(flags, id, bytes, start, end)
      case Frame.GOAWAY:
        return this.#goaway(id, bytes, start, end)
      case Frame.WINDOW_UPDATE:
        hasSize("WINDOW_UPDATE", start, end, 4)
        return this.#events.onWindowUpdate(id, bytes.readUInt32BE(start) & Frame.max31)
      case Frame.CONTINUATION:
        return this.#continuation(flags, bytes, start, end)
      default:
        return this.#events.onNothing()
    }
  }

  /** SETTINGS come first, and nothing comes in the middle of a header block (RFC 9113, 3.4 and 4.3). */
  #checkOrder(type: number, flags: number, id: number): void {
    if (!this.#hasBegun) {
      const isSettings = type === Frame.SETTINGS && (flags & Frame.ACK) === 0
      if (!isSettings) throw Failure.protocol("a server that does not begin with SETTINGS")
      this.#hasBegun = true
    }
    if (this.#block === undefined) return
    const isNext = type === Frame.CONTINUATION && id === this.#block.id
    if (!isNext) throw Failure.protocol("a header block that is interrupted")
  }

  #data(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    ofStream("DATA", id)
    const isPadded = (flags & Frame.PADDED) !== 0
    const contentEnd = isPadded ? withoutPadding(bytes, start, end) : end
    const contentStart = isPadded ? start + 1 : start
    this.#events.onData(id, bytes, contentStart, contentEnd, end - start, (flags & Frame.END_STREAM) !== 0)
  }

  #headers(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    ofStream("HEADERS", id)
    if ((flags & Frame.PADDED) !== 0) {
      end = withoutPadding(bytes, start, end)
      start++
    }
    if ((flags & Frame.HAS_PRIORITY) !== 0) {
      start += 5
      if (start > end) throw Failure.frameSize("HEADERS that are too short for their priority")
    }
    const isEnd = (flags & Frame.END_STREAM) !== 0
    if ((flags & Frame.END_HEADERS) !== 0) return this.#fields(id, bytes, start, end, isEnd)
    this.#block = HeaderBlock.begin(id, isEnd, bytes.subarray(start, end))
  }

  #continuation(flags: number, bytes: Buffer, start: number, end: number): void {
    if (this.#block === undefined) throw Failure.protocol("CONTINUATION of nothing")
    const block = HeaderBlock.add(this.#block, bytes.subarray(start, end))
    const isWhole = (flags & Frame.END_HEADERS) !== 0
    this.#block = isWhole ? undefined : block
    if (isWhole) this.#fields(block.id, block.bytes, 0, block.bytes.length, block.isEnd)
  }

  /** Decodes every block, even for a closed stream, as a block may change the table. */
  #fields(id: number, bytes: Buffer, start: number, end: number, isEnd: boolean): void {
    this.#events.onHeaders(id, this.#decode(bytes, start, end), isEnd)
  }

  #decode(bytes: Buffer, start: number, end: number): Fields | undefined {
    try {
      return this.#decoder.decode(bytes, start, end)
    } catch (error) {
      throw error instanceof HpackError ? Failure.compression(error.message) : error
    }
  }

  #settings(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    ofConnection("SETTINGS", id)
    if ((flags & Frame.ACK) === 0) return this.#events.onSettings(Settings.read(bytes, start, end))
    hasSize("an answer to SETTINGS", start, end, 0)
    this.#events.onSettingsAnswer()
  }

  #ping(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    ofConnection("PING", id)
    hasSize("PING", start, end, 8)
    const payload = bytes.subarray(start, end)
    if ((flags & Frame.ACK) === 0) this.#events.onPing(payload)
    else this.#events.onPingAnswer(payload)
  }

  #goaway(id: number, bytes: Buffer, start: number, end: number): void {
    ofConnection("GOAWAY", id)
    if (end - start < 8) throw Failure.frameSize(`GOAWAY of ${end - start} bytes`)
    this.#events.onGoaway(bytes.readUInt32BE(start) & Frame.max31, bytes.readUInt32BE(start + 4))
  }
}

const ofStream = (name: string, id: number): void => {
  if (id === 0) throw Failure.protocol(`${name} of no stream`)
}

const ofConnection = (name: string, id: number): void => {
  if (id !== 0) throw Failure.protocol(`${name} of a stream`)
}

const hasSize = (name: string, start: number, end: number, size: number): void => {
  if (end - start !== size) throw Failure.frameSize(`${name} of ${end - start} bytes`)
}

/** Where a padded payload ends; its first byte says how much padding follows (RFC 9113, 6.1). */
const withoutPadding = (bytes: Buffer, start: number, end: number): number => {
  if (end === start) throw Failure.frameSize("a padded frame of no bytes")
  const content = end - (bytes[start] ?? 0)
  if (content <= start) throw Failure.protocol("padding that is longer than its frame")
  return content
}
