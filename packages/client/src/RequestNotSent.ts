/**
 * How a transport tells that nothing was written.
 *
 * @since 1.0.0
 */
import * as Data from "effect/Data"
import * as Predicate from "effect/Predicate"

/**
 * Marks an error: nothing of the request was written. The library knows it by this property, so that a transport need
 * not depend on the library.
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
 * These count likewise, on the cause of the client's error or on a cause of that:
 *
 * - errors of the system calls that look up a name, bind and connect (`syscall`), whatever their code;
 * - `ECONNREFUSED`, `ENOTFOUND`, `EAI_AGAIN`, `UND_ERR_CONNECT_TIMEOUT`, and what Bun and Deno say instead;
 * - certificates that were refused (`CERT_HAS_EXPIRED`, `DEPTH_ZERO_SELF_SIGNED_CERT`, `ERR_TLS_CERT_ALTNAME_INVALID`, …)
 *   and TLS handshakes that failed, where the error says that it was the handshake;
 * - proxies that refused to connect (undici, Node, Bun, Deno);
 * - requests made with a client of undici that was closed or destroyed before.
 *
 * Of several errors (`AggregateError`), each must be one of them. Every other failure counts as written. workerd does
 * not tell a connection that was refused from one that broke: both count as written there.
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
   * Why, in a few words. The library's errors show them, so they must quote nothing of the request. By default the first
   * error code of `cause` is shown.
   */
  readonly reason?: string | undefined
  /**
   * Whether the next attempt may succeed. `false` where it cannot, as the client is closed: the library makes none.
   *
   * @default true
   */
  readonly retryable?: boolean | undefined
  /** What happened, for the transport's own use: the library shows nothing of it but an error code. */
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
 * Whether an error says that nothing was written: a `RequestNotSent`, or one of a transport's own with its mark.
 *
 * @category guards
 * @since 1.0.0
 */
export const isRequestNotSent = (
  u: unknown
): u is Pick<RequestNotSent, typeof TypeId | "reason" | "retryable"> => Predicate.hasProperty(u, TypeId)
