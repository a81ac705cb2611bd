/**
 * A group: recipients that are sent to, fail and are retried together. It is never split; whoever gets an outcome leaves.
 */
import * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { type Advice, fields, type Issue, type Message } from "../Message.ts"
import * as Outcome from "../Outcome.ts"
import type { Recipient } from "../Recipient.ts"
import type { Failure } from "../RetryPolicy.ts"
import type { TransportError } from "../SendError.ts"
import { blamedOnTokens } from "./blame.ts"
import { lazily } from "./memoize.ts"
import { duration } from "./messageFields.ts"
import { texts } from "./messageText.ts"
import type { Encoded, Protocol } from "./protocol.ts"
import type { Denied } from "./verdict.ts"

/** One recipient's claim to exactly one outcome; the caller knows more of it. */
export interface Ticket {
  readonly recipient: Recipient
}

/** A message, made ready to send. */
export interface Prepared {
  readonly encoded: Encoded
  /** What no text that we show may quote. */
  readonly secrets: () => ReadonlyArray<string>
  /** Milliseconds. */
  readonly timeToLive: number
  /** The faults of the message that FCM may blame on a token; absent if there are none. */
  readonly blamedOnTokens?: (() => ReadonlyArray<Advice>) | undefined
}

/** The delay before the next attempt; undefined: the schedule is over. */
export type Step = (now: number, failure: Failure) => Effect.Effect<Duration.Duration | undefined>

/** What went wrong last. */
export interface Trouble {
  /** What the schedule is told: of several, the last. */
  readonly code: string
  /** Where the answer had a code for each. */
  readonly codes?: ReadonlyMap<Ticket, string> | undefined
  readonly status: number | undefined
  readonly retryAfter: Duration.Duration | undefined
  /** What to tell of it besides. */
  readonly detail?: string | undefined
  /** Absent where the send as a whole was answered, or had no token. */
  readonly reason: TransportError["reason"] | undefined
  /** There was no access token: how the send ends if none comes in time. */
  readonly denied?: Denied | undefined
}

export interface FirstAttempt {
  readonly at: number
  /** The same by the calendar: milliseconds since the epoch. */
  readonly date: number
}

export interface Group<out T extends Ticket = Ticket> {
  readonly prepared: Prepared
  /** Those without an outcome. */
  tickets: ReadonlyArray<T>
  /** When a slot was free for the first request; the deadline starts then. All times are monotonic milliseconds. */
  startedAt: number
  /** When the first request was made whose credentials were not refused: the time to live counts from then. */
  firstAttempt: FirstAttempt | undefined
  /** Requests made. */
  attempts: number
  /** Failures, each a step of the schedule. */
  failures: number
  /** Whether an answer was lost that may have been an acceptance. */
  ambiguous: boolean
  step: Step | undefined
  trouble: Trouble | undefined
  /** When the next attempt is due. */
  due: number
}

/** Makes a message ready to send, or tells what is wrong with it. */
export const prepare = (protocol: Protocol, message: Message): Result.Result<Prepared, ReadonlyArray<Issue>> =>
  Result.map(protocol.encode(message), (encoded) => prepared(message, encoded))

/** A message that was encoded. */
export const prepared = (message: Message, encoded: Encoded): Prepared => ({
  encoded,
  secrets: () => texts(fields(message)),
  timeToLive: Option.match(duration(fields(message).timeToLive), {
    onNone: () => Number.POSITIVE_INFINITY,
    onSome: Duration.toMillis
  }),
  blamedOnTokens: lazily(() => blamedOnTokens(message))
})

export const make = <T extends Ticket>(prepared: Prepared, tickets: ReadonlyArray<T>): Group<T> => ({
  prepared,
  tickets,
  startedAt: 0,
  firstAttempt: undefined,
  attempts: 0,
  failures: 0,
  ambiguous: false,
  step: undefined,
  trouble: undefined,
  due: 0
})

/** Whether an attempt at that time is within the deadline (milliseconds) and the message's time to live. */
export const isInTime = (
  { firstAttempt, prepared, startedAt }: Group,
  at: number,
  deadline: number
): boolean => at <= startedAt + deadline && (firstAttempt === undefined || at < firstAttempt.at + prepared.timeToLive)

/** What the schedule is told. */
export const failure = (
  group: Group,
  now: number,
  { code, retryAfter, status }: Trouble,
  floor: Duration.Duration
): Failure => ({
  attempt: group.failures,
  code,
  status,
  retryAfter,
  floor: retryAfter ?? floor,
  recipients: group.tickets.length,
  elapsed: Duration.millis(now - (group.firstAttempt?.at ?? group.startedAt))
})

/** The outcome of a recipient whose group is given up. */
export const givenUp = (
  { ambiguous, attempts, trouble }: Group,
  ticket: Ticket,
  delivery: "atLeastOnce" | "atMostOnce"
): Outcome.Outcome => {
  const { recipient } = ticket
  // asking again cannot help
  const isFinal = trouble?.reason?._tag === "UnexpectedStatus"
  if (ambiguous) {
    const disposition = delivery === "atLeastOnce" && !isFinal ? "retryLater" : "keep"
    return new Outcome.Unknown({ recipient, attempts, disposition })
  }
  const code = trouble?.codes?.get(ticket) ?? trouble?.code ?? "Network"
  if (isFinal) {
    return new Outcome.Failed({ recipient, code, detail: trouble?.detail, issues: [], disposition: "keep" })
  }
  return new Outcome.Unavailable({
    recipient,
    code,
    retryAfter: trouble?.retryAfter,
    attempts,
    ...trouble?.detail === undefined ? {} : { detail: trouble.detail }
  })
}
