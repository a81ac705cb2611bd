/**
 * Sends messages, through whichever protocol the layer speaks.
 *
 * @since 1.0.0
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type { Message } from "./Message.ts"
import * as Recipient from "./Recipient.ts"
import type { Report } from "./Report.ts"
import type { SendError } from "./SendError.ts"

// -----------------------------------------------------------------------------
// Options
// -----------------------------------------------------------------------------

/**
 * How to send; given to a layer as defaults, to a call as exceptions.
 *
 * @category options
 * @since 1.0.0
 */
export interface SendOptions {
  /**
   * How long one request may take, its answer read. An answer that comes later is lost: the outcome is `Unknown`.
   *
   * @default "15 seconds"
   */
  readonly requestTimeout?: Duration.Input | undefined
  /**
   * Requests in flight per call, 1 or more.
   *
   * @default 100
   */
  readonly concurrency?: number | undefined
  /**
   * What a lost answer means: `atLeastOnce` says that it is worth sending again (disposition `retryLater`),
   * `atMostOnce` that it is not (`keep`).
   *
   * @default "atLeastOnce"
   */
  readonly delivery?: "atLeastOnce" | "atMostOnce" | undefined
}

// -----------------------------------------------------------------------------
// Service
// -----------------------------------------------------------------------------

/**
 * What sends messages.
 *
 * @category models
 * @since 1.0.0
 */
export interface Service {
  /**
   * Sends one message to one recipient or many, once to each distinct one, and reports every one in input order.
   *
   * An iterable is read when `send` is called, not when its effect runs. A fault of one recipient is its outcome; a
   * fault of the whole send is a {@link SendError}, which tells what was settled before.
   */
  readonly send: (
    message: Message,
    recipients: Recipient.Inputs,
    options?: SendOptions
  ) => Effect.Effect<Report, SendError>
}

/**
 * Sends messages through whichever protocol the layer speaks.
 *
 * @category services
 * @since 1.0.0
 */
export class Messaging extends Context.Service<Messaging, Service>()("@cloud-messaging/client/Messaging") {}

/**
 * Sends one message to one recipient or many: see {@link Service}.
 *
 * **Example** (One message, two recipients)
 *
 * ```ts
 * import { Message, Messaging } from "@cloud-messaging/client"
 * import { Console, Effect } from "effect"
 *
 * const program = Messaging.send(Message.make({ data: { score: 42 } }), ["token-1", "token-2"]).pipe(
 *   Effect.flatMap((report) => Console.log(report.counts))
 * )
 * ```
 *
 * @category accessors
 * @since 1.0.0
 */
export const send = (
  message: Message,
  recipients: Recipient.Inputs,
  options?: SendOptions
): Effect.Effect<Report, SendError, Messaging> => {
  const all = Recipient.makeAll(recipients) // now: an effect can run twice, an iterator cannot
  return Messaging.use((messaging) => messaging.send(message, all, options))
}
