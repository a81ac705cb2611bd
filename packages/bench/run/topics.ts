/**
 * What 1000 changes of a topic cost through FCM v1, and through Instance ID: for `docs/topics.md`.
 *
 * `node packages/bench/run/topics.ts` prints a table of medians.
 */
import { AccessToken, Fcm, Topics } from "@cloud-messaging/client"
import { Http2Client } from "@cloud-messaging/node"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Console, Effect, FileSystem, Layer, Redacted } from "effect"
import { HttpClient } from "effect/http"
import * as Process from "node:process"
import * as Emulator from "./Emulator.ts"
import { median } from "./Summary.ts"

const tokens = Array.from({ length: 1000 }, (_, i) => `${i}:${"T".repeat(140)}`)

const rounds = 15

const accessToken = AccessToken.layer(Effect.succeed({ token: Redacted.make("owner"), expiresIn: 3600 }))

/** All tokens subscribe, through a layer that owes nothing to the round before. */
const run = Effect.fnUntraced(function*(url: string, topicApi: Topics.Api, topic: string) {
  let requests = 0
  const client = Layer.effect(
    HttpClient.HttpClient,
    Effect.map(HttpClient.HttpClient, HttpClient.tapRequest(() => Effect.sync(() => requests++)))
  )
  const fcm = Fcm.layer({ projectId: "my-project", url, topicApi }).pipe(Layer.provide([accessToken, client]))
  const cpu = Process.cpuUsage()
  const started = performance.now()
  const outcomes = yield* Effect.provide(Topics.subscribe(topic, tokens), fcm)
  const millis = performance.now() - started
  const { system, user } = Process.cpuUsage(cpu)
  if (outcomes.some(({ _tag }) => _tag !== "Changed")) return yield* Effect.die("somebody is not subscribed")
  return { requests, cpu: (user + system) / 1000, millis }
})

const program = Effect.gen(function*() {
  const { certificate, origin } = yield* Emulator.start
  const ca = yield* Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readFileString(certificate))
  const each = Effect.fnUntraced(function*(n: number) {
    return [yield* run(origin, "fcm", `fcm-${n}`), yield* run(origin, "instanceId", `iid-${n}`)] as const
  })
  const all = Effect.forEach(Array.from({ length: rounds + 5 }, (_, n) => n), each).pipe(
    Effect.provide(Http2Client.layer({ ca: [ca] }))
  )
  const measured = (yield* all).slice(5) // the first ones warm up
  const of = (i: 0 | 1, key: "requests" | "cpu" | "millis") => median(measured.map((round) => round[i][key]))
  const ratio = (key: "cpu" | "millis") => median(measured.map(([v1, iid]) => v1[key] / iid[key])).toFixed(1)
  for (const [i, name] of [[0, "FCM v1"], [1, "Instance ID"]] as const) {
    yield* Console.log(
      `${name}: ${of(i, "requests")} requests, ${of(i, "cpu").toFixed(1)} ms of CPU, ${of(i, "millis").toFixed(0)} ms`
    )
  }
  yield* Console.log(`ratio of CPU ${ratio("cpu")}, of time ${ratio("millis")} (medians of ${rounds} rounds)`)
})

program.pipe(Effect.scoped, Effect.provide(NodeServices.layer), NodeRuntime.runMain)
