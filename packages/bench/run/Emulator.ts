/** The emulator as the service's side. */
import { Effect, FileSystem, Schema, Stream } from "effect"
import { ChildProcess } from "effect/process"
import * as Process from "node:process"
import { fileURLToPath } from "node:url"
import { Stopped } from "./Server.ts"

const Where = Schema.fromJsonString(Schema.Struct({ origin: Schema.String, certificate: Schema.String }))

/** A fresh one, as long as the scope is open. */
export const start = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const stateDirectory = yield* fs.makeTempDirectoryScoped({ prefix: "cloud-messaging-bench-" })
  const path = fileURLToPath(new URL("../process/emulator.ts", import.meta.url))
  const handle = yield* ChildProcess.make(Process.execPath, [path, stateDirectory], {
    stdin: "ignore",
    stderr: "inherit"
  })
  const [line] = yield* handle.stdout.pipe(Stream.decodeText(), Stream.splitLines, Stream.take(1), Stream.runCollect)
  if (line === undefined) return yield* new Stopped({ message: "the emulator does not start" })
  return {
    ...yield* Schema.decodeEffect(Where)(line),
    /** The peak of its memory, in megabytes, as Linux tells it. */
    peakRss: Effect.map(
      fs.readFileString(`/proc/${handle.pid}/status`),
      (status) => Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) / 1024
    )
  }
})
