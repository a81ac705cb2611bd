/** Messages to what the service itself fans out to. */
import { Audience, Message, Messaging, Recipient, Report, RetryPolicy, type SendError } from "@cloud-messaging/client"
import { Condition } from "@cloud-messaging/protocol"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Effect, type Layer, Redacted, Schedule, Schema } from "effect"
import { inspect } from "node:util"
import * as Http from "./utils/http.ts"
import { drive, inTime } from "./utils/time.ts"

const message = Message.make({ data: { score: 42 } })

const news = Audience.topic("news")

const group = Audience.deviceGroup("secret-group-key")

const publish = (
  audience: Audience.Audience,
  layer: Layer.Layer<Messaging.Messaging>,
  options: Messaging.SendOptions = {}
) => Effect.provide(Messaging.publish(message, audience, options), layer)

const reasonOf = (error: SendError.SendError) => [error._tag, error.reason._tag]

const body = (request: Http.Recorded | undefined) => JSON.parse(request?.text ?? "null")

describe("FCM v1", () => {
  it.effect("publishes to topics and conditions", () =>
    Effect.gen(function*() {
      const requests: Array<Http.Recorded> = []
      const layer = Http.fcm(Http.accept, requests)
      const condition = Audience.condition("'news' in topics && !('muted' in topics)")
      assert.deepStrictEqual(yield* publish(news, layer), {
        messageId: "projects/my-project/messages/1",
        accepted: undefined,
        failed: []
      })
      yield* publish(condition, layer)
      assert.deepStrictEqual(requests.map(body), [
        { message: { topic: "news", data: { score: "42" } } },
        { message: { condition: condition.expression, data: { score: "42" } } }
      ])
    }))

  it.effect("knows no device groups, nor what is no topic and no condition: nothing is sent", () =>
    Effect.gen(function*() {
      const requests: Array<Http.Recorded> = []
      const layer = Http.fcm(Http.accept, requests)
      const wrong = {
        deviceGroup: group,
        topic: Audience.topic("two words"),
        condition: Audience.condition("'news' in topics &&")
      }
      for (const [field, audience] of Object.entries(wrong)) {
        const error = yield* Effect.flip(publish(audience, layer))
        assert.deepStrictEqual(reasonOf(error), ["ValidationError", "InvalidMessage"])
        assert.deepStrictEqual(
          error.reason._tag === "InvalidMessage" && error.reason.issues.map(({ path }) => path),
          [[field]]
        )
        assert.deepStrictEqual([error.report.size, error.unsettled], [0, []])
      }
      assert.isEmpty(requests)
    }))

  it.effect("retries like a send to one, and ends as the whole send", () =>
    Effect.gen(function*() {
      const busy = Http.fcmError(503, { code: "UNAVAILABLE" })
      const retryPolicy = Schedule.upTo(Schedule.spaced("1 second"), { times: 2 })
      const late = Http.fcm((request, n) => n <= 2 ? busy : Http.accept(request, n), [], { retryPolicy })
      assert.strictEqual((yield* inTime(publish(news, late))).messageId, "projects/my-project/messages/3")
      const never = yield* Effect.flip(inTime(publish(news, Http.fcm(() => busy, [], { retryPolicy }))))
      assert.deepStrictEqual(reasonOf(never), ["TransportError", "ServerError"])
    }))

  it.effect("tells whose fault it is, and whether it may have been accepted", () =>
    Effect.gen(function*() {
      const answers: ReadonlyArray<readonly [Effect.Effect<Response, unknown>, ReadonlyArray<unknown>]> = [
        [Http.fcmError(401, {}), ["AuthenticationError", "InvalidCredentials"]],
        [Http.fcmError(403, {}), ["AuthenticationError", "PermissionDenied"]],
        [Http.fcmError(400, { code: "INVALID_ARGUMENT" }), ["ValidationError", "RejectedRequest", "INVALID_ARGUMENT"]],
        [Http.fcmError(404, { code: "UNREGISTERED" }), ["ValidationError", "RejectedRequest", "NotRegistered"]],
        [
          Http.fcmError(401, { code: "THIRD_PARTY_AUTH_ERROR" }),
          ["ValidationError", "RejectedRequest", "THIRD_PARTY_AUTH_ERROR"]
        ],
        [Http.text("{}"), ["ValidationError", "InvalidResponse"]],
        [Http.text("", { status: 429 }), ["TransportError", "RateLimited", false]],
        [Http.text("", { status: 418 }), ["TransportError", "UnexpectedStatus", false]],
        [Effect.fail({ code: "ECONNREFUSED" }), ["TransportError", "Network", false]],
        [Effect.fail({ code: "ECONNRESET" }), ["TransportError", "Network", true]],
        [Effect.never, ["TransportError", "Timeout", true]]
      ]
      for (const [answer, expected] of answers) {
        const error = yield* Effect.flip(inTime(publish(news, Http.fcm(() => answer))))
        const more = error._tag === "TransportError"
          ? [error.ambiguous]
          : error.reason._tag === "RejectedRequest"
          ? [error.reason.code]
          : []
        assert.deepStrictEqual([...reasonOf(error), ...more], expected)
      }
    }))
})

