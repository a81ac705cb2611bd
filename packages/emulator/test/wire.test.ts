import { Emulator } from "@cloud-messaging/emulator"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Schema } from "effect"
import { HttpBody, HttpClient, HttpClientRequest } from "effect/http"
import { TestClock } from "effect/testing"
import * as Crypto from "node:crypto"
import {
  type FixtureRequest,
  type FixtureResponse,
  parseJson,
  request,
  response,
  textOf
} from "../../protocol/test/utils/fixtures.ts"

/** Posts what a fixture says, as one who is let in, and reads the whole answer. */
const post = Effect.fnUntraced(function*(fixture: FixtureRequest, headers: { readonly [name: string]: string } = {}) {
  const all = { ...fixture.headers, ...headers }
  const answer = yield* HttpClientRequest.post(`https://fcm.googleapis.com${fixture.path}`).pipe(
    HttpClientRequest.setBody(HttpBody.text(textOf(fixture), all["content-type"])),
    HttpClientRequest.setHeaders(all),
    HttpClient.execute
  )
  return { status: answer.status, headers: answer.headers, text: yield* answer.text }
})

/** A body in Google's layout: see the fixture v1-error-layout. */
const laidOut = ({ body }: FixtureResponse): string => `${JSON.stringify(body, undefined, 2)}\n`

/** The fields of a JSON text in their order, without the layout. */
const compact = (text: string) => Effect.map(parseJson(text), (json) => JSON.stringify(json))

// -----------------------------------------------------------------------------
// FCM v1
// -----------------------------------------------------------------------------

const owner = { authorization: "Bearer owner" }

const asOwner = (fixture: FixtureRequest) => post(fixture, owner)

const toToken = (token: string, path = request("v1-send-token").path): FixtureRequest => ({
  ...request("v1-send-token"),
  path,
  body: { message: { token, data: { score: "850" } } }
})

