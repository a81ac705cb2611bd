/** What node-gcm, firebase-admin and Google's own GCM client promise, and docs/migrating.md says of ours. */
import { Message, Messaging, Recipient, Report, type RetryPolicy, Topics } from "@cloud-messaging/client"
import { assert, describe, it } from "@effect/vitest"
import { Clock, type Duration, Effect, Schedule, Stream } from "effect"
import * as Fs from "node:fs"
import * as Rules from "./replay/rules.ts"
import * as Http from "./utils/http.ts"
import { inTime } from "./utils/time.ts"

const message = Message.make({ data: { score: 42 } })

const spaced = (duration: Duration.Input, times: number): RetryPolicy.RetryPolicy =>
  Schedule.spaced(duration).pipe(Schedule.upTo({ times }))

const told = (outcomes: Iterable<Report.Report["outcomes"][number]>) =>
  Array.from(outcomes, (outcome) => [
    Recipient.value(outcome.recipient),
    "messageId" in outcome ? outcome.messageId : "code" in outcome ? outcome.code : outcome._tag
  ])

describe("the failed ids alone, in rounds", () => {
  /** Answers of GCM in turn: the results of each request, `M…` a message id, else an error. */
  const rounds = (...answers: ReadonlyArray<ReadonlyArray<string> | Http.Answer>) => {
    const requests: Array<Http.Recorded> = []
    const answer: Http.Answer = (request, n) => {
      const results = answers[n - 1] ?? []
      return typeof results === "function" ? results(request, n) : Http.json({
        multicast_id: n * 100,
        results: results.map((text) => text.startsWith("M") ? { message_id: text } : { error: text })
      })
    }
    return { requests, layer: Http.gcm(answer, requests) }
  }

  // Google's client-libraries/java/rest-client, SenderTest.testSend_json_ok
  const senderTest = (whole: Http.Answer) =>
    Effect.gen(function*() {
      const { layer, requests } = rounds(
        ["M4", "Unavailable", "Unavailable", "M16", "InternalServerError", "D'OH!"],
        whole,
        ["Unavailable", "Unavailable", "M23"],
        ["D'OH!", "Unavailable"],
        ["Unavailable"]
      )
      const report = yield* Messaging.send(message, ["4", "8", "15", "16", "23", "42"], {
        retryPolicy: spaced("1 second", 4)
      }).pipe(Effect.provide(layer), inTime)
      assert.deepStrictEqual(requests.map(Http.idsOf), [
        ["4", "8", "15", "16", "23", "42"],
        ["8", "15", "23"],
        ["8", "15", "23"],
        ["8", "15"],
        ["15"]
      ])
      return report
    })

  const settled = [["4", "M4"], ["8", "UNKNOWN"], ["15", "Unavailable"], ["16", "M16"], ["23", "M23"], [
    "42",
    "UNKNOWN"
  ]]

  for (
    const [name, whole] of [
      ["a 503", () => Http.text("", { status: 503 })],
      ["a connection that was refused", () => Effect.fail({ code: "ECONNREFUSED" })]
    ] satisfies ReadonlyArray<readonly [string, Http.Answer]>
  ) {
    it.effect(`five requests, one of them ${name}, in input order`, () =>
      Effect.gen(function*() {
        const report = yield* senderTest(whole)
        assert.deepStrictEqual(told(report.outcomes), settled)
        assert.deepStrictEqual(report.unavailable.map(({ attempts }) => attempts), [5])
        assert.deepStrictEqual(report.counts, { Success: 3, NotRegistered: 0, Failed: 2, Unavailable: 1, Unknown: 0 })
      }))
  }

  it.effect("an answer that was lost is not forgotten: who got no other one may have been accepted", () =>
    Effect.gen(function*() {
      const report = yield* senderTest(() => Effect.fail({ code: "ECONNRESET" }))
      assert.deepStrictEqual(
        told(report.outcomes),
        settled.map(([id = "", is]) => [id, is === "Unavailable" ? "Unknown" : is])
      )
    }))

  it.effect("by hand: rounds that are merged say the same", () =>
    Effect.gen(function*() {
      const { layer, requests } = rounds(["M1", "Unavailable", "NotRegistered", "Unavailable"], ["M2", "Unavailable"], [
        "InvalidRegistration"
      ])
      const send = (recipients: Recipient.Inputs) => Messaging.send(message, recipients)
      const report = yield* Effect.gen(function*() {
        const first = yield* send(["1", "2", "3", "4"])
        const second = yield* send(Report.retry(first))
        return Report.merge(Report.merge(first, second), yield* send(Report.retry(second)))
      }).pipe(Effect.provide(layer))
      assert.deepStrictEqual(requests.map(Http.idsOf), [["1", "2", "3", "4"], ["2", "4"], ["4"]])
      assert.deepStrictEqual(told(report.outcomes), [
        ["1", "M1"],
        ["2", "M2"],
        ["3", "NotRegistered"],
        ["4", "InvalidRegistration"]
      ])
    }))

  it.effect("no more retries than are allowed, at the pace that is asked for", () =>
    Effect.gen(function*() {
      const at: Array<number> = []
      const answer: Http.Answer = () =>
        Effect.gen(function*() {
          at.push((yield* Clock.currentTimeMillis) / 1000)
          return yield* Http.json({ results: [{ error: "Unavailable" }] })
        })
      // node-gcm's { retries: 3, backoff: 1000 }
      const retryPolicy = Schedule.exponential("1 second").pipe(
        Schedule.setInputType<RetryPolicy.Failure>(),
        Schedule.upTo({ times: 3 })
      )
      const report = yield* inTime(Effect.provide(Messaging.send(message, "1", { retryPolicy }), Http.gcm(answer)))
      assert.deepStrictEqual(at, [0, 1, 3, 7])
      assert.deepStrictEqual(told(report.outcomes), [["1", "Unavailable"]])
    }))
})

