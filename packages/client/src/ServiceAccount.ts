/**
 * Access tokens of a Google service account: an assertion, signed with its key, against a token.
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
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Base64Url from "effect/encoding/Base64Url"
import * as FileSystem from "effect/FileSystem"
import type * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as AccessToken from "./AccessToken.ts"
import * as connection from "./internal/connection.ts"
import * as EmulatorHost from "./internal/emulatorHost.ts"
import { type Answer, exchange, quiet } from "./internal/exchange.ts"
import * as Scrub from "./internal/scrub.ts"

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
  /** PEM, PKCS #8 (`BEGIN PRIVATE KEY`). Line breaks may be written as `\n`, as environment variables often have them. */
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
 * From the parts of a key. Never fails to build for a bad key: the first `AccessToken.get` tells.
 *
 * Dies, naming the option, if `tokenUrl` is neither https nor http on loopback.
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (options: Options): Layer.Layer<AccessToken.AccessToken, never, HttpClient.HttpClient> =>
  Layer.effect(AccessToken.AccessToken, make(Effect.succeed(options), options.tokenUrl))

/**
 * From configuration. With `FIREBASE_MESSAGING_EMULATOR_HOST` set, the token is `owner`, and no key is read.
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
 * From the text of a key file. Never fails to build for a bad key: the first `AccessToken.get` tells.
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
 * From a key file, which is read again whenever a token must be made, so that a rotated key is found. Never fails to
 * build for a bad or absent file: `AccessToken.get` tells.
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
      const read = fs.readFileString(path).pipe(
        Effect.mapError(({ reason }) =>
          new AccessToken.AccessTokenError({
            reason: new AccessToken.NoCredentials({ detail: `the key file ${path} cannot be read (${reason._tag})` })
          })
        )
      )
      const key = Effect.flatMap(read, (text) => parse(Redacted.make(text), options))
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

const parse = (
  json: Redacted.Redacted,
  { tokenUrl }: KeyFileOptions
): Effect.Effect<Options, AccessToken.AccessTokenError> => {
  // of another type first: its other fields are missed for no good
  if (Option.exists(decodeType(Redacted.value(json)), ({ type }) => type !== "service_account")) {
    return Effect.fail(invalidKey("the key file is not of type service_account: create a key of a service account"))
  }
  return decodeKeyFile(Redacted.value(json)).pipe(
    Effect.mapError((error) => invalidKey(`this is no key file of a service account: ${oneLine(error.message)}`)),
    Effect.flatMap((file) => {
      // a key file is data: it does not say where credentials go
      if (tokenUrl === undefined && file.token_uri !== undefined && file.token_uri !== OAuth.tokenUrl) {
        return Effect.fail(
          invalidKey(`the key file's token_uri is not ${OAuth.tokenUrl}; give tokenUrl if that is meant`)
        )
      }
      return Effect.succeed({
        clientEmail: file.client_email,
        privateKey: Redacted.make(file.private_key),
        privateKeyId: file.private_key_id
      })
    })
  )
}

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
  return yield* AccessToken.make(Effect.gen(function*() {
    const assertion = yield* Effect.provide(Effect.flatMap(key, sign), layerSignature)
    const answer = yield* exchange(client, request(url, assertion), timeout).pipe(
      Effect.mapError(({ reason }) => unreachable(reason.message))
    )
    return yield* decode(answer)
  }))
})

const timeout = Duration.seconds(15)

const layerSignature = Layer.provide(Signature.layerWebCrypto, SecureRandom.layerWebCrypto)

const privateKeyFormat = KeyFormat.pem(KeyFormat.pkcs8)

const sign = Effect.fnUntraced(function*({ clientEmail, privateKey, privateKeyId }: Options) {
  const signature = yield* Signature.Signature
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
  const pem = Redacted.value(privateKey).replaceAll("\\r", "").replaceAll("\\n", "\n")
  const signed = yield* KeyFormat.decodePrivate(privateKeyFormat, Signature.rsaPkcs1v15Sha256, pem).pipe(
    Effect.flatMap((key) => signature.sign(key, new TextEncoder().encode(payload))),
    Effect.mapError(() => invalidKey("the private key is not an RSA key in PEM, PKCS #8 (BEGIN PRIVATE KEY)"))
  )
  return Redacted.make(`${payload}.${Base64Url.encode(signed)}`)
})

const segment = (part: object): string => Base64Url.encode(JSON.stringify(part))

const request = (url: string, assertion: Redacted.Redacted) =>
  HttpClientRequest.post(url).pipe(
    HttpClientRequest.bodyUrlParams({ grant_type: OAuth.grantType, assertion: Redacted.value(assertion) })
  )

// -----------------------------------------------------------------------------
// Answer
// -----------------------------------------------------------------------------

const decodeToken = Schema.decodeUnknownOption(Schema.fromJsonString(OAuth.TokenResponse))

const decodeError = Schema.decodeUnknownOption(Schema.fromJsonString(OAuth.TokenError))

const decode = ({ status, text }: Answer): Effect.Effect<AccessToken.Fetched, AccessToken.AccessTokenError> => {
  if (status >= 500 || status === 429) return Effect.fail(unreachable(`the token endpoint answered ${status}`))
  if (status >= 400) {
    return Effect.fail(Option.match(decodeError(text), {
      onNone: () => invalidResponse(`the token endpoint answered ${status}`),
      onSome: refusal
    }))
  }
  return Option.match(status === 200 ? decodeToken(text) : Option.none(), {
    // an unknown scope is answered by 200 with an id_token alone
    onNone: () => Effect.fail(invalidResponse(`the token endpoint's answer (${status}) has no access_token`)),
    onSome: ({ access_token, expires_in }) =>
      Effect.succeed({ token: Redacted.make(access_token), expiresIn: expires_in })
  })
}

// what the endpoint quotes of the assertion is hidden by its look: see scrub.ts
const scrub = Scrub.make(() => [])

const refusal = ({ error, error_description }: typeof OAuth.TokenError.Type) =>
  new AccessToken.AccessTokenError({
    reason: new AccessToken.InvalidGrant({
      detail: `${scrub.code(error)}: ${scrub.text(error_description ?? "no description")}` +
        (error === "invalid_grant" ? " (is the key revoked, or this machine's clock wrong?)" : "")
    })
  })

const unreachable = (detail: string) =>
  new AccessToken.AccessTokenError({ reason: new AccessToken.Unreachable({ detail }) })

const invalidResponse = (detail: string) =>
  new AccessToken.AccessTokenError({ reason: new AccessToken.InvalidResponse({ detail }) })
