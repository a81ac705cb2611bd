/**
 * How a transport tells that nothing was written.
 *
 * @since 1.0.0
 */
import * as Data from "effect/Data"

/**
 * The `cause` by which an `HttpClient` tells that a request failed before anything of it was written: the service
 * cannot have accepted it, so that sending it again cannot duplicate.
 *
 * **Details**
 *
 * `ECONNREFUSED`, `ENOTFOUND`, `EAI_AGAIN` and `UND_ERR_CONNECT_TIMEOUT`, as Node, undici and fetch report them, count
 * likewise. Every other failure counts as written.
 *
 * **Example** (A client that refuses while it is closed)
 *
 * ```ts
 * import { RequestNotSent } from "@cloud-messaging/client"
 * import { Effect } from "effect"
 * import { HttpClient, HttpClientError, type HttpClientRequest } from "effect/http"
 *
 * const notSent = (request: HttpClientRequest.HttpClientRequest) => {
 *   const cause = new RequestNotSent.RequestNotSent({ cause: "closed" })
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
  /** What happened, for the transport's own use: the library shows nothing of it. */
  readonly cause?: unknown
}> {
  override get message(): string {
    return "the request was not sent"
  }
}
