/** One message to every recipient of a file, through FCM v1 and through GCM, and what became of it. */
import { Fcm, Gcm, Message, Messaging, ServiceAccount } from "@cloud-messaging/client"
import { Emulator } from "@cloud-messaging/emulator"
import * as EmulatorServer from "@cloud-messaging/emulator/EmulatorServer"
import { Console, Effect, Layer, Redacted } from "effect"
import { main } from "./support/main.ts"
import { printOutcomes, writeChanges } from "./support/outcomes.ts"
import * as Progress from "./support/progress.ts"
import { readRecipients } from "./support/recipients.ts"
import { printReconciliation } from "./support/reconciliation.ts"

const message = Message.make({
  notification: { title: "Hello", body: "from an Effect program" },
  data: { score: 42 },
  collapseKey: "hello",
  timeToLive: "1 hour"
})

/** To the emulator, which takes every recipient and decides its fate by its name. */
const emulated = Effect.fn("quickstart.emulated")(function*(file: string) {
  const { url } = yield* EmulatorServer.EmulatorServer
  yield* Console.log(`The emulator listens on ${url}\n`)

  const fcm = Fcm.layer({ projectId: "quickstart", url }).pipe(
    Layer.provide(ServiceAccount.layer({ ...Emulator.serviceAccount, tokenUrl: `${url}/token` }))
  )
  const gcm = Gcm.layer({ apiKey: Redacted.make("emulator:quickstart"), url: `${url}/gcm/send` })

  const recipients = yield* readRecipients(file)
  const send = (protocol: Progress.Protocol, layer: typeof gcm | typeof fcm) =>
    Messaging.send(message, recipients).pipe(
      Effect.provide(layer),
      Progress.track(protocol, recipients.length)
    )

  const viaFcm = yield* send("FCM v1", fcm)
  const viaGcm = yield* send("GCM", gcm)

  yield* printOutcomes({ "FCM v1": viaFcm.report, GCM: viaGcm.report })
  yield* writeChanges([viaFcm.report, viaGcm.report])
  yield* printReconciliation({ fcm: viaFcm, gcm: viaGcm })
})

/** To Google, with a key file; a dry run unless told otherwise. */
const real = Effect.fn("quickstart.real")(
  function*({ dryRun, file, keyFile, projectId }: {
    readonly file: string
    readonly keyFile: string
    readonly projectId: string
    readonly dryRun: boolean
  }) {
    const fcm = Fcm.layer({ projectId }).pipe(Layer.provide(ServiceAccount.layerFile(keyFile)))
    const recipients = yield* readRecipients(file)
    const { report } = yield* Messaging.send(Message.assign(message, { dryRun }), recipients).pipe(
      Effect.provide(fcm),
      Progress.track("FCM v1", recipients.length)
    )
    yield* printOutcomes({ "FCM v1": report })
    yield* writeChanges([report])
  }
)

main({ emulated, real })
