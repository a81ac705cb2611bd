/** Whether a request was written, as the clients that there are tell: over real sockets, through the library. */
import { AccessToken, Fcm, Message, Messaging, RetryPolicy, SendError } from "@cloud-messaging/client"
import { Http2Client } from "@cloud-messaging/node"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { ProxyAgent } from "@effect/platform-node/Undici"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Exit, Fiber, Layer, Redacted, Scope } from "effect"
import { FetchHttpClient, type HttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import * as Http from "node:http"
import { constants } from "node:http2"
import * as Net from "node:net"
import { until } from "../../http2/test/utils/leaves.ts"
import { answer, portOf, serve, trust } from "../../http2/test/utils/server.ts"
import { transports } from "./utils/transports.ts"

type Client = Layer.Layer<HttpClient.HttpClient>

const http2 = (options?: Http2Client.Options): Client =>
  Http2Client.layer(options).pipe(
    Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env: {} }))),
    Layer.orDie
  )

const clients: Record<string, Client> = {
  "undici": NodeHttpClient.layerUndici,
  "node:https": NodeHttpClient.layerNodeHttp,
  "fetch": FetchHttpClient.layer,
  ...Object.fromEntries(transports.map((transport) => [`Http2Client (${transport})`, http2({ transport })]))
}

const fcm = (client: Client, url: string, options: Partial<Fcm.Options> = { retryPolicy: RetryPolicy.none }) =>
  Fcm.layer({ projectId: "my-project", url, ...options }).pipe(
    Layer.provide([
      client,
      AccessToken.layer(Effect.succeed({ token: Redacted.make("access-token"), expiresIn: 3600 }))
    ])
  )

const send = Messaging.send(Message.make({ data: { score: 42 } }), "a", { delivery: "atMostOnce" })

const told = (error: SendError.SendError) => ({
  written: error._tag === "TransportError" && error.ambiguous,
  again: SendError.retry(error).length,
  detail: error.reason._tag === "Network" ? error.reason.detail : error.message
})

const via = (client: Client, url: string) => Effect.map(Effect.flip(Effect.provide(send, fcm(client, url))), told)

/** A server of the scope; its port. */
const listening = (server: Net.Server) =>
  Effect.acquireRelease(
    Effect.callback<number>((resume) => {
      server.on("connection", (socket: Net.Socket) => {
        socket.on("error", () => {})
        server.once("close", () => socket.destroy())
      })
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed(portOf(server))))
    }),
    () =>
      Effect.sync(() => {
        server.close()
        server.emit("close")
      })
  )

for (const [name, client] of Object.entries(clients)) {
  describe(`through ${name}`, () => {
    it.effect("a certificate that nobody trusts", () =>
      Effect.gen(function*() {
        const server = yield* serve((stream) => answer(stream), { allowHTTP1: true })
        assert.deepStrictEqual(yield* via(client, server.origin), {
          written: false,
          again: 1,
          detail: "the certificate was refused (DEPTH_ZERO_SELF_SIGNED_CERT)"
        })
        assert.strictEqual(server.streamCount, 0)
      }).pipe(Effect.scoped))

    it.effect("a server that does not speak TLS", () =>
      Effect.gen(function*() {
        const port = yield* listening(Net.createServer((socket) => {
          socket.resume()
          socket.write("HTTP/1.1 400 Bad Request\r\n\r\n")
        }))
        assert.deepStrictEqual(yield* via(client, `https://127.0.0.1:${port}`), {
          written: false,
          again: 1,
          detail: "TLS is not spoken there"
        })
      }).pipe(Effect.scoped))

    it.effect("a server that closes before TLS is there", () =>
      Effect.gen(function*() {
        const port = yield* listening(Net.createServer((socket) => socket.end()))
        assert.deepStrictEqual(yield* via(client, `https://127.0.0.1:${port}`), {
          written: false,
          again: 1,
          detail: "the TLS handshake failed"
        })
      }).pipe(Effect.scoped))
  })
}

/** A service with the standard policy, and the scope of its layers. */
const scoped = Effect.fnUntraced(function*(client: Client, url: string) {
  const scope = yield* Scope.make()
  const services = yield* Layer.buildWithScope(fcm(client, url, {}), scope)
  return { scope, send: Effect.map(Effect.flip(Effect.provide(send, services)), told) }
})

const scopedClients = {
  undici: NodeHttpClient.layerUndici,
  own: http2({ transport: "own" }),
  node: http2({ transport: "node" })
}

