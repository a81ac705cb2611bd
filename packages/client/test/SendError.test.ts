/** Law 1: every recipient gets exactly one outcome; what is a fault of the whole send is an error that loses nobody. */
import { Message, Messaging, Recipient, SendError } from "@cloud-messaging/client"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Clock, Duration, Effect, Exit, Fiber, Schedule, Schema } from "effect"
import { TestClock } from "effect/testing"
import * as Http from "./utils/http.ts"
import { inTime, pass } from "./utils/time.ts"

const message = Message.make({ data: { score: 42 } })

const names = (recipients: ReadonlyArray<Recipient.Recipient>) => recipients.map(Recipient.value)

const outcomesOf = (error: SendError.SendError) =>
  error.report.outcomes.map((outcome) => [Recipient.value(outcome.recipient), outcome._tag])

describe("TransportError", () => {
  it.effect("law 1: fails only if no request got an answer that speaks of a recipient", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Effect.provide(
        Messaging.send(message, ["a", "b", ""], { concurrency: 1 }),
        Http.fcm((request) =>
          Http.tokenOf(request) === "a"
            ? Http.text("", { status: 503, headers: { "retry-after": "3" } })
            : Effect.fail({ code: "ECONNRESET" })
        )
      ))
      assert.strictEqual(error._tag, "TransportError")
      assert.strictEqual(error.reason._tag, "ServerError")
      assert.deepStrictEqual(outcomesOf(error), [["a", "Unavailable"], ["b", "Unknown"], ["", "Failed"]])
      assert.deepStrictEqual(error.unsettled, [])
      assert.isTrue(error._tag === "TransportError" && error.ambiguous)
      assert.deepStrictEqual(names(SendError.retry(error)), ["a", "b"])
    }))

  it.effect("law 1: a refusal of one recipient is an answer, and so is `Unavailable` inside a GCM 200", () =>
    Effect.gen(function*() {
      const one = yield* Effect.provide(
        Messaging.send(message, ["a", "b"]),
        Http.fcm((request) =>
          Http.tokenOf(request) === "a" ? Http.fcmError(404, { code: "UNREGISTERED" }) : Http.text("", { status: 503 })
        )
      )
      assert.deepStrictEqual(one.outcomes.map(({ _tag }) => _tag), ["NotRegistered", "Unavailable"])
      const all = yield* Effect.provide(
        Messaging.send(message, ["a"]),
        Http.gcm(() => Http.json({ results: [{ error: "Unavailable" }] }))
      )
      assert.deepStrictEqual(all.counts.Unavailable, 1)
    }))

  it.effect("tells each reason", () =>
    Effect.gen(function*() {
      const reasonOf = (answer: Effect.Effect<Response, unknown>) =>
        Effect.map(
          Effect.flip(Effect.provide(Messaging.send(message, "a"), Http.fcm(() => answer))),
          (error) => [error.reason._tag, error.message, error._tag === "TransportError" && error.ambiguous]
        )
      assert.deepStrictEqual(yield* reasonOf(Effect.fail({ code: "ECONNREFUSED" })), [
        "Network",
        "the connection to fcm.googleapis.com failed: ECONNREFUSED",
        false
      ])
      assert.deepStrictEqual(yield* reasonOf(Http.text("", { status: 429 })), [
        "RateLimited",
        "the service asks to slow down (429)",
        false
      ])
      assert.deepStrictEqual(yield* reasonOf(Http.text("", { status: 500 })), [
        "ServerError",
        "the service is in trouble (500)",
        false
      ])
      assert.deepStrictEqual(yield* reasonOf(Http.text("", { status: 302 })), [
        "UnexpectedStatus",
        "unexpected status 302: is the url the service's own?",
        false
      ])
    }))

  it.effect("bounds one exchange, its body included, by requestTimeout: the answer is lost", () =>
    Effect.gen(function*() {
      const stalled = () =>
        new Response(new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(1)) }))
      for (const answer of [Effect.never, Effect.sync(stalled)]) {
        const send = Messaging.send(message, "a", { requestTimeout: "5 seconds" })
        const fiber = yield* Effect.forkChild(Effect.flip(Effect.provide(send, Http.fcm(() => answer))))
        yield* TestClock.adjust("4999 millis")
        assert.isUndefined(fiber.pollUnsafe())
        yield* TestClock.adjust("1 millis")
        const error = yield* Fiber.join(fiber)
        assert.deepStrictEqual([error.message, outcomesOf(error)], ["no answer of fcm.googleapis.com within 5s", [[
          "a",
          "Unknown"
        ]]])
      }
    }))

  it.effect("a requestTimeout of zero is over before a request leaves: nothing is sent twice", () =>
    Effect.gen(function*() {
      const requests: Array<Http.Recorded> = []
      const error = yield* inTime(Effect.flip(Effect.provide(
        Messaging.send(message, "a", { requestTimeout: 0, retryPolicy: Schedule.recurs(3) }),
        Http.fcm(Http.accept, requests)
      )))
      assert.deepStrictEqual([error.message, requests.length], ["no answer of fcm.googleapis.com within 0", 0])
    }))

  it.effect("keeps to requestTimeout, though the clock is set meanwhile", () =>
    Effect.gen(function*() {
      yield* TestClock.adjust("1 day")
      for (const change of [-3_600_000, 3_600_000]) {
        let changed = 0
        const clock = yield* Effect.clockWith((clock) =>
          Effect.succeed<Clock.Clock>({
            ...clock,
            currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe() + changed
          })
        )
        const send = Effect.provideService(Effect.flip(Messaging.send(message, "a")), Clock.Clock, clock)
        const first = yield* Effect.forkChild(send)
        yield* pass("5 seconds")
        const second = yield* Effect.forkChild(send)
        yield* pass("5 seconds")
        changed = change
        const third = yield* Effect.forkChild(send)
        for (const fiber of [first, second, third]) {
          yield* pass("4999 millis")
          assert.isUndefined(fiber.pollUnsafe())
          yield* pass("1 millis")
          assert.isDefined(fiber.pollUnsafe())
        }
      }
    }).pipe(Effect.provide(Http.fcm(() => Effect.never))))

  it.effect("has 15 seconds as the default of requestTimeout", () =>
    Effect.gen(function*() {
      const fiber = yield* Effect.forkChild(
        Effect.flip(Effect.provide(Messaging.send(message, "a"), Http.fcm(() => Effect.never)))
      )
      yield* TestClock.adjust("15 seconds")
      const { reason } = yield* Fiber.join(fiber)
      assert.deepStrictEqual(reason._tag === "Timeout" && reason.after, Duration.seconds(15))
    }))
})

