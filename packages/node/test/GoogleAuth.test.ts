import { AccessToken } from "@cloud-messaging/client"
import { GoogleAuth } from "@cloud-messaging/node"
import { assert, describe, it } from "@effect/vitest"
import { Cause, ConfigProvider, Deferred, Effect, Exit, Fiber, Layer, Redacted } from "effect"
import { FetchHttpClient, HttpClient, HttpClientError, type HttpClientRequest, HttpClientResponse } from "effect/http"
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

const account = "sender@p.iam.gserviceaccount.com"

const impersonated = {
  type: "impersonated_service_account",
  source_credentials: user,
  service_account_impersonation_url:
    "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/sender@p.iam.gserviceaccount.com:generateAccessToken"
}

const federated = (subject: string, tokenUrl = "https://sts.googleapis.com/v1/token") =>
  federatedBy({ file: subject }, tokenUrl)

const federatedBy = (source: object, tokenUrl = "https://sts.googleapis.com/v1/token") => ({
  type: "external_account",
  audience: "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x",
  subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
  token_url: tokenUrl,
  credential_source: source
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
  /** The application's client, instead of one that gives `answer`. */
  readonly client?: Layer.Layer<HttpClient.HttpClient>
}

/** Asks for a token; what came, and which requests were made. */
const ask = Effect.fnUntraced(
  function*({ answer = (request) => json(google(request)), client: other, env, files = {}, named }: Setting) {
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
    return yield* AccessToken.AccessToken.use((service) =>
      Effect.gen(function*() {
        const result = yield* Effect.match(service.get, { onSuccess: Redacted.value, onFailure: (error) => error })
        return { result, urls, quotaProject: service.quotaProject, account: service.account }
      })
    ).pipe(
      Effect.provide(GoogleAuth.layer.pipe(
        Layer.provide(other ?? Layer.succeed(HttpClient.HttpClient, client)),
        Layer.provide(ConfigProvider.layer(provider))
      ))
    )
  },
  Effect.scoped
)

const messageOf = (result: unknown) => {
  failure(result)
  return result instanceof Error ? result.message : ""
}

const failure = (result: unknown) => {
  assert.instanceOf(result, AccessToken.AccessTokenError)
  assert.notMatch(inspect(result, { depth: 10 }) + result.message, /secret|MII/)
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
        const answer = () => json({ error: "invalid_grant", error_description: "Bad." }, { status })
        const { result, urls } = yield* ask({ files, named: "key.json", answer })
        assert.strictEqual(failure(result), tag)
        assert.strictEqual(urls.length, 1)
      }
      const answer = () => json({ id_token: "none" })
      assert.strictEqual(failure((yield* ask({ files, named: "key.json", answer })).result), "InvalidResponse")
    }))
})