describe("firebase-admin's sendEach", () => {
  /** The first is answered last. */
  const late: Http.Answer = (request, n) => {
    const token = Http.tokenOf(request)
    const answer = token === "gone"
      ? Http.fcmError(404, { code: "UNREGISTERED" })
      : Http.json({ name: `projects/my-project/messages/${token}` })
    return Effect.delay(answer, `${10 - n} seconds`)
  }

  it.effect("tells each message's outcome by the item that is the caller's own, so that their order can be restored", () =>
    Effect.gen(function*() {
      const items = ["a", "gone", "c"].map((recipient, index) => ({
        index,
        recipient,
        message: Message.make({ data: { index } })
      }))
      const settled = yield* Messaging.sendEach(Stream.fromIterable(items)).pipe(
        Stream.runCollect,
        Effect.provide(Http.fcm(late)),
        inTime
      )
      assert.deepStrictEqual(settled.map(({ item }) => item.index), [2, 1, 0])
      const responses = settled.toSorted((a, b) => a.item.index - b.item.index)
      assert.deepStrictEqual(told(responses.map(({ outcome }) => outcome)), [
        ["a", "projects/my-project/messages/a"],
        ["gone", "NotRegistered"],
        ["c", "projects/my-project/messages/c"]
      ])
      assert.isTrue(responses.every(({ item }, i) => item === items[i]))
    }))
})

describe("firebase-admin's topic management", () => {
  /** What `subscribeToTopic` resolves with, the codes as the service has them. */
  const responseOf = (outcomes: ReadonlyArray<Topics.TopicOutcome>) => {
    const errors = outcomes.flatMap((outcome, index) =>
      outcome._tag === "Changed" ? [] : [{ index, code: "code" in outcome ? outcome.code : outcome._tag }]
    )
    return { successCount: outcomes.length - errors.length, failureCount: errors.length, errors }
  }

  for (const [name, change] of [["subscribe", Topics.subscribe], ["unsubscribe", Topics.unsubscribe]] as const) {
    it.effect(`${name}: how many, and the index of each that failed`, () =>
      Effect.gen(function*() {
        const errors: { readonly [token: string]: string } = { b: "NOT_FOUND", d: "TOO_MANY_TOPICS", e: "INTERNAL" }
        const inOne: Http.Answer = (request) => {
          const tokens: ReadonlyArray<string> = JSON.parse(request.text).registration_tokens
          return Http.json({ results: tokens.map((token) => token in errors ? { error: errors[token] } : {}) })
        }
        const statuses: { readonly [status: string]: number } = { NOT_FOUND: 404, TOO_MANY_TOPICS: 400, INTERNAL: 500 }
        const each: Http.Answer = ({ url }) => {
          const status = errors[/registrations\/(\w)/.exec(url)?.[1] ?? ""]
          return status === undefined
            ? Http.json({})
            : Http.fcmError(statuses[status] ?? 0, status === "INTERNAL" ? { status, code: status } : { status })
        }
        for (const [topicApi, answer] of [["fcm", each], ["instanceId", inOne]] as const) {
          const outcomes = yield* change("news", ["a", "b", "c", "d", "e", "b"], { topicApi }).pipe(
            Effect.provide(Http.fcm(answer))
          )
          assert.deepStrictEqual(responseOf(outcomes), {
            successCount: 2,
            failureCount: 4,
            errors: [
              { index: 1, code: "NotRegistered" },
              { index: 3, code: "TOO_MANY_TOPICS" },
              { index: 4, code: "INTERNAL" },
              { index: 5, code: "NotRegistered" }
            ]
          })
        }
      }))
  }
})

describe("docs/migrating.md", () => {
  const document = Fs.readFileSync(new URL("../../../docs/migrating.md", import.meta.url), "utf8")

  it("names every rule of the replay of gcm-client", () => {
    const [, rest = ""] = document.split("\n### Held by recording\n")
    const [section = ""] = rest.split(/\n#+ /)
    const names = Array.from(section.matchAll(/^\| ([^|]*?) +\|/gm), ([, name]) => name).slice(2)
    assert.deepStrictEqual(names, Rules.rules.map(({ name }) => name))
  })
})
