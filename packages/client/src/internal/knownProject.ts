/**
 * Whether the project of a layer exists. Once it accepted something, a 404 that says nothing more is no fault of it.
 */
import * as Outcome from "../Outcome.ts"
import type { Sent } from "./protocol.ts"
import * as Verdict from "./verdict.ts"

/** So many in a row, and the project is gone after all. */
const maxMissing = 10

export class KnownProject {
  #isKnown = false
  /** Answers that the project is unknown, since it accepted something. */
  #missing = 0

  /** What an answer says, given the answers before it. */
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
        detail: "a 404 without a code of FCM, from a project that accepted requests before",
        issues: [],
        disposition: "keep"
      })
    ))
  }
}
