/**
 * What one exchange says, and of whom: the design's table "a fault of whom?" ends in these.
 */
import type * as Duration from "effect/Duration"
import type * as Outcome from "../Outcome.ts"
import * as SendError from "../SendError.ts"
import type { Answer, Lost } from "./exchange.ts"

/** What one exchange says. */
export type Verdict = Spoken | Troubled | Garbled | Refused

/** It speaks of each recipient, in the order of the request. */
export interface Spoken {
  readonly _tag: "Spoken"
  readonly outcomes: ReadonlyArray<Outcome.Outcome>
}

/** It speaks of nobody: the service is in trouble, or out of reach. */
export interface Troubled {
  readonly _tag: "Troubled"
  readonly reason: SendError.TransportError["reason"]
  /** The service's code, else the tag of the reason. */
  readonly code: string
  /** Whether the service may have accepted all the same. */
  readonly ambiguous: boolean
}

/** A 2xx that is no answer: whether the service accepted is unknown. */
export interface Garbled {
  readonly _tag: "Garbled"
  readonly reason: SendError.InvalidResponse
}

/** It proves the whole send wrong: nothing more is sent. The service accepted nothing of this request. */
export interface Refused {
  readonly _tag: "Refused"
  readonly reason: SendError.AuthenticationError["reason"] | SendError.RejectedRequest
}

export const spoken = (outcomes: ReadonlyArray<Outcome.Outcome>): Verdict => ({ _tag: "Spoken", outcomes })

export const refused = (reason: Refused["reason"]): Verdict => ({ _tag: "Refused", reason })

export const garbled = (answer: Answer, detail: string): Verdict => ({
  _tag: "Garbled",
  reason: new SendError.InvalidResponse({ status: answer.status, detail })
})

export const lost = ({ reason, written }: Lost): Verdict => ({
  _tag: "Troubled",
  reason,
  code: reason._tag,
  ambiguous: written
})

/** What a status says by itself, when the body says nothing of a recipient. */
export const ofStatus = ({ retryAfter, status }: Answer, code?: string): Verdict => {
  const reason = troubleOf(status, retryAfter)
  return { _tag: "Troubled", reason, code: code ?? reason._tag, ambiguous: false }
}

const troubleOf = (status: number, retryAfter: Duration.Duration | undefined): Troubled["reason"] => {
  if (status === 429) return new SendError.RateLimited({ retryAfter })
  if (status >= 500 && status <= 599) return new SendError.ServerError({ status, retryAfter })
  return new SendError.UnexpectedStatus({ status })
}
