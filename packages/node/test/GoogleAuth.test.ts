import { AccessToken } from "@cloud-messaging/client"
import { GoogleAuth } from "@cloud-messaging/node"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Layer, Redacted } from "effect"
import { HttpClient, type HttpClientRequest, HttpClientResponse } from "effect/http"
import { generateKeyPairSync } from "node:crypto"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { inspect } from "node:util"

const { privateKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" }
})

const serviceAccount = {
  type: "service_account",
  project_id: "p",
  client_email: "sender@p.iam.gserviceaccount.com",
  private_key: privateKey,
  private_key_id: "1"
}

const user = { type: "authorized_user", client_id: "id", client_secret: "secret", refresh_token: "secret-refresh" }

const impersonated = {
  type: "impersonated_service_account",
  source_credentials: user,
  service_account_impersonation_url:
    "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/sender@p.iam.gserviceaccount.com:generateAccessToken"
}

const federated = (subject: string, tokenUrl = "https://sts.googleapis.com/v1/token") => ({
  type: "external_account",
  audience: "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x",
  subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
  token_url: tokenUrl,
  credential_source: { file: subject }
})

/** Google, as far as tokens go. */
const google = (request: HttpClientRequest.HttpClientRequest): object => {
  if (request.url.startsWith("https://iamcredentials.")) {
    return { accessToken: "ya29.impersonated", expireTime: new Date(Date.now() + 3_600_000).toISOString() }
  }
  return { access_token: "ya29.token", expires_in: 3599, token_type: "Bearer" }
}

const json = (body: object, init: ResponseInit = {}) =>
  new Response(JSON.stringify(body), { ...init, headers: { "content-type": "application/json", ...init.headers } })

/** A directory with files of these contents, and gcloud's configuration in it; nothing else is found on the machine. */
const directory = (files: Record<string, string>) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const path = mkdtempSync(join(tmpdir(), "google-auth-"))
      for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text)
      const before = process.env["CLOUDSDK_CONFIG"]
      process.env["CLOUDSDK_CONFIG"] = path
      return { path, before }
    }),
    ({ before, path }) =>
      Effect.sync(() => {
        if (before === undefined) delete process.env["CLOUDSDK_CONFIG"]
        else process.env["CLOUDSDK_CONFIG"] = before
        rmSync(path, { recursive: true })
      })
  )

interface Setting {
  readonly files?: Record<string, string>
  /** The file that GOOGLE_APPLICATION_CREDENTIALS names. */
  readonly named?: string
  readonly env?: Record<string, string>
  readonly answer?: (request: HttpClientRequest.HttpClientRequest) => Response
}

/** Asks for a token; what came, and which requests were made. */
const ask = Effect.fnUntraced(
  function*({ answer = (request) => json(google(request)), env, files = {}, named }: Setting) {
    const { path } = yield* directory(files)
    const urls: Array<string> = []
    const client = HttpClient.make((request, url) =>
      Effect.sync(() => {
        urls.push(`${request.method} ${url.origin}${url.pathname}`)
        return HttpClientResponse.fromWeb(request, answer(request))
      })
    )
    const provider = ConfigProvider.fromEnv({
      env: { ...named === undefined ? {} : { GOOGLE_APPLICATION_CREDENTIALS: join(path, named) }, ...env }
    })
    const result = yield* Effect.flatMap(AccessToken.AccessToken, ({ get }) => get).pipe(
      Effect.provide(GoogleAuth.layer.pipe(
        Layer.provide(Layer.succeed(HttpClient.HttpClient, client)),
        Layer.provide(ConfigProvider.layer(provider))
      )),
      Effect.match({ onSuccess: Redacted.value, onFailure: (error) => error })
    )
    return { result, urls }
  },
  Effect.scoped
)

const failure = (result: unknown) => {
  assert.instanceOf(result, AccessToken.AccessTokenError)
  assert.notMatch(inspect(result, { depth: 10 }) + result.message, /secret|PRIVATE KEY/)
  return result.reason._tag
}

