/**
 * Reads texts that untyped code passes.
 */
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"

/**
 * A text, plain or redacted. Any other value, and a wiped Redacted, becomes an empty text, so that only this recipient or
 * audience is reported as invalid, without a defect.
 */
export const textOf = (value: unknown): string =>
  typeof value === "string"
    ? value
    : Result.getOrElse(Result.try(() => Redacted.isRedacted(value) ? textOf(Redacted.value(value)) : ""), () => "")
