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
import type { Fields, Issue } from "../Message.ts"

// -----------------------------------------------------------------------------
// Time to live
// -----------------------------------------------------------------------------

/** The duration of a time to live, if it is one. */
export const timeToLive = (input: unknown): Option.Option<Duration.Duration> =>
  // a bare number, bigint or pair, which untyped callers may pass, has no unit that everybody would read the same
  isDurationInput(input) ? Duration.fromInput(input) : Option.none()

const isDurationInput = (input: unknown): input is Duration.Input =>
  Duration.isDuration(input) || Predicate.isString(input) || isDurationObject(input)

const units = new Set(["weeks", "days", "hours", "minutes", "seconds", "milliseconds", "microseconds", "nanoseconds"])

// Duration reads any object, and what it does not know as zero: a message that is to be delivered now or never
const isDurationObject = (input: unknown): boolean => {
  if (!Predicate.isObject(input)) return false
  const parts = Object.entries(input).filter(([, n]) => n !== undefined)
  return parts.length > 0 && parts.every(([unit, n]) => units.has(unit) && Number.isFinite(n))
}

const fourWeeks = Duration.weeks(4)

const checkTimeToLive = (input: unknown): string | undefined =>
  Option.match(timeToLive(input), {
    onNone: () => "must be a Duration, or a text with a unit such as \"1 hour\"",
    onSome: (_) =>
      Duration.between(_, { minimum: Duration.zero, maximum: fourWeeks })
        ? undefined
        : "must lie between 0 and four weeks (2,419,200 seconds)"
  })

// -----------------------------------------------------------------------------
// Fields
// -----------------------------------------------------------------------------

const field = <S extends Schema.Constraint>(schema: S, message: string) =>
  Schema.optionalKey(Schema.UndefinedOr(schema).annotate({ message }))

const text = field(Schema.String, "must be a string")

const FieldsSchema = Schema.Struct({
  data: Schema.optional(Schema.Record(
    Schema.String,
    Schema.Union([Schema.String, Schema.Number, Schema.BigInt, Schema.Boolean])
      .annotate({ message: "must be a string, a number, a bigint or a boolean" })
  )),
  notification: Schema.optional(Schema.Struct({ title: text, body: text, image: text })),
  collapseKey: text,
  timeToLive: Schema.optional(
    Schema.Unknown.check(Schema.makeFilter<unknown>((_) => _ === undefined ? undefined : checkTimeToLive(_)))
  ),
  priority: Schema.optional(Schema.Literals(["normal", "high"])),
  restrictedPackageName: text,
  dryRun: field(Schema.Boolean, "must be a boolean"),
  analyticsLabel: text
})

const decode = Schema.decodeUnknownResult(FieldsSchema, { errors: "all", onExcessProperty: "error" })

const format = SchemaIssue.makeFormatterStandardSchemaV1({
  leafHook: (issue) => issue._tag === "UnexpectedKey" ? "is no field of a message" : SchemaIssue.defaultLeafHook(issue)
})

/** What is wrong with a message whatever the protocol. */
export const issues = (fields: Fields): ReadonlyArray<Issue> => [
  ...Result.match(decode(fields), { onFailure: ({ issue }) => format(issue).issues.map(issueOf), onSuccess: () => [] }),
  ...reserved(fields, (key) => key === "from" || key.startsWith("google."), "`from`, and what begins with `google.`")
]

/** Which keys of the data are reserved. */
export const reserved = (fields: Fields, isReserved: (key: string) => boolean, which: string): ReadonlyArray<Issue> =>
  Object.keys(fields.data ?? {}).filter(isReserved).map((key) => ({
    path: ["data", key],
    message: `is reserved: ${which}`
  }))

const issueOf = ({ message, path = [] }: ReturnType<typeof format>["issues"][number]): Issue => ({
  message,
  path: path.map((part) => typeof part === "object" ? part.key : part).map((key) =>
    typeof key === "symbol" ? String(key) : key
  )
})
