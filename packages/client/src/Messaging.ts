/**
 * Sends messages, through whichever protocol the layer speaks.
 *
 * @since 1.0.0
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Audience } from "./Audience.ts"
import { withAll } from "./internal/recipients.ts"
import type { Message } from "./Message.ts"
import type { Outcome } from "./Outcome.ts"
import type * as Recipient from "./Recipient.ts"
import type { Report } from "./Report.ts"
import type { RetryPolicy } from "./RetryPolicy.ts"
import type { AuthenticationError, SendError, ValidationError } from "./SendError.ts"

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
   * When to try again what the service could not take.
   *
   * @default RetryPolicy.standard
   */
  readonly retryPolicy?: RetryPolicy | undefined
  /**
   * How long a recipient may wait for retries, and at the gate, counted from when a slot is free for its first request.
   * A wait that would pass it is not begun: 0 sends nothing again. A bare number is milliseconds; below 0 the
   * send dies.
   *
   * @default "30 seconds" for `send`, "60 minutes" for streams
   */
  readonly deadline?: Duration.Input | undefined
  /**
   * How long one request may take, its answer read. An answer that comes later is lost. A bare number is milliseconds;
   * below 0 the send dies.
   *
   * @default "15 seconds"
   */
  readonly requestTimeout?: Duration.Input | undefined
  /**
   * What to do about a recipient whose answer was lost, so that it may have been accepted: `atLeastOnce` sends again,
   * and ends as `Unknown` with the disposition `retryLater` if it is given up; `atMostOnce` ends at once as `Unknown`
   * with `keep`.
   *
   * @default "atLeastOnce"
   */
  readonly delivery?: "atLeastOnce" | "atMostOnce" | undefined
  /**
   * Requests in flight per call: a whole number from 1 to 10,000, else the send dies.
   *
   * @default 100
   */
  readonly concurrency?: number | undefined
  /**
   * Run before every request, with the number of its recipients: the request waits as long as it does. For a rate
   * limiter, such as `effect/persistence/RateLimiter`. Its waits count towards the deadline.
   *
   * @default no pace
   */
  readonly pacing?: ((recipients: number) => Effect.Effect<void>) | undefined
  /**
   * Whether each request has a span of its own, `Messaging.request`, under that of the send.
   *
   * @default false
   */
  readonly requestSpans?: boolean | undefined
}

/**
 * How to send a stream.
 *
 * @category options
 * @since 1.0.0
 */
export interface StreamOptions extends SendOptions {
  /**
   * Recipients that may wait for a retry: a whole number, 1 or more, else the stream dies. When so many wait, no more
   * are pulled.
   *
   * @default 10_000
   */
  readonly maxWaiting?: number | undefined
}

// -----------------------------------------------------------------------------
// Models
// -----------------------------------------------------------------------------

/**
 * A recipient and a message of its own, for `sendEach`.
 *
 * @category models
 * @since 1.0.0
 */
export interface Item {
  /** What to send. */
  readonly message: Message
  /** To whom. */
  readonly recipient: Recipient.Input
}

/**
 * What became of an item; `item` is the caller's own, by reference.
 *
 * @category models
 * @since 1.0.0
 */
export interface Settled<out A> {
  /** What was sent, as it was given. */
  readonly item: A
  /** What became of it. */
  readonly outcome: Outcome
}

/**
 * A message that the service took to fan it out. Nobody is told who receives it.
 *
 * @category models
 * @since 1.0.0
 */
