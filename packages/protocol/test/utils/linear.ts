/**
 * Whether reading takes time in proportion to the size of what is read, whoever wrote it.
 *
 * V8 compiles a regular expression for the first texts that it meets, and a hostile text among those hides what it costs
 * later. So these tests are in files of their own, where `normal` comes first.
 */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import process from "node:process"

/** What is read: `hostile(n)` has a size in proportion to `n`. */
export interface Inputs<A> {
  /** An input of everyday use, read first. */
  readonly normal: A
  /** An input that is made to cost time. */
  readonly hostile: (n: number) => A
}

/** Less than this, in microseconds of processor time, is not measured well. */
const measurable = 5_000

/** What reads this many parts in less than that is linear. */
const maxParts = 2 ** 20

/**
 * Asserts that it costs less than eight times as much to read four times as much. A failure is an answer as good as any
 * other, a defect is not.
 *
 * Processor time is compared, not what a clock shows, and the best of five: other programs on the machine do not count.
 */
export const assertLinear = Effect.fnUntraced(
  function*<A, E, R>(read: (input: A) => Effect.Effect<unknown, E, R>, { hostile, normal }: Inputs<A>) {
    const cost = Effect.fnUntraced(function*(input: A) {
      const before = process.cpuUsage()
      yield* Effect.result(read(input))
      const { system, user } = process.cpuUsage(before)
      return user + system
    })
    const bestOfFive = (n: number) => {
      const input = hostile(n)
      return Effect.map(Effect.replicateEffect(cost(input), 5), (costs) => Math.min(...costs))
    }
    yield* Effect.replicateEffect(cost(normal), 100, { discard: true })
    let parts = 16
    while (parts < maxParts && (yield* cost(hostile(parts))) < measurable) parts *= 2
    const once = Math.max(yield* bestOfFive(parts), measurable)
    const fourTimes = yield* bestOfFive(4 * parts)
    assert.isBelow(fourTimes / once, 8, `${once} µs for ${parts} parts, ${fourTimes} µs for ${4 * parts}`)
  }
)
