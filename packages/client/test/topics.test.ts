/** Subscriptions to topics: one by one through FCM v1, in batches through Instance ID. */
import { Fcm, Recipient, type SendError, Topics } from "@cloud-messaging/client"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer, Schedule } from "effect"
import * as Http from "./utils/http.ts"
import { inTime } from "./utils/time.ts"

const fcm = (answer: Http.Answer, requests: Array<Http.Recorded> = [], options: Partial<Fcm.Options> = {}) =>
  Http.fcm(answer, requests, options)

const told = (outcomes: ReadonlyArray<Topics.TopicOutcome>) =>
  outcomes.map((outcome) => [
    Recipient.value(outcome.recipient),
    outcome._tag,
    ..."code" in outcome ? [outcome.code] : [],
    outcome.disposition
  ])

const shown = ({ method, text, url }: Http.Recorded) => [method, url, text]

const results = (all: ReadonlyArray<object>) => Http.json({ results: all })

const ids = (request: Http.Recorded): ReadonlyArray<string> => JSON.parse(request.text).registration_tokens

/** Everything is as asked. */
const change: Http.Answer = (request) =>
  request.url.includes("/iid/") ? results(ids(request).map(() => ({}))) : Http.json({ name: "n" })

const reasonOf = (error: SendError.SendError) => [error._tag, error.reason._tag]

