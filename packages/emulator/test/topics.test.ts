/**
 * Topics: who is subscribed by which service, and who receives what is sent to them.
 */
import { Emulator } from "@cloud-messaging/emulator"
import { GcmHttp, InstanceId, TopicSubscription } from "@cloud-messaging/protocol"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Schema } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import { TestClock } from "effect/testing"
import {
  type Answer,
  batch,
  exchange,
  fcmError,
  fcmJson,
  gcmJson,
  sendFcm,
  subscribe,
  subscription,
  topicsOf,
  violations
} from "./utils/requests.ts"

const arrived = Effect.flatMap(Emulator.Emulator, ({ messages }) => messages.query())

const recipients = Effect.map(arrived, (arrivals) => arrivals.map(({ recipient }) => recipient))

const statusOf = ({ text }: Answer): unknown => JSON.parse(text).error?.status

const idOf = ({ text }: Answer) => Option.getOrThrow(decodeTopicResponse(text))

const decodeTopicResponse = Schema.decodeUnknownOption(GcmHttp.fromText(GcmHttp.TopicResponse))

const resultsOf = ({ text }: Answer): unknown => JSON.parse(text).results

const to = (topic: string, ...registration_tokens: ReadonlyArray<string>) => ({
  to: `/topics/${topic}`,
  registration_tokens
})

// -----------------------------------------------------------------------------
// topicSubscriptions
// -----------------------------------------------------------------------------

