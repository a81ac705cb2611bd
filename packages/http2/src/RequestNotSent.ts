/**
 * The error of a request that was not sent.
 *
 * @since 1.0.0
 */
import * as Data from "effect/Data"
import * as Predicate from "effect/Predicate"

/**
 * Marks an error that says that the server cannot have acted on a request. Other libraries recognize the error by this
 * property, without a dependency on this one.
 *
 * @category symbols
 * @since 1.0.0
 */
export const TypeId = "~@cloud-messaging/client/RequestNotSent"

/**
 * The `cause` of a `TransportError` if the server cannot have acted on the request: it was never written, or the server
 * says that it did not process it. Sending it again cannot duplicate anything.
 *
 * @category errors
 * @since 1.0.0
 */
export class RequestNotSent extends Data.TaggedError("RequestNotSent")<{
  /** Why, in a few words that quote nothing of the request. */
  readonly reason?: string | undefined
  /**
   * Whether another attempt may succeed; `false` for a closed client, for example.
   *
   * @default true
   */
  readonly retryable?: boolean | undefined
  /** The original error: an `Http2Error`, an `Http1Only`, or the error of the socket or of `tunnel`. */
  readonly cause?: unknown
}> {
  /** Marks the error. */
  readonly [TypeId] = TypeId

  override get message(): string {
    return this.reason === undefined ? "the request was not sent" : `the request was not sent: ${this.reason}`
  }
}

/**
 * Whether an error says that a request was not sent.
 *
 * @category guards
 * @since 1.0.0
 */
export const isRequestNotSent = (u: unknown): u is RequestNotSent => Predicate.hasProperty(u, TypeId)
