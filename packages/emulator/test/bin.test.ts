/**
 * The command, as a shell runs it: real processes.
 */
import { EmulatorServer, layer as layerServer } from "@cloud-messaging/emulator/EmulatorServer"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import { FetchHttpClient, HttpClient, HttpClientRequest } from "effect/http"
import { ChildProcess } from "effect/process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import { join } from "node:path"
import process from "node:process"
import { fileURLToPath } from "node:url"

const bin = fileURLToPath(new URL("../src/internal/bin.ts", import.meta.url))

/** What a user's state directory is: this one's, and none of the machine's. */
const state = Fs.mkdtempSync(join(Os.tmpdir(), "emulator-"))

afterAll(() => Fs.rmSync(state, { recursive: true }))

const spawn = (args: ReadonlyArray<string>, env: { readonly [name: string]: string } = {}) =>
  ChildProcess.make(process.execPath, [bin, ...args], {
    env: { XDG_STATE_HOME: state, LOCALAPPDATA: state, HOME: state, ...env },
    extendEnv: true,
    detached: false
  })

/** What a command prints, and its exit code. */
const run = Effect.fnUntraced(function*(args: ReadonlyArray<string>, env?: { readonly [name: string]: string }) {
  const handle = yield* spawn(args, env)
  const printed = yield* handle.all.pipe(Stream.decodeText, Stream.mkString)
  return { code: yield* handle.exitCode, printed }
}, Effect.scoped)

/** The lines of a command that goes on, until one is as expected. */
const linesUntil = (stdout: Stream.Stream<Uint8Array, unknown>, expected: RegExp) =>
  stdout.pipe(
    Stream.decodeText,
    Stream.splitLines,
    Stream.takeUntil((line) => expected.test(line)),
    Stream.runCollect
  )

/** A program for Node, as an argument. */
const script = (code: string) => ["exec", "--", process.execPath, "-e", code]

