/**
 * Access tokens from Google's application default credentials.
 *
 * @since 1.0.0
 */
import * as AccessToken from "@cloud-messaging/client/AccessToken"
import * as FcmV1 from "@cloud-messaging/protocol/FcmV1"
import * as OAuth from "@cloud-messaging/protocol/OAuth"
import * as RpcStatus from "@cloud-messaging/protocol/RpcStatus"
import * as Clock from "effect/Clock"
import * as Config from "effect/Config"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import {
  type AuthClient,
  BaseExternalAccountClient,
  gaxios,
  GdchClient,
  GoogleAuth,
  Impersonated,
  JWT
} from "google-auth-library"
import { type Answer, ask, type Fate, makeFetch, quiet } from "./internal/authFetch.ts"

/**
 * Access tokens from application default credentials, as Google's own libraries find them.
 *
 * **Details**
 *
 * The first of these that there is:
 *
 * - the file that `GOOGLE_APPLICATION_CREDENTIALS` names: a key of a service account, workload identity federation,
 *   impersonation;
 * - the file that `gcloud auth application-default login` leaves;
 * - the metadata server of Google's machines (Compute Engine, GKE, Cloud Run, Functions).
 *
 * Files are read again whenever a token must be made, by `google-auth-library`; its requests go through the `HttpClient`.
 * Invalid or missing credentials do not fail the layer, but the first `AccessToken.get`, whose error says what to fix.
 *
 * The quota project of the tokens is `GOOGLE_CLOUD_QUOTA_PROJECT`, or `quota_project_id` of the file. If the variable is
 * not a valid project id, the layer fails with `ConfigError`.
 *
 * With `FIREBASE_MESSAGING_EMULATOR_HOST` set, the token is `owner`, and nothing is read.
 *
 * **Where credentials go**
 *
 * Whatever a file says, credentials are sent only to Google's token services, over https: `oauth2.googleapis.com/token`
 * and its older names; `sts.googleapis.com` and `iamcredentials.googleapis.com`, with their regional hosts
 * (`sts.REGION.rep.googleapis.com`, `REGION-sts.googleapis.com`), those for mTLS (`sts.mtls.googleapis.com`) and those of
 * Private Service Connect (`sts-NAME.p.googleapis.com`). A file that names another place fails with `InvalidKey`, and so
 * does a universe other than `googleapis.com`. Redirects are not followed, unless your client follows them itself
 * (`HttpClient.followRedirects`): provide a client that does not.
 *
 * A file may read its subject token from any URL, or from any file of this machine. The subject token is sent only to
 * Google's Security Token Service. The session token of AWS's metadata service is sent only back to that service.
 *
 * **Gotchas**
 *
 * It takes no credentials as a value: `ServiceAccount` of `@cloud-messaging/client` does. Workload identity federation by
 * an X.509 certificate is not supported, since its connections carry that certificate.
 *
 * @category layers
 * @since 1.0.0
 */
export const layer: Layer.Layer<AccessToken.AccessToken, Config.ConfigError, HttpClient.HttpClient> = AccessToken
  .orEmulator(Layer.unwrap(
    Effect.gen(function*() {
      const path = yield* optional(Config.String("GOOGLE_APPLICATION_CREDENTIALS"))
      const quotaProject = yield* optional(Config.schema(ProjectId, "GOOGLE_CLOUD_QUOTA_PROJECT"))
      const client = yield* quiet
      return AccessToken.layer(
        Effect.map(
          token(client, path),
          (fetched) => quotaProject === undefined ? fetched : { ...fetched, quotaProject }
        )
      )
    })
  ))

// -----------------------------------------------------------------------------
// internal
// -----------------------------------------------------------------------------

/** An empty variable counts as not set. */
const optional = (config: Config.Config<string>) =>
  Effect.map(Config.option(config), (text) => Option.getOrUndefined(text) || undefined)

/** It goes into a header. */
const ProjectId = Schema.String.check(Schema.makeFilter<string>(
  (text) => /^[a-z0-9:.-]*$/i.test(text),
  { expected: "the id of a project" }
))

const isProjectId = Schema.is(ProjectId)

type Token = Effect.Effect<AccessToken.Fetched, AccessToken.AccessTokenError>

