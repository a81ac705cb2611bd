/** Benchmarks against other clients, and against what Node itself can do. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Console, Effect, Option, Record } from "effect"
import { Command, Flag } from "effect/cli"
import * as Process from "node:process"
import { goals } from "./goals.ts"
import * as Page from "./Page.ts"
import { runRounds } from "./Round.ts"
import type { Round } from "./Round.ts"
import * as Server from "./Server.ts"
import { type Suite, suites } from "./suites.ts"
import { numbers } from "./Summary.ts"

const flags = {
  quick: Flag.Boolean("quick").pipe(Flag.withDefault(false), Flag.withDescription("One round instead of five")),
  json: Flag.Boolean("json").pipe(
    Flag.withDefault(false),
    Flag.withDescription("The last line is a JSON object of all ratios")
  ),
  write: Flag.Boolean("write").pipe(Flag.withDefault(false), Flag.withDescription("Write docs/benchmarks.md")),
  only: Flag.String("only").pipe(
    Flag.optional,
    Flag.withDescription(
      `Suites, or variants of a suite, separated by commas: ${Object.keys(suites).join(", ")}, v1.send`
    )
  )
}

/** What was asked for, and what that is compared with. */
const select = Effect.fnUntraced(function*(only: string) {
  const selected = new Map<string, Suite>()
  for (const asked of only.split(",")) {
    const [name = "", variant] = asked.split(".")
    const suite = suites[name]
    if (suite === undefined || (variant !== undefined && !(variant in suite.variants))) {
      return yield* new Server.Stopped({ message: `nothing is named ${asked}` })
    }
    const keys = variant === undefined ? Object.keys(suite.variants) : comparedWith(name, suite, variant)
    const variants = Record.filter(
      suite.variants,
      (_, key) => keys.includes(key) || selected.get(name)?.variants[key] !== undefined
    )
    selected.set(name, { ...suite, variants })
  }
  return selected
})

const comparedWith = (name: string, { base }: Suite, variant: string): ReadonlyArray<string> => [
  variant,
  base,
  ...goals.flatMap((goal) => goal.suite === name && goal.variant === variant ? goal.to ?? [] : [])
]

const bench = Command.make(
  "bench",
  flags,
  Effect.fnUntraced(function*({ json, only, quick, write }) {
    const selected = yield* select(Option.getOrElse(only, () => Object.keys(suites).join(",")))
    const server = yield* Server.start
    const ceiling = yield* server.ceiling
    yield* Console.error(`The server answers h2load ${Math.round(ceiling)} times a second.`)
    const rounds = new Map<string, ReadonlyArray<Round>>()
    for (const [name, suite] of selected) rounds.set(name, yield* runRounds(server, name, suite, quick ? 1 : 5))
    yield* Console.log(`\n${Page.tables(rounds)}`)
    const command = ["npm run bench", ...Process.argv.slice(2).length > 0 ? ["--", ...Process.argv.slice(2)] : []]
    if (write) yield* Page.write(server, Math.round(ceiling), command.join(" "), rounds)
    if (json) yield* Console.log(JSON.stringify(numbers(rounds)))
  }, Effect.scoped)
)

bench.pipe(Command.run({ version: "1.0.0" }), Effect.provide(NodeServices.layer), NodeRuntime.runMain)
