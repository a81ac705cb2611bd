/** The application, against the emulator in memory and as a server: does each message arrive? */
import { Fcm, Gcm, ServiceAccount } from "@cloud-messaging/client"
import { Emulator } from "@cloud-messaging/emulator"
import * as EmulatorServer from "@cloud-messaging/emulator/EmulatorServer"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { Console, Effect, Layer, Redacted } from "effect"
import * as assert from "node:assert"
import { ada, announce, lin, publish, subscribe } from "./announce.ts"

const googles = "https://fcm.googleapis.com"

const fcm = (url: string) =>
  Fcm.layer({ projectId: "my-project", url }).pipe(
    Layer.provide(ServiceAccount.layer({ ...Emulator.serviceAccount, tokenUrl: `${url}/token` }))
  )

const gcm = (url: string) => Gcm.layer({ apiKey: Redacted.make("emulator:my-project"), url: `${url}/gcm/send` })

const converse = Effect.fnUntraced(function*(name: string, url: string) {
  const { messages } = yield* Emulator.Emulator

  assert.deepStrictEqual(yield* Effect.provide(subscribe, fcm(url)), [lin])
  for (const layer of [fcm(url), gcm(url)]) {
    assert.deepStrictEqual(yield* Effect.provide(announce, layer), { sent: [lin], streamed: [lin] })
    yield* Effect.provide(publish, layer)
  }
  const arrived = (yield* messages.query()).map(({ audience, endpoint, recipient }) => ({
    endpoint,
    recipient,
    audience
  }))
  const addressed = { recipient: ada, audience: undefined }
  const subscribed = { recipient: ada, audience: { kind: "topic", value: "match-42" } }
  assert.deepStrictEqual(
    arrived,
    (["fcm", "gcm"] as const).flatMap((endpoint) =>
      [addressed, addressed, subscribed].map((arrival) => ({ endpoint, ...arrival }))
    )
  )
  yield* Console.log(`${name}: ${arrived.length} messages arrived`)
})

const program = Effect.gen(function*() {
  yield* converse("in memory", googles).pipe(Effect.provide(Emulator.layerHttpClient))
  yield* EmulatorServer.EmulatorServer.use(({ url }) => converse("as a server", url)).pipe(
    Effect.provide([EmulatorServer.layer(), NodeHttpClient.layerUndici])
  )
})

Effect.runPromise(program)
