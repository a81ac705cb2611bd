/** Spans, metrics and logs: what the docs promise, and never a token. */
import { Message, Messaging, RetryPolicy, Topics } from "@cloud-messaging/client"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Logger, Metric, References, Schedule, Scheduler, Stream, Tracer } from "effect"
import * as Http from "./utils/http.ts"
import { callingAt, inTime, pass } from "./utils/time.ts"

const message = Message.make({ data: { score: 42 } })

const recording = () => {
  const spans: Array<Tracer.Span> = []
  const tracer = Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options)
      spans.push(span)
      return span
    }
  })
  return { spans, tracer }
}

const retryOnce: Http.Answer = (request, n) =>
  n === 1 ? Http.fcmError(503, { code: "UNAVAILABLE" }) : Http.accept(request, n)

describe("spans", () => {
  it.effect("one for a send, with counts, and none for its requests", () => {
    const { spans, tracer } = recording()
    return Effect.gen(function*() {
      yield* inTime(Messaging.send(message, ["a", "b"], { retryPolicy: RetryPolicy.standard }))
      assert.deepStrictEqual(spans.map(({ kind, name }) => [name, kind]), [["Messaging.send", "producer"]])
      const attributes = Object.fromEntries(spans[0]?.attributes ?? [])
      assert.deepInclude(attributes, {
        "messaging.system": "fcm",
        "messaging.operation.type": "send",
        "messaging.batch.message_count": 2,
        "messaging.requests": 3,
        "messaging.outcome.Success": 2
      })
      assert.notProperty(attributes, "messaging.outcome.Failed")
    }).pipe(
      Effect.provide(Http.fcm(retryOnce)),
      Effect.provideService(Tracer.Tracer, tracer)
    )
  })

  it.effect("one for a stream", () => {
    const { spans, tracer } = recording()
    return Effect.gen(function*() {
      yield* Stream.runDrain(Messaging.sendStream(message, Stream.make("a", "b")))
      assert.deepStrictEqual(spans.map(({ name }) => name), ["Messaging.sendStream"])
      assert.strictEqual(spans[0]?.attributes.get("messaging.outcome.Success"), 2)
    }).pipe(
      Effect.provide(Http.fcm(Http.accept)),
      Effect.provideService(Tracer.Tracer, tracer)
    )
  })

  it.effect("one for each request, where the application wants it", () => {
    const { spans, tracer } = recording()
    return Effect.gen(function*() {
      yield* Messaging.send(message, ["a", "b"], { requestSpans: true })
      assert.deepStrictEqual(spans.map(({ name }) => name), [
        "Messaging.send",
        "Messaging.request",
        "Messaging.request"
      ])
    }).pipe(
      Effect.provide(Http.fcm(Http.accept)),
      Effect.provideService(Tracer.Tracer, tracer)
    )
  })

  it.effect("that of a request ends with what came of it, and with no answer", () => {
    const { spans, tracer } = recording()
    const answers: Http.Answer = (request) =>
      Http.tokenOf(request) === "a" ? Http.text("an answer", { status: 503 }) : Effect.fail({ code: "ECONNRESET" })
    return Effect.gen(function*() {
      yield* Effect.flip(Messaging.send(message, ["a", "b"], { requestSpans: true, concurrency: 1 }))
      const requests = spans.filter(({ name }) => name === "Messaging.request")
      assert.deepStrictEqual(
        requests.map(({ attributes, status }) => [
          attributes.get("http.response.status_code"),
          attributes.get("error.type"),
          status._tag === "Ended" && status.exit
        ]),
        [[503, undefined, Exit.void], [undefined, "Network", Exit.void]]
      )
    }).pipe(
      Effect.provide(Http.fcm(answers)),
      Effect.provideService(Tracer.Tracer, tracer)
    )
  })

  it.effect("that of a list of topics ends without their names, which the service gave", () => {
    const { spans, tracer } = recording()
    return Effect.gen(function*() {
      assert.deepStrictEqual(yield* Topics.list("a"), ["news"])
      assert.deepStrictEqual(
        spans.map(({ name, status }) => [name, status._tag === "Ended" && status.exit]),
        [["Topics.list", Exit.void]]
      )
    }).pipe(
      Effect.provide(Http.fcm(() => Http.json({ topicSubscriptions: [{ name: "n/news", topicName: "news" }] }))),
      Effect.provideService(Tracer.Tracer, tracer)
    )
  })
})

