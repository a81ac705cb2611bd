import { ProtoJson } from "@cloud-messaging/protocol"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Exit, Schema } from "effect"

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
    ["315576000000.999999999s", 315_576_000_000_999_999_999n]
  ]

  for (const [text, nanos] of forms) {
    it.effect(`reads and writes ${text}`, () =>
      Effect.gen(function*() {
        assert.strictEqual(Duration.toNanosUnsafe(yield* decode(text)), nanos)
        assert.strictEqual(yield* encode(Duration.nanos(nanos)), text)
      }))
  }

  it.effect("reads fractions of 3, 6 and 9 digits, as Google writes them", () =>
    Effect.gen(function*() {
      for (const text of ["1.010s", "1.010000s", "1.010000000s"]) {
        assert.strictEqual(Duration.toMillis(yield* decode(text)), 1010)
      }
    }))

  for (const text of ["", "s", "3", "3 s", "3.s", ".5s", "3.0000000001s", "3S", "1e3s", "+3s", "3s\n", "three s", 3]) {
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
