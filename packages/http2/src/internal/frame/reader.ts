/**
 * Finds the frames in bytes that come in pieces of any size.
 */
import * as Failure from "./failure.ts"
import { headerSize, maxPayload } from "./frame.ts"

export interface FrameHandler {
  /** A whole frame. Its payload, from `start` to `end`, is valid only during the call. */
  frame(type: number, flags: number, id: number, bytes: Buffer, start: number, end: number): void
}

/**
 * A frame in one piece is not copied, and a frame allocates nothing. A class, as it keeps an incomplete frame.
 */
export class FrameReader {
  readonly #handler: FrameHandler
  /** The beginning of a frame whose end did not come yet. */
  readonly #begun = Buffer.allocUnsafe(headerSize + maxPayload)
  #begunLength = 0
  #isStopped = false

  constructor(handler: FrameHandler) {
    this.#handler = handler
  }

  /** Ignores all further bytes. */
  stop(): void {
    this.#isStopped = true
  }

  /** The bytes are not kept. Throws an `Http2Error` if a frame is too large, and what the handler throws. */
  read(bytes: Buffer, start: number, end: number): void {
    let at = this.#begunLength > 0 ? this.#complete(bytes, start, end) : start
    while (!this.#isStopped && end - at >= headerSize) {
      const next = at + headerSize + payloadLength(bytes, at)
      if (next > end) break
      this.#hand(bytes, at, next)
      at = next
    }
    if (this.#isStopped || at === end) return
    this.#keep(bytes, at, end)
  }

  /** Completes the frame that was begun; returns where the next one begins. */
  #complete(bytes: Buffer, start: number, end: number): number {
    const needed = headerSize - this.#begunLength
    const afterHeader = Math.min(end, start + Math.max(0, needed))
    this.#keep(bytes, start, afterHeader)
    if (this.#begunLength < headerSize) return afterHeader
    const length = headerSize + payloadLength(this.#begun, 0)
    const next = Math.min(end, afterHeader + length - this.#begunLength)
    this.#keep(bytes, afterHeader, next)
    if (this.#begunLength < length) return next
    this.#begunLength = 0
    this.#hand(this.#begun, 0, length)
    return next
  }

  #keep(bytes: Buffer, start: number, end: number): void {
    bytes.copy(this.#begun, this.#begunLength, start, end)
    this.#begunLength += end - start
    // a frame that is too large fails before it arrives
    if (this.#begunLength >= 3) payloadLength(this.#begun, 0)
  }

  #hand(bytes: Buffer, at: number, end: number): void {
    this.#handler.frame(bytes[at + 3] ?? 0, bytes[at + 4] ?? 0, streamId(bytes, at + 5), bytes, at + headerSize, end)
  }
}

const payloadLength = (bytes: Buffer, at: number): number => {
  const length = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0)
  if (length > maxPayload) throw Failure.frameSize(`a frame of ${length} bytes`)
  return length
}

/** The number of a stream has 31 bits; the one in front of them says nothing. */
const streamId = (bytes: Buffer, at: number): number =>
  (((bytes[at] ?? 0) & 0x7f) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)
