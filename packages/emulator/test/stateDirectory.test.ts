/**
 * A state directory that others may have been in first: programs trust the authority in it.
 */
import { EmulatorServer, layer } from "@cloud-messaging/emulator/EmulatorServer"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { execFileSync } from "node:child_process"
import { X509Certificate } from "node:crypto"
import * as Fs from "node:fs"
import * as Os from "node:os"
import { join } from "node:path"
import process from "node:process"
import * as Pki from "pkijs"
import * as Certificate from "../src/internal/certificate.ts"
import * as Environment from "../src/internal/environment.ts"

const isRoot = process.geteuid?.() === 0

/** Another user than the one who runs the tests, if that is root. */
const nobody = 65_534

/** An empty directory, by its real path. */
const scratch = Effect.acquireRelease(
  Effect.sync(() => Fs.realpathSync(Fs.mkdtempSync(join(Os.tmpdir(), "state-")))),
  (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true }))
)

/** Starts an emulator that keeps its certificate there, and ends it. */
const start = (stateDirectory: string) =>
  Effect.provide(Effect.map(EmulatorServer, ({ ca, caFile = "" }) => ({ ca, caFile })), layer({ stateDirectory }))

/** The same, of an emulator that is to refuse it: why it does. */
const refusal = (stateDirectory: string) =>
  Effect.map(Effect.flip(start(stateDirectory)), (error) => {
    assert.strictEqual(error._tag, "CertificateNotKept")
    return error.message
  })

/** Puts a certificate into a folder, as an emulator of this user would have. */
const plant = (folder: string, { ca, cert, key }: Certificate.Certificate) => {
  Fs.mkdirSync(folder, { mode: 0o700 })
  Fs.writeFileSync(join(folder, "ca.pem"), ca, { mode: 0o600 })
  Fs.writeFileSync(join(folder, "server.pem"), cert + Redacted.value(key), { mode: 0o600 })
}

/** A certificate whose authority lacks an extension, and otherwise is as ours are. */
const unbound = Effect.fnUntraced(function*(id: string) {
  const { ca, cert, key } = yield* Certificate.make
  const { privateKey, publicKey } = yield* Effect.promise(() =>
    crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"])
  )
  const signed = Effect.fnUntraced(function*(certificate: Pki.Certificate) {
    yield* Effect.promise(() => certificate.sign(privateKey, "SHA-256"))
    return new X509Certificate(Buffer.from(certificate.toSchema().toBER())).toString()
  })
  const parse = (pem: string) => Pki.Certificate.fromBER(new X509Certificate(pem).raw)
  const root = parse(ca)
  yield* Effect.promise(() => root.subjectPublicKeyInfo.importKey(publicKey))
  root.extensions = (root.extensions ?? []).filter(({ extnID }) => extnID !== id)
  return { ca: yield* signed(root), cert: yield* signed(parse(cert)), key } satisfies Certificate.Certificate
})

/** All that there is below a directory, and what the files hold. */
const snapshot = (directory: string) =>
  Fs.readdirSync(directory, { recursive: true, withFileTypes: true }).map((entry) => {
    const path = join(entry.parentPath, entry.name)
    return [path, entry.isFile() ? Fs.readFileSync(path, "utf8") : ""]
  })

const chownAll = (directory: string, user: number) => execFileSync("chown", ["-R", `${user}:${user}`, directory])

/** Runs as another user than root. */
const asNobody = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.acquireUseRelease(
    Effect.sync(() => {
      process.setegid?.(nobody)
      process.seteuid?.(nobody)
    }),
    () => effect,
    () =>
      Effect.sync(() => {
        process.seteuid?.(0)
        process.setegid?.(0)
      })
  )

