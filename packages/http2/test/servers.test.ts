/** The client before scripted servers of plain HTTP/2: what they may do, and what they should not. */
import { Http1Only, Http2Client, Http2Error, RequestNotSent } from "@cloud-messaging/http2"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, type Scope, Stream } from "effect"
import { type HttpClient, type HttpClientError, HttpClientRequest, type HttpClientResponse } from "effect/http"
import { TestClock } from "effect/testing"
import { AsyncLocalStorage } from "node:async_hooks"
import { execFile } from "node:child_process"
import { Socket } from "node:net"
import Tls from "node:tls"
import { fileURLToPath } from "node:url"
import * as Client from "./utils/client.ts"
import { burst, fate, range, tally, untilEffect, valueOf } from "./utils/client.ts"
import { leavesNothing, until } from "./utils/leaves.ts"
import * as Scripted from "./utils/scripted.ts"
import { answer, certificate, portOf, serve, trust } from "./utils/server.ts"
import * as Wire from "./utils/wire.ts"

const { codes } = Http2Error

const { ok } = Scripted

const clean = <E>(
  name: string,
  options: Http2Client.Options,
  test: (client: HttpClient.HttpClient) => Effect.Effect<void, E, Scope.Scope>
) => Client.clean(name, Http2Client.layer({ h2c: true, ...options }), test)

const tls = Http2Client.layer(trust)

const post = (client: HttpClient.HttpClient, url: string, body: string) =>
  client.execute(HttpClientRequest.post(url).pipe(HttpClientRequest.bodyText(body, "text/plain")))

/** Why a request was not sent. */
const refusal = (response: Effect.Effect<unknown, HttpClientError.HttpClientError>) =>
  Effect.map(
    Effect.flip(response),
    ({ reason }) =>
      RequestNotSent.isRequestNotSent(reason.cause)
        ? reason.cause.reason ?? reason.cause.cause
        : assert.fail("it was sent")
  )

describe("a server that answers before it took the request", () => {
  clean(
    "leaves no stream behind: 60 requests, 20 streams",
    { maxSessions: 1 },
    (client) =>
      Effect.gen(function*() {
        const resets: Array<number> = []
        const server = yield* Scripted.serve({
          onPreface: ({ say }) => say(Wire.settings([3, 20], [4, 0])),
          onRequest: ({ say }, id) => say(ok(id)),
          onFrame: (_peer, { id, type }) => {
            if (type === Wire.type.RST_STREAM) resets.push(id)
          }
        })
        for (let n = 0; n < 60; n++) {
          assert.strictEqual(yield* fate(post(client, server.origin, "x".repeat(300))), "ok")
        }
        assert.strictEqual(server.peers.length, 1)
        yield* until(() => resets.length >= 59)
      })
  )
})

describe("a body that is cut", () => {
  const begun = (id: number) => [Wire.headers(id, Wire.ok), Wire.data(id, "{\"half\":")]
  const cuts: Record<string, (peer: Scripted.Peer, id: number) => void> = {
    "by RST_STREAM without an error": ({ say }, id) => say(...begun(id), Wire.reset(id, codes.NO_ERROR)),
    "by RST_STREAM": ({ say }, id) => say(...begun(id), Wire.reset(id, codes.INTERNAL_ERROR)),
    "by the end of the connection": ({ say, socket }, id) => {
      say(...begun(id))
      socket.end()
    },
    "by GOAWAY and the end of the connection": ({ say, socket }, id) => {
      say(...begun(id), Wire.goaway(id, 0))
      socket.end()
    },
    "by GOAWAY that says it was not processed": ({ say }, id) => say(...begun(id), Wire.goaway(0, 0))
  }
  for (const [name, cut] of Object.entries(cuts)) {
    clean(`${name} is no body, and is not asked for again`, {}, (client) =>
      Effect.gen(function*() {
        let asked = 0
        const server = yield* Scripted.serve({
          onRequest: (peer, id) => {
            asked++
            cut(peer, id)
          }
        })
        assert.strictEqual(yield* fate(client.get(server.origin)), "DecodeError")
        const streamed = yield* client.get(server.origin).pipe(
          Effect.flatMap(({ stream }) => Stream.runDrain(stream)),
          Effect.flip
        )
        assert.strictEqual(streamed.reason._tag, "DecodeError")
        assert.strictEqual(asked, 2)
      }))
  }
})

