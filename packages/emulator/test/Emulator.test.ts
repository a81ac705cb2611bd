import { Emulator } from "@cloud-messaging/emulator"
import { OAuth } from "@cloud-messaging/protocol"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Schema, Stream } from "effect"
import { HttpClient, HttpClientRequest, HttpServerRequest } from "effect/http"
import { TestClock } from "effect/testing"
import { accessToken, assertion, type Claims, encode, foreignKey, goodClaims, unsigned } from "./utils/assertion.ts"
import {
  askToken,
  exchange,
  fcmError,
  fcmJson,
  fcmRequest,
  fcmText,
  gcmJson,
  gcmRequest,
  gcmResults,
  gcmText,
  sendFcm,
  sendGcm,
  violations
} from "./utils/requests.ts"

const arrived = Effect.flatMap(Emulator.Emulator, ({ messages }) => messages.query())

const requested = Effect.flatMap(Emulator.Emulator, ({ requests }) => requests)

// -----------------------------------------------------------------------------
// Fates
// -----------------------------------------------------------------------------

const fcmFaults = [
  { name: "unregistered", status: 404, canonical: "NOT_FOUND", code: "UNREGISTERED", retryAfter: undefined },
  { name: "invalid", status: 400, canonical: "INVALID_ARGUMENT", code: "INVALID_ARGUMENT", retryAfter: undefined },
  { name: "mismatch", status: 403, canonical: "PERMISSION_DENIED", code: "SENDER_ID_MISMATCH", retryAfter: undefined },
  {
    name: "apns-auth",
    status: 401,
    canonical: "UNAUTHENTICATED",
    code: "THIRD_PARTY_AUTH_ERROR",
    retryAfter: undefined
  },
  { name: "unavailable", status: 503, canonical: "UNAVAILABLE", code: "UNAVAILABLE", retryAfter: "1" },
  { name: "internal", status: 500, canonical: "INTERNAL", code: "INTERNAL", retryAfter: "1" },
  { name: "quota", status: 429, canonical: "RESOURCE_EXHAUSTED", code: "QUOTA_EXCEEDED", retryAfter: "1" }
]

const gcmFaults = [
  { name: "unregistered", error: "NotRegistered", retryAfter: undefined, transient: false },
  { name: "invalid", error: "InvalidRegistration", retryAfter: undefined, transient: false },
  { name: "mismatch", error: "MismatchSenderId", retryAfter: undefined, transient: false },
  { name: "apns-auth", error: "InvalidApnsCredential", retryAfter: undefined, transient: false },
  { name: "unavailable", error: "Unavailable", retryAfter: "1", transient: true },
  { name: "internal", error: "InternalServerError", retryAfter: "1", transient: true },
  { name: "quota", error: "DeviceMessageRateExceeded", retryAfter: undefined, transient: true }
]

/** Fates that spoil the whole answer. */
const brokenAnswers = (options: {
  readonly send: (name: string) => HttpClientRequest.HttpClientRequest
  readonly recipients: (name: string) => ReadonlyArray<string>
}) => {
  const recipients = Effect.map(arrived, (arrivals) => arrivals.map(({ recipient }) => recipient))

  it.effect.each([{ name: "reset", times: 3 }, { name: "reset-2", times: 2 }])(
    "$name drops the connection, and accepts nothing",
    ({ name, times }) =>
      Effect.gen(function*() {
        for (let i = 0; i < times; i++) {
          const error = yield* Effect.flip(HttpClient.execute(options.send(name)))
          assert.strictEqual(error._tag, "HttpClientError")
          assert.strictEqual(error.reason._tag, "TransportError")
          assert.isUndefined(error.response)
        }
        assert.deepStrictEqual(yield* recipients, [])
        if (name.endsWith("-2")) {
          assert.strictEqual((yield* exchange(options.send(name))).status, 200)
          assert.deepStrictEqual(yield* recipients, options.recipients(name))
        }
      }).pipe(Effect.provide(Emulator.layerHttpClient))
  )

  it.effect.each([{ name: "html", times: 3 }, { name: "html-2", times: 2 }])(
    "$name is an HTML page with 502, and accepts nothing",
    ({ name, times }) =>
      Effect.gen(function*() {
        for (let i = 0; i < times; i++) {
          const response = yield* HttpClient.execute(options.send(name))
          assert.strictEqual(response.status, 502)
          assert.match(response.headers["content-type"] ?? "", /^text\/html/)
          assert.match(yield* response.text, /^<!DOCTYPE html>/)
          const error = yield* Effect.flip(response.json)
          assert.strictEqual(error.reason._tag, "DecodeError")
        }
        assert.deepStrictEqual(yield* recipients, [])
        if (name.endsWith("-2")) {
          assert.strictEqual((yield* exchange(options.send(name))).status, 200)
          assert.deepStrictEqual(yield* recipients, options.recipients(name))
        }
      }).pipe(Effect.provide(Emulator.layerHttpClient))
  )

  it.effect.each([{ name: "cut", times: 3 }, { name: "cut-2", times: 2 }])(
    "$name accepts, and stops in the middle of the answer",
    ({ name, times }) =>
      Effect.gen(function*() {
        for (let i = 0; i < times; i++) {
          const response = yield* HttpClient.execute(options.send(name))
          assert.strictEqual(response.status, 200)
          const parts: Array<Uint8Array> = []
          const error = yield* response.stream.pipe(
            Stream.runForEach((part) => Effect.sync(() => parts.push(part))),
            Effect.flip
          )
          assert.strictEqual(error._tag, "HttpClientError")
          assert.strictEqual(error.reason._tag, "DecodeError")
          const text = Buffer.concat(parts).toString()
          assert.isAbove(text.length, 0)
          assert.isBelow(text.length, Number(response.headers["content-length"]))
          assert.throws(() => JSON.parse(text))
        }
        const taken = Array.from({ length: times }, () => options.recipients(name)).flat()
        assert.deepStrictEqual(yield* recipients, taken)
        const error = yield* Effect.flip(exchange(options.send("cut")))
        assert.strictEqual(error.reason._tag, "DecodeError")
        if (name.endsWith("-2")) {
          assert.strictEqual((yield* exchange(options.send(name))).status, 200)
        }
      }).pipe(Effect.provide(Emulator.layerHttpClient))
  )
}

