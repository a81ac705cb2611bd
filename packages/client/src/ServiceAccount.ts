/**
 * Access tokens of a Google service account: an assertion, signed with its key, against a token.
 *
 * **Details**
 *
 * No layer fails to build for a bad or absent key: `AccessToken.get` fails, with a reason that tells what to mend, and so
 * a send fails with `AuthenticationError` (`NoAccessToken`).
 *
 * - `NoCredentials`: the key file cannot be read, or the key is missing (an environment variable that is not set).
 * - `InvalidKey`: the key or the key file is malformed, larger than 64 KiB, of another kind (such as `external_account`,
 *   which application default credentials read), or its `token_uri` is not Google's. The message says what was
 *   found instead.
 * - `InvalidGrant`: the token endpoint refuses: the key is revoked, the account gone, or this machine's clock wrong.
 * - `InvalidResponse`: the token endpoint's answer has no token.
 * - `Unreachable`: the endpoint did not answer within 15 seconds, or is in trouble. This alone is retried by a send.
 *
 * Source: developers.google.com/identity/protocols/oauth2/service-account, and RFC 7523.
 *
 * @since 1.0.0
 */
import * as FcmV1 from "@cloud-messaging/protocol/FcmV1"
import * as OAuth from "@cloud-messaging/protocol/OAuth"
import * as Clock from "effect/Clock"
import * as Config from "effect/Config"
import * as KeyFormat from "effect/crypto/KeyFormat"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Signature from "effect/crypto/Signature"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Base64 from "effect/encoding/Base64"
import * as Base64Url from "effect/encoding/Base64Url"
import * as Equal from "effect/Equal"
import * as FileSystem from "effect/FileSystem"
import type * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as AccessToken from "./AccessToken.ts"
import * as connection from "./internal/connection.ts"
import * as EmulatorHost from "./internal/emulatorHost.ts"
import { type Answer, exchange, isLost, type Lost, quiet, timedOut } from "./internal/exchange.ts"
import * as keyText from "./internal/keyText.ts"

// -----------------------------------------------------------------------------
// Options
// -----------------------------------------------------------------------------

/**
 * The parts of a key file that matter.
 *
 * @category options
 * @since 1.0.0
 */
export interface Options {
  /** The account: `client_email` of the key file. */
  readonly clientEmail: string
  /**
   * An RSA key in PEM: `BEGIN PRIVATE KEY` (PKCS #8), or `BEGIN RSA PRIVATE KEY` (PKCS #1). The forms in which environment
   * variables and secret stores often hold it are accepted, too: line breaks written as `\n`, as spaces, or left out; in
   * quotes; in base64.
   */
  readonly privateKey: Redacted.Redacted
  /** Tells the service which of the account's keys signed. */
  readonly privateKeyId?: string | undefined
  /**
   * Where tokens are asked for: https, or http on loopback.
   *
   * @default "https://oauth2.googleapis.com/token"
   */
  readonly tokenUrl?: string | undefined
}

/**
 * What a key file leaves open.
 *
 * @category options
 * @since 1.0.0
 */
export interface KeyFileOptions {
  /**
   * Where tokens are asked for, instead of Google's endpoint. The `token_uri` of a key file is not followed: one that
   * is not Google's is an error, unless this is given.
   */
  readonly tokenUrl?: string | undefined
}

// -----------------------------------------------------------------------------
// Layers
// -----------------------------------------------------------------------------

/**
 * From the parts of a key. An invalid key does not fail the layer, but the first `AccessToken.get`.
 *
 * Dies, naming the option, if `tokenUrl` is neither https nor http on loopback.
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (options: Options): Layer.Layer<AccessToken.AccessToken, never, HttpClient.HttpClient> =>
  Layer.effect(AccessToken.AccessToken, make(Effect.succeed(options), options.tokenUrl))

/**
 * From configuration. With `FIREBASE_MESSAGING_EMULATOR_HOST` set, the token is `owner`, and no key is read. Fails with a
 * `ConfigError` for what is missing, and for a `tokenUrl` that is neither https nor http on loopback; never for a bad
 * key: the first `AccessToken.get` tells.
 *
 * **Example** (Email and key in the environment)
 *
 * ```ts
 * import { ServiceAccount } from "@cloud-messaging/client"
 * import { Config } from "effect"
 *
 * const layer = ServiceAccount.layerConfig({
 *   clientEmail: Config.String("FCM_CLIENT_EMAIL"),
 *   privateKey: Config.Redacted("FCM_PRIVATE_KEY")
 * })
 * ```
 *
 * @category layers
 * @since 1.0.0
 */
