/**
 * One emulator, two faces: whatever a test arranges and asserts, it does by the same names in process and over HTTP.
 */
import { Arrival, Emulator, EmulatorClient, Fault } from "@cloud-messaging/emulator"
import { EmulatorServer, layer as layerServer } from "@cloud-messaging/emulator/EmulatorServer"
import { FcmV1 } from "@cloud-messaging/protocol"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Fiber, Layer, Queue, Stream } from "effect"
import type { HttpClient } from "effect/http"
import { exchange, fcmError, fcmJson, gcmJson } from "./utils/requests.ts"

// -----------------------------------------------------------------------------
// Faces
// -----------------------------------------------------------------------------

/** Where Google's services are. */
class Origin extends Context.Service<Origin, string>()("test/Origin") {}

type Face = Emulator.Emulator | HttpClient.HttpClient | Origin

const inProcess = Emulator.layerHttpClient.pipe(Layer.merge(Layer.succeed(Origin, FcmV1.origin)))

const overHttp = Layer.unwrap(
  EmulatorServer.use(({ url }) =>
    Effect.succeed(
      EmulatorClient.layer({ url }).pipe(Layer.merge(Layer.succeed(Origin, url)))
    )
  )
).pipe(Layer.provide(layerServer()), Layer.provideMerge(NodeHttpClient.layerUndici))

const onBothFaces = (name: string, test: Effect.Effect<void, unknown, Face>) =>
  describe(name, () => {
    it.effect("in process", () => Effect.provide(test, inProcess))
    it.live("over HTTP", () => Effect.provide(test, overHttp))
  })

// -----------------------------------------------------------------------------
// Senders
// -----------------------------------------------------------------------------

const send = (message: object, project = "p") =>
  Effect.flatMap(Origin, (origin) => exchange(fcmJson({ message }, { origin, project })))

const sendTo = (token: string, project?: string) => send({ token, data: { to: token } }, project)

const status = <E, R>(answer: Effect.Effect<{ readonly status: number }, E, R>) =>
  Effect.map(answer, ({ status }) => status)

const recipientsOf = (arrivals: ReadonlyArray<Arrival.Arrival>) => arrivals.map(({ recipient }) => recipient)

const statesOf = (arrivals: ReadonlyArray<Arrival.Arrival>) => arrivals.map(({ state }) => state)

// -----------------------------------------------------------------------------
// Messages
// -----------------------------------------------------------------------------