describe("metrics", () => {
  it.effect("count outcomes by code, retries, and requests", () =>
    Effect.gen(function*() {
      yield* inTime(Messaging.send(message, ["a", "b"], { retryPolicy: RetryPolicy.standard }))
      const snapshot = yield* Metric.snapshot
      const of = (id: string) => snapshot.filter((metric) => metric.id === id)
      const states = (id: string) => of(id).map(({ attributes, state }) => [attributes, state])
      assert.deepStrictEqual(states("cloud_messaging_outcomes"), [
        [{ system: "fcm", outcome: "Success", code: "" }, { count: 2, incremental: true }]
      ])
      assert.deepStrictEqual(states("cloud_messaging_retries"), [
        [{ system: "fcm", code: "UNAVAILABLE" }, { count: 1, incremental: true }]
      ])
      assert.strictEqual(of("cloud_messaging_request_duration").length, 1)
    }).pipe(
      Effect.provide(Http.fcm(retryOnce)),
      Effect.provideService(Metric.MetricRegistry, new Map())
    ))
})

describe("metrics of an application with attributes of its own", () => {
  it.effect("have those, and ours are what we say", () =>
    Effect.gen(function*() {
      yield* inTime(Messaging.send(message, "a")).pipe(
        Effect.provideService(Metric.CurrentMetricAttributes, { outcome: "theirs", system: "theirs", region: "eu" })
      )
      const snapshot = yield* Metric.snapshot
      const outcomes = snapshot.filter(({ id }) => id === "cloud_messaging_outcomes")
      assert.deepStrictEqual(outcomes.map(({ attributes }) => attributes), [
        { system: "fcm", outcome: "Success", code: "", region: "eu" }
      ])
    }).pipe(
      Effect.provide(Http.fcm(Http.accept)),
      Effect.provideService(Metric.MetricRegistry, new Map())
    ))
})

describe("metrics of what nobody told us about", () => {
  it.effect("codes of a service's invention are bounded: beyond a hundred they are `other`", () =>
    Effect.gen(function*() {
      const recipients = Array.from({ length: 500 }, (_, i) => `${i}`)
      yield* Messaging.send(message, recipients)
      const codes = (yield* Metric.snapshot).flatMap(({ attributes, id }) =>
        id === "cloud_messaging_outcomes" ? [attributes?.["code"]] : []
      )
      assert.isAtMost(codes.length, 101)
      assert.include(codes, "other")
    }).pipe(
      Effect.provide(
        Http.gcm((request) =>
          Http.json({
            results: Http.idsOf(request).map((id) => ({
              error: `Code_${id.replace(/\d/g, (digit) => "abcdefghij"[Number(digit)] ?? "")}`
            }))
          })
        )
      ),
      Effect.provideService(Metric.MetricRegistry, new Map())
    ))

  it.effect("what is refused without a request is counted, and a wrong message has its span", () => {
    const { spans, tracer } = recording()
    return Effect.gen(function*() {
      yield* Messaging.send(message, ["", ""])
      yield* Effect.flip(Messaging.send(Message.make({ data: { from: "x" } }), ["", "a"]))
      assert.deepStrictEqual(
        spans.map((
          { attributes }
        ) => [attributes.get("messaging.outcome.Failed"), attributes.get("messaging.requests")]),
        [[2, 0], [1, 0]]
      )
      const outcomes = (yield* Metric.snapshot).filter(({ id }) => id === "cloud_messaging_outcomes")
      assert.deepStrictEqual(outcomes.map(({ attributes, state }) => [attributes, state]), [
        [{ system: "fcm", outcome: "Failed", code: "InvalidRecipient" }, { count: 3, incremental: true }]
      ])
    }).pipe(
      Effect.provide(Http.fcm(Http.accept)),
      Effect.provideService(Tracer.Tracer, tracer),
      Effect.provideService(Metric.MetricRegistry, new Map())
    )
  })
})