const token = (client: HttpClient.HttpClient, path: string | undefined): Token => {
  const metadata = fromMetadata(client)
  return Effect.flatMap(
    Effect.scoped(fromFile(client, path)),
    Option.match({ onNone: () => metadata, onSome: Effect.succeed })
  )
}

// -----------------------------------------------------------------------------
// Files
// -----------------------------------------------------------------------------

/** `google-auth-library`, with another way to the network. */
class Auth extends GoogleAuth {
  readonly #fetch: typeof fetch

  constructor(through: typeof fetch) {
    super({ scopes: FcmV1.scope })
    this.#fetch = through
  }

  override fromJSON(...args: Parameters<GoogleAuth["fromJSON"]>): ReturnType<GoogleAuth["fromJSON"]> {
    const client = super.fromJSON(...args)
    // however the file spells it
    if (sourceOf(client) === "certificate") throw new Unsupported(byCertificate)
    if (client instanceof GdchClient) throw new Unsupported("of Google Distributed Cloud, which does not have FCM")
    this.#redirect(client)
    return client
  }

  #redirect(client: unknown): void {
    // the exchange of federated tokens has a transporter of its own
    if (Predicate.hasProperty(client, "stsCredential")) this.#redirect(client.stsCredential)
    if (!Predicate.hasProperty(client, "transporter") || !(client.transporter instanceof gaxios.Gaxios)) return
    client.transporter.interceptors.request.add({
      // who asks for the token retries
      resolved: (config) =>
        Promise.resolve(Object.assign(config, {
          fetchImplementation: this.#fetch,
          retry: false,
          retryConfig: undefined
        }))
    })
  }

  /** What a file says, or gcloud's file if there is one. */
  find(path: string | undefined): Promise<AuthClient | null> {
    return path === undefined
      ? this._tryGetApplicationCredentialsFromWellKnownFile()
      : this._getApplicationCredentialsFromFilePath(path)
  }
}

class Unsupported extends Error {}

const byCertificate = "for workload identity federation by an X.509 certificate, which is not supported"

/** The source of a federated client's subject token. */
const sourceOf = (client: unknown): unknown =>
  Predicate.hasProperty(client, "credentialSourceType") ? client.credentialSourceType : undefined

class LibraryError extends Data.TaggedError("LibraryError")<{ readonly cause: unknown }> {}

const library = <A>(run: () => Promise<A>) =>
  Effect.tryPromise({ try: run, catch: (cause) => new LibraryError({ cause }) })

const fromFile = Effect.fnUntraced(function*(
  client: HttpClient.HttpClient,
  path: string | undefined
): Effect.fn.Return<Option.Option<AccessToken.Fetched>, AccessToken.AccessTokenError, Scope.Scope> {
  const { fetch, fate } = yield* makeFetch(client)
  const auth = new Auth(fetch)
  const found = yield* library(() => auth.find(path)).pipe(Effect.mapError(({ cause }) => unreadable(path, cause)))
  if (found === null) return Option.none()
  if (found.universeDomain !== universe) return yield* invalidKey(`the credentials are not of ${universe}`)
  const quotaProject = found.quotaProjectId || undefined
  if (quotaProject !== undefined && !isProjectId(quotaProject)) {
    return yield* invalidKey("quota_project_id of the credentials is not the id of a project")
  }
  const { token } = yield* library(() => found.getAccessToken()).pipe(
    Effect.mapError(({ cause }) => failed(found, fate(), cause))
  )
  const last = fate()
  if (typeof token !== "string" || last?._tag !== "Answered") return yield* failed(found, last, undefined)
  return Option.some({
    token: Redacted.make(token),
    expiresIn: yield* lifetime(last.answer),
    quotaProject,
    account: accountOf(found)
  })
})

const universe = "googleapis.com"

/** An account that is shown in errors. */
const isEmail = (text: string | null | undefined): text is string => /^[^\s@]{1,64}@[^\s@]{1,255}$/.test(text ?? "")

const accountOf = (found: AuthClient): string | undefined => {
  const account = found instanceof JWT
    ? found.email
    : found instanceof Impersonated
    ? found.getTargetPrincipal()
    : found instanceof BaseExternalAccountClient
    ? found.getServiceAccountEmail()
    : undefined
  return isEmail(account) ? account : undefined
}

