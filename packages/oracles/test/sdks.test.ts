/** `docs/sdks.md`: its recipes for SDKs of Node, run as it says, print what it says. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Path, Stream } from "effect"
import { ChildProcess } from "effect/process"
import * as Fs from "node:fs"
import process from "node:process"
import { fileURLToPath } from "node:url"

const bin = fileURLToPath(new URL("../../emulator/src/internal/bin.ts", import.meta.url))

const page = Fs.readFileSync(new URL("../../../docs/sdks.md", import.meta.url), "utf8")

/** Programs, and what they print. */
const recipes = Array.from(
  page.matchAll(/^### (.+)$|^```js\n([^]*?)^```\n\n```\n([^]*?)^```$/gm),
  ([, heading, code, printed]) => ({ heading, code, printed })
)

const programs = recipes.flatMap(({ code = "", printed }, i) => {
  if (printed === undefined) return []
  const sdk = recipes.slice(0, i).findLast(({ heading }) => heading !== undefined)?.heading ?? ""
  return [{ name: `${sdk}${code.startsWith("// without the preload") ? ", without the preload" : ""}`, code, printed }]
})

/** As `npx @cloud-messaging/emulator exec -- node recipe.mjs`. */
const run = Effect.fnUntraced(function*(code: string, isPreloaded: boolean) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  // where the SDKs are found
  const directory = path.resolve(import.meta.dirname, "../.blocks")
  yield* fs.makeDirectory(directory, { recursive: true })
  const folder = yield* fs.makeTempDirectoryScoped({ directory })
  const file = path.join(folder, "recipe.mjs")
  yield* fs.writeFileString(file, code)
  const node = [...isPreloaded ? [] : ["env", "-u", "NODE_OPTIONS"], process.execPath, file]
  const handle = yield* ChildProcess.make(process.execPath, [bin, "--state-directory", folder, "exec", "--", ...node], {
    env: { PATH: process.env["PATH"] },
    detached: false
  })
  const printed = yield* handle.all.pipe(Stream.decodeText, Stream.mkString)
  return { code: Number(yield* handle.exitCode), printed }
}, Effect.scoped)

describe("docs/sdks.md", () => {
  it("has a recipe for each SDK", () => {
    assert.deepStrictEqual(programs.map(({ name }) => name), [
      "firebase-admin",
      "firebase-admin, without the preload",
      "node-gcm, without the preload",
      "fcm-v1-http2",
      "google-auth-library"
    ])
  })

  it.live.each(programs)("$name prints what it says", ({ code, name, printed }) =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* run(code, !name.endsWith("without the preload")), { code: 0, printed })
    }).pipe(Effect.provide(NodeServices.layer)), 30_000)
})