describe("ValidationError", () => {
  it.effect("tells all issues of the message before sending, with what is settled already", () => {
    const requests: Array<Http.Recorded> = []
    return Effect.gen(function*() {
      const invalid = Message.make({ data: { from: "x" }, notification: { image: "i" }, analyticsLabel: "l" })
      const error = yield* Effect.flip(Messaging.send(invalid, ["a", "", "b", "a"]))
      assert.strictEqual(error._tag, "ValidationError")
      assert.deepStrictEqual(
        error.reason._tag === "InvalidMessage" && error.reason.issues.map(({ path }) => path.join(".")),
        ["data.from", "analyticsLabel", "notification.image"]
      )
      assert.deepStrictEqual(outcomesOf(error), [["", "Failed"]])
      assert.deepStrictEqual(names(error.unsettled), ["a", "b", "a"])
      assert.deepStrictEqual(requests, [])
    }).pipe(Effect.provide(Http.gcm(Http.acceptAll, requests)))
  })

  it.effect("a 2xx that is no answer, if nobody else was answered", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Effect.provide(
        Messaging.send(message, ["a", "b"]),
        Http.fcm((request) => Http.tokenOf(request) === "a" ? Http.text("", { status: 503 }) : Http.text("<html>"))
      ))
      assert.deepStrictEqual([error._tag, error.reason._tag], ["ValidationError", "InvalidResponse"])
      assert.deepStrictEqual(outcomesOf(error), [["a", "Unavailable"], ["b", "Unknown"]])
      assert.deepStrictEqual(error.unsettled, [])
      assert.deepStrictEqual(names(SendError.retry(error)), ["a"])
    }))
})

