/**
 * The command, as a shell runs it: real processes.
 */
import { EmulatorServer, layer as layerServer } from "@cloud-messaging/emulator/EmulatorServer"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Layer, Schema, Stream } from "effect"
import { FetchHttpClient, HttpClient, HttpClientRequest } from "effect/http"
import { ChildProcess } from "effect/process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import { join } from "node:path"
import process from "node:process"
import { fileURLToPath } from "node:url"

const bin = fileURLToPath(new URL("../src/internal/bin.ts", import.meta.url))

/** What a user's state directory is: this one's, and none of the machine's. */
const state = Fs.realpathSync(Fs.mkdtempSync(join(Os.tmpdir(), "emulator-")))

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

/** What a command sees of its environment. */
const Seen = Schema.Struct({
  env: Schema.Record(Schema.String, Schema.String),
  key: Schema.Struct({
    path: Schema.String,
    mode: Schema.Number,
    account: Schema.Record(Schema.String, Schema.String),
    isPrivate: Schema.Boolean
  }),
  ca: Schema.String,
  cas: Schema.String
})

const decodeSeen = Schema.decodeUnknownEffect(Schema.fromJsonString(Seen))

const services = Layer.merge(NodeServices.layer, FetchHttpClient.layer)

// each starts a program or two
const patience = 30_000

