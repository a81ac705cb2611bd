/**
 * The JSON forms that Google's APIs give to the well-known types of protocol buffers.
 *
 * Source: protobuf.dev/programming-guides/json, and the definitions of `google.protobuf.Duration`,
 * `google.protobuf.Timestamp` and `google.type.Color`.
 *
 * @since 1.0.0
 */
import * as DateTime from "effect/DateTime"
import * as Duration_ from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import * as SchemaTransformation from "effect/SchemaTransformation"

const invalid = (message: string) => Effect.fail(new SchemaIssue.InvalidValue({ message }))

// -----------------------------------------------------------------------------
// Duration
// -----------------------------------------------------------------------------

/** 10,000 years: the last second whole. */
const longest = Duration_.nanos(315_576_000_000_999_999_999n)

// a BigInt takes long to make if it has more digits than the longest valid number
const durationPattern = /^(-?0*\d{1,12})(?:\.(\d{1,9}))?s$/

/**
 * `google.protobuf.Duration`: decimal seconds with the suffix `s`, up to nine fraction digits (`3.5s`), at most
 * 10,000 years either way.
 *
 * @category schemas
 * @since 1.0.0
 */
export const Duration = Schema.String.annotate({ identifier: "google.protobuf.Duration" }).pipe(Schema.decodeTo(
  Schema.Duration.check(
    Schema.makeFilter((duration) =>
      Duration_.between(duration, { minimum: Duration_.negate(longest), maximum: longest }) ||
      "Expected at most 10,000 years"
    )
  ),
  SchemaTransformation.transformEffect({
    decode: (text) => {
      const match = durationPattern.exec(text)
      return match === null
        ? invalid("Expected seconds such as 3.5s")
        : Effect.succeed(Duration_.nanos(BigInt(match[1] ?? 0) * 1_000_000_000n + fraction(text, match[2] ?? "")))
    },
    encode: (duration) =>
      Option.match(Duration_.toNanos(duration), {
        onNone: () => invalid("Expected a finite duration"),
        onSome: (nanos) => Effect.succeed(secondsText(nanos))
      })
  })
))

const fraction = (text: string, digits: string): bigint =>
  BigInt(digits.padEnd(9, "0")) * (text.startsWith("-") ? -1n : 1n)

const secondsText = (nanos: bigint): string => {
  const size = nanos < 0n ? -nanos : nanos
  const digits = String(size % 1_000_000_000n).padStart(9, "0").replace(/0+$/, "")
  return `${nanos < 0n ? "-" : ""}${size / 1_000_000_000n}${digits === "" ? "" : `.${digits}`}s`
}

// -----------------------------------------------------------------------------
// Timestamp
// -----------------------------------------------------------------------------

const timestampPattern =
  /^(\d{4}-\d\d-\d\d)T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/i

/** Whether the day exists: `Date` reads the 30th of February as the 1st of March. */
const isDay = (day: string): boolean =>
  Option.exists(DateTime.make(`${day}T00:00:00Z`), (time) => DateTime.formatIsoDateUtc(time) === day)

/**
 * `google.protobuf.Timestamp`: RFC 3339, written in UTC (`2014-10-02T15:01:23.045Z`), from the year 1 to 9999. What is
 * finer than a millisecond is lost. A day or hour that does not exist is invalid, and so is a leap second.
 *
 * @category schemas
 * @since 1.0.0
 */
export const Timestamp = Schema.String.annotate({ identifier: "google.protobuf.Timestamp" }).pipe(Schema.decodeTo(
  Schema.DateTimeUtc.check(Schema.makeFilter((time) => isTimestamp(time) || "Expected a year from 1 to 9999")),
  SchemaTransformation.transformEffect({
    decode: (text) =>
      Option.match(isDay(timestampPattern.exec(text)?.[1] ?? "") ? DateTime.make(text.toUpperCase()) : Option.none(), {
        onNone: () => invalid("Expected a date and time of RFC 3339"),
        onSome: (time) => Effect.succeed(DateTime.toUtc(time))
      }),
    encode: (time) => Effect.succeed(DateTime.formatIso(time))
  })
))

/**
 * Whether a time has a {@link Timestamp}: years 1 to 9999.
 *
 * @category guards
 * @since 1.0.0
 */
export const isTimestamp = (time: DateTime.DateTime): boolean =>
  time.epochMilliseconds >= firstTimestamp && time.epochMilliseconds <= lastTimestamp

const firstTimestamp = Date.parse("0001-01-01T00:00:00.000Z")

const lastTimestamp = Date.parse("9999-12-31T23:59:59.999Z")

// -----------------------------------------------------------------------------
// Color
// -----------------------------------------------------------------------------

const Part = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))

/**
 * `google.type.Color`: each part from 0 to 1, absent ones 0; without `alpha` it is solid.
 *
 * @category schemas
 * @since 1.0.0
 */
export const Color = Schema.Struct({
  red: Schema.optional(Part),
  green: Schema.optional(Part),
  blue: Schema.optional(Part),
  alpha: Schema.optional(Part)
}).annotate({ identifier: "google.type.Color" })

/**
 * A color as a text: `#rrggbb`.
 *
 * @category schemas
 * @since 1.0.0
 */
export const HexColor = Schema.String.check(Schema.isPattern(/^#[0-9a-fA-F]{6}$/))
