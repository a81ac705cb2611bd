/**
 * What one exchange says, and of whom: the design's table "a fault of whom?" ends in these.
 */
import * as RpcStatus from "@cloud-messaging/protocol/RpcStatus"
import type * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type { Published } from "../Messaging.ts"
import * as Outcome from "../Outcome.ts"
import type { Recipient } from "../Recipient.ts"
import * as SendError from "../SendError.ts"
import { findErrorInfos } from "./details.ts"
import type { Answer, Lost } from "./exchange.ts"
import type { Fault } from "./faults.ts"
import type { Slows } from "./quota.ts"
import * as refusal from "./refusal.ts"
import type { Scrub } from "./scrub.ts"

/** What one exchange says. */
export type Verdict = Spoken | Troubled | Garbled | Denied | Rejected

/** It speaks of each recipient, in the order of the request. */
export interface Spoken {
  readonly _tag: "Spoken"
  readonly words: ReadonlyArray<Word>
}

/** What it says of one recipient: an outcome, trouble that may be retried, or nothing that we understand. */
export type Word =
  | Outcome.Success
  | Outcome.NotRegistered
  | Outcome.Failed
  | { readonly _tag: "Trouble"; readonly code: string; readonly retryAfter: Duration.Duration | undefined }
  | { readonly _tag: "Unclear" }

/** It speaks of nobody: the service is in trouble, or out of reach. */
export interface Troubled {
  readonly _tag: "Troubled"
  readonly reason: SendError.TransportError["reason"]
  /** The service's code, else the tag of the reason. */
  readonly code: string
  readonly status: number | undefined
  /** Whether the service may have accepted all the same: the request was written, and its answer lost. */
  readonly ambiguous: boolean
  readonly retryable: boolean
  /** What to tell of it besides. */
  readonly detail?: string | undefined
  /** Whom a 429 slows. */
  readonly slows: Slows
}

/** A 2xx that is no answer: whether the service accepted is unknown. */
export interface Garbled {
  readonly _tag: "Garbled"
  readonly reason: SendError.InvalidResponse
}

/** The credentials or the project are refused: nothing more is sent. The service accepted nothing of this request. */
export interface Denied {
  readonly _tag: "Denied"
  readonly reason: SendError.AuthenticationError["reason"]
}

/** The message is refused. The service accepted nothing of this request. */
export interface Rejected {
  readonly _tag: "Rejected"
  readonly reason: SendError.RejectedRequest
}

export const spoken = (words: ReadonlyArray<Word>): Verdict => ({ _tag: "Spoken", words })

/** To a request that names no recipient: what was asked for. */
export interface Accepted<out A> {
  readonly _tag: "Accepted"
  readonly value: A
}

export const accepted = <A>(value: A): Accepted<A> => ({ _tag: "Accepted", value })

/** An answer with a result for each recipient. An unreadable result affects only its own recipient. */
export const ofResults = <A>(
  answer: Answer,
  recipients: ReadonlyArray<Recipient>,
  results: ReadonlyArray<A | undefined>,
  wordOn: (recipient: Recipient, result: A) => Word
): Verdict => {
  if (results.length !== recipients.length) {
    return garbled(answer, `${results.length} results for ${recipients.length} recipients`)
  }
  if (results.every(Predicate.isUndefined)) return garbled(answer, "no result could be read")
  return spoken(recipients.map((recipient, i) => {
    const result = results[i]
    return result === undefined ? { _tag: "Unclear" } : wordOn(recipient, result)
  }))
}

export const denied = (reason: Denied["reason"]): Denied => ({ _tag: "Denied", reason })

export const rejected = (reason: SendError.RejectedRequest): Verdict => ({ _tag: "Rejected", reason })

export const garbled = (answer: Answer, detail: string): Verdict => ({
  _tag: "Garbled",
  reason: new SendError.InvalidResponse({ status: answer.status, detail })
})

export const lost = ({ reason, retryable, written }: Lost): Verdict => ({
  _tag: "Troubled",
  reason,
  code: reason._tag,
  status: undefined,
  ambiguous: written,
  retryable,
  slows: "recipient"
})

/** What an answer means that is about an audience. */
export const ofAudience = (verdict: Verdict, answer: Answer): Verdict | Accepted<Published> =>
  ofNobody(verdict, answer, ({ messageId }) => ({ messageId, accepted: undefined, failed: [] }))

