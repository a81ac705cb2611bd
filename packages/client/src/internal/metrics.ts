/**
 * What the engine counts. The names are documented in `docs/errors-and-retries.md`.
 */
import * as Context from "effect/Context"
import * as Metric from "effect/Metric"
import type * as Outcome from "../Outcome.ts"
import { memoizeLast } from "./memoize.ts"

const outcomes = Metric.counter("cloud_messaging_outcomes", {
  description: "Outcomes, by system (fcm, gcm), outcome and code",
  incremental: true
})

const retries = Metric.counter("cloud_messaging_retries", {
  description: "Recipients sent to again, by system and the code of what failed",
  incremental: true
})

/** As `Metric.timer` has it, which takes a duration: to make one and to read it costs a request more than to count. */
const requests = Metric.histogram("cloud_messaging_request_duration", {
  description: "How long requests took, their answers read, by system",
  attributes: { time_unit: "milliseconds" },
  boundaries: Metric.exponentialBoundaries({ start: 0.5, factor: 2, count: 35 })
})

const waiting = Metric.gauge("cloud_messaging_waiting", {
  description: "Recipients that wait for a retry now, by system"
})

/** They are told without an effect, which would cost as much as the request; the context says whose metrics they are. */
export interface Metrics {
  readonly successes: (n: number, context: Context.Context<never>) => void
  readonly outcomes: (outcomes: ReadonlyArray<Outcome.Outcome>, context: Context.Context<never>) => void
  readonly retry: (code: string, recipients: number, context: Context.Context<never>) => void
  /** Milliseconds that a request took. */
  readonly request: (took: number, context: Context.Context<never>) => void
  /** By how many more, or fewer, wait. */
  readonly waiting: (change: number, context: Context.Context<never>) => void
}

/** Series kept of one metric: the codes that are documented are a third of it, and a server may invent any number. */
const maxSeries = 100

/** The metrics of one protocol. Codes are few, so that what tells each is kept; beyond that they count as `other`. */
export const make = (system: string): Metrics => {
  const outcomesBy = new Map<string, Tell>()
  const retriesBy = new Map<string, Tell>()
  const outcomesOf = (outcome: Outcome.Outcome["_tag"], code: string) =>
    kept(outcomesBy, outcome, code, (code) => tell(outcomes, { system, outcome, code }))
  const contextOf = withAttributes({ system })
  const successes = tell(outcomes, { system, outcome: "Success", code: "" })
  return {
    successes,
    outcomes: (all, context) => {
      let n = 0
      for (const outcome of all) {
        if (outcome._tag === "Success") n++
        else outcomesOf(outcome._tag, "code" in outcome ? outcome.code : "")(1, context)
      }
      if (n > 0) successes(n, context)
    },
    retry: (code, recipients, context) =>
      kept(retriesBy, "", code, (code) => tell(retries, { system, code }))(recipients, context),
    request: (took, context) => requests.updateUnsafe(took, contextOf(context)),
    waiting: (change, context) => waiting.modifyUnsafe(change, contextOf(context))
  }
}

type Tell = (input: number, context: Context.Context<never>) => void

const tell = (metric: Metric.Metric<number, unknown>, attributes: Attributes): Tell => {
  const contextOf = withAttributes(attributes)
  return (input, context) => metric.updateUnsafe(input, contextOf(context))
}

type Attributes = { readonly [name: string]: string }

/** Adds attributes, over those of the application; once for each context, where `Metric.withAttributes` does so each time. */
const withAttributes = (attributes: Attributes) => {
  const merged = memoizeLast((others: object) => ({ ...others, ...attributes }))
  return memoizeLast((context: Context.Context<never>) =>
    Context.add(context, Metric.CurrentMetricAttributes, merged(Context.get(context, Metric.CurrentMetricAttributes)))
  )
}

const kept = <A>(all: Map<string, A>, outcome: string, code: string, make: (code: string) => A): A => {
  const known = all.get(`${outcome} ${code}`)
  if (known !== undefined) return known
  if (all.size >= maxSeries && code !== other) return kept(all, outcome, other, make)
  const made = make(code)
  all.set(`${outcome} ${code}`, made)
  return made
}

const other = "other"
