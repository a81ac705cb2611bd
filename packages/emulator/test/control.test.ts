/**
 * The control API as another program uses it: fetch, JSON and no code of ours.
 */
import { EmulatorApi, EmulatorClient } from "@cloud-messaging/emulator"
import { EmulatorServer, layer as layerServer } from "@cloud-messaging/emulator/EmulatorServer"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Predicate, Redacted } from "effect"
import { FetchHttpClient, HttpClientRequest } from "effect/http"
import { OpenApi } from "effect/http-api"
import { exchange } from "./utils/requests.ts"
import { connection, exchangeBytes, receive } from "./utils/sockets.ts"

const root = Effect.map(EmulatorServer, ({ url }) => `${url}/emulator/v1`)

interface Headers {
  readonly [name: string]: string
}

/** What is told at a path: the status, and the JSON. */
const get = (path: string, headers: Headers = {}) =>
  Effect.flatMap(root, (root) => exchange(HttpClientRequest.get(`${root}${path}`, { headers }))).pipe(
    Effect.map(({ body, status }) => ({ status, body }))
  )

const post = (path: string, body: unknown, headers: Headers = {}) =>
  Effect.flatMap(root, (root) =>
    HttpClientRequest.post(`${root}${path}`).pipe(
      HttpClientRequest.bodyText(typeof body === "string" ? body : JSON.stringify(body), "application/json"),
      HttpClientRequest.setHeaders(headers),
      exchange
    )).pipe(Effect.map(({ body, status }) => ({ status, body })))

const send = (message: object, project = "p") =>
  Effect.flatMap(
    EmulatorServer,
    ({ url }) =>
      HttpClientRequest.post(`${url}/v1/projects/${project}/messages:send`).pipe(
        HttpClientRequest.bearerToken("owner"),
        HttpClientRequest.bodyJsonUnsafe({ message }),
        exchange
      )
  )

/** A field of each of a list of objects. */
const pluck = (list: unknown, field: string): ReadonlyArray<unknown> =>
  Array.isArray(list) ? list.map((each) => Predicate.hasProperty(each, field) ? each[field] : undefined) : ["no list"]

const tagOf = (body: unknown) => Predicate.hasProperty(body, "_tag") ? body._tag : undefined

const pathsOf = (body: unknown) => Predicate.hasProperty(body, "issues") ? pluck(body.issues, "path") : ["no issues"]

const live = (options: Parameters<typeof layerServer>[0] = {}) =>
  Layer.merge(layerServer(options), FetchHttpClient.layer)