/** What an answer means where no recipient could be at fault: what would be one's outcome is the end of the whole. */
export const ofNobody = <A>(
  verdict: Verdict,
  answer: Answer,
  value: (success: Outcome.Success) => A
): Verdict | Accepted<A> => {
  if (verdict._tag !== "Spoken") return verdict
  const [word] = verdict.words
  switch (word?._tag) {
    case "Success":
      return accepted(value(word))
    case "Failed":
      // a rate: later, not at once
      return word.disposition === "retryLater"
        ? troubled(answer, word.code, new SendError.RateLimited({ retryAfter: answer.retryAfter }))
        : refused(word)
    case "NotRegistered":
      return refused({ code: word._tag, detail: undefined, issues: [] })
    case "Trouble":
      return {
        ...troubled(
          answer,
          word.code,
          new SendError.ServerError({ status: answer.status, retryAfter: word.retryAfter })
        ),
        retryable: true
      }
    default:
      return garbled(answer, "no id of a message")
  }
}

const refused = ({ code, detail, issues }: Pick<Outcome.Failed, "code" | "detail" | "issues">): Verdict =>
  rejected(
    new SendError.RejectedRequest({
      code,
      issues: issues.length > 0 ? issues : [{ path: [], message: detail ?? code }]
    })
  )

const troubled = ({ status }: Answer, code: string, reason: Troubled["reason"]): Troubled => ({
  _tag: "Troubled",
  reason,
  code,
  status,
  ambiguous: false,
  retryable: false,
  slows: "recipient"
})

/** What a code says of its recipient. */
export const ofFault = (
  recipient: Recipient,
  fault: Fault,
  { code, detail, retryAfter }: {
    readonly code: string
    readonly detail?: string | undefined
    readonly retryAfter: Duration.Duration | undefined
  }
): Word => {
  switch (fault) {
    case "notRegistered":
      return new Outcome.NotRegistered({ recipient })
    case "unavailable":
      return { _tag: "Trouble", code, retryAfter }
    default:
      return new Outcome.Failed({ recipient, code, detail, issues: [], disposition: fault })
  }
}

/** What the status of an answer without codes of its own says, and its text where it rejects the message. */
export const ofPlainStatus = (answer: Answer, scrub: Scrub): Verdict => {
  switch (answer.status) {
    case 400:
      return rejected(
        new SendError.RejectedRequest({ code: "400", issues: [{ path: [], message: scrub.text(answer.text) }] })
      )
    case 401:
      return denied(new SendError.InvalidCredentials({ status: 401, ...whyRefused(answer, scrub) }))
    default:
      return ofStatus(answer)
  }
}

/**
 * Why the service refuses: the text of its envelope, or the body, unless that is an HTML page, which says no more than the
 * status.
 */
export const whyRefused = (
  { text }: Answer,
  scrub: Scrub
): { readonly code: string | undefined; readonly detail: string | undefined } => {
  const envelope = Option.getOrUndefined(RpcStatus.decodeEnvelope(text))
  const code = envelope && findErrorInfos(envelope).find(({ reason }) => reason !== undefined)?.reason
  const said = envelope === undefined ? text.trimStart() : envelope.message ?? ""
  return {
    code: code === undefined || refusal.isKnown(code) ? code : scrub.code(code),
    detail: said === "" || said.startsWith("<") ? undefined : scrub.text(said)
  }
}

/** What a status says by itself, when the body says nothing of a recipient. */
export const ofStatus = (
  { retryAfter, status }: Answer,
  options: {
    readonly code?: string | undefined
    /** The code says that the service is in trouble, whatever the status says. */
    readonly inTrouble?: boolean | undefined
    readonly slows?: Slows | undefined
    readonly detail?: string | undefined
  } = {}
): Troubled => {
  const reason = status === 429
    ? new SendError.RateLimited({ retryAfter })
    : options.inTrouble === true || (status >= 500 && status <= 599)
    ? new SendError.ServerError({ status, retryAfter })
    : new SendError.UnexpectedStatus({ status, detail: options.detail })
  return {
    _tag: "Troubled",
    reason,
    code: options.code ?? reason._tag,
    detail: options.detail,
    status,
    ambiguous: false,
    retryable: reason._tag !== "UnexpectedStatus",
    slows: options.slows ?? (status === 429 ? "everybody" : "recipient")
  }
}