export interface Published {
  /** The service's id of the message; absent for a device group. */
  readonly messageId: string | undefined
  /** A device group: how many members it was accepted for. */
  readonly accepted: number | undefined
  /** A device group: the members that it was not accepted for; worth a send to them later. */
  readonly failed: ReadonlyArray<Recipient.Recipient>
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
   * An iterable is read when `send` is called, not when its effect runs. If the iterable throws, `send` fails with
   * `ValidationError`, and nothing is sent. A fault of one recipient is its outcome; a fault of the whole send is a
   * {@link SendError}, which has the outcomes up to then.
   */
  readonly send: (
    message: Message,
    recipients: Recipient.Inputs,
    options?: SendOptions
  ) => Effect.Effect<Report, SendError>
  /**
   * Sends one message to a stream of recipients, of any number: memory is constant. Emits each outcome as it settles,
   * and every recipient that was taken before the stream ends or fails. A recipient that comes twice is sent to twice.
   *
   * An unreachable service makes outcomes, no failure. Refused credentials and a wrong message end the stream; what was
   * taken and not sent is emitted as `Unavailable`, with the tag of the reason as its code.
   */
  readonly sendStream: <E, R>(
    message: Message,
    recipients: Stream.Stream<Recipient.Input, E, R>,
    options?: StreamOptions
  ) => Stream.Stream<Outcome, E | AuthenticationError | ValidationError, R>
  /**
   * Sends a message of its own to each item of a stream: like `sendStream`, but a message that is wrong is `Failed` of
   * its own items, and so is an item without a message or a recipient; the stream continues. GCM: items with the same
   * message (by reference) share requests.
   */
  readonly sendEach: <A extends Item, E, R>(
    items: Stream.Stream<A, E, R>,
    options?: StreamOptions
  ) => Stream.Stream<Settled<A>, E | AuthenticationError, R>
  /**
   * Sends one message to an audience: a topic, a condition or (GCM) a device group. Retried as a send to one recipient.
   *
   * There is no recipient whose fault anything could be: what would be an outcome of one fails it. Its errors have an
   * empty report and nobody unsettled; `TransportError.ambiguous` tells whether it may have been accepted.
   */
  readonly publish: (message: Message, audience: Audience, options?: SendOptions) => Effect.Effect<Published, SendError>
}

/**
 * Sends messages through whichever protocol the layer speaks.
 *
 * @category services
 * @since 1.0.0
 */
export class Messaging extends Context.Service<Messaging, Service>()("@cloud-messaging/client/Messaging") {}

// -----------------------------------------------------------------------------
// Accessors
// -----------------------------------------------------------------------------

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
): Effect.Effect<Report, SendError, Messaging> =>
  withAll(recipients, (all) => Messaging.use((messaging) => messaging.send(message, all, options)))

/**
 * Sends one message to a stream of recipients: see {@link Service}.
 *
 * **Example** (Any number of recipients)
 *
 * ```ts
 * import { Message, Messaging, Recipient } from "@cloud-messaging/client"
 * import { Console, Stream } from "effect"
 *
 * const tokens = Stream.range(1, 1_000_000).pipe(Stream.map((n) => `token-${n}`))
 *
 * const program = Messaging.sendStream(Message.make({ data: { score: 42 } }), tokens).pipe(
 *   Stream.filter((outcome) => outcome.disposition === "remove"),
 *   Stream.runForEach((outcome) => Console.log("remove", Recipient.value(outcome.recipient)))
 * )
 * ```
 *
 * @category accessors
 * @since 1.0.0
 */
export const sendStream = <E, R>(
  message: Message,
  recipients: Stream.Stream<Recipient.Input, E, R>,
  options?: StreamOptions
): Stream.Stream<Outcome, E | AuthenticationError | ValidationError, R | Messaging> =>
  Stream.unwrap(Messaging.useSync((messaging) => messaging.sendStream(message, recipients, options)))

/**
 * Sends a message of its own to each item of a stream: see {@link Service}.
 *
 * **Example** (An outbox)
 *
 * ```ts
 * import { Message, Messaging } from "@cloud-messaging/client"
 * import { Console, Stream } from "effect"
 *
 * const outbox = Stream.make({ id: 1, message: Message.make({ data: { score: 42 } }), recipient: "token-1" })
 *
 * const program = outbox.pipe(
 *   Messaging.sendEach,
 *   Stream.runForEach(({ item, outcome }) => Console.log(item.id, outcome._tag))
 * )
 * ```
 *
 * @category accessors
 * @since 1.0.0
 */
export const sendEach = <A extends Item, E, R>(
  items: Stream.Stream<A, E, R>,
  options?: StreamOptions
): Stream.Stream<Settled<A>, E | AuthenticationError, R | Messaging> =>
  Stream.unwrap(Messaging.useSync((messaging) => messaging.sendEach(items, options)))

/**
 * Sends one message to an audience: see {@link Service}.
 *
 * **Example** (To everybody who subscribed to a topic)
 *
 * ```ts
 * import { Audience, Message, Messaging } from "@cloud-messaging/client"
 * import { Console, Effect } from "effect"
 *
 * const program = Messaging.publish(
 *   Message.make({ notification: { title: "Goal!" } }),
 *   Audience.topic("match-42")
 * ).pipe(
 *   Effect.flatMap(({ messageId }) => Console.log(messageId))
 * )
 * ```
 *
 * @category accessors
 * @since 1.0.0
 */
export const publish = (
  message: Message,
  audience: Audience,
  options?: SendOptions
): Effect.Effect<Published, SendError, Messaging> =>
  Messaging.use((messaging) => messaging.publish(message, audience, options))
