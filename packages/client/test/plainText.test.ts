/** GCM's plain-text form: one recipient a request, a form in, one or two lines out. */
import { Audience, Gcm, Message, Messaging, type Outcome, Recipient, RetryPolicy } from "@cloud-messaging/client"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, Schedule } from "effect"
import * as Http from "./utils/http.ts"
import { inTime } from "./utils/time.ts"

const message = Message.make({ data: { score: 42 } })

const plainText = (answer: Http.Answer, requests: Array<Http.Recorded> = []) =>
  Gcm.layerPlainText({ apiKey: Redacted.make("api-key-1"), retryPolicy: RetryPolicy.none }).pipe(
    Layer.provide(Http.layer(answer, requests))
  )

const accept: Http.Answer = (_, n) => Http.text(`id=${n}\n`)

const outcomeOf = (text: string, init: ResponseInit = {}) =>
  Messaging.send(message, ["fine", "odd"]).pipe(
    Effect.provide(
      plainText((request, n) => request.text.includes("odd") ? Http.text(text, init) : accept(request, n))
    ),
    Effect.flatMap((report) => Effect.fromNullishOr(report.outcomes[1]))
  )

const told = (outcome: Outcome.Outcome) => [
  outcome._tag,
  "code" in outcome ? outcome.code : "messageId" in outcome ? outcome.messageId : undefined,
  outcome.disposition
]

it.effect("writes a form for each recipient, booleans as 1 and 0", () =>
  Effect.gen(function*() {
    const requests: Array<Http.Recorded> = []
    const full = Message.make({
      data: { score: 42, name: "Ωé &=+" },
      collapseKey: "score",
      timeToLive: "90 seconds",
      restrictedPackageName: "com.example",
      dryRun: true,
      gcm: { delayWhileIdle: false }
    })
    const report = yield* Effect.provide(Messaging.send(full, ["a b", "c"]), plainText(accept, requests))
    assert.deepStrictEqual(report.success.map(({ messageId }) => messageId).sort(), ["1", "2"])
    assert.deepStrictEqual(requests.map(({ headers }) => [headers["content-type"], headers["authorization"]]), [
      ["application/x-www-form-urlencoded;charset=UTF-8", "key=api-key-1"],
      ["application/x-www-form-urlencoded;charset=UTF-8", "key=api-key-1"]
    ])
    assert.deepStrictEqual(Object.fromEntries(new URLSearchParams(requests[0]?.text)), {
      registration_id: "a b",
      collapse_key: "score",
      delay_while_idle: "0",
      dry_run: "1",
      restricted_package_name: "com.example",
      time_to_live: "90",
      "data.score": "42",
      "data.name": "Ωé &=+"
    })
  }))

it.effect("reads both lines, however they end", () =>
  Effect.gen(function*() {
    for (const text of ["id=1:08", "id=1:08\n", "  id= 1:08 \r\n"]) {
      assert.deepStrictEqual(told(yield* outcomeOf(text)), ["Success", "1:08", "keep"])
    }
    for (const text of ["id=1:08\nregistration_id=32\n", "id=1:08\r\nregistration_id= 32 \r\nmore\r\n"]) {
      const outcome = yield* outcomeOf(text)
      assert.deepStrictEqual(told(outcome), ["Success", "1:08", "replace"])
      const canonical = outcome._tag === "Success" ? outcome.canonical : undefined
      assert.strictEqual(canonical && Recipient.value(canonical), "32")
    }
  }))

it.effect("reads errors, and explains DeprecatedApi", () =>
  Effect.gen(function*() {
    assert.deepStrictEqual(told(yield* outcomeOf("Error=NotRegistered\n")), ["NotRegistered", undefined, "remove"])
    assert.deepStrictEqual(told(yield* outcomeOf("Error=InvalidRegistration\r\n")), [
      "Failed",
      "InvalidRegistration",
      "remove"
    ])
    const ended = yield* outcomeOf("Error=DeprecatedApi")
    assert.include(ended._tag === "Failed" ? ended.detail : "", "send through Fcm")
    for (const text of ["", "odd", "id=1\nodd=2"]) {
      assert.deepStrictEqual(told(yield* outcomeOf(text)), ["Unknown", undefined, "keep"])
    }
  }))

it.effect("retries a 5xx, which is how plain text says Unavailable", () =>
  Effect.gen(function*() {
    const requests: Array<Http.Recorded> = []
    const answer: Http.Answer = (request, n) => n === 1 ? Http.text("", { status: 503 }) : accept(request, n)
    const options = { retryPolicy: Schedule.spaced("1 second") }
    const report = yield* inTime(Effect.provide(Messaging.send(message, "a", options), plainText(answer, requests)))
    assert.deepStrictEqual([report.counts.Success, requests.length], [1, 2])
  }))

describe("what a form cannot say", () => {
  it.effect("is named, and nothing is sent", () =>
    Effect.gen(function*() {
      const requests: Array<Http.Recorded> = []
      const wrong = Message.make({
        notification: { title: "x" },
        priority: "high",
        analyticsLabel: "x",
        android: { priority: "HIGH" },
        gcm: { contentAvailable: true, mutableContent: true, notification: { icon: "x" } }
      })
      const layer = plainText(accept, requests)
      const error = yield* Effect.flip(Effect.provide(Messaging.send(wrong, "a"), layer))
      const issues = error.reason._tag === "InvalidMessage" ? error.reason.issues : []
      assert.sameMembers(issues.map(({ path }) => path.join(".")), [
        "notification",
        "priority",
        "analyticsLabel",
        "gcm.contentAvailable",
        "gcm.mutableContent",
        "gcm.notification"
      ])
      const published = yield* Effect.flip(Effect.provide(Messaging.publish(message, Audience.topic("news")), layer))
      assert.strictEqual(published.reason._tag, "InvalidMessage")
      assert.isEmpty(requests)
    }))
})
