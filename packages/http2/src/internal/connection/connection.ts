/**
 * The client's side of one connection of HTTP/2 (RFC 9113).
 *
 * All frames of one turn of the event loop are one write. Requests are written at the end of the turn in which they start,
 * so a request that is cancelled before costs the server nothing.
 */
import type { Duplex } from "node:stream"
import { codes, Http2Error } from "../../Http2Error.ts"
import * as Failure from "../frame/failure.ts"
import * as Frame from "../frame/frame.ts"
import { type Events, FrameParser } from "../frame/parser.ts"
import { FrameReader } from "../frame/reader.ts"
import type { Settings } from "../frame/settings.ts"
import { FrameWriter } from "../frame/writer.ts"
import { Decoder } from "../hpack/decoder.ts"
import { Encoder } from "../hpack/encoder.ts"
import { type Fields, sizeOf } from "../hpack/fields.ts"
import { Budget } from "./budget.ts"
import * as Limits from "./limits.ts"
import * as ResponseHead from "./responseHead.ts"
import { type Stream, unknownLength } from "./stream.ts"
import { type Outlet, Uploads } from "./uploads.ts"

/** The events of a connection, for its owner. */
export interface Owner {
  /** There may be room for streams. */
  onRoom(): void
  /** No more streams can be opened on this connection. */
  onDrain(): void
  onGoaway(code: number): void
  /** All that was read is handed over. */
  onRead(): void
  /** The connection has ended, for this reason, and so has every stream. */
  onClose(error: Error): void
}

/** What a connection needs of a socket of `node:net` or `node:tls`. */
export interface Socket extends Duplex {
  setNoDelay(noDelay: boolean): unknown
  destroySoon(): void
}

export interface Options {
  /** Streams at most, however many the server allows. */
  readonly maxStreams: number
  /** Names of header fields that no table may hold. */
  readonly secretHeaders?: Iterable<string>
  /** Milliseconds. */
  readonly now?: () => number
  /** The number of the first stream, which is odd. */
  readonly firstId?: number
}

/** A class, as each frame changes its state. */
export class Connection implements Events, Outlet {
  readonly #socket: Socket
  readonly #owner: Owner
  readonly #maxStreams: number
  readonly #encoder: Encoder
  readonly #writer: FrameWriter
  readonly #reader: FrameReader
  readonly #uploads: Uploads
  readonly #vain: Budget

  readonly #streams = new Map<number, Stream>()
  /** Streams that are written at the end of this turn. */
  #starting: Array<Stream> = []
  #open = 0
  /** Streams that were cancelled in this turn. */
  #lingering = 0
  #nextId: number
  #isScheduled = false

  // what the server says
  #peerMaxStreams = Limits.streamsUntilKnown
  #hasSettings = false
  #isConfirmed = false
  #maxHeaderListSize = Number.POSITIVE_INFINITY
  #lastStreamId = Frame.max31

  #window = Limits.connectionWindow
  #lastFields: Fields = []
  #lastHead: ResponseHead.ResponseHead | undefined = undefined
  #progress = 0
  /** How many were sent. */
  #pings = 0
  #onPong: (() => void) | undefined = undefined
  #isDraining = false
  #isClosed = false

