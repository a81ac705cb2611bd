/**
 * The command: `npx @cloud-messaging/emulator`.
 */
import * as Argument from "effect/cli/Argument"
import * as CliError from "effect/cli/CliError"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type * as HttpServerError from "effect/http/HttpServerError"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import type * as PlatformError from "effect/PlatformError"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import { homedir } from "node:os"
import process from "node:process"
import * as EmulatorServer from "../EmulatorServer.ts"
import * as Project from "../Project.ts"
import * as environment from "./environment.ts"
import * as exec from "./exec.ts"
import * as stateDirectory from "./stateDirectory.ts"

// -----------------------------------------------------------------------------
// Flags
// -----------------------------------------------------------------------------

const within = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

const flags = {
  port: Flag.Int("port").pipe(
    Flag.withAlias("p"),
    Flag.withDescription("The port to listen on; 0 takes a free one. By default 8025, for exec a free one"),
    Flag.withSchema(within(0, 65_535)),
    Flag.optional
  ),
  host: Flag.String("host").pipe(
    Flag.withDescription("The address to listen on, by default 127.0.0.1. Beyond this machine it needs a token"),
    Flag.withDefault("127.0.0.1")
  ),
  hostNames: Flag.String("host-name").pipe(
    Flag.withDescription("Another name by which the control API may be asked, such as a container's. May be repeated"),
    Flag.atLeast(0)
  ),
  token: Flag.Redacted("token").pipe(
    Flag.withDescription(`What the control API wants as bearer token; also from ${environment.tokenVariable}`),
    Flag.withFallbackConfig(Config.Redacted(environment.tokenVariable)),
    Flag.optional,
    Flag.map(Option.filter((token) => Redacted.value(token) !== ""))
  ),
  stateDirectory: Flag.String("state-directory").pipe(
    Flag.withDescription("The directory that keeps the certificate, by default this user's for such things"),
    Flag.withSchema(Schema.NonEmptyString),
    Flag.optional
  ),
  strict: Flag.Boolean("strict").pipe(
    Flag.withDescription("Only registered devices exist: who sends to another is told UNREGISTERED"),
    Flag.withDefault(Project.defaults.strict)
  ),
  keep: Flag.Int("keep").pipe(
    Flag.withDescription("How many messages are kept, by default 10000"),
    Flag.withSchema(within(1, 1_000_000)),
    Flag.optional,
    Flag.map(Option.getOrUndefined)
  ),
  quota: Flag.Int("quota").pipe(
    Flag.withDescription(`Messages of a project in a minute, by default ${Project.defaults.quota}`),
    Flag.withSchema(Schema.Natural),
    Flag.withDefault(Project.defaults.quota)
  ),
  deviceRate: Flag.Int("device-rate").pipe(
    Flag.withDescription(`Messages to a device in a minute, by default ${Project.defaults.deviceRate}`),
    Flag.withSchema(Schema.Natural),
    Flag.withDefault(Project.defaults.deviceRate)
  )
}

type Flags = Command.Command.Config.Infer<typeof flags>

const defaultPort = 8025

/** None, where this user can keep nothing: that is no reason not to start. */
const ownStateDirectory = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const directory = stateDirectory.find(path, { platform: process.platform, env: process.env, home: homedir() })
  return yield* stateDirectory.open(directory).pipe(
    Effect.tap((directory) => fs.access(directory, { writable: true })),
    Effect.catch(({ message }) =>
      Effect.as(
        Console.error(`The certificate is for this time alone: ${message}. --state-directory names a place to keep it`),
        undefined
      )
    )
  )
})

const toOptions = Effect.fnUntraced(function*({ token, ...flags }: Flags, port: number) {
  return {
    ...flags,
    port: Option.getOrElse(flags.port, () => port),
    token: Option.getOrUndefined(token),
    stateDirectory: Option.isSome(flags.stateDirectory) ? flags.stateDirectory.value : yield* ownStateDirectory
  } satisfies EmulatorServer.Options
})

// -----------------------------------------------------------------------------
// Errors
// -----------------------------------------------------------------------------

/** Why there is no server, and what to do. */
class NotStarted extends Data.TaggedError("NotStarted")<{ readonly message: string }> {
  override get [CliError.userMessage](): string {
    return this.message
  }
}

const hints: { readonly [code: string]: string } = {
  EADDRINUSE: "another program listens there: end it, or choose another port with --port",
  EACCES: "this user may not listen there: choose a port above 1023 with --port",
  EADDRNOTAVAIL: "this machine has no such address: choose another with --host",
  ENOTFOUND: "nobody knows this name: choose another with --host"
}

const notStarted = ({ host, port }: EmulatorServer.Options) => ({ cause }: HttpServerError.ServeError) => {
  const code = Predicate.hasProperty(cause, "code") ? String(cause.code) : "unknown error"
  return new NotStarted({ message: `Cannot listen on ${host}:${port}: ${hints[code] ?? code}` })
}