describe("messages", () => {
  onBothFaces(
    "are asked for by what is known of them",
    Effect.gen(function*() {
      const origin = yield* Origin
      const { messages } = yield* Emulator.project("p")
      yield* sendTo("ada")
      yield* sendTo("ada:2")
      yield* exchange(gcmJson({ registration_ids: ["lin"], dry_run: true }, {
        url: `${origin}/fcm/send`,
        authorization: "key=emulator:p"
      }))
      const [ada, other, lin] = yield* messages.query()
      assert.deepStrictEqual([ada?.recipient, other?.recipient, lin?.recipient], ["ada", "ada:2", "lin"])
      assert.deepStrictEqual([ada?.state, lin?.state], ["delivered", "checked"])
      assert.deepStrictEqual(ada?.message, { data: { to: "ada" } })
      assert.deepStrictEqual(recipientsOf(yield* messages.query({ recipient: "ada*" })), ["ada", "ada:2"])
      assert.deepStrictEqual(recipientsOf(yield* messages.query({ endpoint: "gcm" })), ["lin"])
      assert.deepStrictEqual(recipientsOf(yield* messages.query({ after: ada?.id })), ["ada:2", "lin"])
      assert.deepStrictEqual(recipientsOf(yield* messages.query({ messageId: ada?.messageId })), ["ada"])
      assert.deepStrictEqual(recipientsOf(yield* messages.query({ state: "checked", recipient: "?in" })), ["lin"])
      assert.deepStrictEqual(yield* messages.query({ audience: "news" }), [])
    })
  )

  onBothFaces(
    "are awaited",
    Effect.gen(function*() {
      const { messages } = yield* Emulator.project("p")
      const fiber = yield* Effect.forkChild(messages.await({ recipient: "ada" }, { count: 2 }), {
        startImmediately: true
      })
      yield* sendTo("ada")
      yield* sendTo("lin")
      yield* sendTo("ada")
      assert.deepStrictEqual(recipientsOf(yield* Fiber.join(fiber)), ["ada", "ada"])
      assert.deepStrictEqual(recipientsOf(yield* messages.await({ recipient: "lin" })), ["lin"])
    })
  )

  onBothFaces(
    "that do not come in time are told, with those that did",
    Effect.gen(function*() {
      const { messages } = yield* Emulator.project("p")
      yield* sendTo("ada")
      const error = yield* Effect.flip(messages.await({ recipient: "a*" }, { count: 2, timeout: 0 }))
      assert.instanceOf(error, Arrival.NotArrived)
      assert.deepStrictEqual([error.count, error.filter.recipient], [2, "a*"])
      assert.deepStrictEqual(recipientsOf(error.matching), ["ada"])
      assert.include(error.message, "1 of 2")
    })
  )

  onBothFaces(
    "are seen live, and what becomes of them",
    Effect.gen(function*() {
      const { devices, messages } = yield* Emulator.project("p")
      const feed = yield* begun(messages.live)
      yield* devices.setPresence("ada", "offline")
      yield* sendTo("ada")
      yield* devices.setPresence("ada", "online")
      const seen = yield* Stream.fromQueue(feed).pipe(
        Stream.filter(({ recipient }) => recipient === "ada"),
        Stream.take(2),
        Stream.runCollect
      )
      assert.deepStrictEqual(statesOf(seen), ["stored", "delivered"])
      assert.strictEqual(seen[0]?.id, seen[1]?.id)
    }).pipe(Effect.scoped)
  )

  onBothFaces(
    "of all projects are seen together",
    Effect.gen(function*() {
      const emulator = yield* Emulator.Emulator
      const feed = yield* begun(emulator.messages.live)
      yield* sendTo("ada", "p")
      yield* sendTo("lin", "q")
      const seen = yield* Stream.fromQueue(feed).pipe(
        Stream.filter(({ recipient }) => recipient !== "begun"),
        Stream.take(2),
        Stream.runCollect
      )
      assert.deepStrictEqual(seen.map(({ project }) => project), ["p", "q"])
      assert.deepStrictEqual(recipientsOf(yield* emulator.messages.await({ recipient: "lin" })), ["lin"])
      assert.deepStrictEqual(
        recipientsOf(yield* emulator.messages.query({ after: (seen[0]?.id ?? 0) - 1 })),
        ["ada", "lin"]
      )
      assert.includeMembers(Array.from(yield* emulator.projects), ["p", "q"])
    }).pipe(Effect.scoped)
  )
})

/** A feed that surely began: it has seen something. */
const begun = Effect.fnUntraced(function*(live: Stream.Stream<Arrival.Arrival>) {
  const feed = yield* Queue.unbounded<Arrival.Arrival>()
  yield* Effect.forkScoped(Stream.runForEach(live, (arrival) => Queue.offer(feed, arrival)), { startImmediately: true })
  yield* sendTo("begun").pipe(
    Effect.andThen(Queue.size(feed)),
    Effect.repeat({ until: (size) => size > 0 })
  )
  return feed
})

// -----------------------------------------------------------------------------
// Devices and topics
// -----------------------------------------------------------------------------

describe("devices", () => {
  onBothFaces(
    "are made, changed and uninstalled",
    Effect.gen(function*() {
      const { devices } = yield* Emulator.project("p")
      const made = yield* devices.register({ recipient: "ada", presence: "idle" })
      assert.deepStrictEqual(
        [made.recipient, made.presence, made.registered, made.stored],
        ["ada", "idle", true, 0]
      )
      yield* sendTo("ada")
      assert.deepStrictEqual((yield* devices.get("ada"))?.stored, 1)
      assert.deepStrictEqual((yield* devices.setPresence("ada", "online")).stored, 0)
      assert.strictEqual(yield* devices.get("nobody"), undefined)
      assert.deepStrictEqual((yield* devices.list).map(({ recipient }) => recipient), ["ada"])
      assert.isFalse((yield* devices.unregister("ada")).registered)
      assert.deepStrictEqual(fcmError(yield* sendTo("ada")), { status: "NOT_FOUND", code: "UNREGISTERED" })
      yield* devices.register({ recipient: "ada" })
      assert.strictEqual(yield* status(sendTo("ada")), 200)
    })
  )

  onBothFaces(
    "have any name that a token may have, and no other",
    Effect.gen(function*() {
      const { devices, topics } = yield* Emulator.project("p")
      for (const recipient of ["a/b?c=d&e#f%20:..", ".", "..", "__proto__", "x".repeat(4096)]) {
        yield* devices.register({ recipient })
        assert.strictEqual((yield* devices.get(recipient))?.recipient, recipient)
      }
      for (const recipient of ["", "a b", "é", "x".repeat(4097)]) {
        const errors = [
          yield* Effect.flip(devices.register({ recipient })),
          yield* Effect.flip(devices.setPresence(recipient, "offline")),
          yield* Effect.flip(devices.unregister(recipient)),
          yield* Effect.flip(topics.subscribe(recipient, "news"))
        ]
        for (const error of errors) {
          assert.deepStrictEqual([error._tag, "what" in error && error.what], ["InvalidName", "recipient"])
        }
        assert.strictEqual(yield* devices.get(recipient), undefined)
      }
    })
  )
})