describe("a server that asks for calm", () => {
  clean("gets no new connection for a second, and for two if it asks again", {}, (client) =>
    Effect.gen(function*() {
      const server = yield* Scripted.serve({
        onRequest: (peer, id) => {
          if (peer.index > 2) return peer.say(ok(id))
          peer.say(Wire.goaway(0, codes.ENHANCE_YOUR_CALM))
          peer.socket.end()
        }
      })
      const fiber = yield* Effect.forkChild(fate(client.get(server.origin)))
      yield* until(() => server.peers.length === 1 && server.isLeft())
      yield* TestClock.adjust("999 millis")
      assert.strictEqual(server.peers.length, 1)
      yield* TestClock.adjust("1 millis")
      yield* until(() => server.peers.length === 2 && server.isLeft())
      yield* TestClock.adjust("1999 millis")
      assert.strictEqual(server.peers.length, 2)
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(yield* Fiber.join(fiber), "ok")
      assert.strictEqual(server.peers.length, 3)
    }))

  clean("whoever waits may be interrupted, and the end of the client is told", {}, (client) =>
    Effect.gen(function*() {
      const server = yield* Scripted.serve({ onRequest: ({ say }) => say(Wire.goaway(0, codes.ENHANCE_YOUR_CALM)) })
      const fiber = yield* Effect.forkChild(fate(client.get(server.origin)))
      yield* until(() => server.peers.length === 1 && server.isLeft())
      assert.strictEqual(yield* valueOf("http2_client_queue"), 1)
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(yield* valueOf("http2_client_queue"), 0)
    }))
})

describe("421", () => {
  const misdirected = (id: number) => Wire.headers(id, Wire.block(":status", "421"), Wire.flag.END_STREAM)
  const status = (response: Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError>) =>
    Effect.map(response, ({ status }) => status)

  clean("is answered by one new connection for each request", { maxSessions: 1 }, (client) =>
    Effect.gen(function*() {
      const server = yield* Scripted.serve({
        onRequest: (peer, id) => peer.say(peer.index === 1 ? misdirected(id) : ok(id))
      })
      assert.strictEqual(yield* status(client.get(server.origin)), 200)
      assert.strictEqual(server.peers.length, 2)
    }))

  clean(
    "a second one is an answer like any other, and so is the first to a streamed body",
    {},
    (client) =>
      Effect.gen(function*() {
        const server = yield* Scripted.serve({ onRequest: ({ say }, id) => say(misdirected(id)) })
        assert.strictEqual(yield* status(post(client, server.origin, "body")), 421)
        assert.strictEqual(server.peers.length, 2)
        const streamed = HttpClientRequest.post(server.origin).pipe(
          HttpClientRequest.bodyStream(Stream.make(Buffer.from("body")))
        )
        assert.strictEqual(yield* status(client.execute(streamed)), 421)
        assert.strictEqual(server.peers.length, 2)
      })
  )
})

describe("a server that takes connections, and ends them all", () => {
  clean("is not connected to without end: nothing was sent", {}, (client) =>
    Effect.gen(function*() {
      const server = yield* Scripted.serve({
        onPreface: ({ say }) => say(Wire.settings([3, 0]), Wire.goaway(0, 0))
      })
      assert.deepStrictEqual(tally(yield* burst(client, server.origin, 5)), { "not sent": 5 })
      assert.isAtMost(server.peers.length, 7)
    }))

  clean("with an error that is the reason", {}, (client) =>
    Effect.gen(function*() {
      const server = yield* Scripted.serve({ onPreface: ({ say }) => say(Wire.goaway(0, 0)) })
      const error = yield* Effect.flip(client.get(server.origin))
      const cause = RequestNotSent.isRequestNotSent(error.reason.cause) ? error.reason.cause.cause : error.reason.cause
      assert.strictEqual(cause instanceof Http2Error.Http2Error ? cause.errorCode : -1, codes.PROTOCOL_ERROR)
    }))
})

