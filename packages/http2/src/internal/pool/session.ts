/**
 * One connection of a pool: how many requests it has, and how long it lives.
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { codes } from "../../Http2Error.ts"
import { Connection, type Owner } from "../connection/connection.ts"
import type { Exchange, Host } from "../exchange/exchange.ts"
import * as Failure from "../frame/failure.ts"
import type { Connected } from "./connect.ts"
import type { Metrics } from "./metrics.ts"
import * as Quietly from "./quietly.ts"

/** The owner of a session: a pool. */
export interface Keeper {
  /** A stream more may be opened. */
  hasRoom(): void
  /** No stream more may be opened. */
  drains(session: Session): void
  /** The server sent ENHANCE_YOUR_CALM. */
  calms(): void
  /** The server has responded. */
  answers(): void
  /** The server did not process this: it may be sent again. In vain, if nothing says that it will be processed then. */
  refused(exchange: Exchange, cause: unknown, inVain: boolean): void
  /** Another connection is asked for. */
  misdirected(exchange: Exchange): void
}

export interface Options {
  readonly maxStreams: number
  readonly secretHeaders: ReadonlyArray<string>
  readonly pingInterval: Duration.Duration
  readonly pingTimeout: Duration.Duration
  readonly idleTimeout: Duration.Duration
  readonly stallTimeout: Duration.Duration
  readonly maxAge: Duration.Duration
  readonly metrics: Metrics
}

/** A class, as it is the owner of a connection and the host of exchanges. */
export class Session implements Owner, Host {
  readonly connection: Connection
  readonly #socket: Connected["socket"]
  readonly #keeper: Keeper
  readonly #options: Options
  #requests = 0
  #hasAnswered = false
  #isGoing = false
  /** Whether the client ends it. */
  #isOurEnd = false
  /** The responses in the bytes that are being read. */
  #answered: Array<Exchange> = []
  #wasUsed = true
  #onClose = () => {}
  #error: Error | undefined = undefined
  #bytesRead = 0
  #bytesWritten = 0

  constructor({ listen, socket }: Connected, keeper: Keeper, options: Options) {
    this.#socket = socket
    this.#keeper = keeper
    this.#options = options
    this.connection = new Connection(socket, this, options)
    options.metrics.sessions(1)
    socket.unref()
    listen((bytes, start, end) => this.connection.read(bytes, start, end))
  }

  get open(): number {
    return this.connection.open
  }

  /** How many more streams may be opened. */
  get room(): number {
    return this.connection.room
  }

  /** Whether the server ended it, or had it ended, and answered nothing before. */
  get wasInVain(): boolean {
    return !this.#hasAnswered && !this.#isOurEnd
  }

  /** Why it ended. */
  get error(): Error | undefined {
    return this.#error
  }

  start(exchange: Exchange): void {
    this.#wasUsed = true
    this.#options.metrics.streams(1)
    // only a request keeps the process alive
    if (this.#requests++ === 0) this.#socket.ref()
    exchange.start(this)
  }

  // of `Host`

  released(): void {
    this.#options.metrics.streams(-1)
    if (--this.#requests === 0) this.#socket.unref()
  }

  answered(exchange: Exchange): void {
    this.#hasAnswered = true
    this.#answered.push(exchange)
  }

  refused(exchange: Exchange, cause: unknown): void {
    // a server may retire its connections and still make progress
    this.#keeper.refused(exchange, cause, !(this.#hasAnswered && this.#isGoing))
  }

  misdirected(exchange: Exchange): void {
    this.#hasAnswered = true
    this.#keeper.misdirected(exchange)
  }

  // of `Owner`

  onRoom(): void {
    this.#keeper.hasRoom()
  }

  onDrain(): void {
    this.#keeper.drains(this)
  }

  onGoaway(code: number): void {
    this.#isGoing = true
    this.#options.metrics.goaway(code)
    if (code === codes.ENHANCE_YOUR_CALM) this.#keeper.calms()
  }

  onRead(): void {
    if (this.#answered.length === 0) return
    const answered = this.#answered
    this.#answered = []
    this.#keeper.answers()
    for (const exchange of answered) exchange.deliver()
  }

  onClose(error: Error): void {
    this.#error = error
    this.#onClose()
  }

  /** Ends when the connection does, or when it should. */
  get life(): Effect.Effect<void> {
    return Effect.raceAllFirst([this.#closed, this.#confirmed, this.#heartbeat, this.#idle, this.#aged, this.#stalled])
  }

  /** Ends it at once; done when the socket is closed. */
  get destroy(): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.#isOurEnd ||= !this.connection.isClosed
      this.connection.destroy(Failure.closed("the connection was closed"))
      return this.#socketClosed
    }).pipe(Effect.andThen(Effect.sync(() => {
      this.#countBytes()
      this.#options.metrics.sessions(-1)
    })))
  }

  #drain(): void {
    this.#isOurEnd = true
    this.connection.drain()
  }

  #countBytes(): void {
    const { bytesRead, bytesWritten } = this.#socket
    this.#options.metrics.received(bytesRead - this.#bytesRead)
    this.#options.metrics.sent(bytesWritten - this.#bytesWritten)
    this.#bytesRead = bytesRead
    this.#bytesWritten = bytesWritten
  }

