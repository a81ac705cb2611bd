/**
 * How a transport tells that it bounds what it reads.
 *
 * An answer is never read beyond four MiB. Most clients read whatever comes, so that their answers are counted piece by
 * piece, which costs. A transport that keeps to `HttpIncomingMessage.MaxBodySize` has its answers read whole.
 *
 * @since 1.0.0
 */
import * as Data from "effect/Data"
import * as Predicate from "effect/Predicate"

/**
 * Marks a response: `text`, `json` and `arrayBuffer` fail when the body is larger than
 * `HttpIncomingMessage.MaxBodySize` was when the request was executed, with a `DecodeError` whose cause is a
 * {@link BodyTooLarge}.
 *
 * @category symbols
 * @since 1.0.0
 */
export const TypeId = "~@cloud-messaging/client/BoundedResponse"

/**
 * A response whose body is bounded.
 *
 * **Example** (A response of a transport of one's own)
 *
 * ```ts
 * import { BoundedResponse } from "@cloud-messaging/client"
 *
 * class Response implements BoundedResponse.BoundedResponse {
 *   readonly [BoundedResponse.TypeId] = BoundedResponse.TypeId
 * }
 *
 * BoundedResponse.isBoundedResponse(new Response()) // true
 * ```
 *
 * @category models
 * @since 1.0.0
 */
export interface BoundedResponse {
  readonly [TypeId]: typeof TypeId
}

/**
 * Whether a response says that its body is bounded.
 *
 * @category guards
 * @since 1.0.0
 */
export const isBoundedResponse = (u: unknown): u is BoundedResponse => Predicate.hasProperty(u, TypeId)

/**
 * Marks an error that says that a body is larger than the limit. The library recognizes the error by this property, so a
 * transport does not have to depend on the library.
 *
 * @category symbols
 * @since 1.0.0
 */
export const BodyTooLargeTypeId = "~@cloud-messaging/client/BoundedResponse/BodyTooLarge"

/**
 * The `cause` by which a transport tells that a body was larger than it may be.
 *
 * @category errors
 * @since 1.0.0
 */
export class BodyTooLarge extends Data.TaggedError("BodyTooLarge")<{
  /** Bytes. */
  readonly limit: number
}> {
  /**
   * Marks it.
   *
   * @since 1.0.0
   */
  readonly [BodyTooLargeTypeId] = BodyTooLargeTypeId

  override get message(): string {
    return `the body is larger than ${this.limit} bytes`
  }
}

/**
 * Whether an error says that a body is too large: a `BodyTooLarge`, or an error of a transport with the same mark.
 *
 * @category guards
 * @since 1.0.0
 */
export const isBodyTooLarge = (u: unknown): u is Pick<BodyTooLarge, typeof BodyTooLargeTypeId> =>
  Predicate.hasProperty(u, BodyTooLargeTypeId)