describe("files", () => {
  it.live("the key of a service account, through our client", () =>
    Effect.gen(function*() {
      const files = { "key.json": JSON.stringify(serviceAccount) }
      const { result, urls } = yield* ask({ files, named: "key.json" })
      assert.strictEqual(result, "ya29.token")
      assert.deepStrictEqual(urls, ["POST https://oauth2.googleapis.com/token"])
    }))

  it.live("what gcloud left", () =>
    Effect.gen(function*() {
      const files = { "application_default_credentials.json": JSON.stringify(user) }
      const { result, urls } = yield* ask({ files })
      assert.strictEqual(result, "ya29.token")
      assert.deepStrictEqual(urls, ["POST https://oauth2.googleapis.com/token"])
    }))

  it.live("impersonation, both its requests through our client", () =>
    Effect.gen(function*() {
      const files = { "key.json": JSON.stringify(impersonated) }
      const { result, urls } = yield* ask({ files, named: "key.json" })
      assert.strictEqual(result, "ya29.impersonated")
      assert.deepStrictEqual(urls, [
        "POST https://oauth2.googleapis.com/token",
        "POST https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/sender@p.iam.gserviceaccount.com:generateAccessToken"
      ])
    }))

  it.live("workload identity federation", () =>
    Effect.gen(function*() {
      const { path } = yield* directory({ subject: "subject-token" })
      const files = { "key.json": JSON.stringify(federated(join(path, "subject"))) }
      const { result, urls } = yield* ask({ files, named: "key.json" })
      assert.strictEqual(result, "ya29.token")
      assert.deepStrictEqual(urls, ["POST https://sts.googleapis.com/v1/token"])
    }).pipe(Effect.scoped))

  it.live("a file that would send credentials elsewhere sends nothing", () =>
    Effect.gen(function*() {
      const { path } = yield* directory({ subject: "subject-token" })
      const elsewhere = [
        "https://sts.evil.example/token",
        "https://evilgoogleapis.com/token",
        "http://sts.googleapis.com/"
      ]
      for (const url of elsewhere) {
        const files = { "key.json": JSON.stringify(federated(join(path, "subject"), url)) }
        const { result, urls } = yield* ask({ files, named: "key.json" })
        assert.strictEqual(failure(result), "InvalidKey")
        assert.deepStrictEqual(urls, [])
      }
    }).pipe(Effect.scoped))

  it.live("another universe", () =>
    Effect.gen(function*() {
      const files = { "key.json": JSON.stringify({ ...serviceAccount, universe_domain: "example.com" }) }
      const { result, urls } = yield* ask({ files, named: "key.json" })
      assert.strictEqual(failure(result), "InvalidKey")
      assert.deepStrictEqual(urls, [])
    }))

  it.live("a file that is missing, or not understood", () =>
    Effect.gen(function*() {
      const files = {
        "text.json": "secret",
        "type.json": "{}",
        "certificate.json": JSON.stringify({
          ...federated(""),
          credential_source: { certificate: { use_default_certificate_config: true } }
        }),
        "key.json": JSON.stringify({ ...serviceAccount, private_key: "secret" })
      }
      assert.strictEqual(failure((yield* ask({ files, named: "none.json" })).result), "NoCredentials")
      for (const named of Object.keys(files)) {
        const { result, urls } = yield* ask({ files, named })
        assert.strictEqual(failure(result), "InvalidKey", named)
        assert.deepStrictEqual(urls, [])
      }
    }))

  it.live("refusals and troubles of the endpoint, asked once", () =>
    Effect.gen(function*() {
      const files = { "key.json": JSON.stringify(serviceAccount) }
      for (const [status, tag] of [[400, "InvalidGrant"], [503, "Unreachable"], [429, "Unreachable"]] as const) {
        const answer = () => json({ error: "invalid_grant", error_description: "secret" }, { status })
        const { result, urls } = yield* ask({ files, named: "key.json", answer })
        assert.strictEqual(failure(result), tag)
        assert.strictEqual(urls.length, 1)
      }
      const answer = () => json({ id_token: "none" })
      assert.strictEqual(failure((yield* ask({ files, named: "key.json", answer })).result), "InvalidResponse")
    }))
})

describe("the metadata server", () => {
  const metadata = "GET http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token"
  const flavor = { "metadata-flavor": "Google" }

  it.live("is asked where there is no file, once", () =>
    Effect.gen(function*() {
      const seen: Array<HttpClientRequest.HttpClientRequest> = []
      const { result, urls } = yield* ask({
        answer: (request) => {
          seen.push(request)
          return json(google(request), { headers: flavor })
        }
      })
      assert.strictEqual(result, "ya29.token")
      assert.deepStrictEqual(urls, [metadata])
      assert.strictEqual(seen[0]?.headers["metadata-flavor"], "Google")
    }))

  it.live("what is not Google's, or has no account, or is in trouble", () =>
    Effect.gen(function*() {
      const answers = [
        [json(google), "NoCredentials"],
        [json({}, { status: 404, headers: flavor }), "NoCredentials"],
        [json({}, { status: 503, headers: flavor }), "Unreachable"],
        [json({}, { headers: flavor }), "InvalidResponse"]
      ] as const
      for (const [answer, tag] of answers) {
        const { result, urls } = yield* ask({ answer: () => answer })
        assert.strictEqual(failure(result), tag)
        assert.deepStrictEqual(urls, [metadata])
      }
    }))
})

it.live("with the emulator the token is owner, and nothing is read or asked", () =>
  Effect.gen(function*() {
    const env = { FIREBASE_MESSAGING_EMULATOR_HOST: "localhost:9099" }
    const { result, urls } = yield* ask({ named: "none.json", env })
    assert.strictEqual(result, "owner")
    assert.deepStrictEqual(urls, [])
  }))
