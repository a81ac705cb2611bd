/**
 * One request: with a credential, through the client, to a verdict. It knows nothing of retries.
 */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { AccessTokenError, InvalidKey } from "../AccessToken.ts"
import * as Recipient from "../Recipient.ts"
import { type Answer, exchange, isLost, type Lost } from "./exchange.ts"
import type { Prepared } from "./group.ts"
import type { Layer } from "./layer.ts"
import { Scrub } from "./scrub.ts"
import * as Verdict from "./verdict.ts"

/** What one request asks. */
export interface Question {
  readonly credential: Redacted.Redacted
  readonly prepared: Prepared
  readonly recipients: ReadonlyArray<Recipient.Recipient>
  /** Milliseconds since the epoch. */
  readonly firstAttempt: number
  readonly clock: Clock.Clock
  /** Whether it has a span of its own. */
  readonly withSpan: boolean
}

/** What is wrong with a credential that no header can hold: it would fail in the client, as if the network had. */
export const unfit = (credential: Redacted.Redacted): AccessTokenError | undefined => {
  if (checked.has(credential)) return undefined
  if (!/^[\x21-\x7e]+$/.test(Redacted.value(credential))) {
    return new AccessTokenError({
      reason: new InvalidKey({ detail: "the credential is empty, or holds spaces, line breaks or other than ASCII" })
    })
  }
  checked.add(credential)
  return undefined
}

/** One token serves many requests. */
const checked = new WeakSet<Redacted.Redacted>()

/** Asks once, and goes on with `hear`. */
export const ask = (
  { client, protocol }: Layer,
  { clock, credential, firstAttempt, prepared, recipients, withSpan }: Question,
  hear: (verdict: Verdict.Verdict) => Effect.Effect<void>
): Effect.Effect<void> => {
  const request = prepared.encoded({ recipients, credential, firstAttempt })
  const judge = (heard: Answer | Lost): Verdict.Verdict =>
    isLost(heard) ? Verdict.lost(heard) : protocol.judge(heard, {
      recipients,
      scrub: new Scrub(() => [
        Redacted.value(credential),
        ...recipients.map(Recipient.value),
        ...prepared.secrets()
      ])
    })
  if (!withSpan) return exchange(client, request, clock, (heard) => hear(judge(heard)))
  const asked = exchange(client, request, clock, (heard) => Effect.succeed(judge(heard)))
  return Effect.flatMap(spanned(asked, protocol.system, recipients.length), hear)
}

const spanned = <A>(self: Effect.Effect<A>, system: string, recipients: number): Effect.Effect<A> =>
  self.pipe(Effect.withSpan("Messaging.request", {
    kind: "client",
    attributes: { "messaging.system": system, "messaging.batch.message_count": recipients }
  }, { captureStackTrace: false }))