describe.skipIf(process.platform === "win32")("a certificate that was there first", () => {
  it.live("is taken, if it is this user's and bound to our names", () =>
    Effect.gen(function*() {
      const directory = yield* scratch
      const kept = yield* Certificate.make
      plant(join(directory, "certificates"), kept)
      assert.strictEqual((yield* start(directory)).ca, kept.ca)
    }).pipe(Effect.scoped))

  it.live.each([
    { what: "more hosts", permitted: { ...Certificate.names, hosts: [...Certificate.names.hosts, "example.com"] } },
    { what: "no host at all", permitted: { hosts: [], addresses: [] } }
  ])("is not taken, if its authority is bound to $what", ({ permitted }) =>
    Effect.gen(function*() {
      const directory = yield* scratch
      const planted = yield* Effect.flatMap(Certificate.authority(permitted), ({ issue }) => issue(Certificate.names))
      plant(join(directory, "certificates"), planted)
      assert.notStrictEqual((yield* start(directory)).ca, planted.ca)
    }).pipe(Effect.scoped))

  it.live.each([
    { what: "names", id: Pki.id_NameConstraints },
    { what: "certificates of servers", id: Pki.id_ExtKeyUsage }
  ])("is not taken, if its authority is not bound to $what", ({ id }) =>
    Effect.gen(function*() {
      const directory = yield* scratch
      const planted = yield* unbound(id)
      plant(join(directory, "certificates"), planted)
      assert.notStrictEqual((yield* start(directory)).ca, planted.ca)
    }).pipe(Effect.scoped))

  it.live("is not taken, if another authority stands beside its own", () =>
    Effect.gen(function*() {
      const directory = yield* scratch
      const [kept, other] = yield* Effect.all([Certificate.make, Certificate.make])
      plant(join(directory, "certificates"), { ...kept, ca: kept.ca + other.ca })
      const { ca } = yield* start(directory)
      assert.lengthOf(ca.match(/BEGIN CERTIFICATE/g) ?? [], 1)
      assert.notStrictEqual(ca, kept.ca)
    }).pipe(Effect.scoped))

  it.live.each(["ca.pem", "server.pem", "certificates"])(
    "is not taken, if %s is a link, and stays as it is",
    (name) =>
      Effect.gen(function*() {
        const [directory, elsewhere] = yield* Effect.all([scratch, scratch])
        const planted = yield* Certificate.make
        const folder = join(directory, "certificates")
        plant(join(elsewhere, "certificates"), planted)
        const before = snapshot(elsewhere)
        if (name === "certificates") {
          Fs.symlinkSync(join(elsewhere, name), folder)
        } else {
          plant(folder, planted)
          Fs.rmSync(join(folder, name))
          Fs.symlinkSync(join(elsewhere, "certificates", name), join(folder, name))
        }
        const { ca } = yield* start(directory)
        assert.notStrictEqual(ca, planted.ca)
        assert.isTrue(Fs.lstatSync(folder).isDirectory())
        assert.isTrue(Fs.lstatSync(join(folder, "ca.pem")).isFile())
        assert.deepStrictEqual(snapshot(elsewhere), before)
        assert.strictEqual((yield* start(directory)).ca, ca)
      }).pipe(Effect.scoped)
  )

  it.live("is not waited for, if it is a pipe or a link that leads nowhere", () =>
    Effect.gen(function*() {
      const directory = yield* scratch
      const folder = join(directory, "certificates")
      const put: ReadonlyArray<() => void> = [
        () => execFileSync("mkfifo", [folder]),
        () => Fs.symlinkSync(join(directory, "nowhere"), folder),
        () => {
          Fs.mkdirSync(folder)
          execFileSync("mkfifo", [join(folder, "ca.pem"), join(folder, "server.pem")])
        }
      ]
      for (const each of put) {
        Fs.rmSync(folder, { recursive: true, force: true })
        each()
        const { ca, caFile } = yield* start(directory)
        assert.strictEqual(Fs.readFileSync(caFile, "utf8"), ca)
      }
      assert.isFalse(Fs.existsSync(join(directory, "nowhere")))
    }).pipe(Effect.scoped))
})

describe.skipIf(!isRoot)("a certificate of another user", () => {
  it.live.each(["ca.pem", "server.pem", "."])(
    "is not taken, if %s is another user's",
    (name) =>
      Effect.gen(function*() {
        const directory = yield* scratch
        const planted = yield* Certificate.make
        const folder = join(directory, "certificates")
        plant(folder, planted)
        Fs.chownSync(join(folder, name), nobody, nobody)
        const { ca, caFile } = yield* start(directory)
        assert.notStrictEqual(ca, planted.ca)
        assert.strictEqual(Fs.statSync(folder).uid, 0)
        assert.strictEqual(Fs.statSync(caFile).uid, 0)
      }).pipe(Effect.scoped)
  )

  it.live("is not removed with what is another user's", () =>
    Effect.gen(function*() {
      const [directory, elsewhere] = yield* Effect.all([scratch, scratch])
      const folder = join(directory, "certificates")
      Fs.mkdirSync(folder)
      Fs.mkdirSync(join(folder, "ca.pem"))
      Fs.writeFileSync(join(folder, "ca.pem", "precious"), "precious")
      chownAll(folder, nobody)
      yield* start(directory)
      const aside = Fs.readdirSync(directory).find((name) => name.startsWith("certificates-")) ?? ""
      assert.strictEqual(Fs.readFileSync(join(directory, aside, "ca.pem", "precious"), "utf8"), "precious")
      assert.deepStrictEqual(snapshot(elsewhere), [])
    }).pipe(Effect.scoped))
})