describe("cloud-messaging-emulator", () => {
  it.live.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)(
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
        // the same at the next start, for who wrote it down
        const running = join(state, "cloud-messaging-emulator", "running", `127.0.0.1-${new URL(url).port}`)
        const keyFile = join(running, "service-account.json")
        assert.include(lines, `  GOOGLE_APPLICATION_CREDENTIALS=${keyFile}`)
        assert.match(Fs.readFileSync(keyFile, "utf8"), /private_key/)
        yield* handle.kill({ killSignal })
        assert.strictEqual(yield* handle.exitCode, 0)
        assert.isFalse(Fs.existsSync(running))
        const gone = yield* Effect.flip(get(`${url}/emulator/v1/clock`))
        assert.strictEqual(gone.reason._tag, "TransportError")
      }).pipe(Effect.scoped, Effect.provide(services)),
    patience
  )

  it.live("says what to set as a shell takes it, also in a folder such as macOS has", () =>
    Effect.gen(function*() {
      const directory = join(state, "Ada's Application Support")
      const handle = yield* spawn(["--port", "0", "--state-directory", directory])
      const lines = yield* linesUntil(handle.stdout, /ctrl-c/)
      const assignments = lines.filter((line) => /^ {2}\w+=/.test(line)).join("\n")
      const shell = ChildProcess.make("sh", ["-c", `${assignments}\nprintf %s "$CLOUD_MESSAGING_EMULATOR_CA"`])
      const said = yield* Effect.scoped(
        Effect.flatMap(shell, ({ stdout }) => Stream.mkString(Stream.decodeText(stdout)))
      )
      assert.strictEqual(said, join(directory, "certificates", "ca.pem"))
    }).pipe(Effect.scoped, Effect.provide(services)), patience)

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
      const there = yield* run(["exec", "--state-directory", directory, "--", process.execPath, "-e", ""])
      assert.deepStrictEqual(there, { code: 0, printed: "" })
      assert.isTrue(Fs.existsSync(join(directory, "certificates", "ca.pem")))
      Fs.writeFileSync(join(state, "file"), "")
      const { code, printed } = yield* run(["--state-directory", join(state, "file"), "--port", "0"])
      assert.strictEqual(code, 1)
      assert.match(printed, /--state-directory/)
      assert.notInclude(printed, "    at ")
    }).pipe(Effect.provide(services)), patience)

  it.live("tells in a line where it cannot write what SDKs read", () =>
    Effect.gen(function*() {
      const nowhere = join(state, "nowhere")
      const directory = join(state, "occupied")
      Fs.mkdirSync(directory)
      Fs.writeFileSync(join(directory, "running"), "a file")
      const exec = yield* run(script("console.log('started')"), { TMPDIR: nowhere, TEMP: nowhere })
      const start = yield* run(["--port", "0", "--state-directory", directory])
      for (const [{ code, printed }, advice] of [[exec, /TMPDIR/], [start, /--state-directory/]] as const) {
        assert.strictEqual(code, 1)
        assert.match(printed, advice)
        assert.notInclude(printed, "    at ")
        assert.notInclude(printed, "started")
      }
    }).pipe(Effect.provide(services)), patience)

  it.live("keeps its certificate in memory where its user can keep nothing, and says so", () =>
    Effect.gen(function*() {
      const file = join(state, "no-directory")
      Fs.writeFileSync(file, "")
      const own = { XDG_STATE_HOME: file, LOCALAPPDATA: file, HOME: file }
      const { code, printed } = yield* run(script("console.log(process.env.CLOUD_MESSAGING_EMULATOR_CA)"), own)
      assert.strictEqual(code, 0)
      assert.match(printed, /for this time alone.*--state-directory/)
      assert.match(printed, /ca\.pem$/m)
    }).pipe(Effect.provide(services)), patience)

  it.live.skipIf(process.platform === "win32")(
    "keeps nothing where other users could exchange it, and says so",
    () =>
      Effect.gen(function*() {
        const shared = join(state, "shared")
        Fs.mkdirSync(shared)
        Fs.chmodSync(shared, 0o777)
        const command = script("console.log(process.env.CLOUD_MESSAGING_EMULATOR_CA)")
        const own = yield* run(command, { XDG_STATE_HOME: shared, HOME: shared })
        assert.strictEqual(own.code, 0)
        assert.match(own.printed, /for this time alone: .*shared\): other users may write to it/)
        const told = yield* run(["--state-directory", join(shared, "told"), ...command])
        assert.strictEqual(told.code, 1)
        assert.match(told.printed, /cannot be kept in .*shared\): other users may write to it.*--state-directory/)
        const temporary = yield* run(command, { TMPDIR: shared })
        assert.strictEqual(temporary.code, 1)
        assert.match(
          temporary.printed,
          /Cannot write the files that SDKs read: .*shared\): other users may write to it.*TMPDIR/
        )
      }).pipe(Effect.provide(services)),
    patience
  )

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

    it.live(
      "leads SDKs there, beside what the user has set, for as long as the command runs",
      () =>
        Effect.gen(function*() {
          const fs = yield* FileSystem.FileSystem
          const folder = yield* fs.makeTempDirectoryScoped()
          yield* fs.writeFileString(`${folder}/own.pem`, "-- the user's authority --")
          const code = `
          const fs = require("node:fs")
          const { GOOGLE_APPLICATION_CREDENTIALS: key, NODE_EXTRA_CA_CERTS: cas, ...env } = process.env
          const { mode } = fs.statSync(key)
          const { private_key, ...account } = JSON.parse(fs.readFileSync(key))
          console.log(JSON.stringify({
            env,
            key: { path: key, mode: mode & 0o777, account, isPrivate: private_key.startsWith("-----BEGIN PRIVATE KEY") },
            ca: fs.readFileSync(env.CLOUD_MESSAGING_EMULATOR_CA, "utf8"),
            cas: fs.readFileSync(cas, "utf8")
          }))`
          const { printed } = yield* run(["--state-directory", folder, ...script(code)], {
            GOOGLE_APPLICATION_CREDENTIALS: "/the/key/of/a/real/project.json",
            GCLOUD_PROJECT: "my-project",
            NODE_EXTRA_CA_CERTS: `${folder}/own.pem`,
            NODE_OPTIONS: "--no-warnings",
            NO_PROXY: "example.com"
          })
          const { ca, cas, env, key } = yield* decodeSeen(printed)
          const host = env["FIREBASE_MESSAGING_EMULATOR_HOST"] ?? ""
          assert.match(host, /^127\.0\.0\.1:\d+$/)
          assert.deepStrictEqual(key.account, {
            type: "service_account",
            project_id: "my-project",
            private_key_id: "emulator",
            client_email: "emulator@emulator.iam.gserviceaccount.com",
            client_id: "0",
            auth_uri: "https://accounts.google.com/o/oauth2/auth",
            token_uri: `http://${host}/token`,
            universe_domain: "googleapis.com"
          })
          assert.deepStrictEqual([key.mode, key.isPrivate], [0o600, true])
          assert.isFalse(yield* fs.exists(key.path))
          assert.deepStrictEqual([env["GOOGLE_CLOUD_PROJECT"], env["GCLOUD_PROJECT"]], ["my-project", "my-project"])
          assert.match(ca, /^-----BEGIN CERTIFICATE-----/)
          assert.strictEqual(cas, `-- the user's authority --\n${ca}`)
          assert.match(env["NODE_OPTIONS"] ?? "", /^--no-warnings --import=file:\/\/\S+\/preload\.ts$/)
          assert.match(env["NO_PROXY"] ?? "", /^example\.com,127\.0\.0\.1,fcm\.googleapis\.com,/)
          assert.strictEqual(env["no_proxy"], env["NO_PROXY"])
        }).pipe(Effect.scoped, Effect.provide(services)),
      patience
    )

    it.live("has a key file whose token_uri gives an access token", () =>
      Effect.gen(function*() {
        const { printed } = yield* run(script(`
          const { createSign } = require("node:crypto")
          const account = JSON.parse(require("node:fs").readFileSync(process.env.GOOGLE_APPLICATION_CREDENTIALS))
          const iat = Math.floor(Date.now() / 1000)
          const scope = "https://www.googleapis.com/auth/firebase.messaging"
          const claims = { iss: account.client_email, scope, aud: account.token_uri, iat, exp: iat + 3600 }
          const encode = (part) => Buffer.from(JSON.stringify(part)).toString("base64url")
          const unsigned = encode({ alg: "RS256", typ: "JWT" }) + "." + encode(claims)
          const assertion = unsigned + "." + createSign("RSA-SHA256").end(unsigned).sign(account.private_key, "base64url")
          const grant_type = "urn:ietf:params:oauth:grant-type:jwt-bearer"
          fetch(account.token_uri, { method: "POST", body: new URLSearchParams({ grant_type, assertion }) })
            .then(async (response) => console.log(response.status, Object.keys(await response.json()).join(" ")))`))
        assert.strictEqual(printed.trim(), "200 access_token expires_in token_type")
      }).pipe(Effect.provide(services)), patience)

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
        const nameless = yield* run(["exec", "--", ""])
        assert.strictEqual(Number(nameless.code), 127)
        assert.match(nameless.printed, /^\nERROR\n {2}Cannot run .*\n$/)
      }).pipe(Effect.provide(services)), patience)
  })
})