/** The client answered SETTINGS, and so it read that the server answered its own. */
const untilConfirmed = (server: Scripted.Scripted) =>
  until(() =>
    server.peers.length > 0 &&
    server.peers.every(({ heard }) =>
      heard().some(({ flags, type }) => type === Wire.type.SETTINGS && flags === Wire.flag.ACK)
    )
  )

describe("a server that is slow on purpose", () => {
  clean(
    "says nothing at all: SETTINGS_TIMEOUT",
    { pingTimeout: "10 seconds", pingInterval: "1 hour" },
    (client) =>
      Effect.gen(function*() {
        const told: Array<number> = []
        const server = yield* Scripted.serve({
          onPreface: () => {},
          onFrame: (_peer, { payload, type }) => {
            if (type === Wire.type.GOAWAY) told.push(payload.readUInt32BE(4))
            return true
          }
        })
        const fiber = yield* Effect.forkChild(fate(client.get(server.origin)))
        yield* until(() => server.peers.length === 1)
        yield* untilEffect(Effect.map(valueOf("http2_client_streams"), (n) => n === 1))
        yield* TestClock.adjust("10 seconds")
        assert.strictEqual(yield* Fiber.join(fiber), "TransportError")
        yield* until(() => told.length === 1)
        assert.deepStrictEqual(told, [codes.SETTINGS_TIMEOUT])
      })
  )

  clean(
    "does not answer PING: the connection is given up, and another one is opened",
    {},
    (client) =>
      Effect.gen(function*() {
        let pings = 0
        const server = yield* Scripted.serve({
          onRequest: (peer, id) => peer.index > 1 && peer.say(ok(id)),
          onFrame: (_peer, { type }) => type === Wire.type.PING && ++pings > 0
        })
        const fiber = yield* Effect.forkChild(fate(client.get(server.origin)))
        yield* untilConfirmed(server)
        yield* TestClock.adjust("30 seconds")
        yield* until(() => pings === 1)
        yield* TestClock.adjust("9 seconds")
        assert.isUndefined(fiber.pollUnsafe())
        yield* TestClock.adjust("1 second")
        assert.strictEqual(yield* Fiber.join(fiber), "TransportError")
        assert.strictEqual(yield* fate(client.get(server.origin)), "ok")
      })
  )

  const trickles = {
    "a frame": Wire.data(1, "0123456789"),
    "a header block": Buffer.concat([
      Wire.frame(Wire.type.HEADERS, 0, 1, Wire.ok),
      Wire.repeat(7, Wire.frame(Wire.type.CONTINUATION, 0, 1))
    ])
  }
  for (const [name, bytes] of Object.entries(trickles)) {
    clean(
      `${name} comes byte by byte: the connection is given up, though it is never silent`,
      { pingInterval: "30 seconds", pingTimeout: "10 seconds" },
      (client) =>
        Effect.gen(function*() {
          let asked = 0
          const server = yield* Scripted.serve({
            onRequest: () => {
              asked++
            },
            onFrame: (_peer, { flags, type }) => type === Wire.type.PING && flags === 0
          })
          const fiber = yield* Effect.forkChild(fate(client.get(server.origin)))
          yield* until(() => asked === 1)
          for (let second = 0; second < 40; second += 2) {
            server.peers[0]?.say(bytes.subarray(second / 2, second / 2 + 1))
            yield* TestClock.adjust("2 seconds")
          }
          assert.strictEqual(yield* Fiber.join(fiber), "TransportError")
        })
    )
  }

  clean(
    "leaves a body without a window: the request is reset, the others go on",
    { stallTimeout: "1 minute", pingInterval: "1 hour" },
    (client) =>
      Effect.gen(function*() {
        const resets: Array<number> = []
        let asked = 0
        const server = yield* Scripted.serve({
          onPreface: ({ say }) => say(Wire.settings([4, 0])),
          onRequest: (peer, id) => {
            asked++
            if (id !== 3) peer.say(ok(id))
          },
          onFrame: (_peer, { id, type }) => {
            if (type === Wire.type.RST_STREAM) resets.push(id)
          }
        })
        assert.strictEqual(yield* fate(client.get(server.origin)), "ok")
        const fiber = yield* Effect.forkChild(fate(post(client, server.origin, "body")))
        yield* until(() => asked === 2)
        yield* TestClock.adjust("1 minute")
        assert.strictEqual(yield* fate(client.get(server.origin)), "ok")
        assert.isUndefined(fiber.pollUnsafe())
        yield* TestClock.adjust("1 minute")
        assert.strictEqual(yield* Fiber.join(fiber), "TransportError")
        yield* until(() => resets.length === 1)
        assert.deepStrictEqual(resets, [3])
        assert.strictEqual(server.peers.length, 1)
      })
  )
})