describe.skipIf(!isRoot)("a directory of another user", () => {
  it.live.each([
    { what: "it is another user's", path: "a/state" },
    { what: "one that it is in is another user's", path: "a" }
  ])("is refused, as $what, and stays as it is", ({ path }) =>
    Effect.gen(function*() {
      const outer = yield* scratch
      const directory = join(outer, "a", "state")
      Fs.mkdirSync(directory, { recursive: true })
      plant(join(directory, "certificates"), yield* Certificate.make)
      Fs.chownSync(join(outer, path), nobody, nobody)
      const before = snapshot(outer)
      const message = yield* refusal(directory)
      assert.include(message, `${join(outer, path)}): it belongs to another user`)
      assert.include(message, directory)
      assert.deepStrictEqual(snapshot(outer), before)
      assert.include(yield* refusal(join(directory, "new")), "it belongs to another user")
    }).pipe(Effect.scoped))

  it.live("is refused, as the link to it is another user's", () =>
    Effect.gen(function*() {
      const outer = yield* scratch
      Fs.mkdirSync(join(outer, "own"))
      Fs.symlinkSync(join(outer, "own"), join(outer, "link"))
      Fs.lchownSync(join(outer, "link"), nobody, nobody)
      assert.include(yield* refusal(join(outer, "link")), "it belongs to another user")
      assert.include(yield* refusal(join(outer, "link", "below")), "it belongs to another user")
      assert.deepStrictEqual(Fs.readdirSync(join(outer, "own")), [])
    }).pipe(Effect.scoped))
})

describe.skipIf(process.platform === "win32")("a directory that others could exchange", () => {
  it.live.each([
    { what: "others may write to it", path: "a/state", mode: 0o777 },
    { what: "others may write to one that it is in", path: "a", mode: 0o757 }
  ])("is refused, as $what", ({ mode, path }) =>
    Effect.gen(function*() {
      const outer = yield* scratch
      const directory = join(outer, "a", "state")
      Fs.mkdirSync(directory, { recursive: true })
      Fs.chmodSync(join(outer, path), mode)
      assert.include(yield* refusal(directory), `${join(outer, path)}): other users may write to it`)
      Fs.chmodSync(join(outer, path), mode | 0o1000)
      yield* start(directory)
    }).pipe(Effect.scoped))

  it.live.skipIf(!isRoot)(
    "is refused, as a group of others may write to it; a group of this user's own may",
    () =>
      Effect.gen(function*() {
        const directory = yield* scratch
        Fs.chownSync(directory, 0, nobody)
        Fs.chmodSync(directory, 0o770)
        assert.include(yield* refusal(directory), "other users may write to it")
        Fs.chownSync(directory, 0, 0)
        yield* start(directory)
      }).pipe(Effect.scoped)
  )

  it.live("is taken by a link that this user made", () =>
    Effect.gen(function*() {
      const outer = yield* scratch
      Fs.mkdirSync(join(outer, "own"))
      Fs.symlinkSync(join(outer, "own"), join(outer, "link"))
      const { ca, caFile } = yield* start(join(outer, "link"))
      assert.strictEqual(caFile, join(outer, "own", "certificates", "ca.pem"))
      assert.strictEqual((yield* start(join(outer, "own"))).ca, ca)
    }).pipe(Effect.scoped))
})

describe.skipIf(!isRoot)("a user who is not root", () => {
  it.live("keeps a certificate in a directory of their own", () =>
    Effect.gen(function*() {
      const directory = yield* scratch
      Fs.chownSync(directory, nobody, nobody)
      const first = yield* asNobody(start(directory))
      assert.strictEqual(Fs.statSync(first.caFile).uid, nobody)
      assert.deepStrictEqual(yield* asNobody(start(directory)), first)
    }).pipe(Effect.scoped))

  it.live("takes none that is another user's, or root's", () =>
    Effect.gen(function*() {
      for (const owner of [0, 4242]) {
        const directory = yield* scratch
        const folder = join(directory, "certificates")
        const planted = yield* Certificate.make
        plant(folder, planted)
        for (const file of ["ca.pem", "server.pem"]) Fs.chmodSync(join(folder, file), 0o644)
        chownAll(folder, owner)
        Fs.chmodSync(folder, 0o755)
        Fs.chownSync(directory, nobody, nobody)
        const { ca, caFile } = yield* asNobody(start(directory))
        assert.notStrictEqual(ca, planted.ca)
        assert.strictEqual(Fs.statSync(caFile).uid, nobody)
        Fs.chownSync(directory, 4242, 4242)
        Fs.chmodSync(directory, 0o1777)
        assert.include(yield* asNobody(refusal(directory)), "it belongs to another user")
      }
    }).pipe(Effect.scoped))
})

