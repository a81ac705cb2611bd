/** The emulator in a process of its own, over TLS and HTTP/2; prints where it listens. */
import { EmulatorServer, layer } from "@cloud-messaging/emulator/EmulatorServer"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect, Layer } from "effect"
import * as Process from "node:process"

const where = Effect.gen(function*() {
  const { caFile, secureUrl } = yield* EmulatorServer
  yield* Console.log(JSON.stringify({ origin: secureUrl, certificate: caFile }))
})

Layer.effectDiscard(where).pipe(
  // no quota: what is measured takes less than a minute
  Layer.provide(layer({ stateDirectory: Process.argv[2], quota: 1_000_000_000 })),
  Layer.launch,
  NodeRuntime.runMain
)