describe("the control API", () => {
  it.live("a phone that was offline for a day gets what the service would have kept", () =>
    Effect.gen(function*() {
      const phone = (presence: string) => post("/projects/p/devices/presence", { recipient: "phone", presence })
      yield* phone("offline")
      const to = (android: object) => send({ token: "phone", android })
      for (let i = 0; i < 2; i++) yield* to({ collapse_key: "score" })
      yield* to({ ttl: "3600s" })
      yield* to({ ttl: "0s" })
      yield* to({ ttl: "604800s" })
      const before = yield* get("/clock")
      const after = yield* post("/clock/advance", { by: "1 day" })
      const [then, now] = pluck([before.body, after.body], "now")
      assert.isAtLeast(Number(now) - Number(then), 86_400_000)
      yield* phone("online")
      const { body } = yield* get("/projects/p/messages?recipient=phone")
      assert.deepStrictEqual(pluck(body, "state"), ["collapsed", "delivered", "expired", "expired", "delivered"])
    }).pipe(Effect.provide(live())))

  it.live("at most a hundred messages wait: who was away learns that the others are gone", () =>
    Effect.gen(function*() {
      yield* post("/projects/p/devices/register", { recipient: "phone", presence: "offline" })
      yield* Effect.replicateEffect(send({ token: "phone" }), 101, { concurrency: 8 })
      const away = yield* get("/projects/p/devices?recipient=phone")
      assert.deepStrictEqual(pluck(away.body, "deleted"), [{ pending: 100, told: 0 }])
      yield* post("/projects/p/devices/presence", { recipient: "phone", presence: "online" })
      const back = yield* get("/projects/p/devices")
      assert.deepStrictEqual(pluck(back.body, "deleted"), [{ pending: 0, told: 100 }])
      assert.lengthOf(pluck((yield* get("/projects/p/messages?state=discarded")).body, "id"), 100)
      assert.lengthOf(pluck((yield* get("/projects/p/messages?state=delivered")).body, "id"), 1)
    }).pipe(Effect.provide(live())))

  it.live("messages are awaited, in time or not", () =>
    Effect.gen(function*() {
      const waiting = yield* Effect.forkChild(get("/projects/p/messages/await?recipient=a*&count=2&timeout=10+seconds"))
      for (const token of ["ada", "lin", "alan"]) yield* send({ token })
      const { body, status } = yield* Fiber.join(waiting)
      assert.deepStrictEqual([status, pluck(body, "recipient")], [200, ["ada", "alan"]])
      const late = yield* get("/projects/p/messages/await?recipient=joan&timeout=10+millis")
      assert.deepStrictEqual([late.status, tagOf(late.body)], [409, "NotArrived"])
      assert.deepStrictEqual(pluck([late.body], "matching"), [[]])
    }).pipe(Effect.provide(live())))

  it.live("a live feed begins at once, and is server-sent events", () =>
    Effect.gen(function*() {
      const { url } = yield* EmulatorServer
      const socket = yield* connection(url)
      socket.write("GET /emulator/v1/projects/p/messages/live HTTP/1.1\r\nhost: localhost\r\n\r\n")
      const head = yield* receive(socket, ":\n\n")
      assert.match(head, /^HTTP\/1\.1 200 OK\r\n/)
      assert.match(head, /content-type: text\/event-stream/i)
      yield* send({ token: "other" }, "q")
      const feed = yield* Effect.forkChild(receive(socket, "\n\n"), { startImmediately: true })
      yield* send({ token: "ada" })
      const [, data = ""] = /^data: (.*)$/m.exec(yield* Fiber.join(feed)) ?? []
      assert.deepInclude(JSON.parse(data), { recipient: "ada", project: "p", state: "delivered" })
    }).pipe(Effect.scoped, Effect.provide(live())))

  it.live("who leaves a live feed or a wait leaves nothing behind, and the server ends at once", () =>
    Effect.gen(function*() {
      const ended = yield* Effect.gen(function*() {
        const { url } = yield* EmulatorServer
        for (const path of ["messages/live", "messages/await?recipient=nobody&timeout=1+hour"]) {
          const socket = yield* connection(url)
          socket.write(`GET /emulator/v1/projects/p/${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`)
        }
        yield* get("/clock")
      }).pipe(Effect.scoped, Effect.provide(live()), Effect.timeoutOption("5 seconds"), Effect.exit)
      assert.isTrue(Exit.isSuccess(ended))
    }))

  it.live("topics, faults, settings, requests, reset", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* post("/projects/p/topics/subscribe", { recipient: "ada", topic: "news" })).status, 204)
      assert.deepStrictEqual(yield* get("/projects/p/topics"), {
        status: 200,
        body: [{ name: "news", subscribers: ["ada"] }]
      })
      yield* post("/projects/p/topics/unsubscribe", { recipient: "ada", topic: "news" })
      assert.deepStrictEqual((yield* get("/projects/p/topics")).body, [])
      const added = yield* post("/projects/p/faults/add", { preset: "html-502", probability: 1, times: 1 })
      assert.deepInclude(added.body, { project: "p", strikes: 0 })
      assert.strictEqual((yield* send({ token: "ada" })).status, 502)
      assert.strictEqual((yield* send({ token: "ada" })).status, 200)
      const [id] = pluck([added.body], "id")
      assert.strictEqual((yield* post("/projects/p/faults/remove", { id })).status, 204)
      yield* post("/projects/-/faults/add", { effect: { _tag: "Respond", status: 500 }, endpoint: "fcm" })
      assert.strictEqual((yield* send({ token: "ada" }, "any")).status, 500)
      assert.deepStrictEqual(pluck((yield* get("/projects/-/faults")).body, "strikes"), [1])
      yield* post("/projects/-/faults/clear", {})
      assert.deepStrictEqual((yield* post("/projects/p/settings", { strict: true })).body, {
        strict: true,
        quota: 600_000,
        deviceRate: 240
      })
      assert.strictEqual((yield* send({ token: "new" })).status, 404)
      assert.deepInclude((yield* get("/projects/p/requests")).body, { fcm: 3 })
      assert.deepInclude((yield* get("/projects/-/requests")).body, { fcm: 4 })
      assert.strictEqual((yield* post("/projects/p/reset", {})).status, 204)
      assert.deepInclude((yield* get("/projects/p/settings")).body, { strict: false })
      assert.deepStrictEqual((yield* get("/projects/p/messages")).body, [])
      yield* post("/projects/-/reset", {})
      assert.deepStrictEqual((yield* get("/projects")).body, [])
    }).pipe(Effect.provide(live())))

  it.live("a server begins with what it was given", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual((yield* get("/projects/p/settings")).body, { strict: true, quota: 3, deviceRate: 2 })
      assert.strictEqual((yield* send({ token: "nobody" })).status, 404)
      yield* post("/projects/p/devices/register", { recipient: "ada" })
      const statuses = yield* Effect.replicateEffect(send({ token: "ada" }), 3)
      assert.deepStrictEqual(statuses.map(({ status }) => status), [200, 200, 429])
      assert.deepStrictEqual(pluck((yield* get("/projects/p/messages")).body, "id"), [2])
    }).pipe(Effect.provide(live({ strict: true, quota: 3, deviceRate: 2, keep: 1 }))))

  it.live("a state goes from one server to another", () =>
    Effect.gen(function*() {
      yield* post("/projects/p/devices/register", { recipient: "phone", presence: "offline" })
      yield* send({ token: "phone", data: { score: "42" } })
      return (yield* get("/projects/p/state")).body
    }).pipe(
      Effect.provide(live()),
      Effect.flatMap(Effect.fnUntraced(
        function*(state) {
          assert.strictEqual((yield* post("/projects/other/state", state)).status, 204)
          yield* post("/projects/other/devices/presence", { recipient: "phone", presence: "online" })
          const { body } = yield* get("/projects/other/messages")
          assert.deepStrictEqual([pluck(body, "state"), pluck(body, "message")], [["delivered"], [{
            data: { score: "42" }
          }]])
        },
        Effect.provide(live())
      ))
    ))

  it.live("two projects in parallel see nothing of each other", () =>
    Effect.gen(function*() {
      const one = Effect.fnUntraced(function*(project: string) {
        const path = `/projects/${project}`
        yield* post(`${path}/devices/register`, { recipient: "phone", presence: "offline" })
        yield* post(`${path}/topics/subscribe`, { recipient: project, topic: "news" })
        yield* post(`${path}/faults/add`, {
          recipient: `${project}-struck`,
          effect: { _tag: "Refuse", reason: "mismatch" }
        })
        yield* Effect.replicateEffect(send({ token: "phone" }, project), 10, { concurrency: 10 })
        yield* send({ topic: "news" }, project)
        const statuses = yield* Effect.forEach(["p", "q"], (name) => send({ token: `${name}-struck` }, project))
        assert.deepStrictEqual(statuses.map(({ status }) => status), project === "p" ? [403, 200] : [200, 403])
        const { body } = yield* get(`${path}/messages?audience=news`)
        assert.deepStrictEqual([pluck(body, "recipient"), pluck(body, "project")], [[project], [project]])
        const stored = yield* get(`${path}/devices?recipient=phone`)
        assert.deepStrictEqual(pluck(stored.body, "stored"), [10])
        yield* post(`${path}/reset`, {})
        assert.deepStrictEqual((yield* get(`${path}/messages`)).body, [])
      })
      yield* Effect.all([one("p"), one("q")], { concurrency: 2 })
    }).pipe(Effect.provide(live())))
})

