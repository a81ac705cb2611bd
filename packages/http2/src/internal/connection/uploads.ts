/**
 * Writes the bodies of requests, as far as the windows of the server and the socket allow (RFC 9113, 5.2).
 */
import * as Failure from "../frame/failure.ts"
import * as Frame from "../frame/frame.ts"
import type { FrameWriter } from "../frame/writer.ts"
import type { Stream } from "./stream.ts"

export interface Outlet {
  /** Whether the socket has enough to write. */
  readonly isCongested: boolean
  /** Bytes of a body were written. */
  onUpload(bytes: number): void
}

/** What windows are before the server says otherwise. */
const defaultWindow = 65_535

/** A class, as its windows change with every body. */
export class Uploads {
  readonly #writer: FrameWriter
  readonly #outlet: Outlet
  #window = defaultWindow
  #initialWindow = defaultWindow
  /** Streams that wait for a window or for the socket, in the order in which they started to wait. */
  readonly #waiting = new Set<Stream>()

  constructor(writer: FrameWriter, outlet: Outlet) {
    this.#writer = writer
    this.#outlet = outlet
  }

  /** Writes the available body of a stream whose HEADERS were just written. */
  begin(stream: Stream): void {
    stream.sendWindow = this.#initialWindow
    if (stream.unsent !== undefined) this.send(stream)
  }

  /** Writes as much of `unsent` as it may. */
  send(stream: Stream): void {
    const { unsent } = stream
    if (unsent === undefined) return
    if (typeof unsent !== "string") return this.#sendBytes(stream, unsent)
    if (stream.unsentLength > this.#allowed(stream)) return this.#sendBytes(stream, Buffer.from(unsent))
    this.#writer.text(stream.id, unsent, stream.unsentLength, stream.isLast)
    this.#sent(stream, stream.unsentLength)
    this.#done(stream)
  }

  /** WINDOW_UPDATE of the connection. */
  widen(bytes: number): void {
    this.#window = widened(this.#window, bytes)
    this.resume()
  }

  /** WINDOW_UPDATE of a stream. */
  widenStream(stream: Stream, bytes: number): void {
    stream.sendWindow = widened(stream.sendWindow, bytes)
    this.send(stream)
  }

  /** SETTINGS_INITIAL_WINDOW_SIZE changes all windows, and may have them negative (RFC 9113, 6.9.2). */
  resize(initialWindow: number, streams: Iterable<Stream>): void {
    const change = initialWindow - this.#initialWindow
    this.#initialWindow = initialWindow
    for (const stream of streams) stream.sendWindow = widened(stream.sendWindow, change)
  }

  /** There is a window again, or room in the socket. */
  resume(): void {
    // a stream that has to wait again goes to the end
    for (const stream of Array.from(this.#waiting)) {
      if (this.#window <= 0 || this.#outlet.isCongested) return
      if (stream.sendWindow > 0) this.send(stream)
    }
  }

  forget(stream: Stream): void {
    this.#waiting.delete(stream)
  }

  /** The streams that made no progress since the last call. */
  takeStalled(): ReadonlyArray<Stream> {
    const waiting = [...this.#waiting]
    const stalled = waiting.filter(({ isStalled }) => isStalled)
    for (const stream of waiting) stream.isStalled = true
    return stalled
  }

  /**
   * The bytes that a frame of the stream may have now: at most the default frame size, so that one body does not delay the
   * others.
   */
  #allowed(stream: Stream): number {
    return this.#outlet.isCongested ? 0 : Math.min(this.#window, stream.sendWindow, Frame.maxPayload)
  }

  #sendBytes(stream: Stream, bytes: Uint8Array): void {
    let rest = bytes
    do {
      const length = Math.min(rest.length, this.#allowed(stream))
      if (length <= 0 && rest.length > 0) return this.#wait(stream, rest)
      const part = rest.subarray(0, length)
      rest = rest.subarray(length)
      const isEnd = rest.length === 0 && stream.isLast
      if (length > 0 || isEnd) this.#writer.data(stream.id, part, isEnd)
      this.#sent(stream, length)
    } while (rest.length > 0)
    this.#done(stream)
  }

  #wait(stream: Stream, rest: Uint8Array): void {
    stream.unsent = rest
    stream.unsentLength = rest.length
    this.#waiting.delete(stream)
    this.#waiting.add(stream)
  }

  #sent(stream: Stream, bytes: number): void {
    this.#window -= bytes
    stream.sendWindow -= bytes
    stream.isStalled = false
    this.#outlet.onUpload(bytes)
  }

  #done(stream: Stream): void {
    stream.unsent = undefined
    stream.isSent = stream.isLast
    this.#waiting.delete(stream)
    if (!stream.isSent) stream.onSent()
  }
}

const widened = (window: number, bytes: number): number => {
  if (window + bytes > Frame.max31) throw Failure.flowControl(`a window of ${window + bytes} bytes`)
  return window + bytes
}
