/**
 * What SDKs read of their environment to find the emulator: variables, and the files that they name.
 */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import * as Redacted from "effect/Redacted"
import * as Emulator from "../Emulator.ts"
import type { EmulatorServer } from "../EmulatorServer.ts"
import { googleHosts } from "./googleHosts.ts"
import * as stateDirectory from "./stateDirectory.ts"

/** The token with which clients may control the emulator. */
export const tokenVariable = "CLOUD_MESSAGING_EMULATOR_TOKEN"

/** Where the files are that the variables name: they last as long as the scope. */
export const temporaryFolder = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* fs.makeTempDirectoryScoped({ prefix: "cloud-messaging-emulator-" })
  const real = yield* fs.realPath(folder)
  yield* stateDirectory.checkPath(real)
  return real
})

/** A folder that has the same name at the next start, so that what was written down of it holds. */
export const folderOf = Effect.fnUntraced(function*(directory: string, { host }: EmulatorServer["Service"]) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const running = yield* stateDirectory.folder(path.join(yield* stateDirectory.open(directory), "running"))
  // no file of Windows has a colon in its name
  const place = path.join(running, host.replace(/[[\]]/g, "").replaceAll(":", "-"))
  return yield* Effect.acquireRelease(
    stateDirectory.folder(place),
    (folder) => Effect.ignore(fs.remove(folder, { recursive: true }))
  )
})

/** The variables that lead a command to an emulator, beside or instead of the user's own. */
export const make = Effect.fnUntraced(function*(
  { ca, caFile, host, url }: EmulatorServer["Service"],
  token: Redacted.Redacted | undefined,
  own: NodeJS.ProcessEnv,
  folder: string
) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const write = (name: string, text: string) => {
    const file = path.join(folder, name)
    return Effect.as(stateDirectory.writeFile(file, text), file)
  }
  const project = own["GOOGLE_CLOUD_PROJECT"] || own["GCLOUD_PROJECT"] || "default"
  const authority = caFile ?? (yield* write("ca.pem", ca))
  const ownAuthorities = own["NODE_EXTRA_CA_CERTS"] || undefined
  const ownProxyless = own["NO_PROXY"] || own["no_proxy"] || undefined
  const proxyless = ownProxyless === "*"
    ? ownProxyless
    : [...ownProxyless === undefined ? [] : [ownProxyless], new URL(url).hostname, ...googleHosts].join()
  return {
    FIREBASE_MESSAGING_EMULATOR_HOST: host,
    ...token === undefined ? {} : { [tokenVariable]: Redacted.value(token) },
    GOOGLE_APPLICATION_CREDENTIALS: yield* write("service-account.json", serviceAccount(project, `${url}/token`)),
    GOOGLE_CLOUD_PROJECT: project,
    GCLOUD_PROJECT: project,
    CLOUD_MESSAGING_EMULATOR_CA: authority,
    NODE_EXTRA_CA_CERTS: ownAuthorities === undefined
      ? authority
      // Node, too, does without a file that is not there
      : yield* write(
        "node-ca.pem",
        `${yield* Effect.orElseSucceed(fs.readFileString(ownAuthorities), () => "")}\n${ca}`
      ),
    NODE_OPTIONS: `${own["NODE_OPTIONS"] ?? ""} --import=${import.meta.resolve("@cloud-messaging/emulator/preload")}`
      .trim(),
    NO_PROXY: proxyless,
    no_proxy: proxyless
  }
})

export type Environment = Effect.Success<ReturnType<typeof make>>

/** A key file, as Google's libraries take it. */
const serviceAccount = (project: string, tokenUri: string): string => {
  const { clientEmail, privateKey, privateKeyId } = Emulator.serviceAccount
  return JSON.stringify(
    {
      type: "service_account",
      project_id: project,
      private_key_id: privateKeyId,
      private_key: Redacted.value(privateKey),
      client_email: clientEmail,
      client_id: "0",
      auth_uri: "https://accounts.google.com/o/oauth2/auth",
      token_uri: tokenUri,
      universe_domain: "googleapis.com"
    },
    undefined,
    2
  )
}