describe("the first answer that proves the whole send wrong", () => {
  /** `a` is accepted, `b` refused at 2 s, `c` in flight until 4 s, `d` in trouble, `e` lost, `f` … never sent. */
  const send = (refusal: Effect.Effect<Response>, requests: Array<Http.Recorded>) =>
    Messaging.send(message, ["a", "b", "c", "d", "e", "f", "g"], { concurrency: 5, requestTimeout: "10 seconds" }).pipe(
      Effect.flip,
      Effect.provide(Http.fcm((request, n) => {
        switch (Http.tokenOf(request)) {
          case "b":
            return Effect.delay(refusal, "2 seconds")
          case "d":
            return Effect.delay(Http.text("", { status: 503 }), "3 seconds")
          case "e":
            return Effect.never
          default:
            return Effect.delay(Http.accept(request, n), "4 seconds")
        }
      }, requests))
    )

  const refusals = {
    AuthenticationError: Http.fcmError(403, {}),
    ValidationError: Http.fcmError(400, {
      code: "INVALID_ARGUMENT",
      message: "Invalid value at 'message.data[0].value'"
    })
  }

  for (const [tag, refusal] of Object.entries(refusals)) {
    it.effect(`law 1: ${tag}: nothing more is sent, what is in flight is awaited, nobody is lost`, () =>
      Effect.gen(function*() {
        const requests: Array<Http.Recorded> = []
        const fiber = yield* Effect.forkChild(send(refusal, requests))
        yield* TestClock.adjust("9 seconds")
        assert.isUndefined(fiber.pollUnsafe(), "`e` is in flight until requestTimeout")
        yield* TestClock.adjust("1 second")
        const error = yield* Fiber.join(fiber)
        assert.strictEqual(error._tag, tag)
        assert.deepStrictEqual(outcomesOf(error), [
          ["a", "Success"],
          ["c", "Success"],
          ["d", "Unavailable"],
          ["e", "Unknown"]
        ])
        assert.deepStrictEqual(names(error.unsettled), ["b", "f", "g"])
        assert.strictEqual(requests.length, 5)
      }))
  }

  it.effect.prop(
    "law 1: report and unsettled are all that was taken, each once",
    [Schema.Array(Schema.Literals(["ok", "gone", "trouble", "lost", "odd", "denied", "bad"])), Schema.Int],
    ([fates, concurrency]) =>
      Effect.gen(function*() {
        const recipients = fates.map((fate, i) => `${fate}-${i % 7}`)
        const answers = {
          ok: Http.json({ name: "projects/p/messages/1" }),
          gone: Http.fcmError(404, { code: "UNREGISTERED" }),
          trouble: Http.text("", { status: 500 }),
          lost: Effect.fail("lost"),
          odd: Http.text("odd"),
          denied: Http.fcmError(403, {}),
          bad: refusals.ValidationError
        }
        const isFate = (text: string | undefined): text is keyof typeof answers => text !== undefined && text in answers
        const exit = yield* Messaging.send(message, recipients, { concurrency: 1 + Math.abs(concurrency % 4) }).pipe(
          Effect.provide(Http.fcm((request) => {
            const [fate] = Http.tokenOf(request).split("-")
            return isFate(fate) ? answers[fate] : Effect.die("no such fate")
          })),
          Effect.exit
        )
        const { report, unsettled } = Exit.match(exit, {
          onSuccess: (report) => ({ report, unsettled: [] }),
          onFailure: (cause) =>
            Cause.findErrorOption(cause).pipe((_) => _._tag === "Some" ? _.value : assert.fail("a defect"))
        })
        const settled = report.outcomes.map((outcome) => Recipient.value(outcome.recipient))
        assert.deepStrictEqual([...settled, ...names(unsettled)].sort(), recipients.toSorted())
        // in input order
        assert.deepStrictEqual(settled, recipients.filter((name) => settled.includes(name)))
      })
  )
})
