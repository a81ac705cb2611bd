/** The application beside the emulator's command, which tells it by the environment where to send. */
import { Fcm, Gcm } from "@cloud-messaging/client"
import { Emulator, EmulatorClient } from "@cloud-messaging/emulator"
import * as GoogleAuth from "@cloud-messaging/node/GoogleAuth"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { Console, Effect, Layer, Redacted } from "effect"
import * as assert from "node:assert"
import { ada, announce, lin } from "./announce.ts"

const fcm = Fcm.layerConfig({ projectId: "my-project" }).pipe(Layer.provide(GoogleAuth.layer))
const gcm = Gcm.layerConfig({ apiKey: Redacted.make("never sent") })

const program = Effect.gen(function*() {
  for (const layer of [fcm, gcm]) {
    assert.deepStrictEqual(yield* Effect.provide(announce, layer), { sent: [lin], streamed: [lin] })
  }
  const { messages } = yield* Emulator.Emulator
  const arrived = yield* messages.await({ recipient: ada }, { count: 4 })
  assert.deepStrictEqual(arrived.map(({ project }) => project), ["my-project", "my-project", "default", "default"])
  yield* Console.log(`beside the command: ${arrived.length} messages arrived`)
})

program.pipe(
  Effect.provide(EmulatorClient.layerConfig()),
  Effect.provide(NodeHttpClient.layerUndici),
  Effect.runPromise
)
