import { FcmV1, OAuth } from "@cloud-messaging/protocol"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Schema } from "effect"
import { names, request, response, textOf } from "./utils/fixtures.ts"

const Assertion = Schema.Struct({ header: OAuth.AssertionHeader, claims: OAuth.AssertionClaims })

const assertion: typeof Assertion.Type = {
  header: { alg: "RS256", typ: "JWT", kid: "370ab79b4513eb9bad7c9bd16a95cb76b5b2a56a" },
  claims: {
    iss: "push@myproject-b5ae1.iam.gserviceaccount.com",
    scope: FcmV1.scope,
    aud: OAuth.tokenUrl,
    iat: 1_700_000_000,
    exp: 1_700_000_000 + OAuth.maxAssertionSeconds
  }
}

describe("assertion", () => {
  it.effect("decodes header and claims", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(
        yield* Schema.decodeUnknownEffect(Assertion)(request("oauth-assertion").body),
        assertion
      )
    }))

  it.effect("encodes header and claims", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual<unknown>(yield* Schema.encodeEffect(Assertion)(assertion), request("oauth-assertion").body)
    }))
})

describe("TokenRequest", () => {
  const form: typeof OAuth.TokenRequest.Type = { grant_type: OAuth.grantType, assertion: "ASSERTION" }

  it.effect("decodes the documented form", () =>
    Effect.gen(function*() {
      const pairs = Object.fromEntries(new URLSearchParams(request("oauth-token").text))
      assert.deepStrictEqual(yield* Schema.decodeUnknownEffect(OAuth.TokenRequest)(pairs), form)
    }))

  it.effect("encodes the documented form", () =>
    Effect.gen(function*() {
      const pairs = yield* Schema.encodeEffect(OAuth.TokenRequest)(form)
      assert.strictEqual(new URLSearchParams({ ...pairs }).toString(), request("oauth-token").text)
    }))
})

describe("TokenResponse", () => {
  const decode = Schema.decodeUnknownEffect(Schema.fromJsonString(OAuth.TokenResponse))

  it.effect("decodes a token", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* decode(textOf(response("oauth-token"))), {
        access_token: "ya29.c.b0Aaekm1K3T",
        expires_in: 3599,
        token_type: "Bearer"
      })
    }))

  it.effect("encodes a token", () =>
    Effect.gen(function*() {
      const token = { access_token: "ya29.c.b0Aaekm1K3T", expires_in: 3599, token_type: "Bearer" }
      assert.deepStrictEqual<unknown>(
        yield* Schema.encodeEffect(OAuth.TokenResponse)(token),
        response("oauth-token").body
      )
    }))

  it.effect("is not an id_token alone, although the status is 200", () =>
    Effect.gen(function*() {
      assert.strictEqual(response("oauth-id-token").status, 200)
      assert.isTrue(Exit.isFailure(yield* Effect.exit(decode(textOf(response("oauth-id-token"))))))
    }))
})

describe("TokenError", () => {
  const decode = Schema.decodeUnknownEffect(Schema.fromJsonString(OAuth.TokenError))

  const errors: { readonly [name: string]: typeof OAuth.TokenError.Type } = {
    account: { error: "invalid_grant", error_description: "Invalid grant: account not found" },
    audience: { error: "invalid_grant", error_description: "Invalid JWT: Failed audience check." },
    "no-exp": { error: "invalid_grant", error_description: "Invalid JWT: exp (expiration time) is not set." },
    "no-iat": { error: "invalid_grant", error_description: "Invalid JWT: iat (issued at) is not set." },
    scope: { error: "invalid_scope", error_description: "Invalid OAuth scope or ID token audience provided." },
    signature: { error: "invalid_grant", error_description: "Invalid JWT Signature." },
    undecodable: { error: "invalid_request", error_description: "Bad Request" },
    window: {
      error: "invalid_grant",
      error_description: "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. " +
        "Check your iat and exp values in the JWT claim."
    }
  }

  it("is looked at for every recorded error", () => {
    assert.deepStrictEqual(names("oauth-error-"), Object.keys(errors).map((name) => `oauth-error-${name}`).toSorted())
  })

  for (const [name, error] of Object.entries(errors)) {
    it.effect(`decodes ${name}`, () =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* decode(textOf(response(`oauth-error-${name}`))), error)
      }))

    it.effect(`encodes ${name}`, () =>
      Effect.gen(function*() {
        const body = yield* Schema.encodeEffect(OAuth.TokenError)(error)
        assert.deepStrictEqual<unknown>(body, response(`oauth-error-${name}`).body)
      }))
  }

  it.effect("decodes an error without a description", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* decode("{\"error\":\"invalid_grant\"}"), { error: "invalid_grant" })
    }))
})
