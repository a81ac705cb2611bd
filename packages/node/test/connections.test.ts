/** The way to a server: proxies, plain HTTP, and what configuration says of it. */
import { RequestNotSent } from "@cloud-messaging/client"
import { Http2Client } from "@cloud-messaging/node"
import { assert, describe, it } from "@effect/vitest"
import { type Config, ConfigProvider, Effect, Layer, Redacted, type Scope } from "effect"
import { HttpClient, type HttpClientError } from "effect/http"
import * as Http from "node:http"
import * as Http2 from "node:http2"
import * as Net from "node:net"
import { inspect } from "node:util"
import { leavesNothing, until } from "../../http2/test/utils/leaves.ts"
import { answer, portOf, serve, trust } from "../../http2/test/utils/server.ts"
import { type Transport, transports } from "./utils/transports.ts"

interface Listening {
  readonly port: number
  readonly close: Effect.Effect<void>
}

/** A server of the scope. */
const listening = (server: Net.Server) =>
  Effect.acquireRelease(
    Effect.callback<Listening>((resume) => {
      const sockets = new Set<Net.Socket>()
      server.on("connection", (socket) => {
        sockets.add(socket)
        socket.on("error", () => {})
        socket.on("close", () => sockets.delete(socket))
      })
      server.listen(0, "127.0.0.1", () =>
        resume(Effect.succeed({
          port: portOf(server),
          close: Effect.suspend(() => {
            server.close()
            sockets.forEach((socket) => socket.destroy())
            return until(() => sockets.size === 0)
          })
        })))
    }),
    ({ close }) => close
  )

/** A proxy that knows one user, and what it was asked for. */
const proxyWith = Effect.fnUntraced(function*(status: string) {
  const asked: Array<string> = []
  const server = Http.createServer()
  server.on("connect", (request: Http.IncomingMessage, client: Net.Socket) => {
    asked.push(String(request.url))
    client.on("error", () => {})
    if (request.headers["proxy-authorization"] !== `Basic ${Buffer.from("user:p@ss").toString("base64")}`) {
      client.end("HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n")
      return
    }
    const target = Net.connect(Number(request.url?.split(":").at(-1)), "127.0.0.1", () => {
      client.write(`HTTP/1.1 ${status}\r\n\r\n`)
      target.pipe(client).pipe(target)
    })
    target.on("error", () => client.destroy())
    client.on("close", () => target.destroy())
  })
  const { port } = yield* listening(server)
  return { asked, port, url: Redacted.make(`http://user:p%40ss@127.0.0.1:${port}`) }
})

const proxy = proxyWith("200 Connection Established")

type Get = (
  url: string,
  options: Http2Client.Options,
  env?: Record<string, string>
) => Effect.Effect<string, Config.ConfigError | HttpClientError.HttpClientError>

const getOver =
  (transport: Transport): Get => (url: string, options: Http2Client.Options, env: Record<string, string> = {}) =>
    Effect.flatMap(HttpClient.HttpClient, (client) => client.get(url)).pipe(
      Effect.flatMap((response) => response.text),
      Effect.provide(Layer.provide(
        Http2Client.layer({ ...trust, transport, ...options }),
        ConfigProvider.layer(ConfigProvider.fromEnv({ env }))
      ))
    )

const cause = (error: Config.ConfigError | HttpClientError.HttpClientError) =>
  error._tag === "HttpClientError" ? error.reason.cause : undefined

const clean = <E>(name: string, test: (get: Get) => Effect.Effect<void, E, Scope.Scope>) =>
  it.effect.each(transports)(`${name} (%s)`, (transport) => leavesNothing(test(getOver(transport))))

