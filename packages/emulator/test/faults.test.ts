import { Emulator, Fault } from "@cloud-messaging/emulator"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer } from "effect"
import { HttpClientRequest } from "effect/http"
import { TestClock } from "effect/testing"
import { assertion, goodClaims } from "./utils/assertion.ts"
import { askToken, exchange, fcmError, fcmJson, gcmResults, sendFcm, sendGcm } from "./utils/requests.ts"

const project = "my-project"

const key = { authorization: "key=emulator:my-project" }

const add = (fault: Fault.Fault) => Effect.flatMap(Emulator.project(project), ({ faults }) => faults.add(fault))

const arrived = Effect.flatMap(
  Emulator.project(project),
  ({ messages }) => Effect.map(messages.query(), (all) => all.map(({ recipient }) => recipient))
)

/** The status of a message to each, one after the other. */
const statuses = (recipients: ReadonlyArray<string>) =>
  Effect.forEach(recipients, (recipient) => Effect.map(sendFcm(recipient), ({ status }) => status))

const many = Array.from({ length: 100 }, (_, i) => `token-${i}`)

describe("what only HTTP/2 has, in memory", () => {
  it.effect.each<{ readonly effect: Fault.Effect }>([
    { effect: { _tag: "GoAway" } },
    { effect: { _tag: "LimitStreams", streams: 1 } }
  ])("$effect is not seen", ({ effect }) =>
    Effect.gen(function*() {
      yield* add({ effect })
      assert.deepStrictEqual(yield* statuses(["ada", "bob"]), [200, 200])
      assert.deepStrictEqual(yield* arrived, ["ada", "bob"])
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect.each<{ readonly effect: Fault.Effect }>([
    { effect: { _tag: "GoAway", abrupt: true } },
    { effect: { _tag: "RefuseStream" } }
  ])("$effect loses the request, which does not arrive", ({ effect }) =>
    Effect.gen(function*() {
      const { faults } = yield* Emulator.project(project)
      yield* add({ effect, times: 1 })
      const error = yield* Effect.flip(sendFcm("ada"))
      assert.strictEqual(error.reason._tag, "TransportError")
      assert.isEmpty(yield* arrived)
      assert.deepStrictEqual(yield* statuses(["ada"]), [200])
      assert.deepStrictEqual((yield* faults.list).map(({ strikes }) => strikes), [1])
    }).pipe(Effect.provide(Emulator.layerHttpClient)))
})

describe("an answer", () => {
  it.effect.each([
    { status: 400, canonical: "INVALID_ARGUMENT", code: undefined },
    { status: 401, canonical: "UNAUTHENTICATED", code: undefined },
    { status: 403, canonical: "PERMISSION_DENIED", code: undefined },
    { status: 404, canonical: "NOT_FOUND", code: undefined },
    { status: 418, canonical: "UNKNOWN", code: undefined },
    { status: 429, canonical: "RESOURCE_EXHAUSTED", code: "QUOTA_EXCEEDED" },
    { status: 500, canonical: "INTERNAL", code: "INTERNAL" },
    { status: 503, canonical: "UNAVAILABLE", code: "UNAVAILABLE" },
    { status: 504, canonical: "DEADLINE_EXCEEDED", code: undefined }
  ])("of $status is what the protocol says so", ({ canonical, code, status }) =>
    Effect.gen(function*() {
      yield* add({ effect: { _tag: "Respond", status, retryAfter: 7 } })
      const fcm = yield* sendFcm("ada")
      assert.deepStrictEqual([fcm.status, fcmError(fcm)], [status, { status: canonical, code }])
      if (status === 429 || status >= 500) assert.strictEqual(fcm.retryAfter, "7")
      const gcm = yield* sendGcm(["ada"], key)
      assert.deepStrictEqual([gcm.status, gcm.contentType, gcm.retryAfter], [status, "text/html; charset=UTF-8", "7"])
      assert.isEmpty(yield* arrived)
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("is of one's own words", () =>
    Effect.gen(function*() {
      yield* add({ effect: { _tag: "Respond", status: 507, body: "{}", contentType: "application/json" } })
      const { contentType, status, text } = yield* sendFcm("ada")
      assert.deepStrictEqual([status, contentType, text], [507, "application/json", "{}"])
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("may be to who asks for topics, groups and tokens", () =>
    Effect.gen(function*() {
      const { faults } = yield* Emulator.Emulator
      const asks = {
        topics: exchange(HttpClientRequest.get(
          "https://fcm.googleapis.com/v1/projects/my-project/registrations/ada/topicSubscriptions",
          { headers: { authorization: "Bearer owner" } }
        )),
        groups: exchange(HttpClientRequest.get("https://fcm.googleapis.com/fcm/notification", {
          headers: { authorization: "key=emulator:my-project", project_id: "1" }
        })),
        token: askToken(assertion(yield* goodClaims))
      }
      for (const endpoint of ["topics", "groups", "token"] as const) {
        yield* faults.clear
        yield* faults.add({ endpoint, effect: { _tag: "Respond", status: 503, retryAfter: 3 } })
        for (const [name, ask] of Object.entries(asks)) {
          const { retryAfter, status } = yield* ask
          assert.deepStrictEqual([status === 503, retryAfter], name === endpoint ? [true, "3"] : [false, undefined])
        }
      }
    }).pipe(Effect.provide(Emulator.layerHttpClient)))
})

describe("a refusal of a recipient", () => {
  it.effect.each(
    [
      { reason: "unregistered", code: "UNREGISTERED", error: "NotRegistered" },
      { reason: "invalid", code: "INVALID_ARGUMENT", error: "InvalidRegistration" },
      { reason: "mismatch", code: "SENDER_ID_MISMATCH", error: "MismatchSenderId" },
      { reason: "apns-auth", code: "THIRD_PARTY_AUTH_ERROR", error: "InvalidApnsCredential" },
      { reason: "unavailable", code: "UNAVAILABLE", error: "Unavailable" },
      { reason: "internal", code: "INTERNAL", error: "InternalServerError" },
      { reason: "quota", code: "QUOTA_EXCEEDED", error: "DeviceMessageRateExceeded" }
    ] as const
  )(
    "as $reason is in the words of each protocol, and of nobody else",
    ({ code, error, reason }) =>
      Effect.gen(function*() {
        yield* add({ recipient: "a*", effect: { _tag: "Refuse", reason, retryAfter: 9 } })
        const fcm = yield* sendFcm("ada")
        assert.strictEqual(fcmError(fcm).code, code)
        if (fcm.retryAfter !== undefined) assert.strictEqual(fcm.retryAfter, "9")
        assert.deepStrictEqual(gcmResults(yield* sendGcm(["ada", "lin", "ann"], key)), [error, "ok", error])
        assert.deepStrictEqual(yield* arrived, ["lin"])
      }).pipe(Effect.provide(Emulator.layerHttpClient))
  )

  it.effect("as uninstalled is for good", () =>
    Effect.gen(function*() {
      yield* add({ effect: { _tag: "Unregister" }, times: 1 })
      const { devices } = yield* Emulator.project(project)
      assert.deepStrictEqual(yield* statuses(["ada", "lin", "ada"]), [404, 200, 404])
      assert.isFalse((yield* devices.get("ada"))?.registered)
    }).pipe(Effect.provide(Emulator.layerHttpClient)))
})

describe("a connection", () => {
  it.effect("drops, and nothing was accepted", () =>
    Effect.gen(function*() {
      yield* add({ effect: { _tag: "Reset" }, times: 2 })
      for (const send of [sendFcm("ada"), sendGcm(["ada"], key)]) {
        assert.strictEqual((yield* Effect.flip(send)).reason._tag, "TransportError")
      }
      assert.isEmpty(yield* arrived)
      assert.strictEqual((yield* sendFcm("ada")).status, 200)
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("is cut within the answer, and all was accepted: also what is sent to a topic", () =>
    Effect.gen(function*() {
      yield* add({ effect: { _tag: "Cut" } })
      const { messages, topics } = yield* Emulator.project(project)
      yield* topics.subscribe("joan", "news")
      const cut = [sendFcm("ada"), sendGcm(["lin"], key), exchange(fcmJson({ message: { topic: "news" } }))]
      for (const send of cut) assert.isTrue(Exit.isFailure(yield* Effect.exit(send)))
      const all = yield* messages.query()
      assert.deepStrictEqual(all.map(({ answerCut, recipient }) => [recipient, answerCut]), [
        ["ada", true],
        ["lin", true],
        ["joan", true]
      ])
      yield* (yield* Emulator.Emulator).faults.add({ endpoint: "token", effect: { _tag: "Cut" } })
      assert.isTrue(Exit.isFailure(yield* Effect.exit(askToken(assertion(yield* goodClaims)))))
    }).pipe(Effect.provide(Emulator.layerHttpClient)))
})

describe("a delay", () => {
  /** How long a message takes, in milliseconds. */
  const took = (recipient: string) =>
    Effect.gen(function*() {
      const { clock } = yield* Emulator.Emulator
      const fiber = yield* Effect.forkChild(
        Effect.flatMap(clock.now, (before) =>
          Effect.map(Effect.andThen(sendFcm(recipient), clock.now), (after) => after - before))
      )
      yield* TestClock.adjust("1 hour")
      return yield* Fiber.join(fiber)
    })

  it.effect("is always the same", () =>
    Effect.gen(function*() {
      yield* add({ delay: { _tag: "Constant", millis: 700 } })
      yield* add({ delay: { _tag: "Constant", millis: 300 }, recipient: "lin" })
      assert.deepStrictEqual([yield* took("ada"), yield* took("ada"), yield* took("lin")], [700, 700, 1000])
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("is between two", () =>
    Effect.gen(function*() {
      yield* add({ delay: { _tag: "Uniform", min: 100, max: 200 } })
      const all = yield* Effect.forEach(many, took)
      assert.isTrue(all.every((millis) => millis >= 100 && millis <= 200))
      assert.isAbove(new Set(all).size, 50)
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("is distributed around a mean", () =>
    Effect.gen(function*() {
      yield* add(Fault.presets.slow)
      const all = yield* Effect.forEach(many, took)
      const mean = all.reduce((sum, millis) => sum + millis, 0) / all.length
      assert.isTrue(mean > 350 && mean < 650, `a mean of ${mean}`)
      assert.isAbove(Math.max(...all), 1000)
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("comes before any effect", () =>
    Effect.gen(function*() {
      yield* add({ delay: { _tag: "Constant", millis: 500 }, effect: { _tag: "Respond", status: 503 } })
      const fiber = yield* Effect.forkChild(sendFcm("ada"))
      yield* TestClock.adjust(499)
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust(1)
      assert.strictEqual((yield* Fiber.join(fiber)).status, 503)
    }).pipe(Effect.provide(Emulator.layerHttpClient)))
})

describe("chance", () => {
  const fault: Fault.Fault = { effect: { _tag: "Respond", status: 503 }, probability: 0.3, seed: 7 }

  const run = (fault: Fault.Fault, recipients: ReadonlyArray<string> = many, concurrency: number = 1) =>
    Effect.gen(function*() {
      yield* add(fault)
      const results = yield* Effect.forEach(
        [...recipients, ...recipients],
        (recipient) => Effect.map(sendFcm(recipient), ({ status }) => [recipient, status] as const),
        { concurrency }
      )
      return results.toSorted(([a], [b]) => a < b ? -1 : a > b ? 1 : 0)
    }).pipe(Effect.provide(Layer.fresh(Emulator.layerHttpClient)))

  it.effect("strikes about as often as it is said to", () =>
    Effect.gen(function*() {
      const struck = (yield* run(fault)).filter(([, status]) => status === 503)
      assert.isTrue(struck.length > 40 && struck.length < 80, `${struck.length} of 200`)
    }))

  it.effect("is the same with the same seed, in whatever order", () =>
    Effect.gen(function*() {
      const first = yield* run(fault)
      assert.deepStrictEqual(yield* run(fault), first)
      assert.deepStrictEqual(yield* run(fault, many.toReversed(), 20), first)
    }))

  it.effect("is another with another seed, and for each fault", () =>
    Effect.gen(function*() {
      const first = yield* run(fault)
      assert.notDeepEqual(yield* run({ ...fault, seed: 8 }), first)
      const other = yield* run({ ...fault, effect: { _tag: "Respond", status: 500 } })
      assert.notDeepEqual(other.map(([, status]) => status === 200), first.map(([, status]) => status === 200))
    }))

  it.effect("is the same, whatever strikes in other projects", () =>
    Effect.gen(function*() {
      const { project } = yield* Emulator.Emulator
      const twenty = (id: string) =>
        Effect.forEach(Array.from({ length: 20 }), () => Effect.map(sendFcm("ada", { project: id }), (_) => _.status))
      yield* project("a").faults.add(fault)
      yield* project("b").faults.add(fault)
      const undisturbed = [yield* twenty("a"), yield* twenty("a")]
      const first = yield* twenty("b")
      yield* project("loud").faults.add({ effect: { _tag: "Refuse", reason: "internal" }, probability: 0 })
      for (let i = 0; i < 101; i++) {
        const ids = Array.from({ length: 1000 }, (_, n) => `token-${i}-${n}`)
        yield* sendGcm(ids, { authorization: "key=emulator:loud" })
      }
      assert.deepStrictEqual([first, yield* twenty("b")], undisturbed)
    }).pipe(Effect.provide(Emulator.layerHttpClient)), 30_000)

  it.effect("0 never strikes, 1 always", () =>
    Effect.gen(function*() {
      assert.isTrue((yield* run({ ...fault, probability: 0 })).every(([, status]) => status === 200))
      assert.isTrue((yield* run({ ...fault, probability: 1 })).every(([, status]) => status === 503))
    }))
})

describe("faults", () => {
  it.effect("strike no more often than is said, however many ask at once", () =>
    Effect.gen(function*() {
      const { faults } = yield* Emulator.project("default")
      yield* faults.add({ effect: { _tag: "Refuse", reason: "internal" }, times: 1500 })
      const batch = (i: number) => Array.from({ length: 1000 }, (_, n) => `token-${i}-${n}`)
      yield* Effect.forEach([1, 2, 3, 4, 5, 6, 7, 8], (i) => sendGcm(batch(i)), { concurrency: "unbounded" })
      assert.deepStrictEqual((yield* faults.list).map(({ strikes }) => strikes), [1500])
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("strike whom their pattern names, so often as is said", () =>
    Effect.gen(function*() {
      const { faults } = yield* Emulator.project(project)
      const { id } = yield* faults.add({ recipient: "a?a*", effect: { _tag: "Respond", status: 500 }, times: 3 })
      assert.deepStrictEqual(
        yield* statuses(["ada", "aXa-long", "aa", "lin", "[ada", "ada", "ada"]),
        [500, 500, 200, 200, 200, 500, 200]
      )
      assert.deepStrictEqual((yield* faults.list).map((_) => [_.id, _.project, _.strikes]), [[id, project, 3]])
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("of a project are nobody else's; those of the emulator are everybody's", () =>
    Effect.gen(function*() {
      const { faults, project } = yield* Emulator.Emulator
      yield* project("a").faults.add({ effect: { _tag: "Respond", status: 500 } })
      const b = yield* project("b").faults.add({ effect: { _tag: "Respond", status: 503 } })
      const status = (project: string) => Effect.map(sendFcm("ada", { project }), ({ status }) => status)
      assert.deepStrictEqual(yield* Effect.forEach(["a", "b", "c"], status), [500, 503, 200])
      const all = yield* faults.add({ effect: { _tag: "Respond", status: 504 } })
      assert.isUndefined(all.project)
      assert.deepStrictEqual(yield* Effect.forEach(["a", "b", "c"], status), [500, 503, 504])
      yield* project("a").faults.remove(b.id)
      yield* project("a").faults.clear
      assert.deepStrictEqual(yield* Effect.forEach(["a", "b", "c"], status), [504, 503, 504])
      assert.strictEqual((yield* faults.list).length, 2)
      yield* project("b").faults.remove(b.id)
      yield* faults.remove(all.id)
      assert.deepStrictEqual(yield* Effect.forEach(["a", "b", "c"], status), [200, 200, 200])
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("give way to magic names", () =>
    Effect.gen(function*() {
      yield* add({ effect: { _tag: "Refuse", reason: "internal" } })
      assert.strictEqual((yield* sendFcm("emulator:unregistered:1")).status, 404)
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect.each(
    [
      { name: "quota-storm", expected: { 429: [20, 20] } },
      { name: "flaky-503", expected: { 503: [10, 30] } },
      { name: "token-rot", expected: { 404: [1, 12] } },
      { name: "html-502", expected: { 502: [10, 30] } }
    ] as const
  )("of the preset $name", ({ expected, name }) =>
    Effect.gen(function*() {
      yield* add(Fault.presets[name])
      const all = yield* statuses(many)
      for (const [status, [least, most]] of Object.entries(expected)) {
        const struck = all.filter((each) => String(each) === status).length
        assert.isTrue(struck >= least && struck <= most, `${struck} of 100`)
        assert.strictEqual(all.filter((each) => each === 200).length, 100 - struck)
      }
    }).pipe(Effect.provide(Emulator.layerHttpClient)))
})
