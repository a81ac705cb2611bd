/**
 * What is sent; says nothing about who receives it.
 *
 * @since 1.0.0
 */
import type * as Duration from "effect/Duration"
import { identity } from "effect/Function"
import { NodeInspectSymbol } from "effect/Inspectable"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import type * as Android from "./Android.ts"
import type * as Apns from "./Apns.ts"
import type * as GcmOptions from "./GcmOptions.ts"
import { type Copied, copy } from "./internal/copy.ts"
import * as linting from "./internal/lint.ts"
import * as validation from "./internal/validation.ts"
import type * as Webpush from "./Webpush.ts"

const TypeId = "~@cloud-messaging/client/Message"

// -----------------------------------------------------------------------------
// Models
// -----------------------------------------------------------------------------

/**
 * A duration with its unit: `"1 hour"`, `{ minutes: 5 }`, `Duration.seconds(3)`. Never a bare number, which Effect reads
 * as milliseconds and GCM as seconds.
 *
 * @category models
 * @since 1.0.0
 */
export type DurationInput = Duration.Duration | Duration.DurationObject | Extract<Duration.Input, `${number} ${string}`>

/**
 * How long the service keeps a message for a device that is away: 0 (now or never) to four weeks, the default. The
 * service counts whole seconds, rounded down.
 *
 * @category models
 * @since 1.0.0
 */
export type TimeToLive = DurationInput

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
 * The fields of a message: those that every protocol and platform shares, and overrides for one of them.
 *
 * An override wins over the portable field of the same meaning, field by field; data and headers are merged by key. An
 * override for another protocol than the one that sends is left out.
 *
 * Source: firebase.google.com/docs/reference/fcm/rest/v1/projects.messages.
 *
 * @category models
 * @since 1.0.0
 */
export interface Fields {
  /** What the app receives; left out if empty. `from` and keys that begin with `google.` are reserved. */
  readonly data?: { readonly [key: string]: DataValue } | undefined
  /** What the platform shows by itself. Without it, the app alone gets the message, and shows what it likes. */
  readonly notification?: Notification | undefined
  /**
   * Of several messages with the same key that wait for a device, only the last is delivered. Sets Android's key;
   * APNs' and web push's where it fits (64 bytes; 32 URL-safe characters). Left out if empty.
   */
  readonly collapseKey?: string | undefined
  /**
   * How long the service keeps the message for a device that is away: whole seconds, 0 to four weeks.
   *
   * @default four weeks
   */
  readonly timeToLive?: TimeToLive | undefined
  /**
   * `high` wakes a sleeping device; what shows nothing never goes to APNs at high priority, which refuses it.
   *
   * @default the service's: high for notifications, normal for data
   */
  readonly priority?: "normal" | "high" | undefined
  /** The Android package that the app must have; left out if empty. */
  readonly restrictedPackageName?: string | undefined
  /**
   * The service checks the message and delivers nothing.
   *
   * @default false
   */
  readonly dryRun?: boolean | undefined
  /** The label of the message in Firebase's analytics. The GCM protocol has none. */
  readonly analyticsLabel?: string | undefined
  /** What only Android gets, through FCM v1. */
  readonly android?: Android.Config | undefined
  /** What only Apple's systems get, through FCM v1. */
  readonly apns?: Apns.Config | undefined
  /** What only browsers get, through FCM v1. */
  readonly webpush?: Webpush.Config | undefined
  /** What only the GCM protocol has. */
  readonly gcm?: GcmOptions.GcmOptions | undefined
}

/**
 * A message: a copy of the fields that it was made of. Its text shows in no `inspect`, no log and no JSON.
 *
 * @category models
 * @since 1.0.0
 */
export class Message {
  readonly [TypeId] = TypeId
  readonly #copied: Copied<Fields>
  /** @internal */
  constructor(fields: Fields) {
    this.#copied = copy(fields)
  }
  /** @internal */
  static is(u: unknown): u is Message {
    return typeof u === "object" && u !== null && #copied in u
  }
  /** @internal */
  static copied(self: unknown): Copied<Fields> {
    return Message.is(self) ? self.#copied : noMessage
  }
  toString(): string {
    const { value } = this.#copied
    return `Message(${Predicate.isObject(value) ? Object.keys(value).join(", ") : ""})`
  }
  toJSON(): unknown {
    return this.toString()
  }
  [NodeInspectSymbol](): unknown {
    return this.toString()
  }
}

