/**
 * Whether a test left anything behind.
 */
import { assert } from "@effect/vitest"
import { Effect } from "effect"

const kinds = new Set(["TCPSocketWrap", "TCPServerWrap", "TLSWrap", "Timeout", "PipeWrap"])

const resources = (): ReadonlyArray<string> => process.getActiveResourcesInfo().filter((kind) => kinds.has(kind)).sort()

/** Turns of the event loop, until a condition holds: what is waited for has no event of its own. */
export const until = (condition: () => boolean): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    let waiting: NodeJS.Immediate
    const look = () => {
      if (condition()) return resume(Effect.void)
      waiting = setImmediate(look)
    }
    look()
    return Effect.sync(() => clearImmediate(waiting))
  })

/** What there is more of than before; less is what others cleaned up. */
const excess = (now: ReadonlyArray<string>, before: ReadonlyArray<string>): ReadonlyArray<string> => {
  const rest = [...before]
  return now.filter((kind) => {
    const known = rest.indexOf(kind)
    if (known >= 0) rest.splice(known, 1)
    return known < 0
  })
}

const patience = 1000

/** Runs a test in a scope; afterwards there are as many sockets, servers and timers as before, and no warning. */
export const leavesNothing = <A, E, R>(test: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const warnings: Array<string> = []
    const onWarning = ({ name }: Error) => warnings.push(name)
    process.on("warning", onWarning)
    const before = resources()
    yield* Effect.scoped(test)
    let turns = 0
    yield* until(() => excess(resources(), before).length === 0 || ++turns > patience)
    process.off("warning", onWarning)
    assert.deepStrictEqual(excess(resources(), before), [])
    assert.deepStrictEqual(warnings, [])
  })
