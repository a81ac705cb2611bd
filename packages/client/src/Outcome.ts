/**
 * What became of a message for one recipient.
 *
 * A fault of one recipient is a value, so that the others are not lost with it; what fails a send as a whole is a
 * `SendError`. Which answer becomes which outcome: docs/errors-and-retries.md.
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
 * - `keep`: nothing to do about the recipient.
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
export class Success extends Data.TaggedClass("Success") {
  /** Whose outcome this is. */
  readonly recipient: Recipient
  /** FCM: `projects/{project}/messages/{id}`. GCM: the `message_id`. */
  readonly messageId: string
  /** GCM: the id to use from now on, when it is another. */
  readonly canonical: Recipient | undefined

  /** Makes one of its fields. */
  constructor(fields: Pick<Success, "recipient" | "messageId" | "canonical">) {
    super()
    // one by one: what most outcomes are is made without copying an object
    this.recipient = fields.recipient
    this.messageId = fields.messageId
    this.canonical = fields.canonical
  }

  /** `replace` if there is a canonical id. */
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
export type Canonical = Success & {
  /** The id to use from now on. */
  readonly canonical: Recipient
}

/**
 * The app is gone from the device: uninstalled, unregistered, or, on Android, silent for 270 days.
 *
 * Source: firebase.google.com/docs/cloud-messaging/manage-tokens.
 *
 * @category models
 * @since 1.0.0
 */
export class NotRegistered extends Data.TaggedClass("NotRegistered")<{
  /** Whose outcome this is. */
  readonly recipient: Recipient
  /** What Apple's service said, where it was asked: `APNs 410 Unregistered`. */
  readonly detail?: string | undefined
}> {
  /** Nobody is reached by this recipient any more. */
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
  /** Whose outcome this is. */
  readonly recipient: Recipient
  /**
   * The service's code (`SENDER_ID_MISMATCH`, `InvalidRegistration`, …; `UNKNOWN` for an invalid code). Without a code, it
   * is `UnexpectedStatus`, or `NOT_FOUND` for a 404 of a project that accepted messages before. If it is refused before
   * anything is sent, it is `InvalidRecipient` or (in `sendEach`) `InvalidMessage`.
   */
  readonly code: string
  /**
   * A text for people, if there is one: the service's text, at most 300 characters, with the data of the request hidden.
   * With `fixMessage` for a token that FCM calls invalid, it also has what `Message.lint` finds wrong for Apple.
   */
  readonly detail: string | undefined
  /**
   * The invalid fields of the message (or the invalid `recipient`), if the service names them; at most 20. They are
   * followed by what `Message.lint` finds wrong for Apple, with paths of the message.
   */
  readonly issues: ReadonlyArray<Issue>
  /** What to do, by the code: see {@link Disposition}, and the tables of docs/errors-and-retries.md. */
  readonly disposition: "keep" | "remove" | "fixMessage" | "fixCredentials" | "retryLater"
}> {}

/**
 * The service was in trouble, and the send gave up: by its retry policy, its deadline, or the message's time to live.
 *
 * @category models
 * @since 1.0.0
 */
export class Unavailable extends Data.TaggedClass("Unavailable")<{
  /** Whose outcome this is. */
  readonly recipient: Recipient
  /** The service's code (`UNAVAILABLE`, `InternalServerError`, …), else the tag of the transport's reason (`Network`, …). */
  readonly code: string
  /** What the service asked to wait, when it did. */
  readonly retryAfter: Duration.Duration | undefined
  /** Requests made for this recipient. 0: a closed gate, the pace or the end of its stream came first. */
  readonly attempts: number
  /**
   * The answer of Apple's service, if FCM passes it on (`APNs 503 ServiceUnavailable`), the quota that is used up, or the
   * text of FCM if it gives no code, at most 300 characters, with the data of the request hidden.
   */
  readonly detail?: string | undefined
}> {
  /** Not accepted, for all that is known. */
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
  /** Whose outcome this is. */
  readonly recipient: Recipient
  /** Requests made for this recipient, 1 or more. */
  readonly attempts: number
  /** `retryLater` where a message twice is better than none (`delivery: "atLeastOnce"`), else `keep`. */
  readonly disposition: "keep" | "retryLater"
}> {}

/**
 * What became of a message for one recipient. Told apart by `_tag`; what to do about it is its `disposition`.
 *
 * **Example** (What to do in a database)
 *
 * ```ts
 * import { type Outcome, Recipient } from "@cloud-messaging/client"
 *
 * const todo = (outcome: Outcome.Outcome): string => {
 *   switch (outcome.disposition) {
 *     case "remove":
 *       return `delete ${Recipient.value(outcome.recipient)}`
 *     case "replace":
 *       return `store ${Recipient.value(outcome.canonical ?? outcome.recipient)}`
 *     default:
 *       return outcome._tag
 *   }
 * }
 * ```
 *
 * @category models
 * @since 1.0.0
 */
export type Outcome = Success | NotRegistered | Failed | Unavailable | Unknown
