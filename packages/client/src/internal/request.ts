/**
 * One request: made with a credential, judged by its answer. It knows nothing of retries.
 */
import type * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Redacted from "effect/Redacted"
import { AccessTokenError, NoCredentials } from "../AccessToken.ts"
import * as Recipient from "../Recipient.ts"
import { unfitHeader } from "./authorization.ts"
import { type Answer, isLost, type Lost } from "./exchange.ts"
import type * as Group from "./group.ts"
import * as keyText from "./keyText.ts"
import type { Protocol, Sent } from "./protocol.ts"
import { Scrub } from "./scrub.ts"
import * as Span from "./span.ts"
import * as Verdict from "./verdict.ts"

/** What one request asks, and for whom. */
export class Request<T extends Group.Ticket> implements Sent {
  readonly groups: ReadonlyArray<Group.Group<T>>
  readonly prepared: Group.Prepared
  readonly recipients: ReadonlyArray<Recipient.Recipient>
  readonly credential: Redacted.Redacted
  /** When it is made: milliseconds as alarms count. */
  readonly at: number
  /** The same by the calendar: milliseconds since the epoch. */
  readonly date: number
  #scrub: Scrub | undefined = undefined

  constructor(
    groups: Arr.NonEmptyReadonlyArray<Group.Group<T>>,
    credential: Redacted.Redacted,
    at: number,
    date: number
  ) {
    this.groups = groups
    this.prepared = groups[0].prepared
    this.recipients = groups.length === 1
      ? groups[0].tickets.map(recipientOf)
      : groups.flatMap(({ tickets }) => tickets.map(recipientOf))
    this.credential = credential
    this.at = at
    this.date = date
  }

  get firstAttempt(): number {
    return this.groups[0]?.firstAttempt?.date ?? this.date
  }

  get scrub(): Scrub {
    return this.#scrub ??= new Scrub(() => [
      Redacted.value(this.credential),
      ...this.recipients.map(Recipient.value),
      ...this.prepared.secrets()
    ])
  }

  get blamedOnTokens(): Sent["blamedOnTokens"] {
    return this.prepared.blamedOnTokens
  }

  get encoded(): HttpClientRequest.HttpClientRequest {
    return this.prepared.encoded(this)
  }

  judge(protocol: Protocol, heard: Answer | Lost): Verdict.Verdict {
    return isLost(heard) ? Verdict.lost(heard) : protocol.judge(heard, this)
  }
}

const recipientOf = ({ recipient }: Group.Ticket) => recipient

/** What is wrong with a credential that no header can hold: it would fail in the client, as if the network had. */
export const unfit = (credential: Redacted.Redacted): AccessTokenError | undefined => {
  if (checked.has(credential)) return undefined
  const text = keyText.secret(credential)
  if (text === undefined) {
    return new AccessTokenError({ reason: new NoCredentials({ detail: keyText.notSet("the credential", credential) }) })
  }
  const unfit = unfitHeader("the credential", text)
  if (unfit === undefined) checked.add(credential)
  return unfit
}

/** One token serves many requests. */
const checked = new WeakSet<Redacted.Redacted>()

/** Runs an exchange in its own span, with the result as attributes. */
export const spanned = (
  exchange: Effect.Effect<Answer | Lost>,
  system: string,
  recipients: number
): Effect.Effect<Answer | Lost> =>
  Span.spanned(
    Effect.tap(exchange, (heard) => Effect.annotateCurrentSpan(attributesOf(heard))),
    "Messaging.request",
    { "messaging.system": system, "messaging.batch.message_count": recipients }
  )

/** As OpenTelemetry names them. */
const attributesOf = (heard: Answer | Lost): Record<string, unknown> =>
  isLost(heard) ? { "error.type": heard.reason._tag } : { "http.response.status_code": heard.status }
