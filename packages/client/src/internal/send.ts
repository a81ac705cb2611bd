/**
 * What `send` makes of the engine.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { constUndefined } from "effect/Function"
import * as Record from "effect/Record"
import * as Result from "effect/Result"
import * as Tracer from "effect/Tracer"
import type { Issue, Message } from "../Message.ts"
import type * as Recipient from "../Recipient.ts"
import * as Report from "../Report.ts"
import * as SendError from "../SendError.ts"
import { type Ended, Engine, nothingSent, type Sink } from "./engine.ts"
import { Listed } from "./fresh.ts"
import type * as Group from "./group.ts"
import type { Layer } from "./layer.ts"
import { type Entry, Ledger } from "./ledger.ts"
import type { Settings } from "./settings.ts"

/** One message to some recipients, and a report of all. */
export const send = (
  layer: Layer,
  settings: Settings,
  message: Message,
  recipients: ReadonlyArray<Recipient.Recipient>,
  context: Context.Context<never>
): Effect.Effect<Report.Report, SendError.SendError> => {
  const ledger = new Ledger(recipients)
  for (const entry of ledger.entries) entry.outcome = layer.protocol.refuse(entry.recipient)
  const tickets = ledger.entries.filter(({ outcome }) => outcome === undefined)
  const prepared = layer.prepare(message)
  const conclude = (ended: Ended) => {
    const settlement = ledger.settlement
    layer.metrics.outcomes(settlement.report.outcomes, context)
    annotateSpan(context, settlement.report.counts, ended)
    const error = tickets.length > 0 && Result.isFailure(prepared)
      ? invalidMessage(prepared.failure, settlement)
      : errorOf(ended, settlement)
    return error === undefined ? Effect.succeed(settlement.report) : Effect.fail(error)
  }
  return tickets.length > 0 && Result.isSuccess(prepared)
    ? Effect.flatMap(sendTo(layer, settings, prepared.success, tickets, context), conclude)
    : conclude(nothingSent)
}

/** Sends to those who can be sent to. */
export const sendTo = (
  layer: Layer,
  settings: Settings,
  prepared: Group.Prepared,
  tickets: ReadonlyArray<Entry>,
  context: Context.Context<never>
): Effect.Effect<Ended> => {
  const { recipientsPerRequest } = layer.protocol
  const fresh = new Listed(prepared, tickets, recipientsPerRequest)
  const engine = new Engine<Entry>({ layer, settings, context, fresh, sink: toEntries, onRejected: "end" })
  return engine.run(Math.min(settings.concurrency, Math.ceil(tickets.length / recipientsPerRequest)))
}

const toEntries: Sink<Entry> = {
  settle: (entry, outcome) => {
    entry.outcome ??= outcome
  },
  leave: () => {}, // it stays unsettled
  flush: constUndefined
}

/** The error of a whole send, if that is how it ended. */
export const errorOf = (
  { end, garbled, spoken, troubled }: Ended,
  settlement: SendError.Settlement,
  ambiguous = settlement.report.unknown.length > 0
): SendError.SendError | undefined => {
  if (end !== undefined) return endError(end, settlement)
  if (spoken) return undefined
  if (garbled !== undefined) return new SendError.ValidationError({ reason: garbled.reason, ...settlement })
  return troubled && new SendError.TransportError({ reason: troubled, ambiguous, ...settlement })
}

/** The error that ended a send. */
export const endError = (end: NonNullable<Ended["end"]>, settlement: SendError.Settlement) =>
  end._tag === "Denied"
    ? new SendError.AuthenticationError({ reason: end.reason, ...settlement })
    : new SendError.ValidationError({ reason: end.reason, ...settlement })

export const invalidMessage = (issues: ReadonlyArray<Issue>, settlement: SendError.Settlement) =>
  new SendError.ValidationError({ reason: new SendError.InvalidMessage({ issues }), ...settlement })

/** Tells the span of a send how it went; what there is none of, it need not carry. */
export const annotateSpan = (
  context: Context.Context<never>,
  counts: Partial<Report.Counts>,
  { requests }: Ended
): void => {
  const span = Context.getOrUndefined(context, Tracer.ParentSpan)
  if (span?._tag !== "Span") return
  span.attribute("messaging.requests", requests)
  for (const [tag, attribute] of countAttributes) {
    const n = counts[tag]
    if (n !== undefined && n > 0) span.attribute(attribute, n)
  }
}

const countAttributes = Record.keys(Report.empty.counts).map((tag) => [tag, `messaging.outcome.${tag}`] as const)

/** Where no recipient is named: in a stream every one is emitted before, in a publish there is none. */
export const nobody: SendError.Settlement = { report: Report.empty, unsettled: [] }
