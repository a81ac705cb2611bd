/**
 * The certificate: what it lets the emulator be and what not, as openssl's rules in Node have it, and how it is kept.
 */
import { EmulatorServer, layer } from "@cloud-messaging/emulator/EmulatorServer"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Path, Redacted } from "effect"
import { X509Certificate } from "node:crypto"
import * as Fs from "node:fs"
import * as Net from "node:net"
import * as Os from "node:os"
import { dirname, join } from "node:path"
import * as Posix from "node:path/posix"
import process from "node:process"
import * as Tls from "node:tls"
import * as Certificate from "../src/internal/certificate.ts"
import * as StateDirectory from "../src/internal/stateDirectory.ts"

const google = [
  "fcm.googleapis.com",
  "iid.googleapis.com",
  "oauth2.googleapis.com",
  "www.googleapis.com",
  "android.googleapis.com",
  "gcm-http.googleapis.com"
]

/** How a client of TLS that trusts an authority is received by a server: `undefined`, or why it refuses it. */
const refusal = (port: number, host: string, ca: string) =>
  Effect.callback<string | undefined>((resume) => {
    const servername = Net.isIP(host) === 0 ? host : ""
    const socket = Tls.connect({ host: "127.0.0.1", port, ca, servername, checkServerIdentity: check(host) })
    socket.on("secureConnect", () => resume(Effect.succeed(undefined)))
    socket.on("error", (error: NodeJS.ErrnoException) =>
      resume(Effect.succeed(error.code === "UNSPECIFIED" ? error.message : error.code)))
    return Effect.sync(() =>
      socket.destroy()
    )
  })

const check = (host: string) => (_: string, certificate: Tls.PeerCertificate) =>
  Tls.checkServerIdentity(host, certificate)

const portOf = Effect.map(EmulatorServer, ({ url }) => Number(new URL(url).port))

/** A server with any certificate; its port. */
const serve = ({ cert, key }: Certificate.Certificate) =>
  Effect.acquireRelease(
    Effect.callback<Tls.Server>((resume) => {
      const server = Tls.createServer({ cert, key: Redacted.value(key) })
      server.on("tlsClientError", () => {})
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) => Effect.sync(() => server.close())
  ).pipe(Effect.map((server) => {
    const address = server.address()
    return typeof address === "object" && address !== null ? address.port : 0
  }))

describe("the certificate", () => {
  it.live.each(["localhost", "127.0.0.1", "::1", ...google])(
    "is that of %s, to who trusts its authority",
    (host) =>
      Effect.gen(function*() {
        const { ca } = yield* EmulatorServer
        assert.isUndefined(yield* refusal(yield* portOf, host, ca))
      }).pipe(Effect.provide(layer()))
  )

  it.live.each(["example.com", "storage.googleapis.com", "google.com", "googleapis.com", "127.0.0.2", "10.0.0.1"])(
    "is not that of %s",
    (host) =>
      Effect.gen(function*() {
        const { ca } = yield* EmulatorServer
        assert.strictEqual(yield* refusal(yield* portOf, host, ca), "ERR_TLS_CERT_ALTNAME_INVALID")
      }).pipe(Effect.provide(layer()))
  )

  it.live("is worth nothing to who trusts another emulator's authority", () =>
    Effect.gen(function*() {
      const { ca } = yield* Certificate.make
      assert.strictEqual(yield* refusal(yield* portOf, "localhost", ca), "UNABLE_TO_VERIFY_LEAF_SIGNATURE")
    }).pipe(Effect.provide(layer())))

  it.live.each([
    { host: "example.com" },
    { host: "www.google.com" },
    { host: "googleapis.com" },
    { host: "firebaseio.com" },
    { host: "10.0.0.1", address: Uint8Array.of(10, 0, 0, 1) }
  ])(
    "of another name, $host, is refused though its authority signed it",
    ({ address, host }) =>
      Effect.gen(function*() {
        const { issue } = yield* Certificate.authority(Certificate.names)
        const names = address === undefined ? { hosts: [host], addresses: [] } : { hosts: [], addresses: [address] }
        const certificate = yield* issue(names)
        const port = yield* serve(certificate)
        assert.strictEqual(yield* refusal(port, host, certificate.ca), "permitted subtree violation")
        // it is the constraint that binds: an authority that may name it is believed
        const other = yield* Effect.flatMap(
          Certificate.authority({ hosts: [host], addresses: [] }),
          ({ issue }) => issue({ hosts: [host], addresses: [] })
        )
        if (address === undefined) assert.isUndefined(yield* refusal(yield* serve(other), host, other.ca))
      }).pipe(Effect.scoped)
  )

  it.live("signs nothing: it is no authority", () =>
    Effect.gen(function*() {
      const { ca, cert } = yield* Certificate.make
      assert.isTrue(new X509Certificate(ca).ca)
      assert.isFalse(new X509Certificate(cert).ca)
    }))

  it.live.each([2048, 2049, 2050, 2090])(
    "is made in the year %d, too, for who has set the clock",
    (year) =>
      Effect.gen(function*() {
        const now = Date.UTC(year, 11, 15)
        const { issue } = yield* Certificate.authority(Certificate.names, now)
        const { ca, cert } = yield* issue(Certificate.names)
        for (const { validFrom, validTo } of [new X509Certificate(ca), new X509Certificate(cert)]) {
          assert.strictEqual(Date.parse(validFrom), now - 86_400_000)
          assert.strictEqual(Date.parse(validTo), now + 396 * 86_400_000)
        }
      })
  )

  it.live("shows its key to nobody who prints it", () =>
    Effect.gen(function*() {
      const certificate = yield* Certificate.make
      assert.notInclude(JSON.stringify(certificate), "PRIVATE KEY")
    }))
})

// -----------------------------------------------------------------------------
// In a directory
// -----------------------------------------------------------------------------

/** An empty directory. */
const scratch = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(join(Os.tmpdir(), "certificates-"))),
  (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true }))
)