describe("topicSubscriptions", () => {
  const name = TopicSubscription.resourceName("my-project", "a:b", "news")

  it.effect("are made, found, listed and ended", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(1_800_000_000_000)
      const resource = { name, topicName: "news", createTime: "2027-01-15T08:00:00.000Z" }
      const created = yield* exchange(subscription("POST", "a:b", { parameters: { topic_name: "news" } }))
      assert.strictEqual(created.status, 200)
      assert.deepStrictEqual(created.body, resource)
      yield* TestClock.adjust("1 day")
      for (const method of ["GET", "PATCH"] as const) {
        assert.deepStrictEqual((yield* exchange(subscription(method, "a:b", { topic: "news" }))).body, resource)
      }
      assert.deepStrictEqual((yield* exchange(subscription("GET", "a:b"))).body, { topicSubscriptions: [resource] })
      const ended = yield* exchange(subscription("DELETE", "a:b", { topic: "news" }))
      assert.deepStrictEqual([ended.status, ended.body], [200, {}])
      assert.deepStrictEqual((yield* exchange(subscription("GET", "a:b"))).body, {})
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("are made once: a second create is a conflict, a patch is none", () =>
    Effect.gen(function*() {
      const create = exchange(subscription("POST", "a", { parameters: { topic_name: "news" } }))
      assert.deepStrictEqual((yield* create).status, 200)
      const again = yield* create
      assert.deepStrictEqual([again.status, statusOf(again)], [409, "ALREADY_EXISTS"])
      assert.strictEqual((yield* subscribe("a", "news")).status, 200)
      assert.deepStrictEqual(topicsOf(yield* exchange(subscription("GET", "a"))), ["news"])
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect.each(
    [
      { method: "GET", parameters: {}, status: 404 },
      { method: "DELETE", parameters: {}, status: 404 },
      { method: "DELETE", parameters: { allowMissing: "true" }, status: 200 },
      { method: "PATCH", parameters: {}, status: 200 },
      { method: "PATCH", parameters: { allowMissing: "true" }, status: 200 },
      { method: "PATCH", parameters: { allowMissing: "false" }, status: 404 }
    ] as const
  )(
    "answer $method of one that is not there, with $parameters, by $status",
    ({ method, parameters, status }) =>
      Effect.gen(function*() {
        const answer = yield* exchange(subscription(method, "a", { topic: "news", parameters }))
        assert.strictEqual(answer.status, status)
        if (status === 404) assert.strictEqual(statusOf(answer), "NOT_FOUND")
        const isThere = method === "PATCH" && status === 200
        assert.deepStrictEqual(topicsOf(yield* exchange(subscription("GET", "a"))), isThere ? ["news"] : [])
      }).pipe(Effect.provide(Emulator.layerHttpClient))
  )

  it.effect("are listed in pages", () =>
    Effect.gen(function*() {
      for (const topic of ["d", "b", "e", "a", "c"]) yield* subscribe("a", topic)
      const page = (parameters: { readonly [name: string]: string }) =>
        exchange(subscription("GET", "a", { parameters: { pageSize: "2", ...parameters } }))
      const tokenOf = ({ text }: Answer) => String(JSON.parse(text).nextPageToken)
      const first = yield* page({})
      const second = yield* page({ pageToken: tokenOf(first) })
      yield* exchange(subscription("DELETE", "a", { topic: "a" }))
      const third = yield* page({ pageToken: tokenOf(second) })
      assert.deepStrictEqual([first, second, third].map(topicsOf), [["a", "b"], ["c", "d"], ["e"]])
      assert.notProperty(third.body, "nextPageToken")
      assert.strictEqual((yield* page({ pageSize: "-1" })).status, 400)
      assert.deepStrictEqual(topicsOf(yield* page({ pageSize: "0" })), ["b", "c", "d", "e"])
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("are 2000 at most", () =>
    Effect.gen(function*() {
      for (let i = 0; i < 2000; i++) yield* subscribe("a", `topic-${i}`)
      const tooMany = yield* subscribe("a", "one-more")
      assert.deepStrictEqual([tooMany.status, statusOf(tooMany)], [400, "FAILED_PRECONDITION"])
      assert.deepStrictEqual(resultsOf(yield* batch("Add", to("one-more", "a", "b"))), [
        { error: "TOO_MANY_TOPICS" },
        {}
      ])
      assert.lengthOf(topicsOf(yield* exchange(subscription("GET", "a"))), 1000)
      assert.lengthOf(topicsOf(yield* exchange(subscription("GET", "a", { parameters: { pageSize: "9999" } }))), 2000)
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("keep long and odd names apart", () =>
    Effect.gen(function*() {
      const registration = `${"x".repeat(300)}:a/b?c#d%20é`
      const topics = ["a%20b", "a%2Fb", "~.-_", "y".repeat(900)]
      for (const topic of topics) yield* subscribe(registration, topic)
      assert.deepStrictEqual(topicsOf(yield* exchange(subscription("GET", registration))), topics.toSorted())
      for (const topic of topics) {
        const { body } = yield* exchange(subscription("GET", registration, { topic }))
        assert.deepInclude(body, { topicName: topic })
      }
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect.each(["a b", "Ω", "z".repeat(901)])("refuse the topic %j", (topic) =>
    Effect.gen(function*() {
      const answers = [
        yield* exchange(subscription("POST", "a", { parameters: { topic_name: topic } })),
        yield* exchange(subscription("PATCH", "a", { topic }))
      ]
      for (const answer of answers) {
        assert.deepStrictEqual([answer.status, statusOf(answer)], [400, "INVALID_ARGUMENT"])
        assert.deepStrictEqual(violations(answer).map(({ field }) => field), ["topic_name"])
      }
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect.each([
    { what: "no token", options: { authorization: undefined }, status: 401 },
    { what: "a wrong token", options: { authorization: "Bearer wrong" }, status: 401 },
    { what: "an API key", options: { authorization: "key=owner" }, status: 401 },
    { what: "a project that is denied", options: { project: "emulator-denied" }, status: 403 },
    { what: "a project that is missing", options: { project: "emulator-missing" }, status: 404 }
  ])("refuse $what with $status, as a send", ({ options, status }) =>
    Effect.gen(function*() {
      const sent = yield* sendFcm("a", options)
      for (const method of ["GET", "PATCH", "DELETE"] as const) {
        const answer = yield* exchange(subscription(method, "a", { topic: "news", ...options }))
        assert.strictEqual(answer.status, status)
        assert.deepStrictEqual([answer.status, statusOf(answer)], [sent.status, statusOf(sent)])
      }
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect.each([
    { name: "unregistered", status: 404, code: "UNREGISTERED", retryAfter: undefined },
    { name: "invalid", status: 400, code: undefined, retryAfter: undefined },
    { name: "mismatch", status: 403, code: "SENDER_ID_MISMATCH", retryAfter: undefined },
    { name: "quota-1", status: 429, code: "QUOTA_EXCEEDED", retryAfter: "1" },
    { name: "unavailable-1", status: 503, code: "UNAVAILABLE", retryAfter: "1" },
    { name: "internal-1", status: 500, code: "INTERNAL", retryAfter: "1" },
    { name: "html-1", status: 502, code: undefined, retryAfter: undefined }
  ])("of $name are $status", ({ code, name, retryAfter, status }) =>
    Effect.gen(function*() {
      const answer = yield* subscribe(`emulator:${name}:a`, "news")
      assert.deepStrictEqual([answer.status, fcmError(answer).code, answer.retryAfter], [status, code, retryAfter])
      const next = yield* subscribe(`emulator:${name}:a`, "news")
      assert.strictEqual(next.status, name.endsWith("-1") ? 200 : status)
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("are made although the answer is cut, and are not when the connection drops", () =>
    Effect.gen(function*() {
      const request = (name: string) => subscription("PATCH", `emulator:${name}-1:a`, { topic: "news" })
      const cut = yield* Effect.flip(exchange(request("cut")))
      assert.strictEqual(cut.reason._tag, "DecodeError")
      const reset = yield* Effect.flip(exchange(request("reset")))
      assert.strictEqual(reset.reason._tag, "TransportError")
      yield* exchange(fcmJson({ message: { topic: "news" } }))
      assert.deepStrictEqual(yield* recipients, ["emulator:cut-1:a"])
    }).pipe(Effect.provide(Emulator.layerHttpClient)))
})

// -----------------------------------------------------------------------------
// Instance ID
// -----------------------------------------------------------------------------

describe("Instance ID", () => {
  const info = (token: string, parameters = {}, authorization = "Bearer owner") =>
    HttpClientRequest.get(`${InstanceId.origin}${InstanceId.infoPath(token)}`).pipe(
      HttpClientRequest.setUrlParams(parameters),
      HttpClientRequest.setHeaders({ authorization, ...InstanceId.accessTokenAuth })
    )

  it.effect("adds and removes many at once, as often as one likes", () =>
    Effect.gen(function*() {
      for (const operation of ["Add", "Add", "Remove", "Remove"] as const) {
        const answer = yield* batch(operation, to("news", "a", "b"))
        assert.deepStrictEqual([answer.status, answer.body], [200, { results: [{}, {}] }])
        const expected = operation === "Add" ? ["news"] : []
        assert.deepStrictEqual(topicsOf(yield* exchange(subscription("GET", "a"))), expected)
      }
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("has a result for each token, in order", () =>
    Effect.gen(function*() {
      const names = ["unregistered", "ok", "invalid", "mismatch", "unavailable-1", "internal-1", "quota-1", "moved"]
      const tokens = ["", ...names.map((name) => `emulator:${name}:a`)]
      const faults = ["INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "INTERNAL", "RESOURCE_EXHAUSTED"].map((error) => ({
        error
      }))
      const [wrong, ...later] = faults
      const notFound = { error: "NOT_FOUND" }
      assert.deepStrictEqual(resultsOf(yield* batch("Add", to("news", ...tokens))), [
        wrong,
        notFound,
        {},
        wrong,
        wrong,
        ...later,
        {}
      ])
      assert.deepStrictEqual(resultsOf(yield* batch("Add", to("news", ...tokens))), [
        wrong,
        notFound,
        {},
        wrong,
        wrong,
        {},
        {},
        {},
        {}
      ])
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect.each([
    { what: "no JSON", body: "{", error: "InvalidRequest" },
    { what: "no prefix", body: { to: "news", registration_tokens: ["a"] }, error: "Topic name format is invalid" },
    { what: "a wrong name", body: to("a b", "a"), error: "Topic name format is invalid" },
    { what: "no tokens", body: to("news"), error: "MissingIIdToken" },
    {
      what: "more than 1000 tokens",
      body: to("news", ...Array.from({ length: 1001 }, (_, i) => `token-${i}`)),
      error: "TooManyTokens"
    }
  ])("refuses $what", ({ body, error }) =>
    Effect.gen(function*() {
      const answer = yield* batch("Add", body)
      assert.deepStrictEqual([answer.status, answer.body], [400, { error }])
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect.each<{ what: string; headers: { readonly [name: string]: string }; status: number }>([
    { what: "nobody", headers: {}, status: 401 },
    { what: "a bearer token alone", headers: { authorization: "Bearer owner" }, status: 401 },
    { what: "a wrong bearer token", headers: { authorization: "Bearer x", access_token_auth: "true" }, status: 401 },
    { what: "a bad key", headers: { authorization: "key=emulator:bad-key" }, status: 401 },
    { what: "a bearer token", headers: { authorization: "Bearer owner", access_token_auth: "true" }, status: 200 },
    { what: "an API key", headers: { authorization: "key=API_KEY" }, status: 200 }
  ])("answers $what with $status", ({ headers, status }) =>
    Effect.gen(function*() {
      assert.strictEqual((yield* batch("Add", to("news", "a"), headers)).status, status)
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("tells what is known of a token, topics if asked for", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(1_800_000_000_000)
      yield* batch("Add", to("news", "a:b"))
      const short = yield* exchange(info("a:b"))
      assert.deepInclude(short.body, { platform: "ANDROID" })
      assert.notProperty(short.body, "rel")
      const long = yield* exchange(info("a:b", { details: "true" }))
      assert.deepInclude(long.body, { rel: { topics: { news: { addDate: "2027-01-15" } } } })
      assert.notProperty((yield* exchange(info("b", { details: "true" }))).body, "rel")
      assert.strictEqual((yield* exchange(info("emulator:unregistered:a"))).status, 404)
      assert.strictEqual((yield* exchange(info("a", {}, "Bearer wrong"))).status, 401)
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("spoils the whole answer if that is the fate of one", () =>
    Effect.gen(function*() {
      const change = batch("Add", to("news", "a", "emulator:reset-1:a", "emulator:html-1:a", "emulator:cut-1:a"))
      assert.strictEqual((yield* Effect.flip(change)).reason._tag, "TransportError")
      assert.deepStrictEqual(topicsOf(yield* exchange(subscription("GET", "a"))), [])
      assert.strictEqual((yield* change).status, 200)
    }).pipe(Effect.provide(Emulator.layerHttpClient)))
})

// -----------------------------------------------------------------------------
// Messages
// -----------------------------------------------------------------------------

describe("a message to a topic", () => {
  const fid = "cAbCdEfGhIjKlMnOpQrStU"

  it.effect("reaches whoever is subscribed, by whichever service and protocol", () =>
    Effect.gen(function*() {
      yield* subscribe("a", "news")
      yield* subscribe(fid, "news")
      yield* batch("Add", to("news", "b", "c"))
      yield* subscribe("d", "sports")
      yield* batch("Remove", to("news", "c"))
      const fcm = yield* exchange(fcmJson({ message: { topic: "news", data: { score: "42" } } }))
      const arrivals = yield* arrived
      assert.deepStrictEqual(arrivals.map(({ audience, kind, recipient }) => ({ audience, kind, recipient })), [
        { audience: { kind: "topic", value: "news" }, kind: "token", recipient: "a" },
        { audience: { kind: "topic", value: "news" }, kind: "fid", recipient: fid },
        { audience: { kind: "topic", value: "news" }, kind: "token", recipient: "b" }
      ])
      for (const { message, messageId } of arrivals) {
        assert.deepStrictEqual<unknown>([{ name: messageId }, message], [fcm.body, { data: { score: "42" } }])
      }
      const gcm = yield* exchange(
        gcmJson({ to: "/topics/news", data: { score: 42 } }, { authorization: "key=emulator:my-project" })
      )
      const more = (yield* arrived).slice(3)
      assert.deepStrictEqual(more.map(({ recipient }) => recipient), ["a", fid, "b"])
      const messageId = more[0]?.messageId ?? ""
      assert.strictEqual(gcm.text, `{"message_id":${messageId}}`)
      assert.isAbove(Number(messageId), Number.MAX_SAFE_INTEGER)
      assert.deepStrictEqual(idOf(gcm), { message_id: messageId })
      assert.deepStrictEqual(more[0]?.message.data, { score: "42" })
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("is accepted although nobody is subscribed, each with an id of its own", () =>
    Effect.gen(function*() {
      const answers = yield* Effect.replicateEffect(exchange(fcmJson({ message: { topic: "news" } })), 2)
      assert.deepStrictEqual(answers.map(({ status }) => status), [200, 200])
      assert.strictEqual(new Set(answers.map(({ text }) => text)).size, 2)
      assert.deepStrictEqual(yield* arrived, [])
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("reaches nobody in another project", () =>
    Effect.gen(function*() {
      yield* subscribe("mine", "news")
      yield* subscribe("theirs", "news", { project: "other" })
      yield* batch("Add", to("news", "keyed"), { authorization: "key=emulator:other" })
      yield* batch("Add", to("news", "anywhere"))
      yield* exchange(fcmJson({ message: { topic: "news" } }))
      assert.deepStrictEqual(yield* recipients, ["mine", "anywhere"])
      yield* exchange(fcmJson({ message: { topic: "news" } }, { project: "other" }))
      assert.deepStrictEqual((yield* recipients).slice(2), ["theirs", "keyed", "anywhere"])
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("passes by whom it cannot reach, and does not tell", () =>
    Effect.gen(function*() {
      yield* batch("Add", to("news", "emulator:apns-auth:a", "emulator:unregistered:b", "emulator:unavailable:c", "d"))
      yield* subscribe("emulator:cut-9:e", "news").pipe(Effect.ignore)
      assert.strictEqual((yield* exchange(fcmJson({ message: { topic: "news" } }))).status, 200)
      assert.deepStrictEqual(yield* recipients, ["d", "emulator:cut-9:e"])
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("is told when it is only checked", () =>
    Effect.gen(function*() {
      yield* subscribe("a", "news")
      const { body } = yield* exchange(fcmJson({ message: { topic: "news" }, validateOnly: true }))
      assert.deepStrictEqual(body, { name: "projects/my-project/messages/fake_message_id" })
      assert.deepStrictEqual((yield* arrived).map(({ dryRun }) => dryRun), [true])
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  const large = { a: "x".repeat(2048) }

  it.effect.each([
    { what: "a wrong name", message: { topic: "a b" }, fields: ["message.topic"] },
    { what: "a prefix", message: { topic: "/topics/news" }, fields: ["message.topic"] },
    { what: "an empty name", message: { topic: "" }, fields: ["message.topic"] },
    { what: "a wrong condition", message: { condition: "news in topics" }, fields: ["message.condition"] },
    { what: "two targets", message: { topic: "news", condition: "'news' in topics" }, fields: ["message"] },
    { what: "a token as well", message: { topic: "news", token: "a" }, fields: ["message"] },
    { what: "more than 2048 bytes", message: { topic: "news", data: large }, fields: [] }
  ])("is refused for $what (FCM v1)", ({ fields, message }) =>
    Effect.gen(function*() {
      yield* subscribe("a", "news")
      const answer = yield* exchange(fcmJson({ message }))
      assert.deepStrictEqual([answer.status, statusOf(answer)], [400, "INVALID_ARGUMENT"])
      assert.deepStrictEqual(violations(answer).map(({ field }) => field), fields)
      assert.deepStrictEqual(yield* arrived, [])
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("is refused for a wrong condition as recorded", () =>
    Effect.gen(function*() {
      const { body } = yield* exchange(fcmJson({ message: { condition: "news in topics" } }))
      assert.deepStrictEqual(body, {
        error: {
          code: 400,
          message: "Request contains an invalid argument.",
          status: "INVALID_ARGUMENT",
          details: [
            {
              "@type": "type.googleapis.com/google.rpc.BadRequest",
              fieldViolations: [
                { field: "message.condition", description: "Invalid condition expression provided." }
              ]
            },
            {
              "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError",
              errorCode: "INVALID_ARGUMENT"
            }
          ]
        }
      })
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect.each([
    { what: "a wrong name", body: { to: "/topics/a b" } },
    { what: "a wrong condition", body: { condition: "news in topics" } },
    { what: "a condition and ids", body: { condition: "'news' in topics", registration_ids: ["a"] } },
    { what: "a topic and ids", body: { to: "/topics/news", registration_ids: ["a"] } }
  ])("is refused for $what (GCM)", ({ body }) =>
    Effect.gen(function*() {
      const answer = yield* exchange(gcmJson(body))
      assert.deepStrictEqual([answer.status, answer.contentType], [400, "text/plain; charset=UTF-8"])
      assert.deepStrictEqual(yield* arrived, [])
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect.each([
    { error: "MessageTooBig", body: { data: large } },
    { error: "InvalidTtl", body: { time_to_live: -1 } },
    { error: "InvalidDataKey", body: { data: { from: "x" } } }
  ])("is $error (GCM)", ({ body, error }) =>
    Effect.gen(function*() {
      const answer = yield* exchange(gcmJson({ to: "/topics/news", ...body }))
      assert.deepStrictEqual([answer.status, answer.body], [200, { error }])
    }).pipe(Effect.provide(Emulator.layerHttpClient)))
})

describe("a message to a condition", () => {
  it.effect.each([
    { condition: "'a' in topics", expected: ["has-a", "has-ab"] },
    { condition: "'a' in topics && 'b' in topics", expected: ["has-ab"] },
    { condition: "'a' in topics || 'b' in topics", expected: ["has-a", "has-ab", "has-b"] },
    { condition: "'b' in topics || 'a' in topics && 'b' in topics", expected: ["has-ab", "has-b"] },
    { condition: "!('a' in topics)", expected: ["has-b", "has-none", "was-sent-to"] },
    { condition: "'A' IN TOPICS", expected: [] }
  ])("reaches for whom it holds: $condition", ({ condition, expected }) =>
    Effect.gen(function*() {
      yield* batch("Add", to("a", "has-a", "has-ab"))
      yield* batch("Add", to("b", "has-b", "has-ab", "has-none"))
      yield* batch("Remove", to("b", "has-none"))
      yield* sendFcm("was-sent-to")
      yield* sendFcm("elsewhere", { project: "other" })
      assert.strictEqual((yield* exchange(fcmJson({ message: { condition } }))).status, 200)
      const fcm = (yield* arrived).filter(({ audience }) => audience !== undefined)
      assert.deepStrictEqual(fcm.map(({ recipient }) => recipient).toSorted(), expected)
      for (const { audience } of fcm) assert.deepStrictEqual(audience, { kind: "condition", value: condition })
      idOf(yield* exchange(gcmJson({ condition }, { authorization: "key=emulator:my-project" })))
      const gcm = (yield* arrived).filter(({ audience, endpoint }) => audience !== undefined && endpoint === "gcm")
      assert.deepStrictEqual(gcm.map(({ recipient }) => recipient).toSorted(), expected)
    }).pipe(Effect.provide(Emulator.layerHttpClient)))
})

describe("requests", () => {
  it.effect("are counted, refused ones too", () =>
    Effect.gen(function*() {
      yield* subscribe("a", "news")
      yield* subscribe("a", "news", { authorization: undefined })
      yield* batch("Add", to("news", "a"))
      yield* batch("Remove", "{")
      yield* HttpClient.get("https://iid.googleapis.com/iid/info/a")
      const { requests } = yield* Emulator.Emulator
      assert.deepStrictEqual(yield* requests, { fcm: 0, gcm: 0, topics: 5, groups: 0, token: 0 })
    }).pipe(Effect.provide(Emulator.layerHttpClient)))
})
