/**
 * One request and its response, on one stream of HTTP/2; on another one if the server did not process it.
 *
 * Made for many: an exchange is one object, and all share their listeners.
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type * as HttpBody from "effect/http/HttpBody"
import type * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Http2 from "node:http2"
import * as Failure from "./failure.ts"
import { Incoming, type Source } from "./incoming.ts"
import * as Outgoing from "./outgoing.ts"
import { Response } from "./response.ts"
import type { Target } from "./target.ts"

export type Result = Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError>

/** What an exchange is on: a session. */
export interface Host {
  readonly http2: Http2.ClientHttp2Session
  /** Whether the server may have acted on a stream that is closed. */
  mayHaveProcessed(stream: Http2.ClientHttp2Stream): boolean
  /** The stream is done. */
  release(): void
  /** The server answers; has the response delivered in the next turn of the event loop. */
  answered(exchange: Exchange): void
  /** The server did not process this: it may be sent again. */
  refused(exchange: Exchange, stream: Http2.ClientHttp2Stream, cause: unknown): void
}

/** Runs what outlives the effect that waits for the response: the writing of a body, with the services of that effect. */
export type Run = (effect: Effect.Effect<void>, context: Context.Context<never>) => Fiber.Fiber<void>

/** A stream outlives its end until a full garbage collection, as all that Node has a handle for: its exchange must not. */
type ExchangeStream = Http2.ClientHttp2Stream & { exchange: Exchange | undefined }

export class Exchange implements Source {
  readonly request: HttpClientRequest.HttpClientRequest
  /** How often it was sent to a server that did nothing else. */
  vainAttempts = 0
  readonly #target: Target
  readonly #context: Context.Context<never>
  readonly #run: Run
  readonly #resume: (result: Result) => void
  readonly #incoming: Incoming
  #isSettled = false
  #host: Host | undefined = undefined
  #stream: ExchangeStream | undefined = undefined
  #uploading: Fiber.Fiber<void> | undefined = undefined
  #response: Response | undefined = undefined
  /** Where it tells the length of the body: not over HEAD and 304. */
  #contentLength: string | undefined = undefined
  #cause: unknown = undefined

  constructor(
    request: HttpClientRequest.HttpClientRequest,
    target: Target,
    maxResponseSize: number,
    context: Context.Context<never>,
    run: Run,
    resume: (result: Result) => void
  ) {
    this.request = request
    this.#target = target
    this.#context = context
    this.#run = run
    this.#resume = resume
    this.#incoming = new Incoming(this, maxResponseSize)
  }

  /** Whether the body can be written again. */
  get isRepeatable(): boolean {
    return this.request.body._tag !== "Stream"
  }

  /** Settles with what is not a response over HTTP/2. */
  settle(result: Result): void {
    if (this.#isSettled) return
    this.#isSettled = true
    this.#resume(result)
  }

  start(host: Host): void {
    const { body } = this.request
    let stream
    try {
      stream = host.http2.request(headersOf(this.request, this.#target), body._tag === "Empty" ? withoutBody : withBody)
    } catch (cause) {
      // headers that HTTP/2 does not take
      host.release()
      return this.settle(Effect.fail(Failure.notSent(this.request, cause)))
    }
    this.#host = host
    const ours: ExchangeStream = Object.assign(stream, { exchange: this })
    this.#stream = ours
    stream.on("response", onResponse)
    stream.on("data", onData)
    stream.on("end", onEnd)
    stream.on("error", onError)
    stream.on("close", onClose)
    if (body._tag === "Uint8Array") stream.end(body.text ?? body.body)
    else if (body._tag === "Stream") this.#uploading = this.#upload(body, ours)
  }

  /** Nobody waits any more. */
  cancel(): void {
    this.#isSettled = true
    this.discard()
  }

  pause(): void {
    this.#stream?.pause()
  }

  resume(): void {
    this.#stream?.resume()
  }

  discard(): void {
    this.#stream?.close(Http2.constants.NGHTTP2_CANCEL)
  }

  responded(headers: Http2.IncomingHttpHeaders & Http2.IncomingHttpStatusHeader): void {
    if (this.request.method !== "HEAD" && headers[":status"] !== 304) this.#contentLength = headers["content-length"]
    this.#response = new Response(this.request, this.#target.href, headers[":status"] ?? 0, headers, this.#incoming)
    this.#host?.answered(this)
  }

  /** Mostly the body comes along with the headers: who waits is told of both at once. */
  deliver(): void {
    if (this.#response !== undefined) this.settle(Effect.succeed(this.#response))
  }

  /** Data may come before the event that tells of the response. */
  received(chunk: Buffer): void {
    this.#incoming.push(chunk)
  }

  ended(): void {
    const stream = this.#stream
    // the end of a stream that was torn down, or gave no response, is no end of a body
    if (stream === undefined || stream.destroyed || this.#response === undefined) return
    if (stream.writableFinished) this.#release()
    if (this.#isCut) this.#incoming.fail("the body was cut")
    else this.#incoming.end()
    this.deliver()
  }

  failed(cause: unknown): void {
    this.#cause = cause
  }

  closed(): void {
    const host = this.#host
    const stream = this.#stream
    this.#uploading?.interruptUnsafe()
    this.#stream = undefined
    this.#release()
    const cause = this.#cause ?? `the stream was closed (${stream?.rstCode ?? 0})`
    if (this.#response !== undefined) {
      this.#incoming.fail(cause)
      return this.deliver()
    }
    if (host === undefined || stream === undefined) return
    if (this.#isSettled) return
    if (host.mayHaveProcessed(stream)) return this.settle(Effect.fail(Failure.lost(this.request, cause)))
    this.#cause = undefined
    host.refused(this, stream, cause)
  }

  #upload(body: HttpBody.Stream, stream: ExchangeStream): Fiber.Fiber<void> {
    const upload = Outgoing.upload(body, stream, (cause) => {
      this.settle(Effect.fail(Failure.encode(this.request, cause)))
      this.#incoming.fail(cause)
      this.discard()
    })
    return this.#run(upload, this.#context)
  }

  // a reset without an error looks like the end of a body
  get #isCut(): boolean {
    return this.#contentLength !== undefined && this.#incoming.received !== Number(this.#contentLength)
  }

  #release(): void {
    this.#host?.release()
    this.#host = undefined
  }
}

const withBody = { endStream: false }

const withoutBody = { endStream: true }

function onResponse(this: ExchangeStream, headers: Http2.IncomingHttpHeaders & Http2.IncomingHttpStatusHeader) {
  this.exchange?.responded(headers)
}

function onData(this: ExchangeStream, chunk: Buffer) {
  this.exchange?.received(chunk)
}

function onEnd(this: ExchangeStream) {
  this.exchange?.ended()
}

function onError(this: ExchangeStream, cause: unknown) {
  this.exchange?.failed(cause)
}

function onClose(this: ExchangeStream) {
  this.exchange?.closed()
  this.exchange = undefined
}

/** As one array, which node:http2 takes without copying it into an object. */
const headersOf = ({ headers, method }: HttpClientRequest.HttpClientRequest, target: Target): Array<string> => {
  const { path, scheme } = target
  const authority = headers["host"] ?? target.authority
  const out = [":method", method, ":scheme", scheme, ":authority", authority, ":path", path]
  for (const name in headers) {
    const value = headers[name]
    if (value !== undefined && Object.hasOwn(headers, name) && !ofConnection.has(name)) out.push(name, value)
  }
  return out
}

/** What HTTP/1.1 says about a connection, and HTTP/2 forbids (RFC 9113, 8.2.2). */
const ofConnection = new Set([
  "connection",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade"
])