/** Starts an emulator that keeps its certificate there, has a client trust the file, and ends it. */
const start = (stateDirectory: string) =>
  Effect.gen(function*() {
    const { ca, caFile = "" } = yield* EmulatorServer
    assert.strictEqual(Fs.readFileSync(caFile, "utf8"), ca)
    assert.isUndefined(yield* refusal(yield* portOf, "localhost", ca))
    return { ca, caFile, serverFile: join(dirname(caFile), "server.pem") }
  }).pipe(Effect.provide(layer({ stateDirectory })))

const modeOf = (path: string) => Fs.statSync(path).mode & 0o777

/** A certificate as it was made some days ago. */
const madeAgo = (days: number) =>
  Effect.flatMap(
    Certificate.authority(Certificate.names, Date.now() - days * 86_400_000),
    ({ issue }) => issue(Certificate.names)
  )

describe("a directory of certificates", () => {
  it.live("is made, and nobody else's to read", () =>
    Effect.gen(function*() {
      const directory = join(yield* scratch, "a", "b")
      const { caFile, serverFile } = yield* start(directory)
      assert.strictEqual(caFile, join(directory, "certificates", "ca.pem"))
      assert.deepStrictEqual(Fs.readdirSync(directory), ["certificates"])
      assert.deepStrictEqual(Fs.readdirSync(dirname(caFile)).toSorted(), ["ca.pem", "server.pem"])
      if (process.platform !== "win32") {
        assert.deepStrictEqual([directory, dirname(caFile), caFile, serverFile].map(modeOf), [
          0o700,
          0o700,
          0o600,
          0o600
        ])
      }
      // of the two keys that there were, the authority's is nowhere
      const files = Fs.readFileSync(caFile, "utf8") + Fs.readFileSync(serverFile, "utf8")
      assert.lengthOf(files.match(/BEGIN PRIVATE KEY/g) ?? [], 1)
      assert.notInclude(Fs.readFileSync(caFile, "utf8"), "PRIVATE KEY")
    }).pipe(Effect.scoped))

  it.live("gives the same one to the next start", () =>
    Effect.gen(function*() {
      const directory = yield* scratch
      const first = yield* start(directory)
      const key = Fs.readFileSync(first.serverFile, "utf8")
      assert.deepStrictEqual(yield* start(directory), first)
      assert.strictEqual(Fs.readFileSync(first.serverFile, "utf8"), key)
    }).pipe(Effect.scoped))

  it.live("gives the same one to starts at once", () =>
    Effect.gen(function*() {
      for (let round = 0; round < 5; round++) {
        const directory = yield* scratch
        const all = yield* Effect.all(Array.from({ length: 8 }, () => start(directory)), { concurrency: "unbounded" })
        assert.strictEqual(new Set(all.map(({ ca }) => ca)).size, 1)
        assert.deepStrictEqual(Fs.readdirSync(directory), ["certificates"])
      }
    }).pipe(Effect.scoped), 20_000)

  it.live.each([
    { name: "an authority that is no PEM", damage: { "ca.pem": "nothing" } },
    { name: "a certificate that is no PEM", damage: { "server.pem": "-----BEGIN CERTIFICATE-----\n" } },
    { name: "an empty file", damage: { "server.pem": "" } },
    { name: "a missing authority", damage: { "ca.pem": undefined } },
    { name: "a missing certificate", damage: { "server.pem": undefined } }
  ])("makes another for $name", ({ damage }) =>
    Effect.gen(function*() {
      const directory = yield* scratch
      const first = yield* start(directory)
      for (const [name, text] of Object.entries(damage)) {
        const path = join(dirname(first.caFile), name)
        if (text === undefined) Fs.rmSync(path)
        else Fs.writeFileSync(path, text)
      }
      const second = yield* start(directory)
      assert.notStrictEqual(second.ca, first.ca)
      assert.deepStrictEqual(Fs.readdirSync(directory), ["certificates"])
      assert.deepStrictEqual(yield* start(directory), second)
    }).pipe(Effect.scoped))

  it.live("makes another where halves of two do not fit", () =>
    Effect.gen(function*() {
      const directory = yield* scratch
      const { ca, caFile, serverFile } = yield* start(directory)
      const other = yield* Certificate.make
      Fs.writeFileSync(caFile, other.ca)
      const second = yield* start(directory)
      assert.notInclude([ca, other.ca], second.ca)
      // nor does the key of another
      const [certificate = ""] = Fs.readFileSync(serverFile, "utf8").split("-----BEGIN PRIVATE")
      Fs.writeFileSync(serverFile, certificate + Redacted.value(other.key))
      assert.notStrictEqual((yield* start(directory)).ca, second.ca)
    }).pipe(Effect.scoped))

  it.live.each([
    { name: "keeps one that lasts 31 days", days: 396 - 31, kept: true },
    { name: "renews one that lasts 29 days", days: 396 - 29, kept: false },
    { name: "renews one that is over", days: 500, kept: false }
  ])("$name", ({ days, kept }) =>
    Effect.gen(function*() {
      const directory = yield* scratch
      const { caFile, serverFile } = yield* start(directory)
      const old = yield* madeAgo(days)
      Fs.writeFileSync(caFile, old.ca)
      Fs.writeFileSync(serverFile, old.cert + Redacted.value(old.key))
      assert.strictEqual((yield* start(directory)).ca === old.ca, kept)
    }).pipe(Effect.scoped))

  it.live("renews one for other hosts", () =>
    Effect.gen(function*() {
      const directory = yield* scratch
      const { caFile, serverFile } = yield* start(directory)
      const names = { ...Certificate.names, hosts: ["localhost", "fcm.googleapis.com"] }
      const old = yield* Effect.flatMap(Certificate.authority(names), ({ issue }) => issue(names))
      Fs.writeFileSync(caFile, old.ca)
      Fs.writeFileSync(serverFile, old.cert + Redacted.value(old.key))
      assert.notStrictEqual((yield* start(directory)).ca, old.ca)
    }).pipe(Effect.scoped))

  it.live.skipIf(process.platform === "win32")("renews one whose key others could read", () =>
    Effect.gen(function*() {
      const directory = yield* scratch
      const { ca, serverFile } = yield* start(directory)
      Fs.chmodSync(serverFile, 0o644)
      assert.notStrictEqual((yield* start(directory)).ca, ca)
      assert.strictEqual(modeOf(serverFile), 0o600)
    }).pipe(Effect.scoped))

  it.live.skipIf(process.platform === "win32")(
    "renews one in a folder where others could put theirs",
    () =>
      Effect.gen(function*() {
        const directory = yield* scratch
        const { ca, caFile } = yield* start(directory)
        Fs.chmodSync(dirname(caFile), 0o777)
        assert.notStrictEqual((yield* start(directory)).ca, ca)
        assert.strictEqual(modeOf(dirname(caFile)), 0o700)
      }).pipe(Effect.scoped)
  )

  it.live("removes nothing that is not its own", () =>
    Effect.gen(function*() {
      const directory = yield* scratch
      Fs.mkdirSync(join(directory, "certificates"))
      Fs.writeFileSync(join(directory, "certificates", "mine.pem"), "mine")
      Fs.writeFileSync(join(directory, "other"), "other")
      yield* start(directory)
      const aside = Fs.readdirSync(directory).find((name) => name.startsWith("certificates-")) ?? ""
      assert.strictEqual(Fs.readFileSync(join(directory, aside, "mine.pem"), "utf8"), "mine")
      assert.strictEqual(Fs.readFileSync(join(directory, "other"), "utf8"), "other")
    }).pipe(Effect.scoped))

  it.live("that cannot be is an error that says which", () =>
    Effect.gen(function*() {
      const file = join(yield* scratch, "file")
      Fs.writeFileSync(file, "")
      const error = yield* Effect.flip(start(file))
      assert.strictEqual(error._tag, "CertificateNotKept")
      assert.include(error.message, file)
    }).pipe(Effect.scoped))

  it.live("is not there unless it is asked for", () =>
    Effect.gen(function*() {
      const { caFile } = yield* EmulatorServer
      assert.isUndefined(caFile)
    }).pipe(Effect.provide(layer())))
})

describe("the user's state directory", () => {
  const at = (platform: NodeJS.Platform, env: { readonly [name: string]: string }) =>
    Effect.map(Path.Path, (path) => StateDirectory.find(path, { platform, env, home: "/home/ada" }))

  it.effect("is where each system has it", () =>
    Effect.gen(function*() {
      const name = "cloud-messaging-emulator"
      assert.strictEqual(yield* at("linux", {}), Posix.join("/home/ada/.local/state", name))
      assert.strictEqual(yield* at("linux", { XDG_STATE_HOME: "/state" }), Posix.join("/state", name))
      assert.strictEqual(yield* at("linux", { XDG_STATE_HOME: "state" }), Posix.join("/home/ada/.local/state", name))
      assert.strictEqual(yield* at("darwin", {}), Posix.join("/home/ada/Library/Application Support", name))
      assert.strictEqual(yield* at("win32", { LOCALAPPDATA: "/local" }), Posix.join("/local", name))
      assert.strictEqual(yield* at("win32", {}), Posix.join("/home/ada/AppData/Local", name))
    }).pipe(Effect.provide(Path.layer)))
})