const decodeExpiry = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Union([
  Schema.Struct({ expires_in: Schema.Finite }),
  Schema.Struct({ expireTime: Schema.String })
])))

/**
 * Seconds. A point in time is compared with the clock of the server that sends it, as the clock of this machine may be
 * wrong.
 */
const lifetime = Effect.fnUntraced(function*({ headers, text }: Answer) {
  const expiry = Option.getOrElse(decodeExpiry(text), () => ({ expires_in: 0 }))
  if ("expires_in" in expiry) return expiry.expires_in
  const date = Date.parse(headers["date"] ?? "")
  const now = Number.isNaN(date) ? yield* Clock.currentTimeMillis : date
  return (Date.parse(expiry.expireTime) - now) / 1000
})

// -----------------------------------------------------------------------------
// What is wrong with files
// -----------------------------------------------------------------------------

const whyOf: { readonly [code: string]: string } = {
  ENOENT: "not found",
  ENOTDIR: "not found",
  ENAMETOOLONG: "not found",
  EACCES: "permission denied"
}

const unreadable = (path: string | undefined, cause: unknown): AccessToken.AccessTokenError => {
  const file = path === undefined ? "the credentials file of gcloud" : "the file of GOOGLE_APPLICATION_CREDENTIALS"
  if (cause instanceof Unsupported) return invalidKey(`${file} is ${cause.message}`)
  if (cause instanceof SyntaxError) return invalidKey(`${file} is not JSON`)
  const code = Predicate.hasProperty(cause, "code") ? String(cause.code) : undefined
  const text = cause instanceof Error ? cause.message : ""
  if (code !== undefined || text.startsWith("The file at ")) {
    const why = whyOf[code ?? ""] ?? "not a file"
    return path === undefined
      ? noCredentials(`${file} cannot be read (${why})`)
      : AccessToken.unreadable({ file, path, why })
  }
  const [, field] = /does not contain an? (\w{1,40}) field/.exec(text) ?? []
  return invalidKey(field === undefined ? `${file} has an unknown format` : `${file} has no ${field}`)
}

// -----------------------------------------------------------------------------
// Why there is no token
// -----------------------------------------------------------------------------

/** The errors of `google-auth-library` may quote anything: they are inspected, but not passed on. */
const failed = (found: AuthClient, fate: Fate | undefined, cause: unknown): AccessToken.AccessTokenError => {
  switch (fate?._tag) {
    case "Forbidden":
      return invalidKey(
        `the credentials name ${fate.to} as the token endpoint, which is not one of Google's token services`
      )
    case "Unanswered":
      return unreachable(fate.message)
    case "Answered":
      return refused(found, fate)
    case undefined:
      return unasked(found, cause)
  }
}

/** No request was made: the fault is on this machine. */
const unasked = (found: AuthClient, cause: unknown): AccessToken.AccessTokenError => {
  switch (sourceOf(found)) {
    case "file":
      return noCredentials(
        "the file of the subject token, which credential_source of the credentials names, cannot be read, or has no " +
          "token in it: does the platform put it there?"
      )
    case "executable":
      return noCredentials(
        cause instanceof Error && cause.message.includes(allowExecutables)
          ? "the credentials run a program that returns the subject token: " +
            `set ${allowExecutables}=1 if you trust the credentials file`
          : "the program that gives the subject token, which credential_source of the credentials names, failed"
      )
    case "aws":
      return noCredentials(
        "AWS's region or credentials are not found: set AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or " +
          "have credential_source of the credentials name AWS's metadata service"
      )
    default:
      return invalidKey(
        found instanceof JWT
          ? "private_key of the credentials is not an RSA key in PEM (BEGIN PRIVATE KEY)"
          : "the credentials cannot be used"
      )
  }
}

const allowExecutables = "GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES"

const decodeTokenError = Schema.decodeUnknownOption(Schema.fromJsonString(OAuth.TokenError))

