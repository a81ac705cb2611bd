/**
 * How a transport tells that nothing was written.
 *
 * @since 1.0.0
 */
import * as Data from "effect/Data"
import * as Predicate from "effect/Predicate"

/**
 * Marks an error that says that nothing of the request was written. The library recognizes the error by this property, so a
 * transport does not have to depend on the library.
 *
 * @category symbols
 * @since 1.0.0
 */
export const TypeId = "~@cloud-messaging/client/RequestNotSent"

/**
 * The `cause` by which an `HttpClient` tells that a request failed before anything of it was written: the service
 * cannot have accepted it, so that sending it again cannot duplicate.
 *
 * **Details**
 *
 * The library also treats these errors as not sent, as the cause of the client's error or as a cause of that:
 *
 * - errors of the system calls that look up a name, bind and connect (`syscall`), whatever their code;
 * - `ECONNREFUSED`, `ENOTFOUND`, `EAI_AGAIN`, `UND_ERR_CONNECT_TIMEOUT`, and the texts of Bun and Deno that mean the same;
 * - rejected certificates (`CERT_HAS_EXPIRED`, `DEPTH_ZERO_SELF_SIGNED_CERT`, `ERR_TLS_CERT_ALTNAME_INVALID`, …)
 *   and failed TLS handshakes, if the error names the handshake;
 * - proxies that refused to connect (undici, Node, Bun, Deno);
 * - requests through an undici client that was already closed or destroyed.
 *
 * Every error of an `AggregateError` must be one of these. Every other failure counts as written. workerd reports a refused
 * connection and a broken one alike, so both count as written there.
 *
 * **Example** (A client that refuses while it is closed)
 *
 * ```ts
 * import { RequestNotSent } from "@cloud-messaging/client"
 * import { Effect } from "effect"
 * import { HttpClient, HttpClientError, type HttpClientRequest } from "effect/http"
 *
 * const notSent = (request: HttpClientRequest.HttpClientRequest) => {
 *   const cause = new RequestNotSent.RequestNotSent({ reason: "the client is closed", retryable: false })
 *   const reason = new HttpClientError.TransportError({ request, cause })
 *   return new HttpClientError.HttpClientError({ reason })
 * }
 *
 * const closed = HttpClient.make((request) => Effect.fail(notSent(request)))
 * ```
 *
 * @category errors
 * @since 1.0.0
 */
export class RequestNotSent extends Data.TaggedError("RequestNotSent")<{
  /**
   * Why, in a few words. The library's errors show this text, so it must quote nothing of the request. By default they show
   * the first error code of `cause`.
   */
  readonly reason?: string | undefined
  /**
   * Whether another attempt may succeed. With `false`, as for a closed client, the library does not retry.
   *
   * @default true
   */
  readonly retryable?: boolean | undefined
  /** The original error, for the transport's own use: the library shows only its error code. */
  readonly cause?: unknown
}> {
  /**
   * Marks it.
   *
   * @since 1.0.0
   */
  readonly [TypeId] = TypeId

  override get message(): string {
    return this.reason === undefined ? "the request was not sent" : `the request was not sent: ${this.reason}`
  }
}

/**
 * Whether an error says that nothing was written: a `RequestNotSent`, or an error of a transport with the same mark.
 *
 * @category guards
 * @since 1.0.0
 */
export const isRequestNotSent = (
  u: unknown
): u is Pick<RequestNotSent, typeof TypeId | "reason" | "retryable"> => Predicate.hasProperty(u, TypeId)
