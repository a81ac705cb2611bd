/**
 * What became of a message for one recipient.
 *
 * @since 1.0.0
 */
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import type { Issue } from "./Message.ts"
import type { Recipient } from "./Recipient.ts"

/**
 * What to do about an outcome.
 *
 * **Details**
 *
 * - `keep`: nothing to do.
 * - `remove`: the recipient is gone or never was one; delete it.
 * - `replace`: store `canonical` in its place.
 * - `fixMessage`: the message is wrong for this recipient; sending it again cannot help.
 * - `fixCredentials`: the recipient belongs to another sender, or the platform's credentials are wrong.
 * - `retryLater`: send again, later.
 *
 * @category models
 * @since 1.0.0
 */
export type Disposition = "keep" | "remove" | "replace" | "fixMessage" | "fixCredentials" | "retryLater"

/**
 * Accepted by the service; not delivered or shown: nobody can know more.
 *
 * @category models
 * @since 1.0.0
 */
export class Success extends Data.TaggedClass("Success")<{
  readonly recipient: Recipient
  /** FCM: `projects/{project}/messages/{id}`. GCM: the `message_id`. */
  readonly messageId: string
  /** GCM: the id to use from now on, when it is another. */
  readonly canonical: Recipient | undefined
}> {
  get disposition(): "keep" | "replace" {
    return this.canonical === undefined ? "keep" : "replace"
  }
}

/**
 * A success that names the id to use from now on.
 *
 * @category models
 * @since 1.0.0
 */
export type Canonical = Success & { readonly canonical: Recipient }

/**
 * The app is gone from the device: uninstalled, unregistered, or silent for 270 days.
 *
 * @category models
 * @since 1.0.0
 */
export class NotRegistered extends Data.TaggedClass("NotRegistered")<{ readonly recipient: Recipient }> {
  get disposition(): "remove" {
    return "remove"
  }
}

/**
 * Refused; not retried by the send.
 *
 * @category models
 * @since 1.0.0
 */
export class Failed extends Data.TaggedClass("Failed")<{
  readonly recipient: Recipient
  /** The service's code (`SENDER_ID_MISMATCH`, `InvalidRegistration`, …), or `InvalidRecipient`: refused before sending. */
  readonly code: string
  /** The service's text, without secrets, when it gave one. */
  readonly detail: string | undefined
  /** What the service found wrong with which field. */
  readonly issues: ReadonlyArray<Issue>
  readonly disposition: "keep" | "remove" | "fixMessage" | "fixCredentials" | "retryLater"
}> {}

/**
 * The service was in trouble, and the send gave up.
 *
 * @category models
 * @since 1.0.0
 */
export class Unavailable extends Data.TaggedClass("Unavailable")<{
  readonly recipient: Recipient
  /** The service's code (`UNAVAILABLE`, `InternalServerError`, …), else the tag of the transport's reason (`Network`, …). */
  readonly code: string
  /** What the service asked to wait, when it did. */
  readonly retryAfter: Duration.Duration | undefined
  /** Requests made for this recipient. */
  readonly attempts: number
}> {
  get disposition(): "retryLater" {
    return "retryLater"
  }
}

/**
 * May have been accepted: the answer was lost, or was none.
 *
 * @category models
 * @since 1.0.0
 */
export class Unknown extends Data.TaggedClass("Unknown")<{
  readonly recipient: Recipient
  /** Requests made for this recipient. */
  readonly attempts: number
  /** `retryLater` where a message twice is better than none (`delivery: "atLeastOnce"`), else `keep`. */
  readonly disposition: "keep" | "retryLater"
}> {}

/**
 * What became of a message for one recipient.
 *
 * @category models
 * @since 1.0.0
 */
export type Outcome = Success | NotRegistered | Failed | Unavailable | Unknown
