import { Message, Messaging, Recipient } from "@cloud-messaging/client"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Redacted, Scheduler, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as Http from "./utils/http.ts"
import { givingWayAt, inTime, pass, settle } from "./utils/time.ts"

const message = Message.make({ data: { score: 42 } })

const values = (recipients: ReadonlyArray<{ readonly recipient: Recipient.Recipient }>) =>
  recipients.map(({ recipient }) => Recipient.value(recipient))

describe("send", () => {
  it.effect("takes a bare string as one token", () => {
    const requests: Array<Http.Recorded> = []
    return Effect.gen(function*() {
      const report = yield* Messaging.send(message, "token")
      assert.deepStrictEqual(values(report.success), ["token"])
      assert.deepStrictEqual(requests.map(Http.tokenOf), ["token"])
    }).pipe(Effect.provide(Http.fcm(Http.accept, requests)))
  })

  it.effect("takes strings, redacted tokens and recipients, from any iterable", () => {
    const requests: Array<Http.Recorded> = []
    return Effect.gen(function*() {
      const report = yield* Messaging.send(message, new Set(["a", Redacted.make("b"), Recipient.fid("c")]))
      assert.strictEqual(report.counts.Success, 3)
      assert.deepStrictEqual(requests.map((request) => JSON.parse(request.text).message), [
        { token: "a", data: { score: "42" } },
        { token: "b", data: { score: "42" } },
        { fid: "c", data: { score: "42" } }
      ])
    }).pipe(Effect.provide(Http.fcm(Http.accept, requests, { concurrency: 1 })))
  })

  it.effect("reads an iterable when it is called, so that the effect can run twice", () => {
    function* tokens() {
      yield "a"
      yield "b"
    }
    const send = Messaging.send(message, tokens())
    return Effect.gen(function*() {
      assert.deepStrictEqual(values((yield* send).success), ["a", "b"])
      assert.deepStrictEqual(values((yield* send).success), ["a", "b"])
    }).pipe(Effect.provide(Http.gcm(Http.acceptAll)))
  })

  it.effect("makes no request for nobody", () => {
    const requests: Array<Http.Recorded> = []
    return Effect.gen(function*() {
      assert.strictEqual((yield* Messaging.send(message, [])).size, 0)
      assert.deepStrictEqual(requests, [])
    }).pipe(Effect.provide(Http.fcm(Http.accept, requests)))
  })

  it.effect("sends once to each distinct recipient, and reports every position", () => {
    const requests: Array<Http.Recorded> = []
    return Effect.gen(function*() {
      const report = yield* Messaging.send(message, ["a", "b", "a", Recipient.token("b"), "c"])
      assert.deepStrictEqual(values(report.outcomes), ["a", "b", "a", "b", "c"])
      assert.deepStrictEqual(requests.map(Http.idsOf), [["a", "b", "c"]])
    }).pipe(Effect.provide(Http.gcm(Http.acceptAll, requests)))
  })

  it.effect("tells a token from an installation id of the same text", () => {
    const requests: Array<Http.Recorded> = []
    return Effect.gen(function*() {
      yield* Messaging.send(message, ["x", Recipient.fid("x")])
      assert.strictEqual(requests.length, 2)
    }).pipe(Effect.provide(Http.fcm(Http.accept, requests)))
  })

  it.effect("fails what is no recipient at its own position, without a request", () => {
    const requests: Array<Http.Recorded> = []
    return Effect.gen(function*() {
      const report = yield* Messaging.send(message, ["a", "", Recipient.fid("f"), "b"])
      assert.deepStrictEqual(
        report.outcomes.map((outcome) => [outcome._tag, outcome.disposition]),
        [["Success", "keep"], ["Failed", "remove"], ["Failed", "keep"], ["Success", "keep"]]
      )
      assert.deepStrictEqual(report.failed.map((outcome) => outcome.code), ["InvalidRecipient", "InvalidRecipient"])
      assert.deepStrictEqual(requests.map(Http.idsOf), [["a", "b"]])
    }).pipe(Effect.provide(Http.gcm(Http.acceptAll, requests)))
  })

  it.effect("reports without a request when nobody can be sent to", () => {
    const requests: Array<Http.Recorded> = []
    return Effect.gen(function*() {
      const report = yield* Messaging.send(message, ["", Recipient.fid("")])
      assert.deepStrictEqual(report.failed.map((outcome) => outcome.disposition), ["remove", "remove"])
      assert.deepStrictEqual(requests, [])
    }).pipe(Effect.provide(Http.fcm(Http.accept, requests)))
  })

  it.effect("fills GCM requests with up to 1000 recipients", () => {
    const requests: Array<Http.Recorded> = []
    const tokens = Array.from({ length: 2001 }, (_, i) => `token-${i}`)
    return Effect.gen(function*() {
      const report = yield* Messaging.send(message, tokens)
      assert.deepStrictEqual(values(report.success), tokens)
      assert.deepStrictEqual(requests.map((request) => Http.idsOf(request).length).sort(), [1, 1000, 1000])
    }).pipe(Effect.provide(Http.gcm(Http.acceptAll, requests)))
  })

  it.effect.prop(
    "reports in input order, whatever order the answers come in",
    [Schema.Array(Schema.Literals(["a", "b", "c", "d", "e", "f"])), Schema.Array(Schema.Int)],
    ([tokens, delays]) =>
      Effect.gen(function*() {
        const fiber = yield* Effect.forkChild(Messaging.send(message, tokens))
        yield* TestClock.adjust("1 minute")
        const report = yield* Fiber.join(fiber)
        assert.deepStrictEqual(values(report.outcomes), [...tokens])
        assert.strictEqual(report.counts.Success, tokens.length)
      }).pipe(
        Effect.provide(
          Http.fcm((request, n) => Effect.delay(Http.accept(request, n), Math.abs((delays[n] ?? 0) % 1000)))
        )
      )
  )

  it.effect("keeps at most `concurrency` requests in flight", () => {
    let inFlight = 0
    let most = 0
    const answer: Http.Answer = (request, n) =>
      Effect.gen(function*() {
        most = Math.max(most, ++inFlight)
        yield* Effect.sleep("1 second")
        inFlight--
        return yield* Http.accept(request, n)
      })
    return Effect.gen(function*() {
      const tokens = Array.from({ length: 20 }, (_, i) => `${i}`)
      const fiber = yield* Effect.forkChild(Messaging.send(message, tokens, { concurrency: 3 }))
      yield* TestClock.adjust("7 seconds")
      assert.strictEqual((yield* Fiber.join(fiber)).counts.Success, 20)
      assert.strictEqual(most, 3)
    }).pipe(Effect.provide(Http.fcm(answer, [], { concurrency: 8 })))
  })

  it.effect("dies, naming the option, for a number or a duration that is none", () =>
    Effect.gen(function*() {
      const wrong: ReadonlyArray<Messaging.StreamOptions> = [
        ...[0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY].flatMap((n) => [{ concurrency: n }, { maxWaiting: n }]),
        { concurrency: 10_001 },
        ...[-1, Number.NaN, "-1 seconds" as const].flatMap((_) => [{ deadline: _ }, { requestTimeout: _ }])
      ]
      for (const options of wrong) {
        const name = Object.keys(options)[0] ?? ""
        const tokens = Stream.make("a")
        const exits = [
          yield* Effect.exit(Messaging.send(message, "a", options)),
          yield* Effect.exit(Stream.runDrain(Messaging.sendStream(message, tokens, options))),
          yield* Effect.exit(Effect.scoped(Layer.build(Http.fcm(Http.accept, [], options))))
        ]
        for (const exit of exits) assert.include(String(exit), `Die(RangeError: the option ${name} must be`)
      }
    }).pipe(Effect.provide(Http.fcm(Http.accept))))

  it.effect("waits as long as it takes for `Infinity`", () =>
    Effect.gen(function*() {
      const report = yield* inTime(
        Messaging.send(message, "a", { deadline: "Infinity", requestTimeout: "Infinity" }),
        "3 days"
      )
      assert.strictEqual(report.counts.Success, 1)
    }).pipe(Effect.provide(Http.fcm((request, n) => Effect.delay(Http.accept(request, n), "2 days")))))

  it.effect("cancels the requests in flight when it is interrupted", () =>
    Effect.gen(function*() {
      const started = yield* Deferred.make<void>()
      const interrupted = yield* Deferred.make<void>()
      const answer: Http.Answer = () =>
        Effect.andThen(Deferred.succeed(started, undefined), Effect.never).pipe(
          Effect.onInterrupt(() => Deferred.succeed(interrupted, undefined))
        )
      const fiber = yield* Effect.forkChild(Effect.provide(Messaging.send(message, ["a", "b"]), Http.fcm(answer)))
      yield* Deferred.await(started)
      yield* Fiber.interrupt(fiber)
      yield* Deferred.await(interrupted)
    }))

  it.effect("cancels them before whoever sends goes on with anything else", () =>
    Effect.gen(function*() {
      for (const recipients of [["a"], ["a", "b"]]) {
        let inFlight = 0
        const answer: Http.Answer = () =>
          Effect.andThen(Effect.sync(() => inFlight++), Effect.never).pipe(
            Effect.ensuring(Effect.sync(() => inFlight--))
          )
        let left: number | undefined
        const send = Messaging.send(message, recipients).pipe(
          Effect.onInterrupt(() =>
            Effect.sync(() => {
              left = inFlight
            })
          )
        )
        const fiber = yield* Effect.forkChild(Effect.provide(send, Http.fcm(answer)))
        yield* settle
        assert.strictEqual(inFlight, recipients.length)
        yield* Fiber.interrupt(fiber)
        assert.strictEqual(left, 0)
      }
    }))

  it.effect("takes no longer than its timeout, at whatever step another one is interrupted", () =>
    Effect.gen(function*() {
      for (let step = 1; step <= 80; step++) {
        yield* Effect.gen(function*() {
          const interrupted = yield* Effect.forkChild(
            Effect.provideService(Messaging.send(message, "a"), Scheduler.Scheduler, givingWayAt(step)),
            { startImmediately: true }
          )
          const other = yield* Effect.forkChild(Effect.flip(Messaging.send(message, "b")), { startImmediately: true })
          yield* Fiber.interrupt(interrupted)
          yield* pass("15 seconds")
          assert.isDefined(other.pollUnsafe(), `step ${step}`)
          yield* Fiber.interrupt(other)
        }).pipe(Effect.provide(Http.fcm(() => Effect.never)))
      }
    }))

  it.effect("sets the credentials of each protocol", () => {
    const requests: Array<Http.Recorded> = []
    return Effect.gen(function*() {
      yield* Effect.provide(Messaging.send(message, "a"), Http.fcm(Http.accept, requests))
      yield* Effect.provide(Messaging.send(message, "a"), Http.gcm(Http.acceptAll, requests))
      assert.deepStrictEqual(
        requests.map(({ headers, url }) => [url, headers["authorization"], headers["content-type"]]),
        [
          [
            "https://fcm.googleapis.com/v1/projects/my-project/messages:send",
            "Bearer access-token-1",
            "application/json"
          ],
          ["https://fcm.googleapis.com/fcm/send", "key=api-key-1", "application/json"]
        ]
      )
    })
  })

  it.effect("asks for the API key anew for every request, so that it can be rotated", () => {
    const requests: Array<Http.Recorded> = []
    let n = 0
    const apiKey = Effect.sync(() => Redacted.make(`key-${++n}`))
    return Effect.gen(function*() {
      yield* Messaging.send(message, "a")
      yield* Messaging.send(message, "a")
      assert.deepStrictEqual(requests.map((request) => request.headers["authorization"]), ["key=key-1", "key=key-2"])
    }).pipe(Effect.provide(Http.gcm(Http.acceptAll, requests, { apiKey })))
  })

  it.effect("opens one span, of counts alone, and none for requests", () => {
    const requests: Array<Http.Recorded> = []
    return Effect.gen(function*() {
      yield* Effect.withSpan(Messaging.send(message, ["a", "b"]), "parent")
      assert.isUndefined(requests[0]?.headers["traceparent"])
      assert.isUndefined(requests[0]?.headers["b3"])
    }).pipe(Effect.provide(Http.fcm(Http.accept, requests)))
  })
})