describe("law 11: credentials go to Google's token services alone", () => {
  /** What becomes of a file in whose place there is a subject token. */
  const withSubject = (file: (subject: string) => object, setting: Setting = {}) =>
    Effect.scoped(Effect.gen(function*() {
      const { path } = yield* directory({ subject: "secret-subject" })
      const files = { "key.json": JSON.stringify(file(join(path, "subject"))) }
      return yield* ask({ ...setting, files, named: "key.json" })
    }))

  const email = "sender@p.iam.gserviceaccount.com"
  const generate = `/v1/projects/-/serviceAccounts/${email}:generateAccessToken`

  it.live("at their own hosts and paths", () =>
    Effect.gen(function*() {
      const tokenUrls = [
        "https://sts.googleapis.com/v1/token",
        "https://sts.googleapis.com/v1beta/token",
        "https://sts.mtls.googleapis.com/v1/token",
        "https://sts.us-east1.rep.googleapis.com/v1/token",
        "https://us-central1-sts.googleapis.com/v1/token",
        "https://sts-my-endpoint.p.googleapis.com/v1/token"
      ]
      for (const url of tokenUrls) {
        const { result, urls } = yield* withSubject((subject) => federated(subject, url))
        assert.strictEqual(result, "ya29.token")
        assert.deepStrictEqual(urls, [`POST ${url}`])
      }
      const hosts = [
        "iamcredentials.googleapis.com",
        "iamcredentials.mtls.googleapis.com",
        "iamcredentials.europe-west1.rep.googleapis.com",
        "us-east1-iamcredentials.googleapis.com",
        "iamcredentials-my-endpoint.p.googleapis.com"
      ]
      for (const host of hosts) {
        const answer = (request: HttpClientRequest.HttpClientRequest) =>
          json(
            request.url.includes("iamcredentials")
              ? google({ ...request, url: "https://iamcredentials." })
              : google(request)
          )
        const service_account_impersonation_url = `https://${host}${generate}`
        const { result, urls } = yield* withSubject(
          (subject) => ({ ...federated(subject), service_account_impersonation_url }),
          { answer }
        )
        assert.strictEqual(result, "ya29.impersonated")
        assert.strictEqual(urls[1], `POST https://${host}${generate}`)
      }
    }))

  it.live("and not to their customers, or anybody else", () =>
    Effect.gen(function*() {
      const elsewhere = [
        "https://sts.evil.example/v1/token",
        "https://evilgoogleapis.com/v1/token",
        "http://sts.googleapis.com/v1/token",
        "https://sts.googleapis.com:8443/v1/token",
        "https://me:secret@sts.googleapis.com/v1/token",
        "https://sts.googleapis.com/v1/token?to=evil",
        "https://sts.googleapis.com/upload/storage/v1/b/evil/o",
        "https://sts.googleapis.com/v1/%2e%2e/upload",
        "https://sts.googleapis.com.evil.example/v1/token",
        // buckets that anybody may make
        "https://storage.googleapis.com/upload/storage/v1/b/evil/o?uploadType=media&name=loot",
        "https://www.googleapis.com/upload/storage/v1/b/evil/o?uploadType=media&name=loot",
        "https://oauth2.googleapis.com/upload/storage/v1/b/evil/o",
        "https://sts.storage.googleapis.com/v1/token",
        "https://evil-sts.storage.googleapis.com/v1/token",
        "https://evil-sts.googleapis.com/v1/token",
        "https://sts.evil.rep.googleapis.com/v1/token"
      ]
      for (const url of elsewhere) {
        const { result, urls } = yield* withSubject((subject) => federated(subject, url))
        assert.strictEqual(failure(result), "InvalidKey", url)
        assert.deepStrictEqual(urls, [], url)
        const service_account_impersonation_url = url
        const second = yield* withSubject((subject) => ({ ...federated(subject), service_account_impersonation_url }))
        assert.strictEqual(failure(second.result), "InvalidKey", url)
        assert.deepStrictEqual(second.urls, ["POST https://sts.googleapis.com/v1/token"], url)
      }
    }))

  it.live("whatever else a file sets of the library's options", () =>
    Effect.gen(function*() {
      const files = [
        { ...impersonated, endpoint: "https://evil.example" },
        { ...impersonated, endpoint: "https://storage.googleapis.com" }
      ]
      for (const file of files) {
        const { result, urls } = yield* ask({ files: { "key.json": JSON.stringify(file) }, named: "key.json" })
        assert.strictEqual(failure(result), "InvalidKey")
        assert.deepStrictEqual(urls, ["POST https://oauth2.googleapis.com/token"])
      }
      const authorized = {
        type: "external_account_authorized_user",
        audience: "//iam.googleapis.com/locations/global/workforcePools/p/providers/x",
        client_id: "id",
        client_secret: "secret",
        refresh_token: "secret-refresh",
        token_url: "https://evil.example/v1/oauthtoken"
      }
      const { result, urls } = yield* ask({ files: { "key.json": JSON.stringify(authorized) }, named: "key.json" })
      assert.strictEqual(failure(result), "InvalidKey")
      assert.deepStrictEqual(urls, [])
    }))

  it.live("not past our client, by a certificate, however it is spelled", () =>
    Effect.gen(function*() {
      const certificate = { use_default_certificate_config: true }
      const { credential_source: _, ...rest } = federated("")
      for (const source of [{ credential_source: { certificate } }, { credentialSource: { certificate } }]) {
        const { result, urls } = yield* withSubject(() => ({ ...rest, ...source }))
        assert.strictEqual(failure(result), "InvalidKey")
        assert.match(messageOf(result), /certificate/)
        assert.deepStrictEqual(urls, [])
      }
    }))

  it.live("a subject token comes from where the file says, and goes to Google", () =>
    Effect.gen(function*() {
      const sent: Array<HttpClientRequest.HttpClientRequest> = []
      const { result, urls } = yield* withSubject(
        () => federatedBy({ url: "http://127.0.0.1:5000/identity", headers: { Metadata: "True" } }),
        {
          answer: (request) => {
            sent.push(request)
            return request.method === "GET" ? new Response("secret-subject") : json(google(request))
          }
        }
      )
      assert.strictEqual(result, "ya29.token")
      assert.deepStrictEqual(urls, ["GET http://127.0.0.1:5000/identity", "POST https://sts.googleapis.com/v1/token"])
      assert.strictEqual(sent[0]?.headers["metadata"], "True")
      assert.isUndefined(sent[0]?.headers["authorization"])
    }))

  it.live("the session token of AWS's metadata service goes back to it alone", () =>
    Effect.gen(function*() {
      const imds = "http://169.254.169.254/latest"
      const aws = (over: object) =>
        withSubject(() =>
          federatedBy({
            environment_id: "aws1",
            region_url: `${imds}/meta-data/placement/availability-zone`,
            url: `${imds}/meta-data/iam/security-credentials`,
            imdsv2_session_token_url: `${imds}/api/token`,
            regional_cred_verification_url:
              "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15",
            ...over
          }), {
          answer: (request) =>
            request.method === "PUT"
              ? new Response("secret-session")
              : request.url.endsWith("/role")
              ? json({ AccessKeyId: "a", SecretAccessKey: "secret-key", Token: "secret-token" })
              : request.url.endsWith("availability-zone")
              ? new Response("us-east-1a")
              : request.method === "GET"
              ? new Response("role")
              : json(google(request))
        })
      const right = yield* aws({})
      assert.strictEqual(right.result, "ya29.token")
      assert.include(right.urls, "PUT http://169.254.169.254/latest/api/token")
      const wrong = [
        { region_url: "http://evil.example/availability-zone" },
        { region_url: "https://169.254.169.254.evil.example/availability-zone" },
        // what an inner server answers would go to the other
        { imdsv2_session_token_url: "http://127.0.0.1/inner" }
      ]
      for (const over of wrong) {
        const { result, urls } = yield* aws(over)
        assert.strictEqual(failure(result), "InvalidKey")
        for (const url of urls) assert.include(url, "//169.254.169.254/")
      }
    }))

  it.live("no redirect is followed", () =>
    Effect.gen(function*() {
      const asked: Array<string | undefined> = []
      const fetching: typeof fetch = (_, init) => {
        asked.push(init?.redirect)
        return Promise.resolve(new Response(null, { status: 307, headers: { location: "https://evil.example/" } }))
      }
      const client = Layer.provide(FetchHttpClient.layer, Layer.succeed(FetchHttpClient.Fetch, fetching))
      for (const file of [serviceAccount, user]) {
        const { result } = yield* ask({ files: { "key.json": JSON.stringify(file) }, named: "key.json", client })
        assert.strictEqual(failure(result), "InvalidResponse")
        assert.match(messageOf(result), /oauth2\.googleapis\.com answered 307/)
      }
      yield* ask({ client })
      assert.deepStrictEqual(asked, ["manual", "manual", "manual"])
    }))
})

