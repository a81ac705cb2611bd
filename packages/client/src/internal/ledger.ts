/**
 * Who was taken, in input order, and what became of whom: each recipient has at most one outcome, and keeps it.
 */
import type * as Outcome from "../Outcome.ts"
import * as Recipient from "../Recipient.ts"
import * as Report from "../Report.ts"
import type { Settlement } from "../SendError.ts"
import type { Ticket } from "./group.ts"

/** A distinct recipient. */
export interface Entry extends Ticket {
  outcome: Outcome.Outcome | undefined
}

export class Ledger {
  /** The distinct recipients, first occurrences in input order. */
  readonly entries: ReadonlyArray<Entry>
  /** One for each position of the input: the same for the same recipient. */
  readonly #positions: ReadonlyArray<Entry>

  constructor(recipients: ReadonlyArray<Recipient.Recipient>) {
    const entries: Array<Entry> = []
    const make = (recipient: Recipient.Recipient): Entry => {
      const entry = { recipient, outcome: undefined }
      entries.push(entry)
      return entry
    }
    this.#positions = recipients.map(recipients.length > 1 ? once(make) : make)
    this.entries = entries
  }

  /** All that was taken: what is settled, and what is not. */
  get settlement(): Settlement {
    const outcomes: Array<Outcome.Outcome> = []
    const unsettled: Array<Recipient.Recipient> = []
    for (const { outcome, recipient } of this.#positions) {
      if (outcome === undefined) unsettled.push(recipient)
      else outcomes.push(outcome)
    }
    return { report: new Report.Report(outcomes), unsettled }
  }
}

/** Makes one for each distinct recipient. */
const once = (make: (recipient: Recipient.Recipient) => Entry) => {
  const made: { readonly [Kind in Recipient.Kind]: Map<string, Entry> } = { token: new Map(), fid: new Map() }
  return (recipient: Recipient.Recipient): Entry => {
    const value = Recipient.value(recipient)
    const before = made[recipient.kind].get(value)
    if (before !== undefined) return before
    const entry = make(recipient)
    made[recipient.kind].set(value, entry)
    return entry
  }
}