describe("the message on FCM v1", () => {
  const sent = Effect.fnUntraced(function*(fields: Message.Fields) {
    const requests: Array<Http.Recorded> = []
    yield* Effect.provide(Messaging.send(Message.make(fields), "t"), Http.fcm(Http.accept, requests))
    return JSON.parse(requests[0]?.text ?? "")
  })

  it.effect("reaches Android, iOS and the web", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(1_700_000_000_999)
      assert.deepStrictEqual(
        yield* sent({
          data: { text: "t", number: 1.5, big: 2n ** 64n, flag: true },
          notification: { title: "Title", body: "Body", image: "https://example.com/i.png" },
          collapseKey: "key",
          timeToLive: "1 hour",
          priority: "high",
          restrictedPackageName: "com.example",
          analyticsLabel: "label",
          dryRun: true
        }),
        {
          message: {
            token: "t",
            data: { text: "t", number: "1.5", big: "18446744073709551616", flag: "true" },
            notification: { title: "Title", body: "Body", image: "https://example.com/i.png" },
            android: { collapseKey: "key", priority: "HIGH", ttl: "3600s", restrictedPackageName: "com.example" },
            apns: {
              headers: { "apns-collapse-id": "key", "apns-expiration": "1700003600", "apns-priority": "10" }
            },
            webpush: { headers: { TTL: "3600", Topic: "key", Urgency: "high" } },
            fcmOptions: { analyticsLabel: "label" }
          },
          validateOnly: true
        }
      )
    }))

  it.effect("is as small as what it was made of", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* sent({}), { message: { token: "t" } })
      assert.deepStrictEqual(yield* sent({ data: undefined, dryRun: false }), { message: { token: "t" } })
    }))

  it.effect("has a time to live of 0 as now or never, on every platform", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(1_700_000_000_000)
      assert.deepStrictEqual(yield* sent({ timeToLive: "0 seconds" }), {
        message: {
          token: "t",
          android: { ttl: "0s" },
          apns: { headers: { "apns-expiration": "0" } },
          webpush: { headers: { TTL: "0" } }
        }
      })
    }))

  it.effect("never has priority 10 on iOS without a notification", () =>
    Effect.gen(function*() {
      const { message } = yield* sent({ data: { a: 1 }, priority: "high" })
      assert.strictEqual(message.apns.headers["apns-priority"], "5")
      assert.strictEqual(message.android.priority, "HIGH")
    }))

  it.effect("sets the collapse key of iOS and the web only where it fits", () =>
    Effect.gen(function*() {
      const long = "ü".repeat(33)
      assert.deepStrictEqual(yield* sent({ collapseKey: long }), {
        message: { token: "t", android: { collapseKey: long } }
      })
      const dotted = "my.key"
      assert.deepStrictEqual(yield* sent({ collapseKey: dotted }), {
        message: { token: "t", android: { collapseKey: dotted }, apns: { headers: { "apns-collapse-id": dotted } } }
      })
    }))

  it.effect("expires on iOS counted from each recipient's own first attempt", () => {
    const requests: Array<Http.Recorded> = []
    const answer: Http.Answer = (request, n) => Effect.delay(Http.accept(request, n), "10 seconds")
    return Effect.gen(function*() {
      yield* TestClock.setTime(0)
      const message = Message.make({ timeToLive: "1 minute" })
      const fiber = yield* Effect.forkChild(Messaging.send(message, ["a", "b"], { concurrency: 1 }))
      yield* TestClock.adjust("20 seconds")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(
        requests.map((request) => JSON.parse(request.text).message.apns.headers["apns-expiration"]),
        ["60", "70"]
      )
    }).pipe(Effect.provide(Http.fcm(answer, requests)))
  })
})