// what a caller without types may send instead
const noMessage: Copied<Fields> = { value: {}, issues: [{ path: [], message: "must be made by Message.make" }] }

/**
 * One thing wrong with a message, and where.
 *
 * @category models
 * @since 1.0.0
 */
export interface Issue {
  /**
   * The way to the offending field: `["data", "from"]`. Empty: the message as a whole. Where the service says it, in its
   * own names, entries of a map by their position: `["message", "data", 0, "value"]`.
   */
  readonly path: ReadonlyArray<string | number>
  /** What is expected there, for people; never the value. */
  readonly message: string
}

/**
 * The name of a rule of {@link lint}: stable, for a program to choose by.
 *
 * @category models
 * @since 1.0.0
 */
export type Rule = keyof typeof linting.rules

/**
 * A piece of advice on a sound message.
 *
 * @category models
 * @since 1.0.0
 */
export interface Advice extends Issue {
  /** Which rule it is of. */
  readonly rule: Rule
  /** Why it matters; the same for all advice of a rule. */
  readonly explanation: string
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
export const assign = (self: Message, changes: Fields): Message => {
  const from = fields(self)
  const { value } = copy(changes)
  // validation reports a value that is not an object
  if (!Predicate.isObject(from) || !Predicate.isObject(value)) {
    return new Message(Predicate.isObject(from) ? value : from)
  }
  return new Message({ ...from, ...value })
}

// -----------------------------------------------------------------------------
// Guards and getters
// -----------------------------------------------------------------------------

/**
 * Whether a value is a {@link Message}.
 *
 * @category guards
 * @since 1.0.0
 */
export const isMessage = (u: unknown): u is Message => Message.is(u)

/**
 * What a message says. Mind where it shows: a message hides it.
 *
 * @category getters
 * @since 1.0.0
 */
export const fields = (self: Message): Fields => Message.copied(self).value

// -----------------------------------------------------------------------------
// Validation
// -----------------------------------------------------------------------------

/**
 * All that is wrong with a message, whatever the protocol, each with its path; empty when the message is sound.
 *
 * **Details**
 *
 * A send validates by itself, and adds what its own protocol cannot express. This is for telling earlier. What the
 * service may take is not refused: see {@link lint}.
 *
 * **Example** (All at once)
 *
 * ```ts
 * import { Message } from "@cloud-messaging/client"
 *
 * const message = Message.make({ timeToLive: "5 weeks", android: { notification: { color: "#red" } } })
 *
 * for (const { message: text, path } of Message.validate(message)) console.log(path.join("."), text)
 * ```
 *
 * @category validation
 * @since 1.0.0
 */
export const validate = (self: Message): ReadonlyArray<Issue> =>
  Result.match(validation.validate(Message.copied(self)), { onFailure: identity, onSuccess: () => [] })

/**
 * Advice on a message: what the services take, and yet is hardly what its author meant. A message that is not sound has
 * issues, and no advice.
 *
 * **Details**
 *
 * Nothing of it keeps a message from being sent. It is for tests and development: the rules are in docs/messages.md.
 *
 * **Example** (In a test)
 *
 * ```ts
 * import { Message } from "@cloud-messaging/client"
 *
 * const message = Message.make({ data: { score: 42 }, timeToLive: "500 millis" })
 *
 * for (const { explanation, message: text, path, rule } of Message.lint(message)) {
 *   console.log(`${rule}: ${path.join(".")} ${text}. ${explanation}`)
 * }
 * ```
 *
 * @category validation
 * @since 1.0.0
 */
export const lint = (self: Message): ReadonlyArray<Advice> =>
  Result.match(validation.validate(Message.copied(self)), { onFailure: () => [], onSuccess: linting.lint })