describe("subscribe, unsubscribe", () => {
  it.effect("one token, and installation ids, in requests of their own", () =>
    Effect.gen(function*() {
      const requests: Array<Http.Recorded> = []
      const layer = fcm(change, requests)
      yield* Effect.provide(Topics.subscribe("news", "a/b"), layer)
      yield* Effect.provide(Topics.unsubscribe("news", [Recipient.fid("f1"), Recipient.fid("f2")]), layer)
      const registrations = "https://fcm.googleapis.com/v1/projects/my-project/registrations"
      assert.deepStrictEqual(requests.map(shown), [
        ["PATCH", `${registrations}/a%2Fb/topicSubscriptions/news?allowMissing=true`, "{}"],
        ["DELETE", `${registrations}/f1/topicSubscriptions/news?allowMissing=true`, "{}"],
        ["DELETE", `${registrations}/f2/topicSubscriptions/news?allowMissing=true`, "{}"]
      ])
      assert.deepStrictEqual(requests.map(({ headers }) => headers["authorization"]), [
        "Bearer access-token-1",
        "Bearer access-token-1",
        "Bearer access-token-1"
      ])
    }))

  it.effect("several tokens in batches of up to 1000, installation ids beside them; outcomes in input order", () =>
    Effect.gen(function*() {
      const requests: Array<Http.Recorded> = []
      const tokens = Array.from({ length: 1500 }, (_, i) => `${i}`)
      const recipients = [Recipient.fid("f1"), ...tokens, "7", ""]
      const outcomes = yield* Effect.provide(Topics.subscribe("news", recipients), fcm(change, requests))
      const batches = requests.filter(({ url }) => url === "https://iid.googleapis.com/iid/v1:batchAdd")
      assert.deepStrictEqual(batches.map((request) => ids(request).length), [1000, 500])
      assert.strictEqual(JSON.parse(batches[0]?.text ?? "").to, "/topics/news")
      assert.deepInclude(batches[0]?.headers, {
        authorization: "Bearer access-token-1",
        access_token_auth: "true"
      })
      assert.strictEqual(requests.length, 3)
      assert.deepStrictEqual(
        outcomes.map(({ recipient }) => Recipient.value(recipient)),
        recipients.map((_) => typeof _ === "string" ? _ : Recipient.value(_))
      )
      assert.deepStrictEqual(told(outcomes).at(-1), ["", "Failed", "InvalidRecipient", "remove"])
      assert.isTrue(outcomes.slice(0, -1).every(({ _tag }) => _tag === "Changed"))
    }))

  it.effect("sends everything to `url`, when code names one", () =>
    Effect.gen(function*() {
      const requests: Array<Http.Recorded> = []
      const layer = fcm(change, requests, { url: "http://localhost:9099" })
      yield* Effect.provide(Topics.unsubscribe("news", ["a", "b", Recipient.fid("f")]), layer)
      assert.sameMembers(requests.map(({ url }) => url), [
        "http://localhost:9099/iid/v1:batchRemove",
        "http://localhost:9099/v1/projects/my-project/registrations/f/topicSubscriptions/news?allowMissing=true"
      ])
    }))

  it.effect("an error of a batch is an outcome of its own recipient; trouble is retried, alone", () =>
    Effect.gen(function*() {
      const requests: Array<Http.Recorded> = []
      const errors: { readonly [token: string]: string } = {
        gone: "NOT_FOUND",
        bad: "INVALID_ARGUMENT",
        full: "TOO_MANY_TOPICS",
        auth: "PERMISSION_DENIED",
        busy: "RESOURCE_EXHAUSTED",
        odd: "SOMETHING_NEW"
      }
      const answer: Http.Answer = (request, n) =>
        results(
          ids(request).map((id) =>
            id === "late" && n === 1 ? { error: "INTERNAL" } : id in errors ? { error: errors[id] } : {}
          )
        )
      const options = { retryPolicy: Schedule.upTo(Schedule.spaced("1 second"), { times: 1 }) }
      const all = ["fine", ...Object.keys(errors), "late"]
      const outcomes = yield* inTime(Effect.provide(Topics.subscribe("news", all, options), fcm(answer, requests)))
      assert.deepStrictEqual(told(outcomes), [
        ["fine", "Changed", "keep"],
        ["gone", "NotRegistered", "remove"],
        ["bad", "Failed", "INVALID_ARGUMENT", "remove"],
        ["full", "Failed", "TOO_MANY_TOPICS", "keep"],
        ["auth", "Failed", "PERMISSION_DENIED", "fixCredentials"],
        ["busy", "Unavailable", "RESOURCE_EXHAUSTED", "retryLater"],
        ["odd", "Failed", "SOMETHING_NEW", "keep"],
        ["late", "Changed", "keep"]
      ])
      assert.deepStrictEqual(requests.map(ids).map((_) => _.length), [8, 2])
    }))

  it.effect("one by one: 404 is the registration's, 409 is as asked", () =>
    Effect.gen(function*() {
      const one = (answer: Effect.Effect<Response, unknown>) =>
        Effect.map(
          Effect.provide(
            Topics.subscribe("news", [Recipient.fid("odd"), Recipient.fid("fine")]),
            fcm((request, n) => request.url.includes("/odd/") ? answer : change(request, n))
          ),
          (outcomes) => told(outcomes)[0]?.slice(1)
        )
      assert.deepStrictEqual(yield* one(Http.fcmError(404, { status: "NOT_FOUND" })), ["NotRegistered", "remove"])
      assert.deepStrictEqual(yield* one(Http.fcmError(409, { status: "ALREADY_EXISTS" })), ["Changed", "keep"])
      assert.deepStrictEqual(yield* one(Http.fcmError(409, { status: "ABORTED" })), [
        "Failed",
        "UnexpectedStatus",
        "keep"
      ])
      assert.deepStrictEqual(yield* one(Http.text("<html>")), ["Unknown", "keep"])
      assert.deepStrictEqual(yield* one(Http.json({ error: { code: 404 } })), ["Unknown", "keep"])
      assert.deepStrictEqual(yield* one(Effect.fail({ code: "ECONNRESET" })), ["Unknown", "retryLater"])
      assert.deepStrictEqual(yield* one(Http.text("", { status: 503 })), ["Unavailable", "ServerError", "retryLater"])
    }))

  it.effect("an error of the whole call names every recipient: repeating is harmless", () =>
    Effect.gen(function*() {
      const recipients = ["a", "b", Recipient.fid("f"), "a"]
      const answers: ReadonlyArray<readonly [Http.Answer, ReadonlyArray<string>]> = [
        [() => Http.text("", { status: 401 }), ["AuthenticationError", "InvalidCredentials"]],
        [() => Http.text("", { status: 503 }), ["TransportError", "ServerError"]],
        [
          (request, n) =>
            request.url.includes("/iid/")
              ? Http.json({ error: "Topic name format is invalid" }, { status: 400 })
              : change(request, n),
          ["ValidationError", "RejectedRequest"]
        ]
      ]
      for (const [answer, expected] of answers) {
        const error = yield* Effect.flip(inTime(Effect.provide(Topics.subscribe("news", recipients), fcm(answer))))
        assert.deepStrictEqual(reasonOf(error), expected)
        assert.deepStrictEqual([error.report.size, error.unsettled.map(Recipient.value)], [0, ["a", "b", "f", "a"]])
      }
    }))

  it.effect("refuses what names no topic, before anything is sent", () =>
    Effect.gen(function*() {
      const requests: Array<Http.Recorded> = []
      for (const topic of ["", "two words", "/topics/", "x".repeat(901)]) {
        const error = yield* Effect.flip(Effect.provide(Topics.subscribe(topic, ["a"]), fcm(change, requests)))
        assert.deepStrictEqual(reasonOf(error), ["ValidationError", "InvalidMessage"])
        assert.deepStrictEqual(error.unsettled.map(Recipient.value), ["a"])
      }
      assert.isEmpty(requests)
    }))

  it.effect("names nothing else in a path: dots are no recipients and no topics", () =>
    Effect.gen(function*() {
      const requests: Array<Http.Recorded> = []
      const layer = fcm(change, requests)
      const dots = [Recipient.fid("."), Recipient.fid("..")]
      assert.deepStrictEqual(told(yield* Effect.provide(Topics.unsubscribe("news", dots), layer)), [
        [".", "Failed", "InvalidRecipient", "remove"],
        ["..", "Failed", "InvalidRecipient", "remove"]
      ])
      assert.deepStrictEqual(reasonOf(yield* Effect.flip(Effect.provide(Topics.unsubscribe("..", "a"), layer))), [
        "ValidationError",
        "InvalidMessage"
      ])
      for (const recipient of ["", ".", ".."]) {
        const error = yield* Effect.flip(Effect.provide(Topics.list(recipient), layer))
        assert.deepStrictEqual([...reasonOf(error), error.unsettled.length], ["ValidationError", "InvalidMessage", 1])
      }
      assert.isEmpty(requests)
    }))

  it.effect("once the credentials are refused nothing more is sent, and `concurrency` is that of the call", () =>
    Effect.gen(function*() {
      const requests: Array<Http.Recorded> = []
      const fids = Array.from({ length: 10 }, (_, i) => Recipient.fid(`${i}`))
      const denied = fcm(() => Http.text("", { status: 403 }), requests)
      const error = yield* Effect.flip(Effect.provide(Topics.subscribe("news", ["a", "b", ...fids]), denied))
      assert.deepStrictEqual([reasonOf(error), error.unsettled.length, requests.length], [
        ["AuthenticationError", "PermissionDenied"],
        12,
        1
      ])
      let inFlight = 0
      let most = 0
      const counted: Http.Answer = (request, n) =>
        Effect.gen(function*() {
          most = Math.max(most, ++inFlight)
          yield* Effect.sleep("1 second")
          inFlight--
          return yield* change(request, n)
        })
      yield* inTime(
        Effect.provide(Topics.subscribe("news", ["a", "b", ...fids], { concurrency: 1 }), fcm(counted))
      )
      assert.strictEqual(most, 1)
    }))

  it.effect("a quota is that of the project, whatever its text says of topics", () =>
    Effect.gen(function*() {
      const requests: Array<Http.Recorded> = []
      const details = [{
        "@type": "type.googleapis.com/google.rpc.QuotaFailure",
        violations: [{ subject: "projects/12", description: "Topic subscription changes per second" }]
      }]
      const fids = Array.from({ length: 5 }, (_, i) => Recipient.fid(`${i}`))
      const busy = fcm(() => Http.fcmError(429, { details }), requests)
      yield* Effect.flip(inTime(Effect.provide(Topics.subscribe("news", fids, { concurrency: 1 }), busy)))
      assert.strictEqual(requests.length, 1)
    }))

  it.effect("of nobody asks nothing", () =>
    Effect.gen(function*() {
      const requests: Array<Http.Recorded> = []
      assert.deepStrictEqual(yield* Effect.provide(Topics.subscribe("news", []), fcm(change, requests)), [])
      assert.isEmpty(requests)
    }))
})