const memory = () => {
  const { external, heapUsed } = process.memoryUsage()
  return external + heapUsed
}

describe("a server that sends four megabytes byte by byte", () => {
  clean("takes hardly more memory than that", {}, (client) =>
    Effect.gen(function*() {
      const size = 4_000_000
      const pieces = Wire.repeat(5000, Wire.data(1, "x"))
      let window = 65_535
      let left = size
      const pump = (peer: Scripted.Peer) => {
        const { say, socket } = peer
        while (window >= 5000 && left > 0 && !socket.writableNeedDrain) {
          window -= 5000
          left -= 5000
          say(pieces)
          if (left === 0) say(Wire.data(1, "", Wire.flag.END_STREAM))
        }
        if (left > 0 && socket.writableNeedDrain) socket.once("drain", () => pump(peer))
      }
      const server = yield* Scripted.serve({
        onRequest: (peer, id) => {
          peer.say(Wire.headers(id, Wire.ok))
          pump(peer)
        },
        onFrame: (peer, { id, payload, type }) => {
          if (type !== Wire.type.WINDOW_UPDATE || id === 0) return
          window += payload.readUInt32BE(0)
          pump(peer)
        }
      })
      const response = yield* client.get(server.origin)
      const before = memory()
      let most = 0
      const looking = setInterval(() => {
        most = Math.max(most, memory() - before)
      }, 5)
      const text = yield* Effect.ensuring(response.text, Effect.sync(() => clearInterval(looking)))
      assert.strictEqual(text.length, size)
      assert.isBelow(most, 60_000_000)
    }))
})

describe("limits of the server", () => {
  clean("header fields that it does not take are not sent", {}, (client) =>
    Effect.gen(function*() {
      const server = yield* Scripted.serve({
        onPreface: ({ say }) => say(Wire.settings([6, 1000])),
        onRequest: ({ say }, id) => say(ok(id))
      })
      assert.strictEqual(yield* fate(client.get(server.origin)), "ok")
      const cause = yield* refusal(client.get(server.origin, { headers: { "x-large": "x".repeat(1000) } }))
      assert.strictEqual(cause, "the server takes header fields of 1000 bytes at most")
      assert.strictEqual(yield* fate(client.get(server.origin)), "ok")
    }))
})

