/** An SDK in a process of its own, under the emulator's preload: a program that answers questions. */
import { Context, Data, Effect, type Scope } from "effect"
import { type ChildProcess, fork } from "node:child_process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"

/** What the SDK said instead of sending. */
export class SdkError extends Data.TaggedError("SdkError")<{ readonly message: string }> {}

/** Whom it takes for Google. */
export class Google extends Context.Service<Google, {
  readonly host: string
  /** Of its authority: PEM. */
  readonly ca: string
}>()("@cloud-messaging/oracles/Google") {}

const folder = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "cloud-messaging-oracles-"))),
  (folder) => Effect.sync(() => Fs.rmSync(folder, { recursive: true }))
)

/** Starts a program of this folder's parent; gives what asks it. */
export const start = <Question extends object>(
  program: string
): Effect.Effect<(question: Question) => Effect.Effect<string, SdkError>, never, Google | Scope.Scope> =>
  Effect.gen(function*() {
    const { ca, host } = yield* Google
    const certificates = Path.join(yield* folder, "ca.pem")
    Fs.writeFileSync(certificates, ca)
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        fork(Path.resolve(import.meta.dirname, "..", program), {
          // dates and undefined arrive as they are
          serialization: "advanced",
          // what SDKs log is not looked at
          stdio: ["ignore", "ignore", "ignore", "ipc"],
          // no proxies, no options of the test runner
          env: { FIREBASE_MESSAGING_EMULATOR_HOST: host, NODE_EXTRA_CA_CERTS: certificates },
          execArgv: ["--import", import.meta.resolve("@cloud-messaging/emulator/preload")]
        })
      ),
      (child) => Effect.sync(() => child.kill())
    )
    yield* started(child)
    return asking(child)
  })

const started = (child: ChildProcess) =>
  Effect.callback<void>((resume) => {
    child.once("message", () => resume(Effect.void))
    child.once("exit", () => resume(Effect.die("the SDK's process did not start")))
  })

export interface Asked {
  readonly id: number
  readonly question: object
}

export interface Answered {
  readonly id: number
  readonly said?: string
  readonly error?: string
}

const asking = (child: ChildProcess) => {
  let questions = 0
  const waiting = new Map<number, (answer: Effect.Effect<string, SdkError>) => void>()
  child.on("message", ({ error, id, said = "" }: Answered) => {
    waiting.get(id)?.(error === undefined ? Effect.succeed(said) : Effect.fail(new SdkError({ message: error })))
    waiting.delete(id)
  })
  child.on("exit", () => {
    for (const resume of waiting.values()) resume(Effect.die("the SDK's process ended"))
  })
  return (question: object) =>
    Effect.callback<string, SdkError>((resume) => {
      const asked: Asked = { id: ++questions, question }
      waiting.set(asked.id, resume)
      child.send(asked)
      return Effect.sync(() => waiting.delete(asked.id))
    })
}
