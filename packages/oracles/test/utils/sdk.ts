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
          // no proxies, no options of the test runner
          env: { FIREBASE_MESSAGING_EMULATOR_HOST: host, NODE_EXTRA_CA_CERTS: certificates },
          execArgv: ["--import", import.meta.resolve("@cloud-messaging/emulator/preload")]
        })
      ),
      (child) => Effect.sync(() => child.kill())
    )
    let questions = 0
    return (question) => Effect.suspend(() => ask(child, { id: ++questions, question }))
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

const ask = (child: ChildProcess, asked: Asked) =>
  Effect.callback<string, SdkError>((resume) => {
    const onMessage = ({ error, id, said = "" }: Answered) => {
      if (id !== asked.id) return
      forget()
      resume(error === undefined ? Effect.succeed(said) : Effect.fail(new SdkError({ message: error })))
    }
    const onExit = () => resume(Effect.die("the SDK's process ended"))
    const forget = () => {
      child.off("message", onMessage)
      child.off("exit", onExit)
    }
    child.on("message", onMessage)
    child.once("exit", onExit)
    child.send(asked)
    return Effect.sync(forget)
  })