const get = (url: string, token?: string) =>
  HttpClientRequest.get(url).pipe(
    HttpClientRequest.setHeaders(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    HttpClient.execute,
    Effect.map(({ status }) => status)
  )

const services = Layer.merge(NodeServices.layer, FetchHttpClient.layer)

// each starts a program or two
const patience = 30_000

describe("cloud-messaging-emulator", () => {
  it.live.each(["SIGTERM", "SIGINT"] as const)(
    "says what to set, and %s ends it well",
    (killSignal) =>
      Effect.gen(function*() {
        const handle = yield* spawn(["--port", "0"])
        const lines = yield* linesUntil(handle.stdout, /ctrl-c/)
        const url = /http:\/\/127\.0\.0\.1:\d+/.exec(lines.join("\n"))?.[0] ?? ""
        assert.include(lines.join("\n"), `FIREBASE_MESSAGING_EMULATOR_HOST=${new URL(url).host}`)
        assert.strictEqual(yield* get(`${url}/emulator/v1/clock`), 200)
        assert.include(lines.join("\n"), url.replace("http:", "https:"))
        const caFile = /NODE_EXTRA_CA_CERTS=(.+)/.exec(lines.join("\n"))?.[1] ?? ""
        assert.isTrue(caFile.startsWith(state), caFile)
        assert.match(Fs.readFileSync(caFile, "utf8"), /BEGIN CERTIFICATE/)
        yield* handle.kill({ killSignal })
        assert.strictEqual(yield* handle.exitCode, 0)
        const gone = yield* Effect.flip(get(`${url}/emulator/v1/clock`))
        assert.strictEqual(gone.reason._tag, "TransportError")
      }).pipe(Effect.scoped, Effect.provide(services)),
    patience
  )

  it.live("tells in a line that a port is taken, and what to do", () =>
    Effect.gen(function*() {
      const { url } = yield* EmulatorServer
      const { code, printed } = yield* run(["--port", new URL(url).port])
      assert.strictEqual(code, 1)
      assert.match(printed, /Cannot listen on 127\.0\.0\.1:\d+: another program listens there.*--port/)
      assert.notInclude(printed, "at ")
    }).pipe(Effect.provide([layerServer(), services])), patience)

  it.live("keeps its certificate where it is told, and tells in a line where it cannot", () =>
    Effect.gen(function*() {
      const directory = join(state, "elsewhere")
      const there = yield* run(["exec", "--certificates", directory, "--", process.execPath, "-e", ""])
      assert.deepStrictEqual(there, { code: 0, printed: "" })
      assert.isTrue(Fs.existsSync(join(directory, "certificates", "ca.pem")))
      Fs.writeFileSync(join(state, "file"), "")
      const { code, printed } = yield* run(["--certificates", join(state, "file"), "--port", "0"])
      assert.strictEqual(code, 1)
      assert.match(printed, /--certificates/)
      assert.notInclude(printed, "    at ")
    }).pipe(Effect.provide(services)), patience)

  it.live("wants a token beyond this machine, from a flag or the environment", () =>
    Effect.gen(function*() {
      const { code, printed } = yield* run(["--host", "0.0.0.0", "--port", "0"])
      assert.strictEqual(code, 1)
      assert.match(printed, /needs a token.*--token/)
      const handle = yield* spawn(["--host", "0.0.0.0", "--port", "0"], { CLOUD_MESSAGING_EMULATOR_TOKEN: "s3cret" })
      const printedThen = (yield* linesUntil(handle.stdout, /ctrl-c/)).join("\n")
      assert.notInclude(printedThen, "s3cret")
      const url = /http:\/\/127\.0\.0\.1:\d+/.exec(printedThen)?.[0] ?? ""
      assert.strictEqual(yield* get(`${url}/emulator/v1/clock`), 401)
      assert.strictEqual(yield* get(`${url}/emulator/v1/clock`, "s3cret"), 200)
    }).pipe(Effect.scoped, Effect.provide(services)), patience)

  it.live.each([
    { args: ["--port", "99999"] },
    { args: ["--port", "x"] },
    { args: ["--nonsense"] },
    { args: ["exec"] },
    { args: ["nonsense"] }
  ])(
    "refuses $args, and shows how to ask",
    ({ args }) =>
      Effect.gen(function*() {
        const { code, printed } = yield* run(args)
        assert.strictEqual(code, 1)
        assert.match(printed, /USAGE/)
      }).pipe(Effect.provide(services)),
    patience
  )

  describe("exec", () => {
    it.live(
      "runs a command with what clients need, its arguments as they are, and ends with its exit code",
      () =>
        Effect.gen(function*() {
          const code = `
          fetch("http://" + process.env.FIREBASE_MESSAGING_EMULATOR_HOST + "/emulator/v1/clock", {
            headers: { authorization: "Bearer " + process.env.CLOUD_MESSAGING_EMULATOR_TOKEN }
          }).then((response) => {
            console.log(response.status, process.argv.slice(1).join(" "))
            process.exitCode = 7
          })`
          const { code: exit, printed } = yield* run([...script(code), "--", "--port", "5"], {
            CLOUD_MESSAGING_EMULATOR_TOKEN: "s3cret"
          })
          assert.deepStrictEqual({ exit: Number(exit), printed: printed.trim() }, { exit: 7, printed: "200 --port 5" })
        }).pipe(Effect.provide(services)),
      patience
    )

    it.live("hands on a signal, and waits for the command to end in its own way", () =>
      Effect.gen(function*() {
        const handle = yield* spawn(script(`
          process.on("SIGTERM", () => setTimeout(() => process.exit(5), 50))
          setInterval(() => {}, 1000)
          console.log("ready")`))
        yield* linesUntil(handle.stdout, /ready/)
        yield* handle.kill({ killSignal: "SIGTERM" })
        assert.strictEqual(Number(yield* handle.exitCode), 5)
      }).pipe(Effect.scoped, Effect.provide(services)), patience)

    it.live("ends as shells do where a signal ended the command, or there is none", () =>
      Effect.gen(function*() {
        const killed = yield* run(script("process.kill(process.pid, 'SIGKILL')"))
        assert.strictEqual(Number(killed.code), 137)
        const absent = yield* run(["exec", "--", "no-such-command"])
        assert.strictEqual(Number(absent.code), 127)
        assert.match(absent.printed, /Cannot run no-such-command/)
      }).pipe(Effect.provide(services)), patience)
  })
})
