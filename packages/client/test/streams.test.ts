/** Laws 1, 5 and 6 for streams: any number of recipients, in constant memory, and nothing left behind. */
import { Message, Messaging, type Outcome, Recipient, RetryPolicy } from "@cloud-messaging/client"
import { assert, describe, it } from "@effect/vitest"
import {
  Arbitrary,
  Cause,
  Clock,
  Data,
  Effect,
  Exit,
  Fiber,
  Option,
  Queue,
  References,
  Schedule,
  Scheduler,
  Schema,
  Stream
} from "effect"
import * as Http from "./utils/http.ts"
import { drive, givingWay, givingWayAt, inTime, pass } from "./utils/time.ts"

const message = Message.make({ data: { score: 42 } })

const names = (outcomes: ReadonlyArray<Outcome.Outcome>) => outcomes.map(({ recipient }) => Recipient.value(recipient))

const tokens = (n: number) => Stream.range(1, n).pipe(Stream.map(String))

class SourceFailed extends Data.TaggedError("SourceFailed")<{}> {}

/** What a stream emits before it ends, and how it ends. */
const collected = <A, E, R>(stream: Stream.Stream<A, E, R>) => {
  const all: Array<A> = []
  return Effect.map(
    Effect.exit(Stream.runForEach(stream, (a) => Effect.sync(() => all.push(a)))),
    (exit) => ({
      all,
      error: Exit.isFailure(exit) ? Option.getOrUndefined(Cause.findErrorOption(exit.cause)) : undefined
    })
  )
}

