/**
 * OAuth: the token endpoint.
 */
import { assertion, type Claims, foreignKey } from "../utils/assertion.ts"
import type { Answer, Cases, Request } from "./exchange.ts"
import { noRoute } from "./exchange.ts"

/** When the exchanges take place: seconds since the epoch. */
export const now = 1_700_000_000

const claims: Claims = {
  iss: "emulator@emulator.iam.gserviceaccount.com",
  scope: "https://www.googleapis.com/auth/firebase.messaging",
  aud: "https://oauth2.googleapis.com/token",
  iat: now,
  exp: now + 3600
}

const ask = (
  assertion: string,
  grantType = "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer"
): Request => ({
  method: "POST",
  url: "https://oauth2.googleapis.com/token",
  headers: { "content-type": "application/x-www-form-urlencoded" },
  body: `grant_type=${grantType}&assertion=${assertion}`
})

const json = (status: number, body: string): Answer => ({
  status,
  headers: { "content-type": "application/json; charset=utf-8" },
  body
})

const token = (n: number): Answer =>
  json(
    200,
    `{
  "access_token": "emulator-access-token-${n}-1700003599000",
  "expires_in": 3599,
  "token_type": "Bearer"
}`
  )

const error = (error: string, description: string): Answer =>
  json(
    400,
    `{
  "error": "${error}",
  "error_description": "${description}"
}`
  )

const undecodable = error("invalid_request", "Bad Request")

const badSignature = error("invalid_grant", "Invalid JWT Signature.")

const noAccount = error("invalid_grant", "Invalid grant: account not found")

const older = "https://www.googleapis.com/oauth2/v4/token"

const noIat = error("invalid_grant", "Invalid JWT: iat (issued at) is not set.")

const badWindow = error(
  "invalid_grant",
  "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim."
)

const noScope = error("invalid_scope", "Invalid OAuth scope or ID token audience provided.")

export const cases: Cases = {
  "oauth-token": [
    [ask(assertion(claims)), token(1)],
    [
      {
        method: "POST",
        url: "https://fcm.googleapis.com/v1/projects/my-project/messages:send",
        headers: { authorization: "Bearer emulator-access-token-1-1700003599000", "content-type": "application/json" },
        body: `{"message":{"token":"ada"}}`
      },
      {
        status: 200,
        headers: { "content-type": "application/json; charset=UTF-8" },
        body: "{\n  \"name\": \"projects/my-project/messages/0:1\"\n}\n"
      }
    ]
  ],
  "oauth-undecodable": [[ask("nonsense"), undecodable], [ask("a.b.c"), undecodable]],
  "oauth-signature": [
    [ask(assertion({ ...claims, aud: "https://example.com/token" }, { key: foreignKey })), badSignature],
    [ask(assertion({ ...claims, aud: undefined }, { header: { alg: "HS256" } })), badSignature]
  ],
  "oauth-foreign": [[
    ask(assertion(claims, { key: foreignKey })),
    error(
      "invalid_grant",
      "Invalid JWT Signature. This is an emulator, and it got an assertion that is meant for Google, signed with a key that is not the emulator's. Nothing of it was kept. Use the emulator's service account, or send the token request to Google."
    )
  ]],
  "oauth-account": [[ask(assertion({ ...claims, iss: "nobody@example.com" })), noAccount]],
  "oauth-times": [
    [ask(assertion({ ...claims, iat: undefined })), noIat],
    [
      ask(assertion({ ...claims, exp: undefined })),
      error("invalid_grant", "Invalid JWT: exp (expiration time) is not set.")
    ]
  ],
  "oauth-window": [
    [ask(assertion({ ...claims, exp: now + 3601 })), badWindow],
    [ask(assertion({ ...claims, iat: now - 7200, exp: now - 3600 })), badWindow]
  ],
  "oauth-scope": [
    [ask(assertion({ ...claims, scope: "" })), noScope],
    [ask(assertion({ ...claims, scope: undefined })), noScope]
  ],
  "oauth-audience": [[
    ask(assertion({ ...claims, aud: "https://accounts.google.com/o/oauth2/token" })),
    error("invalid_grant", "Invalid JWT: Failed audience check.")
  ]],
  "oauth-older": [
    [{ ...ask(assertion({ ...claims, aud: older })), url: older }, token(1)],
    [{ ...ask(assertion(claims)), url: older }, error("invalid_grant", "Invalid JWT: Failed audience check.")]
  ],
  "oauth-order": [
    [ask(assertion({ iss: "nobody@example.com" }, { key: foreignKey })), badSignature],
    [ask(assertion({ iss: "nobody@example.com" })), noAccount],
    [ask(assertion({ iss: claims.iss, scope: "" })), noIat],
    [ask(assertion({ iss: claims.iss, scope: "", iat: 0, exp: 1 })), badWindow],
    [ask(assertion({ ...claims, scope: "", aud: "nowhere" })), noScope]
  ],
  "oauth-skew": [
    [ask(assertion({ ...claims, iat: now + 300, exp: now + 3900 })), token(1)],
    [ask(assertion({ ...claims, iat: now - 3600, exp: now })), token(2)],
    [ask(assertion({ ...claims, iat: "1700000000", exp: "1700003600" })), token(3)]
  ],
  "oauth-id-token": [[
    ask(assertion({ ...claims, scope: "nonsense" })),
    json(
      200,
      `{
  "id_token": "emulator-id-token"
}`
    )
  ]],
  "oauth-grant": [[
    ask(assertion(claims), "password"),
    error("unsupported_grant_type", "Invalid grant_type: password")
  ]],
  "oauth-metadata": [[
    {
      method: "GET",
      url: "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token",
      headers: { "metadata-flavor": "Google" }
    },
    noRoute
  ]]
}
