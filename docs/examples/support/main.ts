/** The quickstart's flags, and the services that it runs on. */
import { AccessToken } from "@cloud-messaging/client"
import type { Emulator } from "@cloud-messaging/emulator"
import * as EmulatorServer from "@cloud-messaging/emulator/EmulatorServer"
import { Http2Client } from "@cloud-messaging/node"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Config, Console, Data, Effect, FileSystem, Layer, Option, Schema, type Terminal } from "effect"
import { CliError, Command, Flag } from "effect/cli"
import type { HttpClient } from "effect/http"
import { fileURLToPath } from "node:url"

export type Services = FileSystem.FileSystem | HttpClient.HttpClient | Terminal.Terminal

export interface Real {
  readonly file: string
  readonly keyFile: string
  readonly projectId: string
  readonly dryRun: boolean
}

const flags = {
  recipients: Flag.String("recipients").pipe(
    Flag.withDescription("A CSV file with a column `recipient`"),
    Flag.optional
  ),
  keep: Flag.Boolean("keep").pipe(Flag.withDescription("Leave the emulator running"), Flag.withDefault(false)),
  real: Flag.Boolean("real").pipe(
    Flag.withDescription("Send to Google, with the key file that GOOGLE_APPLICATION_CREDENTIALS names"),
    Flag.withDefault(false)
  ),
  send: Flag.Boolean("send").pipe(
    Flag.withDescription("With --real: deliver, instead of a dry run"),
    Flag.withDefault(false)
  )
}

const ownRecipients = fileURLToPath(new URL("../recipients.csv", import.meta.url))

interface Failure {
  readonly message: string
}

export const main = <E1 extends Failure, E2 extends Failure>(jobs: {
  readonly emulated: (
    file: string
  ) => Effect.Effect<void, E1, Services | EmulatorServer.EmulatorServer | Emulator.Emulator>
  readonly real: (options: Real) => Effect.Effect<void, E2, Services>
}): void => {
  const command = Command.make(
    "quickstart",
    flags,
    Effect.fnUntraced(function*({ keep, real, recipients, send }) {
      if (real) {
        if (Option.isNone(recipients)) return yield* new Usage({ message: "--real needs --recipients FILE" })
        return yield* jobs.real({ file: recipients.value, dryRun: !send, ...yield* readKey })
      }
      yield* Effect.provide(
        Effect.andThen(
          jobs.emulated(Option.getOrElse(recipients, () => ownRecipients)),
          keep ? untilStopped : Effect.void
        ),
        layerEmulated
      )
    })
  ).pipe(Command.withDescription("Send one message to every recipient of a file, and see what becomes of it"))

  Command.run(command, { version: "0.0.0" }).pipe(
    // the command line tells of its own errors by itself
    Effect.tapError((error) => CliError.isCliError(error) ? Effect.void : Console.error(`\n${error.message}`)),
    Effect.provide(Layer.mergeAll(NodeServices.layer, Http2Client.layer())),
    NodeRuntime.runMain({ disableErrorReporting: true })
  )
}

/** The emulator, and HTTP/2 over TLS as to Google: its certificate is its own, and it is on this side of any proxy. */
const layerEmulated = Layer.unwrap(
  Effect.map(EmulatorServer.EmulatorServer, ({ ca }) => Http2Client.layer({ ca: [ca], noProxy: "*" }))
).pipe(Layer.provideMerge(EmulatorServer.layer()))

class Usage extends Data.TaggedError("Usage")<Failure> {}

const untilStopped = Effect.flatMap(
  EmulatorServer.EmulatorServer,
  ({ url }) => Console.log(`\nThe emulator keeps running, also at ${url}: see ${url}/emulator/v1/docs. Ctrl-C ends it.`)
).pipe(Effect.andThen(Effect.never))

/** Where the key file is, and which project it is of. */
const readKey = Effect.gen(function*() {
  const keyFile = yield* Config.String("GOOGLE_APPLICATION_CREDENTIALS").pipe(
    Effect.mapError(() => new Usage({ message: "--real needs GOOGLE_APPLICATION_CREDENTIALS: the path of a key file" }))
  )
  const fs = yield* FileSystem.FileSystem
  const text = yield* fs.readFileString(keyFile).pipe(
    Effect.mapError(({ reason }) => AccessToken.unreadable({ file: "the key file", path: keyFile, why: reason._tag }))
  )
  const decode = Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.Struct({ project_id: Schema.String })))
  const { project_id } = yield* Effect.mapError(
    decode(text),
    ({ message }) => new Usage({ message: `the key file does not name a project: ${message}` })
  )
  return { keyFile, projectId: project_id }
})
