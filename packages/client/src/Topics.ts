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
// Options
// -----------------------------------------------------------------------------

/**
 * The Google API that changes subscriptions: `fcm` is `topicSubscriptions` of FCM v1, with one recipient in a request, as
 * in firebase-admin since 14.5; `instanceId` is `batchAdd` and `batchRemove` of the Instance ID service, with up to 1000
 * registration tokens in a request.
 *
 * @category options
 * @since 1.0.0
 */
export type Api = "fcm" | "instanceId"

/**
 * Options for changing subscriptions, of a layer or of a call. The options of a call override those of the layer.
 *
 * @category options
 * @since 1.0.0
 */
export interface Options extends SendOptions {
  /**
   * The Google API that changes the subscriptions of registration tokens. Those of installation ids always go through FCM
   * v1.
   *
   * **When to use**
   *
   * Use `instanceId` to save requests when there are many tokens. It takes the project from the credentials and not from
   * the layer, so it refuses an account of another project, and federated credentials.
   *
   * @default "fcm"
   */
  readonly topicApi?: Api | undefined
}

// -----------------------------------------------------------------------------
// Models
// -----------------------------------------------------------------------------

/**
 * Now subscribed (or unsubscribed), or it was already.
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
 * Changes are retried as a send is. Each recipient has a request of its own, unless {@link Options.topicApi} says
 * otherwise. All changes of a service together stay under 3,000 in any second, the quota of a project: up to 100 leave at
 * once, then 2,800 a second. Waiting for the first request does not count towards the `deadline` of a recipient. A 429
 * delays all changes and lists of the service, but no send.
 *
 * Errors have an empty report, and name every recipient of the call in `unsettled`: repeating is harmless.
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
    options?: Options
  ) => Effect.Effect<ReadonlyArray<TopicOutcome>, SendError>
  /** Ends the subscriptions of recipients to a topic: an outcome for each, in input order. */
  readonly unsubscribe: (
    topic: string,
    recipients: Recipient.Inputs,
    options?: Options
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
  options?: Options
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
  options?: Options
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
