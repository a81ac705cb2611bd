/**
 * One HTTP/2 connection: how many streams it may have, and what its server says about them.
 */
import * as Cause from "effect/Cause"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Http2 from "node:http2"
import { constants } from "node:http2"
import type { Socket } from "node:net"
import type { Exchange, Host } from "./exchange.ts"
import type { Metrics } from "./metrics.ts"

/** Streams that are opened before the server's SETTINGS say how many may be (RFC 9113, 6.5.2: no fewer than 100). */
export const streamsUntilKnown = 100

/** Who owns the session: a pool. */
export interface Owner {
  /** A stream more may be opened. */
  hasRoom(): void
  /** No stream more may be opened. */
  drains(session: Session): void
  /** The server did not process this: it may be sent again. In vain, if nothing says that it will be processed then. */
  refused(exchange: Exchange, cause: unknown, inVain: boolean): void
}

export interface Options {
  readonly maxStreams: number
  readonly pingInterval: Duration.Duration
  readonly pingTimeout: Duration.Duration
  readonly idleTimeout: Duration.Duration
}

export class Session implements Host {
  readonly http2: Http2.ClientHttp2Session
  readonly #socket: Socket
  readonly #owner: Owner
  readonly #metrics: Metrics
  readonly #options: Options
  #limit: number
  #open = 0
  #isDraining = false
  /** The server says that it processed no stream after this one. */
  #lastStreamId = Number.POSITIVE_INFINITY
  /** Whether GOAWAY came with an error, which node then gives to every stream as its own. */
  #isBroken = false
  #hasAnswered = false
  /** Responses of this turn of the event loop. */
  #answered: Array<Exchange> = []
  #wasUsed = true
  #bytesRead = 0
  #bytesWritten = 0

  constructor(
    http2: Http2.ClientHttp2Session,
    socket: Socket,
    owner: Owner,
    metrics: Metrics,
    options: Options
  ) {
    this.http2 = http2
    this.#socket = socket
    this.#owner = owner
    this.#metrics = metrics
    this.#options = options
    this.#limit = Math.min(streamsUntilKnown, options.maxStreams)
    http2.on("remoteSettings", (settings) => this.#settingsCame(settings))
    http2.on("goaway", (code, lastStreamId) => this.#goawayCame(code, lastStreamId))
    // its streams are told, too
    http2.on("error", () => this.#drain())
    http2.on("close", () => this.#drain())
    metrics.sessions(1)
  }

  get open(): number {
    return this.#open
  }

  /** How many more streams may be opened. */
  get room(): number {
    return this.#isDraining || this.http2.closed || this.http2.destroyed ? 0 : this.#limit - this.#open
  }

  start(exchange: Exchange): void {
    this.#open++
    this.#wasUsed = true
    this.#metrics.streams(1)
    exchange.start(this)
  }

  release(): void {
    this.#open--
    this.#metrics.streams(-1)
    this.#owner.hasRoom()
  }

  answered(exchange: Exchange): void {
    this.#hasAnswered = true
    if (this.#answered.push(exchange) === 1) setImmediate(() => this.#deliver())
  }

  refused(exchange: Exchange, stream: Http2.ClientHttp2Stream, cause: unknown): void {
    // it has no number for a stream left, or is gone
    if (stream.id === undefined) this.#drain()
    // a server that retires its connections gets on nevertheless
    this.#owner.refused(exchange, cause, !(this.#hasAnswered && this.#isPastLast(stream)))
  }

  mayHaveProcessed(stream: Http2.ClientHttp2Stream): boolean {
    if (stream.id === undefined || this.#isPastLast(stream)) return false
    return this.#isBroken || stream.rstCode !== constants.NGHTTP2_REFUSED_STREAM
  }

  #deliver(): void {
    const answered = this.#answered
    this.#answered = []
    answered.forEach((exchange) => exchange.deliver())
  }

  #isPastLast({ id }: Http2.ClientHttp2Stream): boolean {
    return id !== undefined && id > this.#lastStreamId
  }

  /** Ends when the session does, is idle for long, or does not answer. */
  get life(): Effect.Effect<void> {
    return Effect.raceAllFirst([this.#closed, this.#heartbeat, this.#idle])
  }

  /** Ends it at once; done when the socket is closed. */
  get destroy(): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.#drain()
      this.http2.destroy()
      return this.#socketClosed
    }).pipe(Effect.andThen(Effect.sync(() => {
      this.#countBytes()
      this.#metrics.sessions(-1)
    })))
  }

  #settingsCame({ maxConcurrentStreams = Number.POSITIVE_INFINITY }: Http2.Settings): void {
    this.#limit = Math.min(maxConcurrentStreams, this.#options.maxStreams)
    this.#owner.hasRoom()
  }

  #goawayCame(code: number, lastStreamId: number): void {
    this.#metrics.goaway(code)
    this.#lastStreamId = lastStreamId
    this.#isBroken = code !== constants.NGHTTP2_NO_ERROR
    this.#drain()
  }

  #drain(): void {
    if (this.#isDraining) return
    this.#isDraining = true
    this.#owner.drains(this)
  }

  #countBytes(): void {
    const { bytesRead, bytesWritten } = this.#socket
    this.#metrics.received(bytesRead - this.#bytesRead)
    this.#metrics.sent(bytesWritten - this.#bytesWritten)
    this.#bytesRead = bytesRead
    this.#bytesWritten = bytesWritten
  }

  get #closed(): Effect.Effect<void> {
    return Effect.callback<void>((resume) => {
      if (this.http2.destroyed) return resume(Effect.void)
      const onClose = () => resume(Effect.void)
      this.http2.once("close", onClose)
      return Effect.sync(() => this.http2.off("close", onClose))
    })
  }

  get #socketClosed(): Effect.Effect<void> {
    return Effect.callback<void>((resume) => {
      if (this.#socket.closed) return resume(Effect.void)
      this.#socket.once("close", () => resume(Effect.void))
    })
  }

  /** A connection that is silent for long may be dead: asks, and gives up when nothing comes. */
  get #heartbeat(): Effect.Effect<void> {
    const { pingInterval, pingTimeout } = this.#options
    return Effect.sleep(pingInterval).pipe(
      Effect.andThen(Effect.suspend(() => {
        const wasSilent = this.#socket.bytesRead === this.#bytesRead
        return wasSilent ? Effect.timeout(this.#ping, pingTimeout) : Effect.void
      })),
      Effect.andThen(Effect.sync(() => this.#countBytes())),
      Effect.forever,
      Effect.catchCause(() => Effect.void)
    )
  }

  get #ping(): Effect.Effect<void, Cause.UnknownError> {
    return Effect.callback<void, Cause.UnknownError>((resume) => {
      this.http2.ping((error) => resume(error === null ? Effect.void : Effect.fail(new Cause.UnknownError(error))))
    })
  }

  get #idle(): Effect.Effect<void> {
    return Effect.suspend(() => {
      const isIdle = !this.#wasUsed && this.#open === 0
      this.#wasUsed = this.#open > 0
      // at once, lest a request comes while it ends
      if (isIdle) this.#drain()
      return isIdle ? Effect.succeed(true) : Effect.as(Effect.sleep(this.#options.idleTimeout), false)
    }).pipe(
      Effect.repeat({ until: (isIdle) => isIdle }),
      Effect.asVoid
    )
  }
}
