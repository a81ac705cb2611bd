/**
 * Assertions of service accounts, signed by Node and not by the code under test.
 */
import { Emulator } from "@cloud-messaging/emulator"
import { FcmV1, OAuth } from "@cloud-messaging/protocol"
import { Clock, Effect, Predicate, Redacted } from "effect"
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto"

export interface Claims {
  readonly iss?: string | undefined
  readonly scope?: string | undefined
  readonly aud?: string | undefined
  readonly iat?: number | string | undefined
  readonly exp?: number | string | undefined
}

/** What the token endpoint takes, made now. */
export const goodClaims: Effect.Effect<Claims> = Effect.map(Clock.currentTimeMillis, (millis) => {
  const iat = Math.floor(millis / 1000)
  return {
    iss: Emulator.serviceAccount.clientEmail,
    scope: FcmV1.scope,
    aud: OAuth.tokenUrl,
    iat,
    exp: iat + OAuth.maxAssertionSeconds
  }
})

/** A part of a JWT. */
export const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url")

/** The signed part of an assertion. */
export const unsigned = (claims: Claims, header: object = {}): string =>
  `${encode({ alg: "RS256", typ: "JWT", kid: Emulator.serviceAccount.privateKeyId, ...header })}.${encode(claims)}`

/** A signed assertion; by the key of the emulator's service account unless told otherwise. */
export const assertion = (
  claims: Claims,
  options: { readonly key?: string | KeyObject; readonly header?: object } = {}
): string => {
  const text = unsigned(claims, options.header)
  const key = options.key ?? Redacted.value(Emulator.serviceAccount.privateKey)
  return `${text}.${sign("RSA-SHA256", Buffer.from(text), key).toString("base64url")}`
}

/** A key that no emulator trusts. */
export const foreignKey: KeyObject = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey

/** The access token that an answer holds. */
export const accessToken = (body: unknown): string =>
  Predicate.hasProperty(body, "access_token") && typeof body.access_token === "string" ? body.access_token : ""
