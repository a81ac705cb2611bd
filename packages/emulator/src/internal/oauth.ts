/**
 * Google's OAuth token endpoint for service accounts, from the service's side.
 *
 * Faults are told in the order, and with the words, that were recorded against oauth2.googleapis.com.
 */
import * as OAuth from "@cloud-messaging/protocol/OAuth"
import type * as CryptoError from "effect/crypto/CryptoError"
import * as KeyFormat from "effect/crypto/KeyFormat"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Signature from "effect/crypto/Signature"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Base64Url from "effect/encoding/Base64Url"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as accessToken from "./accessToken.ts"
import * as exchange from "./exchange.ts"
import * as account from "./serviceAccountKey.ts"
import * as world from "./world.ts"

export const token = Effect.gen(function*() {
  yield* world.count("token", undefined)
  const form = yield* Effect.option(HttpServerRequest.schemaBodyUrlParams(OAuth.TokenRequest))
  return yield* exchange.run(
    { project: undefined, endpoint: "token", recipients: [], say },
    () =>
      grant(Option.getOrUndefined(form)).pipe(
        Effect.catchTag("Refusal", ({ body }) => Effect.succeed(refused(400, body)))
      )
  )
})

const grant = Effect.fnUntraced(function*(form: typeof OAuth.TokenRequest.Type | undefined) {
  if (form === undefined) return yield* refuse("invalid_request", "Bad Request")
  if (form.grant_type !== OAuth.grantType) {
    return yield* refuse("unsupported_grant_type", `Invalid grant_type: ${form.grant_type}`)
  }
  const scope = yield* check(form.assertion)
  if (!scope.includes(knownScopes)) return granted({ id_token: "emulator-id-token" })
  const access_token = yield* accessToken.issue(tokenSeconds)
  return granted({ access_token, expires_in: tokenSeconds, token_type: "Bearer" })
})

/** How long a token is valid: as recorded. */
const tokenSeconds = 3599

/** How the scopes begin that give access; any other gives an identity alone. */
const knownScopes = "https://www.googleapis.com/auth/"

class Refusal extends Data.TaggedError("Refusal")<{ readonly body: typeof OAuth.TokenError.Type }> {}

const refuse = (error: string, error_description: string) => new Refusal({ body: { error, error_description } })

const invalidGrant = (description: string) => refuse("invalid_grant", description)

const granted = (body: typeof OAuth.TokenResponse.Type | { readonly id_token: string }): exchange.Answer => ({
  text: JSON.stringify(body, undefined, 2),
  contentType
})

const refused = (
  status: number,
  body: typeof OAuth.TokenError.Type,
  headers: { readonly [name: string]: string } = {}
) => HttpServerResponse.text(JSON.stringify(body, undefined, 2), { status, contentType, headers })

const contentType = "application/json; charset=utf-8"

/** What is said with a status that was arranged. */
const say: exchange.Asked["say"] = (status, headers) =>
  refused(status, {
    error: status < 500 ? "invalid_request" : "internal_failure",
    error_description: "The emulator was told to answer so."
  }, headers)

// -----------------------------------------------------------------------------
// Assertion
// -----------------------------------------------------------------------------

const decodeHeader = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Struct({ alg: Schema.String })))

// as the endpoint takes them: what is missing has an answer of its own, and numbers may come as text
const Claims = Schema.Struct({
  iss: Schema.optional(Schema.String),
  scope: Schema.optional(Schema.String),
  aud: Schema.optional(Schema.String),
  iat: Schema.optional(Schema.Union([Schema.Number, Schema.NumberFromString])),
  exp: Schema.optional(Schema.Union([Schema.Number, Schema.NumberFromString]))
})

const decodeClaims = Schema.decodeUnknownOption(Schema.fromJsonString(Claims))