describe("proxy", () => {
  clean(
    "of the options: a tunnel, with the user",
    (get) =>
      Effect.gen(function*() {
        const server = yield* serve((stream) => answer(stream))
        const { asked, url } = yield* proxy
        assert.strictEqual(yield* get(server.origin, { proxy: url }), "ok")
        assert.deepStrictEqual(asked, [`localhost:${server.port}`])
      })
  )

  clean(
    "that says any 2xx: a tunnel",
    (get) =>
      Effect.gen(function*() {
        const server = yield* serve((stream) => answer(stream))
        for (const status of ["204 No Content", "299 Yes"]) {
          const { url } = yield* proxyWith(status)
          assert.strictEqual(yield* get(server.origin, { proxy: url }), "ok")
        }
      })
  )

  clean(
    "of the configuration, in either case, and what it excepts",
    (get) =>
      Effect.gen(function*() {
        const server = yield* serve((stream) => answer(stream))
        const { asked, url } = yield* proxy
        const proxyUrl = Redacted.value(url)
        const requests = [
          { env: { HTTPS_PROXY: proxyUrl }, isAsked: true },
          { env: { https_proxy: proxyUrl, no_proxy: "example.com, .other" }, isAsked: true },
          { env: { HTTPS_PROXY: proxyUrl, NO_PROXY: "localhost:1" }, isAsked: true },
          { env: { HTTPS_PROXY: proxyUrl, NO_PROXY: "calhost" }, isAsked: true },
          { env: { HTTPS_PROXY: proxyUrl, NO_PROXY: "example.com,LOCALHOST" }, isAsked: false },
          { env: { HTTPS_PROXY: proxyUrl, NO_PROXY: `localhost:${server.port}` }, isAsked: false },
          { env: { HTTPS_PROXY: proxyUrl, NO_PROXY: "*" }, isAsked: false },
          { env: { HTTPS_PROXY: "" }, isAsked: false },
          { env: {}, isAsked: false }
        ]
        for (const { env, isAsked } of requests) {
          asked.length = 0
          assert.strictEqual(yield* get(server.origin, {}, env), "ok")
          assert.strictEqual(asked.length, isAsked ? 1 : 0, JSON.stringify(env.NO_PROXY))
        }
        // options come before it
        assert.strictEqual(yield* get(server.origin, { proxy: Redacted.make("") }, { HTTPS_PROXY: proxyUrl }), "ok")
        assert.strictEqual(yield* get(server.origin, { noProxy: "localhost" }, { HTTPS_PROXY: proxyUrl }), "ok")
        assert.strictEqual(asked.length, 0)
      })
  )

  clean(
    "serves HTTP/1.1, too",
    (get) =>
      Effect.gen(function*() {
        const server = yield* serve(() => {}, {
          allowHTTP1: true,
          ALPNCallback: () => "http/1.1"
        })
        server.server.on("request", (_request, response) => response.end("one"))
        const { asked, url } = yield* proxy
        assert.strictEqual(yield* get(server.origin, { proxy: url }), "one")
        assert.deepStrictEqual(asked, [`localhost:${server.port}`, `localhost:${server.port}`])
      })
  )

  clean(
    "that refuses, or is not there: nothing was sent, and no password shows",
    (get) =>
      Effect.gen(function*() {
        const server = yield* serve((stream) => answer(stream))
        const { port } = yield* proxy
        const free = yield* Effect.scoped(Effect.map(listening(Net.createServer()), ({ port }) => port))
        for (const url of [`http://user:secret@127.0.0.1:${port}`, `http://user:secret@127.0.0.1:${free}`]) {
          const error = yield* Effect.flip(get(server.origin, { proxy: Redacted.make(url) }))
          assert.isTrue(RequestNotSent.isRequestNotSent(cause(error)))
          assert.notInclude(inspect(error, { depth: 10 }), "secret")
        }
        assert.strictEqual(server.streamCount, 0)
      })
  )

  clean(
    "whose URL is none",
    (get) =>
      Effect.gen(function*() {
        for (const HTTPS_PROXY of ["user:secret@host", "http://user:secret%@host"]) {
          const error = yield* Effect.flip(get("https://localhost", {}, { HTTPS_PROXY }))
          assert.strictEqual(error._tag, "ConfigError")
          assert.notInclude(`${error.message}${inspect(error, { depth: 10 })}`, "secret")
        }
        const exit = yield* Effect.exit(get("https://localhost", { proxy: Redacted.make("socks://secret") }))
        assert.strictEqual(exit._tag, "Failure")
        assert.notInclude(inspect(exit, { depth: 10 }), "secret")
      })
  )
})

describe("plain HTTP", () => {
  clean(
    "is HTTP/1.1",
    (get) =>
      Effect.gen(function*() {
        const { port } = yield* listening(Http.createServer((request, response) => response.end(request.httpVersion)))
        assert.strictEqual(yield* get(`http://127.0.0.1:${port}`, {}), "1.1")
      })
  )

  clean(
    "is HTTP/2 where that is known",
    (get) =>
      Effect.gen(function*() {
        const server = Http2.createServer((request, response) => response.end(request.httpVersion))
        server.on("session", (session) => session.on("error", () => {}))
        server.on("sessionError", () => {})
        const { port } = yield* listening(server)
        assert.strictEqual(yield* get(`http://127.0.0.1:${port}`, { h2c: true }), "2.0")
      })
  )
})
