/**
 * The marks of bounded responses and of their errors.
 *
 * @since 1.0.0
 */
import * as Data from "effect/Data"
import * as Predicate from "effect/Predicate"

/**
 * Marks a response: `text`, `json` and `arrayBuffer` fail when the body is larger than
 * `HttpIncomingMessage.MaxBodySize` was when the request was executed, with a `DecodeError` whose cause is a
 * {@link BodyTooLarge}. Other libraries recognize it by this property, without a dependency on this one.
 *
 * @category symbols
 * @since 1.0.0
 */
export const TypeId = "~@cloud-messaging/client/BoundedResponse"

/**
 * A response whose body is bounded.
 *
 * @category models
 * @since 1.0.0
 */
export interface BoundedResponse {
  readonly [TypeId]: typeof TypeId
}

/**
 * Whether a response is marked as bounded.
 *
 * @category guards
 * @since 1.0.0
 */
export const isBoundedResponse = (u: unknown): u is BoundedResponse => Predicate.hasProperty(u, TypeId)

/**
 * Marks a {@link BodyTooLarge}.
 *
 * @category symbols
 * @since 1.0.0
 */
export const BodyTooLargeTypeId = "~@cloud-messaging/client/BoundedResponse/BodyTooLarge"

/**
 * The `cause` of a `DecodeError` if the body of a response is larger than the limit.
 *
 * @category errors
 * @since 1.0.0
 */
export class BodyTooLarge extends Data.TaggedError("BodyTooLarge")<{
  /** Bytes. */
  readonly limit: number
}> {
  /** Marks the error. */
  readonly [BodyTooLargeTypeId] = BodyTooLargeTypeId

  override get message(): string {
    return `the body is larger than ${this.limit} bytes`
  }
}