describe("GCM", () => {
  it.effect("publishes to topics and conditions; the id keeps all its digits", () =>
    Effect.gen(function*() {
      const requests: Array<Http.Recorded> = []
      const layer = Http.gcm(() => Http.text("{\"message_id\": 6782339717028231855}"), requests)
      assert.strictEqual((yield* publish(news, layer)).messageId, "6782339717028231855")
      yield* publish(Audience.condition("'a' in topics"), layer)
      assert.deepStrictEqual(requests.map(body), [
        { to: "/topics/news", data: { score: "42" } },
        { condition: "'a' in topics", data: { score: "42" } }
      ])
    }))

  it.effect("a device group tells how many accepted, and which members did not", () =>
    Effect.gen(function*() {
      const requests: Array<Http.Recorded> = []
      const answer = Http.json({ success: 1, failure: 2, failed_registration_ids: ["a", "b"] })
      const { accepted, failed, messageId } = yield* publish(group, Http.gcm(() => answer, requests))
      assert.deepStrictEqual([accepted, failed.map(Recipient.value), messageId], [1, ["a", "b"], undefined])
      assert.deepStrictEqual(requests.map(body), [{ to: "secret-group-key", data: { score: "42" } }])
      const odd = { success: 1, failure: 2, failed_registration_ids: ["a", 5] }
      assert.deepStrictEqual((yield* publish(group, Http.gcm(() => Http.json(odd)))).failed.map(Recipient.value), ["a"])
      const none = yield* Effect.flip(publish(group, Http.gcm(() => Http.json({ success: -1, failure: 0 }))))
      assert.deepStrictEqual(reasonOf(none), ["ValidationError", "InvalidResponse"])
      const all = yield* publish(group, Http.gcm(() => Http.json({ success: 2, failure: 0 })))
      assert.deepStrictEqual([all.accepted, all.failed], [2, []])
    }))

  it.effect("tells an error of the answer as the fault of the whole publish", () =>
    Effect.gen(function*() {
      const rejected = yield* Effect.flip(publish(news, Http.gcm(() => Http.json({ error: "MessageTooBig" }))))
      assert.deepStrictEqual(
        [rejected.reason._tag, rejected.reason._tag === "RejectedRequest" && rejected.reason.code],
        ["RejectedRequest", "MessageTooBig"]
      )
      const rate = Http.gcm(() => Http.json({ error: "TopicsMessageRateExceeded" }), [], {
        retryPolicy: RetryPolicy.standard
      })
      const requests: Array<Http.Recorded> = []
      assert.deepStrictEqual(reasonOf(yield* Effect.flip(inTime(publish(news, rate)))), [
        "TransportError",
        "RateLimited"
      ])
      const late = Http.gcm((_, n) => Http.json(n === 1 ? { error: "Unavailable" } : { message_id: 7 }), requests)
      const fiber = yield* drive(publish(news, late, { retryPolicy: Schedule.spaced("1 second") }))
      assert.include(String(fiber.pollUnsafe()), "\"messageId\":\"7\"")
      assert.strictEqual(requests.length, 2)
      for (const counts of [{}, { multicast_id: 1, success: 0, failure: 1, canonical_ids: 0 }]) {
        const gone = Http.gcm(() => Http.json({ ...counts, results: [{ error: "InvalidRegistration" }] }))
        assert.deepStrictEqual(reasonOf(yield* Effect.flip(publish(group, gone))), [
          "ValidationError",
          "RejectedRequest"
        ])
      }
      const odd = yield* Effect.flip(publish(group, Http.gcm(() => Http.text("odd"))))
      assert.deepStrictEqual(reasonOf(odd), ["ValidationError", "InvalidResponse"])
    }))

  it.effect("shows the key of a device group nowhere, even when the service quotes it", () =>
    Effect.gen(function*() {
      const answer = Http.text("no such group: secret-group-key", { status: 400 })
      const error = yield* Effect.flip(publish(group, Http.gcm(() => answer)))
      const shown = [String(error), error.message, JSON.stringify(error), inspect(error, { depth: 9 }), inspect(group)]
      for (const text of shown) assert.notInclude(text, "secret-group-key")
    }))
})

