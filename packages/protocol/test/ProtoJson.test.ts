import { ProtoJson } from "@cloud-messaging/protocol"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Duration, Effect, Exit, Schema } from "effect"

describe("Duration", () => {
  const decode = Schema.decodeUnknownEffect(ProtoJson.Duration)
  const encode = Schema.encodeEffect(ProtoJson.Duration)

  // developers.google.com/protocol-buffers, google.protobuf.Duration: "3s", "3.000000001s", "3.000001s"
  const forms: ReadonlyArray<readonly [string, bigint]> = [
    ["0s", 0n],
    ["3s", 3_000_000_000n],
    ["3.000000001s", 3_000_000_001n],
    ["3.000001s", 3_000_001_000n],
    ["3.5s", 3_500_000_000n],
    ["0.25s", 250_000_000n],
    ["2419200s", 2_419_200_000_000_000n],
    ["-1.5s", -1_500_000_000n],
    ["-0.000000001s", -1n],
    ["315576000000.999999999s", 315_576_000_000_999_999_999n],
    ["-315576000000.999999999s", -315_576_000_000_999_999_999n]
  ]

  for (const [text, nanos] of forms) {
    it.effect(`reads and writes ${text}`, () =>
      Effect.gen(function*() {
        assert.strictEqual(Duration.toNanosUnsafe(yield* decode(text)), nanos)
        assert.strictEqual(yield* encode(Duration.nanos(nanos)), text)
      }))
  }

  it.effect("reads zeros before the seconds", () =>
    Effect.gen(function*() {
      assert.strictEqual(Duration.toMillis(yield* decode(`-${"0".repeat(100)}1.5s`)), -1500)
    }))

  it.effect("reads fractions of 3, 6 and 9 digits, as Google writes them", () =>
    Effect.gen(function*() {
      for (const text of ["1.010s", "1.010000s", "1.010000000s"]) {
        assert.strictEqual(Duration.toMillis(yield* decode(text)), 1010)
      }
    }))

  for (
    const text of [
      "",
      "s",
      "3",
      "3 s",
      "3.s",
      ".5s",
      "3.0000000001s",
      "3S",
      "1e3s",
      "+3s",
      "3s\n",
      "three s",
      "315576000001s",
      "-315576000001s",
      "--1s",
      "\uff11s",
      3
    ]
  ) {
    it.effect(`refuses ${JSON.stringify(text)}`, () =>
      Effect.gen(function*() {
        assert.isTrue(Exit.isFailure(yield* Effect.exit(decode(text))))
      }))
  }

  it.effect("refuses to write a duration without an end", () =>
    Effect.gen(function*() {
      assert.isTrue(Exit.isFailure(yield* Effect.exit(encode(Duration.infinity))))
    }))

  const Nanos = Schema.BigInt.check(Schema.isBetweenBigInt({
    minimum: -315_576_000_000_999_999_999n,
    maximum: 315_576_000_000_999_999_999n
  }))

  it.effect.prop("reads back what it wrote", { nanos: Nanos }, ({ nanos }) =>
    Effect.gen(function*() {
      const text = yield* encode(Duration.nanos(nanos))
      assert.match(text, /^-?\d+(\.\d{1,9})?s$/)
      assert.strictEqual(Duration.toNanosUnsafe(yield* decode(text)), nanos)
    }))

  it.effect.prop(
    "reads back what it wrote of whole milliseconds",
    { millis: Schema.Natural },
    ({ millis }) =>
      Effect.gen(function*() {
        const duration = Duration.millis(millis)
        assert.isTrue(Duration.Equivalence(yield* decode(yield* encode(duration)), duration))
      })
  )
})