export const layerConfig = (
  config: Config.Wrap<Options>
): Layer.Layer<AccessToken.AccessToken, Config.ConfigError, HttpClient.HttpClient> =>
  Layer.effect(
    AccessToken.AccessToken,
    Effect.gen(function*() {
      if (Option.isSome(yield* EmulatorHost.origin)) return EmulatorHost.accessToken
      const options = yield* Config.unwrap(config)
      if (options.tokenUrl !== undefined) {
        yield* Effect.mapError(connection.endpoint("tokenUrl", options.tokenUrl), connection.fromConfig)
      }
      return yield* make(Effect.succeed(options), options.tokenUrl)
    })
  )

/**
 * From the text of a key file, of at most 64 KiB, as it is or in base64. An invalid key does not fail the layer, but the
 * first `AccessToken.get`.
 *
 * Dies, naming the option, if `tokenUrl` is neither https nor http on loopback.
 *
 * @category layers
 * @since 1.0.0
 */
export const layerJson = (
  json: Redacted.Redacted,
  options: KeyFileOptions = {}
): Layer.Layer<AccessToken.AccessToken, never, HttpClient.HttpClient> =>
  Layer.effect(AccessToken.AccessToken, make(parse(json, options), options.tokenUrl))

/**
 * From a key file of at most 64 KiB. It is read again whenever a token must be made, so that a rotated key is found, and
 * once more when the endpoint answers `invalid_grant`, for it may have been rotated in between. Never fails to build for
 * a bad or absent file: `AccessToken.get` tells.
 *
 * Dies, naming the option, if `tokenUrl` is neither https nor http on loopback.
 *
 * @category layers
 * @since 1.0.0
 */
export const layerFile = (
  path: string,
  options: KeyFileOptions = {}
): Layer.Layer<AccessToken.AccessToken, never, HttpClient.HttpClient | FileSystem.FileSystem> =>
  Layer.effect(
    AccessToken.AccessToken,
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      // no more of it than tells that it is too large: the path may lead to a device
      const read = fs.stream(path, { bytesToRead: maxKeyFileBytes + 1 }).pipe(
        Stream.decodeText,
        Stream.mkString,
        Effect.mapError(({ reason }) => AccessToken.unreadable({ file: "the key file", path, why: reason._tag }))
      )
      const key = Effect.flatMap(read, (text) =>
        text === "" ? invalidKey("the key file is empty") : parse(Redacted.make(text), options))
      return yield* make(key, options.tokenUrl)
    })
  )

// -----------------------------------------------------------------------------
// Key file
// -----------------------------------------------------------------------------

const KeyFile = Schema.Struct({
  client_email: Schema.NonEmptyString,
  private_key: Schema.NonEmptyString,
  private_key_id: Schema.optional(Schema.String),
  token_uri: Schema.optional(Schema.String)
})

const decodeType = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Struct({ type: Schema.String })))

const decodeKeyFile = Schema.decodeUnknownEffect(Schema.fromJsonString(KeyFile), { errors: "all" })

/** Google's have less than 3. */
const maxKeyFileBytes = 64 * 1024

/** Other files that Google's libraries read: they hold no key of a service account. */
const otherTypes = new Set([
  "authorized_user",
  "external_account",
  "external_account_authorized_user",
  "gdch_service_account",
  "impersonated_service_account"
])

