/**
 * Access tokens from Google's application default credentials.
 *
 * @since 1.0.0
 */
import * as AccessToken from "@cloud-messaging/client/AccessToken"
import * as FcmV1 from "@cloud-messaging/protocol/FcmV1"
import * as OAuth from "@cloud-messaging/protocol/OAuth"
import * as Clock from "effect/Clock"
import * as Config from "effect/Config"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { constTrue } from "effect/Function"
import * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { type AuthClient, gaxios, GoogleAuth } from "google-auth-library"
import { type Fate, makeFetch } from "./internal/authFetch.ts"

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
 * Whatever a file says, credentials are sent to `https://*.googleapis.com` alone. A universe other than `googleapis.com` is
 * an `InvalidKey`. Never fails to build for bad or absent credentials: the first `AccessToken.get` tells.
 *
 * With `FIREBASE_MESSAGING_EMULATOR_HOST` set, the token is `owner`, and nothing is read.
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
      const path = yield* Config.option(Config.String("GOOGLE_APPLICATION_CREDENTIALS"))
      const client = HttpClient.transformResponse(
        yield* HttpClient.HttpClient,
        Effect.provideService(HttpClient.TracerDisabledWhen, constTrue)
      )
      return AccessToken.layer(token(client, Option.getOrUndefined(path)))
    })
  ))

// -----------------------------------------------------------------------------
// internal
// -----------------------------------------------------------------------------

type Token = Effect.Effect<AccessToken.Fetched, AccessToken.AccessTokenError>

const token = (client: HttpClient.HttpClient, path: string | undefined): Token =>
  Effect.flatMap(fromFile(client, path), Option.match({ onNone: () => fromMetadata(client), onSome: Effect.succeed }))

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
    if (hasCertificate(args[0])) throw new Error("a client certificate belongs to connections of its own")
    const client = super.fromJSON(...args)
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
    return path === undefined || path === ""
      ? this._tryGetApplicationCredentialsFromWellKnownFile()
      : this._getApplicationCredentialsFromFilePath(path)
  }
}

const hasCertificate = Schema.is(Schema.Struct({ credential_source: Schema.Struct({ certificate: Schema.Unknown }) }))

class LibraryError extends Data.TaggedError("LibraryError")<{ readonly cause: unknown }> {}

const library = <A>(run: () => Promise<A>) =>
  Effect.tryPromise({ try: run, catch: (cause) => new LibraryError({ cause }) })

const fromFile = Effect.fnUntraced(function*(client: HttpClient.HttpClient, path: string | undefined) {
  const { fetch, fate } = makeFetch(client)
  const auth = new Auth(fetch)
  const found = yield* library(() => auth.find(path)).pipe(Effect.mapError(({ cause }) => unreadable(path, cause)))
  if (found === null) return Option.none()
  if (found.universeDomain !== universe) return yield* invalidKey(`the credentials are not of ${universe}`)
  // the library's errors may quote anything
  const { token } = yield* library(() => found.getAccessToken()).pipe(Effect.mapError(() => refused(fate())))
  if (typeof token !== "string") return yield* invalidResponse("the token endpoint gave no token")
  const now = yield* Clock.currentTimeMillis
  const expiresAt = found.credentials.expiry_date ?? now
  return Option.some({ token: Redacted.make(token), expiresIn: (expiresAt - now) / 1000 })
})

const universe = "googleapis.com"

const isMissing = Schema.is(Schema.Struct({ code: Schema.Literals(["ENOENT", "EACCES", "ENOTDIR"]) }))

const unreadable = (path: string | undefined, cause: unknown) =>
  isMissing(cause)
    ? noCredentials(`the credentials file ${path ?? "of gcloud"} cannot be read`)
    : invalidKey(`the credentials file ${path ?? "of gcloud"} is not understood`)

const refused = (fate: Fate | undefined) => {
  switch (fate?._tag) {
    case "Forbidden":
      return invalidKey("the credentials would be sent elsewhere than to https://*.googleapis.com")
    case "Answered":
      if (fate.status < 400) return invalidResponse("the token endpoint's answer has no access_token")
      return fate.status >= 500 || fate.status === 429
        ? unreachable(`the token endpoint answered ${fate.status}`)
        : invalidGrant(`the token endpoint answered ${fate.status}`)
    case "Unreachable":
      return unreachable("the token endpoint cannot be reached")
    case undefined:
      return invalidKey("the credentials cannot be used")
  }
}

// -----------------------------------------------------------------------------
// Metadata server
// -----------------------------------------------------------------------------

const metadataUrl = "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token"

const decodeToken = Schema.decodeUnknownEffect(Schema.fromJsonString(OAuth.TokenResponse))

/** The library's own client of it cannot be told which way to take. */
const fromMetadata = Effect.fnUntraced(function*(client: HttpClient.HttpClient) {
  const response = yield* client.get(metadataUrl, {
    headers: { "metadata-flavor": "Google" },
    urlParams: { scopes: FcmV1.scope }
  }).pipe(
    Effect.timeout("5 seconds"),
    Effect.mapError(() => noCredentials(nothingFound))
  )
  if (response.headers["metadata-flavor"] !== "Google") return yield* noCredentials(nothingFound)
  if (response.status === 404) return yield* noCredentials("this machine of Google's has no service account")
  if (response.status !== 200) return yield* unreachable(`the metadata server answered ${response.status}`)
  const text = yield* response.text.pipe(
    Effect.timeout("5 seconds"),
    Effect.mapError(() => unreachable("the metadata server's answer was cut"))
  )
  const token = yield* Effect.mapError(
    decodeToken(text),
    () => invalidResponse("the metadata server's answer has no access_token")
  )
  return { token: Redacted.make(token.access_token), expiresIn: token.expires_in }
})

const nothingFound = "no credentials: GOOGLE_APPLICATION_CREDENTIALS is not set, gcloud left none, " +
  "and this is no machine of Google's"

// -----------------------------------------------------------------------------
// Errors
// -----------------------------------------------------------------------------

const error = (reason: AccessToken.AccessTokenError["reason"]) => new AccessToken.AccessTokenError({ reason })

const noCredentials = (detail: string) => error(new AccessToken.NoCredentials({ detail }))

const invalidKey = (detail: string) => error(new AccessToken.InvalidKey({ detail }))

const invalidGrant = (detail: string) => error(new AccessToken.InvalidGrant({ detail }))

const invalidResponse = (detail: string) => error(new AccessToken.InvalidResponse({ detail }))

const unreachable = (detail: string) => error(new AccessToken.Unreachable({ detail }))
