/**
 * The sessions of one origin, and the queue in front of them.
 */
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import { Http1Only } from "../../Http1Only.ts"
import * as Limits from "../connection/limits.ts"
import type { Exchange } from "../exchange/exchange.ts"
import * as Failure from "../exchange/failure.ts"
import type { Server } from "../exchange/target.ts"
import * as Connect from "./connect.ts"
import { type Keeper, type Options as SessionOptions, Session } from "./session.ts"

export interface Options extends SessionOptions, Connect.Options {
  readonly maxSessions: number
  readonly connectTimeout: Duration.Duration
  /** Runs sessions. */
  readonly run: (effect: Effect.Effect<void>) => Fiber.Fiber<void>
}

/** How often a request is sent again in vain. */
const maxResubmissions = 5

/** How many connections in a row may end without a response before the waiting requests fail. */
const maxVainSessions = 5

/**
 * How long the pool opens no connection after ENHANCE_YOUR_CALM; the pause doubles each time, until the server answers
 * again.
 */
const calmPause = Duration.seconds(1)
const longestCalmPause = Duration.seconds(30)

/** A class, as it is the keeper of sessions. */
export class Pool implements Keeper {
  readonly #server: Server
  readonly #options: Options
  readonly #connect: Connect.Connect
  readonly #queue = new Set<Exchange>()
  #sessions: ReadonlyArray<Session> = []
  #connecting = 0
  #isStarting = false
  #isHttp1 = false
  #isClosed = false
  /** Connections that ended without a response since there was one. */
  #vainSessions = 0
  /** Servers that asked for calm since one answered, and whether they have it. */
  #calms = 0
  #isCalm = false

  constructor(server: Server, options: Options) {
    this.#server = server
    this.#options = options
    this.#connect = Connect.to(server, options)
  }

  /** The server turned out to speak no HTTP/2. */
  get isHttp1(): boolean {
    return this.#isHttp1
  }

