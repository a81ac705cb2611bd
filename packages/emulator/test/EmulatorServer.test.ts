import { Emulator } from "@cloud-messaging/emulator"
import { EmulatorServer, layer } from "@cloud-messaging/emulator/EmulatorServer"
import { GcmPlainText } from "@cloud-messaging/protocol"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Fiber, Layer, Option, Scope } from "effect"
import { FetchHttpClient, HttpClient } from "effect/http"
import { accessToken, assertion, foreignKey, goodClaims } from "./utils/assertion.ts"
import {
  askToken,
  batch,
  exchange,
  fcmError,
  fcmJson,
  fcmRequest,
  fcmText,
  gcmRequest,
  gcmResults,
  plainText,
  sendFcm,
  sendGcm,
  sendPlainText,
  subscribe
} from "./utils/requests.ts"
import { connection, keepAliveAgent, nodeHttp, receive, receiveAll, requestText } from "./utils/sockets.ts"

const recipients = Effect.flatMap(
  Emulator.Emulator,
  ({ messages }) => Effect.map(messages.query(), (_) => _.map(({ recipient }) => recipient))
)

const clients = [
  { client: "undici", layerClient: NodeHttpClient.layerUndici },
  { client: "fetch", layerClient: FetchHttpClient.layer }
]

/** Every protocol: a request, and whom it reaches. */
const protocols = [
  {
    protocol: "FCM v1",
    path: "/v1/projects/my-project/messages:send",
    headers: { authorization: "Bearer owner" },
    text: (name: string) => JSON.stringify({ message: { token: name } }),
    request: (origin: string, name: string) => fcmRequest(name, { origin }),
    reached: (name: string) => [name]
  },
  {
    protocol: "GCM",
    path: "/fcm/send",
    headers: { authorization: "key=API_KEY" },
    text: (name: string) => JSON.stringify({ registration_ids: ["before", name, "after"] }),
    request: (origin: string, name: string) => gcmRequest(["before", name, "after"], { url: `${origin}/fcm/send` }),
    reached: (name: string) => ["before", name, "after"]
  },
  {
    protocol: "GCM, plain text",
    path: "/gcm/send",
    headers: { authorization: "key=API_KEY", "content-type": GcmPlainText.contentType },
    text: (name: string) => GcmPlainText.requestText({})(name),
    request: (origin: string, name: string) =>
      plainText(GcmPlainText.requestText({})(name), { url: `${origin}/gcm/send` }),
    reached: (name: string) => [name]
  }
]

const combinations = clients.flatMap((client) => protocols.map((protocol) => ({ ...client, ...protocol })))

