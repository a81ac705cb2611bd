/**
 * What makes a message wrong whatever the protocol.
 *
 * Texts say what is expected, never what was given: a message's texts show in no error.
 */
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import type { Fields, Issue, TimeToLive } from "../Message.ts"

const expected = (message: string) => ({ message })

const DataKey = Schema.String.check(Schema.makeFilter<string>(
  (key) => key !== "from" && !key.startsWith("google."),
  expected("is reserved: `from`, and what begins with `google.`")
))

const DataValue = Schema.Union([Schema.String, Schema.Number, Schema.BigInt, Schema.Boolean])
  .annotate(expected("must be a string, a number, a bigint or a boolean"))

const Text = Schema.String.annotate(expected("must be a string"))

const fourWeeks = Duration.weeks(4)

/** @internal */
export const timeToLive = (input: TimeToLive): Option.Option<Duration.Duration> =>
  // a bare number or bigint, which untyped callers may pass, has no unit that everybody would read the same
  Predicate.isNumber(input) || Predicate.isBigInt(input) ? Option.none() : Duration.fromInput(input)

const TimeToLive = Schema.Unknown.check(Schema.makeFilter<unknown>((input) => {
  const duration = Predicate.isObject(input) || Predicate.isString(input)
    ? timeToLive(input as TimeToLive)
    : Option.none()
  return Option.match(duration, {
    onNone: () => "must be a Duration, or a text with a unit such as \"1 hour\"",
    onSome: (_) =>
      Duration.between(_, { minimum: Duration.zero, maximum: fourWeeks })
        ? undefined
        : "must lie between 0 and four weeks (2,419,200 seconds)"
  })
}))

const flag = Schema.Boolean.annotate(expected("must be a boolean"))

const FieldsSchema = Schema.Struct({
  data: Schema.optional(Schema.Record(DataKey, DataValue)),
  notification: Schema.optional(Schema.Struct({
    title: Schema.optional(Text),
    body: Schema.optional(Text),
    image: Schema.optional(Text)
  })),
  collapseKey: Schema.optional(Text),
  timeToLive: Schema.optional(TimeToLive),
  priority: Schema.optional(Schema.Literals(["normal", "high"]).annotate(expected("must be \"normal\" or \"high\""))),
  restrictedPackageName: Schema.optional(Text),
  dryRun: Schema.optional(flag),
  analyticsLabel: Schema.optional(Text)
})

const decode = Schema.decodeUnknownResult(FieldsSchema, { errors: "all", onExcessProperty: "error" })

const format = SchemaIssue.makeFormatterStandardSchemaV1()

/** @internal */
export const issues = (fields: Fields): ReadonlyArray<Issue> => {
  const result = decode(fields)
  if (Result.isSuccess(result)) return []
  return format(result.failure.issue).issues.map((issue) => ({
    path: (issue.path ?? []).map((key) => typeof key === "object" ? String(key.key) : keyOf(key)),
    message: issue.message
  }))
}

const keyOf = (key: PropertyKey): string | number => typeof key === "symbol" ? String(key) : key
