import { Emulator } from "@cloud-messaging/emulator"
import { RpcStatus } from "@cloud-messaging/protocol"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Duration, Effect, Layer, Option, Schema } from "effect"
import { TestClock } from "effect/testing"
import { type Answer, exchange, fcmError, fcmJson, gcmJson, gcmResults, sendFcm, sendGcm } from "./utils/requests.ts"

const project = "my-project"

const key = { authorization: "key=emulator:my-project" }

const devices = Effect.map(Emulator.project(project), ({ devices }) => devices)

/** What became of the messages, in the order in which they came. */
const states = Effect.flatMap(
  Emulator.project(project),
  ({ messages }) => Effect.map(messages.query(), (all) => all.map(({ state }) => state))
)

interface Options {
  readonly ttl?: number
  readonly key?: string
  readonly priority?: "normal" | "high"
  readonly notification?: boolean
}

/** The same message by either protocol. */
const senders = {
  "FCM v1": (recipient: string, { key: collapseKey, notification, priority, ttl }: Options = {}) =>
    exchange(fcmJson({
      message: {
        token: recipient,
        data: { n: "1" },
        ...notification === true ? { notification: { title: "Hello" } } : {},
        android: {
          ...ttl === undefined ? {} : { ttl: `${ttl}s` },
          ...collapseKey === undefined ? {} : { collapseKey },
          ...priority === undefined ? {} : { priority }
        }
      }
    })),
  GCM: (recipient: string, { key: collapse_key, notification, priority, ttl: time_to_live }: Options = {}) =>
    exchange(gcmJson({
      to: recipient,
      data: { n: "1" },
      ...notification === true ? { notification: { title: "Hello" } } : {},
      ...time_to_live === undefined ? {} : { time_to_live },
      ...collapse_key === undefined ? {} : { collapse_key },
      ...priority === undefined ? {} : { priority }
    }, key))
}

const repeat = <A, E, R>(times: number, effect: Effect.Effect<A, E, R>) =>
  Effect.forEach(Array.from({ length: times }), () => effect)

const hour = 3600

const day = 86_400