for (const [name, client] of Object.entries(scopedClients)) {
  describe(`${name}, after the scope of its layer`, () => {
    const closed = { written: false, again: 1, detail: "the client is closed" }

    it.effect("was never used: fails at once", () =>
      Effect.gen(function*() {
        for (const url of ["https://127.0.0.1:9", "http://127.0.0.1:9"]) {
          const { scope, send } = yield* scoped(client, url)
          yield* Scope.close(scope, Exit.void)
          assert.deepStrictEqual(yield* send, closed)
        }
      }))

    it.effect("was in use: what was written may have been accepted, what comes later fails at once", () =>
      Effect.gen(function*() {
        let requests = 0
        const port = yield* listening(Http.createServer(() => requests++))
        const { scope, send } = yield* scoped(client, `http://127.0.0.1:${port}`)
        const inFlight = yield* Effect.forkChild(send)
        yield* until(() => requests === 1)
        yield* Scope.close(scope, Exit.void)
        assert.deepInclude(yield* Fiber.join(inFlight), { written: true, again: 0 })
        assert.deepStrictEqual(yield* send, closed)
        assert.strictEqual(requests, 1)
      }).pipe(Effect.scoped))
  })
}

/** What is told of a failure by each transport. */
const codes = { own: "INTERNAL_ERROR", node: "ERR_HTTP2_STREAM_ERROR" }

describe.each(transports)("Http2Client (%s)", (transport) => {
  it.effect("a stream that is reset may have been processed: its error is named", () =>
    Effect.gen(function*() {
      const server = yield* serve((stream) => stream.close(constants.NGHTTP2_INTERNAL_ERROR))
      assert.deepStrictEqual(yield* via(http2({ transport, ...trust }), server.origin), {
        written: true,
        again: 0,
        detail: codes[transport]
      })
    }).pipe(Effect.scoped))

  it.effect("a stream that is refused for good was not sent, and that is told", () =>
    Effect.gen(function*() {
      const server = yield* serve((stream) => stream.close(constants.NGHTTP2_REFUSED_STREAM))
      const { detail, ...rest } = yield* via(http2({ transport, ...trust }), server.origin)
      assert.deepStrictEqual(rest, { written: false, again: 1 })
      assert.match(detail, /the server (refused|reset) the stream/)
    }).pipe(Effect.scoped))
})

describe("a proxy", () => {
  /** A client behind a proxy. */
  const proxied = {
    "Http2Client (own)": (url: string) => http2({ transport: "own", proxy: Redacted.make(url) }),
    "Http2Client (node)": (url: string) => http2({ transport: "node", proxy: Redacted.make(url) }),
    "undici": (url: string): Client =>
      Layer.provide(
        NodeHttpClient.layerUndiciNoDispatcher,
        Layer.effect(
          NodeHttpClient.Dispatcher,
          Effect.acquireRelease(
            Effect.sync(() => new ProxyAgent(url)),
            (agent) => Effect.promise(() => agent.destroy())
          )
        )
      )
  }

  for (const [name, client] of Object.entries(proxied)) {
    it.effect(`that refuses is named, with its status: through ${name}`, () =>
      Effect.gen(function*() {
        for (const status of [407, 403, 502]) {
          const server = Http.createServer().on("connect", (_, socket) =>
            socket.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`))
          const port = yield* listening(server)
          const error = yield* Effect.flip(
            Effect.provide(send, fcm(client(`http://user:secret@127.0.0.1:${port}`), "https://push.example:8443"))
          )
          assert.strictEqual(error.message, `the connection to push.example:8443 failed: the proxy answered ${status}`)
          assert.deepInclude(told(error), { written: false, again: 1 })
        }
      }).pipe(Effect.scoped))
  }

  it.effect.each(transports)("that is not there is named (%s)", (transport) =>
    Effect.gen(function*() {
      const port = yield* Effect.scoped(listening(Net.createServer()))
      const proxy = Redacted.make(`http://user:secret@127.0.0.1:${port}`)
      assert.deepStrictEqual(yield* via(http2({ transport, proxy }), "https://push.example"), {
        written: false,
        again: 1,
        detail: "the proxy cannot be reached (ECONNREFUSED)"
      })
    }))

  it.effect.each(transports)(
    "that says nothing is waited for no longer than `connectTimeout` (%s)",
    (transport) =>
      Effect.gen(function*() {
        let connections = 0
        const port = yield* listening(Net.createServer(() => connections++))
        const proxy = Redacted.make(`http://127.0.0.1:${port}`)
        const client = http2({ transport, proxy, connectTimeout: "300 millis" })
        const fiber = yield* Effect.forkChild(via(client, "https://push.example"))
        yield* until(() => connections === 1)
        yield* TestClock.adjust("300 millis")
        assert.deepStrictEqual(yield* Fiber.join(fiber), {
          written: false,
          again: 1,
          detail: "no connection within 300ms"
        })
      }).pipe(Effect.scoped)
  )
})
