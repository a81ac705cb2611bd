/**
 * The outcomes of one send, in input order.
 *
 * @since 1.0.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import { NodeInspectSymbol } from "effect/Inspectable"
import * as MutableHashMap from "effect/MutableHashMap"
import * as MutableHashSet from "effect/MutableHashSet"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import type * as Outcome from "./Outcome.ts"
import type { Recipient } from "./Recipient.ts"

const TypeId = "~@cloud-messaging/client/Report"

// -----------------------------------------------------------------------------
// Models
// -----------------------------------------------------------------------------

type Tag = Outcome.Outcome["_tag"]

type Views = { readonly [T in Tag]: Array<Extract<Outcome.Outcome, { readonly _tag: T }>> } & {
  readonly Canonical: Array<Outcome.Canonical>
}

/**
 * How many outcomes there are of each kind.
 *
 * @category models
 * @since 1.0.0
 */
export type Counts = { readonly [T in Tag]: number }

/**
 * A report: the outcomes in input order, and views of them that are computed once, when first asked for.
 *
 * Shown as its counts, so that an error that holds a million outcomes prints in a line.
 *
 * @category models
 * @since 1.0.0
 */
export class Report {
  readonly [TypeId] = TypeId
  /** One for each recipient of the send, in its order. */
  readonly outcomes: ReadonlyArray<Outcome.Outcome>
  #views: Views | undefined
  /** @internal */
  constructor(outcomes: ReadonlyArray<Outcome.Outcome>) {
    this.outcomes = outcomes
  }
  /** How many outcomes there are. */
  get size(): number {
    return this.outcomes.length
  }
  /** Accepted by the service. */
  get success(): ReadonlyArray<Outcome.Success> {
    return this.#sorted.Success
  }
  /** Accepted, with the id to use from now on. Also in `success`. */
  get canonical(): ReadonlyArray<Outcome.Canonical> {
    return this.#sorted.Canonical
  }
  /** Gone from the device. */
  get notRegistered(): ReadonlyArray<Outcome.NotRegistered> {
    return this.#sorted.NotRegistered
  }
  /** Refused. */
  get failed(): ReadonlyArray<Outcome.Failed> {
    return this.#sorted.Failed
  }
  /** Given up while the service was in trouble. */
  get unavailable(): ReadonlyArray<Outcome.Unavailable> {
    return this.#sorted.Unavailable
  }
  /** Perhaps accepted: the answer was lost. */
  get unknown(): ReadonlyArray<Outcome.Unknown> {
    return this.#sorted.Unknown
  }
  /** How many there are of each kind. */
  get counts(): Counts {
    const { Failed, NotRegistered, Success, Unavailable, Unknown } = this.#sorted
    return {
      Success: Success.length,
      NotRegistered: NotRegistered.length,
      Failed: Failed.length,
      Unavailable: Unavailable.length,
      Unknown: Unknown.length
    }
  }
  get #sorted(): Views {
    return this.#views ??= sort(this.outcomes)
  }
  toString(): string {
    return `Report(${Object.entries(this.counts).map(([tag, n]) => `${tag}: ${n}`).join(", ")})`
  }
  toJSON(): unknown {
    return { _id: "Report", ...this.counts }
  }
  [NodeInspectSymbol](): unknown {
    return this.toJSON()
  }
}

// -----------------------------------------------------------------------------
// Constructors
// -----------------------------------------------------------------------------

/**
 * The report of these outcomes, in their order: for tests, and for several sends taken together.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make = (outcomes: Iterable<Outcome.Outcome>): Report => new Report(Array.from(outcomes))

/**
 * The report of nothing.
 *
 * @category constructors
 * @since 1.0.0
 */
export const empty: Report = make([])

// -----------------------------------------------------------------------------
// Sending again, by hand
// -----------------------------------------------------------------------------

/**
 * Whether anything may be sent again: some outcome has the disposition `retryLater`.
 *
 * @category retrying
 * @since 1.0.0
 */
export const needsRetry = (self: Report): boolean => self.outcomes.some(retryable)

/**
 * The distinct recipients to send again, first occurrences in input order.
 *
 * @category retrying
 * @since 1.0.0
 */
export const retry = (self: Report): ReadonlyArray<Recipient> => {
  const seen = MutableHashSet.empty<Recipient>()
  return self.outcomes.flatMap((outcome) => {
    if (!retryable(outcome) || MutableHashSet.has(seen, outcome.recipient)) return []
    MutableHashSet.add(seen, outcome.recipient)
    return [outcome.recipient]
  })
}

/**
 * How long to wait before round `attempt` (from 0): the larger of what the service asked for (the longest
 * `retryAfter`) and gcm-client's backoff, which is 2^attempt seconds give or take half a second, without a cap.
 *
 * @category retrying
 * @since 1.0.0
 */
export const delay = (self: Report, attempt: number): Effect.Effect<Duration.Duration> =>
  Effect.map(Random.next, (random) => {
    const backoff = Duration.millis(1000 * 2 ** attempt - 500 + Math.floor(random * 1000))
    return self.unavailable.reduce(
      (longest, { retryAfter }) => retryAfter === undefined ? longest : Duration.max(longest, retryAfter),
      backoff
    )
  })

/**
 * Joins two rounds: the outcomes of `self`, each replaced by what the later round says of the same recipient. Whom only
 * the later round knows is not added.
 *
 * @category retrying
 * @since 1.0.0
 */
export const merge: {
  (that: Report): (self: Report) => Report
  (self: Report, that: Report): Report
} = dual(2, (self: Report, that: Report): Report => {
  const later = MutableHashMap.empty<Recipient, Outcome.Outcome>()
  for (const outcome of that.outcomes) MutableHashMap.set(later, outcome.recipient, outcome)
  return make(
    self.outcomes.map((outcome) => Option.getOrElse(MutableHashMap.get(later, outcome.recipient), () => outcome))
  )
})

// -----------------------------------------------------------------------------
// internal
// -----------------------------------------------------------------------------

const retryable = (outcome: Outcome.Outcome): boolean => outcome.disposition === "retryLater"

const isCanonical = (outcome: Outcome.Success): outcome is Outcome.Canonical => outcome.canonical !== undefined

const sort = (outcomes: ReadonlyArray<Outcome.Outcome>): Views => {
  const views: Views = { Success: [], Canonical: [], NotRegistered: [], Failed: [], Unavailable: [], Unknown: [] }
  for (const outcome of outcomes) {
    switch (outcome._tag) {
      case "Success": {
        views.Success.push(outcome)
        if (isCanonical(outcome)) views.Canonical.push(outcome)
        break
      }
      case "NotRegistered": {
        views.NotRegistered.push(outcome)
        break
      }
      case "Failed": {
        views.Failed.push(outcome)
        break
      }
      case "Unavailable": {
        views.Unavailable.push(outcome)
        break
      }
      case "Unknown": {
        views.Unknown.push(outcome)
      }
    }
  }
  return views
}