const parse = Effect.fnUntraced(function*(
  json: Redacted.Redacted,
  { tokenUrl }: KeyFileOptions
): Effect.fn.Return<Options, AccessToken.AccessTokenError> {
  const given = keyText.secret(json)
  if (given === undefined) return yield* notSet("the text of the key file", json)
  if (given.length > maxKeyFileBytes) return yield* invalidKey("the key file is larger than 64 KiB")
  const text = keyText.keyFile(given)
  if (keyText.contentOf(text) === "key") {
    return yield* invalidKey("this is a key, not the text of a key file: pass it to ServiceAccount.layer")
  }
  // of another type first: its other fields are missed for no good
  const type = Option.getOrUndefined(decodeType(text))?.type ?? "service_account"
  if (type !== "service_account") return yield* invalidKey(describeOther(type))
  const file = yield* Effect.mapError(
    decodeKeyFile(text),
    (error) => invalidKey(`this is no key file of a service account: ${oneLine(error.message)} (${whence})`)
  )
  // a key file is data: it does not say where credentials go
  if (tokenUrl === undefined && file.token_uri !== undefined && !OAuth.tokenUris.includes(file.token_uri)) {
    return yield* invalidKey(`the key file's token_uri is not ${OAuth.tokenUrl}; give tokenUrl if that is meant`)
  }
  return {
    clientEmail: file.client_email,
    privateKey: Redacted.make(file.private_key),
    privateKeyId: file.private_key_id
  }
})

const describeOther = (type: string): string =>
  otherTypes.has(type)
    ? `the key file is of type ${type}, which GoogleAuth of @cloud-messaging/node reads: use that, or a key file of ` +
      "type service_account"
    : `the key file is of another type than service_account (${whence})`

const whence = "the Firebase console makes one: project settings, service accounts"

const notSet = (what: string, given?: unknown) =>
  new AccessToken.AccessTokenError({ reason: new AccessToken.NoCredentials({ detail: keyText.notSet(what, given) }) })

const invalidKey = (detail: string) =>
  new AccessToken.AccessTokenError({ reason: new AccessToken.InvalidKey({ detail }) })

const oneLine = (text: string) => text.replace(/\s+/g, " ")

// -----------------------------------------------------------------------------
// Token
// -----------------------------------------------------------------------------

const make = Effect.fnUntraced(function*(
  key: Effect.Effect<Options, AccessToken.AccessTokenError>,
  tokenUrl: string = OAuth.tokenUrl
) {
  const client = yield* quiet()
  const url = yield* Effect.orDie(connection.endpoint("tokenUrl", tokenUrl))
  const endpoint = `the token endpoint ${new URL(url).host}`
  const grant = Effect.fnUntraced(function*(options: Options) {
    const signed = yield* Effect.provide(sign(options), layerSignature)
    const asked = exchange(client.execute(request(url, signed.assertion)), yield* Clock.Clock, answerOrFail)
    const answer = yield* Effect.mapError(
      Effect.timeoutOrElse(asked, {
        duration: timeout,
        orElse: () => Effect.fail(timedOut(timeout, url))
      }),
      ({ reason }) => unreachable(`the token endpoint cannot be reached: ${reason.message}`)
    )
    return yield* decode(answer, endpoint, signed)
  })
  return yield* AccessToken.make(Effect.gen(function*() {
    const first = yield* key
    return yield* grant(first).pipe(
      Effect.catchIf(isInvalidGrant, (refused) =>
        Effect.flatMap(key, (second) =>
          // the same key would be refused again
          Equal.equals(first, second) ? Effect.fail(refused) : grant(second))),
      Effect.catchTag("Refused", ({ error }) => Effect.fail(error))
    )
  }))
})

const answerOrFail = (heard: Answer | Lost) => isLost(heard) ? Effect.fail(heard) : Effect.succeed(heard)

const timeout = Duration.seconds(15)

const layerSignature = Layer.provide(Signature.layerWebCrypto, SecureRandom.layerWebCrypto)

interface Signed {
  readonly assertion: Redacted.Redacted
  readonly account: string | undefined
  /** Secrets that the text of an answer must not show. */
  readonly secrets: ReadonlyArray<Redacted.Redacted>
}