const check = Effect.fnUntraced(function*(assertion: string) {
  const [header, claims, signature, more] = assertion.split(".", 4)
  const text = (part: string | undefined) =>
    Option.flatMap(Option.fromUndefinedOr(part), (_) => Result.getSuccess(Base64Url.decodeString(_)))
  const alg = Option.flatMap(text(header), decodeHeader)
  const decoded = Option.flatMap(text(claims), decodeClaims)
  if (Option.isNone(alg) || Option.isNone(decoded) || signature === undefined || more !== undefined) {
    return yield* refuse("invalid_request", "Bad Request")
  }
  const signed = alg.value.alg === "RS256" && (yield* verify(`${header}.${claims}`, signature))
  if (!signed) return yield* invalidGrant(isForGoogle(decoded.value) ? foreignKey : "Invalid JWT Signature.")
  return yield* checkClaims(decoded.value)
})

/** Whether Google would accept an assertion whose key belongs to a real account. A name has at most 253 characters. */
const isForGoogle = ({ aud = "" }: typeof Claims.Type): boolean => {
  const host = /^https:\/\/([\w.-]{1,253})(?:[:/]|$)/.exec(aud)?.[1] ?? ""
  return /(?:^|\.)(?:googleapis|google)\.com$/.test(host)
}

/** Who sends a real account's assertion here has a client that is set up wrong, and should know. */
const foreignKey = "Invalid JWT Signature. This is an emulator, and it got an assertion that is meant for Google, " +
  "signed with a key that is not the emulator's. Nothing of it was kept. Use the emulator's service account, or send " +
  "the token request to Google."

const checkClaims = Effect.fnUntraced(function*({ aud, exp, iat, iss, scope }: typeof Claims.Type) {
  if (iss !== account.clientEmail) return yield* invalidGrant("Invalid grant: account not found")
  if (iat === undefined) return yield* invalidGrant("Invalid JWT: iat (issued at) is not set.")
  if (exp === undefined) return yield* invalidGrant("Invalid JWT: exp (expiration time) is not set.")
  const now = (yield* world.now) / 1000
  const reasonable = iat <= now + skewSeconds && exp >= now - skewSeconds && exp - iat <= OAuth.maxAssertionSeconds
  if (!reasonable) {
    return yield* invalidGrant(
      "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. " +
        "Check your iat and exp values in the JWT claim."
    )
  }
  if (scope === undefined || scope === "") {
    return yield* refuse("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
  }
  if (!(yield* audiences).includes(aud ?? "")) return yield* invalidGrant("Invalid JWT: Failed audience check.")
  return scope
})

/** The endpoint by Google's name, and by that under which it was asked: an emulator's, if a key file's `token_uri` says so. */
const audiences = Effect.map(HttpServerRequest.HttpServerRequest, ({ headers, url }) => {
  const asked = `${headers["host"] ?? headers[":authority"]}${url}`
  return [
    url === olderPath ? `https://www.googleapis.com${olderPath}` : OAuth.tokenUrl,
    `http://${asked}`,
    `https://${asked}`
  ]
})

/** What Google's libraries of before 2025 ask, at www.googleapis.com. */
export const olderPath = "/oauth2/v4/token"

/** How far clocks may be apart. */
const skewSeconds = 300

const layerSignature = Layer.provide(Signature.layerWebCrypto, SecureRandom.layerWebCrypto)

const verify = (signed: string, signature: string): Effect.Effect<boolean> =>
  Effect.gen(function*() {
    const bytes = Base64Url.decode(signature)
    if (Result.isFailure(bytes)) return false
    const key = yield* KeyFormat.decodePublic(
      KeyFormat.pem(KeyFormat.spki),
      Signature.rsaPkcs1v15Sha256,
      account.publicKey
    )
    const service = yield* Signature.Signature
    return yield* service.verify(key, bytes.success, new TextEncoder().encode(signed))
  }).pipe(
    Effect.provide(layerSignature),
    Effect.catch((_: CryptoError.CryptoError) => Effect.succeed(false))
  )
