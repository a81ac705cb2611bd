/**
 * One request that names no recipient, through the engine: retried as a send to one.
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Outcome from "../Outcome.ts"
import type * as Recipient from "../Recipient.ts"
import type * as SendError from "../SendError.ts"
import type { Answer } from "./exchange.ts"
import type * as Group from "./group.ts"
import type { Layer } from "./layer.ts"
import type { Entry } from "./ledger.ts"
import { anybody, type Protocol } from "./protocol.ts"
import type { Scrub } from "./scrub.ts"
import { annotateSpan, errorOf, nobody, sendTo } from "./send.ts"
import type { Settings } from "./settings.ts"
import * as Verdict from "./verdict.ts"

/** What is asked, and what an answer means. */
export interface Question<A> {
  /** Whom an error touches. */
  readonly unsettled?: ReadonlyArray<Recipient.Recipient>
  readonly prepared: Group.Prepared
  readonly judge: (answer: Answer, scrub: Scrub) => Verdict.Verdict | Verdict.Accepted<A>
}

export const askOne = Effect.fnUntraced(function*<A>(
  layer: Layer,
  settings: Settings,
  { judge, prepared, unsettled = [] }: Question<A>,
  context: Context.Context<never>
): Effect.fn.Return<A, SendError.SendError> {
  let accepted: Verdict.Accepted<A> | undefined
  const protocol: Protocol = {
    ...layer.protocol,
    recipientsPerRequest: 1,
    judge: (answer, { scrub }) => {
      const verdict = judge(answer, scrub)
      if (verdict._tag !== "Accepted") return verdict
      accepted = verdict
      return Verdict.spoken([new Outcome.Success({ recipient: anybody, messageId: "", canonical: undefined })])
    }
  }
  const entry: Entry = { recipient: anybody, outcome: undefined }
  const ended = yield* sendTo({ ...layer, protocol }, settings, prepared, [entry], context)
  annotateSpan(context, {}, ended)
  if (accepted !== undefined) return accepted.value
  return yield* errorOf(ended, { ...nobody, unsettled }, entry.outcome?._tag === "Unknown") ??
    Effect.die("a request without an end")
})
