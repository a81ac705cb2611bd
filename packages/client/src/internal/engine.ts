/**
 * The engine: sends one message to many recipients through one protocol, and gives each exactly one outcome.
 */
import * as Array from "effect/Array"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type { AccessTokenError } from "../AccessToken.ts"
import type { Issue, Message } from "../Message.ts"
import type * as Messaging from "../Messaging.ts"
import * as Outcome from "../Outcome.ts"
import * as Recipient from "../Recipient.ts"
import type * as Report from "../Report.ts"
import * as SendError from "../SendError.ts"
import { type Answer, exchange, quiet } from "./exchange.ts"
import { Ledger } from "./ledger.ts"
import { texts } from "./messageText.ts"
import * as Scrub from "./scrub.ts"
import * as Verdict from "./verdict.ts"

// -----------------------------------------------------------------------------
// Protocol
// -----------------------------------------------------------------------------

/** What makes a protocol; the engine does the rest. */
export interface Protocol {
  /** The name in spans: `messaging.system`. */
  readonly system: string
  readonly recipientsPerRequest: number
  readonly credential: Effect.Effect<Redacted.Redacted, AccessTokenError>
  /** Has another credential made after this one was refused; absent where that cannot help. */
  readonly renew: ((refused: Redacted.Redacted) => Effect.Effect<void>) | undefined
  /** Why this recipient cannot be sent to, if so. */
  readonly refuse: (recipient: Recipient.Recipient) => Outcome.Failed | undefined
  /** Validates and encodes a message, once per send. */
  readonly encode: (message: Message) => Result.Result<Encoded, ReadonlyArray<Issue>>
  readonly judge: (answer: Answer, sent: Sent) => Verdict.Verdict
}

/** Splices recipients into an encoded message. */
export type Encoded = (parts: {
  readonly recipients: ReadonlyArray<Recipient.Recipient>
  readonly credential: Redacted.Redacted
  /** Milliseconds since the epoch. */
  readonly firstAttempt: number
}) => HttpClientRequest.HttpClientRequest

/** What an answer answers. */
export interface Sent {
  readonly recipients: ReadonlyArray<Recipient.Recipient>
  /** Requests made for these recipients. */
  readonly attempts: number
  /** Makes a text of the service fit to show. */
  readonly scrub: Scrub.Scrub
}

// -----------------------------------------------------------------------------
// Service
// -----------------------------------------------------------------------------

/** Makes the service of a protocol. */
export const make = Effect.fnUntraced(function*(
  protocol: Protocol,
  defaults: Messaging.SendOptions
): Effect.fn.Return<Messaging.Service, never, HttpClient.HttpClient> {
  const client = yield* quiet()
  const base = settings(defaults)
  return {
    send: (message, inputs, options) => {
      const recipients = Recipient.makeAll(inputs) // now: an effect can run twice, an iterator cannot
      return Effect.suspend(() => send({ client, protocol, message, ...settings(options ?? {}, base) }, recipients))
        .pipe(
          Effect.withSpan("Messaging.send", {
            kind: "producer",
            attributes: {
              "messaging.system": protocol.system,
              "messaging.operation.type": "send",
              "messaging.batch.message_count": recipients.length
            }
          }, { captureStackTrace: false })
        )
    }
  }
})

interface Settings {
  readonly requestTimeout: Duration.Duration
  readonly concurrency: number
  readonly delivery: "atLeastOnce" | "atMostOnce"
}

const standard: Settings = { requestTimeout: Duration.seconds(15), concurrency: 100, delivery: "atLeastOnce" }

const settings = (options: Messaging.SendOptions, base: Settings = standard): Settings => {
  const concurrency = options.concurrency ?? base.concurrency
  if (!(concurrency >= 1)) throw new RangeError(`the option concurrency must be 1 or more, not ${concurrency}`)
  return {
    requestTimeout: options.requestTimeout === undefined
      ? base.requestTimeout
      : Duration.fromInputUnsafe(options.requestTimeout),
    concurrency: Math.floor(concurrency),
    delivery: options.delivery ?? base.delivery
  }
}

// -----------------------------------------------------------------------------
// Send
// -----------------------------------------------------------------------------

interface Send extends Settings {
  readonly client: HttpClient.HttpClient
  readonly protocol: Protocol
  readonly message: Message
}

const send = Effect.fnUntraced(function*(
  self: Send,
  recipients: ReadonlyArray<Recipient.Recipient>
): Effect.fn.Return<Report.Report, SendError.SendError> {
  const { protocol } = self
  const ledger = new Ledger(recipients)
  for (const recipient of ledger.distinct) {
    const refused = protocol.refuse(recipient)
    if (refused !== undefined) ledger.settle(refused)
  }
  const sendable = ledger.open
  if (sendable.length > 0) {
    const encoded = protocol.encode(self.message)
    if (Result.isFailure(encoded)) {
      const reason = new SendError.InvalidMessage({ issues: encoded.failure })
      return yield* new SendError.ValidationError({ reason, ...ledger.settlement })
    }
    const chunks = Array.chunksOf(sendable, protocol.recipientsPerRequest)
    const ended = yield* sendAll(self, encoded.success, chunks, ledger)
    if (ended !== undefined) return yield* fail(ended, ledger)
  }
  yield* Effect.annotateCurrentSpan(spanCounts(ledger.report))
  return ledger.report
})

