/** One message to every recipient of a file, through FCM v1 and through GCM, and what became of it. */
import { Fcm, Gcm, Message, Messaging, RetryPolicy, ServiceAccount } from "@cloud-messaging/client"
import { Emulator } from "@cloud-messaging/emulator"
import * as EmulatorServer from "@cloud-messaging/emulator/EmulatorServer"
import { Console, Effect, Layer, Redacted } from "effect"
import { main, type Real } from "./support/main.ts"
import { failIf, printOutcomes, writeChanges } from "./support/outcomes.ts"
import { readRecipients } from "./support/recipients.ts"
import { printReconciliation } from "./support/reconciliation.ts"
import { printRetries } from "./support/retries.ts"
import { type Protocol, track } from "./support/tracking.ts"

const message = Message.make({
  notification: { title: "Hello", body: "from an Effect program" },
  data: { score: 42 },
  collapseKey: "hello",
  timeToLive: "1 hour"
})

// shorter than the standard, to be through in seconds; what the service asks to wait is waited all the same
const retryPolicy = RetryPolicy.make({ base: "200 millis", times: 3 })

/** To the emulator, which takes every recipient and decides its fate by its name. */
const emulated = Effect.fn("quickstart.emulated")(function*(file: string) {
  const { secureUrl: url } = yield* EmulatorServer.EmulatorServer
  yield* Console.log(`The emulator listens on ${url}\n`)

  const fcm = Fcm.layer({ projectId: "quickstart", url }).pipe(
    Layer.provide(ServiceAccount.layer({ ...Emulator.serviceAccount, tokenUrl: `${url}/token` }))
  )
  const gcm = Gcm.layer({ apiKey: Redacted.make("emulator:quickstart"), url: `${url}/gcm/send` })

  const recipients = yield* readRecipients(file)
  const unlucky = Array.from({ length: 25 }, (_, i) => `emulator:cut-1:${i}`) // their first answer is lost
  const send = (protocol: Protocol, layer: typeof gcm | typeof fcm, recipients: ReadonlyArray<string>) =>
    track(
      protocol,
      recipients.length,
      retryPolicy,
      (retryPolicy) => Effect.provide(Messaging.send(message, recipients, { retryPolicy }), layer)
    )

  const viaFcm = yield* send("FCM v1", fcm, [...recipients, ...unlucky])
  const viaGcm = yield* send("GCM", gcm, recipients)

  yield* printOutcomes({ "FCM v1": viaFcm.report, GCM: viaGcm.report })
  yield* writeChanges([viaFcm.report, viaGcm.report])
  yield* printRetries({ "FCM v1": viaFcm, GCM: viaGcm })
  yield* failIf(viaFcm.error ?? viaGcm.error)
  yield* printReconciliation({ fcm: viaFcm, gcm: viaGcm })
})

/** To Google, with a key file; a dry run unless told otherwise. */
const real = Effect.fn("quickstart.real")(function*({ dryRun, file, keyFile, projectId }: Real) {
  const fcm = Fcm.layer({ projectId }).pipe(Layer.provide(ServiceAccount.layerFile(keyFile)))
  const recipients = yield* readRecipients(file)
  const { error, report } = yield* track(
    "FCM v1",
    recipients.length,
    RetryPolicy.standard,
    (retryPolicy) =>
      Effect.provide(Messaging.send(Message.assign(message, { dryRun }), recipients, { retryPolicy }), fcm)
  )
  yield* printOutcomes({ "FCM v1": report })
  yield* writeChanges([report])
  yield* failIf(error)
})

main({ emulated, real })
