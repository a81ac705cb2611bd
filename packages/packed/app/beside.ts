/** The application beside the emulator's command, which tells it by the environment where to send. */
import { Fcm, Gcm, ServiceAccount } from "@cloud-messaging/client"
import { Emulator, EmulatorClient } from "@cloud-messaging/emulator"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { Config, Console, Effect, Layer } from "effect"
import * as assert from "node:assert"
import { ada, announce, lin } from "./announce.ts"

// as it is in production, where the rest of the environment says who it is
const fcm = Fcm.layerConfig({ projectId: Config.succeed("my-project") }).pipe(
  Layer.provide(ServiceAccount.layerConfig({
    clientEmail: Config.String("FCM_CLIENT_EMAIL"),
    privateKey: Config.Redacted("FCM_PRIVATE_KEY")
  }))
)
const gcm = Gcm.layerConfig({ apiKey: Config.Redacted("GCM_API_KEY") })

const program = Effect.gen(function*() {
  for (const layer of [fcm, gcm]) {
    assert.deepStrictEqual(yield* Effect.provide(announce, layer), { sent: [lin], streamed: [lin] })
  }
  // as an SDK does, which knows Google by name alone
  const { status } = yield* Effect.promise(() =>
    fetch("https://fcm.googleapis.com/v1/projects/my-project/messages:send", {
      method: "POST",
      headers: { authorization: "Bearer owner" },
      body: JSON.stringify({ message: { token: "by-an-sdk" } })
    })
  )
  assert.strictEqual(status, 200)
  const { messages } = yield* Emulator.Emulator
  const arrived = yield* messages.await({ recipient: ada }, { count: 4 })
  assert.deepStrictEqual(arrived.map(({ project }) => project), ["my-project", "my-project", "default", "default"])
  yield* Console.log(`beside the command: ${arrived.length} messages arrived`)
})

program.pipe(
  Effect.provide(Layer.provideMerge(EmulatorClient.layerConfig(), NodeHttpClient.layerUndici)),
  Effect.runPromise
)