it.live("law 8: reads no more than 4 MiB of any answer", () =>
  Effect.gen(function*() {
    let read = 0
    const mebibyte = new Uint8Array(1024 * 1024)
    const endless = () =>
      new Response(
        new ReadableStream({
          pull: (controller) => {
            read++
            controller.enqueue(mebibyte)
          }
        }),
        { headers: { "metadata-flavor": "Google" } }
      )
    const files = { "key.json": JSON.stringify(user) }
    for (const setting of [{ answer: endless }, { answer: endless, files, named: "key.json" }]) {
      read = 0
      const { result } = yield* ask(setting)
      assert.match(messageOf(result), /answered more than 4 MiB/)
      assert.isBelow(read, 10)
    }
  }))

describe("what to do", () => {
  const said = (file: object, answer?: Setting["answer"]) =>
    Effect.map(
      ask({
        files: { "key.json": JSON.stringify(file) },
        named: "key.json",
        ...answer === undefined ? {} : { answer }
      }),
      ({ result }) => [failure(result), messageOf(result)] as const
    )

  it.live("where a login is to be renewed", () =>
    Effect.gen(function*() {
      const [tag, message] = yield* said(
        user,
        () =>
          json({
            error: "invalid_grant",
            error_description: "reauth related error (invalid_rapt)",
            error_subtype: "invalid_rapt"
          }, { status: 400 })
      )
      assert.strictEqual(tag, "InvalidGrant")
      assert.strictEqual(
        message,
        "no access token: invalid_rapt: reauth related error (invalid_rapt) " +
          "(log in once more: gcloud auth application-default login)"
      )
      const [, revoked] = yield* said(
        impersonated,
        () => json({ error: "invalid_grant", error_description: "Token has been expired or revoked." }, { status: 400 })
      )
      assert.match(revoked, /invalid_grant: Token has been expired or revoked\. \(log in once more/)
    }))

  it.live("where impersonation is denied", () =>
    Effect.gen(function*() {
      const denied = "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist)."
      const [tag, message] = yield* said(
        impersonated,
        (request) =>
          request.url.startsWith("https://iam")
            ? json({ error: { code: 403, message: denied, status: "PERMISSION_DENIED" } }, { status: 403 })
            : json(google(request))
      )
      assert.strictEqual(tag, "InvalidGrant")
      assert.match(message, /PERMISSION_DENIED: .*may the caller impersonate sender@p\.iam\.gserviceaccount\.com\?/)
      assert.match(message, /roles\/iam\.serviceAccountTokenCreator/)
    }))

  it.live("where the key of a service account is refused, or is none", () =>
    Effect.gen(function*() {
      const [, refused] = yield* said(
        serviceAccount,
        () => json({ error: "invalid_grant", error_description: "Invalid JWT Signature." }, { status: 400 })
      )
      assert.match(refused, /Invalid JWT Signature\. \(is the key of sender@p\.iam\.gserviceaccount\.com revoked/)
      const [tag, message] = yield* said({ ...serviceAccount, private_key: "secret" })
      assert.strictEqual(tag, "InvalidKey")
      assert.match(message, /private_key .* PEM/)
    }))

  it.live("where there is no subject token", () =>
    Effect.gen(function*() {
      const cases = [
        [{ file: "/nonexistent/secret-subject" }, /file of the subject token/],
        [
          { executable: { command: "/bin/true", timeout_millis: 5000 } },
          /set GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES=1/
        ],
        [{ url: "http://127.0.0.1:5000/secret" }, /127\.0\.0\.1:5000 gave no subject token: it answered 404/],
        [{ environment_id: "aws1", regional_cred_verification_url: "https://sts.{region}.amazonaws.com" }, /AWS_REGION/]
      ] as const
      for (const [source, says] of cases) {
        const [tag, message] = yield* said(federatedBy(source), () => json({}, { status: 404 }))
        assert.strictEqual(tag, "NoCredentials")
        assert.match(message, says)
      }
    }))

  it.live("where the pool refuses the subject token", () =>
    Effect.gen(function*() {
      const { path } = yield* directory({ subject: "secret-subject" })
      const [tag, message] = yield* said(
        federated(join(path, "subject")),
        () => json({ error: "invalid_grant", error_description: "The audience does not match." }, { status: 400 })
      )
      assert.strictEqual(tag, "InvalidGrant")
      assert.match(message, /invalid_grant: The audience does not match\. \(do the audience .* fit the provider/)
    }).pipe(Effect.scoped))

  it.live("where a host cannot be reached", () =>
    Effect.gen(function*() {
      const failing = (cause: unknown) =>
        Layer.succeed(
          HttpClient.HttpClient,
          HttpClient.make((request) =>
            Effect.fail(
              new HttpClientError.HttpClientError({ reason: new HttpClientError.TransportError({ request, cause }) })
            )
          )
        )
      const files = { "key.json": JSON.stringify(user) }
      const away = yield* ask({ files, named: "key.json", client: failing({ cause: { code: "ENOTFOUND" } }) })
      assert.strictEqual(failure(away.result), "Unreachable")
      assert.strictEqual(
        messageOf(away.result),
        "no access token: oauth2.googleapis.com cannot be reached (ENOTFOUND)"
      )
      const quoting = yield* ask({ client: failing(new Error("secret")) })
      assert.strictEqual(failure(quoting.result), "NoCredentials")
      assert.match(messageOf(quoting.result), /\(metadata\.google\.internal cannot be reached\)$/)
    }))

  it.live("where a variable holds the credentials in place of their path", () =>
    Effect.gen(function*() {
      const text = JSON.stringify(serviceAccount)
      const given = {
        [text]: /no path, but the text of such a file/,
        [privateKey]: /no path, but a key/,
        [Buffer.from(text).toString("base64")]: /no path, but the text of such a file/,
        "/nonexistent/key.json": /GOOGLE_APPLICATION_CREDENTIALS \/nonexistent\/key\.json cannot be read \(not found\)/
      }
      for (const [path, says] of Object.entries(given)) {
        const { result } = yield* ask({ env: { GOOGLE_APPLICATION_CREDENTIALS: path } })
        assert.strictEqual(failure(result), "NoCredentials")
        assert.match(messageOf(result), says)
      }
    }))
})

it.live("law 9: what a service quotes of what was sent is not shown", () =>
  Effect.gen(function*() {
    const { path } = yield* directory({ subject: "secret-subject-0123456789" })
    const files = [serviceAccount, user, impersonated, federated(join(path, "subject")), {
      ...federated(join(path, "subject")),
      client_id: "id",
      client_secret: "client-secret"
    }]
    for (const file of files) {
      for (const quote of [(text: string) => text, (text: string) => text.slice(-20), decodeURIComponent]) {
        const { result } = yield* ask({
          files: { "key.json": JSON.stringify(file) },
          named: "key.json",
          answer: (request) => {
            const text = request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : ""
            const { authorization = "" } = request.headers
            const basic = Buffer.from(authorization.replace("Basic ", ""), "base64").toString()
            const error_description = `${quote(text)} ${authorization} ${basic}`
            return json({ error: "invalid_grant", error_description }, { status: 400 })
          }
        })
        assert.strictEqual(failure(result), "InvalidGrant")
        assert.notMatch(messageOf(result), /eyJ|ya29|refresh_token=s/)
      }
    }
  }).pipe(Effect.scoped))

it.live("an interrupted request for a token is ended", () =>
  Effect.gen(function*() {
    let ended = 0
    const asked = yield* Deferred.make<void>()
    const client = Layer.succeed(
      HttpClient.HttpClient,
      HttpClient.make(() =>
        Deferred.succeed(asked, undefined).pipe(
          Effect.andThen(Effect.never),
          Effect.onInterrupt(() => Effect.sync(() => ended++))
        )
      )
    )
    const fiber = yield* Effect.forkChild(
      ask({ files: { "key.json": JSON.stringify(user) }, named: "key.json", client })
    )
    yield* Deferred.await(asked)
    yield* Fiber.interrupt(fiber)
    assert.strictEqual(ended, 1)
  }))

describe("the quota project and the account", () => {
  it.live("are those of the file", () =>
    Effect.gen(function*() {
      const { path } = yield* directory({ subject: "secret-subject" })
      const url = impersonated.service_account_impersonation_url
      const cases = [
        [serviceAccount, undefined, account],
        [{ ...user, quota_project_id: "billing" }, "billing", undefined],
        [{ ...impersonated, quota_project_id: "billing" }, "billing", account],
        [{ ...federated(join(path, "subject")), quota_project_id: "billing" }, "billing", undefined],
        [{ ...federated(join(path, "subject")), service_account_impersonation_url: url }, undefined, account]
      ] as const
      for (const [file, quotaProject, expected] of cases) {
        const told = yield* ask({ files: { "key.json": JSON.stringify(file) }, named: "key.json" })
        assert.deepStrictEqual([told.quotaProject, told.account], [quotaProject, expected])
      }
    }).pipe(Effect.scoped))

  it.live("GOOGLE_CLOUD_QUOTA_PROJECT wins, on Google's machines, too", () =>
    Effect.gen(function*() {
      const files = { "key.json": JSON.stringify({ ...user, quota_project_id: "billing" }) }
      const env = { GOOGLE_CLOUD_QUOTA_PROJECT: "other" }
      assert.strictEqual((yield* ask({ files, named: "key.json", env })).quotaProject, "other")
      assert.strictEqual(
        (yield* ask({
          env,
          answer: () =>
            json({ access_token: "ya29.token", expires_in: 3599, token_type: "Bearer" }, {
              headers: { "metadata-flavor": "Google" }
            })
        })).quotaProject,
        "other"
      )
      const none = { GOOGLE_CLOUD_QUOTA_PROJECT: "" }
      assert.strictEqual((yield* ask({ files, named: "key.json", env: none })).quotaProject, "billing")
    }))

  it.live("fit into a header", () =>
    Effect.gen(function*() {
      for (const quota_project_id of ["a\r\nb: c", "a b", 5]) {
        const files = { "key.json": JSON.stringify({ ...user, quota_project_id }) }
        const { result, urls } = yield* ask({ files, named: "key.json" })
        assert.strictEqual(failure(result), "InvalidKey")
        assert.deepStrictEqual(urls, [])
      }
      const exit = yield* Effect.exit(ask({ env: { GOOGLE_CLOUD_QUOTA_PROJECT: "a\nb" } }))
      assert.match(Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "", /ConfigError[^]*GOOGLE_CLOUD_QUOTA_PROJECT/)
    }))
})

it.live("the lifetime of an impersonated token is read by the clock of its server", () =>
  Effect.gen(function*() {
    // this machine's clock is years behind, so that by it the token would be new for years
    const date = "Fri, 01 Jan 2100 00:00:00 GMT"
    let asked = 0
    const client = Layer.succeed(
      HttpClient.HttpClient,
      HttpClient.make((request) =>
        Effect.sync(() => {
          asked++
          const body = request.url.startsWith("https://iam")
            ? { accessToken: "ya29.impersonated", expireTime: "2100-01-01T00:00:00Z" }
            : google(request)
          return HttpClientResponse.fromWeb(request, json(body, { headers: { date } }))
        })
      )
    )
    const { path } = yield* directory({ "key.json": JSON.stringify(impersonated) })
    const env = { GOOGLE_APPLICATION_CREDENTIALS: join(path, "key.json") }
    yield* AccessToken.AccessToken.use(({ get }) => Effect.andThen(get, get)).pipe(
      Effect.provide(GoogleAuth.layer.pipe(
        Layer.provide(client),
        Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env })))
      ))
    )
    // it was out of date at once
    assert.strictEqual(asked, 4)
  }).pipe(Effect.scoped))

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

  it.live("that is out of reach for a while is worth a retry, once it gave a token", () =>
    Effect.gen(function*() {
      yield* directory({})
      let isAway = false
      const client = HttpClient.make((request) =>
        isAway
          ? Effect.fail(
            new HttpClientError.HttpClientError({ reason: new HttpClientError.TransportError({ request }) })
          )
          : Effect.succeed(
            HttpClientResponse.fromWeb(request, json(google(request), { headers: flavor }))
          )
      )
      const { get, invalidate } = yield* Effect.provide(
        AccessToken.AccessToken,
        GoogleAuth.layer.pipe(
          Layer.provide(Layer.succeed(HttpClient.HttpClient, client)),
          Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env: {} })))
        )
      )
      yield* invalidate(yield* get)
      isAway = true
      assert.strictEqual((yield* Effect.flip(get)).reason._tag, "Unreachable")
    }).pipe(Effect.scoped))
})

it.live("with the emulator the token is owner, and nothing is read or asked", () =>
  Effect.gen(function*() {
    const env = { FIREBASE_MESSAGING_EMULATOR_HOST: "localhost:9099" }
    const { result, urls } = yield* ask({ named: "none.json", env })
    assert.strictEqual(result, "owner")
    assert.deepStrictEqual(urls, [])
  }))