describe("topics", () => {
  onBothFaces(
    "have subscribers, who get what is sent to them",
    Effect.gen(function*() {
      const { devices, messages, topics } = yield* Emulator.project("p")
      yield* topics.subscribe("ada", "news")
      yield* topics.subscribe("lin", "news")
      yield* topics.subscribe("ada", "sports")
      yield* topics.unsubscribe("lin", "news")
      yield* topics.subscribe("lin", "news")
      assert.deepStrictEqual(yield* topics.list, [
        { name: "news", subscribers: ["ada", "lin"] },
        { name: "sports", subscribers: ["ada"] }
      ])
      assert.deepStrictEqual((yield* devices.get("ada"))?.topics, ["news", "sports"])
      yield* send({ topic: "news" })
      const arrived = yield* messages.query({ audience: "news" })
      assert.sameMembers(recipientsOf(arrived), ["ada", "lin"])
      assert.deepStrictEqual(arrived[0]?.audience, { kind: "topic", value: "news" })
      const error = yield* Effect.flip(topics.subscribe("ada", "no topic"))
      assert.deepStrictEqual([error._tag, "what" in error && error.what], ["InvalidName", "topic"])
      yield* topics.unsubscribe("nobody", "nothing")
    })
  )
})

// -----------------------------------------------------------------------------
// Faults, time, settings
// -----------------------------------------------------------------------------

describe("faults", () => {
  onBothFaces(
    "strike, are counted, and are taken away",
    Effect.gen(function*() {
      const { faults } = yield* Emulator.project("p")
      const busy = yield* faults.add({ effect: { _tag: "Respond", status: 503, retryAfter: 7 }, times: 2 })
      const answer = yield* sendTo("ada")
      assert.deepStrictEqual([answer.status, answer.retryAfter], [503, "7"])
      assert.strictEqual(yield* status(sendTo("ada")), 503)
      assert.strictEqual(yield* status(sendTo("ada")), 200)
      assert.deepStrictEqual(yield* faults.list, [{ ...busy, strikes: 2 }])
      const storm = yield* faults.add(Fault.presets["quota-storm"])
      assert.strictEqual(yield* status(sendTo("ada")), 429)
      yield* faults.remove(storm.id)
      assert.strictEqual(yield* status(sendTo("ada")), 200)
      yield* faults.add(Fault.presets["token-rot"])
      yield* faults.clear
      assert.deepStrictEqual(yield* faults.list, [])
    })
  )

  onBothFaces(
    "of all projects strike in each",
    Effect.gen(function*() {
      const emulator = yield* Emulator.Emulator
      const { id } = yield* emulator.faults.add({ effect: { _tag: "Respond", status: 500 }, recipient: "ada*" })
      assert.strictEqual(yield* status(sendTo("ada", "p")), 500)
      assert.strictEqual(yield* status(sendTo("ada", "q")), 500)
      assert.strictEqual(yield* status(sendTo("lin", "q")), 200)
      assert.deepStrictEqual((yield* emulator.faults.list).map(({ id, strikes }) => [id, strikes]), [[id, 2]])
      yield* emulator.faults.remove(id)
      assert.strictEqual(yield* status(sendTo("ada", "p")), 200)
    })
  )
})

describe("time", () => {
  onBothFaces(
    "is moved: what waits too long is expired",
    Effect.gen(function*() {
      const { clock } = yield* Emulator.Emulator
      const { devices, messages } = yield* Emulator.project("p")
      yield* devices.setPresence("ada", "offline")
      yield* send({ token: "ada", android: { ttl: "3600s" } })
      yield* send({ token: "ada", android: { ttl: "172800s" } })
      const before = yield* clock.now
      const after = yield* clock.advance("1 day")
      assert.isAtLeast(after - before, 86_400_000)
      assert.isAtLeast(yield* clock.now, after)
      yield* devices.setPresence("ada", "online")
      assert.deepStrictEqual(statesOf(yield* messages.query()), ["expired", "delivered"])
    })
  )
})

