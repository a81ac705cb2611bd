/**
 * One HTTP exchange with a service that we do not trust: bounded in size, told apart by what was written.
 */
import * as ByteSize from "effect/ByteSize"
import type * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { constTrue } from "effect/Function"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Headers from "effect/http/Headers"
import * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as HttpIncomingMessage from "effect/http/HttpIncomingMessage"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { BodyTooLarge, isBodyTooLarge, isBoundedResponse } from "../BoundedResponse.ts"
import { Network, Timeout } from "../SendError.ts"
import { memoizeLast } from "./memoize.ts"
import { failureOf } from "./notSent.ts"

/** What came back, whole. */
export interface Answer {
  readonly status: number
  /** Empty when the body was larger than we read. */
  readonly text: string
  readonly retryAfter: Duration.Duration | undefined
}

/** Whether the service did what it was asked, by the status. */
export const isOk = ({ status }: Answer): boolean => status >= 200 && status <= 299

/** Nothing whole came back. */
export class Lost extends Data.TaggedError("Lost")<{
  readonly reason: Network | Timeout
  /** Whether the service may have seen the request. */
  readonly written: boolean
  /** Whether another attempt may succeed. */
  readonly retryable: boolean
}> {}

export const isLost = (heard: Answer | Lost): heard is Lost => heard instanceof Lost

/** The largest body that is read: a multicast of 1000 is a tenth of it. */
export const maxBodyBytes = 4 * 1024 * 1024

/**
 * The client of the application, without spans and trace headers (they would go to a third party), and without
 * redirects where the client is fetch, which would hand credentials and recipients on.
 */
export const quiet = Effect.fnUntraced(
  function*(): Effect.fn.Return<HttpClient.HttpClient, never, HttpClient.HttpClient> {
    const context = yield* Effect.context<HttpClient.HttpClient>()
    const init: RequestInit = { ...Context.getOrUndefined(context, FetchHttpClient.RequestInit), redirect: "manual" }
    const maxBodySize = ByteSize.bytes(maxBodyBytes)
    // requests of one send have one context
    const withOwn = memoizeLast((context: Context.Context<never>) =>
      context.pipe(
        Context.add(FetchHttpClient.RequestInit, init),
        Context.add(HttpClient.TracerDisabledWhen, constTrue),
        Context.add(HttpIncomingMessage.MaxBodySize, maxBodySize)
      )
    )
    return HttpClient.transformResponse(
      Context.get(context, HttpClient.HttpClient),
      Effect.updateContext(withOwn)
    )
  }
)

/**
 * Asks, reads the answer, and goes on with `hear`. Steps are few, as requests are many. How long it takes is
 * for the caller to limit.
 */
export const exchange = <A, E>(
  response: Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError>,
  clock: Clock.Clock,
  hear: (heard: Answer | Lost) => Effect.Effect<A, E>
): Effect.Effect<A, E> => {
  const read = (response: HttpClientResponse.HttpClientResponse): Effect.Effect<A, E> => {
    const text = readText(response)
    // mostly the whole answer is here
    if (isExit(text) && Exit.isSuccess(text)) return hear(new Heard(response, text.value, clock))
    return Effect.matchEffect(text, {
      onFailure: (error) => hear(isTooLarge(error) ? new Heard(response, "", clock) : lost(error)),
      onSuccess: (text) => hear(new Heard(response, text, clock))
    })
  }
  return Effect.matchEffect(response, {
    onFailure: (error) =>
      // a client that fails on statuses still has the answer
      error.reason._tag === "StatusCodeError" ? read(error.reason.response) : hear(lost(error)),
    onSuccess: read
  })
}

/** `Exit.isExit`, that knows of what. */
const isExit = <A, E>(self: Effect.Effect<A, E>): self is Exit.Exit<A, E> => Exit.isExit(self)

/** The timeout of a request to a URL. */
export const timedOut = (after: Duration.Duration, url: string): Lost =>
  new Lost({ reason: new Timeout({ after, host: hostOf(url) }), retryable: true, written: true })

/**
 * An answer whose headers are looked at where something went wrong: they cost more than they mostly tell. A class: V8 keeps
 * the getter of an object literal until a full garbage collection, and with it the response and all that belongs to it.
 */
class Heard implements Answer {
  readonly status: number
  readonly text: string
  readonly #response: HttpClientResponse.HttpClientResponse
  readonly #clock: Clock.Clock

  constructor(response: HttpClientResponse.HttpClientResponse, text: string, clock: Clock.Clock) {
    this.status = response.status
    this.text = text
    this.#response = response
    this.#clock = clock
  }

  get retryAfter(): Duration.Duration | undefined {
    return retryAfter(this.#response.headers["retry-after"], this.#clock.currentTimeMillisUnsafe())
  }
}

const readText = (
  response: HttpClientResponse.HttpClientResponse
): Effect.Effect<string, HttpClientError.HttpClientError> => {
  if (isBoundedResponse(response)) return response.text
  const length = response.headers["content-length"]
  // neither undici nor fetch bounds what it reads, and the length of a compressed body says nothing
  return length !== undefined && /^\d+$/.test(length) && Number(length) <= maxBodyBytes &&
      response.headers["content-encoding"] === undefined
    ? response.text
    : readCounted(response.stream)
}

const isTooLarge = (error: HttpClientError.HttpClientError): boolean => isBodyTooLarge(error.reason.cause)

const readCounted = (
  stream: Stream.Stream<Uint8Array, HttpClientError.HttpClientError>
): Effect.Effect<string, HttpClientError.HttpClientError> =>
  Effect.suspend(() => {
    const body = new Counted()
    return Effect.matchEffect(Stream.runForEachArray(stream, body.add), {
      onFailure: (error) =>
        isBodyTooLarge(error) || error.reason._tag === "EmptyBodyError"
          ? Effect.succeed("")
          : Effect.fail(error),
      onSuccess: () => Effect.succeed(body.text)
    })
  })

const utf8 = new TextDecoder()

/** A body as it comes. */
class Counted {
  #length = 0
  /** Mostly one piece; several are put together as they come: a body of many small ones is no larger than another. */
  #bytes: Uint8Array = new Uint8Array()

  readonly add = (pieces: ReadonlyArray<Uint8Array>): Effect.Effect<void, BodyTooLarge> => {
    for (const piece of pieces) {
      const length = this.#length + piece.length
      if (length > maxBodyBytes) return Effect.fail(new BodyTooLarge({ limit: maxBodyBytes }))
      if (this.#length === 0) this.#bytes = piece
      else this.#append(piece, length)
      this.#length = length
    }
    return Effect.void
  }

  get text(): string {
    return utf8.decode(this.#bytes.subarray(0, this.#length))
  }

  #append(piece: Uint8Array, length: number): void {
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(2 * length)
      larger.set(this.#bytes.subarray(0, this.#length))
      this.#bytes = larger
    }
    this.#bytes.set(piece, this.#length)
  }
}

const retryAfter = (header: string | undefined, now: number): Duration.Duration | undefined => {
  if (header === undefined) return undefined
  const parsed = Headers.parseRetryAfter(header)
  if (Result.isFailure(parsed)) return undefined
  const delay = Headers.retryAfterDelay(parsed.success, now)
  return Duration.isZero(delay) ? undefined : delay
}

const lost = (error: HttpClientError.HttpClientError): Lost => {
  const { detail, retryable, written } = failureOf(error)
  return new Lost({ reason: new Network({ detail, host: hostOf(error.request.url) }), retryable, written })
}

/** The host and the port: other parts of a URL may be secret. */
const hostOf = (url: string): string | undefined => URL.parse(url)?.host
