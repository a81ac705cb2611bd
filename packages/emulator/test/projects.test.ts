import { Arrival, Emulator, Project } from "@cloud-messaging/emulator"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Schema, Stream } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import { TestClock } from "effect/testing"
import { assertion, foreignKey, goodClaims } from "./utils/assertion.ts"
import { askToken, batch, exchange, fcmJson, gcmJson, sendFcm, sendGcm } from "./utils/requests.ts"

const recipients = (arrivals: ReadonlyArray<Arrival.Arrival>) => arrivals.map(({ recipient }) => recipient)

describe("projects", () => {
  it.effect("in parallel do not see each other", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.Emulator
      const script = Effect.fnUntraced(function*(id: string, presence: "online" | "offline") {
        const { configure, devices, messages, topics } = emulator.project(id)
        const key = { authorization: `key=emulator:${id}` }
        yield* devices.setPresence("ada", presence)
        yield* topics.subscribe("ada", "news")
        yield* configure({ quota: 5, deviceRate: 3 })
        const answers = [
          yield* sendFcm("ada", { project: id }),
          yield* sendFcm("emulator:unavailable-1:x", { project: id }),
          yield* sendGcm(["ada", `only-${id}`], key),
          yield* exchange(fcmJson({ message: { topic: "news" } }, { project: id })),
          yield* exchange(fcmJson({ message: { condition: "!('sports' in topics)" } }, { project: id })),
          yield* sendFcm("ada", { project: id })
        ]
        return { statuses: answers.map(({ status }) => status), arrivals: yield* messages.query() }
      })
      const ids = ["a", "b", "c", "d"]
      const all = yield* Effect.forEach(ids, (id, i) => script(id, i % 2 === 0 ? "online" : "offline"), {
        concurrency: "unbounded"
      })
      for (const [i, { arrivals, statuses }] of all.entries()) {
        assert.deepStrictEqual(statuses, [200, 503, 200, 200, 429, 429])
        assert.deepStrictEqual(recipients(arrivals), ["ada", "ada", `only-${ids[i]}`, "ada"])
        assert.strictEqual(arrivals[0]?.state, i % 2 === 0 ? "delivered" : "stored")
        assert.isTrue(arrivals.every(({ project }) => project === ids[i]))
      }
      assert.deepStrictEqual((yield* emulator.projects).toSorted(), ids)
      assert.deepStrictEqual(yield* emulator.project("a").requests, { fcm: 5, gcm: 1, topics: 0, groups: 0, token: 0 })
      assert.strictEqual((yield* emulator.requests).fcm, 20)
      assert.strictEqual((yield* emulator.messages.query()).length, 16)
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("a condition that holds for who has no topic reaches nobody of another project", () =>
    Effect.gen(function*() {
      const { project } = yield* Emulator.Emulator
      yield* project("a").topics.subscribe("ada", "news")
      yield* project("a").topics.subscribe("lin", "news")
      yield* project("a").topics.unsubscribe("lin", "news")
      yield* project("b").topics.subscribe("joan", "news")
      yield* exchange(fcmJson({ message: { condition: "!('sports' in topics)" } }, { project: "b" }))
      assert.deepStrictEqual(recipients(yield* project("b").messages.query()), ["joan"])
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("a device group that an API key made is unknown to other projects", () =>
    Effect.gen(function*() {
      const change = (project: string, body: object) =>
        exchange(
          HttpClientRequest.post("https://fcm.googleapis.com/fcm/notification").pipe(
            HttpClientRequest.setHeaders({ authorization: `key=emulator:${project}`, project_id: "1" }),
            HttpClientRequest.bodyText(JSON.stringify(body), "application/json")
          )
        )
      const create = { operation: "create", notification_key_name: "name", registration_ids: ["ada"] }
      const a = yield* change("a", create)
      assert.strictEqual((yield* change("a", create)).status, 400)
      const b = yield* change("b", create)
      assert.deepStrictEqual([a.status, b.status], [200, 200])
      assert.notDeepEqual(a.body, b.body)
      const { notification_key: to } = yield* Schema.decodeUnknownEffect(
        Schema.Struct({ notification_key: Schema.String })
      )(a.body)
      yield* exchange(gcmJson({ to }, { authorization: "key=emulator:a" }))
      yield* exchange(gcmJson({ to }, { authorization: "key=emulator:b" }))
      const { project } = yield* Emulator.Emulator
      assert.deepStrictEqual(recipients(yield* project("a").messages.query()), ["ada"])
      assert.deepStrictEqual(recipients(yield* project("b").messages.query()), [to])
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("are emptied one by one, or all; message ids go on, and tokens let in", () =>
    Effect.gen(function*() {
      const emulator = yield* Emulator.Emulator
      const { body } = yield* askToken(assertion(yield* goodClaims))
      const { access_token } = yield* Schema.decodeUnknownEffect(Schema.Struct({ access_token: Schema.String }))(body)
      const authorization = `Bearer ${access_token}`
      for (const id of ["a", "b"]) {
        const { configure, devices, faults, topics } = emulator.project(id)
        yield* configure({ strict: true })
        yield* devices.register({ recipient: "ada" })
        yield* topics.subscribe("ada", "news")
        yield* sendFcm("ada", { project: id })
        yield* faults.add({ effect: { _tag: "Reset" } })
      }
      const held = (id: string) =>
        Effect.map(
          Effect.all([
            emulator.project(id).messages.query(),
            emulator.project(id).devices.list,
            emulator.project(id).topics.list,
            emulator.project(id).faults.list
          ]),
          (all) => all.map(({ length }) => length)
        )
      yield* emulator.project("a").reset
      assert.deepStrictEqual([yield* held("a"), yield* held("b")], [[0, 0, 0, 0], [1, 1, 1, 1]])
      assert.isFalse((yield* emulator.project("a").settings).strict)
      yield* emulator.reset
      assert.deepStrictEqual([yield* held("a"), yield* held("b")], [[0, 0, 0, 0], [0, 0, 0, 0]])
      assert.deepStrictEqual(yield* emulator.requests, { fcm: 0, gcm: 0, topics: 0, groups: 0, token: 0 })
      assert.strictEqual((yield* sendFcm("ada", { project: "a", authorization })).status, 200)
      assert.deepStrictEqual((yield* emulator.messages.query()).map(({ id }) => id), [3])
    }).pipe(Effect.provide(Emulator.layerHttpClient)))
})

describe("topics", () => {
  it.effect("are arranged, and seen by whoever asks the services", () =>
    Effect.gen(function*() {
      const { devices, topics } = yield* Emulator.project("my-project")
      yield* topics.subscribe("ada", "news")
      yield* topics.subscribe("ada", "news")
      yield* topics.subscribe("lin", "news")
      yield* topics.subscribe("ada", "goals")
      assert.deepStrictEqual(yield* topics.list, [
        { name: "goals", subscribers: ["ada"] },
        { name: "news", subscribers: ["ada", "lin"] }
      ])
      assert.deepStrictEqual((yield* devices.get("ada"))?.topics, ["goals", "news"])
      yield* topics.unsubscribe("ada", "goals")
      yield* topics.unsubscribe("nobody", "goals")
      assert.deepStrictEqual((yield* topics.list).map(({ name }) => name), ["news"])
      const { body } = yield* exchange(HttpClientRequest.get(
        "https://fcm.googleapis.com/v1/projects/my-project/registrations/ada/topicSubscriptions",
        { headers: { authorization: "Bearer owner" } }
      ))
      assert.deepNestedInclude(body, { "topicSubscriptions[0].topicName": "news" })
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("have names, and no app has more than 2000", () =>
    Effect.gen(function*() {
      const { topics } = yield* Emulator.project("my-project")
      assert.deepInclude(yield* Effect.flip(topics.subscribe("", "news")), { what: "recipient" })
      assert.deepInclude(yield* Effect.flip(topics.subscribe("ada", "a topic")), { what: "topic" })
      for (let i = 0; i < 2000; i++) yield* topics.subscribe("ada", `topic-${i}`)
      yield* topics.subscribe("ada", "topic-7")
      assert.strictEqual((yield* Effect.flip(topics.subscribe("ada", "news")))._tag, "TooManyTopics")
    }).pipe(Effect.provide(Emulator.layer)))
})

describe("messages", () => {
  it.effect("are asked for by all that is known of them", () =>
    Effect.gen(function*() {
      const { devices, messages, topics } = yield* Emulator.project("my-project")
      yield* devices.setPresence("lin", "offline")
      yield* topics.subscribe("joan", "news")
      yield* sendFcm("ada-1")
      yield* sendGcm(["ada-2", "lin"], { authorization: "key=emulator:my-project" })
      yield* exchange(fcmJson({ message: { topic: "news" } }))
      const all = yield* messages.query()
      const found = (filter: Arrival.Filter) => Effect.map(messages.query(filter), recipients)
      assert.deepStrictEqual(yield* found({ recipient: "ada-?" }), ["ada-1", "ada-2"])
      assert.deepStrictEqual(yield* found({ recipient: "*" }), ["ada-1", "ada-2", "lin", "joan"])
      assert.deepStrictEqual(yield* found({ recipient: "*-1" }), ["ada-1"])
      assert.deepStrictEqual(yield* found({ recipient: "ada" }), [])
      assert.deepStrictEqual(yield* found({ endpoint: "gcm" }), ["ada-2", "lin"])
      assert.deepStrictEqual(yield* found({ audience: "news" }), ["joan"])
      assert.deepStrictEqual(yield* found({ state: "stored" }), ["lin"])
      assert.deepStrictEqual(yield* found({ messageId: all[1]?.messageId }), ["ada-2"])
      assert.deepStrictEqual(yield* found({ after: 2, endpoint: "gcm" }), ["lin"])
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("are awaited: those that came, and those that come", () =>
    Effect.gen(function*() {
      const { messages } = yield* Emulator.project("my-project")
      yield* sendFcm("ada")
      assert.deepStrictEqual(recipients(yield* messages.await({ recipient: "ada" })), ["ada"])
      const two = yield* Effect.forkChild(messages.await({ recipient: "*a*" }, { count: 2 }), {
        startImmediately: true
      })
      yield* sendFcm("joan", { project: "other" })
      yield* sendFcm("lin")
      assert.isUndefined(two.pollUnsafe())
      yield* sendFcm("joan")
      assert.deepStrictEqual(recipients(yield* Fiber.join(two)), ["ada", "joan"])
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("are awaited until they come to a state, of whose passing time alone may decide", () =>
    Effect.gen(function*() {
      const { devices, messages } = yield* Emulator.project("my-project")
      yield* devices.setPresence("ada", "offline")
      yield* exchange(fcmJson({ message: { token: "ada" } }))
      yield* exchange(fcmJson({ message: { token: "ada", android: { ttl: "60s" } } }))
      const delivered = yield* Effect.forkChild(messages.await({ state: "delivered" }), { startImmediately: true })
      const expired = yield* Effect.forkChild(messages.await({ state: "expired" }, { timeout: "2 minutes" }))
      yield* devices.setPresence("ada", "idle")
      assert.isUndefined(delivered.pollUnsafe())
      yield* (yield* Emulator.Emulator).clock.advance("3 seconds")
      yield* devices.setPresence("ada", "offline")
      yield* TestClock.adjust("2 minutes")
      assert.deepStrictEqual((yield* Fiber.join(expired)).map(({ id }) => id), [2])
      yield* devices.setPresence("ada", "online")
      assert.deepStrictEqual((yield* Effect.result(Fiber.join(delivered)))._tag, "Failure")
      assert.deepStrictEqual((yield* messages.await({ state: "delivered" })).map(({ id }) => id), [1])
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("that do not come in time are told, with what did", () =>
    Effect.gen(function*() {
      const { messages, topics } = yield* Emulator.project("my-project")
      yield* topics.subscribe("lin", "news")
      yield* exchange(fcmJson({ message: { token: "ada", data: { text: "a secret" } } }))
      yield* exchange(fcmJson({ message: { topic: "news" } }))
      const waiting = yield* Effect.forkChild(
        Effect.flip(messages.await({ recipient: "ada" }, { count: 2, timeout: "1 second" }))
      )
      yield* TestClock.adjust("1 second")
      const error = yield* Fiber.join(waiting)
      assert.instanceOf(error, Arrival.NotArrived)
      assert.deepStrictEqual(recipients(error.matching), ["ada"])
      assert.deepStrictEqual(recipients(error.arrived), ["ada", "lin"])
      assert.strictEqual(
        error.message,
        "1 of 2 arrived that match {\"recipient\":\"ada\"}; of all that did the latest are\n" +
          "ada: delivered\nlin (topic news): delivered"
      )
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("are told live, and whenever their state changes", () =>
    Effect.gen(function*() {
      const { project, messages } = yield* Emulator.Emulator
      const { devices } = project("my-project")
      const take = (live: Stream.Stream<Arrival.Arrival>, n: number) =>
        Effect.forkChild(Stream.runCollect(Stream.take(live, n)), { startImmediately: true })
      const one = yield* take(project("my-project").messages.live, 3)
      const all = yield* take(messages.live, 4)
      yield* Effect.yieldNow
      yield* devices.setPresence("ada", "offline")
      yield* sendFcm("ada")
      yield* sendFcm("ada", { project: "other" })
      yield* devices.setPresence("ada", "online")
      yield* sendFcm("lin")
      const told = (arrivals: ReadonlyArray<Arrival.Arrival>) => arrivals.map(({ id, state }) => [id, state])
      assert.deepStrictEqual(told(yield* Fiber.join(one)), [[1, "stored"], [1, "delivered"], [3, "delivered"]])
      assert.deepStrictEqual(told(yield* Fiber.join(all)), [
        [1, "stored"],
        [2, "delivered"],
        [1, "delivered"],
        [3, "delivered"]
      ])
    }).pipe(Effect.provide(Emulator.layerHttpClient)))
})

describe("memory", () => {
  it.effect("holds so many messages as it is told to: the oldest leave, of the project that has the most", () =>
    Effect.gen(function*() {
      const { messages, project } = yield* Emulator.Emulator
      const { devices } = project("my-project")
      yield* sendFcm("small", { project: "other" })
      yield* devices.setPresence("away", "offline")
      yield* sendFcm("away")
      for (const i of [1, 2, 3, 4, 5, 6]) yield* sendFcm(`token-${i}`)
      const all = yield* messages.query()
      assert.deepStrictEqual(recipients(all), ["small", "token-3", "token-4", "token-5", "token-6"])
      assert.deepStrictEqual(all.map(({ id }) => id), [1, 5, 6, 7, 8])
      assert.strictEqual(new Set(all.map(({ messageId }) => messageId)).size, 5)
      assert.strictEqual((yield* devices.get("away"))?.stored, 0)
      assert.strictEqual((yield* (yield* Emulator.Emulator).requests).fcm, 8)
    }).pipe(Effect.provide(Emulator.layerHttpClientWith({ keep: 5 }))))

  it.effect("holds 10,000 messages at first, and 1000 projects and faults: what is asked in vain displaces nobody", () =>
    Effect.gen(function*() {
      const { faults, messages, project, projects } = yield* Emulator.Emulator
      yield* project("first").devices.register({ recipient: "ada" })
      const ids = Array.from({ length: 1000 }, (_, i) => `token-${i}`)
      for (let i = 0; i < 11; i++) yield* sendGcm(ids)
      assert.strictEqual((yield* messages.query()).length, 10_000)
      for (let i = 0; i < 1100; i++) {
        yield* project(`project-${i}`).settings
        yield* faults.add({ recipient: "nobody" })
      }
      assert.strictEqual((yield* projects).length, 1000)
      assert.isDefined(yield* project("first").devices.get("ada"))
      assert.strictEqual((yield* faults.list).length, 1000)
    }).pipe(Effect.provide(Emulator.layerHttpClientWith({ deviceRate: 1000 }))))

  it.effect("takes room from who has the most: no project's settings, faults or groups displace another's", () =>
    Effect.gen(function*() {
      const { project } = yield* Emulator.Emulator
      const quiet = project("quiet")
      yield* quiet.configure({ strict: true })
      yield* quiet.faults.add({ probability: 0.5 })
      const exported = yield* quiet.exportState
      const groupOf = (key: number) => ({ key: `key-${key}`, sender: "1", name: "name", members: ["ada"] })
      yield* quiet.importState({ ...exported, groups: [groupOf(0)] })
      yield* project("loud").importState({
        ...exported,
        groups: Array.from({ length: 10_000 }, (_, i) => groupOf(i + 1)),
        faults: Array.from({ length: 1000 }, () => ({ probability: 0 }))
      })
      for (let i = 0; i < 1100; i++) yield* project(`project-${i}`).settings
      const { faults, groups, settings } = yield* quiet.exportState
      assert.isTrue(settings.strict)
      assert.deepStrictEqual(faults, [{ probability: 0.5 }])
      assert.deepStrictEqual(groups, [groupOf(0)])
      const loud = yield* project("loud").exportState
      assert.deepStrictEqual([loud.faults.length, loud.groups.length], [999, 9999])
    }).pipe(Effect.provide(Emulator.layer)))

  it.effect("takes room for subscriptions from who has the most, too", () =>
    Effect.gen(function*() {
      const { project } = yield* Emulator.Emulator
      const quiet = project("quiet")
      yield* quiet.topics.subscribe("ada", "news")
      const loud = project("loud")
      for (let i = 0; i < 100_001; i++) yield* loud.topics.subscribe(`fan-${i}`, "news")
      assert.deepStrictEqual(yield* quiet.topics.list, [{ name: "news", subscribers: ["ada"] }])
      const [news] = yield* loud.topics.list
      assert.deepStrictEqual([news?.subscribers.length, news?.subscribers[0]], [99_999, "fan-2"])
    }).pipe(Effect.provide(Emulator.layer)))

  it.effect("holds no credential", () =>
    Effect.gen(function*() {
      const { faults, messages, project, projects } = yield* Emulator.Emulator
      const forGoogle = assertion(yield* goodClaims, { key: foreignKey })
      const secrets = ["AIzaSyKey", "ya29.token", forGoogle.split(".")[2] ?? "", forGoogle.split(".")[1] ?? ""]
      yield* sendGcm(["ada"], { authorization: `key=${secrets[0]}` })
      yield* sendFcm("ada", { authorization: `Bearer ${secrets[1]}` })
      yield* askToken(forGoogle)
      yield* batch("Add", { to: "/topics/news", registration_tokens: ["ada"] }, {
        authorization: `key=${secrets[0]}`
      })
      yield* Effect.ignore(HttpClient.get("https://iid.googleapis.com/iid/info/ada", {
        headers: { authorization: `Bearer ${secrets[1]}`, access_token_auth: "true" }
      }))
      const ids = yield* projects
      const states = yield* Effect.forEach(ids, (id) => project(id).exportState)
      const told = JSON.stringify([ids, states, yield* faults.list, yield* messages.query()])
      assert.include(told, "ada")
      for (const secret of secrets) assert.notInclude(told, secret)
    }).pipe(Effect.provide(Emulator.layerHttpClient)))
})

describe("the state of a project", () => {
  const Json = Schema.fromJsonString(Schema.toCodecJson(Project.State))

  it.effect("goes out and in again, as JSON", () =>
    Effect.gen(function*() {
      const { project } = yield* Emulator.Emulator
      const from = project("from")
      const key = { authorization: "key=emulator:from" }
      yield* sendGcm(["elsewhere-1", "elsewhere-2"])
      yield* from.configure({ quota: 500, strict: true })
      yield* from.devices.register({ recipient: "ada", presence: "offline" })
      yield* from.devices.register({ recipient: "old", canonical: "ada" })
      yield* from.devices.unregister("gone")
      yield* from.topics.subscribe("ada", "news")
      yield* from.faults.add({ recipient: "never", effect: { _tag: "Refuse", reason: "internal" }, probability: 0.5 })
      yield* exchange(fcmJson({ message: { token: "ada", data: { n: "1" }, android: { ttl: "100s" } } }, {
        project: "from"
      }))
      yield* exchange(gcmJson({
        registration_ids: ["ada", "old"],
        notification: { title: "Hello", body_loc_args: "[\"1\"]" },
        time_to_live: 3600
      }, key))
      yield* exchange(fcmJson({ message: { topic: "news" }, validateOnly: true }, { project: "from" }))
      const text = yield* Schema.encodeEffect(Json)(yield* from.exportState)

      const fresh = Effect.gen(function*() {
        const to = yield* Emulator.project("to")
        yield* to.importState(yield* Schema.decodeEffect(Json)(text))
        yield* sendGcm(["ada"], { authorization: "key=emulator:to" })
        yield* exchange(fcmJson({ message: { topic: "news" } }, { project: "to" }))
        return (yield* to.messages.query()).map(({ messageId }) => messageId.replace("from", "to"))
      }).pipe(Effect.provide(Layer.fresh(Emulator.layerHttpClient)))
      const messageIds = yield* fresh
      assert.strictEqual(messageIds.length, 6)
      assert.strictEqual(new Set(messageIds).size, 6)

      const to = project("to")
      yield* sendFcm("forgotten", { project: "to" })
      yield* to.importState(yield* Schema.decodeEffect(Json)(text))
      const parts = (id: string) =>
        Effect.gen(function*() {
          const { devices, faults, messages, settings, topics } = project(id)
          return {
            settings: yield* settings,
            devices: yield* devices.list,
            topics: yield* topics.list,
            faults: (yield* faults.list).map(({ fault }) => fault),
            messages: (yield* messages.query()).map(({ id: _, project: __, ...message }) => message)
          }
        })
      assert.deepStrictEqual(yield* parts("to"), yield* parts("from"))
      assert.deepStrictEqual((yield* to.messages.query()).map(({ id, project }) => [id, project]), [
        [8, "to"],
        [9, "to"],
        [10, "to"],
        [11, "to"]
      ])
      yield* TestClock.adjust("100 seconds")
      yield* to.devices.setPresence("ada", "online")
      assert.deepStrictEqual((yield* to.messages.query()).map(({ state }) => state), [
        "expired",
        "collapsed",
        "delivered",
        "checked"
      ])
      assert.strictEqual((yield* from.devices.get("ada"))?.stored, 1)
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("subscribes a device to each topic once, and to no more than 2000", () =>
    Effect.gen(function*() {
      const { devices, exportState, importState } = yield* Emulator.project("my-project")
      const { topics: _, ...device } = yield* devices.register({ recipient: "ada" })
      const state = yield* exportState
      yield* importState({ ...state, devices: [{ ...device, topics: ["news", "news", "no topic"] }] })
      assert.deepStrictEqual((yield* devices.get("ada"))?.topics, ["news"])
      const many = Array.from({ length: 3000 }, (_, i) => `topic-${i}`)
      yield* importState({ ...state, devices: [{ ...device, topics: many }] })
      assert.strictEqual((yield* devices.get("ada"))?.topics.length, 2000)
    }).pipe(Effect.provide(Emulator.layer)))

  it.effect("is decoded: what is none is refused, and what is too much", () =>
    Effect.gen(function*() {
      const state = yield* (yield* Emulator.project("my-project")).exportState
      const decode = Schema.decodeUnknownEffect(Schema.toCodecJson(Project.State))
      assert.deepStrictEqual(yield* decode(state), state)
      for (
        const wrong of [
          { ...state, version: 2 },
          { ...state, settings: {} },
          { ...state, devices: [{ recipient: "" }] },
          { ...state, messages: [{}] },
          { ...state, faults: Array.from({ length: 1001 }, () => ({})) },
          { ...state, groups: [{ key: "k", sender: "s", name: "n", members: [] }] },
          { ...state, groups: [{ key: "k", sender: "s", name: "n", members: ["no name"] }] }
        ]
      ) {
        assert.strictEqual((yield* Effect.flip(decode(wrong)))._tag, "SchemaError")
      }
    }).pipe(Effect.provide(Emulator.layer)))
})

describe("the clock", () => {
  it.effect("is the test's, and the helpers move it", () =>
    Effect.gen(function*() {
      const { clock, project } = yield* Emulator.Emulator
      yield* project("my-project").faults.add({ delay: { _tag: "Constant", millis: 60_000 } })
      const fiber = yield* Effect.forkChild(sendFcm("ada"))
      assert.strictEqual(yield* clock.advance("1 minute"), 60_000)
      assert.strictEqual((yield* Fiber.join(fiber)).status, 200)
      assert.strictEqual(yield* clock.now, 60_000)
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.live("comes to the end of the year 9999, and answers tell of it", () =>
    Effect.gen(function*() {
      const { clock, project } = yield* Emulator.Emulator
      yield* Effect.repeat(clock.advance("36500 days"), { times: 3000 })
      assert.strictEqual(new Date(yield* clock.now).getUTCFullYear(), 9999)
      yield* project("default").topics.subscribe("ada", "news")
      const info = yield* exchange(
        HttpClientRequest.get("https://iid.googleapis.com/iid/info/ada?details=true", {
          headers: { authorization: "key=a" }
        })
      )
      assert.deepStrictEqual([info.status, info.text.includes("9999-12-31")], [200, true])
    }).pipe(Effect.provide(Layer.provide(Emulator.layerHttpClient, Emulator.layerClock))))

  it.live("cannot be moved if it is the system's", () =>
    Effect.gen(function*() {
      const { clock } = yield* Emulator.Emulator
      assert.strictEqual((yield* Effect.flip(clock.advance("1 minute")))._tag, "ClockNotMovable")
    }).pipe(Effect.provide(Emulator.layer)))

  it.live("of a server is the system's, and can be moved: what sleeps wakes, and time goes on from there", () =>
    Effect.gen(function*() {
      const { clock, project } = yield* Emulator.Emulator
      const { devices, faults, messages } = project("my-project")
      yield* devices.setPresence("ada", "offline")
      yield* exchange(fcmJson({ message: { token: "ada", android: { ttl: "86400s" } } }))
      yield* exchange(fcmJson({ message: { token: "ada" } }))
      yield* faults.add({ delay: { _tag: "Constant", millis: 3_600_000 } })
      const fiber = yield* Effect.forkChild(sendFcm("lin"), { startImmediately: true })
      yield* Effect.sleep(10)
      const before = yield* clock.now
      assert.isAtLeast(yield* clock.advance("1 day"), before + 86_400_000)
      assert.strictEqual((yield* Fiber.join(fiber)).status, 200)
      yield* devices.setPresence("ada", "online")
      const states = (yield* messages.query({ recipient: "ada" })).map(({ state }) => state)
      assert.deepStrictEqual(states, ["expired", "delivered"])
      const day = yield* clock.now
      yield* Effect.sleep(5)
      assert.isAbove(yield* clock.now, day)
      assert.isBelow(yield* clock.now, day + 60_000)
    }).pipe(Effect.provide(Layer.provide(Emulator.layerHttpClient, Emulator.layerClock))))
})