describe("a project", () => {
  onBothFaces(
    "is configured",
    Effect.gen(function*() {
      const { configure, devices, requests, settings } = yield* Emulator.project("p")
      assert.deepStrictEqual(yield* settings, { strict: false, quota: 600_000, deviceRate: 240 })
      assert.deepStrictEqual(yield* configure({ strict: true }), { strict: true, quota: 600_000, deviceRate: 240 })
      assert.strictEqual(yield* status(sendTo("ada")), 404)
      yield* devices.register({ recipient: "ada" })
      assert.strictEqual(yield* status(sendTo("ada")), 200)
      assert.deepStrictEqual(yield* configure({ quota: 1 }), { strict: true, quota: 1, deviceRate: 240 })
      assert.strictEqual(yield* status(sendTo("ada")), 429)
      assert.deepStrictEqual(yield* requests, { fcm: 3, gcm: 0, topics: 0, groups: 0, token: 0 })
      const emulator = yield* Emulator.Emulator
      assert.deepStrictEqual(yield* emulator.requests, { fcm: 3, gcm: 0, topics: 0, groups: 0, token: 0 })
    })
  )

  onBothFaces(
    "is exported, emptied and imported",
    Effect.gen(function*() {
      const { configure, devices, exportState, faults, importState, messages, reset, settings, topics } =
        yield* Emulator
          .project("p")
      yield* devices.setPresence("ada", "offline")
      yield* topics.subscribe("lin", "news")
      yield* faults.add({ recipient: "nobody", effect: { _tag: "Cut" } })
      yield* configure({ deviceRate: 5 })
      yield* sendTo("ada")
      yield* send({ topic: "news", apns: { payload: { aps: { badge: 1 } } }, data: { "__proto__x": "y" } })
      const state = yield* exportState
      yield* reset
      assert.deepStrictEqual(yield* messages.query(), [])
      assert.deepStrictEqual(yield* devices.list, [])
      assert.deepStrictEqual((yield* settings).deviceRate, 240)
      yield* importState(state)
      assert.deepStrictEqual(recipientsOf(yield* messages.query()), ["ada", "lin"])
      assert.deepStrictEqual((yield* devices.get("ada"))?.stored, 1)
      assert.deepStrictEqual(yield* topics.list, [{ name: "news", subscribers: ["lin"] }])
      assert.deepStrictEqual((yield* faults.list).map(({ fault }) => fault.recipient), ["nobody"])
      assert.deepStrictEqual((yield* settings).deviceRate, 5)
      yield* devices.setPresence("ada", "online")
      assert.deepStrictEqual(statesOf(yield* messages.query({ recipient: "ada" })), ["delivered"])
    })
  )

  onBothFaces(
    "is one: what stands for all projects names none, and no service knows it",
    Effect.gen(function*() {
      const { project } = yield* Emulator.Emulator
      for (const id of ["-", "", "p".repeat(257)]) assert.throws(() => project(id))
      assert.strictEqual(yield* status(sendTo("ada", "-")), 404)
    })
  )

  onBothFaces(
    "shares nothing with another, whatever happens in both at once",
    Effect.gen(function*() {
      const emulator = yield* Emulator.Emulator
      const live = Effect.fnUntraced(function*(id: string) {
        const { devices, faults, messages, requests, reset, topics } = emulator.project(id)
        yield* devices.setPresence("ada", "offline")
        yield* topics.subscribe(`${id}-fan`, "news")
        yield* faults.add({ recipient: "struck", effect: { _tag: "Respond", status: id === "p" ? 500 : 503 } })
        yield* Effect.replicateEffect(sendTo("ada", id), 5, { concurrency: 5 })
        yield* send({ topic: "news" }, id)
        assert.strictEqual(yield* status(sendTo("struck", id)), id === "p" ? 500 : 503)
        assert.deepStrictEqual(
          recipientsOf(yield* messages.query()),
          [...Array.from({ length: 5 }, () => "ada"), `${id}-fan`]
        )
        assert.isTrue((yield* messages.query()).every(({ project }) => project === id))
        assert.strictEqual((yield* devices.get("ada"))?.stored, 5)
        assert.strictEqual((yield* faults.list).length, 1)
        assert.strictEqual((yield* requests).fcm, 7)
        if (id === "p") yield* reset
      })
      yield* Effect.all([live("p"), live("q")], { concurrency: 2 })
      assert.deepStrictEqual(yield* emulator.project("p").messages.query(), [])
      assert.strictEqual((yield* emulator.project("q").messages.query()).length, 6)
      yield* emulator.reset
      assert.deepStrictEqual(yield* emulator.messages.query(), [])
    })
  )
})
