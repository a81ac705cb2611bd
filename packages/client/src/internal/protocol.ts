/**
 * What makes a protocol: the engine does the rest, once for all of them.
 */
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as Redacted from "effect/Redacted"
import type * as Result from "effect/Result"
import type { AccessTokenError } from "../AccessToken.ts"
import type { Audience } from "../Audience.ts"
import type { Advice, Issue, Message } from "../Message.ts"
import type { Published } from "../Messaging.ts"
import * as Outcome from "../Outcome.ts"
import * as Recipient from "../Recipient.ts"
import type { Answer } from "./exchange.ts"
import type { Scrub } from "./scrub.ts"
import type { Accepted, Verdict } from "./verdict.ts"

export interface Protocol {
  /** The name in spans and metrics: `messaging.system`. */
  readonly system: string
  readonly recipientsPerRequest: number
  readonly credential: Effect.Effect<Redacted.Redacted, AccessTokenError>
  /** Has another credential made after this one was refused; absent where that cannot help. */
  readonly renew: ((refused: Redacted.Redacted) => Effect.Effect<void>) | undefined
  /** Why this recipient cannot be sent to, if so. */
  readonly refuse: (recipient: Recipient.Recipient) => Outcome.Failed | undefined
  /** Validates and encodes a message, once. */
  readonly encode: (message: Message) => Result.Result<Encoded, ReadonlyArray<Issue>>
  readonly judge: (answer: Answer, sent: Sent) => Verdict
  /** Validates and encodes a message to an audience, or tells why that cannot be. */
  readonly address: (message: Message, audience: Audience) => Result.Result<Addressed, ReadonlyArray<Issue>>
  /** The least wait that the protocol's guide advises after a failure without Retry-After; no status: no answer. */
  readonly floor: (status: number | undefined) => Duration.Duration
  /** How long a 429 without Retry-After closes the gate. */
  readonly rateLimitPause: Duration.Duration
}

/** Splices recipients into an encoded message. */
export type Encoded = (parts: {
  readonly recipients: ReadonlyArray<Recipient.Recipient>
  readonly credential: Redacted.Redacted
  /** Milliseconds since the epoch. */
  readonly firstAttempt: number
}) => HttpClientRequest.HttpClientRequest

/** A message to an audience, which is no recipient. */
export interface Addressed {
  readonly encoded: Encoded
  readonly judge: (answer: Answer, scrub: Scrub) => Verdict | Accepted<Published>
}

/** What an answer answers. */
export interface Sent {
  readonly recipients: ReadonlyArray<Recipient.Recipient>
  /** Makes a text of the service fit to show. */
  readonly scrub: Scrub
  /** The faults of the message that the service may blame on a token. */
  readonly blamedOnTokens?: (() => ReadonlyArray<Advice>) | undefined
}

/** Stands in where an answer or a request is of no recipient, or of one that there always is. */
export const anybody: Recipient.Recipient = Recipient.token("")

/**
 * The outcome of an empty recipient. A value of another type is a mistake of the caller, and does not remove the recipient.
 */
export const refuseEmpty = (recipient: Recipient.Recipient, name: string): Outcome.Failed | undefined => {
  if (recipient === Recipient.missing) {
    return invalidRecipient(recipient, "must be a string, a Redacted of one, or a Recipient", "keep")
  }
  return Recipient.value(recipient) === "" ? invalidRecipient(recipient, `an empty ${name}`) : undefined
}

/** The outcome of a recipient that no request can name. */
export const invalidRecipient = (
  recipient: Recipient.Recipient,
  detail: string,
  disposition: "remove" | "keep" = "remove"
): Outcome.Failed => {
  const issues = [{ path: ["recipient"], message: detail }]
  return new Outcome.Failed({ recipient, code: "InvalidRecipient", detail, issues, disposition })
}