describe("no HTTP/2", () => {
  const isHttp1 = (origin: string) => (error: unknown) => {
    assert.isTrue(Http1Only.isHttp1Only(error))
    assert.include(String(origin), "http")
  }

  Client.clean(
    "of a server that chooses HTTP/1.1, told at once when it is known",
    tls,
    (client) =>
      Effect.gen(function*() {
        let connections = 0
        const server = yield* Effect.acquireRelease(
          Effect.callback<Tls.Server>((resume) => {
            const server = Tls.createServer(
              { key: certificate.private, cert: certificate.cert, ALPNProtocols: ["http/1.1"] },
              (socket) => socket.on("error", () => {})
            )
            server.on("connection", () => connections++)
            server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
          }),
          (server) =>
            Effect.callback<void>((resume) => {
              server.close(() => resume(Effect.void))
            })
        )
        const origin = `https://localhost:${portOf(server)}`
        for (
          const error of yield* Effect.forEach(range(5), () => Effect.flip(client.get(origin)), { concurrency: 5 })
        ) {
          isHttp1(origin)(error)
        }
        isHttp1(origin)(yield* Effect.flip(client.get(origin)))
        assert.strictEqual(connections, 1)
      })
  )

  Client.clean("for http: origins, unless h2c is set", Http2Client.layer(), (client) =>
    Effect.gen(function*() {
      const cause = yield* refusal(client.get("http://127.0.0.1:1"))
      assert.deepStrictEqual(cause, new Http1Only.Http1Only({ origin: "http://127.0.0.1:1" }))
    }))

  clean("for an upgrade", {}, (client) =>
    Effect.gen(function*() {
      isHttp1("http")(yield* Effect.flip(client.get("http://127.0.0.1:1", { headers: { upgrade: "websocket" } })))
    }))

  it("no other error says so", () => {
    assert.isFalse(Http1Only.isHttp1Only(new Error("no")))
    assert.isFalse(Http1Only.isHttp1Only(undefined))
  })
})

describe("a tunnel", () => {
  clean("whose failure is the reason", { tunnel: () => Effect.fail("407") }, (client) =>
    Effect.gen(function*() {
      assert.strictEqual(yield* refusal(client.get("http://127.0.0.1:1")), "407")
    }))

  const broken = new Error("a defect")
  clean("that throws", {
    tunnel: () => {
      throw broken
    }
  }, (client) =>
    Effect.gen(function*() {
      assert.strictEqual(yield* refusal(client.get("http://127.0.0.1:1")), broken)
    }))

  clean(
    "that is none: the client connects itself",
    { tunnel: () => Effect.undefined },
    (client) =>
      Effect.gen(function*() {
        const server = yield* Scripted.serve({ onRequest: ({ say }, id) => say(ok(id)) })
        assert.strictEqual(yield* fate(client.get(server.origin)), "ok")
      })
  )

  const dead = Effect.sync(() => new Socket().destroy())
  clean("whose socket is closed already", { tunnel: () => dead }, (client) =>
    Effect.gen(function*() {
      assert.strictEqual(yield* fate(client.get("http://127.0.0.1:1")), "not sent")
    }))

  clean(
    "that takes too long",
    { tunnel: () => Effect.never, connectTimeout: "5 seconds" },
    (client) =>
      Effect.gen(function*() {
        const fiber = yield* Effect.forkChild(refusal(client.get("http://127.0.0.1:1")), { startImmediately: true })
        yield* TestClock.adjust("5 seconds")
        assert.strictEqual(yield* Fiber.join(fiber), "no connection within 5s")
      })
  )
})

describe("options of TLS that are wrong", () => {
  clean("are the reason, at once", {}, (client) =>
    Effect.gen(function*() {
      const ciphers = Tls.DEFAULT_CIPHERS
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          Tls.DEFAULT_CIPHERS = ciphers
        })
      )
      Tls.DEFAULT_CIPHERS = "none"
      assert.include(String(yield* refusal(client.get("https://127.0.0.1:1"))), "no cipher match")
    }))
})

describe("a client that is closed", () => {
  it.effect("sends nothing, and says so at once, to whomever", () =>
    leavesNothing(Effect.gen(function*() {
      const server = yield* Scripted.serve({ onRequest: ({ say }, id) => say(ok(id)) })
      const client = yield* Effect.scoped(
        Effect.tap(Http2Client.make({ h2c: true }), (client) => fate(client.get(server.origin)))
      )
      for (const origin of [server.origin, "http://127.0.0.1:1"]) {
        assert.strictEqual(yield* refusal(client.get(origin)), "the client is closed")
      }
      assert.strictEqual(server.peers.length, 1)
    })))
})