describe("Timestamp", () => {
  const decode = Schema.decodeUnknownEffect(ProtoJson.Timestamp)
  const encode = Schema.encodeEffect(ProtoJson.Timestamp)

  // google.protobuf.Timestamp: "1972-01-01T10:00:20.021Z"; years 0001 to 9999; other offsets are read, Z is written
  const forms: ReadonlyArray<readonly [read: string, written: string]> = [
    ["1972-01-01T10:00:20.021Z", "1972-01-01T10:00:20.021Z"],
    ["2014-10-02T15:01:23Z", "2014-10-02T15:01:23.000Z"],
    ["2014-10-02T15:01:23.045123456Z", "2014-10-02T15:01:23.045Z"],
    ["2014-10-02T15:01:23+05:30", "2014-10-02T09:31:23.000Z"],
    ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"],
    ["9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"],
    ["9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59.999Z"],
    ["2020-01-01t00:00:00z", "2020-01-01T00:00:00.000Z"],
    ["2020-01-01T00:00:00-00:00", "2020-01-01T00:00:00.000Z"],
    ["2020-01-01T00:00:00+23:59", "2019-12-31T00:01:00.000Z"],
    ["2020-02-29T23:59:59Z", "2020-02-29T23:59:59.000Z"],
    ["2000-02-29T00:00:00Z", "2000-02-29T00:00:00.000Z"],
    ["2020-03-01T00:30:00+01:00", "2020-02-29T23:30:00.000Z"]
  ]

  for (const [read, written] of forms) {
    it.effect(`reads ${read}`, () =>
      Effect.gen(function*() {
        assert.strictEqual(yield* encode(yield* decode(read)), written)
      }))
  }

  for (
    const text of [
      "",
      "2014-10-02",
      "2014-10-02T15:01:23",
      "2014-13-02T15:01:23Z",
      "0000-01-01T00:00:00Z",
      "now",
      0,
      // days that do not exist
      "2020-02-30T00:00:00Z",
      "2021-02-29T00:00:00Z",
      "1900-02-29T00:00:00Z",
      "2020-04-31T00:00:00Z",
      "2020-02-30t00:00:00z",
      "2020-02-30T00:00:00+01:00",
      "2020-00-01T00:00:00Z",
      "2020-01-00T00:00:00Z",
      "2020-01-32T00:00:00Z",
      // times that do not exist, and a leap second, which protobuf refuses
      "2020-01-01T24:00:00Z",
      "2020-01-01T24:00:00+01:00",
      "2020-01-01T25:00:00Z",
      "2020-01-01T00:60:00Z",
      "2016-12-31T23:59:60Z",
      "2020-01-01T00:00:00.1234567890Z",
      // offsets that do not exist
      "2020-01-01T00:00:00+24:00",
      "2020-01-01T00:00:00+00:60",
      "2020-01-01T00:00:00-99:99",
      // before the year 1 and after 9999, in UTC
      "0001-01-01T00:00:00+23:59",
      "9999-12-31T23:59:59-23:59"
    ]
  ) {
    it.effect(`refuses ${JSON.stringify(text)}`, () =>
      Effect.gen(function*() {
        assert.isTrue(Exit.isFailure(yield* Effect.exit(decode(text))))
      }))
  }

  it.effect.prop("reads the days that exist, and no others", {
    year: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 9999 })),
    month: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 12 })),
    day: Schema.Int.check(Schema.isBetween({ minimum: 28, maximum: 31 }))
  }, ({ day, month, year }) =>
    Effect.gen(function*() {
      const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
      const days = month === 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31
      const text = `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}-${day}T12:00:00Z`
      assert.strictEqual(Exit.isSuccess(yield* Effect.exit(decode(text))), day <= days, text)
    }))

  it.effect("refuses to write another year than 1 to 9999", () =>
    Effect.gen(function*() {
      for (const year of [-1, 0, 10_000]) {
        const time = DateTime.makeUnsafe({ year, month: 1, day: 1 })
        assert.isTrue(Exit.isFailure(yield* Effect.exit(encode(time))), String(year))
      }
    }))

  it.effect.prop("reads back what it wrote", {
    millis: Schema.Int.check(Schema.isBetween({ minimum: -62_135_596_800_000, maximum: 253_402_300_799_999 }))
  }, ({ millis }) =>
    Effect.gen(function*() {
      const text = yield* encode(DateTime.makeUnsafe(millis))
      assert.match(text, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
      assert.strictEqual((yield* decode(text)).epochMilliseconds, millis)
    }))
})

describe("Color", () => {
  const decode = Schema.decodeUnknownEffect(ProtoJson.Color)

  it.effect("has parts from 0 to 1, and may be solid", () =>
    Effect.gen(function*() {
      for (const color of [{ red: 0, green: 0.5, blue: 1 }, { red: 0, green: 0.5, blue: 1, alpha: 0 }, { red: 1 }]) {
        assert.deepStrictEqual(yield* decode(color), color)
      }
      for (const part of [-0.1, 1.1, Number.NaN, "1"]) {
        assert.isTrue(Exit.isFailure(yield* Effect.exit(decode({ red: part, green: 0, blue: 0 }))), String(part))
      }
    }))
})