  /** The socket must be connected. Its owner passes the received bytes to `read`. */
  constructor(socket: Socket, owner: Owner, options: Options) {
    this.#socket = socket
    this.#owner = owner
    this.#maxStreams = options.maxStreams
    this.#nextId = options.firstId ?? 1
    this.#encoder = new Encoder(options.secretHeaders)
    this.#writer = new FrameWriter(socket)
    const decoder = new Decoder({ tableSize: Limits.headerTableSize, listSize: Limits.headerListSize })
    this.#reader = new FrameReader(new FrameParser(this, decoder))
    this.#uploads = new Uploads(this.#writer, this)
    this.#vain = new Budget(Limits.vainFrames, options.now ?? (() => performance.now()))
    socket.setNoDelay(true)
    socket.on("error", (error) => this.#end(error))
    socket.on("end", () => this.#end(Failure.fromServer(codes.NO_ERROR, "the server ended the connection")))
    socket.on("close", () => this.#end(Failure.closed("the connection was closed")))
    socket.on("drain", () => this.#drained())
    this.#introduce()
    // it ended before anybody listened
    if (socket.destroyed || socket.readableEnded) {
      setImmediate(() => this.#end(Failure.closed("the connection was closed")))
    }
  }

  /** Streams that are open, or about to be. */
  get open(): number {
    return this.#open
  }

  /** How many more may be opened now. */
  get room(): number {
    if (this.#isDraining || this.isCongested) return 0
    return Math.min(this.#peerMaxStreams, this.#maxStreams) - this.#open
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Whether the server answered our SETTINGS. */
  get isConfirmed(): boolean {
    return this.#isConfirmed
  }

  /** Grows with every progress of a response, and with answers to PING. If it does not grow, the server may be gone. */
  get progress(): number {
    return this.#progress
  }

  get isCongested(): boolean {
    return this.#socket.writableLength > Limits.queuedBytes
  }

  /** The server's limit for the header fields of a request, if these fields exceed it (SETTINGS_MAX_HEADER_LIST_SIZE). */
  exceededBy(fields: Fields): number | undefined {
    const limit = this.#maxHeaderListSize
    return limit !== Number.POSITIVE_INFINITY && sizeOf(fields) > limit ? limit : undefined
  }

  // ---------------------------------------------------------------------------
  // What the client asks
  // ---------------------------------------------------------------------------

  /** Opens a stream: there must be room. */
  start(stream: Stream): void {
    stream.renew()
    this.#open++
    this.#starting.push(stream)
    if (this.#nextId + 2 * this.#starting.length > Frame.max31) this.#drain()
    this.#schedule()
  }

  /** Sends more of a request's body, once the previous part was sent. */
  write(stream: Stream, bytes: Uint8Array, isLast: boolean): void {
    if (!stream.isOpen) return
    stream.unsent = bytes
    stream.unsentLength = bytes.length
    stream.isLast = isLast
    if (stream.id !== 0) this.#uploads.send(stream)
  }

  /** Bytes of a response were read: the server may send as many more. */
  take(stream: Stream, bytes: number): void {
    stream.untold += bytes
    // a small response ends without a WINDOW_UPDATE
    if (!stream.isOpen || stream.untold < Limits.streamWindow / 2) return
    this.#writer.windowUpdate(stream.id, stream.untold)
    stream.receiveWindow += stream.untold
    stream.untold = 0
    this.#schedule()
  }

  /**
   * Cancels a stream. Its place is free in the next turn: otherwise requests that are cancelled at once would make room for
   * others that are cancelled, too, which servers treat as an attack (CVE-2023-44487).
   */
  cancel(stream: Stream): void {
    if (!stream.isOpen) return
    this.#close(stream)
    if (stream.id !== 0) {
      this.#writer.reset(stream.id, codes.CANCEL)
      this.#schedule()
    }
    this.#open++
    if (this.#lingering++ === 0) setImmediate(() => this.#release())
  }

  /** Sends a PING; only one is unanswered at a time. */
  ping(onPong: () => void): void {
    this.#onPong = onPong
    this.#writer.ping(pingPayload(++this.#pings))
    this.#schedule()
  }

  /** Resets the requests whose bodies made no progress since the last call. */
  resetStalled(): void {
    for (const stream of this.#uploads.takeStalled()) {
      if (stream.isOpen) this.#failStream(stream, Failure.cancelled("the server takes nothing of the request's body"))
    }
  }

  /** Opens no more streams; the connection ends with the last one. */
  drain(): void {
    this.#drain()
    this.#closeIfDone()
  }

  /** Ends the connection at once, and sends the reason to the server. */
  destroy(error: Http2Error): void {
    if (this.#isClosed) return
    this.#writer.goaway(error.isFromServer ? codes.NO_ERROR : error.errorCode)
    this.#end(error)
  }

  // ---------------------------------------------------------------------------
  // What the server says
  // ---------------------------------------------------------------------------

  /** Bytes from the socket, which are not kept. */
  read(bytes: Buffer, start: number, end: number): void {
    try {
      this.#reader.read(bytes, start, end)
    } catch (error) {
      if (error instanceof Http2Error) return this.destroy(error)
      // not the server's fault
      this.#writer.goaway(codes.INTERNAL_ERROR)
      this.#end(error instanceof Error ? error : new Error("the client failed", { cause: error }))
    }
    this.#owner.onRead()
  }

  onData(id: number, bytes: Buffer, start: number, end: number, size: number, isEnd: boolean): void {
    const stream = this.#find(id)
    this.#receive(size)
    if (stream === undefined) return this.#inVain()
    if (size > stream.receiveWindow) return this.#failStream(stream, Failure.flowControl("DATA beyond the window"))
    if (!stream.hasHeaders) return this.#failStream(stream, Failure.protocol("DATA before HEADERS"))
    const length = end - start
    stream.receiveWindow -= size
    if (size > length) this.take(stream, size - length)
    if (length > 0) this.#content(stream, bytes, start, end)
    else if (!isEnd) this.#inVain()
    if (isEnd && stream.isOpen) this.#ended(stream)
  }

  onHeaders(id: number, fields: Fields | undefined, isEnd: boolean): void {
    const stream = this.#find(id)
    this.#progress++
    if (stream === undefined) return this.#inVain()
    if (fields === undefined) {
      return this.#failStream(stream, Failure.calm(`header fields of more than ${Limits.headerListSize} bytes`))
    }
    if (stream.hasHeaders) return this.#trailers(stream, fields, isEnd)
    const head = this.#headOf(fields)
    if (head === undefined) return this.#failStream(stream, Failure.protocol("a malformed response"))
    const { length, status } = head
    if (status < 200) return this.#informational(stream, status, isEnd)
    stream.hasHeaders = true
    stream.contentLeft = stream.isHead || status === 204 || status === 304 ? 0 : length
    stream.onHeaders(status, fields)
    if (isEnd && stream.isOpen) this.#ended(stream)
  }

  onReset(id: number, code: number): void {
    const stream = this.#find(id)
    if (stream === undefined) return this.#inVain()
    const isRefused = code === codes.REFUSED_STREAM && !stream.hasHeaders
    this.#close(stream)
    stream.onFail(Failure.fromServer(code, "the server reset the stream"), !isRefused)
    this.#freed()
  }

  onSettings(settings: Settings): void {
    this.#inVain()
    // the first SETTINGS without a limit mean that there is none
    if (!this.#hasSettings) this.#peerMaxStreams = Number.POSITIVE_INFINITY
    this.#hasSettings = true
    this.#peerMaxStreams = settings.maxConcurrentStreams ?? this.#peerMaxStreams
    this.#maxHeaderListSize = settings.maxHeaderListSize ?? this.#maxHeaderListSize
    if (settings.headerTableSize !== undefined) this.#encoder.resize(settings.headerTableSize)
    if (settings.initialWindowSize !== undefined) {
      this.#uploads.resize(settings.initialWindowSize, this.#streams.values())
    }
    this.#writer.settingsAnswer()
    this.#answered()
    this.#uploads.resume()
    this.#owner.onRoom()
  }

  onSettingsAnswer(): void {
    this.#isConfirmed = true
    this.#inVain()
  }

  onPing(payload: Buffer): void {
    this.#inVain()
    this.#writer.pingAnswer(payload)
    this.#answered()
  }

  onPingAnswer(payload: Buffer): void {
    this.#inVain()
    if (this.#onPong === undefined || !payload.equals(pingPayload(this.#pings))) return
    this.#progress++
    const onPong = this.#onPong
    this.#onPong = undefined
    onPong()
  }

  onGoaway(lastStreamId: number, code: number): void {
    if (lastStreamId > this.#lastStreamId) throw Failure.protocol("GOAWAY that takes back a refusal")
    this.#inVain()
    this.#lastStreamId = lastStreamId
    this.#owner.onGoaway(code)
    this.#drain()
    const error = Failure.fromServer(code, "the server sent GOAWAY")
    this.#failUnwritten(error)
    for (const stream of this.#streams.values()) {
      if (stream.id > lastStreamId) this.#fail(stream, error, false)
    }
    // after GOAWAY with an error, the server answers no more requests (RFC 9113, 5.4.1)
    if (code === codes.NO_ERROR) this.#closeIfDone()
    else this.destroy(error)
  }

  onWindowUpdate(id: number, bytes: number): void {
    this.#inVain()
    if (id === 0) {
      if (bytes === 0) throw Failure.protocol("WINDOW_UPDATE of 0 bytes")
      return this.#uploads.widen(bytes)
    }
    const stream = this.#find(id)
    if (stream === undefined) return
    if (bytes === 0) return this.#failStream(stream, Failure.protocol("WINDOW_UPDATE of 0 bytes"))
    if (stream.sendWindow + bytes > Frame.max31) {
      return this.#failStream(stream, Failure.flowControl("WINDOW_UPDATE beyond the largest window"))
    }
    this.#uploads.widenStream(stream, bytes)
  }

  onNothing(): void {
    this.#inVain()
  }

  /** Of `Outlet`. */
  onUpload(bytes: number): void {
    this.#schedule()
    if (bytes >= Limits.crumb) this.#vain.earn(Limits.vainFramesPerUpload)
  }

  // ---------------------------------------------------------------------------
  // Writing
  // ---------------------------------------------------------------------------

  #introduce(): void {
    this.#writer.preface()
    this.#writer.settings([[Frame.ENABLE_PUSH, 0], [Frame.MAX_HEADER_LIST_SIZE, Limits.headerListSize]])
    this.#writer.windowUpdate(0, Limits.connectionWindow - Limits.streamWindow)
    this.#schedule()
  }

  /** In the next phase of the event loop: a microtask would run between the requests of a turn. */
  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => this.#flush())
  }

  #flush(): void {
    this.#isScheduled = false
    if (this.#isClosed) return
    const starting = this.#starting
    this.#starting = []
    for (const stream of starting) if (stream.isOpen) this.#writeRequest(stream)
    this.#writer.flush()
  }

  #writeRequest(stream: Stream): void {
    stream.id = this.#nextId
    this.#nextId += 2
    this.#streams.set(stream.id, stream)
    const isWhole = stream.isLast && stream.unsentLength === 0
    this.#writer.headers(stream.id, this.#encoder, stream.fields, isWhole)
    stream.isSent = isWhole
    if (isWhole) stream.unsent = undefined
    this.#uploads.begin(stream)
  }

  #drained(): void {
    this.#uploads.resume()
    this.#owner.onRoom()
  }

  #answered(): void {
    if (this.#writer.unwrittenAnswers > Limits.unwrittenAnswers) {
      throw Failure.calm(
        `more than ${Limits.unwrittenAnswers} answers to PING and SETTINGS that the server does not read`
      )
    }
    this.#schedule()
  }

  // ---------------------------------------------------------------------------
  // Reading
  // ---------------------------------------------------------------------------

  /** An open stream; `undefined` if it is closed. Frames for a closed stream may still come, and are ignored. */
  #find(id: number): Stream | undefined {
    if (id % 2 === 0 || id >= this.#nextId) throw Failure.protocol(`a frame of stream ${id}, which was never opened`)
    return this.#streams.get(id)
  }

  #inVain(): void {
    if (!this.#vain.spend()) throw Failure.calm("too many frames that bring no request forward")
  }

  /**
   * The window of the connection is large, and is given back even if the data is not read: each stream has its own window.
   */
  #receive(bytes: number): void {
    this.#window -= bytes
    if (this.#window >= Limits.connectionWindow / 2) return
    this.#writer.windowUpdate(0, Limits.connectionWindow - this.#window)
    this.#window = Limits.connectionWindow
    this.#schedule()
  }

  #content(stream: Stream, bytes: Buffer, start: number, end: number): void {
    this.#progress++
    if (stream.contentLeft !== unknownLength) {
      stream.contentLeft -= end - start
      if (stream.contentLeft < 0) return this.#failStream(stream, Failure.protocol("more content than announced"))
    }
    stream.onData(bytes, start, end)
  }

  /** Consecutive responses usually have the same fields, as the same array. */
  #headOf(fields: Fields): ResponseHead.ResponseHead | undefined {
    if (fields !== this.#lastFields) this.#lastHead = ResponseHead.read(fields)
    this.#lastFields = fields
    return this.#lastHead
  }

  #informational(stream: Stream, status: number, isEnd: boolean): void {
    if (isEnd || status === 101) return this.#failStream(stream, Failure.protocol("a malformed response"))
    this.#inVain()
  }

  #trailers(stream: Stream, fields: Fields, isEnd: boolean): void {
    if (!isEnd || !ResponseHead.areTrailers(fields)) {
      return this.#failStream(stream, Failure.protocol("malformed trailers"))
    }
    this.#ended(stream)
  }

  #ended(stream: Stream): void {
    // a server may answer before it has the whole request (RFC 9113, 8.1)
    if (!stream.isSent) {
      this.#writer.reset(stream.id, codes.NO_ERROR)
      this.#schedule()
    }
    this.#close(stream)
    if (stream.contentLeft > 0) stream.onFail(Failure.protocol("less content than announced"), true)
    else stream.onEnd()
    this.#freed()
  }

  // ---------------------------------------------------------------------------
  // Ends
  // ---------------------------------------------------------------------------

  /** Removes a stream: later frames for it are ignored. */
  #close(stream: Stream): void {
    stream.isOpen = false
    stream.unsent = undefined
    this.#open--
    if (stream.id === 0) return
    this.#streams.delete(stream.id)
    this.#uploads.forget(stream)
    this.#vain.earn(Limits.vainFramesPerStream)
  }

  #fail(stream: Stream, error: Error, mayBeProcessed: boolean): void {
    if (!stream.isOpen) return
    this.#close(stream)
    stream.onFail(error, mayBeProcessed)
  }

  /** Resets a stream because of an error of the server. */
  #failStream(stream: Stream, error: Http2Error): void {
    this.#writer.reset(stream.id, error.errorCode)
    this.#schedule()
    this.#fail(stream, error, true)
    this.#freed()
  }

  #failUnwritten(error: Error): void {
    const starting = this.#starting
    this.#starting = []
    for (const stream of starting) this.#fail(stream, error, false)
  }

  #release(): void {
    this.#open -= this.#lingering
    this.#lingering = 0
    this.#freed()
  }

  /** A stream is gone. */
  #freed(): void {
    if (this.#isClosed) return
    this.#owner.onRoom()
    this.#closeIfDone()
  }

  #drain(): void {
    if (this.#isDraining) return
    this.#isDraining = true
    this.#owner.onDrain()
  }

  #closeIfDone(): void {
    if (this.#isDraining && this.#open === 0) this.destroy(Failure.closed("the connection was drained"))
  }

  #end(error: Error): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#reader.stop()
    this.#writer.flush()
    this.#closeSocket()
    this.#drain()
    this.#failUnwritten(error)
    for (const stream of this.#streams.values()) this.#fail(stream, error, stream.id <= this.#lastStreamId)
    this.#owner.onClose(error)
  }

  /** What was written last may still go out, if the server reads. */
  #closeSocket(): void {
    const timeout = setTimeout(() => this.#socket.destroy(), Limits.lastWords)
    timeout.unref()
    this.#socket.once("close", () => clearTimeout(timeout))
    this.#socket.destroySoon()
  }
}

/** The payload of a PING, which identifies its answer. */
const pingPayload = (count: number): Buffer => {
  const payload = Buffer.alloc(8)
  payload.writeUInt32BE(count, 4)
  return payload
}