describe("several connections", () => {
  clean("the one with the fewest requests gets the next", {}, (client) =>
    Effect.gen(function*() {
      const held: Array<() => void> = []
      const seen: Array<number> = []
      const server = yield* Scripted.serve({
        onPreface: ({ say }) => say(Wire.settings([3, 10])),
        onRequest: (peer, id) => {
          seen.push(peer.index)
          held.push(() => peer.say(ok(id)))
        }
      })
      const first = yield* Effect.forkChild(fate(client.get(server.origin)))
      yield* untilConfirmed(server)
      const others = yield* Effect.forkChild(burst(client, server.origin, 11))
      yield* until(() => held.length === 12)
      const last = yield* Effect.forkChild(burst(client, server.origin, 3))
      yield* until(() => held.length === 15)
      assert.deepStrictEqual(tally(seen.map(String)), { 1: 10, 2: 5 })
      held.forEach((answer) => answer())
      assert.strictEqual(yield* Fiber.join(first), "ok")
      assert.deepStrictEqual(tally([...yield* Fiber.join(others), ...yield* Fiber.join(last)]), { ok: 14 })
    }))

  clean(
    "one that breaks the protocol is lost with its requests; the others go on",
    {},
    (client) =>
      Effect.gen(function*() {
        const answers: Array<() => void> = []
        const server = yield* Scripted.serve({
          onPreface: ({ say }) => say(Wire.settings([3, 1])),
          onRequest: (peer, id) => answers.push(() => peer.say(peer.index === 1 ? Wire.data(0, "x") : ok(id)))
        })
        const first = yield* Effect.forkChild(fate(client.get(server.origin)))
        yield* until(() => answers.length === 1)
        yield* untilConfirmed(server)
        const second = yield* Effect.forkChild(fate(client.get(server.origin)))
        yield* until(() => answers.length === 2)
        answers.forEach((answer) => answer())
        assert.strictEqual(yield* Fiber.join(first), "TransportError")
        assert.strictEqual(yield* Fiber.join(second), "ok")
      })
  )
})

describe("a connection", () => {
  clean(
    "gets no requests when it is old, and ends when it has none",
    { maxAge: "10 minutes", idleTimeout: "1 hour", pingInterval: "1 hour" },
    (client) =>
      Effect.gen(function*() {
        const held: Array<() => void> = []
        const server = yield* Scripted.serve({
          onRequest: (peer, id) => {
            if (id === 1 && peer.index === 1) held.push(() => peer.say(ok(id)))
            else peer.say(ok(id))
          }
        })
        const fiber = yield* Effect.forkChild(fate(client.get(server.origin)))
        yield* until(() => held.length === 1)
        assert.strictEqual(yield* fate(client.get(server.origin)), "ok")
        yield* TestClock.adjust("10 minutes")
        assert.strictEqual(yield* fate(client.get(server.origin)), "ok")
        assert.strictEqual(server.peers.length, 2)
        held.forEach((answer) => answer())
        assert.strictEqual(yield* Fiber.join(fiber), "ok")
        yield* until(() => server.peers[0]?.socket.destroyed === true)
      })
  )

  Client.clean(
    "resumes the TLS session of the one before",
    Http2Client.layer({ ...trust, maxSessions: 1 }),
    (client) =>
      Effect.gen(function*() {
        const reused: Array<boolean> = []
        const server = yield* serve((stream) => answer(stream))
        server.server.on("secureConnection", (socket) => reused.push(socket.isSessionReused()))
        for (let n = 0; n < 2; n++) {
          assert.strictEqual(yield* fate(client.get(server.origin)), "ok")
          server.sessions.forEach((session) => session.close())
          yield* until(() => server.sessions.length === 0)
        }
        assert.deepStrictEqual(reused, [false, true])
      })
  )

  it.effect("leaves everybody in the AsyncLocalStorage of their own, whoever opened it", () =>
    leavesNothing(Effect.gen(function*() {
      const storage = new AsyncLocalStorage<string>()
      const server = yield* Scripted.serve({ onRequest: ({ say }, id) => say(ok(id)) })
      const client = yield* Http2Client.make({ h2c: true })
      const seen = (name: string) =>
        Effect.promise(() =>
          storage.run(
            name,
            () => Effect.runPromise(Effect.map(fate(client.get(server.origin)), () => storage.getStore()))
          )
        )
      assert.deepStrictEqual([yield* seen("first"), yield* seen("second")], ["first", "second"])
      assert.strictEqual(server.peers.length, 1)
    })))

  it.effect("that nobody uses does not keep the process alive", () =>
    Effect.gen(function*() {
      const server = yield* Scripted.serve({ onRequest: ({ say }, id) => say(ok(id)) })
      const file = fileURLToPath(new URL("./utils/undisposed.ts", import.meta.url))
      const printed = yield* Effect.callback<string>((resume) => {
        const child = execFile(process.execPath, [file, server.origin], { timeout: 20_000 }, (error, printed) =>
          resume(error === null ? Effect.succeed(printed) : Effect.die(error)))
        return Effect.sync(() =>
          child.kill()
        )
      })
      assert.strictEqual(printed, "ok\n")
    }).pipe(Effect.scoped))
})

