/** Every block of TypeScript in the documents and docstrings compiles, and runs: against the emulator, or as a test. */
import * as EmulatorServer from "@cloud-messaging/emulator/EmulatorServer"
import { assert, describe, it, layer } from "@effect/vitest"
import { Effect } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { run } from "./process.ts"

const root = Path.resolve(import.meta.dirname, "../../..")
const blocks = Path.resolve(import.meta.dirname, "../.blocks")

interface Block {
  /** Where it is: file and line. */
  readonly at: string
  readonly file: string
  readonly code: string
  /** It is run by node, or, if it is a test itself, by vitest. */
  readonly command: readonly [program: string, ...args: ReadonlyArray<string>]
}

const sources = Fs.globSync(["*.md", "docs/**/*.md", "packages/*/*.md", "packages/*/src/**/*.ts"], {
  cwd: root,
  exclude: (name) => name.includes("node_modules")
}).toSorted()

const blocksOf = (source: string): ReadonlyArray<Block> => {
  const text = Fs.readFileSync(Path.join(root, source), "utf8")
  return Array.from(text.matchAll(/^( \* )?```ts\n([^]*?)^(?: \* )?```$/gm), ({ 1: star, 2: code = "", index }) => {
    const line = text.slice(0, index).split("\n").length
    const isTest = code.includes("from \"@effect/vitest\"")
    const file = `${source.replace(/\W+/g, "-")}-${line}${isTest ? ".test" : ""}.ts`
    return {
      at: `${source}:${line}`,
      file,
      code: star === undefined ? code : code.replace(/^ \* ?/gm, ""),
      command: isTest ? ["vitest", "run", "--root", ".", file] : ["node", file]
    }
  })
}

const all = sources.flatMap(blocksOf)

const tsconfig = {
  extends: "../../../tsconfig.tests.json",
  include: ["*.ts"],
  exclude: [],
  references: [],
  compilerOptions: {
    composite: false,
    incremental: false,
    declarationMap: false,
    noUnusedLocals: false,
    rootDir: "../../.."
  }
}

const write = Effect.sync(() => {
  Fs.rmSync(blocks, { recursive: true, force: true })
  Fs.mkdirSync(blocks, { recursive: true })
  Fs.writeFileSync(Path.join(blocks, "tsconfig.json"), JSON.stringify(tsconfig))
  // every block is a module, also one that exports nothing
  for (const { code, file } of all) Fs.writeFileSync(Path.join(blocks, file), `${code}\nexport {}\n`)
})

describe("the code in the documents", () => {
  it.live("compiles", () =>
    Effect.gen(function*() {
      assert.isAbove(all.length, 10)
      yield* write
      const { stdout } = yield* run("tsc", ["-p", blocks, "--noEmit"], { cwd: root })
      assert.strictEqual(stdout, "")
    }), 120_000)

  layer(EmulatorServer.layer(), { excludeTestServices: true })("runs", (it) => {
    it.effect.each(all)("$at", ({ code, command: [program, ...args], file }) =>
      Effect.gen(function*() {
        const { host } = yield* EmulatorServer.EmulatorServer
        // the test before may have been left out
        Fs.mkdirSync(blocks, { recursive: true })
        Fs.writeFileSync(Path.join(blocks, file), `${code}\nexport {}\n`)
        const ran = yield* run(program, args, {
          cwd: blocks,
          env: { FIREBASE_MESSAGING_EMULATOR_HOST: host, FCM_PROJECT: "my-project" }
        })
        assert.deepStrictEqual({ code: ran.code, stderr: ran.stderr }, { code: 0, stderr: "" })
        const printed = /console\.log|Console\.log/.test(code) && /run(Promise|Main|Sync)/.test(code)
        if (printed) assert.notStrictEqual(ran.stdout, "")
      }))
  })
})
