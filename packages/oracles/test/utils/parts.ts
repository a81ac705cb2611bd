/** Parts of generated messages. */
import { Schema } from "effect"

/** There or undefined, each as often, whatever the size of the message. */
export const optional = <S extends Schema.Constraint>(schema: S) => Schema.UndefinedOr(schema)

/** A text; half of a surrogate pair is none: we refuse it. */
export const text = Schema.String.check(Schema.isMaxLength(12), Schema.isPattern(/^\P{Surrogate}*$/u))

export const nonEmpty = text.check(Schema.isMinLength(1))

export const texts = Schema.Array(text).check(Schema.isMaxLength(3))

export const upTo = (maximum: number) => Schema.Int.check(Schema.isBetween({ minimum: 0, maximum }))

export const map = Schema.Record(text, text).check(Schema.isMaxProperties(3))

export const data = Schema.Record(text, Schema.Union([text, Schema.Finite, Schema.BigInt, Schema.Boolean])).check(
  Schema.isMaxProperties(4)
)

export const flag = optional(Schema.Boolean)

export const binary = optional(Schema.Literals([0, 1]))
