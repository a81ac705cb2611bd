/**
 * What `send` makes of the engine.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { constUndefined } from "effect/Function"
import type * as HttpClient from "effect/http/HttpClient"
import * as Result from "effect/Result"
import { isMessage, type Issue, type Message } from "../Message.ts"
import type * as Recipient from "../Recipient.ts"
import * as Report from "../Report.ts"
import * as SendError from "../SendError.ts"
import { Alarms } from "./alarms.ts"
import { type Ended, Engine, nothingSent, type Send } from "./engine.ts"
import { quiet } from "./exchange.ts"
import { fromArray } from "./fresh.ts"
import { Gate } from "./gate.ts"
import * as Group from "./group.ts"
import { type Entry, Ledger } from "./ledger.ts"
import { memoizeWeak } from "./memoize.ts"
import * as metrics from "./metrics.ts"
import type { Protocol } from "./protocol.ts"
import type { Settings } from "./settings.ts"

/** What a layer has: one client, one gate. */
export interface Layer extends Pick<Send<never>, "client" | "protocol" | "gate" | "metrics"> {
  /** Makes a message ready to send, once: most are sent many times. */
  readonly prepare: (message: Message) => Result.Result<Group.Prepared, ReadonlyArray<Issue>>
  /** The alarms of a clock; mostly there is one. */
  readonly alarmsOf: (clock: Clock.Clock) => Alarms
}

export const layerOf = (protocol: Protocol): Effect.Effect<Layer, never, HttpClient.HttpClient> =>
  Effect.map(quiet(), (client) => ({
    client,
    protocol,
    gate: new Gate(),
    metrics: metrics.make(protocol.system),
    prepare: memoizeMessages((message) => Group.prepare(protocol, message)),
    alarmsOf: memoizeWeak((clock) => new Alarms(clock))
  }))

/** What is no message, as JavaScript may have it, is not kept: it may change. */
const memoizeMessages = <A>(make: (message: Message) => A): (message: Message) => A => {
  const memoized = memoizeWeak(make)
  return (message) => isMessage(message) ? memoized(message) : make(message)
}

/** One message to some recipients, and a report of all. */
export const send = Effect.fnUntraced(function*(
  layer: Layer,
  settings: Settings,
  message: Message,
  recipients: ReadonlyArray<Recipient.Recipient>
): Effect.fn.Return<Report.Report, SendError.SendError> {
  const { protocol } = layer
  const ledger = new Ledger(recipients)
  for (const entry of ledger.entries) entry.outcome = protocol.refuse(entry.recipient)
  const tickets = ledger.entries.flatMap((item) =>
    item.outcome === undefined ? [{ recipient: item.recipient, item }] : []
  )
  const prepared = layer.prepare(message)
  const ended = tickets.length > 0 && Result.isSuccess(prepared)
    ? yield* sendTo(layer, settings, prepared.success, tickets)
    : nothingSent
  const settlement = ledger.settlement
  layer.metrics.outcomes(settlement.report.outcomes, yield* Effect.context<never>())
  yield* annotateSpan(settlement.report.counts, ended)
  const error = tickets.length > 0 && Result.isFailure(prepared)
    ? invalidMessage(prepared.failure, settlement)
    : errorOf(ended, settlement)
  return error === undefined ? settlement.report : yield* Effect.fail(error)
})

/** Sends to those who can be sent to. */
export const sendTo = (
  layer: Layer,
  settings: Settings,
  prepared: Group.Prepared,
  tickets: ReadonlyArray<Group.Ticket<Entry>>
): Effect.Effect<Ended> => {
  const { recipientsPerRequest } = layer.protocol
  return Effect.flatMap(Effect.context<never>(), (context) => {
    const engine = new Engine<Entry>({
      ...layer,
      ...settings,
      ...surroundings(layer, context),
      fresh: fromArray(prepared, tickets, recipientsPerRequest),
      sink: {
        settle: ({ item }, outcome) => {
          item.outcome ??= outcome
        },
        leave: () => {}, // it stays unsettled
        flush: constUndefined
      },
      onRejected: "end"
    })
    return engine.run(Math.min(settings.concurrency, Math.ceil(tickets.length / recipientsPerRequest)))
  })
}

/** What a send finds around it. */
export const surroundings = (
  { alarmsOf }: Layer,
  context: Context.Context<never>
): Pick<Send<never>, "clock" | "alarms" | "context"> => {
  const clock = Context.get(context, Clock.Clock)
  return { clock, alarms: alarmsOf(clock), context }
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

export const annotateSpan = (counts: Partial<Report.Counts>, { requests }: Ended): Effect.Effect<void> => {
  const attributes: Record<string, number> = { "messaging.requests": requests }
  for (const [tag, n] of Object.entries(counts)) attributes[`messaging.outcome.${tag}`] = n
  return Effect.annotateCurrentSpan(attributes)
}

/** Where no recipient is named: in a stream every one is emitted before, in a publish there is none. */
export const nobody: SendError.Settlement = { report: Report.empty, unsettled: [] }