  get #closed(): Effect.Effect<void> {
    return Effect.callback<void>((resume) => {
      if (this.connection.isClosed) return resume(Effect.void)
      this.#onClose = () => resume(Effect.void)
    })
  }

  get #socketClosed(): Effect.Effect<void> {
    return Effect.callback<void>((resume) => {
      if (this.#socket.closed) return resume(Effect.void)
      this.#socket.once("close", () => resume(Effect.void))
    })
  }

  /** A server that does not answer SETTINGS speaks no HTTP/2 (RFC 9113, 6.5.3). */
  get #confirmed(): Effect.Effect<void> {
    return Effect.andThen(
      Quietly.sleep(this.#options.pingTimeout),
      Effect.suspend(() => {
        if (this.connection.isConfirmed) return Effect.never
        this.connection.destroy(Failure.settingsTimeout("the server does not answer SETTINGS"))
        return Effect.void
      })
    )
  }

  /**
   * A connection without progress may be dead: sends a PING, and closes the connection if there is no answer. This includes
   * a server that sends a frame or a header block too slowly, as it cannot answer in the middle of one.
   */
  get #heartbeat(): Effect.Effect<void> {
    const { pingInterval, pingTimeout } = this.#options
    let before = -1
    return Effect.suspend(() => {
      before = this.connection.progress
      return Quietly.sleep(pingInterval)
    }).pipe(
      Effect.andThen(Effect.suspend(() => {
        this.#countBytes()
        if (this.connection.progress !== before) return Effect.succeed(true)
        return Effect.raceFirst(Effect.as(this.#ping, true), Effect.as(Quietly.sleep(pingTimeout), false))
      })),
      Effect.repeat({ while: (isAlive) => isAlive }),
      Effect.andThen(Effect.sync(() => this.connection.destroy(Failure.cancelled("the server does not answer PING"))))
    )
  }

  get #ping(): Effect.Effect<void> {
    return Effect.callback<void>((resume) => this.connection.ping(() => resume(Effect.void)))
  }

  get #idle(): Effect.Effect<void> {
    return Effect.suspend(() => {
      const isIdle = !this.#wasUsed && this.open === 0
      this.#wasUsed = this.open > 0
      // immediately, so that no request starts while it ends
      if (isIdle) this.#drain()
      return isIdle ? Effect.succeed(true) : Effect.as(Quietly.sleep(this.#options.idleTimeout), false)
    }).pipe(
      Effect.repeat({ until: (isIdle) => isIdle }),
      Effect.asVoid
    )
  }

  /** An old connection gets no more requests, and ends when those that it has are answered. */
  get #aged(): Effect.Effect<void> {
    return Quietly.sleep(this.#options.maxAge).pipe(
      Effect.andThen(Effect.sync(() => this.#drain())),
      Effect.andThen(Effect.never)
    )
  }

  get #stalled(): Effect.Effect<void> {
    return Quietly.sleep(this.#options.stallTimeout).pipe(
      Effect.andThen(Effect.sync(() => this.connection.resetStalled())),
      Effect.forever
    )
  }
}
