/**
 * Faults that were arranged: which of them strike a request, and whom.
 */
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import type * as Fault from "../Fault.ts"
import * as bounded from "./bounded.ts"
import * as glob from "./glob.ts"
import * as world from "./world.ts"

const maxFaults = 1000

/** Of all faults. */
const maxDraws = 100_000

/** What is asked, by whom, about whom. */
export interface Asked {
  /** `undefined`: it names none. */
  readonly project: string | undefined
  readonly endpoint: Fault.Endpoint
  readonly recipients: ReadonlyArray<string>
}

/** What strikes a request. */
export interface Struck {
  /** In milliseconds. */
  delay: number
  request: Exclude<Fault.Effect, ForOne> | undefined
  readonly recipients: Map<string, ForOne>
}

export type ForOne = Extract<Fault.Effect, { readonly _tag: "Refuse" | "Unregister" }>

const isForOne = (effect: Fault.Effect | undefined): effect is ForOne =>
  effect?._tag === "Refuse" || effect?._tag === "Unregister"

/** Those that strike, each counted. */
export const strike = Effect.fnUntraced(function*(asked: Asked) {
  const { faults } = yield* world.World
  const struck: Struck = { delay: 0, request: undefined, recipients: new Map() }
  for (const state of faults.values()) {
    if (concerns(state, asked)) {
      yield* (isForOne(state.fault.effect) ? strikeEach : strikeAll)(state, asked, struck)
    }
  }
  return struck
})

const concerns = ({ fault, project }: world.FaultState, asked: Asked): boolean =>
  (project === undefined || project === asked.project) &&
  (fault.endpoint === undefined || fault.endpoint === asked.endpoint)

const matching = ({ fault: { recipient: pattern } }: world.FaultState, { recipients }: Asked) =>
  pattern === undefined ? recipients : recipients.filter((name) => glob.matches(pattern, name))

const strikeAll = Effect.fnUntraced(function*(state: world.FaultState, asked: Asked, struck: Struck) {
  const { effect, recipient } = state.fault
  const [first = recipient === undefined ? "" : undefined] = matching(state, asked)
  const delay = first === undefined ? undefined : yield* draw(state, first)
  if (delay === undefined) return
  struck.delay += delay
  if (!isForOne(effect)) struck.request ??= effect
})

const strikeEach = Effect.fnUntraced(function*(state: world.FaultState, asked: Asked, struck: Struck) {
  const { effect } = state.fault
  if (!isForOne(effect)) return
  const delays = [0]
  for (const recipient of new Set(matching(state, asked))) {
    const delay = yield* draw(state, recipient)
    if (delay === undefined) continue
    delays.push(delay)
    if (!struck.recipients.has(recipient)) struck.recipients.set(recipient, effect)
  }
  struck.delay += Math.max(...delays)
})

/**
 * Whether it strikes a recipient now, and then for how long. A fault has a generator for each recipient, so that the order of
 * concurrent requests decides nothing; the whole fault is the seed, so that several with the same seed do not strike together.
 */
const draw = Effect.fnUntraced(function*(active: world.FaultState, recipient: string) {
  const { faults } = yield* world.World
  const { draws, fault } = active
  const isOver = () => active.strikes >= (fault.times ?? Infinity)
  if (isOver()) return undefined
  const n = draws.get(recipient) ?? 0
  draws.set(recipient, n + 1)
  bounded.surplus(Array.from(faults.values(), (_) => _.draws), maxDraws)
  const [chance, delay] = yield* Effect.all([Random.next, sample(fault.delay)]).pipe(
    Random.withSeed(JSON.stringify([fault, recipient, n]))
  )
  // another request may have met it meanwhile
  if (chance >= (fault.probability ?? 1) || isOver()) return undefined
  active.strikes++
  return delay
})

const sample = (delay: Fault.Delay | undefined): Effect.Effect<number> => {
  switch (delay?._tag) {
    case undefined:
      return Effect.succeed(0)
    case "Constant":
      return Effect.succeed(delay.millis)
    case "Uniform":
      return Random.nextBetween(Math.min(delay.min, delay.max), Math.max(delay.min, delay.max))
    case "Exponential":
      return Effect.map(Random.next, (u) => Math.min(-Math.log(1 - u), 10) * delay.mean)
  }
}

// -----------------------------------------------------------------------------
// Arranging
// -----------------------------------------------------------------------------

export const add = Effect.fnUntraced(function*(project: string | undefined, fault: Fault.Fault) {
  const { counters, faults } = yield* world.World
  const id = String(++counters.faults)
  const active: Fault.Active = { id, ...project === undefined ? {} : { project }, fault, strikes: 0 }
  bounded.putOwned(faults, id, { ...active, draws: new Map() }, maxFaults)
  return active
})

/** Those of a project, or all. */
export const list = (project: string | undefined) =>
  Effect.map(
    world.World,
    ({ faults }) =>
      Array.from(faults.values(), ({ draws: _, ...active }): Fault.Active => active).filter((fault) =>
        project === undefined || fault.project === project
      )
  )

export const remove = Effect.fnUntraced(function*(project: string | undefined, id: string) {
  const { faults } = yield* world.World
  if (project === undefined || faults.get(id)?.project === project) faults.delete(id)
})

export const clear = Effect.fnUntraced(function*(project: string | undefined) {
  const { faults } = yield* world.World
  for (const { id } of yield* list(project)) faults.delete(id)
})
