/**
 * The sessions of one origin, and the queue in front of them.
 */
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type * as HttpClientError from "effect/http/HttpClientError"
import type * as Scope from "effect/Scope"
import * as Http2 from "node:http2"
import type { Socket } from "node:net"
import * as Proxy from "../proxy.ts"
import { connect, ConnectError } from "./connect.ts"
import type { Exchange } from "./exchange.ts"
import * as Failure from "./failure.ts"
import type { Metrics } from "./metrics.ts"
import * as Session from "./session.ts"
import type { Target } from "./target.ts"

export interface Options extends Session.Options {
  readonly maxSessions: number
  readonly connectTimeout: Duration.Duration
  readonly certificates: Proxy.Certificates
  readonly proxy: Proxy.Proxy | undefined
  readonly metrics: Metrics
  /** Runs sessions. */
  readonly run: (effect: Effect.Effect<void>) => Fiber.Fiber<void>
}

/** How often a request is sent again in vain. */
const maxResubmissions = 5

/** Bytes on the way to us before we take them: of a stream, and of a session, whose streams must not block each other. */
const streamWindow = 65_535
const sessionWindow = 32 * 1024 * 1024

/** Megabytes that node may keep for a session; its 10 are too few for 1000 streams. */
const maxSessionMemory = 128

export class Pool implements Session.Owner {
  readonly #target: Target
  readonly #options: Options
  #sessions: ReadonlyArray<Session.Session> = []
  readonly #queue = new Set<Exchange>()
  #connecting = 0
  #isStarting = false
  #isHttp1 = false
  #isClosed = false

  constructor(target: Target, options: Options) {
    this.#target = target
    this.#options = options
  }

  /** The origin turned out to speak no HTTP/2. */
  get isHttp1(): boolean {
    return this.#isHttp1
  }

  /** Starts an exchange, or has it wait for a stream. */
  submit(exchange: Exchange): void {
    if (this.#isClosed) return exchange.settle(Effect.fail(Failure.closed(exchange.request)))
    if (this.#isHttp1) return exchange.settle(Effect.fail(this.#needsHttp1(exchange.request)))
    const session = this.#queue.size === 0 ? this.#leastLoaded : undefined
    if (session !== undefined) return session.start(exchange)
    this.#queue.add(exchange)
    this.#options.metrics.queue(1)
    this.#grow()
  }

  /** Nobody waits for this exchange any more. */
  cancel(exchange: Exchange): void {
    if (this.#queue.delete(exchange)) this.#options.metrics.queue(-1)
    exchange.cancel()
  }

  hasRoom(): void {
    // what fails as it starts leaves its room at once, for the loop that started it
    if (this.#isStarting || this.#queue.size === 0) return
    this.#isStarting = true
    try {
      for (let session = this.#leastLoaded; session !== undefined; session = this.#leastLoaded) {
        const exchange = this.#next()
        if (exchange === undefined) break
        session.start(exchange)
      }
    } finally {
      this.#isStarting = false
    }
  }

  drains(session: Session.Session): void {
    this.#sessions = this.#sessions.filter((other) => other !== session)
    this.#grow()
  }

  refused(exchange: Exchange, cause: unknown, inVain: boolean): void {
    if (inVain) exchange.vainAttempts++
    if (!exchange.isRepeatable || exchange.vainAttempts > maxResubmissions) {
      return exchange.settle(Effect.fail(Failure.notSent(exchange.request, cause, "the server refused the stream")))
    }
    this.#options.metrics.resubmission()
    this.submit(exchange)
  }

  /** Whoever waits is told; sessions end with their scope. */
  close(): void {
    this.#isClosed = true
    this.#fail(Failure.closed)
  }

  get #leastLoaded(): Session.Session | undefined {
    let least: Session.Session | undefined
    for (const session of this.#sessions) {
      if (session.room > 0 && (least === undefined || session.open < least.open)) least = session
    }
    return least
  }

  #next(): Exchange | undefined {
    const [exchange] = this.#queue
    if (exchange === undefined) return undefined
    this.#queue.delete(exchange)
    this.#options.metrics.queue(-1)
    return exchange
  }

  /** Opens as many sessions as the waiting exchanges need. */
  #grow(): void {
    while (this.#needsSession) {
      this.#connecting++
      this.#options.run(this.#life)
    }
  }

  get #needsSession(): boolean {
    if (this.#isClosed) return false
    const { maxSessions, maxStreams } = this.#options
    const wanted = Math.ceil(this.#queue.size / Math.min(Session.streamsUntilKnown, maxStreams))
    return this.#connecting < wanted && this.#connecting + this.#sessions.length < maxSessions
  }

  get #life(): Effect.Effect<void> {
    const { connectTimeout } = this.#options
    return this.#open.pipe(
      Effect.timeoutOrElse({
        duration: connectTimeout,
        orElse: () =>
          Effect.fail(new ConnectError({ reason: `no connection within ${Duration.format(connectTimeout)}` }))
      }),
      Effect.matchCauseEffect({
        onFailure: (cause) => Effect.sync(() => this.#refused(Cause.squash(cause))),
        onSuccess: (session) => this.#serve(session)
      }),
      Effect.scoped
    )
  }

  /** A session of the scope; none if the server speaks HTTP/1.1. */
  get #open(): Effect.Effect<Session.Session | undefined, ConnectError | Proxy.ProxyError, Scope.Scope> {
    const { certificates, proxy } = this.#options
    return Effect.flatMap(connect(this.#target, proxy, certificates), ({ protocol, socket }) =>
      protocol !== "h2"
        ? Effect.undefined
        : Effect.acquireRelease(Effect.sync(() => this.#session(socket)), (session) => session.destroy))
  }

  #session(socket: Socket): Session.Session {
    const http2 = Http2.connect(this.#target.origin, {
      createConnection: () => socket,
      maxSessionMemory,
      settings: { enablePush: false, initialWindowSize: streamWindow }
    })
    http2.once("connect", () => {
      // the event comes even to a session that was destroyed before
      if (!http2.destroyed) http2.setLocalWindowSize(sessionWindow)
    })
    return new Session.Session(http2, socket, this, this.#options.metrics, this.#options)
  }

  #serve(session: Session.Session | undefined): Effect.Effect<void> {
    if (session === undefined) return Effect.sync(() => this.#speaksHttp1())
    return Effect.suspend(() => {
      this.#connecting--
      this.#sessions = [...this.#sessions, session]
      this.hasRoom()
      return session.life
    })
  }

  #refused(error: unknown): void {
    this.#connecting--
    // others may still serve those that wait
    if (this.#sessions.length > 0 || this.#connecting > 0) return
    const { cause, reason } = error instanceof ConnectError || error instanceof Proxy.ProxyError
      ? error
      : { cause: error, reason: undefined }
    this.#fail((request) => Failure.notSent(request, cause, reason))
  }

  #speaksHttp1(): void {
    this.#connecting--
    this.#isHttp1 = true
    this.#fail((request) => this.#needsHttp1(request))
  }

  #needsHttp1(request: Failure.Request): HttpClientError.HttpClientError {
    return Failure.http1Only(request, this.#target.origin)
  }

  #fail(failure: (request: Failure.Request) => HttpClientError.HttpClientError): void {
    for (let exchange = this.#next(); exchange !== undefined; exchange = this.#next()) {
      exchange.settle(Effect.fail(failure(exchange.request)))
    }
  }
}
