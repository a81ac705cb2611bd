/**
 * Who was taken, in input order, and what became of whom: each recipient has at most one outcome, and keeps it.
 */
import type * as Outcome from "../Outcome.ts"
import * as Recipient from "../Recipient.ts"
import * as Report from "../Report.ts"
import type { Settlement } from "../SendError.ts"

interface Entry {
  readonly recipient: Recipient.Recipient
  outcome: Outcome.Outcome | undefined
}

export class Ledger {
  readonly #entries = new Map<string, Entry>()
  /** One for each position of the input: the same for the same recipient. */
  readonly #positions: ReadonlyArray<Entry>

  constructor(recipients: ReadonlyArray<Recipient.Recipient>) {
    this.#positions = recipients.map((recipient) => {
      const key = keyOf(recipient)
      const known = this.#entries.get(key)
      if (known !== undefined) return known
      const entry: Entry = { recipient, outcome: undefined }
      this.#entries.set(key, entry)
      return entry
    })
  }

  /** The distinct recipients, first occurrences in input order. */
  get distinct(): ReadonlyArray<Recipient.Recipient> {
    return Array.from(this.#entries.values(), (entry) => entry.recipient)
  }

  /** The distinct recipients without an outcome. */
  get open(): ReadonlyArray<Recipient.Recipient> {
    return Array.from(this.#entries.values()).flatMap(({ outcome, recipient }) =>
      outcome === undefined ? [recipient] : []
    )
  }

  settle(outcome: Outcome.Outcome): void {
    const entry = this.#entries.get(keyOf(outcome.recipient))
    if (entry !== undefined) entry.outcome ??= outcome
  }

  /** The outcomes so far, one for each settled position. */
  get report(): Report.Report {
    return Report.make(this.#positions.flatMap(({ outcome }) => outcome ?? []))
  }

  /** All that was taken: what is settled, and what is not. */
  get settlement(): Settlement {
    return {
      report: this.report,
      unsettled: this.#positions.flatMap(({ outcome, recipient }) => outcome === undefined ? [recipient] : [])
    }
  }
}

const keyOf = (recipient: Recipient.Recipient): string => `${recipient.kind}:${Recipient.value(recipient)}`
