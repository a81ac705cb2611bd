/**
 * How the client tells that nothing was written.
 *
 * @since 1.0.0
 */
import * as Data from "effect/Data"
import * as Predicate from "effect/Predicate"

/**
 * Marks an error by which a transport tells that the server cannot have acted on a request. Other libraries recognize it
 * by this property, without a dependency on this one.
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
   * Whether the next attempt may succeed. `false` where it cannot, as the client is closed.
   *
   * @default true
   */
  readonly retryable?: boolean | undefined
  /** What happened: an `Http2Error`, an `Http1Only`, or what the socket or `tunnel` failed with. */
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