describe("sendStream", () => {
  it.effect("emits every recipient, as it settles", () =>
    Effect.gen(function*() {
      const answer: Http.Answer = (request, n) =>
        Http.tokenOf(request) === "1" ? Effect.delay(Http.accept(request, n), "1 second") : Http.accept(request, n)
      const stream = Messaging.sendStream(message, Stream.make("1", "2", "", "3", "2"))
      const { all } = yield* inTime(Effect.provide(collected(stream), Http.fcm(answer)))
      assert.strictEqual(names(all).at(-1), "1")
      // a stream does not deduplicate
      assert.sameMembers(names(all), ["1", "2", "", "3", "2"])
      assert.deepStrictEqual(all.find(({ _tag }) => _tag === "Failed")?.disposition, "remove")
    }))

  it.effect("sends a GCM request when it is full, or 100 ms after its first recipient", () =>
    Effect.gen(function*() {
      const sizes: Array<readonly [number, number]> = []
      const answer: Http.Answer = (request, n) =>
        Effect.gen(function*() {
          sizes.push([yield* Clock.currentTimeMillis, Http.idsOf(request).length])
          return yield* Http.acceptAll(request, n)
        })
      const source = tokens(1500).pipe(
        Stream.concat(Stream.fromEffect(Effect.as(Effect.sleep("1 second"), "late"))),
        Stream.concat(Stream.never)
      )
      const fiber = yield* Effect.forkChild(
        Stream.runCollect(Stream.take(Messaging.sendStream(message, source), 1501)).pipe(
          Effect.provide(Http.gcm(answer))
        )
      )
      yield* pass("99 millis")
      assert.deepStrictEqual(sizes, [[0, 1000]])
      yield* pass("2 seconds")
      assert.deepStrictEqual(sizes, [[0, 1000], [100, 500], [1100, 1]])
      assert.strictEqual((yield* Fiber.join(fiber)).length, 1501)
    }))

  it.effect("retries, and an unreachable service makes outcomes, no failure", () =>
    Effect.gen(function*() {
      const stream = Messaging.sendStream(message, tokens(3), {
        retryPolicy: Schedule.spaced("1 second").pipe(Schedule.upTo({ times: 2 }))
      })
      const { all, error } = yield* inTime(
        Effect.provide(collected(stream), Http.fcm(() => Http.text("", { status: 503 })))
      )
      assert.isUndefined(error)
      assert.deepStrictEqual(all.map((outcome) => outcome._tag === "Unavailable" && outcome.attempts), [3, 3, 3])
    }))

  it.effect("has a deadline of 60 minutes", () =>
    Effect.gen(function*() {
      const requests: Array<Http.Recorded> = []
      const stream = Messaging.sendStream(message, Stream.make("a"), { retryPolicy: Schedule.spaced("25 minutes") })
      yield* inTime(Effect.provide(collected(stream), Http.fcm(() => Http.text("", { status: 503 }), requests)))
      assert.strictEqual(requests.length, 3)
    }))

  it.effect("law 1: everything taken is emitted before refused credentials or a wrong message fail it", () =>
    Effect.gen(function*() {
      const refusals = {
        AuthenticationError: [Http.fcmError(403, {}), "PermissionDenied"],
        ValidationError: [
          Http.fcmError(400, { code: "INVALID_ARGUMENT", message: "Invalid value at 'message.data[0].value'" }),
          "RejectedRequest"
        ]
      } as const
      for (const [tag, [refusal, code]] of Object.entries(refusals)) {
        const answer: Http.Answer = (request, n) =>
          Http.tokenOf(request) === "3"
            ? Effect.delay(refusal, "500 millis")
            : Effect.delay(Http.accept(request, n), "1 second")
        let taken = 0
        const source = tokens(500).pipe(Stream.rechunk(10), Stream.tap(() => Effect.sync(() => taken++)))
        const { all, error } = yield* inTime(
          Effect.provide(collected(Messaging.sendStream(message, source, { concurrency: 5 })), Http.fcm(answer))
        )
        assert.strictEqual(error?._tag, tag)
        assert.deepStrictEqual(
          error?._tag === "AuthenticationError" || error?._tag === "ValidationError"
            ? [error.report.size, error.unsettled.length]
            : [],
          [0, 0]
        )
        assert.isBelow(taken, 500)
        assert.strictEqual(all.length, taken)
        assert.strictEqual(new Set(names(all)).size, taken)
        assert.strictEqual(all.filter(({ _tag }) => _tag === "Success").length, 4)
        assert.strictEqual(
          all.filter((outcome) => outcome._tag === "Unavailable" && outcome.code === code).length,
          taken - 4
        )
      }
    }))

  it.effect("law 1: everything taken is emitted, whatever who takes it was about to do at the end", () =>
    Effect.gen(function*() {
      for (let step = 1; step <= 500; step++) {
        let taken = 0
        const source = tokens(6).pipe(
          Stream.rechunk(1),
          Stream.mapArray((chunk) => {
            taken += chunk.length
            return chunk
          })
        )
        const { all, error } = yield* collected(Messaging.sendStream(message, source, { concurrency: 5 })).pipe(
          Effect.provide(Http.fcm(() => Http.fcmError(403, {}))),
          Effect.provideService(Scheduler.Scheduler, givingWayAt(step, 100))
        )
        assert.strictEqual(error?._tag, "AuthenticationError")
        assert.strictEqual(all.length, taken, `step ${step}`)
      }
    }))

  it.effect("law 1: everything taken is emitted, also for a slow consumer, and by whoever pulls at the end", () =>
    Effect.gen(function*() {
      const nobody = (n: number) => Array.from({ length: n }, () => "")
      let taken = 0
      const source = Stream.make(
        [0, ["1", ...nobody(1024)]] as const,
        [20, nobody(1024)] as const,
        [200, nobody(3000)] as const
      ).pipe(
        Stream.rechunk(1),
        Stream.mapEffect(([millis, chunk]) => Effect.delay(Effect.succeed(chunk), millis)),
        Stream.flattenIterable,
        Stream.mapArray((chunk) => {
          taken += chunk.length
          return chunk
        })
      )
      let emitted = 0
      const slow = Messaging.sendStream(message, source, { concurrency: 1 }).pipe(
        Stream.runForEachArray((chunk) =>
          Effect.delay(
            Effect.sync(() => {
              emitted += chunk.length
            }),
            "600 millis"
          )
        )
      )
      const denied = Http.fcm(() => Effect.delay(Http.fcmError(403, {}), "50 millis"))
      const exit = yield* Fiber.await(yield* drive(Effect.provide(slow, denied)))
      assert.include(String(exit), "AuthenticationError")
      assert.isAtLeast(taken, 1025)
      assert.strictEqual(emitted, taken)
    }))

  it.effect.prop(
    "law 1: everything taken is emitted, whenever the end comes and however slowly it is read",
    {
      gcm: Schema.Boolean,
      concurrency: Schema.Literals([1, 2, 7]),
      chunks: Arbitrary.array(
        Arbitrary.all({
          size: Arbitrary.schema(Schema.Literals([1, 7, 1024, 2600])),
          afterMillis: Arbitrary.schema(Schema.Literals([0, 1, 40, 300])),
          refused: Arbitrary.schema(Schema.Boolean)
        }),
        { minLength: 1, maxLength: 5 }
      ),
      readMillis: Schema.Literals([0, 10, 600]),
      answerMillis: Schema.Literals([1, 60, 250]),
      denyAt: Schema.Literals([1, 2, 3, 6])
    },
    ({ answerMillis, chunks, concurrency, denyAt, gcm, readMillis }) =>
      Effect.gen(function*() {
        let taken = 0
        const source = Stream.fromIterable(chunks).pipe(
          Stream.rechunk(1),
          Stream.mapEffect(({ afterMillis, refused, size }, i) =>
            Effect.delay(
              Effect.succeed(Array.from({ length: size }, (_, k) => refused ? "" : `${i}:${k}`)),
              afterMillis
            )
          ),
          Stream.flattenIterable,
          Stream.mapArray((chunk) => {
            taken += chunk.length
            return chunk
          })
        )
        const answer: Http.Answer = (request, n) =>
          Effect.delay(
            n >= denyAt ? Http.text("", { status: gcm ? 401 : 403 }) : (gcm ? Http.acceptAll : Http.accept)(request, n),
            answerMillis
          )
        let emitted = 0
        const read = Messaging.sendStream(message, source, { concurrency }).pipe(
          Stream.runForEachArray((chunk) => {
            emitted += chunk.length
            return Effect.sleep(readMillis)
          })
        )
        yield* drive(Effect.provide(read, (gcm ? Http.gcm : Http.fcm)(answer)))
        assert.strictEqual(emitted, taken)
      }),
    { arbitrary: { runs: 60, maxShrinks: 30 } }
  )

  it.effect("comes to its end however often its fibers give way to others", () =>
    Effect.gen(function*() {
      for (let ops = 12; ops < 72; ops++) {
        for (const chunk of [1, 3]) {
          const fiber = yield* Messaging.sendStream(message, Stream.rechunk(tokens(30), chunk), { concurrency: 1 })
            .pipe(
              Stream.runCollect,
              Effect.provideService(References.MaxOpsBeforeYield, ops),
              drive
            )
          assert.strictEqual((yield* Fiber.join(fiber)).length, 30)
        }
      }
    }).pipe(Effect.provide(Http.fcm(Http.accept))))

  it.effect("comes to its end though workers give way just before they wait until what they settled is taken", () =>
    Effect.gen(function*() {
      const all = Array.from({ length: 10_000 }, (_, i) => `${i}`)
      const answer: Http.Answer = (request, n) => Effect.delay(Http.acceptAll(request, n), "1 second")
      for (let seed = 0; seed < 40; seed++) {
        const fiber = yield* Messaging.sendStream(message, Stream.fromIterable(all), { concurrency: 10 }).pipe(
          Stream.runDrain,
          Effect.provide(Http.gcm(answer)),
          (run) => drive(run, { scheduler: givingWay(seed) })
        )
        yield* Fiber.join(fiber)
      }
    }))

  it.effect("fails for a message that is wrong in itself before it takes anybody", () =>
    Effect.gen(function*() {
      let taken = 0
      const source = Stream.tap(tokens(5), () => Effect.sync(() => taken++))
      const stream = Messaging.sendStream(Message.make({ data: { from: "x" } }), source)
      const { error } = yield* Effect.provide(collected(stream), Http.fcm(Http.accept))
      assert.deepStrictEqual([error?._tag, taken], ["ValidationError", 0])
    }))

  it.effect("settles what it took before the failure of its source is its own", () =>
    Effect.gen(function*() {
      const source = Stream.concat(tokens(20), Stream.fail(new SourceFailed()))
      const answer: Http.Answer = (request, n) => Effect.delay(Http.accept(request, n), "1 second")
      const { all, error } = yield* inTime(
        Effect.provide(collected(Messaging.sendStream(message, source)), Http.fcm(answer))
      )
      assert.deepStrictEqual([all.length, error?._tag], [20, "SourceFailed"])
    }))

  it.effect("law 5: back-pressure reaches the source: what nobody takes is not asked for", () =>
    Effect.gen(function*() {
      let taken = 0
      const source = tokens(100_000).pipe(Stream.rechunk(1), Stream.tap(() => Effect.sync(() => taken++)))
      const results = yield* Queue.unbounded<Outcome.Outcome>()
      const slow = Messaging.sendStream(message, source, { concurrency: 10 }).pipe(
        Stream.runForEach((outcome) => Effect.andThen(Queue.offer(results, outcome), Effect.sleep("1 second")))
      )
      const fiber = yield* Effect.forkChild(Effect.provide(slow, Http.fcm(Http.accept)))
      yield* pass("5 seconds")
      const bounded = taken
      assert.isBelow(bounded, 3000)
      yield* pass("5 seconds")
      assert.isAtMost(taken - bounded, 10)
      yield* Fiber.interrupt(fiber)
    }))

  it.effect("law 5: no more are pulled while maxWaiting wait for a retry", () =>
    Effect.gen(function*() {
      let taken = 0
      const source = tokens(10_000).pipe(Stream.rechunk(1), Stream.tap(() => Effect.sync(() => taken++)))
      const stream = Messaging.sendStream(message, source, {
        retryPolicy: Schedule.spaced("10 minutes"),
        maxWaiting: 50,
        concurrency: 5
      })
      const failing = Http.fcm(() => Http.text("", { status: 503 }))
      const fiber = yield* Effect.forkChild(Effect.provide(Stream.runDrain(stream), failing))
      yield* pass("9 minutes")
      assert.isAtLeast(taken, 50)
      assert.isAtMost(taken, 50 + 10)
      yield* Fiber.interrupt(fiber)
    }))

  it.effect("law 6: interruption cancels the requests in flight, and nothing is asked afterwards", () =>
    Effect.gen(function*() {
      let inFlight = 0
      const requests: Array<Http.Recorded> = []
      const answer: Http.Answer = (request, n) =>
        Effect.suspend(() => {
          inFlight++
          return n % 3 === 0 ? Http.text("", { status: 503 }) : Effect.delay(Http.accept(request, n), "1 second")
        }).pipe(Effect.ensuring(Effect.sync(() => inFlight--)))
      const options = { concurrency: 7, retryPolicy: Schedule.spaced("3 seconds") }
      for (const millis of [0, 1, 500, 1000, 2500, 7777]) {
        requests.length = 0
        const stream = Messaging.sendStream(message, tokens(1000), options)
        const fiber = yield* Effect.forkChild(Effect.provide(Stream.runDrain(stream), Http.fcm(answer, requests)))
        yield* pass(millis)
        yield* Fiber.interrupt(fiber)
        const asked = requests.length
        assert.strictEqual(inFlight, 0)
        yield* pass("2 hours")
        assert.deepStrictEqual([requests.length, inFlight], [asked, 0])
      }
    }))

  it.effect("ends when its consumer has enough", () =>
    Effect.gen(function*() {
      const requests: Array<Http.Recorded> = []
      const stream = Stream.take(Messaging.sendStream(message, tokens(100_000)), 10)
      const outcomes = yield* Effect.provide(Stream.runCollect(stream), Http.fcm(Http.accept, requests))
      assert.strictEqual(outcomes.length, 10)
      assert.isBelow(requests.length, 10_000)
    }))

  it.effect("of nobody is empty", () =>
    Effect.gen(function*() {
      const { all, error } = yield* Effect.provide(
        collected(Messaging.sendStream(message, Stream.empty)),
        Http.fcm(Http.accept)
      )
      assert.deepStrictEqual([all, error], [[], undefined])
    }))
})