describe("EmulatorServer", () => {
  describe("through real clients", () => {
    it.live.each(clients)("$client speaks with every endpoint", ({ layerClient }) =>
      Effect.gen(function*() {
        const { url } = yield* EmulatorServer
        const token = yield* askToken(assertion(yield* goodClaims), `${url}/token`)
        assert.strictEqual(token.status, 200)
        const authorization = `Bearer ${accessToken(token.body)}`
        assert.strictEqual((yield* sendFcm("a", { origin: url, authorization })).status, 200)
        assert.deepStrictEqual(gcmResults(yield* sendGcm(["b", "c"], { url: `${url}/fcm/send` })), ["ok", "ok"])
        assert.deepStrictEqual(gcmResults(yield* sendGcm(["d"], { url: `${url}/gcm/send` })), ["ok"])
        assert.match((yield* sendPlainText("e", { url: `${url}/gcm/send` })).text, /^id=/)
        assert.strictEqual((yield* subscribe("f", "news", { origin: url, authorization })).status, 200)
        const to = { to: "/topics/news", registration_tokens: ["g"] }
        assert.strictEqual((yield* batch("Add", to, { authorization: "key=API_KEY" }, url)).status, 200)
        const topic = fcmJson({ message: { topic: "news" } }, { origin: url, authorization })
        assert.strictEqual((yield* exchange(topic)).status, 200)
        const emulator = yield* Emulator.Emulator
        assert.deepStrictEqual(yield* recipients, ["a", "b", "c", "d", "e", "f"])
        assert.deepStrictEqual(yield* emulator.requests, { fcm: 2, gcm: 3, topics: 2, groups: 0, token: 1 })
      }).pipe(Effect.provide([layer(), layerClient])))

    it.live.each(clients)("$client is refused as in memory", ({ layerClient }) =>
      Effect.gen(function*() {
        const { url } = yield* EmulatorServer
        const forged = yield* askToken(assertion(yield* goodClaims, { key: foreignKey }), `${url}/token`)
        assert.strictEqual(forged.status, 400)
        const unregistered = yield* sendFcm("emulator:unregistered:a", { origin: url })
        assert.deepStrictEqual(fcmError(unregistered), { status: "NOT_FOUND", code: "UNREGISTERED" })
        const unavailable = yield* sendFcm("emulator:unavailable:a", { origin: url })
        assert.strictEqual(unavailable.status, 503)
        assert.strictEqual(unavailable.retryAfter, "1")
        assert.strictEqual((yield* sendFcm("a", { origin: url, authorization: undefined })).status, 401)
        assert.strictEqual((yield* sendFcm("a", { origin: url, project: "emulator-denied" })).status, 403)
        assert.strictEqual((yield* sendFcm("a", { origin: url, project: "emulator-missing" })).status, 404)
        assert.strictEqual((yield* exchange(fcmText("{", { origin: url }))).status, 400)
        assert.strictEqual((yield* sendGcm(["a"], { url: `${url}/nowhere` })).status, 404)
        assert.deepStrictEqual(yield* recipients, [])
      }).pipe(Effect.provide([layer(), layerClient])))

    it.live.each(combinations)(
      "$client, $protocol: reset-1 drops the connection once, and the server lives on",
      ({ layerClient, reached, request }) =>
        Effect.gen(function*() {
          const { url } = yield* EmulatorServer
          const name = "emulator:reset-1:a"
          const error = yield* Effect.flip(HttpClient.execute(request(url, name)))
          assert.strictEqual(error._tag, "HttpClientError")
          assert.strictEqual(error.reason._tag, "TransportError")
          assert.deepStrictEqual(yield* recipients, [])
          assert.strictEqual((yield* exchange(request(url, name))).status, 200)
          assert.deepStrictEqual(yield* recipients, reached(name))
        }).pipe(Effect.provide([layer(), layerClient]))
    )

    it.live.each(combinations)(
      "$client, $protocol: cut-1 breaks off in the middle once, and the server lives on",
      ({ layerClient, reached, request }) =>
        Effect.gen(function*() {
          const { url } = yield* EmulatorServer
          const name = "emulator:cut-1:a"
          const response = yield* HttpClient.execute(request(url, name))
          assert.strictEqual(response.status, 200)
          const error = yield* Effect.flip(response.text)
          assert.strictEqual(error._tag, "HttpClientError")
          assert.strictEqual(error.reason._tag, "DecodeError")
          assert.deepStrictEqual(yield* recipients, reached(name))
          assert.strictEqual((yield* exchange(request(url, name))).status, 200)
          assert.deepStrictEqual(yield* recipients, [...reached(name), ...reached(name)])
        }).pipe(Effect.provide([layer(), layerClient]))
    )

    it.live.each(combinations)(
      "$client, $protocol: html-1 is a page with 502 once, and the server lives on",
      ({ layerClient, reached, request }) =>
        Effect.gen(function*() {
          const { url } = yield* EmulatorServer
          const name = "emulator:html-1:a"
          const response = yield* HttpClient.execute(request(url, name))
          assert.strictEqual(response.status, 502)
          const error = yield* Effect.flip(response.json)
          assert.strictEqual(error._tag, "HttpClientError")
          assert.strictEqual(error.reason._tag, "DecodeError")
          assert.deepStrictEqual(yield* recipients, [])
          assert.strictEqual((yield* exchange(request(url, name))).status, 200)
          assert.deepStrictEqual(yield* recipients, reached(name))
        }).pipe(Effect.provide([layer(), layerClient]))
    )

    it.live.each(clients)(
      "$client: a hundred requests at once meet their own fates",
      ({ layerClient }) =>
        Effect.gen(function*() {
          const { url } = yield* EmulatorServer
          const names = ["ok", "reset", "cut", "html", "unregistered"]
          const fates = yield* Effect.forEach(
            Array.from({ length: 100 }, (_, i) => names[i % 5]),
            (name, i) =>
              sendFcm(`emulator:${name}:${i}`, { origin: url }).pipe(
                Effect.match({ onFailure: ({ reason }) => reason._tag, onSuccess: ({ status }) => status })
              ),
            { concurrency: 20 }
          )
          const expected = [200, "TransportError", "DecodeError", 502, 404]
          assert.deepStrictEqual(fates, Array.from({ length: 100 }, (_, i) => expected[i % 5]))
          assert.lengthOf(yield* recipients, 40)
        }).pipe(Effect.provide([layer(), layerClient]))
    )
  })

  describe("on the wire", () => {
    it.live.each(protocols)(
      "$protocol: reset ends the connection without a byte",
      ({ headers, path, text }) =>
        Effect.gen(function*() {
          const { url } = yield* EmulatorServer
          const socket = yield* connection(url)
          const received = yield* receiveAll(socket, requestText(path, headers, text("emulator:reset:a")))
          assert.strictEqual(received, "")
          assert.deepStrictEqual(yield* recipients, [])
        }).pipe(Effect.provide(layer()))
    )

    it.live.each(protocols)(
      "$protocol: cut ends the connection in the middle of the body",
      ({ headers, path, reached, text }) =>
        Effect.gen(function*() {
          const { url } = yield* EmulatorServer
          const socket = yield* connection(url)
          const received = yield* receiveAll(socket, requestText(path, headers, text("emulator:cut:a")))
          const [head = "", body = ""] = received.split("\r\n\r\n")
          assert.match(head, /^HTTP\/1\.1 200 OK\r\n/)
          assert.notMatch(head, /transfer-encoding/i)
          const promised = Number(/content-length: (\d+)/i.exec(head)?.[1])
          assert.isAbove(body.length, 0)
          assert.isBelow(body.length, promised)
          assert.throws(() => JSON.parse(body))
          assert.deepStrictEqual(yield* recipients, reached("emulator:cut:a"))
        }).pipe(Effect.provide(layer()))
    )

    it.live.each(protocols)("$protocol: node:http sees the faults, and the server lives on", (
      { headers, path, reached, text }
    ) =>
      Effect.gen(function*() {
        const { url } = yield* EmulatorServer
        const agent = yield* keepAliveAgent
        const send = (name: string) => nodeHttp(`${url}${path}`, { headers, body: text(`emulator:${name}:a`), agent })
        const reset = yield* Effect.flip(send("reset"))
        assert.strictEqual(reset.code, "ECONNRESET")
        const cut = yield* send("cut")
        assert.strictEqual(cut.status, 200)
        assert.isFalse(cut.complete)
        assert.isBelow(cut.body.length, Number(cut.headers["content-length"]))
        const html = yield* send("html")
        assert.strictEqual(html.status, 502)
        assert.isTrue(html.complete)
        assert.match(html.body, /^<!DOCTYPE html>/)
        const ok = yield* send("ok")
        assert.strictEqual(ok.status, 200)
        assert.isTrue(ok.complete)
        assert.deepStrictEqual(yield* recipients, [...reached("emulator:cut:a"), ...reached("emulator:ok:a")])
      }).pipe(Effect.provide(layer())))

    it.live("a connection that one answer did not break serves the next request", () =>
      Effect.gen(function*() {
        const { url } = yield* EmulatorServer
        const socket = yield* connection(url)
        const [{ headers, path, text }] = [protocols[0] ?? assert.fail("no protocol")]
        for (const name of ["a", "emulator:html:a", "emulator:unavailable:a", "b"]) {
          const fiber = yield* Effect.forkChild(receive(socket, "HTTP/1.1 "), { startImmediately: true })
          socket.write(requestText(path, headers, text(name)))
          yield* Fiber.join(fiber)
        }
        assert.deepStrictEqual(yield* recipients, ["a", "b"])
      }).pipe(Effect.provide(layer())))
  })

  describe("requests that do not wait for each other's answers", () => {
    const path = "/v1/projects/my-project/messages:send"
    const request = (token: string) =>
      requestText(path, { authorization: "Bearer owner" }, JSON.stringify({ message: { token } }))

    it.live.each(["reset", "cut"])("a %s behind a slow answer ends the connection", (fate) =>
      Effect.gen(function*() {
        const { url } = yield* EmulatorServer
        const socket = yield* connection(url)
        const requests = request("emulator:slow-600000:a") + request(`emulator:${fate}:b`)
        assert.strictEqual(yield* Effect.timeout(receiveAll(socket, requests), "2 seconds"), "")
      }).pipe(Effect.scoped, Effect.provide(layer())))
  })

  it.live.each(["h2c", "websocket"])(
    "an offer to speak %s instead is passed over, and the connection stays",
    (upgrade) =>
      Effect.gen(function*() {
        const { url } = yield* EmulatorServer
        const socket = yield* connection(url)
        for (const token of ["a", "b"]) {
          const answer = yield* Effect.forkChild(receive(socket, "messages/0:"), { startImmediately: true })
          const headers = { authorization: "Bearer owner", connection: "upgrade", upgrade }
          const body = JSON.stringify({ message: { token } })
          socket.write(requestText("/v1/projects/my-project/messages:send", headers, body))
          assert.match(yield* Effect.timeout(Fiber.join(answer), "2 seconds"), /^HTTP\/1\.1 200 OK/)
        }
        assert.deepStrictEqual(yield* recipients, ["a", "b"])
      }).pipe(Effect.scoped, Effect.provide(layer()))
  )

  describe("the address", () => {
    it.live("is on the loopback, at a free port, as url and as host", () =>
      Effect.gen(function*() {
        const { host, url } = yield* EmulatorServer
        assert.match(url, /^http:\/\/127\.0\.0\.1:[1-9]\d*$/)
        assert.strictEqual(`http://${host}`, url)
      }).pipe(Effect.provide(layer())))

    it.live("is the one that was asked for", () =>
      Effect.gen(function*() {
        const port = yield* freePort
        const { host } = yield* Effect.provide(EmulatorServer, layer({ port, host: "127.0.0.1" }))
        assert.strictEqual(host, `127.0.0.1:${port}`)
      }))

    it.live("fails with a ServeError if its port is taken, and leaves who took it alone", () =>
      Effect.gen(function*() {
        const { url } = yield* EmulatorServer
        const error = yield* Effect.flip(Effect.provide(EmulatorServer, layer({ port: Number(new URL(url).port) })))
        assert.strictEqual(error._tag, "ServeError")
        assert.strictEqual((yield* sendFcm("a", { origin: url })).status, 200)
      }).pipe(Effect.provide([layer(), NodeHttpClient.layerUndici])))
  })

  describe("the world", () => {
    it.live("is the one of the Emulator beside the server", () =>
      Effect.gen(function*() {
        const emulator = yield* Emulator.Emulator
        const { url } = yield* EmulatorServer
        yield* sendFcm("a", { origin: url })
        assert.deepStrictEqual(
          (yield* emulator.messages.query()).map(({ endpoint, recipient }) => [endpoint, recipient]),
          [
            ["fcm", "a"]
          ]
        )
        assert.deepStrictEqual(yield* emulator.requests, { fcm: 1, gcm: 0, topics: 0, groups: 0, token: 0 })
      }).pipe(Effect.provide([layer(), NodeHttpClient.layerUndici])))

    it.live("is another one for another server", () =>
      Effect.gen(function*() {
        const world = Effect.gen(function*() {
          const { url } = yield* EmulatorServer
          const { status } = yield* sendFcm("emulator:unavailable-1:a", { origin: url })
          yield* sendFcm("b", { origin: url })
          return { status, recipients: yield* recipients }
        })
        const expected = { status: 503, recipients: ["b"] }
        const one = Effect.provide(world, layer())
        assert.deepStrictEqual(yield* Effect.all([one, one], { concurrency: 2 }), [expected, expected])
      }).pipe(Effect.provide(NodeHttpClient.layerUndici)))
  })

  describe("the end", () => {
    it.live("leaves the port free, and nobody who answers", () =>
      Effect.gen(function*() {
        const port = yield* freePort
        const send = sendFcm("a", { origin: `http://127.0.0.1:${port}` })
        for (let i = 0; i < 2; i++) {
          assert.strictEqual((yield* Effect.provide(send, layer({ port }))).status, 200)
          const error = yield* Effect.flip(send)
          assert.strictEqual(error.reason._tag, "TransportError")
        }
      }).pipe(Effect.provide(NodeHttpClient.layerUndici)))

    it.live.each(clients)(
      "does not wait for connections that $client keeps alive",
      ({ layerClient }) =>
        endsAtOnce((url) => Effect.replicateEffect(sendFcm("a", { origin: url }), 10, { concurrency: 10 })).pipe(
          Effect.provide(layerClient)
        )
    )

    it.live("does not wait for connections that node:http keeps alive", () =>
      endsAtOnce((url) =>
        Effect.flatMap(keepAliveAgent, (agent) =>
          nodeHttp(`${url}/fcm/send`, {
            headers: { authorization: "key=API_KEY" },
            body: JSON.stringify({ registration_ids: ["a"] }),
            agent
          }))
      ))

    it.live("does not wait for a connection that was cut", () =>
      endsAtOnce((url) => Effect.flip(sendFcm("emulator:cut:a", { origin: url }))).pipe(
        Effect.provide(NodeHttpClient.layerUndici)
      ))

    it.live("does not wait for a connection that was reset", () =>
      endsAtOnce((url) => Effect.flip(sendFcm("emulator:reset:a", { origin: url }))).pipe(
        Effect.provide(NodeHttpClient.layerUndici)
      ))

    it.live("does not wait for a connection that asked nothing yet", () =>
      endsAtOnce((url) => Effect.andThen(connection(url), sendFcm("a", { origin: url }))).pipe(
        Effect.provide(NodeHttpClient.layerUndici)
      ))

    it.live("does not wait for a request that stops in the middle", () =>
      endsAtOnce(Effect.fnUntraced(function*(url) {
        const socket = yield* connection(url)
        socket.write("POST /fcm/send HTTP/1.1\r\nhost: localhost\r\nauthorization: ")
        yield* sendFcm("a", { origin: url })
      })).pipe(Effect.provide(NodeHttpClient.layerUndici)))

    it.live("does not wait for a body that never comes", () =>
      endsAtOnce(Effect.fnUntraced(function*(url) {
        const socket = yield* connection(url)
        const headers = { authorization: "key=API_KEY", expect: "100-continue" }
        const [head] = requestText("/fcm/send", headers, "{\"registration_ids\":[\"a\"]}").split("{")
        const fiber = yield* Effect.forkChild(receive(socket, "100 Continue"), { startImmediately: true })
        socket.write(`${head}`)
        yield* Fiber.join(fiber)
      })))

    it.live("does not wait for an answer that is slow", () =>
      endsAtOnce(Effect.fnUntraced(function*(url) {
        const socket = yield* connection(url)
        const headers = { authorization: "key=API_KEY" }
        socket.write(requestText("/fcm/send", headers, "{\"registration_ids\":[\"emulator:slow-600000:a\"]}"))
        // the second request tells that the first one is under way
        yield* sendGcm(["b"], { url: `${url}/fcm/send` })
      })).pipe(Effect.provide(NodeHttpClient.layerUndici)))
  })
})

/** A port that nobody has: one that a server just left. */
const freePort = Effect.map(EmulatorServer, ({ url }) => Number(new URL(url).port)).pipe(Effect.provide(layer()))

/** Whether a server ends at once, whatever was done to it before and is still open. */
const endsAtOnce = <A, E, R>(use: (url: string) => Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const scope = yield* Scope.make()
    const context = yield* Layer.buildWithScope(layer(), scope)
    const { url } = Context.get(context, EmulatorServer)
    yield* use(url)
    // detached: where the server waits, the test must not
    const end = yield* Effect.forkDetach(Scope.close(scope, Exit.void))
    const exit = yield* Effect.timeoutOption(Fiber.await(end), "2 seconds")
    assert.isTrue(Option.isSome(exit), "the server ended")
  })
