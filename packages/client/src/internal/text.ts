/**
 * Texts, as callers without types may give them.
 */
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"

/**
 * A text, in clear or redacted; of whatever else, and of a Redacted that was wiped, an empty one: it is told as what is
 * wrong with this one recipient or audience, and is no defect that takes others along.
 */
export const textOf = (value: unknown): string =>
  typeof value === "string"
    ? value
    : Result.getOrElse(Result.try(() => Redacted.isRedacted(value) ? textOf(Redacted.value(value)) : ""), () => "")
