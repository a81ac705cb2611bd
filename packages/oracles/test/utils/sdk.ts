/** An SDK in a process of its own: a program that answers one question after the other. */
import { Data, Effect } from "effect"
import { type ChildProcess, fork } from "node:child_process"
import * as Path from "node:path"
import { Wire } from "./wire.ts"

/** What the SDK said instead of sending. */
export class SdkError extends Data.TaggedError("SdkError")<{ readonly message: string }> {}

/** Starts an SDK, which writes to the {@link Wire}; gives what asks it. */
export const start = Effect.fnUntraced(function*<Question extends object>(name: "firebaseAdmin" | "nodeGcm") {
  const { http1, http2 } = yield* Wire
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      fork(Path.join(import.meta.dirname, `../${name}/process.ts`), [String(new URLSearchParams({ http1, http2 }))], {
        // dates and undefined arrive as they are
        serialization: "advanced",
        // no proxies, no options of the test runner
        env: {},
        execArgv: []
      })
    ),
    (child) => Effect.sync(() => child.kill())
  )
  return (question: Question) => ask(child, question)
})

const ask = (child: ChildProcess, question: object) =>
  Effect.callback<void, SdkError>((resume) => {
    const onMessage = ({ error }: { readonly error: string | undefined }) => {
      child.off("exit", onExit)
      resume(error === undefined ? Effect.void : Effect.fail(new SdkError({ message: error })))
    }
    const onExit = () => resume(Effect.die("the SDK's process ended"))
    child.once("message", onMessage)
    child.once("exit", onExit)
    child.send(question)
    return Effect.sync(() => {
      child.off("message", onMessage)
      child.off("exit", onExit)
    })
  })