describe("list", () => {
  const page = (topics: ReadonlyArray<string>, nextPageToken?: string) =>
    Http.json({
      topicSubscriptions: topics.map((topicName) => ({ name: `n/${topicName}`, topicName })),
      nextPageToken
    })

  it.effect("reads all pages, and tries again", () =>
    Effect.gen(function*() {
      const requests: Array<Http.Recorded> = []
      const answers = [page(["a", "b"], "next"), Http.text("", { status: 503 }), page(["c"])]
      const layer = fcm((_, n) => answers[n - 1] ?? Http.json({}), requests, {
        retryPolicy: Schedule.spaced("1 second")
      })
      assert.deepStrictEqual(yield* inTime(Effect.provide(Topics.list("token"), layer)), ["a", "b", "c"])
      const base =
        "https://fcm.googleapis.com/v1/projects/my-project/registrations/token/topicSubscriptions?pageSize=2000"
      assert.deepStrictEqual(requests.map(({ url }) => url), [base, `${base}&pageToken=next`, `${base}&pageToken=next`])
    }))

  it.effect("ends with an empty page token, takes large pages, and has one deadline for all", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* Effect.provide(Topics.list("token"), fcm(() => page(["a"], ""))), ["a"])
      const many = Array.from({ length: 100_000 }, () => "t")
      assert.strictEqual((yield* Effect.provide(Topics.list("token"), fcm(() => page(many)))).length, 100_000)
      const slow = fcm((_, n) =>
        n === 1 ? Effect.delay(page(["a"], "next"), "9 seconds") : Http.text("", { status: 503 })
      )
      const options = { deadline: "10 seconds", retryPolicy: Schedule.spaced("2 seconds") } as const
      const error = yield* Effect.flip(inTime(Effect.provide(Topics.list("token", options), slow)))
      assert.deepStrictEqual([...reasonOf(error), error.unsettled.map(Recipient.value)], [
        "TransportError",
        "ServerError",
        ["token"]
      ])
    }))

  it.effect("reads no pages without end", () =>
    Effect.gen(function*() {
      const requests: Array<Http.Recorded> = []
      const error = yield* Effect.flip(Effect.provide(Topics.list("token"), fcm(() => page(["a"], "next"), requests)))
      assert.deepStrictEqual(reasonOf(error), ["ValidationError", "InvalidResponse"])
      assert.strictEqual(requests.length, 100)
    }))

  it.effect("is empty for one without topics, and an error for one that is gone", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* Effect.provide(Topics.list("token"), fcm(() => Http.json({}))), [])
      const gone = fcm(() => Http.fcmError(404, { status: "NOT_FOUND" }))
      const error = yield* Effect.flip(Effect.provide(Topics.list("token"), gone))
      assert.deepStrictEqual(reasonOf(error), ["ValidationError", "RejectedRequest"])
      assert.strictEqual(error.reason._tag === "RejectedRequest" && error.reason.code, "NotRegistered")
      const late = yield* Effect.flip(
        inTime(Effect.provide(Topics.list("token", { deadline: Duration.seconds(1) }), fcm(() => Effect.never)))
      )
      assert.deepStrictEqual(reasonOf(late), ["TransportError", "Timeout"])
    }))
})

describe("Fcm", () => {
  it.effect("makes the service as a value, too", () =>
    Effect.gen(function*() {
      const topics = yield* Fcm.makeTopics({ projectId: "my-project" }).pipe(
        Effect.provide(Layer.merge(Http.accessToken, Http.layer(change)))
      )
      assert.deepStrictEqual(told(yield* topics.subscribe("news", "a")), [["a", "Changed", "keep"]])
    }))
})