describe("the message on GCM", () => {
  it.effect("is written in the protocol's own terms", () => {
    const requests: Array<Http.Recorded> = []
    return Effect.gen(function*() {
      yield* Messaging.send(
        Message.make({
          data: { score: 42, flag: false },
          notification: { title: "Title", body: "Body" },
          collapseKey: "key",
          timeToLive: { minutes: 1, milliseconds: 999 },
          priority: "normal",
          restrictedPackageName: "com.example",
          dryRun: false
        }),
        ["a", "b"]
      )
      assert.deepStrictEqual(JSON.parse(requests[0]?.text ?? ""), {
        registration_ids: ["a", "b"],
        data: { score: "42", flag: "false" },
        notification: { title: "Title", body: "Body" },
        collapse_key: "key",
        time_to_live: 60,
        priority: "normal",
        restricted_package_name: "com.example",
        dry_run: false
      })
    }).pipe(Effect.provide(Http.gcm(Http.acceptAll, requests)))
  })

  it.effect("keeps a time to live of 0", () => {
    const requests: Array<Http.Recorded> = []
    return Effect.gen(function*() {
      yield* Messaging.send(Message.make({ timeToLive: "0 seconds" }), "a")
      assert.strictEqual(JSON.parse(requests[0]?.text ?? "").time_to_live, 0)
    }).pipe(Effect.provide(Http.gcm(Http.acceptAll, requests)))
  })
})