const refused = (
  found: AuthClient,
  { answer: { status, text }, host, secrets, service }: Extract<Fate, { readonly _tag: "Answered" }>
): AccessToken.AccessTokenError => {
  if (status >= 500 || status === 429 || status === 408) return unreachable(`${host} answered ${status}`)
  if (service === undefined) return noCredentials(`${host} gave no subject token: it answered ${status}`)
  if (status < 400) return invalidResponse(`${host} answered ${status}, without an access token`)
  if (service === "iam") {
    const hint = hints.impersonate(accountOf(found) ?? "the service account")
    const said = Option.getOrUndefined(RpcStatus.decodeEnvelope(text))
    return said?.status === undefined
      ? notGoogles(host, status)
      : AccessToken.refused({ error: said.status, description: said.message, hint, secrets })
  }
  const hint = hintOf(found, service)
  const said = Option.getOrUndefined(decodeTokenError(text))
  return said === undefined
    ? notGoogles(host, status)
    : AccessToken.refused({
      error: said.error_subtype ?? said.error,
      description: said.error_description,
      hint,
      secrets
    })
}

const hintOf = (found: AuthClient, service: "oauth" | "sts"): string =>
  found instanceof JWT
    ? hints.key(accountOf(found) ?? "the account")
    : service === "sts" && found instanceof BaseExternalAccountClient
    ? hints.federation
    : hints.login

const notGoogles = (host: string, status: number) =>
  invalidResponse(`${host} answered ${status}, and the answer is not Google's: is there a proxy in between?`)

/** What to do. */
const hints = {
  key: (account: string) => `is the key of ${account} revoked, or this machine's clock wrong?`,
  federation:
    "do the audience of the credentials and the subject token fit the provider of the workload identity pool?",
  login: "log in once more: gcloud auth application-default login",
  impersonate: (account: string) =>
    `may the caller impersonate ${account}? It needs roles/iam.serviceAccountTokenCreator on it, and the project the ` +
    "IAM Service Account Credentials API"
}

// -----------------------------------------------------------------------------
// Metadata server
// -----------------------------------------------------------------------------

const metadataHost = "metadata.google.internal"

const metadataRequest = HttpClientRequest.get(
  `http://${metadataHost}/computeMetadata/v1/instance/service-accounts/default/token`,
  { headers: { "metadata-flavor": "Google" }, urlParams: { scopes: FcmV1.scope } }
)

const decodeToken = Schema.decodeUnknownEffect(Schema.fromJsonString(OAuth.TokenResponse))

/** The library's own client of it cannot be told which way to take. */
const fromMetadata = (client: HttpClient.HttpClient): Token => {
  /** Once it has returned a token, a failure does not mean that this is not a Google Cloud machine. */
  let isThere = false
  return Effect.gen(function*() {
    const { headers, status, text } = yield* ask(client, metadataRequest, Duration.seconds(5)).pipe(
      Effect.mapError(({ message }) => isThere ? unreachable(message) : noCredentials(`${nothingFound} (${message})`))
    )
    if (headers["metadata-flavor"] !== "Google") return yield* noCredentials(nothingFound)
    if (status === 404) return yield* noCredentials("this Google Cloud machine has no service account")
    if (status !== 200) return yield* unreachable(`the metadata server ${metadataHost} answered ${status}`)
    const token = yield* Effect.mapError(
      decodeToken(text),
      () => invalidResponse(`the answer of the metadata server ${metadataHost} has no access_token`)
    )
    isThere = true
    return { token: Redacted.make(token.access_token), expiresIn: token.expires_in }
  })
}

const nothingFound = "GOOGLE_APPLICATION_CREDENTIALS is not set, gcloud has no login, and no metadata " +
  "server of Google's answers here"

// -----------------------------------------------------------------------------
// Errors
// -----------------------------------------------------------------------------

const error = (reason: AccessToken.AccessTokenError["reason"]) => new AccessToken.AccessTokenError({ reason })

const noCredentials = (detail: string) => error(new AccessToken.NoCredentials({ detail }))

const invalidKey = (detail: string) => error(new AccessToken.InvalidKey({ detail }))

const invalidResponse = (detail: string) => error(new AccessToken.InvalidResponse({ detail }))

const unreachable = (detail: string) => error(new AccessToken.Unreachable({ detail }))
