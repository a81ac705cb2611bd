/**
 * What is sent; says nothing about who receives it.
 *
 * @since 1.0.0
 */
import type * as Duration from "effect/Duration"
import { NodeInspectSymbol } from "effect/Inspectable"
import * as validation from "./internal/validation.ts"

const TypeId = "~@cloud-messaging/client/Message"

// -----------------------------------------------------------------------------
// Models
// -----------------------------------------------------------------------------

/**
 * How long the service keeps a message for a device that is away: 0 (now or never) to four weeks, the default.
 *
 * Never a bare number, which Effect reads as milliseconds and GCM as seconds.
 *
 * @category models
 * @since 1.0.0
 */
export type TimeToLive = Duration.Duration | Duration.DurationObject | Extract<Duration.Input, `${number} ${string}`>

/**
 * A data value; whatever is not a string is written as `String(value)`, because the service takes strings alone.
 *
 * @category models
 * @since 1.0.0
 */
export type DataValue = string | number | bigint | boolean

/**
 * The notification that the platform shows.
 *
 * @category models
 * @since 1.0.0
 */
export interface Notification {
  /** The first line. */
  readonly title?: string | undefined
  /** The text below it. */
  readonly body?: string | undefined
  /** URL of an image, at most 1 MB on Android. The GCM protocol has none. */
  readonly image?: string | undefined
}

/**
 * The fields of a message that every protocol and platform shares.
 *
 * Source: firebase.google.com/docs/reference/fcm/rest/v1/projects.messages.
 *
 * @category models
 * @since 1.0.0
 */
export interface Fields {
  /** What the app receives. `from` and keys that begin with `google.` are reserved. */
  readonly data?: { readonly [key: string]: DataValue } | undefined
  /** What the platform shows by itself. Without it, the app alone gets the message, and shows what it likes. */
  readonly notification?: Notification | undefined
  /**
   * Of several messages with the same key that wait for a device, only the last is delivered. Sets Android's key;
   * APNs' and web push's where it fits (64 bytes; 32 URL-safe characters).
   */
  readonly collapseKey?: string | undefined
  /**
   * How long the service keeps the message for a device that is away: whole seconds, 0 to four weeks.
   *
   * @default four weeks
   */
  readonly timeToLive?: TimeToLive | undefined
  /** `high` wakes a sleeping device; a message without a notification never reaches an iOS app at high priority. */
  readonly priority?: "normal" | "high" | undefined
  /** The Android package that the app must have. */
  readonly restrictedPackageName?: string | undefined
  /**
   * The service checks the message and delivers nothing.
   *
   * @default false
   */
  readonly dryRun?: boolean | undefined
  /** The label of the message in Firebase's analytics. The GCM protocol has none. */
  readonly analyticsLabel?: string | undefined
}

/**
 * A message; its text shows in no `inspect`, no log and no JSON.
 *
 * @category models
 * @since 1.0.0
 */
export class Message {
  readonly [TypeId] = TypeId
  readonly #fields: Fields
  /** @internal */
  constructor(fields: Fields) {
    this.#fields = fields
  }
  /** What the message was made of. */
  get fields(): Fields {
    return this.#fields
  }
  toString(): string {
    return `Message(${Object.keys(this.#fields).join(", ")})`
  }
  toJSON(): unknown {
    return this.toString()
  }
  [NodeInspectSymbol](): unknown {
    return this.toString()
  }
}

/**
 * One thing wrong with a message, and where.
 *
 * @category models
 * @since 1.0.0
 */
export interface Issue {
  /** The way to the offending field: `["data", "from"]`. Empty: the message as a whole. */
  readonly path: ReadonlyArray<string | number>
  /** What is expected there, for people; never the value. */
  readonly message: string
}

// -----------------------------------------------------------------------------
// Constructors
// -----------------------------------------------------------------------------

/**
 * Makes a message; pure and total: what is wrong with it is told when it is validated or sent.
 *
 * **Example** (Data, kept for an hour)
 *
 * ```ts
 * import { Message } from "@cloud-messaging/client"
 *
 * const message = Message.make({ data: { score: 42 }, timeToLive: "1 hour" })
 * ```
 *
 * **Gotchas**
 *
 * `data` typed by an `interface` is refused, because an interface has no index signature: spread it
 * (`data: { ...row }`).
 *
 * @category constructors
 * @since 1.0.0
 */
export const make = (fields: Fields): Message => new Message(fields)

/**
 * A message with some fields changed.
 *
 * @category combinators
 * @since 1.0.0
 */
export const assign = (self: Message, fields: Fields): Message => new Message({ ...self.fields, ...fields })

// -----------------------------------------------------------------------------
// Validation
// -----------------------------------------------------------------------------

/**
 * All that both protocols would refuse, each with its path; empty when the message is sound.
 *
 * **Details**
 *
 * A send validates by itself, and adds what its own protocol cannot express. This is for telling earlier.
 *
 * @category validation
 * @since 1.0.0
 */
export const validate = (self: Message): ReadonlyArray<Issue> => validation.issues(self.fields)