describe("what is wrong with a request", () => {
  it.live("is told with the path of each field", () =>
    Effect.gen(function*() {
      const wrong = [
        [yield* get("/projects/p/messages?after=-1&state=lost&nothing=1"), [
          "query.after",
          "query.nothing",
          "query.state"
        ]],
        [yield* get(`/projects/p/messages?recipient=${"a*".repeat(129)}`), ["query.recipient"]],
        [yield* get("/projects/p/messages/await?count=0&timeout=soon"), ["query.count", "query.timeout"]],
        [yield* get("/projects/-/devices"), ["path.project"]],
        [yield* get(`/projects/${"x".repeat(257)}/messages`), ["path.project"]],
        [yield* post("/projects/p/devices/register", { presence: "asleep", color: 1 }), [
          "body.color",
          "body.presence",
          "body.recipient"
        ]],
        [yield* post("/projects/p/faults/add", { effect: { _tag: "Respond", status: 200 }, times: 0 }), [
          "body.effect.status",
          "body.times"
        ]],
        [yield* post("/projects/p/faults/add", { preset: "storm" }), ["body.preset"]],
        [yield* post("/clock/advance", { by: "101 years" }), ["body.by"]],
        [yield* post("/clock/advance", { by: "-1 day" }), ["body.by"]],
        // of a state, which may be large, the first alone
        [yield* post("/projects/p/state", { version: 1 }), ["body.settings"]],
        [yield* post("/projects/p/state", { version: 2 }), ["body"]],
        [yield* post("/projects/p/reset", { project: "q" }), ["body.project"]],
        [yield* post("/projects/p/faults/clear", { id: "1" }), ["body.id"]],
        [yield* post("/projects/p/reset", "[]"), ["body"]],
        [yield* post("/projects/p/reset", "{"), ["body"]],
        [yield* post("/projects/p/reset", "[".repeat(200)), ["body"]]
      ] as const
      for (const [{ body, status }, paths] of wrong) {
        assert.deepStrictEqual([status, tagOf(body), pathsOf(body).toSorted()], [400, "InvalidRequest", [...paths]])
      }
      const name = yield* post("/projects/p/devices/register", { recipient: "a b" })
      assert.deepStrictEqual([name.status, name.body], [400, { _tag: "InvalidName", what: "recipient" }])
    }).pipe(Effect.provide(live())))

  it.live("is told of a state far inside, and nothing of it is taken", () =>
    Effect.gen(function*() {
      yield* send({ token: "phone" })
      const { body: state } = yield* get("/projects/p/state")
      if (!Predicate.isObject(state)) return assert.fail("no state")
      const devices = [{ recipient: "ok", kind: "token" }]
      for (
        const [wrong, path] of [[{ devices }, "body.devices[0].presence"], [
          { messages: [0] },
          "body.messages[0]"
        ]] as const
      ) {
        const answer = yield* post("/projects/p/state", { ...state, ...wrong })
        assert.deepStrictEqual([answer.status, ...pathsOf(answer.body)], [400, path])
      }
      assert.deepStrictEqual(pluck((yield* get("/projects/p/devices")).body, "recipient"), ["phone"])
      const many = Array.from({ length: 100_001 }, () => 0)
      const bounded = yield* post("/projects/p/state", { ...state, devices: many })
      assert.deepStrictEqual([bounded.status, tagOf(bounded.body)], [400, "InvalidRequest"])
    }).pipe(Effect.provide(live())))

  it.live("is told a hundred times at most", () =>
    Effect.gen(function*() {
      const names = Array.from({ length: 1000 }, (_, i) => [`x${i}`, 0])
      const { body, status } = yield* post("/projects/p/devices/register", Object.fromEntries(names))
      assert.strictEqual(status, 400)
      assert.lengthOf(pathsOf(body), 100)
    }).pipe(Effect.provide(live())))

  it.live("is more topics in a state than a device may have", () =>
    Effect.gen(function*() {
      yield* send({ token: "phone" })
      const { body: state } = yield* get("/projects/p/state")
      if (!Predicate.isObject(state) || !("devices" in state) || !Array.isArray(state.devices)) {
        return assert.fail("no state")
      }
      const [device] = state.devices
      const having = (count: number) =>
        post("/projects/p/state", {
          ...state,
          devices: [{ ...device, topics: Array.from({ length: count }, (_, i) => `t${i}`) }]
        })
      assert.strictEqual((yield* having(2000)).status, 204)
      const { body, status } = yield* having(2001)
      assert.deepStrictEqual([status, ...pathsOf(body)], [400, "body.devices[0].topics"])
    }).pipe(Effect.provide(live())))

  it.live("is a path or a method that there is not", () =>
    Effect.gen(function*() {
      for (const answer of [yield* get("/nothing"), yield* post("/clock", {}), yield* get("/projects/p/reset")]) {
        assert.deepStrictEqual([answer.status, tagOf(answer.body)], [404, "NotFound"])
      }
    }).pipe(Effect.provide(live())))
})