const sign = Effect.fnUntraced(function*(options: Options): Effect.fn.Return<
  Signed,
  AccessToken.AccessTokenError,
  Signature.Signature
> {
  const { clientEmail, privateKeyId } = options
  const text = keyText.secret(options.privateKey)
  if (text === undefined) return yield* notSet("privateKey", options.privateKey)
  if (!Predicate.isString(clientEmail) || clientEmail === "") return yield* notSet("clientEmail")
  const key = yield* Effect.mapError(
    Effect.fromResult(keyText.privateKey(text)),
    (problem) => invalidKey(`the private key ${problem}`)
  )
  const issuedAt = Math.floor((yield* Clock.currentTimeMillis) / 1000)
  const header: typeof OAuth.AssertionHeader.Type = { alg: "RS256", typ: "JWT", kid: privateKeyId }
  const claims: typeof OAuth.AssertionClaims.Type = {
    iss: clientEmail,
    scope: FcmV1.scope,
    aud: OAuth.tokenUrl,
    iat: issuedAt,
    exp: issuedAt + OAuth.maxAssertionSeconds
  }
  const payload = `${segment(header)}.${segment(claims)}`
  const signature = yield* Signature.Signature
  const format = key.format === "pkcs1" ? KeyFormat.pkcs1 : KeyFormat.pkcs8
  const signed = yield* KeyFormat.decodePrivate(format, Signature.rsaPkcs1v15Sha256, key.der).pipe(
    Effect.flatMap((key) => signature.sign(key, new TextEncoder().encode(payload))),
    Effect.mapError(() => invalidKey("the private key is damaged"))
  )
  const assertion = Redacted.make(`${payload}.${Base64Url.encode(signed)}`)
  return {
    assertion,
    account: /^[^\s@]{1,64}@[^\s@]{1,255}$/.test(clientEmail) ? clientEmail : undefined,
    secrets: [assertion, Redacted.make(Base64.encode(key.der))]
  }
})

const segment = (part: object): string => Base64Url.encode(JSON.stringify(part))

const request = (url: string, assertion: Redacted.Redacted) =>
  HttpClientRequest.post(url).pipe(
    HttpClientRequest.bodyUrlParams({ grant_type: OAuth.grantType, assertion: Redacted.value(assertion) })
  )

// -----------------------------------------------------------------------------
// Answer
// -----------------------------------------------------------------------------

/** The endpoint refuses, and says why. */
class Refused extends Data.TaggedError("Refused")<{
  readonly code: string
  readonly error: AccessToken.AccessTokenError
}> {}

const isInvalidGrant = (error: AccessToken.AccessTokenError | Refused): error is Refused =>
  error._tag === "Refused" && error.code === invalidGrant

const invalidGrant = "invalid_grant"

const decodeToken = Schema.decodeUnknownResult(Schema.fromJsonString(OAuth.TokenResponse))

const decodeError = Schema.decodeUnknownOption(Schema.fromJsonString(OAuth.TokenError))

const decode = (
  { status, text }: Answer,
  endpoint: string,
  signed: Signed
): Effect.Effect<AccessToken.Fetched, AccessToken.AccessTokenError | Refused> => {
  const error = status >= 400 && status <= 499 ? Option.getOrUndefined(decodeError(text)) : undefined
  if (status >= 500 || status === 429 || status === 408 || troubles.has(error?.error ?? "")) {
    return Effect.fail(unreachable(`${endpoint} answered ${status}`))
  }
  if (error !== undefined) return Effect.fail(refusal(error, signed))
  if (status !== 200) return Effect.fail(invalidResponse(`${endpoint} answered ${status}`))
  return Result.match(decodeToken(text), {
    onFailure: (error) =>
      Effect.fail(
        invalidResponse(`the answer of ${endpoint} (200) has no usable access_token: ${oneLine(error.message)}`)
      ),
    onSuccess: ({ access_token, expires_in }) =>
      Effect.succeed({ token: Redacted.make(access_token), expiresIn: expires_in, account: signed.account })
  })
}

// RFC 6749 section 4.1.2.1 has the last two; Google's libraries try again for all of them
const troubles = new Set(["internal_failure", "server_error", "temporarily_unavailable"])

const refusal = ({ error, error_description }: typeof OAuth.TokenError.Type, { account, secrets }: Signed) =>
  new Refused({
    code: error,
    error: AccessToken.refused({
      error,
      description: error_description,
      hint: error === invalidGrant
        ? `is the key of ${account ?? "the account"} revoked, or this machine's clock wrong?`
        : undefined,
      secrets
    })
  })

const unreachable = (detail: string) =>
  new AccessToken.AccessTokenError({ reason: new AccessToken.Unreachable({ detail }) })

const invalidResponse = (detail: string) =>
  new AccessToken.AccessTokenError({ reason: new AccessToken.InvalidResponse({ detail }) })