describe("the same as node:http2", () => {
  const texts = [
    "",
    "a",
    "value",
    "with spaces",
    "ümläut",
    "x".repeat(200),
    "0123456789",
    "~!@#$%^&*()_+",
    "x".repeat(5000)
  ]

  /** Header fields go there and back, as node packs and unpacks them. */
  Client.clean("header fields of all kinds, there and back, 500 times", tls, (client) =>
    Effect.gen(function*() {
      const server = yield* serve((stream, headers) => {
        const own = Object.entries(headers).filter(([name]) => name.startsWith("x-") || name === "authorization")
        stream.respond({ ":status": 200, ...Object.fromEntries(own) })
        stream.end()
      })
      for (let i = 0; i < 500; i++) {
        const headers = Object.fromEntries(
          range(1 + i % 7).map((
            n
          ) => [n === 3 ? "authorization" : `x-${(i * n) % 11}`, texts[(i + n * n) % texts.length] ?? ""])
        )
        const response = yield* client.get(server.origin, { headers })
        const { date: _, ...back } = response.headers
        assert.deepStrictEqual({ ...back }, headers)
        yield* response.text
      }
      assert.strictEqual(server.sessionCount, 1)
    }))

  Client.clean("a table of every size, which the server changes as it goes", tls, (client) =>
    Effect.gen(function*() {
      const server = yield* serve((stream, headers) => {
        stream.respond({ ":status": 200, "x-back": String(headers["x-there"]) })
        stream.end()
      })
      for (let i = 0; i < 300; i++) {
        const value = `value ${i >> 2}`
        const response = yield* client.get(server.origin, { headers: { "x-there": value, "x-same": "always" } })
        assert.strictEqual(response.headers["x-back"], value)
        yield* response.text
        if (i % 10 === 0) {
          const headerTableSize = [0, 64, 4096, 200][(i / 10) % 4] ?? 0
          yield* Effect.callback<void>((resume) =>
            server.sessions[0]?.settings({ headerTableSize }, () => resume(Effect.void))
          )
        }
      }
      assert.strictEqual(server.sessionCount, 1)
    }))

  Client.clean("bodies of many sizes, up and down at once", tls, (client) =>
    Effect.gen(function*() {
      const server = yield* serve((stream) => {
        stream.respond({ ":status": 200 })
        stream.pipe(stream)
      })
      const sizes = [0, 1, 100, 16_383, 16_384, 16_385, 65_535, 65_536, 70_000, 1_000_000, 3_000_000]
      const echoed = yield* Effect.forEach(sizes, (size) =>
        client.execute(
          HttpClientRequest.post(server.origin).pipe(HttpClientRequest.bodyUint8Array(Buffer.alloc(size, size % 251)))
        ).pipe(
          Effect.flatMap(({ stream }) =>
            Stream.runFold(stream, () => Buffer.alloc(0), (all, chunk) => Buffer.concat([all, chunk]))
          ),
          Effect.map((bytes) => bytes.equals(Buffer.alloc(size, size % 251)))
        ), { concurrency: "unbounded" })
      assert.deepStrictEqual(echoed, sizes.map(() => true))
    }))
})
