/**
 * Texts, as callers without types may give them.
 */
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"

/**
 * A text, in clear or redacted. Anything else, and a wiped Redacted, becomes an empty text, so that it is reported for this
 * one recipient or audience instead of being a defect.
 */
export const textOf = (value: unknown): string =>
  typeof value === "string"
    ? value
    : Result.getOrElse(Result.try(() => Redacted.isRedacted(value) ? textOf(Redacted.value(value)) : ""), () => "")