/** Sends the chunks, and tells by which verdict the whole send failed, if it did. */
const sendAll = Effect.fnUntraced(function*(
  self: Send,
  encoded: Encoded,
  chunks: ReadonlyArray<ReadonlyArray<Recipient.Recipient>>,
  ledger: Ledger
) {
  let next = 0
  let refused: Verdict.Refused | undefined
  let garbled: Verdict.Garbled | undefined
  let troubled: Verdict.Troubled | undefined
  let spoken = false
  // workers that loop, not a fiber for each request: they are the requests in flight
  const worker = Effect.gen(function*() {
    for (let chunk = chunks[next++]; chunk !== undefined && refused === undefined; chunk = chunks[next++]) {
      const verdict = yield* attempt(self, encoded, chunk)
      switch (verdict._tag) {
        case "Spoken": {
          spoken = true
          for (const outcome of verdict.outcomes) ledger.settle(outcome)
          break
        }
        case "Troubled": {
          troubled ??= verdict
          for (const recipient of chunk) ledger.settle(troubledOutcome(self, recipient, verdict))
          break
        }
        case "Garbled": {
          garbled ??= verdict
          for (const recipient of chunk) {
            ledger.settle(new Outcome.Unknown({ recipient, attempts: 1, disposition: "keep" }))
          }
          break
        }
        case "Refused": {
          refused ??= verdict
        }
      }
    }
  })
  yield* Effect.all(Array.makeBy(Math.min(self.concurrency, chunks.length), () => worker), {
    concurrency: "unbounded",
    discard: true
  })
  return refused ?? (spoken ? undefined : garbled ?? troubled)
})

const troubledOutcome = (
  { delivery }: Send,
  recipient: Recipient.Recipient,
  { ambiguous, code, reason }: Verdict.Troubled
): Outcome.Outcome =>
  ambiguous
    ? new Outcome.Unknown({ recipient, attempts: 1, disposition: delivery === "atLeastOnce" ? "retryLater" : "keep" })
    : new Outcome.Unavailable({
      recipient,
      code,
      retryAfter: "retryAfter" in reason ? reason.retryAfter : undefined,
      attempts: 1
    })

const fail = (
  ended: Exclude<Verdict.Verdict, Verdict.Spoken>,
  ledger: Ledger
): Effect.Effect<never, SendError.SendError> => {
  const settlement = ledger.settlement
  switch (ended._tag) {
    case "Refused":
      return Effect.fail(
        ended.reason._tag === "RejectedRequest"
          ? new SendError.ValidationError({ reason: ended.reason, ...settlement })
          : new SendError.AuthenticationError({ reason: ended.reason, ...settlement })
      )
    case "Garbled":
      return Effect.fail(new SendError.ValidationError({ reason: ended.reason, ...settlement }))
    case "Troubled":
      return Effect.fail(
        new SendError.TransportError({
          reason: ended.reason,
          ambiguous: settlement.report.unknown.length > 0,
          ...settlement
        })
      )
  }
}

const spanCounts = (report: Report.Report) =>
  Object.fromEntries(Object.entries(report.counts).map(([tag, n]) => [`messaging.outcome.${tag}`, n]))

// -----------------------------------------------------------------------------
// One request
// -----------------------------------------------------------------------------

/** One request; a second one, with a new credential, if the first was refused and that may help. */
const attempt = Effect.fnUntraced(function*(
  self: Send,
  encoded: Encoded,
  recipients: ReadonlyArray<Recipient.Recipient>
): Effect.fn.Return<Verdict.Verdict> {
  const { protocol } = self
  const firstAttempt = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
  const once = (credential: Redacted.Redacted): Effect.Effect<Verdict.Verdict> =>
    Effect.match(exchange(self.client, encoded({ recipients, credential, firstAttempt }), self.requestTimeout), {
      onFailure: Verdict.lost,
      onSuccess: (answer) =>
        protocol.judge(answer, {
          recipients,
          attempts: 1,
          scrub: (text) => Scrub.make(secrets(self.message, recipients, credential))(text)
        })
    })
  const tryWith = (renew: Protocol["renew"]): Effect.Effect<Verdict.Verdict, AccessTokenError> =>
    Effect.flatMap(
      protocol.credential,
      (credential) =>
        Effect.flatMap(once(credential), (verdict) =>
          renew !== undefined && verdict._tag === "Refused" && verdict.reason._tag === "InvalidCredentials"
            ? Effect.andThen(renew(credential), tryWith(undefined))
            : Effect.succeed(verdict))
    )
  return yield* Effect.catch(
    tryWith(protocol.renew),
    (cause) => Effect.succeed(Verdict.refused(new SendError.NoAccessToken({ cause })))
  )
})

const secrets = (message: Message, recipients: ReadonlyArray<Recipient.Recipient>, credential: Redacted.Redacted) => [
  Redacted.value(credential),
  ...recipients.map(Recipient.value),
  ...texts(message.fields)
]
