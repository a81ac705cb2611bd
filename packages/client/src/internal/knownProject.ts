/**
 * Whether the project of a layer exists. Once it has accepted a message, a 404 without a code does not mean that the
 * project is missing.
 */
import * as Outcome from "../Outcome.ts"
import type { Sent } from "./protocol.ts"
import * as Verdict from "./verdict.ts"

/** After this many 404s in a row, the project counts as missing. */
const maxMissing = 10

export class KnownProject {
  #isKnown = false
  /** The number of 404s since the last acceptance. */
  #missing = 0

  /** The verdict of an answer, in view of the answers before it. */
  hear(verdict: Verdict.Verdict, { recipients }: Pick<Sent, "recipients">): Verdict.Verdict {
    if (verdict._tag === "Spoken" && verdict.words[0]?._tag === "Success") {
      this.#isKnown = true
      this.#missing = 0
    }
    if (verdict._tag !== "Denied" || verdict.reason._tag !== "ProjectNotFound") return verdict
    this.#missing++
    if (!this.#isKnown || this.#missing >= maxMissing) return verdict
    return Verdict.spoken(recipients.map((recipient) =>
      new Outcome.Failed({
        recipient,
        code: "NOT_FOUND",
        detail: "a 404 without an FCM code, from a project that accepted requests before",
        issues: [],
        disposition: "keep"
      })
    ))
  }
}
