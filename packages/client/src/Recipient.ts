/**
 * One app installation: a registration token (GCM: registration id) or a Firebase installation id.
 *
 * @since 1.0.0
 */
import * as Equal from "effect/Equal"
import * as Hash from "effect/Hash"
import { NodeInspectSymbol } from "effect/Inspectable"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import { textOf } from "./internal/text.ts"

// -----------------------------------------------------------------------------
// Models
// -----------------------------------------------------------------------------

/**
 * What a recipient is named by: a registration token, or a Firebase installation id (FID).
 *
 * @category models
 * @since 1.0.0
 */
export type Kind = "token" | "fid"

/**
 * A recipient: equal by kind and value, shown without its value, deliberately not iterable.
 *
 * **Gotchas**
 *
 * The value lives in a private field, so that no logger, `inspect` or `JSON.stringify` shows it. The price:
 * `structuredClone` loses it. To store a recipient, store its `kind` and its {@link value}.
 *
 * @category models
 * @since 1.0.0
 */
export class Recipient implements Equal.Equal {
  /** What the recipient is named by. */
  readonly kind: Kind
  readonly #value: string
  /** @internal */
  constructor(kind: Kind, value: string) {
    this.kind = kind
    this.#value = value
  }
  /** @internal */
  static value(self: Recipient): string {
    return self.#value
  }
  /** @internal */
  static is(u: unknown): u is Recipient {
    return typeof u === "object" && u !== null && #value in u
  }
  [Equal.symbol](that: unknown): boolean {
    return isRecipient(that) && that.kind === this.kind && that.#value === this.#value
  }
  [Hash.symbol](): number {
    return Hash.string(this.#value)
  }
  /** Enough to tell recipients apart in a log: kind, the first characters of a long value, its length. */
  toString(): string {
    return `${this.kind}:${
      this.#value.length < 24 ? "" : this.#value.slice(0, 6).replace(/[^\w:-]/g, "?")
    }…(${this.#value.length})`
  }
  toJSON(): string {
    return this.toString()
  }
  [NodeInspectSymbol](): string {
    return this.toString()
  }
}

/**
 * What may name a recipient: a registration token, in clear or redacted, or a {@link Recipient}.
 *
 * @category models
 * @since 1.0.0
 */
export type Input = string | Redacted.Redacted | Recipient

/**
 * One recipient or many. A bare string is ONE token, never an iterable of characters.
 *
 * @category models
 * @since 1.0.0
 */
export type Inputs = Input | Iterable<Input>

// -----------------------------------------------------------------------------
// Constructors
// -----------------------------------------------------------------------------

/**
 * A recipient named by its registration token. Any string will do: what is no token is told by its outcome.
 *
 * @category constructors
 * @since 1.0.0
 */
export const token = (value: string | Redacted.Redacted): Recipient => new Recipient("token", textOf(value))

/**
 * A recipient named by its Firebase installation id. FCM v1 only: for `Gcm` its outcome is `Failed`.
 *
 * Source: firebase.google.com/docs/cloud-messaging/manage-tokens.
 *
 * @category constructors
 * @since 1.0.0
 */
export const fid = (value: string | Redacted.Redacted): Recipient => new Recipient("fid", textOf(value))

/**
 * The recipient that an input names.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make = (input: Input): Recipient =>
  isRecipient(input) ? input : Predicate.isString(input) || Redacted.isRedacted(input) ? token(input) : missing

/**
 * A value that untyped code passes instead of a recipient. Its outcome is `keep`, as the mistake is the caller's.
 *
 * @internal
 */
export const missing: Recipient = new Recipient("token", "")

/**
 * The recipients that the argument of a send names, in order. Reads an iterable at once.
 *
 * @category constructors
 * @since 1.0.0
 */
export const makeAll = (inputs: Inputs): Array<Recipient> =>
  typeof inputs === "string" || isRecipient(inputs) || Redacted.isRedacted(inputs)
    ? [make(inputs)]
    // untyped code may pass a value that cannot be iterated
    : Predicate.hasProperty(inputs, Symbol.iterator)
    ? Array.from(inputs, make)
    : [missing]

// -----------------------------------------------------------------------------
// Guards and getters
// -----------------------------------------------------------------------------

/**
 * Whether a value is a {@link Recipient}.
 *
 * @category guards
 * @since 1.0.0
 */
export const isRecipient = (u: unknown): u is Recipient => Recipient.is(u)

/**
 * Unwraps the token or installation id.
 *
 * @category getters
 * @since 1.0.0
 */
export const value: (self: Recipient) => string = Recipient.value