/** Faults of an assertion's claims, in the order in which they are told. */
const claimFaults: ReadonlyArray<{
  readonly what: string
  readonly faulty: (claims: Claims) => Claims
  readonly error: string
  readonly error_description: string
}> = [
  {
    what: "an unknown account",
    faulty: (claims) => ({ ...claims, iss: "other@example.iam.gserviceaccount.com" }),
    error: "invalid_grant",
    error_description: "Invalid grant: account not found"
  },
  {
    what: "no iat",
    faulty: (claims) => ({ ...claims, iat: undefined }),
    error: "invalid_grant",
    error_description: "Invalid JWT: iat (issued at) is not set."
  },
  {
    what: "no exp",
    faulty: (claims) => ({ ...claims, exp: undefined }),
    error: "invalid_grant",
    error_description: "Invalid JWT: exp (expiration time) is not set."
  },
  {
    what: "a time out of the window",
    faulty: (claims) => ({ ...claims, iat: Number(claims.iat) - 7200, exp: Number(claims.exp) - 7200 }),
    error: "invalid_grant",
    error_description: "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. " +
      "Check your iat and exp values in the JWT claim."
  },
  {
    what: "an empty scope",
    faulty: (claims) => ({ ...claims, scope: "" }),
    error: "invalid_scope",
    error_description: "Invalid OAuth scope or ID token audience provided."
  },
  {
    what: "another audience",
    faulty: (claims) => ({ ...claims, aud: "https://example.com/token" }),
    error: "invalid_grant",
    error_description: "Invalid JWT: Failed audience check."
  }
]

// -----------------------------------------------------------------------------
// Tests
// -----------------------------------------------------------------------------