describe("conditions, built", () => {
  it("are those of the service", () => {
    const condition = Audience.allOf(
      Audience.anyOf(Audience.topic("/topics/news"), Audience.topic("sports")),
      Audience.not(Audience.topic("muted"))
    )
    assert.strictEqual(
      condition.expression,
      "('news' in topics || 'sports' in topics) && (!('muted' in topics))"
    )
    assert.strictEqual(Audience.not(condition).expression, `!(${condition.expression})`)
  })
})

describe("conditions, built of what is none", () => {
  const wrong: { readonly [what: string]: Audience.Condition } = {
    "a topic that closes its quotes": Audience.allOf(Audience.topic("x' in topics || 'news"), Audience.topic("paying")),
    "a condition that closes its parentheses": Audience.allOf(
      Audience.topic("p"),
      Audience.condition("'a' in topics) || ('b' in topics")
    ),
    "a negated topic": Audience.not(Audience.topic("x' in topics) || !('y")),
    "a negated condition": Audience.not(Audience.condition("'a' in topics) || ('b' in topics"))
  }

  for (const [what, audience] of Object.entries(wrong)) {
    it.effect(`${what} makes none, and nothing is sent`, () =>
      Effect.gen(function*() {
        const requests: Array<Http.Recorded> = []
        const error = yield* Effect.flip(publish(audience, Http.fcm(Http.accept, requests)))
        assert.deepStrictEqual(reasonOf(error), ["ValidationError", "InvalidMessage"])
        assert.isEmpty(requests)
      }))
  }

  const name = Schema.Literals(["a", "b", "c"])

  it.effect.prop(
    "and of what is one, what was meant",
    { x: name, y: name, z: name, subscribed: Arbitrary.array(Arbitrary.schema(name), { maxLength: 3 }) },
    ({ subscribed, x, y, z }) =>
      Effect.gen(function*() {
        const [p, q, r] = [Audience.topic(x), Audience.topic(y), Audience.topic(z)]
        const topics = new Set(subscribed)
        const holds = ({ expression }: Audience.Condition) =>
          Effect.map(Effect.fromResult(Condition.parse(expression)), (parsed) => Condition.holds(parsed, topics))
        const has = (topic: string) => subscribed.some((_) => _ === topic)
        assert.strictEqual(
          yield* holds(Audience.allOf(Audience.anyOf(p, q), Audience.not(r))),
          (has(x) || has(y)) && !has(z)
        )
        assert.strictEqual(
          yield* holds(Audience.anyOf(p, Audience.not(Audience.allOf(q, r)))),
          has(x) || !(has(y) && has(z))
        )
      })
  )
})

describe("what is left to a caller", () => {
  it.effect("members of a group that failed can be sent to", () =>
    Effect.gen(function*() {
      const answer: Http.Answer = (request, n) =>
        n === 1
          ? Http.json({ success: 0, failure: 1, failed_registration_ids: ["a"] })
          : Http.acceptAll(request, n)
      const report = yield* Effect.provide(
        Effect.flatMap(Messaging.publish(message, group), ({ failed }) => Messaging.send(message, failed)),
        Http.gcm(answer)
      )
      assert.deepStrictEqual(Report.retry(report).length, 0)
      assert.strictEqual(report.counts.Success, 1)
    }))

  it("a redacted key is taken as it is", () => {
    const key = Redacted.make("k")
    assert.strictEqual(Audience.deviceGroup(key).key, key)
  })
})
