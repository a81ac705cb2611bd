/**
 * One request: with a credential, through the client, to a verdict. It knows nothing of retries.
 */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { AccessTokenError, InvalidKey } from "../AccessToken.ts"
import * as Recipient from "../Recipient.ts"
import { exchange } from "./exchange.ts"
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

/** What the next request is made with. */
export const credential = ({ protocol }: Layer): Effect.Effect<Redacted.Redacted, AccessTokenError> =>
  Effect.flatMap(protocol.credential, checkHeader)

/** A credential that no header can hold would fail in the client, as if the network had. */
const checkHeader = (credential: Redacted.Redacted): Effect.Effect<Redacted.Redacted, AccessTokenError> => {
  if (checked.has(credential)) return Effect.succeed(credential)
  if (!/^[\x21-\x7e]+$/.test(Redacted.value(credential))) {
    return Effect.fail(
      new AccessTokenError({
        reason: new InvalidKey({ detail: "the credential is empty, or holds spaces, line breaks or other than ASCII" })
      })
    )
  }
  checked.add(credential)
  return Effect.succeed(credential)
}

/** One token serves many requests. */
const checked = new WeakSet<Redacted.Redacted>()

/** Asks once. */
export const ask = (
  { client, protocol }: Layer,
  { clock, credential, firstAttempt, prepared, recipients, withSpan }: Question
): Effect.Effect<Verdict.Verdict> => {
  const request = prepared.encoded({ recipients, credential, firstAttempt })
  const verdict = Effect.match(exchange(client, request, clock), {
    onFailure: Verdict.lost,
    onSuccess: (answer) =>
      protocol.judge(answer, {
        recipients,
        scrub: new Scrub(() => [
          Redacted.value(credential),
          ...recipients.map(Recipient.value),
          ...prepared.secrets()
        ])
      })
  })
  return withSpan ? spanned(verdict, protocol.system, recipients.length) : verdict
}

const spanned = <A>(self: Effect.Effect<A>, system: string, recipients: number): Effect.Effect<A> =>
  self.pipe(Effect.withSpan("Messaging.request", {
    kind: "client",
    attributes: { "messaging.system": system, "messaging.batch.message_count": recipients }
  }, { captureStackTrace: false }))
