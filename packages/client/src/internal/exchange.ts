/**
 * One HTTP exchange with a service that we do not trust: bounded in time and size, told apart by what was written.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { constTrue } from "effect/Function"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Headers from "effect/http/Headers"
import * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { RequestNotSent } from "../RequestNotSent.ts"
import { Network, Timeout } from "../SendError.ts"

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
}> {}

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
    return HttpClient.transformResponse(
      Context.get(context, HttpClient.HttpClient),
      Effect.provideContext(
        Context.make(FetchHttpClient.RequestInit, init).pipe(
          Context.add(HttpClient.TracerDisabledWhen, constTrue)
        )
      )
    )
  }
)

/** Sends a request and reads the answer, all within `timeout`. */
export const exchange = (
  client: HttpClient.HttpClient,
  request: HttpClientRequest.HttpClientRequest,
  timeout: Duration.Duration
): Effect.Effect<Answer, Lost> =>
  client.execute(request).pipe(
    // a client that fails on statuses still has the answer
    Effect.catchReason("HttpClientError", "StatusCodeError", ({ response }) => Effect.succeed(response)),
    Effect.flatMap(read),
    Effect.mapError(lost),
    Effect.timeoutOrElse({
      duration: timeout,
      orElse: () => Effect.fail(new Lost({ reason: new Timeout({ after: timeout }), written: true }))
    })
  )

const read = (response: HttpClientResponse.HttpClientResponse) =>
  Effect.flatMap(Clock.currentTimeMillis, (now) =>
    Effect.map(readText(response), (text): Answer => ({
      status: response.status,
      text,
      retryAfter: retryAfter(response.headers, now)
    })))

const readText = (
  response: HttpClientResponse.HttpClientResponse
): Effect.Effect<string, HttpClientError.HttpClientError> => {
  const length = response.headers["content-length"] ?? ""
  // neither undici nor fetch bounds what it reads, and the length of a compressed body says nothing
  return /^\d+$/.test(length) && Number(length) <= maxBodyBytes && response.headers["content-encoding"] === undefined
    ? response.text
    : readCounted(response.stream)
}

const readCounted = (stream: Stream.Stream<Uint8Array, HttpClientError.HttpClientError>) =>
  Effect.suspend(() => {
    const decoder = new TextDecoder()
    return stream.pipe(
      // put together as it comes: a body of many small pieces is no larger than another
      Stream.mapAccum(() => ({ bytes: 0, text: "" }), (read, chunk) => {
        const next = {
          bytes: read.bytes + chunk.length,
          text: read.text + decoder.decode(chunk, { stream: true })
        }
        return [next, [next]]
      }),
      Stream.takeUntil(({ bytes }) => bytes > maxBodyBytes),
      Stream.runLast,
      Effect.map(Option.match({
        onNone: () => "",
        onSome: ({ bytes, text }) => bytes > maxBodyBytes ? "" : text + decoder.decode()
      })),
      Effect.catchReason("HttpClientError", "EmptyBodyError", () => Effect.succeed(""))
    )
  })

const retryAfter = (headers: Headers.Headers, now: number): Duration.Duration | undefined => {
  const header = headers["retry-after"]
  if (header === undefined) return undefined
  const parsed = Headers.parseRetryAfter(header)
  if (Result.isFailure(parsed)) return undefined
  const delay = Headers.retryAfterDelay(parsed.success, now)
  return Duration.isZero(delay) ? undefined : delay
}

// -----------------------------------------------------------------------------
// Was it written?
// -----------------------------------------------------------------------------

const lost = (error: HttpClientError.HttpClientError): Lost =>
  new Lost({ reason: new Network({ detail: detail(error) }), written: written(error) })

const written = ({ reason }: HttpClientError.HttpClientError): boolean => {
  switch (reason._tag) {
    case "EncodeError":
    case "InvalidUrlError":
      return false
    case "TransportError":
      return !causes(reason.cause).some((cause) =>
        cause instanceof RequestNotSent || notSentCodes.has(code(cause) ?? "")
      )
    default:
      return true
  }
}

const notSentCodes = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT"])

// Node and undici put the code on the cause, fetch on the cause's cause; an AggregateError (several addresses) has it, too
const causes = (cause: unknown): ReadonlyArray<unknown> =>
  Predicate.hasProperty(cause, "cause") ? [cause, cause.cause] : [cause]

const code = (cause: unknown): string | undefined =>
  Predicate.hasProperty(cause, "code") && Predicate.isString(cause.code) && /^[A-Z][A-Z0-9_]{0,40}$/.test(cause.code)
    ? cause.code
    : undefined

// No text of the cause: it is foreign, and may quote what was sent
const detail = (error: HttpClientError.HttpClientError): string => {
  const codes = causes(error.reason.cause).flatMap((cause) => code(cause) ?? [])
  return codes[0] ?? (error.reason._tag === "TransportError" ? "no reason given" : reasons[error.reason._tag])
}

const reasons: Record<Exclude<HttpClientError.HttpClientErrorReason["_tag"], "TransportError">, string> = {
  EncodeError: "the request could not be encoded",
  InvalidUrlError: "the URL is invalid",
  StatusCodeError: "the client refused the status",
  DecodeError: "the answer was cut",
  EmptyBodyError: "the answer was empty"
}