  /** Starts an exchange, or queues it for a stream. */
  submit(exchange: Exchange): void {
    if (this.#isClosed) return this.#refuse(exchange, Failure.closed)
    if (this.#isHttp1) return this.#refuse(exchange, this.#needsHttp1)
    const session = this.#queue.size === 0 ? this.#leastLoaded : undefined
    if (session !== undefined) return this.#start(session, exchange)
    this.#queue.add(exchange)
    this.#options.metrics.queue(1)
    this.#grow()
  }

  /** Cancels an exchange. */
  cancel(exchange: Exchange): void {
    if (this.#queue.delete(exchange)) this.#options.metrics.queue(-1)
    exchange.cancel()
  }

  /** Fails the exchanges that wait; sessions end with their scope. */
  close(): void {
    this.#isClosed = true
    this.#refuseAll(Failure.closed)
  }

  // of `Keeper`

  hasRoom(): void {
    // what fails as it starts leaves its room at once, for the loop that started it
    if (this.#isStarting || this.#queue.size === 0) return
    this.#isStarting = true
    try {
      for (let session = this.#leastLoaded; session !== undefined; session = this.#leastLoaded) {
        const exchange = this.#next()
        if (exchange === undefined) break
        this.#start(session, exchange)
      }
    } finally {
      this.#isStarting = false
    }
  }

  drains(session: Session): void {
    this.#sessions = this.#sessions.filter((other) => other !== session)
    this.#grow()
  }

  calms(): void {
    if (this.#isCalm) return
    const pause = Duration.min(Duration.times(calmPause, 2 ** this.#calms++), longestCalmPause)
    this.#isCalm = true
    this.#options.run(Effect.andThen(
      Effect.sleep(pause),
      Effect.sync(() => {
        this.#isCalm = false
        this.#grow()
      })
    ))
  }

  answers(): void {
    this.#calms = 0
    this.#vainSessions = 0
  }

  refused(exchange: Exchange, cause: unknown, inVain: boolean): void {
    if (inVain) exchange.vainAttempts++
    if (!exchange.isRepeatable || exchange.vainAttempts > maxResubmissions) {
      return this.#refuse(exchange, Failure.whyOf(cause))
    }
    this.#options.metrics.resubmission()
    this.submit(exchange)
  }

  /** Opens a connection for this exchange, even beyond the maximum, as no open connection can serve it. */
  misdirected(exchange: Exchange): void {
    if (this.#isClosed) return this.#refuse(exchange, Failure.closed)
    this.#connecting++
    const close = Effect.sync(() => this.#refuse(exchange, Failure.closed))
    this.#options.run(Effect.onInterrupt(this.#life(exchange), () => close))
  }

  get #leastLoaded(): Session | undefined {
    let least: Session | undefined
    for (const session of this.#sessions) {
      if (session.room > 0 && (least === undefined || session.open < least.open)) least = session
    }
    return least
  }

  #start(session: Session, exchange: Exchange): void {
    if (exchange.isSettled) return
    const limit = session.connection.exceededBy(exchange.fields)
    if (limit === undefined) return session.start(exchange)
    this.#refuse(exchange, { reason: `the server takes header fields of ${limit} bytes at most` })
  }

  #next(): Exchange | undefined {
    for (const exchange of this.#queue) {
      this.#queue.delete(exchange)
      this.#options.metrics.queue(-1)
      return exchange
    }
    return undefined
  }

  /** Opens as many sessions as the waiting exchanges need. */
  #grow(): void {
    while (this.#needsSession) {
      this.#connecting++
      this.#options.run(this.#life())
    }
  }

  get #needsSession(): boolean {
    if (this.#isClosed || this.#isCalm) return false
    const { maxSessions, maxStreams } = this.#options
    const wanted = Math.ceil(this.#queue.size / Math.min(Limits.streamsUntilKnown, maxStreams))
    return this.#connecting < wanted && this.#connecting + this.#sessions.length < maxSessions
  }

  /** A connection, for this exchange before all others. */
  #life(first?: Exchange): Effect.Effect<void> {
    const { connectTimeout } = this.#options
    return this.#open.pipe(
      Effect.timeoutOrElse({
        duration: connectTimeout,
        orElse: () =>
          Effect.fail(new Connect.ConnectError({ reason: `no connection within ${Duration.format(connectTimeout)}` }))
      }),
      Effect.matchCauseEffect({
        onFailure: (cause) => Effect.sync(() => this.#failed(Cause.squash(cause), first)),
        onSuccess: (session) => this.#serve(session, first)
      }),
      Effect.scoped
    )
  }

  /** A session of the scope; none if the server speaks HTTP/1.1. */
  get #open(): Effect.Effect<Session | undefined, Connect.ConnectError, Scope.Scope> {
    return Effect.flatMap(
      this.#connect,
      (connected) =>
        connected.protocol !== "h2" ? Effect.undefined : Effect.acquireRelease(
          Effect.sync(() => new Session(connected, this, this.#options)),
          (session) => Effect.andThen(session.destroy, Effect.sync(() => this.#ended(session)))
        )
    )
  }

  #serve(session: Session | undefined, first: Exchange | undefined): Effect.Effect<void> {
    if (session === undefined) return Effect.sync(() => this.#speaksHttp1(first))
    return Effect.suspend(() => {
      this.#connecting--
      if (!session.connection.isClosed) this.#sessions = [...this.#sessions, session]
      if (first !== undefined) this.#startFirst(session, first)
      this.hasRoom()
      return session.life
    })
  }

  /** Stops connecting to a server that accepts connections and ends all of them. */
  #ended(session: Session): void {
    if (!session.wasInVain || ++this.#vainSessions <= maxVainSessions) return
    this.#vainSessions = 0
    this.#refuseAll(Failure.whyOf(session.error))
  }

  #startFirst(session: Session, first: Exchange): void {
    if (session.room > 0) this.#start(session, first)
    else this.submit(first)
  }

  #failed(error: unknown, first: Exchange | undefined): void {
    const why = error instanceof Connect.ConnectError ? { cause: error.cause, reason: error.reason } : { cause: error }
    this.#connecting--
    if (first !== undefined) this.#refuse(first, why)
    // others may still serve those that wait
    if (this.#sessions.length === 0 && this.#connecting === 0) this.#refuseAll(why)
  }

  #speaksHttp1(first: Exchange | undefined): void {
    this.#connecting--
    this.#isHttp1 = true
    if (first !== undefined) this.#refuse(first, this.#needsHttp1)
    this.#refuseAll(this.#needsHttp1)
  }

  get #needsHttp1(): Failure.Why {
    return { cause: new Http1Only({ origin: this.#server.origin }) }
  }

  #refuse(exchange: Exchange, why: Failure.Why): void {
    exchange.settle(Effect.fail(Failure.notSent(exchange.request, why)))
  }

  #refuseAll(why: Failure.Why): void {
    for (let exchange = this.#next(); exchange !== undefined; exchange = this.#next()) this.#refuse(exchange, why)
  }
}