describe("Emulator", () => {
  describe("magic names, FCM v1", () => {
    it.effect.each([
      { name: "any-other:name_" },
      { name: "emulator:ok:a" },
      { name: "emulator:moved:a" },
      { name: "emulator:unregistered" },
      { name: "emulator:nonsense:a" },
      { name: "an-emulator:unregistered:a" },
      { name: "emulator:unavailable-0:a" }
    ])("accepts $name", ({ name }) =>
      Effect.gen(function*() {
        const answer = yield* sendFcm(name)
        assert.strictEqual(answer.status, 200)
        const arrivals = yield* arrived
        assert.deepStrictEqual(arrivals.map(({ recipient }) => recipient), [name])
        assert.deepStrictEqual(answer.body, { name: arrivals[0]?.messageId })
      }).pipe(Effect.provide(Emulator.layerHttpClient)))

    it.effect.each(fcmFaults)(
      "$name is $code with $status, always",
      ({ canonical, code, name, retryAfter, status }) =>
        Effect.gen(function*() {
          for (let i = 0; i < 3; i++) {
            const answer = yield* sendFcm(`emulator:${name}:a`)
            assert.strictEqual(answer.status, status)
            assert.strictEqual(answer.retryAfter, retryAfter)
            assert.deepStrictEqual(fcmError(answer), { status: canonical, code })
          }
          assert.deepStrictEqual(yield* arrived, [])
        }).pipe(Effect.provide(Emulator.layerHttpClient))
    )

    it.effect.each(fcmFaults.filter(({ retryAfter }) => retryAfter !== undefined))(
      "$name-2 is $code twice, then accepted",
      ({ code, name, status }) =>
        Effect.gen(function*() {
          const answers = yield* Effect.replicateEffect(sendFcm(`emulator:${name}-2:a`), 4)
          assert.deepStrictEqual(answers.map((answer) => answer.status), [status, status, 200, 200])
          assert.deepStrictEqual(answers.map((answer) => fcmError(answer).code), [code, code, undefined, undefined])
          assert.lengthOf(yield* arrived, 2)
        }).pipe(Effect.provide(Emulator.layerHttpClient))
    )

    it.effect("invalid names the token as the wrong field", () =>
      Effect.gen(function*() {
        assert.deepStrictEqual(violations(yield* sendFcm("emulator:invalid:a")), [
          { field: "message.token", description: "Invalid registration token" }
        ])
      }).pipe(Effect.provide(Emulator.layerHttpClient)))

    it.effect("quota names the device", () =>
      Effect.gen(function*() {
        const { text } = yield* sendFcm("emulator:quota:a")
        assert.match(text, /google\.rpc\.QuotaFailure/)
        assert.match(text, /device/)
      }).pipe(Effect.provide(Emulator.layerHttpClient)))

    it.effect("apns-auth says what Apple answered", () =>
      Effect.gen(function*() {
        const { text } = yield* sendFcm("emulator:apns-auth:a")
        assert.match(text, /"statusCode": 403/)
        assert.match(text, /"reason": "InvalidProviderToken"/)
      }).pipe(Effect.provide(Emulator.layerHttpClient)))

    it.effect("a fate counts for installation ids as well", () =>
      Effect.gen(function*() {
        const answer = yield* exchange(fcmJson({ message: { fid: "emulator:unregistered:a" } }))
        assert.deepStrictEqual(fcmError(answer), { status: "NOT_FOUND", code: "UNREGISTERED" })
      }).pipe(Effect.provide(Emulator.layerHttpClient)))

    it.effect("slow-1500 is accepted after 1500 milliseconds", () =>
      Effect.gen(function*() {
        const fiber = yield* Effect.forkChild(sendFcm("emulator:slow-1500:a"))
        yield* TestClock.adjust(1499)
        assert.isUndefined(fiber.pollUnsafe())
        assert.deepStrictEqual(yield* arrived, [])
        yield* TestClock.adjust(1)
        assert.strictEqual((yield* Fiber.join(fiber)).status, 200)
        assert.lengthOf(yield* arrived, 1)
      }).pipe(Effect.provide(Emulator.layerHttpClient)))

    it.effect("nobody receives what its sender gave up while it was slow", () =>
      Effect.gen(function*() {
        const fiber = yield* Effect.forkChild(sendFcm("emulator:slow-1500:a"))
        yield* TestClock.adjust(1499)
        yield* Fiber.interrupt(fiber)
        yield* TestClock.adjust(10_000)
        assert.deepStrictEqual(yield* arrived, [])
      }).pipe(Effect.provide(Emulator.layerHttpClient)))

    brokenAnswers({
      send: (name) => fcmRequest(`emulator:${name}:a`),
      recipients: (name) => [`emulator:${name}:a`]
    })
  })

  describe("magic names, GCM", () => {
    it.effect.each([
      { name: "any-other:name_" },
      { name: "emulator:ok:a" },
      { name: "emulator:unregistered" },
      { name: "emulator:nonsense:a" },
      { name: "emulator:unavailable-0:a" }
    ])("accepts $name", ({ name }) =>
      Effect.gen(function*() {
        const answer = yield* sendGcm([name])
        assert.strictEqual(answer.status, 200)
        const arrivals = yield* arrived
        assert.deepStrictEqual(arrivals.map(({ recipient }) => recipient), [name])
        assert.deepInclude(answer.body, {
          success: 1,
          failure: 0,
          canonical_ids: 0,
          results: [{ message_id: arrivals[0]?.messageId }]
        })
        assert.property(answer.body, "multicast_id")
      }).pipe(Effect.provide(Emulator.layerHttpClient)))

    it.effect.each(gcmFaults)(
      "$name is $error for its id alone, always",
      ({ error, name, retryAfter }) =>
        Effect.gen(function*() {
          for (let i = 0; i < 3; i++) {
            const answer = yield* sendGcm(["before", `emulator:${name}:a`, "after"])
            assert.strictEqual(answer.status, 200)
            assert.strictEqual(answer.retryAfter, retryAfter)
            assert.deepStrictEqual(gcmResults(answer), ["ok", error, "ok"])
          }
          const recipients = (yield* arrived).map(({ recipient }) => recipient)
          assert.deepStrictEqual(recipients, ["before", "after", "before", "after", "before", "after"])
        }).pipe(Effect.provide(Emulator.layerHttpClient))
    )

    it.effect.each(gcmFaults.filter(({ transient }) => transient))(
      "$name-2 is $error twice, then accepted",
      ({ error, name }) =>
        Effect.gen(function*() {
          const answers = yield* Effect.replicateEffect(sendGcm([`emulator:${name}-2:a`]), 4)
          assert.deepStrictEqual(answers.flatMap(gcmResults), [error, error, "ok", "ok"])
          assert.deepStrictEqual(answers.map(({ status }) => status), [200, 200, 200, 200])
          assert.isUndefined(answers[2]?.retryAfter)
          assert.lengthOf(yield* arrived, 2)
        }).pipe(Effect.provide(Emulator.layerHttpClient))
    )

    it.effect("every fate has its place in the order of the ids", () =>
      Effect.gen(function*() {
        const ids = gcmFaults.flatMap(({ name }) => [`emulator:${name}-1:a`, `${name}`])
        const first = yield* sendGcm(ids)
        assert.deepStrictEqual(gcmResults(first), gcmFaults.flatMap(({ error }) => [error, "ok"]))
        const second = yield* sendGcm(ids)
        const expected = gcmFaults.flatMap(({ error, transient }) => [transient ? "ok" : error, "ok"])
        assert.deepStrictEqual(gcmResults(second), expected)
      }).pipe(Effect.provide(Emulator.layerHttpClient)))

    it.effect("the counters agree with the results", () =>
      Effect.gen(function*() {
        const { body } = yield* sendGcm(["a", "emulator:moved:b", "emulator:invalid:c", "emulator:unavailable:d", "e"])
        assert.deepInclude(body, { success: 3, failure: 2, canonical_ids: 1 })
      }).pipe(Effect.provide(Emulator.layerHttpClient)))

    it.effect("a moved id is accepted with its canonical id, which has not moved", () =>
      Effect.gen(function*() {
        const { body } = yield* sendGcm(["a", "emulator:moved:b"])
        const [a, b] = yield* arrived
        const canonical = "emulator:ok:b"
        assert.deepInclude(body, {
          results: [{ message_id: a?.messageId }, { message_id: b?.messageId, registration_id: canonical }]
        })
        assert.strictEqual(b?.recipient, "emulator:moved:b")
        assert.deepInclude((yield* sendGcm([canonical])).body, { success: 1, canonical_ids: 0 })
      }).pipe(Effect.provide(Emulator.layerHttpClient)))

    it.effect("a request is as slow as its slowest id", () =>
      Effect.gen(function*() {
        const fiber = yield* Effect.forkChild(sendGcm(["a", "emulator:slow-2000:b", "emulator:slow-1000:c"]))
        yield* TestClock.adjust(1999)
        assert.isUndefined(fiber.pollUnsafe())
        assert.deepStrictEqual(yield* arrived, [])
        yield* TestClock.adjust(1)
        assert.deepStrictEqual(gcmResults(yield* Fiber.join(fiber)), ["ok", "ok", "ok"])
        assert.lengthOf(yield* arrived, 3)
      }).pipe(Effect.provide(Emulator.layerHttpClient)))

    brokenAnswers({
      send: (name) => gcmRequest(["before", `emulator:${name}:a`, "after"]),
      recipients: (name) => ["before", `emulator:${name}:a`, "after"]
    })
  })

  describe("counters of faults", () => {
    it.effect("are kept per project, endpoint and recipient", () =>
      Effect.gen(function*() {
        const id = "emulator:unavailable-1:a"
        const inProject = (authorization: string) => Effect.map(sendGcm([id], { authorization }), gcmResults)
        const steps = [
          Effect.map(sendFcm(id, { project: "one" }), ({ status }) => status),
          Effect.map(sendFcm(id, { project: "two" }), ({ status }) => status),
          Effect.map(sendFcm("emulator:unavailable-1:b", { project: "one" }), ({ status }) => status),
          inProject("key=emulator:one"),
          inProject("key=emulator:two"),
          inProject("key=anything"),
          Effect.map(sendFcm(id, { project: "one" }), ({ status }) => status),
          Effect.map(sendFcm(id, { project: "two" }), ({ status }) => status),
          inProject("key=emulator:one"),
          inProject("key=something else")
        ]
        assert.deepStrictEqual(yield* Effect.all(steps), [
          503,
          503,
          503,
          ["Unavailable"],
          ["Unavailable"],
          ["Unavailable"],
          200,
          200,
          ["ok"],
          ["ok"]
        ])
      }).pipe(Effect.provide(Emulator.layerHttpClient)))

    it.effect("do not count requests that were refused before", () =>
      Effect.gen(function*() {
        const id = "emulator:unavailable-1:a"
        yield* sendFcm(id, { authorization: "Bearer wrong" })
        yield* sendGcm([id], { authorization: "key=emulator:bad-key" })
        assert.strictEqual((yield* sendFcm(id)).status, 503)
        assert.deepStrictEqual(gcmResults(yield* sendGcm([id])), ["Unavailable"])
      }).pipe(Effect.provide(Emulator.layerHttpClient)))
  })

  describe("who may send", () => {
    it.effect.each([
      { what: "no header", authorization: undefined },
      { what: "an empty header", authorization: "" },
      { what: "a scheme alone", authorization: "Bearer" },
      { what: "a token that nobody issued", authorization: "Bearer wrong" },
      { what: "an API key", authorization: "key=owner" },
      { what: "another scheme", authorization: "Basic owner" }
    ])("FCM v1 refuses $what with 401 and no FcmError", ({ authorization }) =>
      Effect.gen(function*() {
        const answer = yield* sendFcm("a", { authorization })
        assert.strictEqual(answer.status, 401)
        assert.deepStrictEqual(fcmError(answer), { status: "UNAUTHENTICATED", code: undefined })
        assert.deepStrictEqual(yield* arrived, [])
      }).pipe(Effect.provide(Emulator.layerHttpClient)))

    it.effect("the bearer token owner lets in, in any project", () =>
      Effect.gen(function*() {
        assert.strictEqual((yield* sendFcm("a", { authorization: "Bearer owner" })).status, 200)
        assert.strictEqual((yield* sendFcm("a", { authorization: "bearer owner", project: "other" })).status, 200)
      }).pipe(Effect.provide(Emulator.layerHttpClient)))

    it.effect("an issued token lets in until 3599 seconds later", () =>
      Effect.gen(function*() {
        yield* TestClock.setTime(1_800_000_000_000)
        const authorization = `Bearer ${accessToken((yield* askToken(assertion(yield* goodClaims))).body)}`
        const status = Effect.map(sendFcm("a", { authorization }), (answer) => answer.status)
        assert.strictEqual(yield* status, 200)
        yield* TestClock.adjust("3598 seconds")
        assert.strictEqual(yield* status, 200)
        yield* TestClock.adjust("1 second")
        assert.strictEqual(yield* status, 401)
      }).pipe(Effect.provide(Emulator.layerHttpClient)))

    it.effect("a new token does not end an older one", () =>
      Effect.gen(function*() {
        const claims = yield* goodClaims
        const tokens = yield* Effect.replicateEffect(askToken(assertion(claims)), 2)
        const [first, second] = tokens.map(({ body }) => accessToken(body))
        assert.notStrictEqual(first, second)
        assert.strictEqual((yield* sendFcm("a", { authorization: `Bearer ${first}` })).status, 200)
        assert.strictEqual((yield* sendFcm("a", { authorization: `Bearer ${second}` })).status, 200)
      }).pipe(Effect.provide(Emulator.layerHttpClient)))

    it.effect.each([
      { project: "emulator-denied", status: 403, canonical: "PERMISSION_DENIED" },
      { project: "emulator-missing", status: 404, canonical: "NOT_FOUND" }
    ])(
      "the project $project is $status, without an FcmError",
      ({ canonical, project, status }) =>
        Effect.gen(function*() {
          const answer = yield* sendFcm("a", { project })
          assert.strictEqual(answer.status, status)
          assert.deepStrictEqual(fcmError(answer), { status: canonical, code: undefined })
          assert.strictEqual((yield* sendFcm("a", { project, authorization: "Bearer wrong" })).status, 401)
          assert.deepStrictEqual(yield* arrived, [])
        }).pipe(Effect.provide(Emulator.layerHttpClient))
    )

    it.effect.each([
      { what: "no header", authorization: undefined },
      { what: "the key emulator:bad-key", authorization: "key=emulator:bad-key" },
      { what: "an empty key", authorization: "key=" },
      { what: "a bearer token", authorization: "Bearer owner" },
      { what: "a bare key", authorization: "API_KEY" }
    ])("GCM refuses $what with 401", ({ authorization }) =>
      Effect.gen(function*() {
        assert.strictEqual((yield* sendGcm(["a"], { authorization })).status, 401)
        assert.deepStrictEqual(yield* arrived, [])
      }).pipe(Effect.provide(Emulator.layerHttpClient)))

    it.effect.each([
      { key: "emulator:my-project", project: "my-project" },
      { key: "emulator:a:b", project: "a:b" },
      { key: "AIzaSy-anything", project: "default" },
      { key: "emulator:", project: "default" },
      { key: "owner", project: "default" }
    ])("the API key $key stands for the project $project", ({ key, project }) =>
      Effect.gen(function*() {
        assert.strictEqual((yield* sendGcm(["a"], { authorization: `key=${key}` })).status, 200)
        assert.deepStrictEqual((yield* arrived).map((arrival) => arrival.project), [project])
      }).pipe(Effect.provide(Emulator.layerHttpClient)))
  })

  describe("wrong requests, FCM v1", () => {
    it.effect.each([
      { what: "no JSON", text: "{" },
      { what: "an empty body", text: "" },
      { what: "HTML", text: "<html>" },
      { what: "null", text: "null" },
      { what: "an array", text: "[]" },
      { what: "a string", text: "\"message\"" },
      { what: "an empty object", text: "{}" },
      { what: "a message that is null", text: "{\"message\":null}" },
      { what: "two targets", text: "{\"message\":{\"token\":\"a\",\"fid\":\"b\"}}" },
      { what: "an empty token", text: "{\"message\":{\"token\":\"\"}}" }
    ])("$what is 400 INVALID_ARGUMENT", ({ text }) =>
      Effect.gen(function*() {
        const answer = yield* exchange(fcmText(text))
        assert.strictEqual(answer.status, 400)
        assert.strictEqual(fcmError(answer).status, "INVALID_ARGUMENT")
        assert.deepStrictEqual(yield* arrived, [])
      }).pipe(Effect.provide(Emulator.layerHttpClient)))

    it.effect.each([
      { field: "message.data[0].value", message: { data: { score: 12 } } },
      { field: "message.data[2].value", message: { data: { a: "1", b: "2", c: {} } } },
      { field: "message.data[0].value", message: { data: { "a.b": null } } },
      { field: "message.token", message: { token: 7 } },
      { field: "message.fid", message: { token: undefined, fid: 7 } },
      { field: "message.notification", message: { notification: "text" } },
      { field: "message.notification.title", message: { notification: { title: 7 } } },
      { field: "message.android.priority", message: { android: { priority: "URGENT" } } },
      { field: "message.android.ttl", message: { android: { ttl: "5 minutes" } } },
      { field: "message.apns.headers[0].value", message: { apns: { headers: { "apns-priority": 5 } } } },
      { field: "message.webpush.headers[1].value", message: { webpush: { headers: { TTL: "5", Urgency: 1 } } } }
    ])("$field of the wrong type is named", ({ field, message }) =>
      Effect.gen(function*() {
        const answer = yield* exchange(fcmJson({ message: { token: "a", ...message } }))
        assert.strictEqual(answer.status, 400)
        assert.strictEqual(fcmError(answer).status, "INVALID_ARGUMENT")
        assert.deepStrictEqual(violations(answer).map((violation) => violation.field), [field])
        assert.deepStrictEqual(yield* arrived, [])
      }).pipe(Effect.provide(Emulator.layerHttpClient)))

    it.effect("a value that is no string is told in Google's words", () =>
      Effect.gen(function*() {
        const answer = yield* exchange(fcmJson({ message: { token: "a", data: { score: 12 } } }))
        const text = "Invalid value at 'message.data[0].value' (TYPE_STRING), 12"
        assert.deepStrictEqual(answer.body, {
          error: {
            code: 400,
            message: text,
            status: "INVALID_ARGUMENT",
            details: [{
              "@type": "type.googleapis.com/google.rpc.BadRequest",
              fieldViolations: [{ field: "message.data[0].value", description: text }]
            }]
          }
        })
      }).pipe(Effect.provide(Emulator.layerHttpClient)))

    it.effect("every wrong field is named", () =>
      Effect.gen(function*() {
        const answer = yield* exchange(
          fcmJson({ message: { token: 7, data: { a: 1, b: "2", c: 3 }, notification: { body: false } } })
        )
        assert.sameMembers(violations(answer).map(({ field }) => field), [
          "message.token",
          "message.data[0].value",
          "message.data[2].value",
          "message.notification.body"
        ])
      }).pipe(Effect.provide(Emulator.layerHttpClient)))

    it.effect("a message without a target is told in Google's words", () =>
      Effect.gen(function*() {
        const answer = yield* exchange(fcmJson({ message: { data: { a: "1" } } }))
        assert.strictEqual(answer.status, 400)
        assert.deepStrictEqual(fcmError(answer), { status: "INVALID_ARGUMENT", code: "INVALID_ARGUMENT" })
        assert.deepStrictEqual(violations(answer), [
          { field: "message", description: "Recipient of the message is not set." }
        ])
        assert.deepStrictEqual(yield* arrived, [])
      }).pipe(Effect.provide(Emulator.layerHttpClient)))
  })

  describe("wrong requests, GCM", () => {
    it.effect.each([
      { what: "no JSON", text: "{" },
      { what: "an empty body", text: "" },
      { what: "null", text: "null" },
      { what: "an empty object", text: "{}" },
      { what: "ids that are no array", text: "{\"registration_ids\":\"a\"}" },
      { what: "an id that is a number", text: "{\"registration_ids\":[7]}" },
      { what: "no ids", text: "{\"registration_ids\":[]}" },
      { what: "a time to live that is text", text: "{\"registration_ids\":[\"a\"],\"time_to_live\":\"soon\"}" },
      { what: "a dry run that is text", text: "{\"registration_ids\":[\"a\"],\"dry_run\":\"yes\"}" },
      { what: "data that are text", text: "{\"registration_ids\":[\"a\"],\"data\":\"text\"}" }
    ])("$what is 400, with a reason in words", ({ text }) =>
      Effect.gen(function*() {
        const answer = yield* exchange(gcmText(text))
        assert.strictEqual(answer.status, 400)
        assert.match(answer.contentType ?? "", /^text\/plain/)
        assert.notStrictEqual(answer.text.trim(), "")
        assert.deepStrictEqual(yield* arrived, [])
      }).pipe(Effect.provide(Emulator.layerHttpClient)))

    it.effect("1000 ids are accepted, 1001 are 400", () =>
      Effect.gen(function*() {
        const ids = Array.from({ length: 1001 }, (_, i) => `id-${i}`)
        const tooMany = yield* sendGcm(ids)
        assert.strictEqual(tooMany.status, 400)
        assert.match(tooMany.text, /1001.*1000/)
        assert.deepStrictEqual(yield* arrived, [])
        const full = yield* sendGcm(ids.slice(1))
        assert.deepInclude(full.body, { success: 1000, failure: 0 })
        assert.deepStrictEqual((yield* arrived).map(({ recipient }) => recipient), ids.slice(1))
      }).pipe(Effect.provide(Emulator.layerHttpClient)))

    it.effect("an empty id is refused, and costs nobody else anything", () =>
      Effect.gen(function*() {
        const answer = yield* sendGcm(["a", "", "b"])
        assert.deepInclude(answer.body, { success: 2, failure: 1 })
        assert.deepStrictEqual((yield* arrived).map(({ recipient }) => recipient), ["a", "b"])
      }).pipe(Effect.provide(Emulator.layerHttpClient)))

    it.effect("data that are no strings are written as strings", () =>
      Effect.gen(function*() {
        const answer = yield* exchange(gcmJson({ registration_ids: ["a"], data: { score: 42, won: true } }))
        assert.strictEqual(answer.status, 200)
        assert.deepStrictEqual((yield* arrived)[0]?.message.data, { score: "42", won: "true" })
      }).pipe(Effect.provide(Emulator.layerHttpClient)))
  })

  describe("unknown paths and methods", () => {
    it.effect.each(
      [
        { method: "POST", path: "/" },
        { method: "POST", path: "/v1/projects/my-project/messages" },
        { method: "POST", path: "/v1/projects/my-project/messages:publish" },
        { method: "POST", path: "/v1/projects/my-project/messages:send/more" },
        { method: "POST", path: "/v1/projects/messages:send" },
        { method: "POST", path: "/v2/projects/my-project/messages:send" },
        { method: "POST", path: "/fcm/sendings" },
        { method: "POST", path: "/gcm" },
        { method: "POST", path: "/token/more" },
        { method: "GET", path: "/v1/projects/my-project/messages:send" },
        { method: "PUT", path: "/v1/projects/my-project/messages:send" },
        { method: "GET", path: "/fcm/send" },
        { method: "DELETE", path: "/gcm/send" },
        { method: "GET", path: "/token" }
      ] as const
    )("$method $path is 404", ({ method, path }) =>
      Effect.gen(function*() {
        const answer = yield* exchange(
          HttpClientRequest.make(method)(`https://fcm.googleapis.com${path}`).pipe(
            HttpClientRequest.setHeader("authorization", "Bearer owner")
          )
        )
        assert.strictEqual(answer.status, 404)
        assert.deepStrictEqual(fcmError(answer), { status: undefined, code: undefined })
        assert.deepStrictEqual(yield* arrived, [])
      }).pipe(Effect.provide(Emulator.layerHttpClient)))

    it.effect.each([
      { url: "https://android.googleapis.com/gcm/send" },
      { url: "https://gcm-http.googleapis.com/gcm/send" },
      { url: "https://fcm.googleapis.com/fcm/send" },
      { url: "http://localhost:8025/fcm/send?key=value" }
    ])("GCM answers at $url", ({ url }) =>
      Effect.gen(function*() {
        assert.deepStrictEqual(gcmResults(yield* sendGcm(["a"], { url })), ["ok"])
      }).pipe(Effect.provide(Emulator.layerHttpClient)))
  })

  describe("the token endpoint", () => {
    it.effect("takes an assertion that the service account's key signed", () =>
      Effect.gen(function*() {
        const answer = yield* askToken(assertion(yield* goodClaims))
        assert.strictEqual(answer.status, 200)
        assert.deepStrictEqual(answer.body, {
          access_token: accessToken(answer.body),
          expires_in: 3599,
          token_type: "Bearer"
        })
      }).pipe(Effect.provide(Emulator.layerHttpClient)))

    it.effect.each([
      { what: "another key", sign: (claims: Claims) => assertion(claims, { key: foreignKey }) },
      { what: "nobody", sign: (claims: Claims) => `${unsigned(claims)}.` },
      { what: "an algorithm none", sign: (claims: Claims) => assertion(claims, { header: { alg: "none" } }) },
      { what: "an algorithm HS256", sign: (claims: Claims) => assertion(claims, { header: { alg: "HS256" } }) },
      {
        what: "the right key, for other claims",
        sign: (claims: Claims) => `${unsigned(claims)}.${assertion({ ...claims, iat: 1 }).split(".")[2]}`
      },
      { what: "what is no base64url", sign: (claims: Claims) => `${unsigned(claims)}.!!!` }
    ])("refuses an assertion signed by $what", ({ sign }) =>
      Effect.gen(function*() {
        const answer = yield* askToken(sign({ ...yield* goodClaims, aud: "https://example.com/token" }))
        assert.strictEqual(answer.status, 400)
        assert.deepStrictEqual(answer.body, { error: "invalid_grant", error_description: "Invalid JWT Signature." })
        const forGoogle = yield* askToken(sign(yield* goodClaims))
        assert.strictEqual(forGoogle.status, 400)
        const { error_description } = yield* Schema.decodeUnknownEffect(OAuth.TokenError)(forGoogle.body)
        assert.match(error_description ?? "", /^Invalid JWT Signature\. .*not the emulator's/)
      }).pipe(Effect.provide(Emulator.layerHttpClient)))

    it.effect.each([
      { aud: "https://oauth2.googleapis.com", isGoogle: true },
      { aud: "https://oauth2.googleapis.com:443/token", isGoogle: true },
      { aud: "https://accounts.google.com/o/oauth2/token", isGoogle: true },
      { aud: "https://google.com", isGoogle: true },
      { aud: "https://google.com.example.com/token", isGoogle: false },
      { aud: "https://google.community/token", isGoogle: false },
      { aud: "https://notgoogle.com/token", isGoogle: false },
      { aud: "https://example.com/https://google.com/", isGoogle: false }
    ])(
      "tells a foreign key that this is an emulator, if $aud is Google's",
      ({ aud, isGoogle }) =>
        Effect.gen(function*() {
          const { text } = yield* askToken(assertion({ ...yield* goodClaims, aud }, { key: foreignKey }))
          assert.strictEqual(text.includes("This is an emulator"), isGoogle)
        }).pipe(Effect.provide(Emulator.layerHttpClient))
    )

    it.effect("refuses an assertion for an audience of any length", () =>
      Effect.gen(function*() {
        const { body, status } = yield* askToken(
          `${unsigned({ aud: `https://${"a.".repeat(2_700_000)}` })}.AAAA`
        )
        assert.deepStrictEqual([status, body], [400, {
          error: "invalid_grant",
          error_description: "Invalid JWT Signature."
        }])
      }).pipe(Effect.provide(Emulator.layerHttpClient)))

    it.effect.each([
      { what: "nothing", text: "" },
      { what: "one part", text: "abc" },
      { what: "two parts", text: "e30.e30" },
      { what: "parts that are no base64url", text: "!.!.!" },
      { what: "parts that are no JSON", text: "YWJj.YWJj.YWJj" },
      { what: "claims that are no object", text: `${encode({ alg: "RS256", typ: "JWT" })}.${encode(7)}.YWJj` }
    ])("refuses an assertion of $what as undecodable", ({ text }) =>
      Effect.gen(function*() {
        const answer = yield* askToken(text)
        assert.strictEqual(answer.status, 400)
        assert.deepStrictEqual(answer.body, { error: "invalid_request", error_description: "Bad Request" })
      }).pipe(Effect.provide(Emulator.layerHttpClient)))

    it.effect("refuses an assertion of four parts as undecodable", () =>
      Effect.gen(function*() {
        const answer = yield* askToken(`${assertion(yield* goodClaims)}.YWJj`)
        assert.strictEqual(answer.status, 400)
        assert.deepStrictEqual(answer.body, { error: "invalid_request", error_description: "Bad Request" })
      }).pipe(Effect.provide(Emulator.layerHttpClient)))

    it.effect.each(claimFaults.map((fault, i) => ({ ...fault, later: claimFaults.slice(i + 1) })))(
      "tells $what before any later fault",
      ({ error, error_description, faulty, later }) =>
        Effect.gen(function*() {
          yield* TestClock.setTime(1_800_000_000_000)
          const claims = yield* goodClaims
          const alone = yield* askToken(assertion(faulty(claims)))
          const all = later.reduceRight((claims, fault) => fault.faulty(claims), claims)
          const together = yield* askToken(assertion(faulty(all)))
          for (const answer of [alone, together]) {
            assert.strictEqual(answer.status, 400)
            assert.deepStrictEqual(answer.body, { error, error_description })
          }
          const unsound = yield* askToken(assertion(faulty(all), { key: foreignKey }))
          assert.deepStrictEqual(unsound.body, {
            error: "invalid_grant",
            error_description: "Invalid JWT Signature."
          })
        }).pipe(Effect.provide(Emulator.layerHttpClient))
    )

    it.effect.each([
      { what: "made 300 seconds in the future", iat: 300, exp: 3900, status: 200 },
      { what: "made 3600 seconds ago, ending now", iat: -3600, exp: 0, status: 200 },
      { what: "valid for a minute", iat: 0, exp: 60, status: 200 },
      { what: "made 7200 seconds ago", iat: -7200, exp: -3600, status: 400 },
      { what: "made 3600 seconds in the future", iat: 3600, exp: 7200, status: 400 },
      { what: "valid for more than an hour", iat: 0, exp: 3601, status: 400 }
    ])("answers an assertion $what with $status", ({ exp, iat, status }) =>
      Effect.gen(function*() {
        yield* TestClock.setTime(1_800_000_000_000)
        const now = 1_800_000_000
        const answer = yield* askToken(assertion({ ...(yield* goodClaims), iat: now + iat, exp: now + exp }))
        assert.strictEqual(answer.status, status)
      }).pipe(Effect.provide(Emulator.layerHttpClient)))

    it.effect("takes times written as digits in strings", () =>
      Effect.gen(function*() {
        const claims = yield* goodClaims
        const answer = yield* askToken(assertion({ ...claims, iat: String(claims.iat), exp: String(claims.exp) }))
        assert.strictEqual(answer.status, 200)
      }).pipe(Effect.provide(Emulator.layerHttpClient)))

    it.effect("gives an id token and no access token for a scope that it does not know", () =>
      Effect.gen(function*() {
        const answer = yield* askToken(assertion({ ...(yield* goodClaims), scope: "https://example.com/scope" }))
        assert.strictEqual(answer.status, 200)
        assert.property(answer.body, "id_token")
        assert.notProperty(answer.body, "access_token")
      }).pipe(Effect.provide(Emulator.layerHttpClient)))

    it.effect.each([
      { what: "nothing", body: {}, error: "invalid_request" },
      { what: "no assertion", body: { grant_type: OAuth.grantType }, error: "invalid_request" },
      {
        what: "another grant",
        body: { grant_type: "password", assertion: "a.b.c" },
        error: "unsupported_grant_type"
      }
    ])("refuses a form with $what as $error", ({ body, error }) =>
      Effect.gen(function*() {
        const request = HttpClientRequest.bodyUrlParams(HttpClientRequest.post(OAuth.tokenUrl), body)
        const answer = yield* exchange(request)
        assert.strictEqual(answer.status, 400)
        assert.deepInclude(answer.body, { error })
      }).pipe(Effect.provide(Emulator.layerHttpClient)))
  })

  describe("what arrived", () => {
    it.effect("says all about a message through FCM v1", () =>
      Effect.gen(function*() {
        yield* TestClock.setTime(1_800_000_000_000)
        const message = { data: { score: "42" }, notification: { title: "Hello" } }
        yield* exchange(fcmJson({ message: { token: "a", ...message } }, { project: "my-project" }))
        const [arrival] = yield* arrived
        assert.deepStrictEqual(arrival, {
          id: 1,
          endpoint: "fcm",
          project: "my-project",
          recipient: "a",
          kind: "token",
          message,
          dryRun: false,
          answerCut: false,
          messageId: arrival?.messageId ?? "",
          acceptedAt: 1_800_000_000_000,
          state: "delivered",
          changedAt: 1_800_000_000_000
        })
        assert.match(arrival?.messageId ?? "", /^projects\/my-project\/messages\/./)
      }).pipe(Effect.provide(Emulator.layerHttpClient)))

    it.effect("says all about a message through GCM", () =>
      Effect.gen(function*() {
        yield* TestClock.setTime(1_800_000_000_000)
        const message = { data: { score: "42" }, collapse_key: "k", time_to_live: 0, priority: "high" }
        yield* exchange(gcmJson({ registration_ids: ["a", "b"], ...message }, { authorization: "key=emulator:mine" }))
        const arrivals = yield* arrived
        assert.deepStrictEqual<unknown>(
          arrivals.map(({ messageId: _, ...rest }) => rest),
          ["a", "b"].map((recipient, i) => ({
            id: i + 1,
            endpoint: "gcm",
            project: "mine",
            recipient,
            kind: "token",
            message,
            dryRun: false,
            answerCut: false,
            acceptedAt: 1_800_000_000_000,
            state: "delivered",
            changedAt: 1_800_000_000_000
          }))
        )
      }).pipe(Effect.provide(Emulator.layerHttpClient)))

    it.effect("tells installation ids from tokens", () =>
      Effect.gen(function*() {
        yield* exchange(fcmJson({ message: { fid: "a" } }))
        yield* exchange(fcmJson({ message: { token: "a" } }))
        assert.deepStrictEqual((yield* arrived).map(({ kind, recipient }) => [kind, recipient]), [
          ["fid", "a"],
          ["token", "a"]
        ])
      }).pipe(Effect.provide(Emulator.layerHttpClient)))

    it.effect("tells dry runs, whose message ids are made up", () =>
      Effect.gen(function*() {
        const fcm = yield* exchange(fcmJson({ message: { token: "a" }, validateOnly: true }))
        yield* exchange(fcmJson({ message: { token: "a" }, validateOnly: false }))
        yield* exchange(gcmJson({ registration_ids: ["b"], dry_run: true }))
        yield* exchange(gcmJson({ registration_ids: ["b"], dry_run: false }))
        assert.deepStrictEqual((yield* arrived).map(({ dryRun }) => dryRun), [true, false, true, false])
        assert.deepStrictEqual(fcm.body, { name: "projects/my-project/messages/fake_message_id" })
      }).pipe(Effect.provide(Emulator.layerHttpClient)))

    it.effect("reads snake_case as well, which Google's own SDK for Node writes", () =>
      Effect.gen(function*() {
        const message = { token: "a", android: { collapse_key: "k" }, fcm_options: { analytics_label: "l" } }
        yield* exchange(fcmJson({ message, validate_only: true }))
        const [arrival] = yield* arrived
        assert.isTrue(arrival?.dryRun)
        assert.deepStrictEqual(arrival?.message, { android: { collapseKey: "k" }, fcmOptions: { analyticsLabel: "l" } })
      }).pipe(Effect.provide(Emulator.layerHttpClient)))

    it.effect("has a message id of its own for each message, in order of arrival", () =>
      Effect.gen(function*() {
        yield* sendFcm("a")
        yield* sendGcm(["b", "c"])
        yield* sendFcm("a")
        yield* sendGcm(["b"])
        const arrivals = yield* arrived
        assert.deepStrictEqual(arrivals.map(({ recipient }) => recipient), ["a", "b", "c", "a", "b"])
        const ids = arrivals.map(({ messageId }) => messageId.replace(/^projects\/my-project\/messages\//, ""))
        assert.strictEqual(new Set(ids).size, 5)
      }).pipe(Effect.provide(Emulator.layerHttpClient)))

    it.effect("is a snapshot, which later messages do not change", () =>
      Effect.gen(function*() {
        const [arrivals, requests] = yield* Effect.all([arrived, requested])
        yield* sendFcm("a")
        assert.deepStrictEqual(arrivals, [])
        assert.deepStrictEqual(requests, { fcm: 0, gcm: 0, topics: 0, groups: 0, token: 0 })
      }).pipe(Effect.provide(Emulator.layerHttpClient)))

    it.effect("counts requests, refused ones too", () =>
      Effect.gen(function*() {
        yield* sendFcm("a")
        yield* sendFcm("a", { authorization: undefined })
        yield* sendFcm("a", { project: "emulator-denied" })
        yield* exchange(fcmText("{"))
        yield* Effect.flip(sendFcm("emulator:reset:a"))
        yield* sendGcm(["a", "b"])
        yield* sendGcm(["a"], { authorization: "key=emulator:bad-key" })
        yield* sendGcm([])
        yield* askToken("abc")
        yield* askToken(assertion(yield* goodClaims))
        assert.deepStrictEqual(yield* requested, { fcm: 5, gcm: 3, topics: 0, groups: 0, token: 2 })
        assert.lengthOf(yield* arrived, 3)
      }).pipe(Effect.provide(Emulator.layerHttpClient)))

    it.effect("is a world of its own for each layer", () =>
      Effect.gen(function*() {
        const world = Effect.gen(function*() {
          const { status } = yield* sendFcm("emulator:unavailable-1:a")
          yield* sendFcm("b")
          return { status, requests: yield* requested, recipients: (yield* arrived).map(({ recipient }) => recipient) }
        })
        const fresh = Effect.provide(world, Layer.fresh(Emulator.layerHttpClient))
        const expected = {
          status: 503,
          requests: { fcm: 2, gcm: 0, topics: 0, groups: 0, token: 0 },
          recipients: ["b"]
        }
        assert.deepStrictEqual(yield* Effect.all([fresh, fresh], { concurrency: 2 }), [expected, expected])
        assert.deepStrictEqual(yield* Effect.provide(world, Emulator.layerHttpClient), expected)
      }))

    it.effect("takes a token that another one issued, as after a restart, until it expires", () =>
      Effect.gen(function*() {
        const token = Effect.map(askToken(assertion(yield* goodClaims)), ({ body }) => accessToken(body))
        const authorization = `Bearer ${yield* Effect.provide(token, Layer.fresh(Emulator.layerHttpClient))}`
        const send = Effect.provide(sendFcm("a", { authorization }), Layer.fresh(Emulator.layerHttpClient))
        assert.strictEqual((yield* send).status, 200)
        yield* TestClock.adjust("1 hour")
        assert.strictEqual((yield* send).status, 401)
      }))

    it.effect("comes through a face of one's own into the same world", () =>
      Effect.gen(function*() {
        const emulator = yield* Emulator.Emulator
        const request = new Request("http://localhost/fcm/send", {
          method: "POST",
          headers: { authorization: "key=API_KEY", "content-type": "application/json" },
          body: JSON.stringify({ registration_ids: ["a"] })
        })
        const app = yield* Emulator.App
        const response = yield* app.pipe(
          Effect.provideService(HttpServerRequest.HttpServerRequest, HttpServerRequest.fromWeb(request)),
          Effect.scoped
        )
        assert.strictEqual(response.status, 200)
        assert.deepStrictEqual((yield* emulator.messages.query()).map(({ recipient }) => recipient), ["a"])
      }).pipe(Effect.provide(Emulator.layer)))
  })
})
