/**
 * Who is subscribed to which topic.
 *
 * Source: firebase.google.com/docs/reference/fcm/fcmtopics/rest/v1/projects.registrations.topicSubscriptions, and
 * developers.google.com/instance-id/reference/server.
 *
 * @since 1.0.0
 */
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"
import { withAll } from "./internal/recipients.ts"
import type { SendOptions } from "./Messaging.ts"
import type * as Outcome from "./Outcome.ts"
import type * as Recipient from "./Recipient.ts"
import type { SendError } from "./SendError.ts"

// -----------------------------------------------------------------------------
// Models
// -----------------------------------------------------------------------------

/**
 * Subscribed, or unsubscribed, as asked; or so already.
 *
 * @category models
 * @since 1.0.0
 */
export class Changed extends Data.TaggedClass("Changed")<{
  /** Whose subscription it is. */
  readonly recipient: Recipient.Recipient
}> {
  /** Nothing is to be done. */
  get disposition(): "keep" {
    return "keep"
  }
}

/**
 * What became of a subscription: `Changed`, or what a send would say of the recipient.
 *
 * @category models
 * @since 1.0.0
 */
export type TopicOutcome = Changed | Exclude<Outcome.Outcome, Outcome.Success>

// -----------------------------------------------------------------------------
// Service
// -----------------------------------------------------------------------------

/**
 * What changes subscriptions.
 *
 * Changes are retried as a send is. Several registration tokens go in requests of up to 1000 (Instance ID's `batchAdd`
 * and `batchRemove`); one token, and installation ids, in requests of their own. Errors have an empty report, and name
 * every recipient of the call in `unsettled`: repeating is harmless.
 *
 * @category models
 * @since 1.0.0
 */
export interface Service {
  /**
   * Subscribes recipients to a topic (1 to 900 letters, digits and `-_.~%`; the prefix `/topics/` may be there): an
   * outcome for each, in input order. An app installation can have 2000 topics.
   */
  readonly subscribe: (
    topic: string,
    recipients: Recipient.Inputs,
    options?: SendOptions
  ) => Effect.Effect<ReadonlyArray<TopicOutcome>, SendError>
  /** Ends the subscriptions of recipients to a topic: an outcome for each, in input order. */
  readonly unsubscribe: (
    topic: string,
    recipients: Recipient.Inputs,
    options?: SendOptions
  ) => Effect.Effect<ReadonlyArray<TopicOutcome>, SendError>
  /** The topics of a recipient, all pages of them. One that is gone is a `ValidationError` (`RejectedRequest`). */
  readonly list: (recipient: Recipient.Input, options?: SendOptions) => Effect.Effect<ReadonlyArray<string>, SendError>
}

/**
 * Changes subscriptions to topics: `Fcm.layer` provides it.
 *
 * @category services
 * @since 1.0.0
 */
export class Topics extends Context.Service<Topics, Service>()("@cloud-messaging/client/Topics") {}

// -----------------------------------------------------------------------------
// Accessors
// -----------------------------------------------------------------------------

/**
 * Subscribes recipients to a topic: see {@link Service}.
 *
 * **Example** (Who is gone)
 *
 * ```ts
 * import { Recipient, Topics } from "@cloud-messaging/client"
 * import { Console, Effect } from "effect"
 *
 * const program = Effect.gen(function*() {
 *   for (const { disposition, recipient } of yield* Topics.subscribe("match-42", ["token-1", "token-2"])) {
 *     if (disposition === "remove") yield* Console.log("remove", Recipient.value(recipient))
 *   }
 * })
 * ```
 *
 * @category accessors
 * @since 1.0.0
 */
export const subscribe = (
  topic: string,
  recipients: Recipient.Inputs,
  options?: SendOptions
): Effect.Effect<ReadonlyArray<TopicOutcome>, SendError, Topics> =>
  withAll(recipients, (all) => Topics.use((topics) => topics.subscribe(topic, all, options)))

/**
 * Ends the subscriptions of recipients to a topic: see {@link Service}.
 *
 * @category accessors
 * @since 1.0.0
 */
export const unsubscribe = (
  topic: string,
  recipients: Recipient.Inputs,
  options?: SendOptions
): Effect.Effect<ReadonlyArray<TopicOutcome>, SendError, Topics> =>
  withAll(recipients, (all) => Topics.use((topics) => topics.unsubscribe(topic, all, options)))

/**
 * The topics of a recipient: see {@link Service}.
 *
 * @category accessors
 * @since 1.0.0
 */
export const list = (
  recipient: Recipient.Input,
  options?: SendOptions
): Effect.Effect<ReadonlyArray<string>, SendError, Topics> => Topics.use((topics) => topics.list(recipient, options))