describe.each(Object.entries(senders))("a phone that is offline for a day (%s)", (_protocol, send) => {
  /** What becomes of what is sent while it is away. */
  const whileAway = <A, E, R>(sends: Effect.Effect<A, E, R>) =>
    Effect.gen(function*() {
      const { setPresence } = yield* devices
      yield* setPresence("ada", "offline")
      yield* sends
      yield* TestClock.adjust("1 day")
      const device = yield* setPresence("ada", "online")
      return { device, states: yield* states }
    })

  it.effect("gets what was stored, in the order in which it came", () =>
    Effect.gen(function*() {
      const { messages } = yield* Emulator.project(project)
      const { device } = yield* whileAway(repeat(3, send("ada")))
      const all = yield* messages.query({ recipient: "ada" })
      assert.deepStrictEqual(all.map(({ acceptedAt, changedAt, state }) => [state, changedAt - acceptedAt]), [
        ["delivered", day * 1000],
        ["delivered", day * 1000],
        ["delivered", day * 1000]
      ])
      assert.deepStrictEqual(device, {
        recipient: "ada",
        kind: "token",
        presence: "online",
        registered: true,
        stored: 0,
        deleted: { pending: 0, told: 0 },
        topics: []
      })
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("gets nothing whose time to live is over, and of what is now or never nothing", () =>
    Effect.gen(function*() {
      const { states } = yield* whileAway(Effect.all([
        send("ada", { ttl: 0 }),
        send("ada", { ttl: hour }),
        send("ada", { ttl: day }),
        send("ada", { ttl: day + 1 }),
        send("ada")
      ]))
      assert.deepStrictEqual(states, ["expired", "expired", "expired", "delivered", "delivered"])
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("gets the last message of a collapse key, and of five keys the last four", () =>
    Effect.gen(function*() {
      const { states } = yield* whileAway(Effect.forEach(
        ["a", "a", "b", "c", "d", "b", "e", undefined],
        (key) => send("ada", key === undefined ? {} : { key })
      ))
      assert.deepStrictEqual(states, [
        "collapsed",
        "collapsed",
        "collapsed",
        "delivered",
        "delivered",
        "delivered",
        "delivered",
        "delivered"
      ])
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("gets all messages whose collapse key is empty: it is none", () =>
    Effect.gen(function*() {
      const { states } = yield* whileAway(Effect.all([
        send("ada", { key: "" }),
        send("ada", { key: "" }),
        send("ada", { notification: true })
      ]))
      assert.deepStrictEqual(states, ["delivered", "delivered", "delivered"])
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("gets the last notification alone, whatever its collapse key", () =>
    Effect.gen(function*() {
      const { states } = yield* whileAway(Effect.all([
        send("ada", { notification: true }),
        send("ada", { notification: true, key: "a" }),
        send("ada", { key: "a" })
      ]))
      assert.deepStrictEqual(states, ["collapsed", "delivered", "delivered"])
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("gets 100 messages, and after one more that one alone, and that there were others", () =>
    Effect.gen(function*() {
      const few = yield* whileAway(repeat(100, send("ada")))
      assert.isTrue(few.states.every((state) => state === "delivered"))
      assert.deepStrictEqual(few.device.deleted, { pending: 0, told: 0 })
      const { setPresence } = yield* devices
      yield* setPresence("ada", "offline")
      yield* send("ada", { key: "collapsible" })
      yield* repeat(101, send("ada"))
      const away = yield* (yield* devices).get("ada")
      assert.deepStrictEqual([away?.stored, away?.deleted], [1, { pending: 101, told: 0 }])
      const back = yield* setPresence("ada", "online")
      assert.deepStrictEqual(back.deleted, { pending: 0, told: 101 })
      const now = (yield* states).slice(100)
      assert.deepStrictEqual(now, [...Array.from({ length: 101 }, () => "discarded" as const), "delivered"])
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("gets nothing that was never to be delivered: dry runs are checked alone", () =>
    Effect.gen(function*() {
      const { device, states } = yield* whileAway(Effect.all([
        exchange(fcmJson({ message: { token: "ada" }, validateOnly: true })),
        exchange(gcmJson({ to: "ada", dry_run: true }, key))
      ]))
      assert.deepStrictEqual(states, ["checked", "checked"])
      assert.deepStrictEqual(device.stored, 0)
    }).pipe(Effect.provide(Emulator.layerHttpClient)))
})

describe.each(Object.entries(senders))("a phone that sleeps (%s)", (_protocol, send) => {
  it.effect("gets what is of high priority, and the rest when it wakes", () =>
    Effect.gen(function*() {
      const { setPresence } = yield* devices
      yield* setPresence("ada", "idle")
      yield* send("ada", { priority: "high" })
      yield* send("ada", { priority: "normal" })
      yield* send("ada")
      yield* send("ada", { notification: true })
      yield* send("ada", { notification: true, priority: "normal" })
      assert.deepStrictEqual(yield* states, ["delivered", "stored", "stored", "delivered", "stored"])
      yield* setPresence("ada", "online")
      assert.isTrue((yield* states).every((state) => state === "delivered"))
    }).pipe(Effect.provide(Emulator.layerHttpClient)))
})

it.effect("a phone that sleeps gets nothing with delay_while_idle (GCM)", () =>
  Effect.gen(function*() {
    yield* (yield* devices).setPresence("ada", "idle")
    yield* exchange(gcmJson({ to: "ada", priority: "high", delay_while_idle: true }, key))
    assert.deepStrictEqual(yield* states, ["stored"])
  }).pipe(Effect.provide(Emulator.layerHttpClient)))

it.effect("messages to a topic that carry nothing collapse", () =>
  Effect.gen(function*() {
    const { devices, topics } = yield* Emulator.project(project)
    yield* topics.subscribe("ada", "news")
    yield* devices.setPresence("ada", "offline")
    yield* exchange(fcmJson({ message: { topic: "news" } }))
    yield* exchange(fcmJson({ message: { topic: "news" } }))
    yield* exchange(fcmJson({ message: { topic: "news", data: { n: "1" } } }))
    assert.deepStrictEqual(yield* states, ["collapsed", "stored", "stored"])
  }).pipe(Effect.provide(Emulator.layerHttpClient)))

describe("a device", () => {
  it.effect("is whoever is sent to; of whom it was heard last is the last", () =>
    Effect.gen(function*() {
      yield* sendFcm("ada")
      yield* sendGcm(["lin", "ada", "fh_Ux1rZ3kOoZhCvQm2zZ8"], key)
      yield* sendFcm("joan", { project: "other" })
      const all = yield* (yield* devices).list
      assert.deepStrictEqual(all.map(({ kind, recipient }) => [recipient, kind]), [
        ["lin", "token"],
        ["ada", "token"],
        ["fh_Ux1rZ3kOoZhCvQm2zZ8", "token"]
      ])
      assert.isUndefined(yield* (yield* devices).get("joan"))
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("is gone when it is unregistered, with what was stored and its topics, until it is registered again", () =>
    Effect.gen(function*() {
      const { devices, topics } = yield* Emulator.project(project)
      yield* topics.subscribe("ada", "news")
      yield* devices.setPresence("ada", "offline")
      yield* sendFcm("ada")
      const gone = yield* devices.unregister("ada")
      assert.deepInclude(gone, { registered: false, stored: 0, topics: [] })
      assert.deepStrictEqual(yield* states, ["dropped"])
      const refused = yield* sendFcm("ada")
      assert.deepStrictEqual([refused.status, fcmError(refused).code], [404, "UNREGISTERED"])
      assert.deepStrictEqual(gcmResults(yield* sendGcm(["ada", "lin"], key)), ["NotRegistered", "ok"])
      yield* exchange(fcmJson({ message: { topic: "news" } }))
      yield* devices.register({ recipient: "ada", presence: "online" })
      assert.strictEqual((yield* sendFcm("ada")).status, 200)
      assert.deepStrictEqual(yield* states, ["dropped", "delivered", "delivered"])
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("that moved is reached by its old name, and GCM tells the new one", () =>
    Effect.gen(function*() {
      const { register, setPresence } = yield* devices
      yield* register({ recipient: "new", presence: "offline" })
      const old = yield* register({ recipient: "old", canonical: "new" })
      assert.deepInclude(old, { canonical: "new", presence: "offline" })
      const { body } = yield* sendGcm(["old"], key)
      assert.deepInclude(body, { canonical_ids: 1 })
      assert.deepNestedInclude(body, { "results[0].registration_id": "new" })
      assert.strictEqual((yield* sendFcm("old")).status, 200)
      assert.strictEqual((yield* (yield* devices).get("new"))?.stored, 2)
      yield* setPresence("new", "online")
      assert.deepStrictEqual(yield* states, ["delivered", "delivered"])
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("has a name that a token may have", () =>
    Effect.gen(function*() {
      const { register, setPresence, unregister } = yield* devices
      for (const recipient of ["", "two words", "ünder"]) {
        for (const change of [register({ recipient }), setPresence(recipient, "online"), unregister(recipient)]) {
          assert.deepInclude(yield* Effect.flip(change), { _tag: "InvalidName", what: "recipient" })
        }
      }
    }).pipe(Effect.provide(Emulator.layer)))
})

describe("a strict project", () => {
  it.effect("knows registered devices alone", () =>
    Effect.gen(function*() {
      const { configure, devices, topics } = yield* Emulator.project(project)
      yield* sendFcm("before")
      yield* configure({ strict: true })
      yield* devices.register({ recipient: "ada" })
      assert.strictEqual((yield* sendFcm("ada")).status, 200)
      assert.strictEqual((yield* sendFcm("before")).status, 200)
      assert.strictEqual(fcmError(yield* sendFcm("lin")).code, "UNREGISTERED")
      assert.deepStrictEqual(gcmResults(yield* sendGcm(["ada", "lin", "emulator:ok:1"], key)), [
        "ok",
        "NotRegistered",
        "ok"
      ])
      assert.isUndefined(yield* devices.get("lin"))
      assert.strictEqual((yield* sendFcm("lin", { project: "other" })).status, 200)
      yield* topics.subscribe("ada", "news")
      yield* configure({ strict: false })
      assert.strictEqual((yield* sendFcm("lin")).status, 200)
    }).pipe(Effect.provide(Emulator.layerHttpClient)))
})

// -----------------------------------------------------------------------------
// Quotas
// -----------------------------------------------------------------------------

const quotas = ({ text }: Answer) =>
  RpcStatus.decodeEnvelope(text).pipe(
    Option.map(RpcStatus.findDetails(RpcStatus.QuotaFailure)),
    Option.match({ onNone: () => [], onSome: (all) => all.flatMap(({ violations }) => violations) })
  )

describe("the rate of a device", () => {
  it.effect("is 240 messages in a minute, by whatever protocol", () =>
    Effect.gen(function*() {
      yield* repeat(200, sendFcm("ada"))
      yield* TestClock.adjust("20 seconds")
      const last = yield* sendGcm(Array.from({ length: 42 }, () => "ada"), key)
      assert.deepStrictEqual(gcmResults(last).slice(38), [
        "ok",
        "ok",
        "DeviceMessageRateExceeded",
        "DeviceMessageRateExceeded"
      ])
      const refused = yield* sendFcm("ada")
      assert.deepStrictEqual([refused.status, fcmError(refused).code], [429, "QUOTA_EXCEEDED"])
      assert.strictEqual(refused.retryAfter, "40")
      assert.match(quotas(refused)[0]?.subject ?? "", /device/)
      assert.strictEqual((yield* sendFcm("lin")).status, 200)
      yield* TestClock.adjust("40 seconds")
      assert.strictEqual((yield* sendFcm("ada")).status, 200)
      assert.strictEqual((yield* states).length, 242)
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("is not drawn on by dry runs; a topic's message is lost to who has had his", () =>
    Effect.gen(function*() {
      const { configure, topics } = yield* Emulator.project(project)
      yield* configure({ deviceRate: 1 })
      yield* topics.subscribe("ada", "news")
      yield* repeat(3, exchange(fcmJson({ message: { token: "ada" }, validateOnly: true })))
      yield* repeat(2, exchange(fcmJson({ message: { topic: "news" } })))
      assert.deepStrictEqual(yield* states, ["checked", "checked", "checked", "delivered", "limited"])
    }).pipe(Effect.provide(Emulator.layerHttpClient)))
})

describe("the quota of a project", () => {
  it.effect("refuses with QuotaFailure and Retry-After, until it is refilled", () =>
    Effect.gen(function*() {
      yield* (yield* Emulator.project(project)).configure({ quota: 2 })
      yield* repeat(2, sendFcm("ada"))
      yield* TestClock.adjust("45 seconds")
      const refused = yield* sendFcm("ada")
      assert.deepStrictEqual([refused.status, fcmError(refused)], [429, {
        status: "RESOURCE_EXHAUSTED",
        code: "QUOTA_EXCEEDED"
      }])
      assert.strictEqual(refused.retryAfter, "15")
      assert.deepStrictEqual(quotas(refused).map(({ subject }) => subject), ["project:my-project"])
      const gcm = yield* sendGcm(["ada"], key)
      assert.deepStrictEqual([gcm.status, gcm.retryAfter], [429, "15"])
      assert.strictEqual((yield* sendFcm("ada", { project: "other" })).status, 200)
      yield* TestClock.adjust("15 seconds")
      assert.strictEqual((yield* sendFcm("ada")).status, 200)
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("counts messages, not requests, and those that are refused for a fault of theirs", () =>
    Effect.gen(function*() {
      yield* (yield* Emulator.project(project)).configure({ quota: 5 })
      yield* sendGcm(["a", "b", "c"], key)
      yield* exchange(fcmJson({ message: {} }))
      yield* sendFcm("emulator:unregistered:1")
      assert.strictEqual((yield* sendFcm("a")).status, 429)
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("is 600,000 at first, or what the emulator begins with", () =>
    Effect.gen(function*() {
      const settings = Effect.flatMap(Emulator.project(project), (_) => _.settings)
      assert.deepStrictEqual(yield* Effect.provide(settings, Emulator.layer), {
        strict: false,
        quota: 600_000,
        deviceRate: 240
      })
      const other = Emulator.layerWith({ strict: true, quota: 1 })
      assert.deepStrictEqual(yield* Effect.provide(settings, other), { strict: true, quota: 1, deviceRate: 240 })
    }))
})

// -----------------------------------------------------------------------------
// Properties
// -----------------------------------------------------------------------------

const Send = Schema.TaggedStruct("Send", {
  protocol: Schema.Literals(["FCM v1", "GCM"]),
  times: Schema.Literals([1, 1, 1, 101]),
  ttl: Schema.optionalKey(Schema.Literals([0, 60, hour])),
  key: Schema.optionalKey(Schema.Literals(["a", "b", "c", "d", "e", "f", "g", "h"])),
  priority: Schema.optionalKey(Schema.Literals(["normal", "high"])),
  notification: Schema.Literals([false, false, false, true])
})

const Wait = Schema.TaggedStruct("Wait", { seconds: Schema.Literals([30, 60, hour]) })

const SetPresence = Schema.TaggedStruct("SetPresence", { presence: Schema.Literals(["offline", "idle", "online"]) })

// most of the time something is sent
const Step = Schema.Union([Send, Send, Send, Send, Send, Wait, SetPresence])

const perform = Effect.fnUntraced(function*(step: typeof Step.Type) {
  if (step._tag === "Send") yield* repeat(step.times, senders[step.protocol]("ada", step))
  else if (step._tag === "Wait") yield* TestClock.adjust(step.seconds * 1000)
  else yield* (yield* devices).setPresence("ada", step.presence)
})

it.effect.prop(
  "whatever is sent and whenever a phone is away, what is kept for it keeps to the limits, and nothing is lost untold",
  { steps: Arbitrary.array(Arbitrary.schema(Step), { minLength: 1, maxLength: 40 }) },
  ({ steps }) =>
    Effect.gen(function*() {
      const { configure, devices, messages } = yield* Emulator.project(project)
      yield* configure({ deviceRate: 10_000 })
      yield* devices.setPresence("ada", "offline")
      yield* Effect.forEach(steps, perform)
      const all = yield* messages.query()
      const device = yield* devices.get("ada")
      const stored = all.filter(({ state }) => state === "stored")
      const plain = stored.filter(({ endpoint, message }) =>
        message.notification === undefined &&
        (endpoint === "fcm" ? message.android?.collapseKey : message.collapse_key) === undefined
      )
      assert.strictEqual(device?.stored ?? 0, stored.length)
      assert.isAtMost(plain.length, 100)
      assert.isAtMost(stored.length - plain.length, 4)
      if (device?.presence === "online") assert.isEmpty(stored)
      const { pending, told } = device?.deleted ?? { pending: 0, told: 0 }
      assert.strictEqual(pending + told, all.filter(({ state }) => state === "discarded").length)
      for (const { acceptedAt, changedAt, state, ...arrival } of all) {
        const ttl = arrival.endpoint === "fcm"
          ? Duration.toSeconds(arrival.message.android?.ttl ?? Duration.weeks(4))
          : arrival.message.time_to_live ?? 4 * 7 * day
        const age = (changedAt - acceptedAt) / 1000
        if (state === "expired") assert.strictEqual(age, ttl)
        else assert.isTrue(age === 0 || age < ttl, `${state} after ${age} of ${ttl} seconds`)
      }
    }).pipe(Effect.provide(Layer.fresh(Emulator.layerHttpClient))),
  { arbitrary: { runs: 100 } }
)