// -----------------------------------------------------------------------------
// What SDKs read
// -----------------------------------------------------------------------------

const server = {
  url: "http://127.0.0.1:8025",
  secureUrl: "https://127.0.0.1:8025",
  host: "127.0.0.1:8025",
  ca: "an authority",
  caFile: undefined
}

/** Writes what SDKs read into the state directory, and looks at it before it is gone. */
const written = (directory: string, look: (env: Environment.Environment) => void) =>
  Environment.folderOf(directory, server).pipe(
    Effect.flatMap((folder) => Environment.make(server, undefined, { NODE_EXTRA_CA_CERTS: "own.pem" }, folder)),
    Effect.tap((env) => Effect.sync(() => look(env))),
    Effect.scoped,
    Effect.provide(NodeServices.layer)
  )

const files = ["service-account.json", "ca.pem", "node-ca.pem"]

describe.skipIf(process.platform === "win32")("the files that SDKs read", () => {
  it.live.each([
    { what: "a link", put: (file: string, victim: string) => Fs.symlinkSync(victim, file) },
    { what: "a hard link", put: (file: string, victim: string) => Fs.linkSync(victim, file) },
    { what: "a pipe", put: (file: string) => execFileSync("mkfifo", [file]) },
    { what: "a file that all may read", put: (file: string) => Fs.writeFileSync(file, "old", { mode: 0o644 }) }
  ])("are written beside $what of that name, not into it", ({ put }) =>
    Effect.gen(function*() {
      const directory = yield* scratch
      const folder = join(directory, "running", "127.0.0.1-8025")
      const victim = join(directory, "victim")
      Fs.writeFileSync(victim, "precious")
      Fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
      for (const name of files) put(join(folder, name), victim)
      yield* written(directory, (env) => {
        assert.strictEqual(env.GOOGLE_APPLICATION_CREDENTIALS, join(folder, "service-account.json"))
        assert.deepStrictEqual(Fs.readdirSync(folder).toSorted(), files.toSorted())
        for (const name of files) {
          const info = Fs.lstatSync(join(folder, name))
          assert.deepStrictEqual([info.isFile(), info.mode & 0o777, info.nlink], [true, 0o600, 1])
        }
      })
      assert.strictEqual(Fs.readFileSync(victim, "utf8"), "precious")
      assert.isFalse(Fs.existsSync(folder))
    }).pipe(Effect.scoped))

  it.live.each(["running", join("running", "127.0.0.1-8025")])(
    "are not written through a link at %s",
    (name) =>
      Effect.gen(function*() {
        const [directory, elsewhere] = yield* Effect.all([scratch, scratch])
        for (const file of files) Fs.writeFileSync(join(elsewhere, file), "precious")
        if (name !== "running") Fs.mkdirSync(join(directory, "running"), { mode: 0o700 })
        Fs.symlinkSync(elsewhere, join(directory, name))
        const before = snapshot(elsewhere)
        const { message } = yield* Effect.flip(written(directory, () => {}))
        assert.include(message, join(directory, name))
        assert.deepStrictEqual(snapshot(elsewhere), before)
      }).pipe(Effect.scoped)
  )

  it.live.skipIf(!isRoot)("are not written into another user's folder", () =>
    Effect.gen(function*() {
      const directory = yield* scratch
      const folder = join(directory, "running", "127.0.0.1-8025")
      Fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
      Fs.chownSync(folder, nobody, nobody)
      assert.include((yield* Effect.flip(written(directory, () => {}))).message, folder)
      assert.deepStrictEqual(Fs.readdirSync(folder), [])
    }).pipe(Effect.scoped))

  it.live("are not left where others could exchange them while a command runs", () =>
    Effect.gen(function*() {
      const directory = yield* scratch
      Fs.chmodSync(directory, 0o777)
      const before = process.env["TMPDIR"]
      process.env["TMPDIR"] = directory
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          if (before === undefined) delete process.env["TMPDIR"]
          else process.env["TMPDIR"] = before
        })
      )
      const { message } = yield* Effect.flip(Environment.temporaryFolder)
      assert.include(message, `${directory}): other users may write to it`)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))
})
