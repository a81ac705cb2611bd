/**
 * A certificate that is kept in a directory, from one start to the next.
 *
 * Both files are in one folder, which comes to its place as a whole: no other start ever sees half of it, or halves of two.
 */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import * as Redacted from "effect/Redacted"
import { createPrivateKey, randomUUID, X509Certificate } from "node:crypto"
import * as Certificate from "./certificate.ts"
import * as stateDirectory from "./stateDirectory.ts"

/** The folder, and its files. */
const folder = "certificates"
const caFile = "ca.pem"
const serverFile = "server.pem"

export interface Kept {
  readonly certificate: Certificate.Certificate
  /** The file with the authority's certificate. */
  readonly caFile: string
}

// -----------------------------------------------------------------------------
// Reading
// -----------------------------------------------------------------------------

/** A certificate is made anew when this is left of it, in milliseconds: 30 days. */
const margin = 2_592_000_000

const dnsPrefix = "DNS:"

const hostsOf = ({ subjectAltName = "" }: X509Certificate): ReadonlyArray<string> =>
  subjectAltName.split(", ").filter((name) => name.startsWith(dnsPrefix)).map((name) => name.slice(dnsPrefix.length))

/** By the system's clock, as clients go by theirs. */
const isInTime = ({ validFrom, validTo }: X509Certificate): boolean =>
  Date.parse(validFrom) <= Date.now() && Date.now() + margin < Date.parse(validTo)

/**
 * Whether the certificate matches its key and authority, has exactly the right names and constraints, and is valid for long
 * enough. Throws if a part cannot be read.
 */
const isGood = ({ ca, cert, key }: Certificate.Certificate): boolean => {
  const root = new X509Certificate(ca)
  const server = new X509Certificate(cert)
  // a program that trusts the file trusts every authority in it
  return String(root) === ca && Certificate.isConstrained(root, Certificate.names) && server.checkIssued(root) &&
    server.verify(root.publicKey) &&
    server.checkPrivateKey(createPrivateKey(Redacted.value(key))) &&
    isInTime(root) && isInTime(server) && String(hostsOf(server)) === String(Certificate.names.hosts)
}

const isOwnFolder = (place: string) =>
  FileSystem.FileSystem.use((fs) => fs.lstat(place)).pipe(
    Effect.map((info) => stateDirectory.isOwn(info, "Directory", stateDirectory.write))
  )

/** What is kept, if it is of use. */
const read = Effect.fnUntraced(
  function*(place: string) {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    if (!(yield* isOwnFolder(place))) return Option.none()
    const readOwn = Effect.fnUntraced(function*(name: string, others: number) {
      const file = path.join(place, name)
      // reading a pipe would never end
      return stateDirectory.isOwn(yield* fs.lstat(file), "File", others) ? yield* fs.readFileString(file) : ""
    })
    const server = yield* readOwn(serverFile, stateDirectory.anything)
    const ca = yield* readOwn(caFile, stateDirectory.write)
    // of PEM each reader takes what it looks for
    const certificate: Certificate.Certificate = { cert: server, key: Redacted.make(server), ca }
    return (yield* Effect.try(() => isGood(certificate))) ? Option.some(certificate) : Option.none()
  },
  Effect.orElseSucceed(Option.none)
)

// -----------------------------------------------------------------------------
// Writing
// -----------------------------------------------------------------------------

const ownOnly = { flag: "wx", mode: 0o600 } as const

/** Fails if there is such a folder: another start was first. */
const write = Effect.fnUntraced(function*(directory: string, place: string, certificate: Certificate.Certificate) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const temporary = yield* fs.makeTempDirectory({ directory, prefix: `${folder}-` })
  const { ca, cert, key } = certificate
  yield* fs.writeFileString(path.join(temporary, caFile), ca, ownOnly).pipe(
    Effect.andThen(fs.writeFileString(path.join(temporary, serverFile), cert + Redacted.value(key), ownOnly)),
    Effect.andThen(fs.rename(temporary, place)),
    Effect.onError(() => Effect.ignore(fs.remove(temporary, { recursive: true })))
  )
})

/**
 * Removes a certificate that cannot be used. Files of others, including links, are only moved aside. A certificate that
 * another start has renewed meanwhile is put back.
 */
const setAside = Effect.fnUntraced(function*(place: string) {
  const fs = yield* FileSystem.FileSystem
  const aside = `${place}-${randomUUID()}`
  yield* fs.rename(place, aside)
  if (Option.isSome(yield* read(aside))) return yield* fs.rename(aside, place)
  if (!(yield* isOwnFolder(aside))) return
  const names = yield* fs.readDirectory(aside)
  if (names.every((name) => name === caFile || name === serverFile)) yield* fs.remove(aside, { recursive: true })
})

const attempt = Effect.fnUntraced(function*(directory: string, place: string) {
  const kept = yield* read(place)
  if (Option.isSome(kept)) return kept.value
  // a dangling link exists, too
  yield* Effect.catchReason(setAside(place), "PlatformError", "NotFound", () => Effect.void)
  const made = yield* Certificate.make
  yield* write(directory, place, made)
  return made
})

// -----------------------------------------------------------------------------
// Keeping
// -----------------------------------------------------------------------------

/** The certificate of a directory, which is made where there is none that is of use. */
export const keep = Effect.fnUntraced(function*(directory: string) {
  const path = yield* Path.Path
  const opened = yield* stateDirectory.open(directory)
  const place = path.join(opened, folder)
  // several starts at once may be in each other's way: who comes second finds what the first one made
  const certificate = yield* Effect.retry(attempt(opened, place), { times: 5 })
  const kept: Kept = { certificate, caFile: path.join(place, caFile) }
  return kept
})