describe("sendEach", () => {
  const rows = [
    { id: 1, message, recipient: "a" },
    { id: 2, message: Message.make({ data: { from: "x" } }), recipient: "b" },
    { id: 3, message: Message.make({ data: { score: 1 } }), recipient: "c" },
    { id: 4, message, recipient: "" }
  ]

  it.effect("yields the caller's own item, and a wrong message is Failed of its own items", () =>
    Effect.gen(function*() {
      const { all } = yield* Effect.provide(
        collected(Messaging.sendEach(Stream.fromIterable(rows))),
        Http.fcm(Http.accept)
      )
      const byId = all.toSorted((x, y) => x.item.id - y.item.id)
      assert.deepStrictEqual(byId.map(({ item }) => item === rows[item.id - 1]), [true, true, true, true])
      assert.deepStrictEqual(byId.map(({ outcome }) => [outcome._tag, outcome.disposition]), [
        ["Success", "keep"],
        ["Failed", "fixMessage"],
        ["Success", "keep"],
        ["Failed", "remove"]
      ])
      const [, wrong] = byId
      assert.deepStrictEqual(wrong?.outcome._tag === "Failed" && [wrong.outcome.code, wrong.outcome.issues[0]?.path], [
        "InvalidMessage",
        ["data", "from"]
      ])
    }))

  it.effect("goes on when the service rejects one message", () =>
    Effect.gen(function*() {
      const rejecting = Message.make({ data: { odd: true } })
      const source = Stream.fromIterable(
        ["a", "b", "c"].map((recipient, i) => ({ recipient, message: i === 1 ? rejecting : message }))
      )
      const answer: Http.Answer = (request, n) =>
        request.text.includes("odd")
          ? Http.fcmError(400, { code: "INVALID_ARGUMENT", message: "Invalid value at 'message.data[0].value'" })
          : Http.accept(request, n)
      const { all, error } = yield* Effect.provide(collected(Messaging.sendEach(source)), Http.fcm(answer))
      assert.isUndefined(error)
      const failed = all.find(({ item }) => item.message === rejecting)
      assert.deepStrictEqual(failed?.outcome._tag === "Failed" && [failed.outcome.code, failed.outcome.disposition], [
        "INVALID_ARGUMENT",
        "fixMessage"
      ])
      assert.strictEqual(all.length, 3)
    }))

  it.effect("GCM: items with the same message, by reference, share requests", () =>
    Effect.gen(function*() {
      const requests: Array<Http.Recorded> = []
      const other = Message.make({ data: { score: 42 } })
      const source = Stream.fromIterable(
        Array.from({ length: 10 }, (_, i) => ({ recipient: `${i}`, message: i % 2 ? other : message }))
      )
      const { all } = yield* inTime(
        Effect.provide(collected(Messaging.sendEach(source)), Http.gcm(Http.acceptAll, requests))
      )
      assert.strictEqual(all.length, 10)
      assert.deepStrictEqual(requests.map((request) => Http.idsOf(request)), [
        ["0", "2", "4", "6", "8"],
        ["1", "3", "5", "7", "9"]
      ])
    }))

  it.effect("fails with refused credentials alone, everything emitted", () =>
    Effect.gen(function*() {
      const source = Stream.fromIterable(["a", "b"].map((recipient) => ({ recipient, message })))
      const { all, error } = yield* Effect.provide(
        collected(Messaging.sendEach(source)),
        Http.fcm(() => Http.fcmError(403, {}), [], { retryPolicy: RetryPolicy.standard })
      )
      assert.deepStrictEqual([all.length, error?._tag], [2, "AuthenticationError"])
    }))
})
