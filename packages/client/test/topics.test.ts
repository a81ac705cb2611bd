/** Subscriptions to topics: one by one through FCM v1, or in batches through Instance ID. */
import {
  AccessToken,
  Fcm,
  Message,
  Messaging,
  Recipient,
  RetryPolicy,
  type SendError,
  ServiceAccount,
  Topics
} from "@cloud-messaging/client"
import { Emulator } from "@cloud-messaging/emulator"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Fiber, Layer, Redacted, Schedule } from "effect"
import * as Http from "./utils/http.ts"
import { inTime, pass, settle } from "./utils/time.ts"

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
  it.effect("each in a request of its own, however many there are: the project is that of the layer", () =>
    Effect.gen(function*() {
      const requests: Array<Http.Recorded> = []
      const layer = fcm(change, requests)
      yield* Effect.provide(Topics.subscribe("news", "a/b"), layer)
      yield* Effect.provide(Topics.unsubscribe("news", [Recipient.fid("f1"), "t1", "t2"]), layer)
      const registrations = "https://fcm.googleapis.com/v1/projects/my-project/registrations"
      assert.deepStrictEqual(requests.map(shown), [
        ["PATCH", `${registrations}/a%2Fb/topicSubscriptions/news?allowMissing=true`, "{}"],
        // the reference says that the body of a DELETE must be empty
        ["DELETE", `${registrations}/f1/topicSubscriptions/news?allowMissing=true`, ""],
        ["DELETE", `${registrations}/t1/topicSubscriptions/news?allowMissing=true`, ""],
        ["DELETE", `${registrations}/t2/topicSubscriptions/news?allowMissing=true`, ""]
      ])
      for (const { headers } of requests) assert.strictEqual(headers["authorization"], "Bearer access-token-1")
    }))

  it.effect("asks Instance ID for tokens where the layer or the call says so, and never for installation ids", () =>
    Effect.gen(function*() {
      const apis = Effect.fnUntraced(function*(layer?: Topics.Api, call?: Topics.Api) {
        const requests: Array<Http.Recorded> = []
        const ofLayer = layer === undefined ? {} : { topicApi: layer }
        const ofCall = call === undefined ? {} : { topicApi: call }
        const recipients = ["a", "b", Recipient.fid("f")]
        yield* Effect.provide(Topics.subscribe("news", recipients, ofCall), fcm(change, requests, ofLayer))
        return requests.map(({ url }) => new URL(url).pathname.split("/")[1])
      })
      assert.deepStrictEqual(yield* apis(), ["v1", "v1", "v1"])
      assert.deepStrictEqual(yield* apis("instanceId"), ["iid", "v1"])
      assert.deepStrictEqual(yield* apis(undefined, "instanceId"), ["iid", "v1"])
      assert.deepStrictEqual(yield* apis("instanceId", "fcm"), ["v1", "v1", "v1"])
    }))

  it.effect("batches of up to 1000 tokens, one of a single token as well; outcomes in input order", () =>
    Effect.gen(function*() {
      const requests: Array<Http.Recorded> = []
      const tokens = Array.from({ length: 1500 }, (_, i) => `${i}`)
      const recipients = [Recipient.fid("f1"), ...tokens, "7", ""]
      const layer = fcm(change, requests, { topicApi: "instanceId" })
      const outcomes = yield* inTime(Effect.provide(Topics.subscribe("news", recipients), layer))
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
      yield* Effect.provide(Topics.subscribe("news", "alone"), layer)
      assert.strictEqual(requests.at(-1)?.url, "https://iid.googleapis.com/iid/v1:batchAdd")
    }))

  it.effect("sends everything to `url`, when code names one", () =>
    Effect.gen(function*() {
      const requests: Array<Http.Recorded> = []
      const layer = fcm(change, requests, { url: "http://localhost:9099", topicApi: "instanceId" })
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
      const retryPolicy = Schedule.upTo(Schedule.spaced("1 second"), { times: 1 })
      const options = { retryPolicy, topicApi: "instanceId" } as const
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

  it.effect("one by one: a 400 is of its own recipient, unless it names the topic", () =>
    Effect.gen(function*() {
      const badRequest = (status: string, field: string, description: string, message = "text") =>
        Http.fcmError(400, {
          status,
          message,
          details: [{
            "@type": "type.googleapis.com/google.rpc.BadRequest",
            fieldViolations: [{ field, description }]
          }]
        })
      const odd = (answer: Effect.Effect<Response>) =>
        Effect.map(
          Effect.provide(
            Topics.subscribe("news", ["odd", "fine"]),
            fcm((request, n) => request.url.includes("/odd/") ? answer : change(request, n))
          ),
          (outcomes) => told(outcomes)[0]?.slice(1)
        )
      const invalid = "INVALID_ARGUMENT"
      const remove = ["Failed", invalid, "remove"]
      assert.deepStrictEqual(yield* odd(badRequest(invalid, "name", "Invalid registration token")), remove)
      const text = "The registration token is not a valid FCM registration token"
      assert.deepStrictEqual(yield* odd(Http.fcmError(400, { status: invalid, message: text })), remove)
      assert.deepStrictEqual(yield* odd(badRequest(invalid, "name", "wrong")), ["Failed", invalid, "keep"])
      assert.deepStrictEqual(
        yield* odd(badRequest("FAILED_PRECONDITION", "name", "The registration token is not below 2000 topics")),
        ["Failed", "FAILED_PRECONDITION", "keep"]
      )
      // FCM's own code decides, whatever the status
      assert.deepStrictEqual(yield* odd(Http.fcmError(400, { status: invalid, code: "UNAVAILABLE" })), [
        "Unavailable",
        "UNAVAILABLE",
        "retryLater"
      ])
      const error = yield* Effect.flip(odd(badRequest(invalid, "topic_name", "Invalid topic name provided.")))
      assert.deepStrictEqual(reasonOf(error), ["ValidationError", "RejectedRequest"])
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
        const subscribe = Topics.subscribe("news", recipients, { topicApi: "instanceId" })
        const error = yield* Effect.flip(inTime(Effect.provide(subscribe, fcm(answer))))
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

  it.effect("a 404 that says nothing is no end, once the layer had an acceptance", () =>
    Effect.gen(function*() {
      const answer: Http.Answer = (request, n) => n === 2 ? Http.text("<html>", { status: 404 }) : change(request, n)
      const subscribe = Topics.subscribe("news", ["a", "b", "c"], { concurrency: 1 })
      assert.deepStrictEqual(told(yield* Effect.provide(subscribe, fcm(answer))), [
        ["a", "Changed", "keep"],
        ["b", "Failed", "NOT_FOUND", "keep"],
        ["c", "Changed", "keep"]
      ])
    }))

  for (const topicApi of ["fcm", "instanceId"] as const) {
    it.effect(`says why Google refuses, and to whom: ${topicApi}`, () =>
      Effect.gen(function*() {
        const account = "sender@my-project.iam.gserviceaccount.com"
        const accessToken = AccessToken.layer(
          Effect.succeed({ token: Redacted.make("access-token-1"), expiresIn: 3600, account })
        )
        const denied: Http.Answer = () =>
          Http.fcmError(403, {
            message: "Firebase Cloud Messaging API has not been used before.",
            details: [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "SERVICE_DISABLED" }]
          })
        const layer = Fcm.layer({ projectId: "my-project", topicApi, retryPolicy: RetryPolicy.none }).pipe(
          Layer.provide([accessToken, Http.layer(denied)])
        )
        const { message } = yield* Effect.flip(Effect.provide(Topics.subscribe("news", ["a", "b"]), layer))
        for (const part of [account, "SERVICE_DISABLED", "has not been used before"]) assert.include(message, part)
      }))
  }

  it.effect("once the credentials are refused nothing more is sent, and `concurrency` is that of the call", () =>
    Effect.gen(function*() {
      const requests: Array<Http.Recorded> = []
      const fids = Array.from({ length: 10 }, (_, i) => Recipient.fid(`${i}`))
      const denied = fcm(() => Http.text("", { status: 403 }), requests)
      const subscribe = Topics.subscribe("news", ["a", "b", ...fids], { topicApi: "instanceId" })
      const error = yield* Effect.flip(Effect.provide(subscribe, denied))
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

describe("the quota of 3,000 changes a second", () => {
  const tokens = (n: number) => Array.from({ length: n }, (_, i) => `${i}`)

  /** Accepts all changes, and notes when each was asked for. */
  const timed = (times: Array<number>): Http.Answer => (request, n) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      times.push(...request.url.includes("/iid/") ? ids(request).map(() => now) : [now])
      return change(request, n)
    })

  /** The most in any second. */
  const mostInASecond = (times: ReadonlyArray<number>) => {
    let from = 0
    return Math.max(...times.map((time, i) => {
      while ((times[from] ?? time) <= time - 1000) from++
      return i - from + 1
    }))
  }

  it.effect("calls of a layer stay under it together, and nearly reach it", () =>
    Effect.gen(function*() {
      const times: Array<number> = []
      const topics = yield* Effect.provide(Topics.Topics, fcm(timed(times)))
      const outcomes = yield* inTime(
        Effect.all([topics.subscribe("news", tokens(1700)), topics.unsubscribe("news", tokens(1700))], {
          concurrency: "unbounded"
        }),
        "10 seconds"
      )
      assert.isTrue(outcomes.flat().every(({ _tag }) => _tag === "Changed"))
      assert.strictEqual(times.length, 3400)
      assert.isBelow(mostInASecond(times), 3000)
      assert.isAbove(mostInASecond(times), 2800)
      assert.isBelow(Math.max(...times) - Math.min(...times), 2000)
    }))

  it.effect("counts the recipients of a batch, beside those that go one by one", () =>
    Effect.gen(function*() {
      const times: Array<number> = []
      const topics = yield* Effect.provide(Topics.Topics, fcm(timed(times)))
      yield* inTime(
        Effect.all([
          topics.subscribe("news", tokens(250)),
          topics.subscribe("news", tokens(5000), { topicApi: "instanceId" })
        ], { concurrency: "unbounded" }),
        "10 seconds"
      )
      assert.strictEqual(times.length, 5250)
      assert.isBelow(mostInASecond(times), 3000)
      assert.isAbove(mostInASecond(times), 1999)
    }))

  it.effect("counts retries", () =>
    Effect.gen(function*() {
      const times: Array<number> = []
      // all fail at one moment, and are due again at one moment
      const busy: Http.Answer = (request, n) =>
        Effect.flatMap(timed(times)(request, n), (changed) =>
          n > 600
            ? Effect.succeed(changed)
            : Effect.flatMap(
              Clock.currentTimeMillis,
              (now) => Effect.delay(Http.text("", { status: 503 }), 5000 - now)
            ))
      const retryPolicy = Schedule.upTo(Schedule.spaced("10 seconds"), { times: 1 })
      const retried = Topics.subscribe("news", tokens(600), { retryPolicy, concurrency: 600 })
      yield* inTime(Effect.provide(retried, fcm(busy)))
      assert.strictEqual(times.length, 1200)
      assert.isAbove((times.at(-1) ?? 0) - (times[600] ?? 0), 150)
    }))

  it.effect("holds when the gate opens after a 429", () =>
    Effect.gen(function*() {
      const times: Array<number> = []
      const busy: Http.Answer = (request, n) =>
        n === 1
          ? Http.fcmError(429, { status: "RESOURCE_EXHAUSTED" }, { "retry-after": "10" })
          : timed(times)(request, n)
      const subscribe = Topics.subscribe("news", tokens(1000), { concurrency: 1000 })
      const outcomes = yield* inTime(Effect.provide(subscribe, fcm(busy)))
      assert.strictEqual(outcomes[0]?._tag, "Unavailable")
      const after = times.filter((time) => time >= 10_000)
      assert.isAbove(after.length, 800)
      assert.isAbove((after.at(-1) ?? 0) - (after[0] ?? 0), 250)
    }))

  it.effect("nobody is late who waits for it: the deadline counts from the first request", () =>
    Effect.gen(function*() {
      const options = { deadline: "10 millis", concurrency: 1000 } as const
      const subscribe = Topics.subscribe("news", tokens(1000), options)
      const outcomes = yield* inTime(Effect.provide(subscribe, fcm(change)))
      assert.isTrue(outcomes.every(({ _tag }) => _tag === "Changed"))
    }))

  it.effect("runs the pacing of the application as well, whose waits count towards the deadline", () =>
    Effect.gen(function*() {
      const paced: Array<number> = []
      const subscribe = Topics.subscribe("news", ["a", "b"], {
        deadline: "1 second",
        pacing: (recipients) => Effect.andThen(Effect.sync(() => paced.push(recipients)), Effect.sleep("2 seconds"))
      })
      const error = yield* Effect.flip(inTime(Effect.provide(subscribe, fcm(change))))
      assert.deepStrictEqual([reasonOf(error), paced], [["TransportError", "Timeout"], [1, 1]])
    }))

  it.effect("a call that is interrupted leaves the line, and those behind it go on", () =>
    Effect.gen(function*() {
      const times: Array<number> = []
      const topics = yield* Effect.provide(Topics.Topics, fcm(timed(times), [], { topicApi: "instanceId" }))
      const call = yield* Effect.forkChild(topics.subscribe("news", tokens(50_000)), { startImmediately: true })
      yield* settle
      assert.strictEqual(times.length, 1000)
      yield* Fiber.interrupt(call)
      const outcomes = yield* inTime(topics.subscribe("news", "a"), "1 second")
      assert.deepStrictEqual(told(outcomes), [["a", "Changed", "keep"]])
    }))

  it.effect("is counted on the clock of the call: that of another one, which may be hours ahead, holds up nobody", () =>
    Effect.gen(function*() {
      const topics = yield* Effect.provide(Topics.Topics, fcm(change))
      const clock = yield* Clock.clockWith(Effect.succeed)
      const ahead = { ...clock, monotonicTimeNanosUnsafe: () => 10n ** 15n }
      yield* Effect.provideService(topics.subscribe("news", tokens(90)), Clock.Clock, ahead)
      assert.strictEqual((yield* topics.subscribe("news", tokens(90))).length, 90)
    }))

  it.effect("a 429 holds up changes and lists for as long as it says, and no send; that of a send no change", () =>
    Effect.gen(function*() {
      const message = Message.make({ data: { score: 42 } })
      const busy = (n: string) => Http.fcmError(429, { status: "RESOURCE_EXHAUSTED" }, { "retry-after": n })
      const asked: Array<string> = []
      const run = Effect.fnUntraced(function*(isBusy: (request: Http.Recorded) => boolean) {
        const layer = fcm((request, n) => {
          asked.push(request.method)
          return isBusy(request) ? busy("20") : request.method === "POST" ? Http.accept(request, n) : change(request, n)
        })
        return yield* Effect.provide(Effect.all([Messaging.Messaging, Topics.Topics]), layer)
      })
      const first = yield* run(({ method }) => method === "PATCH")
      yield* Effect.flip(first[1].subscribe("news", "a"))
      const list = yield* Effect.forkChild(first[1].list("a"), { startImmediately: true })
      yield* pass("19 seconds")
      assert.deepStrictEqual((yield* first[0].send(message, "a")).counts.Success, 1)
      assert.deepStrictEqual(asked, ["PATCH", "POST"])
      yield* pass("1 second")
      yield* Fiber.join(list)
      assert.deepStrictEqual(asked, ["PATCH", "POST", "GET"])
      const second = yield* run(({ method }) => method === "POST")
      yield* Effect.flip(second[0].send(message, "a"))
      assert.deepStrictEqual(told(yield* second[1].subscribe("news", "a")), [["a", "Changed", "keep"]])
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

describe("with the emulator", () => {
  it.effect("what is so already is as asked; what is wrong is of its own registration", () =>
    Effect.gen(function*() {
      const topics = yield* Topics.Topics
      const some = ["ok", "unregistered", "invalid", "mismatch", "apns-auth"].map((fate) => `emulator:${fate}:topics`)
      const expected = [
        [some[0], "Changed", "keep"],
        [some[1], "NotRegistered", "remove"],
        [some[2], "Failed", "INVALID_ARGUMENT", "remove"],
        [some[3], "Failed", "SENDER_ID_MISMATCH", "fixCredentials"],
        [some[4], "Changed", "keep"]
      ]
      assert.deepStrictEqual(told(yield* topics.unsubscribe("news", some)), expected)
      assert.deepStrictEqual(told(yield* topics.subscribe("news", some)), expected)
      assert.deepStrictEqual(told(yield* topics.subscribe("news", some)), expected)
      assert.deepStrictEqual(yield* topics.list(some[0] ?? ""), ["news"])
    }).pipe(
      Effect.provide(
        Fcm.layer({ projectId: "my-project", retryPolicy: RetryPolicy.none }).pipe(
          Layer.provide(ServiceAccount.layer(Emulator.serviceAccount)),
          Layer.provide(Emulator.layerHttpClient)
        )
      )
    ))
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
