/**
 * One request: with a credential, through the client, to a verdict. It knows nothing of retries.
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import * as Redacted from "effect/Redacted"
import { AccessTokenError, InvalidKey } from "../AccessToken.ts"
import * as Recipient from "../Recipient.ts"
import { exchange } from "./exchange.ts"
import type { Prepared } from "./group.ts"
import type { Metrics } from "./metrics.ts"
import type { Protocol } from "./protocol.ts"
import * as Scrub from "./scrub.ts"
import * as Verdict from "./verdict.ts"

/** How requests are made. */
export interface Requests {
  readonly client: HttpClient.HttpClient
  readonly protocol: Protocol
  readonly metrics: Metrics
  readonly requestTimeout: Duration.Duration
  readonly requestSpans: boolean
}

/** What one request asks. */
export interface Question {
  readonly credential: Redacted.Redacted
  readonly prepared: Prepared
  readonly recipients: ReadonlyArray<Recipient.Recipient>
  /** Milliseconds since the epoch. */
  readonly firstAttempt: number
  /** Whether the credential may be renewed when it is refused; asked when it is. */
  readonly mayRenew: () => boolean
}

/** The credential was refused, and the next request will have another one. */
export interface Renewed {
  readonly _tag: "Renewed"
}

/** What the next request is made with. */
export const credential = ({ protocol }: Requests): Effect.Effect<Redacted.Redacted, AccessTokenError> =>
  Effect.flatMap(protocol.credential, checkHeader)

/** A credential that no header can hold would fail in the client, as if the network had. */
const checkHeader = (credential: Redacted.Redacted): Effect.Effect<Redacted.Redacted, AccessTokenError> =>
  /^[\x21-\x7e]+$/.test(Redacted.value(credential)) ? Effect.succeed(credential) : Effect.fail(
    new AccessTokenError({
      reason: new InvalidKey({ detail: "the credential is empty, or holds spaces, line breaks or other than ASCII" })
    })
  )

/** Asks once. */
export const ask = (self: Requests, question: Question): Effect.Effect<Verdict.Verdict | Renewed> =>
  Effect.flatMap(exchangeWith(self, question), (verdict): Effect.Effect<Verdict.Verdict | Renewed> => {
    const { renew } = self.protocol
    const isRefused = verdict._tag === "Denied" && verdict.reason._tag === "InvalidCredentials"
    return isRefused && renew !== undefined && question.mayRenew()
      ? Effect.as(renew(question.credential), { _tag: "Renewed" })
      : Effect.succeed(verdict)
  })

const exchangeWith = (
  self: Requests,
  { credential, firstAttempt, prepared, recipients }: Question
): Effect.Effect<Verdict.Verdict> => {
  const request = prepared.encoded({ recipients, credential, firstAttempt })
  const scrub = Scrub.make(() => [
    Redacted.value(credential),
    ...recipients.map(Recipient.value),
    ...prepared.secrets()
  ])
  const verdict = Effect.match(exchange(self.client, request, self.requestTimeout), {
    onFailure: Verdict.lost,
    onSuccess: (answer) => self.protocol.judge(answer, { recipients, scrub })
  })
  return observe(self, recipients.length, verdict)
}

/** Measures the request, and gives it a span of its own where the application wants one. */
const observe = (
  { metrics, protocol, requestSpans }: Requests,
  recipients: number,
  verdict: Effect.Effect<Verdict.Verdict>
): Effect.Effect<Verdict.Verdict> => {
  const timed = Effect.flatMap(Effect.timed(verdict), ([took, heard]) => Effect.as(metrics.request(took), heard))
  return requestSpans
    ? timed.pipe(Effect.withSpan("Messaging.request", {
      kind: "client",
      attributes: { "messaging.system": protocol.system, "messaging.batch.message_count": recipients }
    }, { captureStackTrace: false }))
    : timed
}
