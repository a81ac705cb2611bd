/**
 * What the engine counts. The names are documented in `docs/errors-and-retries.md`.
 */
import type * as Context from "effect/Context"
import * as Metric from "effect/Metric"
import type * as Outcome from "../Outcome.ts"

const outcomes = Metric.counter("cloud_messaging_outcomes", {
  description: "Outcomes, by system (fcm, gcm), outcome and code",
  incremental: true
})

const retries = Metric.counter("cloud_messaging_retries", {
  description: "Recipients sent to again, by system and the code of what failed",
  incremental: true
})

/** With the boundaries and the attribute of `Metric.timer`: a duration for each request would cost more than the count. */
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
  /** So many outcomes are successes. */
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

/** The metrics of one protocol. Codes are few, so that a metric for each is kept; beyond that they count as `other`. */
export const make = (system: string): Metrics => {
  const outcomesBy = new Map<string, typeof outcomes>()
  const retriesBy = new Map<string, typeof retries>()
  const waitingOf = Metric.withAttributes(waiting, { system })
  const requestsOf = Metric.withAttributes(requests, { system })
  const successesOf = Metric.withAttributes(outcomes, { system, outcome: "Success", code: "" })
  const outcomesOf = (outcome: Outcome.Outcome["_tag"], code: string) =>
    kept(outcomesBy, outcome, code, (code) => Metric.withAttributes(outcomes, { system, outcome, code }))
  return {
    successes: (n, context) => successesOf.updateUnsafe(n, context),
    outcomes: (all, context) => {
      let successes = 0
      for (const outcome of all) {
        if (outcome._tag === "Success") successes++
        else outcomesOf(outcome._tag, "code" in outcome ? outcome.code : "").updateUnsafe(1, context)
      }
      if (successes > 0) successesOf.updateUnsafe(successes, context)
    },
    retry: (code, recipients, context) =>
      kept(retriesBy, "", code, (code) => Metric.withAttributes(retries, { system, code }))
        .updateUnsafe(recipients, context),
    request: (took, context) => requestsOf.updateUnsafe(took, context),
    waiting: (change, context) => waitingOf.modifyUnsafe(change, context)
  }
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