describe("the gauge of who waits", () => {
  it.effect("goes up and down, also when a send is interrupted", () =>
    Effect.gen(function*() {
      const waiting = Effect.map(Metric.snapshot, (all) =>
        all.flatMap(({ id, state }) =>
          id === "cloud_messaging_waiting" && "value" in state ? [Number(state.value)] : []
        ))
      const options = { retryPolicy: Schedule.spaced("10 seconds"), deadline: "25 seconds" } as const
      const fiber = yield* Effect.forkChild(Effect.exit(Messaging.send(message, ["a", "b", "c"], options)))
      yield* pass("5 seconds")
      assert.deepStrictEqual(yield* waiting, [3])
      yield* pass("10 seconds")
      assert.deepStrictEqual(yield* waiting, [3])
      yield* pass("10 seconds")
      assert.deepStrictEqual(yield* waiting, [0])
      yield* Fiber.join(fiber)
      const interrupted = yield* Effect.forkChild(Messaging.send(message, ["a", "b"], options))
      yield* pass("5 seconds")
      assert.deepStrictEqual(yield* waiting, [2])
      yield* Fiber.interrupt(interrupted)
      assert.deepStrictEqual(yield* waiting, [0])
    }).pipe(
      Effect.provide(Http.fcm(() =>
        Http.text("", { status: 503 })
      )),
      Effect.provideService(Metric.MetricRegistry, new Map())
    ))

  it.effect("stays up for nobody, at whatever step a send is interrupted", () =>
    Effect.gen(function*() {
      const answer: Http.Answer = (request) => Http.text("", { status: Http.tokenOf(request) === "denied" ? 401 : 503 })
      let cut = 0
      // a whole send has some 600 steps
      for (let step = 1; step <= 700; step++) {
        const registry = new Map()
        const fiber: Fiber.Fiber<unknown, unknown> = yield* Messaging.send(message, ["a", "b", "denied"], {
          concurrency: 1,
          retryPolicy: Schedule.spaced("10 seconds")
        }).pipe(
          Effect.provide(Http.fcm(answer)),
          Effect.provideService(Metric.MetricRegistry, registry),
          Effect.provideService(
            Scheduler.Scheduler,
            callingAt(step, () => {
              cut++
              fiber.interruptUnsafe()
            })
          ),
          Effect.forkChild
        )
        yield* Fiber.await(fiber)
        const waiting = yield* Effect.provideService(Metric.snapshot, Metric.MetricRegistry, registry)
        for (const { id, state } of waiting) {
          if (id === "cloud_messaging_waiting") assert.deepStrictEqual(state, { value: 0 }, `step ${step}`)
        }
      }
      assert.isTrue(cut > 300 && cut < 700, `${cut} were interrupted`)
    }))
})

describe("logs", () => {
  it.effect("at debug level alone, one for each group that waits", () => {
    const lines: Array<string> = []
    const logger = Logger.make(({ logLevel, message }) => lines.push(`${logLevel} ${String(message)}`))
    return Effect.gen(function*() {
      yield* inTime(Messaging.send(message, ["a", "b"], { retryPolicy: RetryPolicy.none }))
      assert.deepStrictEqual(lines, [])
      yield* inTime(Messaging.send(message, ["a"], {
        retryPolicy: RetryPolicy.make({ base: 0, times: 1 }),
        deadline: "1 hour"
      }))
      assert.deepStrictEqual(lines, ["Debug UNAVAILABLE: 1 recipients are sent to again in 10000 ms"])
    }).pipe(
      Effect.provide([
        Http.fcm((request, n) => n === 3 ? Http.fcmError(503, { code: "UNAVAILABLE" }) : Http.accept(request, n)),
        Logger.layer([logger])
      ]),
      Effect.provideService(References.MinimumLogLevel, "Debug")
    )
  })
})
