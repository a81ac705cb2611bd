/**
 * One request and its response, on one HTTP/2 stream, or on another one if the server did not process it.
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import type { Connection } from "../connection/connection.ts"
import { Stream } from "../connection/stream.ts"
import type { Fields } from "../hpack/fields.ts"
import * as Failure from "./failure.ts"
import { Incoming, type Source } from "./incoming.ts"
import * as Outgoing from "./outgoing.ts"
import { Response } from "./response.ts"
import type { Target } from "./target.ts"

export type Result = Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError>

/** The session of an exchange. */
export interface Host {
  readonly connection: Connection
  /** The stream is done. */
  released(): void
  /** The server answers: delivers the response once all bytes that were read are handled. */
  answered(exchange: Exchange): void
  /** The server did not process this: it may be sent again. */
  refused(exchange: Exchange, cause: unknown): void
  /** The server does not answer this on this connection: it may be sent on another one. */
  misdirected(exchange: Exchange): void
}

/** Runs the writing of a body, which outlives the effect that waits for the response, with the services of that effect. */
export type Run = (effect: Effect.Effect<void>, context: Context.Context<never>) => Fiber.Fiber<void>

export interface Options {
  readonly request: HttpClientRequest.HttpClientRequest
  readonly target: Target
  readonly fields: Fields
  /** Bytes of the body of the response. */
  readonly maxResponseSize: number
  readonly context: Context.Context<never>
  readonly run: Run
  readonly resume: (result: Result) => void
}

/** A class, as it is the stream, too: all that is known of a request is one object. */
export class Exchange extends Stream implements Source {
  /** How often it was sent to a server without any progress. */
  vainAttempts = 0
  readonly #options: Options
  readonly #incoming: Incoming
  #isSettled = false
  /** Whether it was sent on another connection for a 421. */
  #isRedirected = false
  #host: Host | undefined = undefined
  #uploading: Fiber.Fiber<void> | undefined = undefined
  #wentOn: (() => void) | undefined = undefined
  #response: Response | undefined = undefined

  constructor(options: Options) {
    super()
    this.fields = options.fields
    this.isHead = options.request.method === "HEAD"
    this.#options = options
    this.#incoming = new Incoming(this, options.maxResponseSize)
  }

  get request(): HttpClientRequest.HttpClientRequest {
    return this.#options.request
  }

  /** Whether the body can be written again. */
  get isRepeatable(): boolean {
    return this.request.body._tag !== "Stream"
  }

  /** Whether the exchange is settled or cancelled. */
  get isSettled(): boolean {
    return this.#isSettled
  }

  /** Settles the exchange with a result that is not a response. */
  settle(result: Result): void {
    if (this.#isSettled) return
    this.#isSettled = true
    this.#options.resume(result)
  }

  /** Opens a stream on a session that has room. */
  start(host: Host): void {
    const { body } = this.request
    this.#host = host
    this.isLast = body._tag !== "Stream"
    this.unsent = body._tag === "Uint8Array" ? body.text ?? body.body : undefined
    this.unsentLength = body._tag === "Uint8Array" ? body.contentLength : 0
    host.connection.start(this)
    if (body._tag === "Stream") {
      this.#uploading = this.#options.run(Outgoing.upload(body, this.#writing), this.#options.context)
    }
  }

  /** Cancels the exchange. */
  cancel(): void {
    this.#isSettled = true
    this.discard()
  }

  /** Usually the body comes with the headers, so the response is delivered with both. */
  deliver(): void {
    if (this.#response !== undefined) this.settle(Effect.succeed(this.#response))
  }

  // of `Source`

  take(bytes: number): void {
    this.#host?.connection.take(this, bytes)
  }

  discard(): void {
    const host = this.#host
    this.#release()
    host?.connection.cancel(this)
  }

  // of `Stream`

  onHeaders(status: number, fields: Fields): void {
    const { request, target } = this.#options
    if (status === misdirected && !this.#isRedirected && this.isRepeatable && !this.#isSettled) return this.#redirect()
    this.#response = new Response(request, target.href, status, fields, this.#incoming)
    this.#host?.answered(this)
  }

  onData(bytes: Buffer, start: number, end: number): void {
    this.#incoming.push(bytes, start, end)
  }

  onSent(): void {
    const wentOn = this.#wentOn
    this.#wentOn = undefined
    wentOn?.()
  }

  onEnd(): void {
    this.#release()
    this.#incoming.end()
    this.deliver()
  }

  onFail(cause: Error, mayBeProcessed: boolean): void {
    const host = this.#host
    this.#release()
    if (this.#response !== undefined) {
      this.#incoming.fail(cause)
      return this.deliver()
    }
    if (this.#isSettled) return
    if (mayBeProcessed || host === undefined) return this.settle(Effect.fail(Failure.lost(this.request, cause)))
    host.refused(this, cause)
  }

  /** RFC 9110, 15.5.20. */
  #redirect(): void {
    const host = this.#host
    this.#isRedirected = true
    this.discard()
    host?.misdirected(this)
  }

  #release(): void {
    const host = this.#host
    this.#host = undefined
    this.#uploading?.interruptUnsafe()
    this.#uploading = undefined
    host?.released()
  }

  get #writing(): Outgoing.Writing {
    return {
      write: (bytes) =>
        Effect.callback<void>((resume) => {
          this.#wentOn = () => resume(Effect.void)
          this.#host?.connection.write(this, bytes, false)
        }),
      end: Effect.sync(() => this.#host?.connection.write(this, nothing, true)),
      fail: (cause) =>
        Effect.sync(() => {
          this.settle(Effect.fail(Failure.encode(this.request, cause)))
          this.#incoming.fail(cause)
          this.discard()
        })
    }
  }
}

/** The status of a response from a server that is not the one of the request's authority. */
const misdirected = 421

const nothing = Buffer.alloc(0)