describe("FCM v1", () => {
  const accepted = [
    "v1-send-token",
    "v1-send-fid",
    "v1-send-notification",
    "v1-send-portable",
    "v1-send-now-or-never",
    "v1-send-data-high",
    "v1-send-long-collapse-key",
    "v1-send-validate-only"
  ]

  for (const name of accepted) {
    it.effect(`answers ${name} as documented`, () =>
      Effect.gen(function*() {
        const expected = response(name)
        const { headers, status, text } = yield* asOwner(request(name))
        assert.strictEqual(status, expected.status)
        assert.strictEqual(headers["content-type"], expected.headers["content-type"])
        const withoutId = (text: string) => text.replace(/\/0:[^/"]+(?="})/, "/ID")
        assert.strictEqual(withoutId(yield* compact(text)), withoutId(textOf(expected)))
      }).pipe(Effect.provide(Emulator.layerHttpClient)))
  }

  it.effect("answers v1-send-snake-case as documented", () =>
    Effect.gen(function*() {
      const expected = response("v1-send-snake-case")
      const { status, text } = yield* asOwner(request("v1-send-snake-case"))
      assert.strictEqual(status, expected.status)
      assert.strictEqual(yield* compact(text), textOf(expected))
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("takes names of fields as the .proto file has them", () =>
    Effect.gen(function*() {
      yield* asOwner(request("v1-send-snake-case"))
      const [arrival] = yield* Emulator.Emulator.use(({ messages }) => messages.query())
      assert.isTrue(arrival?.dryRun)
      assert.deepStrictEqual<unknown>(arrival?.message, {
        data: { score: "850" },
        android: { collapseKey: "score_update", restrictedPackageName: "com.example.scores" },
        fcmOptions: { analyticsLabel: "match-42" }
      })
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  /** Recorded word for word, details in the recorded order. */
  const recorded: { readonly [name: string]: Effect.Effect<FixtureRequest> } = {
    "v1-error-data-value": Effect.sync(() => request("v1-error-data-value")),
    "v1-error-no-target": Effect.sync(() => request("v1-error-no-target")),
    "v1-error-token": Effect.succeed(toToken("emulator:invalid:1")),
    "v1-error-unregistered": Effect.succeed(toToken("emulator:unregistered:1")),
    "v1-error-sender-id-mismatch": Effect.succeed(toToken("emulator:mismatch:1")),
    "v1-error-apns-provider-token": Effect.succeed(toToken("emulator:apns-auth:1")),
    "v1-error-internal": Effect.succeed(toToken("emulator:internal:1")),
    "v1-error-permission-denied": Effect.succeed(toToken("ok", "/v1/projects/emulator-denied/messages:send")),
    "v1-error-project-not-found": Effect.succeed(toToken("ok", "/v1/projects/emulator-missing/messages:send"))
  }

  for (const [name, sent] of Object.entries(recorded)) {
    it.effect(`answers with the body of ${name}, to the byte`, () =>
      Effect.gen(function*() {
        const expected = response(name)
        const { headers, status, text } = yield* asOwner(yield* sent)
        assert.strictEqual(status, expected.status)
        assert.strictEqual(headers["content-type"], expected.headers["content-type"])
        assert.strictEqual(text, laidOut(expected).replaceAll("myproject-b5ae1", "emulator-denied"))
        assert.isEmpty(yield* Emulator.Emulator.use(({ messages }) => messages.query()))
      }).pipe(Effect.provide(Emulator.layerHttpClient)))
  }

  it.effect("lays a body out as documented", () =>
    Effect.gen(function*() {
      const { text } = yield* asOwner(request("v1-error-data-value"))
      assert.strictEqual(text.trimEnd(), textOf(response("v1-error-layout")))
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  for (const [who, headers] of Object.entries({ "a stranger": {}, nobody: { authorization: "" } })) {
    it.effect(`answers ${who} with the body of v1-error-access-token`, () =>
      Effect.gen(function*() {
        const expected = response("v1-error-access-token")
        const { status, text } = yield* post(request("v1-send-token"), headers)
        assert.strictEqual(status, expected.status)
        assert.strictEqual(text, laidOut(expected))
      }).pipe(Effect.provide(Emulator.layerHttpClient)))
  }

  /** The text is not recorded, status and details are documented. */
  const documented: { readonly [name: string]: string } = {
    "v1-error-unavailable": "emulator:unavailable:1",
    "v1-error-quota-device": "emulator:quota:1"
  }

  const Envelope = Schema.Struct({
    error: Schema.Struct({
      code: Schema.Number,
      message: Schema.String,
      status: Schema.String,
      details: Schema.optionalKey(Schema.Unknown)
    })
  })

  const errorOf = (text: string) =>
    Effect.map(Schema.decodeUnknownEffect(Schema.fromJsonString(Envelope))(text), (_) => _.error)

  for (const [name, token] of Object.entries(documented)) {
    it.effect(`answers with status, details and Retry-After of ${name}`, () =>
      Effect.gen(function*() {
        const expected = response(name)
        const { headers, status, text } = yield* asOwner(toToken(token))
        assert.strictEqual(status, expected.status)
        assert.strictEqual(headers["retry-after"], "1")
        const { message: _, ...said } = yield* errorOf(text)
        const { message: __, ...wanted } = yield* errorOf(textOf(expected))
        assert.deepStrictEqual(said, wanted)
      }).pipe(Effect.provide(Emulator.layerHttpClient)))
  }

  it.effect("answers with a page as the front end of v1-error-bad-gateway", () =>
    Effect.gen(function*() {
      const expected = response("v1-error-bad-gateway")
      const { headers, status, text } = yield* asOwner(toToken("emulator:html:1"))
      assert.strictEqual(status, expected.status)
      assert.strictEqual(headers["content-type"], expected.headers["content-type"])
      assert.strictEqual(text, textOf(expected))
    }).pipe(Effect.provide(Emulator.layerHttpClient)))
})

// -----------------------------------------------------------------------------
// GCM
// -----------------------------------------------------------------------------

const toIds = (...ids: ReadonlyArray<string>): FixtureRequest => ({
  ...request("gcm-send-one"),
  body: { registration_ids: ids }
})

/** Ids are the service's own: aside with them. */
const withoutIds = (text: string) =>
  text
    .replace(/(?<="multicast_id":)\d+/, "0")
    .replaceAll(/(?<="message_id":")[\d:]+(?=")/g, "ID")
    .replaceAll(/(?<="registration_id":")[^"]+(?=")/g, "ID")

describe("GCM", () => {
  const accepted = [
    "gcm-send-one",
    "gcm-send-portable",
    "gcm-send-now-or-never",
    "gcm-send-dry-run",
    "gcm-send-number"
  ]

  for (const name of accepted) {
    it.effect(`answers ${name} as documented`, () =>
      Effect.gen(function*() {
        const expected = response(name)
        const { headers, status, text } = yield* post(request(name))
        assert.strictEqual(status, expected.status)
        assert.strictEqual(headers["content-type"], expected.headers["content-type"])
        assert.strictEqual(withoutIds(text), withoutIds(textOf(expected)))
      }).pipe(Effect.provide(Emulator.layerHttpClient)))
  }

  it.effect("answers one result for each id, in the order of gcm-send-several", () =>
    Effect.gen(function*() {
      const { headers, status, text } = yield* post(toIds(
        "4",
        "emulator:unavailable:8",
        "emulator:invalid:15",
        "16",
        "emulator:moved:23",
        "emulator:unregistered:42"
      ))
      assert.strictEqual(status, 200)
      assert.strictEqual(headers["retry-after"], "1")
      assert.strictEqual(withoutIds(text), withoutIds(textOf(response("gcm-send-several"))))
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  /** Recorded byte for byte, or documented. */
  const refused: { readonly [name: string]: string } = {
    "gcm-invalid-registration": "emulator:invalid:1",
    "gcm-unavailable": "emulator:unavailable:1",
    "gcm-internal-server-error": "emulator:internal:1"
  }

  for (const [name, id] of Object.entries(refused)) {
    it.effect(`answers with the text of ${name}`, () =>
      Effect.gen(function*() {
        const expected = response(name)
        const { headers, status, text } = yield* post(toIds(id))
        assert.strictEqual(status, expected.status)
        assert.strictEqual(withoutIds(text), withoutIds(textOf(expected)))
        assert.strictEqual("retry-after" in headers, "retry-after" in expected.headers)
      }).pipe(Effect.provide(Emulator.layerHttpClient)))
  }

  const codes: { readonly [id: string]: string } = {
    "emulator:unregistered:1": "NotRegistered",
    "emulator:invalid:1": "InvalidRegistration",
    "emulator:mismatch:1": "MismatchSenderId",
    "emulator:apns-auth:1": "InvalidApnsCredential",
    "emulator:unavailable:1": "Unavailable",
    "emulator:internal:1": "InternalServerError",
    "emulator:quota:1": "DeviceMessageRateExceeded"
  }

  it.effect("answers with the documented code of every magic name", () =>
    Effect.gen(function*() {
      const { text } = yield* post(toIds(...Object.keys(codes)))
      assert.deepInclude(yield* parseJson(text), {
        success: 0,
        failure: Object.keys(codes).length,
        canonical_ids: 0,
        results: Object.values(codes).map((error) => ({ error }))
      })
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("gives a canonical id that is accepted without another", () =>
    Effect.gen(function*() {
      const Results = Schema.fromJsonString(Schema.Struct({
        results: Schema.Array(Schema.Struct({ registration_id: Schema.optionalKey(Schema.String) }))
      }))
      const moved = yield* post(toIds("emulator:moved:1"))
      const { results: [result] } = yield* Schema.decodeUnknownEffect(Results)(moved.text)
      const { text } = yield* post(toIds(result?.registration_id ?? ""))
      assert.strictEqual(withoutIds(text), withoutIds(textOf(response("gcm-send-one"))))
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  for (const name of ["gcm-400", "gcm-400-wrong-type"]) {
    it.effect(`says in a text why it refuses ${name}`, () =>
      Effect.gen(function*() {
        const expected = response(name)
        const { headers, status, text } = yield* post(request(name))
        assert.strictEqual(status, expected.status)
        assert.strictEqual(headers["content-type"], expected.headers["content-type"])
        assert.match(text, /^[^<{].+\n$/)
      }).pipe(Effect.provide(Emulator.layerHttpClient)))
  }

  it.effect("refuses no ids, and more than 1000", () =>
    Effect.gen(function*() {
      const statusOf = (count: number) =>
        Effect.map(post(toIds(...Array.from({ length: count }, (_, i) => `id-${i}`))), ({ status }) => status)
      assert.deepStrictEqual(yield* Effect.forEach([0, 1, 1000, 1001], statusOf), [400, 200, 200, 400])
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  const strangers: { readonly [who: string]: string } = {
    "a wrong key": "key=emulator:bad-key",
    "no key": "",
    "a bearer token": "Bearer owner"
  }

  for (const [who, authorization] of Object.entries(strangers)) {
    it.effect(`answers ${who} with the status of gcm-401`, () =>
      Effect.gen(function*() {
        const { status } = yield* post(request("gcm-send-one"), { authorization })
        assert.strictEqual(status, response("gcm-401").status)
      }).pipe(Effect.provide(Emulator.layerHttpClient)))
  }
})

// -----------------------------------------------------------------------------
// OAuth
// -----------------------------------------------------------------------------

interface Claims {
  readonly iss?: unknown
  readonly scope?: unknown
  readonly aud?: unknown
  readonly iat?: unknown
  readonly exp?: unknown
}

const now = 1_700_000_000

const claims = {
  iss: Emulator.serviceAccount.clientEmail,
  scope: "https://www.googleapis.com/auth/firebase.messaging",
  aud: "https://oauth2.googleapis.com/token",
  iat: now,
  exp: now + 3600
}

const otherKey = Crypto.generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" }
}).privateKey

const sign = (
  claims: Claims,
  { alg = "RS256", key = Redacted.value(Emulator.serviceAccount.privateKey) }: {
    readonly alg?: string
    readonly key?: string
  } = {}
): string => {
  const segment = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url")
  const signed = `${segment({ alg, typ: "JWT", kid: Emulator.serviceAccount.privateKeyId })}.${segment(claims)}`
  return `${signed}.${Crypto.createSign("RSA-SHA256").update(signed).sign(key, "base64url")}`
}

const ask = (assertion: string) =>
  Effect.gen(function*() {
    yield* TestClock.setTime(now * 1000)
    const { text = "", ...fixture } = request("oauth-token")
    return yield* post({ ...fixture, text: text.replace("ASSERTION", assertion) })
  })

describe("OAuth", () => {
  it.effect("gives a token for the documented form", () =>
    Effect.gen(function*() {
      const expected = response("oauth-token")
      const { headers, status, text } = yield* ask(sign(claims))
      assert.strictEqual(status, expected.status)
      assert.strictEqual(headers["content-type"], expected.headers["content-type"])
      const withoutToken = (text: string) => text.replace(/(?<="access_token":")[^"]+/, "TOKEN")
      assert.strictEqual(withoutToken(yield* compact(text)), withoutToken(textOf(expected)))
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  const { aud: _aud, ...noAudience } = claims
  const { exp: _exp, ...noExp } = claims
  const { iat: _iat, ...noIat } = claims
  const { scope: _scope, ...noScope } = claims
  // one for Google that another key signed is told more: see Emulator.test.ts
  const forNobody = { ...claims, aud: "https://example.com/token" }

  const faults: { readonly [what: string]: readonly [name: string, assertion: string] } = {
    "an assertion that is none": ["undecodable", "nonsense"],
    "an assertion of parts that are no JSON": ["undecodable", "a.b.c"],
    "a signature of another key": ["signature", sign(forNobody, { key: otherKey })],
    "another algorithm": ["signature", sign(forNobody, { alg: "HS256" })],
    "no algorithm at all": ["signature", sign(forNobody, { alg: "none" })],
    "an unknown account": ["account", sign({ ...claims, iss: "nobody@example.com" })],
    "no iat": ["no-iat", sign(noIat)],
    "no exp": ["no-exp", sign(noExp)],
    "a lifetime of more than an hour": ["window", sign({ ...claims, exp: now + 3601 })],
    "an assertion of two hours ago": ["window", sign({ ...claims, iat: now - 7200, exp: now - 3600 })],
    "an assertion of tomorrow": ["window", sign({ ...claims, iat: now + 86_400, exp: now + 90_000 })],
    "no scope": ["scope", sign(noScope)],
    "an empty scope": ["scope", sign({ ...claims, scope: "" })],
    "another audience": ["audience", sign({ ...claims, aud: "https://accounts.google.com/o/oauth2/token" })],
    "no audience": ["audience", sign(noAudience)],
    "every fault but one of structure": [
      "signature",
      sign({ iss: "nobody@example.com", scope: "" }, { key: otherKey })
    ],
    "every fault from the account on": ["account", sign({ iss: "nobody@example.com", scope: "" })],
    "every fault from the times on": ["no-iat", sign({ iss: claims.iss, scope: "" })],
    "every fault from the window on": ["window", sign({ iss: claims.iss, scope: "", iat: 0, exp: 1 })],
    "every fault from the scope on": ["scope", sign({ ...claims, scope: "", aud: "nowhere" })]
  }

  for (const [what, [name, assertion]] of Object.entries(faults)) {
    it.effect(`answers ${what} with oauth-error-${name}`, () =>
      Effect.gen(function*() {
        const expected = response(`oauth-error-${name}`)
        const { headers, status, text } = yield* ask(assertion)
        assert.strictEqual(status, expected.status)
        assert.strictEqual(headers["content-type"], expected.headers["content-type"])
        assert.strictEqual(yield* compact(text), textOf(expected))
      }).pipe(Effect.provide(Emulator.layerHttpClient)))
  }

  // as experiments with a service account found
  const taken: { readonly [what: string]: Claims } = {
    "issued 300 seconds ahead": { ...claims, iat: now + 300, exp: now + 3900 },
    "that expires now": { ...claims, iat: now - 3600, exp: now },
    "with times as text": { ...claims, iat: String(now), exp: String(now + 3600) }
  }

  for (const [what, claims] of Object.entries(taken)) {
    it.effect(`takes an assertion ${what}`, () =>
      Effect.gen(function*() {
        const { status } = yield* ask(sign(claims))
        assert.strictEqual(status, 200)
      }).pipe(Effect.provide(Emulator.layerHttpClient)))
  }

  it.effect("gives tokens that let in until they expire", () =>
    Effect.gen(function*() {
      const { text } = yield* ask(sign(claims))
      const Token = Schema.fromJsonString(Schema.Struct({ access_token: Schema.String }))
      const { access_token } = yield* Schema.decodeUnknownEffect(Token)(text)
      const status = Effect.map(
        post(request("v1-send-token"), { authorization: `Bearer ${access_token}` }),
        (_) => _.status
      )
      yield* TestClock.adjust("3598 seconds")
      assert.strictEqual(yield* status, 200)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* status, 401)
    }).pipe(Effect.provide(Emulator.layerHttpClient)))
})
