/**
 * The error for requests that need HTTP/1.1.
 *
 * @since 1.0.0
 */
import * as Data from "effect/Data"
import * as HttpClientError from "effect/http/HttpClientError"
import * as Predicate from "effect/Predicate"
import { isRequestNotSent } from "./RequestNotSent.ts"

/**
 * The request needs a client of HTTP/1.1: its server did not choose HTTP/2 when the connection was made (ALPN, RFC 7301),
 * or it is for an `http:` origin while `h2c` is off, or it asks for an upgrade. It is the `cause` of the `RequestNotSent`
 * that is the `cause` of the `TransportError`: nothing was sent, so that another client can take over.
 *
 * @category errors
 * @since 1.0.0
 */
export class Http1Only extends Data.TaggedError("Http1Only")<{
  /** Scheme, host and port, as in `https://example.com`. */
  readonly origin: string
}> {
  override get message(): string {
    return `${this.origin} cannot be reached over HTTP/2`
  }
}

/**
 * Whether a request failed because it needs a client of HTTP/1.1.
 *
 * **Example** (Another client takes over)
 *
 * ```ts
 * import { Http1Only, Http2Client } from "@cloud-messaging/http2"
 * import { Effect } from "effect"
 * import { FetchHttpClient, HttpClient } from "effect/http"
 *
 * const client = Effect.gen(function*() {
 *   const http2 = yield* Http2Client.make()
 *   const http1 = yield* HttpClient.HttpClient
 *   return HttpClient.make((request) =>
 *     Effect.catchIf(http2.execute(request), Http1Only.isHttp1Only, () => http1.execute(request))
 *   )
 * }).pipe(Effect.provide(FetchHttpClient.layer))
 * ```
 *
 * @category guards
 * @since 1.0.0
 */
export const isHttp1Only = (error: unknown): boolean => {
  if (!HttpClientError.isHttpClientError(error)) return false
  const { cause } = error.reason
  return isRequestNotSent(cause) && Predicate.isTagged(cause.cause, "Http1Only")
}