// -----------------------------------------------------------------------------
// Safety
// -----------------------------------------------------------------------------

const bytes = (text: string) => new TextEncoder().encode(text)

const ask = (method: string, path: string, headers: ReadonlyArray<string>, body = "{}") =>
  Effect.flatMap(EmulatorServer, ({ url }) =>
    exchangeBytes(
      url,
      bytes([
        `${method} ${path} HTTP/1.1`,
        "connection: close",
        `content-length: ${body.length}`,
        ...headers,
        "",
        body
      ].join("\r\n"))
    ))

describe("safety", () => {
  const reset = "/emulator/v1/projects/p/reset"
  const own = "host: localhost:8025"
  const json = "content-type: application/json"

  it.live.each([
    { name: "by the names of the loopback", headers: [own], status: 200 },
    { name: "by its address", headers: ["host: 127.0.0.1:1"], status: 200 },
    { name: "by its address in version 6", headers: ["host: [::1]:8025"], status: 200 },
    { name: "in whatever case", headers: ["host: LOCALHOST"], status: 200 },
    { name: "by a name that it was given", headers: ["host: emulator:8025"], status: 200 },
    { name: "by another name", headers: ["host: attacker.example"], status: 421 },
    { name: "by another address", headers: ["host: 192.168.0.1"], status: 421 }
  ])("answers $status $name", ({ headers, status }) =>
    Effect.gen(function*() {
      for (const path of ["/emulator/v1/clock", "/emulator/v1/openapi.json"]) {
        assert.strictEqual((yield* ask("GET", path, headers)).status, status)
      }
    }).pipe(Effect.provide(live({ hostNames: ["emulator"] }))))

  it.live("Google's services answer to any name: hosts files point there", () =>
    Effect.gen(function*() {
      const headers = ["host: fcm.googleapis.com", "authorization: Bearer owner", json]
      const { status } = yield* ask("POST", "/v1/projects/p/messages:send", headers, "{\"message\":{\"token\":\"a\"}}")
      assert.strictEqual(status, 200)
    }).pipe(Effect.provide(live())))

  it.live.each([
    { name: "by a program", headers: [own, json], status: 204 },
    {
      name: "from a page of its own",
      headers: [own, json, "origin: http://localhost:8025", "sec-fetch-site: same-origin"],
      status: 204
    },
    { name: "from the address bar", headers: [own, json, "sec-fetch-site: none"], status: 204 },
    { name: "from a page of another site", headers: [own, json, "origin: http://attacker.example"], status: 403 },
    { name: "from another port of this machine", headers: [own, json, "origin: http://localhost:3000"], status: 403 },
    { name: "from a page without origin", headers: [own, json, "origin: null"], status: 403 },
    { name: "from what a browser calls another site", headers: [own, json, "sec-fetch-site: cross-site"], status: 403 },
    { name: "from what a browser calls the same site", headers: [own, json, "sec-fetch-site: same-site"], status: 403 },
    { name: "by a form", headers: [own, "content-type: application/x-www-form-urlencoded"], status: 415 },
    { name: "by a form of text", headers: [own, "content-type: text/plain"], status: 415 },
    { name: "without a type", headers: [own], status: 415 }
  ])("a change $name: $status", ({ headers, status }) =>
    Effect.gen(function*() {
      yield* send({ token: "a" })
      const { status: told, text } = yield* ask("POST", reset, headers)
      assert.strictEqual(told, status)
      assert.notMatch(text, /access-control/i)
      assert.strictEqual(pluck((yield* get("/projects/p/messages")).body, "id").length, status === 204 ? 0 : 1)
    }).pipe(Effect.provide(live())))

  it.live("nothing lets a page of another site read: no CORS, no frame", () =>
    Effect.gen(function*() {
      const origin = "origin: http://attacker.example"
      const asked = [
        yield* ask("OPTIONS", reset, [own, origin, "access-control-request-method: POST"]),
        yield* ask("GET", "/emulator/v1/clock", [own, origin]),
        yield* ask("GET", "/emulator/v1/docs", [own, origin])
      ]
      for (const { text } of asked) {
        assert.notMatch(text.slice(0, 2000), /access-control/i)
        assert.include(text, "frame-ancestors 'none'")
      }
    }).pipe(Effect.provide(live())))

  it.live.each([
    { name: "without one", authorization: undefined, status: 401 },
    { name: "another one", authorization: "Bearer s3creT", status: 401 },
    { name: "a longer one", authorization: "Bearer s3cret1", status: 401 },
    { name: "another scheme", authorization: "Basic s3cret", status: 401 },
    { name: "the one of Google's services", authorization: "Bearer owner", status: 401 },
    { name: "its own", authorization: "Bearer s3cret", status: 200 }
  ])("a server with a token, $name: $status", ({ authorization, status }) =>
    Effect.gen(function*() {
      const headers = authorization === undefined ? {} : { authorization }
      assert.strictEqual((yield* get("/clock", headers)).status, status)
      assert.strictEqual((yield* post("/clock/advance", { by: "1 second" }, headers)).status, status)
      assert.strictEqual((yield* send({ token: "a" })).status, 200)
    }).pipe(Effect.provide(live({ token: Redacted.make("s3cret") }))))

  it.live.each(["0.0.0.0", "::", "example.com", "10.0.0.1"])(
    "at %s nothing listens without a token",
    (host) =>
      Effect.gen(function*() {
        for (const token of [undefined, Redacted.make("")]) {
          const error = yield* Effect.flip(Effect.provide(EmulatorServer, layerServer({ host, token })))
          assert.strictEqual(error._tag, "TokenRequired")
          assert.include(error.message, host)
        }
      })
  )

  it.live("beyond this machine any address is its own, and no other name", () =>
    Effect.gen(function*() {
      const token = "authorization: Bearer s3cret"
      assert.strictEqual((yield* ask("GET", "/emulator/v1/clock", ["host: 192.168.0.1", token])).status, 200)
      assert.strictEqual((yield* ask("GET", "/emulator/v1/clock", ["host: attacker.example", token])).status, 421)
    }).pipe(Effect.provide(live({ host: "0.0.0.0", token: Redacted.make("s3cret") }))))
})

