/**
 * Google's OAuth 2.0 token endpoint, as service accounts use it: a signed assertion against an access token.
 *
 * Source: RFC 7523 (JWT bearer grants), RFC 6749 section 5, and developers.google.com/identity/protocols/oauth2/service-account.
 *
 * @since 1.0.0
 */
import * as Schema from "effect/Schema"
import { lenientKey } from "./RpcStatus.ts"

/**
 * Google's token endpoint, which is also the audience of every assertion.
 *
 * @category constants
 * @since 1.0.0
 */
export const tokenUrl = "https://oauth2.googleapis.com/token"

/**
 * The values of `token_uri` in Google's key files: {@link tokenUrl} and its older names, which are the same endpoint.
 *
 * Source: key files of before 2018 (`accounts.google.com`), the OAuth 2.0 discovery documents (`v3` and `v4` of
 * `www.googleapis.com`), and Google's mTLS endpoints.
 *
 * @category constants
 * @since 1.0.0
 */
export const tokenUris: ReadonlyArray<string> = [
  tokenUrl,
  "https://oauth2.mtls.googleapis.com/token",
  "https://accounts.google.com/o/oauth2/token",
  "https://www.googleapis.com/oauth2/v3/token",
  "https://www.googleapis.com/oauth2/v4/token"
]

/**
 * The grant type of an assertion.
 *
 * @category constants
 * @since 1.0.0
 */
export const grantType = "urn:ietf:params:oauth:grant-type:jwt-bearer"

/**
 * The longest that an assertion may be valid, in seconds: `exp` is at most `iat` + 3600.
 *
 * @category constants
 * @since 1.0.0
 */
export const maxAssertionSeconds = 3600

/**
 * The schema of an assertion's header; `kid` is the `private_key_id` of the key file.
 *
 * @category schemas
 * @since 1.0.0
 */
export const AssertionHeader = Schema.Struct({
  alg: Schema.Literal("RS256"),
  typ: Schema.Literal("JWT"),
  kid: Schema.optional(Schema.String)
})

/**
 * The schema of an assertion's claims; times are seconds since the epoch.
 *
 * @category schemas
 * @since 1.0.0
 */
export const AssertionClaims = Schema.Struct({
  iss: Schema.String,
  scope: Schema.String,
  aud: Schema.String,
  iat: Schema.Number,
  exp: Schema.Number
})

/**
 * The schema of the request's form.
 *
 * @category schemas
 * @since 1.0.0
 */
export const TokenRequest = Schema.Struct({ grant_type: Schema.String, assertion: Schema.String })

/**
 * The schema of a success: a token that fits a header (1 to 16,384 characters; Google's have at most 2048), and for how
 * many seconds it is valid (more than 0; 3599 as a rule). Scopes that give an identity alone are answered with 200, an
 * `id_token`, and no `access_token`: that is no success.
 *
 * @category schemas
 * @since 1.0.0
 */
export const TokenResponse = Schema.Struct({
  access_token: Schema.String.check(Schema.isPattern(/^[\x21-\x7e]{1,16384}$/)),
  expires_in: Schema.Finite.check(Schema.isGreaterThan(0)),
  token_type: Schema.String.check(Schema.isPattern(/^bearer$/i))
})

/**
 * The schema of a failure: the shape of RFC 6749 section 5.2, not Google's error envelope. `error` is `invalid_grant` for
 * any fault of the assertion, including its key, account and times. `error_subtype` is Google's: `invalid_rapt` means that
 * the user has to log in again.
 *
 * @category schemas
 * @since 1.0.0
 */
export const TokenError = Schema.Struct({
  error: Schema.String,
  error_description: lenientKey(Schema.String),
  error_subtype: lenientKey(Schema.String)
})