/** The server, as long as what is done with it. */
const withServer = <A, E, R>(
  options: EmulatorServer.Options,
  use: (server: EmulatorServer.EmulatorServer["Service"]) => Effect.Effect<A, E, R>
) =>
  Effect.gen(function*() {
    const context = yield* Layer.build(EmulatorServer.layer(options)).pipe(
      Effect.catchTags({
        ServeError: (error) => Effect.fail(notStarted(options)(error)),
        CertificateNotKept: ({ message }) =>
          Effect.fail(new NotStarted({ message: `${message}. Choose another directory with --state-directory` })),
        TokenRequired: ({ message }) => Effect.fail(new NotStarted({ message: `${message}: give one with --token` }))
      })
    )
    return yield* use(Context.get(context, EmulatorServer.EmulatorServer))
  }).pipe(Effect.scoped)

// -----------------------------------------------------------------------------
// Commands
// -----------------------------------------------------------------------------

const start = (flags: Flags) =>
  Effect.flatMap(toOptions(flags, defaultPort), (options) =>
    withServer(
      options,
      (server) =>
        environmentIn(folderOf(options, server), "--state-directory", server, options).pipe(
          Effect.flatMap((env) => Console.log(greeting(server, env, options.token !== undefined))),
          Effect.andThen(hangUp)
        )
    )).pipe(
      // who stops it by a signal wants it to end, which is no failure
      Effect.onInterrupt(() => exitWith(0))
    )

/** What was written down of a server in a state directory holds for the next one. */
const folderOf = ({ stateDirectory }: EmulatorServer.Options, server: EmulatorServer.EmulatorServer["Service"]) =>
  stateDirectory === undefined ? environment.temporaryFolder : environment.folderOf(stateDirectory, server)

/** The environment of programs that send here, with its files in a folder that is chosen by a flag or a variable. */
const environmentIn = <R>(
  folder: Effect.Effect<string, PlatformError.PlatformError, R>,
  chosenBy: string,
  server: EmulatorServer.EmulatorServer["Service"],
  { token }: EmulatorServer.Options
) =>
  folder.pipe(
    Effect.flatMap((folder) => environment.make(server, token, process.env, folder)),
    Effect.mapError(({ message }) =>
      new NotStarted({
        message: `Cannot write the files that SDKs read: ${message}. Choose another directory with ${chosenBy}`
      })
    )
  )

/** The terminal is closed, which Node's own runtime does not look after. */
const hangUp = Effect.callback<void>((resume) => {
  const end = () => resume(Effect.void)
  process.once("SIGHUP", end)
  return Effect.sync(() => process.off("SIGHUP", end))
})

const greeting = (
  { secureUrl, url }: EmulatorServer.EmulatorServer["Service"],
  env: environment.Environment,
  hasToken: boolean
) =>
  `Cloud Messaging emulator at ${url} and ${secureUrl}

With these in its environment a program sends here, whatever its SDK:

${Object.entries(shown(env)).map(([name, value]) => `  ${name}=${quoted(value)}`).join("\n")}

Or by an endpoint:

  Fcm    ${url}
  Gcm    ${url}/fcm/send
  OAuth  ${url}/token

What came and what to do: ${url}/emulator/v1/docs${hasToken ? " (with the token)" : ""}
Nothing is sent to anybody. Stop it with ctrl-c.`

/** Without the token, and without second names. */
const shown = (env: environment.Environment) =>
  Struct.omit(env, [environment.tokenVariable, "GCLOUD_PROJECT", "no_proxy"])

/** As a shell takes it. */
const quoted = (text: string) => /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`

const emulator = Command.make("cloud-messaging-emulator").pipe(
  Command.withSharedFlags(flags),
  Command.withHandler(start),
  Command.withDescription("Google's cloud messaging, emulated: FCM HTTP v1, topics, GCM and OAuth"),
  Command.withExamples([
    { command: "cloud-messaging-emulator --port 9000", description: "Listen on port 9000" },
    { command: "cloud-messaging-emulator exec -- npm test", description: "Run a command beside it" }
  ])
)

const execCommand = Command.make(
  "exec",
  {
    command: Argument.String("command").pipe(Argument.withDescription("What to run, after --")),
    args: Argument.String("args").pipe(Argument.withDescription("Its arguments"), Argument.variadic())
  },
  Effect.fnUntraced(function*({ args, command }) {
    const options = yield* toOptions(yield* emulator, 0)
    yield* withServer(
      options,
      (server) =>
        environmentIn(environment.temporaryFolder, "TMPDIR", server, options).pipe(
          // a signal that comes before the command runs ends us, and none
          Effect.flatMap((env) => Effect.uninterruptible(Effect.flatMap(exec.run(command, args, env), exitWith)))
        )
    )
  })
).pipe(
  Command.withDescription(
    `Starts it on a free port, runs a command in an environment that leads SDKs there, and ends with its exit code`
  )
)

/** Node's own place for it: a signal that came meanwhile must not change it. */
const exitWith = (code: number) =>
  Effect.sync(() => {
    process.exitCode = code
  })

/** The command with its subcommands. */
export const command = Command.withSubcommands(emulator, [execCommand])