// -----------------------------------------------------------------------------
// For people and programs
// -----------------------------------------------------------------------------

describe("the description", () => {
  it.live("is the API's own, for programs and for people", () =>
    Effect.gen(function*() {
      const { body } = yield* get("/openapi.json")
      assert.deepStrictEqual(body, JSON.parse(JSON.stringify(OpenApi.fromApi(EmulatorApi.EmulatorApi))))
      const page = yield* Effect.flatMap(root, (root) => exchange(HttpClientRequest.get(`${root}/docs`)))
      assert.strictEqual(page.status, 200)
      assert.include(page.text, "Cloud Messaging emulator")
      assert.notInclude(page.text, "cdn.jsdelivr.net/npm/@scalar/api-reference@")
    }).pipe(Effect.provide(live())))

  it.live("says of each operation what it does, what may be wrong, and that a token may be needed", () =>
    Effect.gen(function*() {
      const { paths } = OpenApi.fromApi(EmulatorApi.EmulatorApi)
      const operations = Object.values(paths).flatMap(({ get, post }) => [get, post].filter((_) => _ !== undefined))
      assert.isAbove(operations.length, 20)
      for (const operation of operations) {
        assert.isNotEmpty(operation.summary)
        assert.includeMembers(Object.keys(operation.responses), ["400", "401", "403", "413", "415", "421"])
        assert.deepStrictEqual(operation.security, [{ token: [] }])
      }
    }))
})

describe("EmulatorClient", () => {
  it.live("tells at once that nobody is there, or wants a token", () =>
    Effect.gen(function*() {
      const { url } = yield* EmulatorServer
      const absent = yield* Effect.flip(EmulatorClient.make({ url: "http://127.0.0.1:1" }))
      assert.strictEqual(absent._tag, "EmulatorUnreachable")
      assert.include(absent.message, "http://127.0.0.1:1")
      const refused = yield* Effect.flip(EmulatorClient.make({ url, token: Redacted.make("wr0ng") }))
      assert.include(refused.message, "wants its token")
      assert.notInclude(refused.message, "wr0ng")
      for (const origin of [url, `${url}/`]) {
        const client = yield* EmulatorClient.make({ url: origin, token: Redacted.make("s3cret") })
        assert.isAbove(yield* client.clock.now, 0)
      }
    }).pipe(Effect.provide(live({ token: Redacted.make("s3cret") }))))
})
