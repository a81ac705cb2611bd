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
 * @category errors
 * @since 1.0.0
 */
export class RequestNotSent extends Data.TaggedError("RequestNotSent")<{
  /** What happened. */
  readonly cause?: unknown
}> {
  override get message(): string {
    return "the request was not sent"
  }
}
