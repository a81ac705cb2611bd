/**
 * FCM through our client, to the emulator over TLS: what ends connections loses no message, and sends none twice.
 */
import { Fcm, Message, Messaging, Recipient, ServiceAccount } from "@cloud-messaging/client"
import { Emulator, Fault } from "@cloud-messaging/emulator"
import { EmulatorServer, layer as layerServer } from "@cloud-messaging/emulator/EmulatorServer"
import { Http2Client } from "@cloud-messaging/node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { type Transport, transports } from "./utils/transports.ts"

const project = "my-project"

const fcm = (transport: Transport) =>
  Layer.unwrap(
    Effect.map(EmulatorServer, ({ ca, secureUrl }) =>
      Fcm.layer({ projectId: project, url: secureUrl }).pipe(
        Layer.provide(ServiceAccount.layer({ ...Emulator.serviceAccount, tokenUrl: `${secureUrl}/token` })),
        Layer.provide(Http2Client.layer({ ca: [ca], transport }))
      ))
  ).pipe(Layer.provideMerge(layerServer()))

const tokens = Array.from({ length: 2000 }, (_, i) => `token-${i}`)

/** Sends to all; once, where the answer is lost. */
const sendAll = Messaging.send(Message.make({ data: { score: 42 } }), tokens, {
  delivery: "atMostOnce",
  deadline: "25 seconds"
})

describe.each(transports)("Fcm through Http2Client (%s) and the emulator", (transport) => {
  it.live.each<{ readonly name: string; readonly fault: Fault.Fault; readonly strikes: number }>([
    { name: "nothing", fault: { probability: 0 }, strikes: 0 },
    { name: "the preset goaway", fault: Fault.presets.goaway, strikes: 50 },
    { name: "GOAWAYs that answer", fault: { effect: { _tag: "GoAway" }, probability: 0.05 }, strikes: 50 },
    { name: "refused streams", fault: { effect: { _tag: "RefuseStream" }, probability: 0.05 }, strikes: 50 },
    { name: "a stream at a time", fault: { effect: { _tag: "LimitStreams", streams: 1 }, times: 3 }, strikes: 3 }
  ])("$name: every message arrives, and arrives once", ({ fault, strikes }) =>
    Effect.gen(function*() {
      const { faults, messages } = yield* Emulator.project(project)
      yield* faults.add({ ...fault, endpoint: "fcm" })
      const report = yield* sendAll
      assert.strictEqual(report.counts.Success, tokens.length)
      const arrived = yield* messages.query()
      assert.lengthOf(arrived, tokens.length)
      assert.sameMembers(arrived.map(({ recipient }) => recipient), tokens)
      const [active] = yield* faults.list
      assert.isAtLeast(active?.strikes ?? 0, strikes)
    }).pipe(Effect.provide(fcm(transport))))

  it.live("a cut answer and a reset stream are told as what they are: unknown", () =>
    Effect.gen(function*() {
      const report = yield* Messaging.send(Message.make({}), ["a", "emulator:cut:b", "emulator:reset:c"], {
        delivery: "atMostOnce"
      })
      assert.deepStrictEqual(report.outcomes.map(({ _tag, recipient }) => [Recipient.value(recipient), _tag]), [
        ["a", "Success"],
        ["emulator:cut:b", "Unknown"],
        ["emulator:reset:c", "Unknown"]
      ])
    }).pipe(Effect.provide(fcm(transport))))

  it.live("who does not trust the authority sends nothing", () =>
    Effect.gen(function*() {
      const { secureUrl } = yield* EmulatorServer
      const stranger = Fcm.layer({ projectId: project, url: secureUrl }).pipe(
        Layer.provide(ServiceAccount.layer({ ...Emulator.serviceAccount, tokenUrl: `${secureUrl}/token` })),
        Layer.provide(Http2Client.layer({ transport }))
      )
      const error = yield* Effect.flip(
        Effect.provide(Messaging.send(Message.make({}), "a", { deadline: "1 second" }), stranger)
      )
      assert.strictEqual(error._tag, "AuthenticationError")
      assert.isEmpty(yield* Effect.flatMap(Emulator.Emulator, ({ messages }) => messages.query()))
    }).pipe(Effect.provide(layerServer())))
})
