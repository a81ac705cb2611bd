/** Runs the variants of a suite, each a fresh process, in rounds. */
import { Console, Effect, Schema, Stream } from "effect"
import { ChildProcess } from "effect/process"
import * as Process from "node:process"
import { fileURLToPath } from "node:url"
import type { Job } from "../process/Job.ts"
import * as Emulator from "./Emulator.ts"
import { type Server, Stopped } from "./Server.ts"
import type { Suite } from "./suites.ts"

/** What is known of a variant after a round. */
export interface Result {
  /** Recipients a second. */
  readonly rate: number
  /** Seconds a 10,000 recipients, user and system. */
  readonly cpu: number
  /** Megabytes, the peak of the process. */
  readonly rss: number
  /** Megabytes, the peak of JavaScript's heap. */
  readonly heap: number
  /** Megabytes, the peak of the emulator's process; zero where another server was asked. */
  readonly served: number
  /** Recipients that the server did not accept; only a server that says GOAWAY counts. */
  readonly lost: number
  /** How often it accepted one again. */
  readonly duplicated: number
}

export type Metric = keyof Result

/** By the keys of the variants. */
export type Round = ReadonlyMap<string, Result>

const Measured = Schema.fromJsonString(
  Schema.Struct({ seconds: Schema.Finite, cpuSeconds: Schema.Finite, peakRss: Schema.Finite, peakHeap: Schema.Finite })
)

const runProcess = Effect.fnUntraced(function*(file: string, job: Job, certificate: string) {
  const path = fileURLToPath(new URL(`../variants/${file}.ts`, import.meta.url))
  const handle = yield* ChildProcess.make(Process.execPath, [path, JSON.stringify(job)], {
    stdin: "ignore",
    stderr: "inherit",
    // for peers that can be told no other host: they run under the emulator's preload
    env: { NODE_EXTRA_CA_CERTS: certificate, FIREBASE_MESSAGING_EMULATOR_HOST: new URL(job.origin).host },
    extendEnv: true
  })
  const printed = yield* handle.stdout.pipe(Stream.decodeText(), Stream.mkString)
  const code = yield* handle.exitCode
  if (code !== 0) return yield* new Stopped({ message: `${file} ${JSON.stringify(job)}: exit ${code}` })
  return yield* Schema.decodeEffect(Measured)(printed)
}, Effect.scoped)

const runVariant = Effect.fnUntraced(function*(server: Server, suite: Suite, key: string, run: string) {
  const variant = suite.variants[key]
  if (variant === undefined) return yield* new Stopped({ message: `no variant ${key}` })
  const goaway = suite.goaway?.includes(key) === true
  const emulator = suite.emulator?.includes(key) === true ? yield* Emulator.start : undefined
  const origin = emulator?.origin ?? (goaway ? server.goawayOrigin : server.origin)
  const job = { ...suite.job, origin, run, ...variant.told }
  const certificate = emulator?.certificate ?? server.certificate
  const { cpuSeconds, peakHeap, peakRss, seconds } = yield* runProcess(variant.file, job, certificate)
  const counted = goaway ? yield* server.accepted(run) : undefined
  const all = counted === undefined ? 0 : [...counted.values()].reduce((sum, times) => sum + times, 0)
  const result: Result = {
    rate: job.count / seconds,
    cpu: cpuSeconds / job.count * 10_000,
    rss: peakRss,
    heap: peakHeap,
    served: emulator === undefined ? 0 : yield* emulator.peakRss,
    lost: counted === undefined ? 0 : job.warmUp + job.count - counted.size,
    duplicated: counted === undefined ? 0 : all - counted.size
  }
  yield* Console.error(
    `  ${key.padEnd(15)} ${Math.round(result.rate).toString().padStart(9)}/s  ${result.cpu.toFixed(3)} s CPU/10k`
  )
  return result
}, Effect.scoped)

const average = (a: Result, b: Result): Result => ({
  rate: (a.rate + b.rate) / 2,
  cpu: (a.cpu + b.cpu) / 2,
  rss: (a.rss + b.rss) / 2,
  heap: (a.heap + b.heap) / 2,
  served: (a.served + b.served) / 2,
  lost: a.lost + b.lost,
  duplicated: a.duplicated + b.duplicated
})

/** Every variant once, another one first than in the round before. */
const runRound = Effect.fnUntraced(function*(server: Server, name: string, suite: Suite, number: number) {
  const keys = Object.keys(suite.variants)
  if (suite.twice !== undefined) keys.splice(keys.length / 2, 0, suite.twice)
  const start = number % keys.length
  const round = new Map<string, Result>()
  for (const [i, key] of [...keys.slice(start), ...keys.slice(0, start)].entries()) {
    const result = yield* runVariant(server, suite, key, `${name}-${number}-${i}-`)
    const before = round.get(key)
    round.set(key, before === undefined ? result : average(before, result))
  }
  return round
})

export const runRounds = Effect.fnUntraced(function*(server: Server, name: string, suite: Suite, rounds: number) {
  const done: Array<Round> = []
  for (let number = 0; number < rounds; number++) {
    yield* Console.error(`${name}, round ${number + 1} of ${rounds}`)
    done.push(yield* runRound(server, name, suite, number))
  }
  return done
})
