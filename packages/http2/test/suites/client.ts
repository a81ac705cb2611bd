/** What every client over HTTP/2 does before servers of node:http2, over TLS: pools, resubmission, time, bodies, metrics. */
import { BoundedResponse, type Http2Client } from "@cloud-messaging/http2"
import { assert, describe, it } from "@effect/vitest"
import { Array, ByteSize, Duration, Effect, Exit, Fiber, type Layer, Result, type Scope, Stream } from "effect"
import { HttpClient, HttpClientRequest, HttpIncomingMessage } from "effect/http"
import { TestClock } from "effect/testing"
import { constants } from "node:http2"
import type * as Http2 from "node:http2"
import * as Net from "node:net"
import * as Client from "../utils/client.ts"
import { burst, fate, range, tally, untilEffect, valueOf } from "../utils/client.ts"
import { leavesNothing, until } from "../utils/leaves.ts"
import { answer, type Handler, portOf, serve, trust } from "../utils/server.ts"

/** What the tests set of a client. */
export type Options = Pick<Http2Client.Options, "ca" | "maxResponseSize" | "maxSessions" | "maxStreams">

export interface Tested {
  readonly layer: (options: Options) => Layer.Layer<HttpClient.HttpClient>
  /** Seconds of silence before the client sends a PING. */
  readonly secondsToPing: number
}

/** Registers the tests of a client over HTTP/2. */
export const clientSuite = ({ layer, secondsToPing }: Tested) => {
  const clean = <E>(
    name: string,
    options: Options,
    test: (client: HttpClient.HttpClient) => Effect.Effect<void, E, Scope.Scope>
  ) => Client.clean(name, layer({ ...trust, ...options }), test)

  describe("GOAWAY", () => {
    clean("a server that retires its connections answers every request once", {}, (client) =>
      Effect.gen(function*() {
        const seen: Array<string> = []
        const server = yield* serve((stream, headers, index) => {
          seen.push(String(headers[":path"]))
          answer(stream)
          if (index % 100 === 99) stream.session?.close()
        })
        const fates = yield* burst(client, server.origin, 2000)
        assert.deepStrictEqual(tally(fates), { ok: 2000 })
        assert.strictEqual(seen.length, 2000)
        assert.strictEqual(new Set(seen).size, 2000)
        assert.isAtLeast(server.sessionCount, 5)
      }))

    clean(
      "a connection that drains finishes what it has, and gets nothing new",
      { maxSessions: 1 },
      (client) =>
        Effect.gen(function*() {
          const { handler, held, release } = holding()
          const server = yield* serve(handler)
          const first = yield* Effect.forkChild(fate(client.get(`${server.origin}/1`)))
          yield* until(() => held.length === 1)
          held[0]?.session?.close()
          yield* until(() => held[0]?.session?.closed === true)
          assert.strictEqual(yield* fate(client.get(`${server.origin}/now`)), "ok")
          assert.strictEqual(server.sessionCount, 2)
          release()
          assert.strictEqual(yield* Fiber.join(first), "ok")
        })
    )

    clean(
      "an abrupt end loses what was processed, and repeats the rest",
      { maxSessions: 1 },
      (client) =>
        Effect.gen(function*() {
          const seen: Array<string> = []
          const held: Array<Http2.ServerHttp2Stream> = []
          const server = yield* serve((stream, headers) => {
            seen.push(String(headers[":path"]))
            if (server.sessionCount > 1) return answer(stream)
            held.push(stream)
            if (held.length < 10) return
            // the third stream (5) was the last that was processed
            stream.session?.goaway(constants.NGHTTP2_INTERNAL_ERROR, held[2]?.id)
          })
          const fates = yield* burst(client, server.origin, 10)
          assert.deepStrictEqual(fates.slice(0, 3), ["TransportError", "TransportError", "TransportError"])
          assert.deepStrictEqual(tally(fates.slice(3)), { ok: 7 })
          assert.deepStrictEqual(tally(seen), {
            ...tally(range(10).map((i) => `/${i}`)),
            ...Object.fromEntries(range(7).map((i) => [`/${i + 3}`, 2]))
          })
        })
    )

    clean(
      "an error that sounds like a refusal does not repeat what may have been processed",
      {},
      (client) =>
        Effect.gen(function*() {
          const server = yield* serve((stream) => {
            stream.session?.goaway(constants.NGHTTP2_REFUSED_STREAM, stream.id)
          })
          assert.strictEqual(yield* fate(client.post(server.origin)), "TransportError")
          assert.strictEqual(server.streamCount, 1)
        })
    )
  })

  describe("REFUSED_STREAM", () => {
    clean("what is refused is sent again", {}, (client) =>
      Effect.gen(function*() {
        const refused = new Set<string>()
        const server = yield* serve((stream, headers) => {
          const path = String(headers[":path"])
          if (refused.has(path)) return answer(stream)
          refused.add(path)
          stream.close(constants.NGHTTP2_REFUSED_STREAM)
        })
        assert.deepStrictEqual(tally(yield* burst(client, server.origin, 50)), { ok: 50 })
        assert.strictEqual(server.streamCount, 100)
        assert.strictEqual(yield* valueOf("http2_client_resubmissions"), 50)
      }))

    clean("five times at most, and then it was not sent", {}, (client) =>
      Effect.gen(function*() {
        const server = yield* serve((stream) => stream.close(constants.NGHTTP2_REFUSED_STREAM))
        assert.strictEqual(yield* fate(client.get(server.origin)), "not sent")
        assert.strictEqual(server.streamCount, 6)
      }))

    clean("a body that was streamed is not sent again", {}, (client) =>
      Effect.gen(function*() {
        const server = yield* serve((stream) => stream.close(constants.NGHTTP2_REFUSED_STREAM))
        const request = HttpClientRequest.post(server.origin).pipe(
          HttpClientRequest.bodyStream(Stream.make(new Uint8Array(10)))
        )
        assert.strictEqual(yield* fate(client.execute(request)), "not sent")
        assert.strictEqual(server.streamCount, 1)
      }))
  })

  describe("what is lost", () => {
    clean("a reset before the answer may have been processed", {}, (client) =>
      Effect.gen(function*() {
        const server = yield* serve((stream) => stream.close(constants.NGHTTP2_INTERNAL_ERROR))
        assert.strictEqual(yield* fate(client.get(server.origin)), "TransportError")
        assert.strictEqual(server.streamCount, 1)
      }))

    for (const code of [constants.NGHTTP2_INTERNAL_ERROR, constants.NGHTTP2_CANCEL, constants.NGHTTP2_NO_ERROR]) {
      clean(
        `a reset in mid-response (${code}) fails the body, whole or streamed`,
        {},
        (client) =>
          Effect.gen(function*() {
            const server = yield* serve((stream) => {
              stream.respond({ ":status": 200, "content-length": 100 })
              stream.write("half", () => stream.close(code))
            })
            const response = yield* client.get(server.origin)
            assert.strictEqual(response.status, 200)
            assert.strictEqual(yield* fate(Effect.succeed(response)), "DecodeError")
            const streamed = yield* client.get(server.origin).pipe(
              Effect.flatMap(({ stream }) => Stream.runDrain(stream)),
              Effect.flip
            )
            assert.strictEqual(streamed.reason._tag, "DecodeError")
          })
      )
    }

    clean("a connection that breaks", {}, (client) =>
      Effect.gen(function*() {
        const server = yield* serve((stream, headers) =>
          headers[":path"] === "/0" ? stream.session?.socket.destroy() : answer(stream)
        )
        assert.strictEqual(yield* fate(client.get(`${server.origin}/0`)), "TransportError")
        assert.strictEqual(yield* fate(client.get(`${server.origin}/1`)), "ok")
        assert.strictEqual(server.sessionCount, 2)
      }))

    clean("a connection that the server closes on its side", {}, (client) =>
      Effect.gen(function*() {
        const server = yield* serve((stream, headers) =>
          headers[":path"] === "/0" ? server.sockets.forEach((socket) => socket.end()) : answer(stream)
        )
        assert.strictEqual(yield* fate(client.get(`${server.origin}/0`)), "TransportError")
        assert.strictEqual(yield* fate(client.get(`${server.origin}/1`)), "ok")
      }))

    clean("a connection that closes in mid-body", {}, (client) =>
      Effect.gen(function*() {
        const server = yield* serve((stream) => {
          stream.respond({ ":status": 200 })
          stream.write("half", () => server.sockets.forEach((socket) => socket.end()))
        })
        assert.strictEqual(yield* fate(client.get(server.origin)), "DecodeError")
      }))

    clean("a server that nobody can reach was sent nothing", {}, (client) =>
      Effect.gen(function*() {
        const port = yield* Effect.scoped(Effect.map(serve((stream) => answer(stream)), ({ port }) => port))
        assert.deepStrictEqual(tally(yield* burst(client, `https://localhost:${port}`, 20)), { "not sent": 20 })
      }))

    clean("a server that is not trusted was sent nothing", { ca: [] }, (client) =>
      Effect.gen(function*() {
        const server = yield* serve((stream) => answer(stream))
        assert.strictEqual(yield* fate(client.get(server.origin)), "not sent")
        assert.strictEqual(server.streamCount, 0)
      }))

    clean("headers that HTTP/2 does not take", {}, (client) =>
      Effect.gen(function*() {
        const server = yield* serve((stream) => answer(stream))
        assert.strictEqual(yield* fate(client.get(server.origin, { headers: { te: "gzip" } })), "not sent")
        assert.strictEqual(yield* fate(client.get(server.origin)), "ok")
      }))

    clean(
      "headers that HTTP/2 does not take, of 20,000 requests that wait for a connection",
      {},
      (client) =>
        Effect.gen(function*() {
          const server = yield* serve((stream) => answer(stream))
          const request = fate(client.get(server.origin, { headers: { te: "gzip" } }))
          const fates = yield* Effect.all(Array.replicate(request, 20_000), { concurrency: "unbounded" })
          assert.deepStrictEqual(tally(fates), { "not sent": 20_000 })
        })
    )
  })

  describe("SETTINGS", () => {
    clean(
      "no more streams than allowed, when the server lowers and raises their number",
      { maxSessions: 1 },
      (client) =>
        Effect.gen(function*() {
          const { handler, held, release } = holding()
          const server = yield* serve(handler, { settings: { maxConcurrentStreams: 5 } })
          yield* fate(client.get(`${server.origin}/now`))
          const all = yield* Effect.forkChild(burst(client, server.origin, 200))
          yield* until(() => held.length === 5)
          const change = (maxConcurrentStreams: number) =>
            Effect.callback<void>((resume) => {
              server.sessions[0]?.settings({ maxConcurrentStreams }, () => resume(Effect.void))
            })
          yield* change(130)
          yield* until(() => held.length === 130)
          yield* change(3)
          release()
          yield* until(() => held.length === 3)
          assert.strictEqual(server.mostStreams, 130)
          yield* Effect.forkChild(Effect.forever(Effect.andThen(
            until(() => held.length > 0),
            Effect.sync(() => {
              assert.isAtMost(held.length, 3)
              release()
            })
          )))
          assert.deepStrictEqual(tally(yield* Fiber.join(all)), { ok: 200 })
          assert.strictEqual(server.sessionCount, 1)
          assert.strictEqual(server.streamCount, 201)
        })
    )

    clean(
      "other connections are opened when all streams are taken, up to the maximum",
      { maxSessions: 3 },
      (client) =>
        Effect.gen(function*() {
          const { handler, held, release } = holding()
          const server = yield* serve(handler, { settings: { maxConcurrentStreams: 10 } })
          yield* fate(client.get(`${server.origin}/now`))
          assert.strictEqual(server.sessionCount, 1)
          const all = yield* Effect.forkChild(burst(client, server.origin, 500))
          yield* until(() => held.length >= 30)
          yield* Effect.forkChild(Effect.forever(Effect.andThen(until(() => held.length > 0), Effect.sync(release))))
          assert.deepStrictEqual(tally(yield* Fiber.join(all)), { ok: 500 })
          assert.strictEqual(server.sessionCount, 3)
        })
    )
  })

  describe("interruption", () => {
    clean("resets the stream", {}, (client) =>
      Effect.gen(function*() {
        const { handler, held } = holding()
        const server = yield* serve(handler)
        const fiber = yield* Effect.forkChild(client.get(server.origin))
        yield* until(() => held.length === 1)
        yield* Fiber.interrupt(fiber)
        yield* until(() => held[0]?.closed === true)
        assert.strictEqual(held[0]?.rstCode, constants.NGHTTP2_CANCEL)
        assert.strictEqual(yield* fate(client.get(`${server.origin}/now`)), "ok")
        assert.strictEqual(server.sessionCount, 1)
      }))

    clean("resets the stream while its body is read, whole or in part", {}, (client) =>
      Effect.gen(function*() {
        const streams: Array<Http2.ServerHttp2Stream> = []
        const server = yield* serve((stream) => {
          streams.push(stream)
          stream.respond({ ":status": 200 })
          stream.write("begun")
        })
        const response = yield* client.get(server.origin)
        const fiber = yield* Effect.forkChild(response.text, { startImmediately: true })
        yield* Fiber.interrupt(fiber)
        yield* until(() => streams[0]?.closed === true)
        const second = yield* client.get(server.origin)
        assert.strictEqual((yield* Stream.runCollect(Stream.take(second.stream, 1))).length, 1)
        yield* until(() => streams[1]?.closed === true)
        assert.deepStrictEqual(streams.map(({ rstCode }) => rstCode), [
          constants.NGHTTP2_CANCEL,
          constants.NGHTTP2_CANCEL
        ])
      }))

    clean("takes a request out of the queue", { maxSessions: 1, maxStreams: 1 }, (client) =>
      Effect.gen(function*() {
        const { handler, held, release } = holding()
        const server = yield* serve(handler)
        const first = yield* Effect.forkChild(fate(client.get(`${server.origin}/1`)))
        yield* until(() => held.length === 1)
        const second = yield* Effect.forkChild(fate(client.get(`${server.origin}/2`)), { startImmediately: true })
        assert.strictEqual(yield* valueOf("http2_client_queue"), 1)
        yield* Fiber.interrupt(second)
        assert.strictEqual(yield* valueOf("http2_client_queue"), 0)
        release()
        assert.strictEqual(yield* Fiber.join(first), "ok")
        assert.strictEqual(server.streamCount, 1)
      }))

    clean("20,000 requests at once, half of them cancelled: one result each", {}, (client) =>
      Effect.gen(function*() {
        const results = new Map<number, number>()
        const server = yield* serve((stream, _headers, index) => {
          if (index % 3 === 0) setImmediate(() => answer(stream))
          else answer(stream)
        }, { settings: { maxConcurrentStreams: 100 } })
        const one = (i: number) =>
          Effect.tap(fate(client.get(`${server.origin}/${i}`)), () =>
            Effect.sync(() => results.set(i, (results.get(i) ?? 0) + 1)))
        const fibers = yield* Effect.forEach(range(20_000), (i) =>
          Effect.forkChild(one(i), { startImmediately: true }))
        yield* until(() => server.streamCount > 100)
        yield* Fiber.interruptAll(fibers.filter((_, i) => i % 2 === 0))
        const exits = yield* Effect.forEach(fibers, Fiber.await)
        const interrupted = exits.filter((exit, i) => i % 2 === 0 && Exit.isFailure(exit)).length
        const ok = exits.filter((exit) => Exit.isSuccess(exit) && exit.value === "ok").length
        assert.isAbove(interrupted, 5000)
        assert.strictEqual(ok + interrupted, 20_000)
        assert.strictEqual(results.size, ok)
        assert.isTrue([...results.values()].every((n) => n === 1))
        assert.isAtMost(server.sessionCount, 10)
        assert.isAtMost(server.mostStreamsOfSession, 100)
        assert.strictEqual(yield* valueOf("http2_client_queue"), 0)
        yield* untilEffect(Effect.map(valueOf("http2_client_streams"), (n) => n === 0))
      }))
  })

  describe("time", () => {
    clean("a connection that does not answer PING is given up", {}, (client) =>
      Effect.gen(function*() {
        const server = yield* serve((stream, headers) =>
          headers[":path"] === "/0" ? server.sockets.forEach((socket) => socket.pause()) : answer(stream)
        )
        const fiber = yield* Effect.forkChild(fate(client.get(`${server.origin}/0`)))
        yield* until(() => server.streamCount === 1)
        yield* TestClock.adjust(Duration.seconds(secondsToPing - 1))
        assert.isUndefined(fiber.pollUnsafe())
        yield* TestClock.adjust("11 seconds")
        assert.strictEqual(yield* Fiber.join(fiber), "TransportError")
        assert.strictEqual(yield* fate(client.get(`${server.origin}/1`)), "ok")
      }))

    clean("a server that is only slow is not given up", {}, (client) =>
      Effect.gen(function*() {
        const { handler, held, release } = holding()
        const server = yield* serve(handler)
        const fiber = yield* Effect.forkChild(fate(client.get(`${server.origin}/0`)))
        yield* until(() => held.length === 1)
        let pings = 0
        server.sessions[0]?.on("ping", () => pings++)
        for (const n of [1, 2, 3]) {
          yield* TestClock.adjust(Duration.seconds(secondsToPing - 1))
          assert.strictEqual(pings, n - 1)
          yield* TestClock.adjust("1 second")
          yield* until(() => pings === n)
          yield* roundTrip(server.sessions[0])
        }
        release()
        assert.strictEqual(yield* Fiber.join(fiber), "ok")
        assert.strictEqual(server.sessionCount, 1)
      }))

    clean("a connection that nobody uses is closed", {}, (client) =>
      Effect.gen(function*() {
        const server = yield* serve((stream) => answer(stream))
        yield* fate(client.get(server.origin))
        assert.strictEqual(server.sessions.length, 1)
        yield* TestClock.adjust("2 minutes")
        yield* until(() => server.sessions.length === 0)
        yield* untilEffect(Effect.map(valueOf("http2_client_sessions"), (n) => n === 0))
        assert.strictEqual(yield* fate(client.get(server.origin)), "ok")
        assert.strictEqual(server.sessionCount, 2)
      }))

    clean(
      "a connection that takes too long is not waited for, and nothing was sent",
      {},
      (client) =>
        Effect.gen(function*() {
          const { connections, port } = yield* silent
          const fiber = yield* Effect.forkChild(fate(client.get(`https://localhost:${port}`)))
          yield* until(() => connections() === 1)
          yield* TestClock.adjust("10 seconds")
          assert.strictEqual(yield* Fiber.join(fiber), "not sent")
        })
    )
  })

  describe("scope", () => {
    it.effect("its end is told to everybody", () =>
      leavesNothing(Effect.gen(function*() {
        const { handler, held } = holding()
        const server = yield* serve(handler)
        const fibers = yield* Effect.gen(function*() {
          const client = yield* HttpClient.HttpClient
          const fibers = yield* Effect.forEach(range(5), (i) =>
            Effect.forkDetach(fate(client.get(`${server.origin}/${i}`))))
          yield* until(() =>
            held.length === 2
          )
          return fibers
        }).pipe(Effect.provide(layer({ ...trust, maxSessions: 1, maxStreams: 2 })))
        const fates = yield* Effect.forEach(fibers, Fiber.join)
        assert.deepStrictEqual(tally(fates), { TransportError: 2, "not sent": 3 })
      })))
  })

  describe("bodies", () => {
    clean(
      "a response that is too large is refused, whole or streamed",
      { maxResponseSize: 1000 },
      (client) =>
        Effect.gen(function*() {
          const streams: Array<Http2.ServerHttp2Stream> = []
          const server = yield* serve((stream, headers) => {
            streams.push(stream)
            answer(stream, "x".repeat(Number(headers[":path"]?.slice(1))))
          })
          assert.strictEqual((yield* fate(client.get(`${server.origin}/1000`))).length, 1000)
          assert.strictEqual(yield* fate(client.get(`${server.origin}/1001`)), "DecodeError")
          const streamed = yield* client.get(`${server.origin}/100000`).pipe(
            Effect.flatMap(({ stream }) => Stream.runDrain(stream)),
            Effect.result
          )
          assert.isTrue(Result.isFailure(streamed))
          yield* until(() => streams.every(({ closed }) => closed))
        })
    )

    clean("a response is no larger than its request allows, and says so", {}, (client) =>
      Effect.gen(function*() {
        const server = yield* serve((stream, headers) => answer(stream, "x".repeat(Number(headers[":path"]?.slice(1)))))
        const get = (size: number) =>
          Effect.flatMap(client.get(`${server.origin}/${size}`), (response) => {
            assert.isTrue(BoundedResponse.isBoundedResponse(response))
            return response.text
          }).pipe(Effect.provideService(HttpIncomingMessage.MaxBodySize, ByteSize.bytes(1000)))
        assert.strictEqual((yield* get(1000)).length, 1000)
        const { reason } = yield* Effect.flip(get(1001))
        assert.property(reason.cause, BoundedResponse.BodyTooLargeTypeId)
        assert.deepStrictEqual(reason.cause, new BoundedResponse.BodyTooLarge({ limit: 1000 }))
        assert.include(String(reason.cause), "the body is larger than 1000 bytes")
        assert.strictEqual((yield* fate(client.get(`${server.origin}/1001`))).length, 1001)
      }))

    clean("a body that nobody reads does not block the others", { maxSessions: 1 }, (client) =>
      Effect.gen(function*() {
        const server = yield* serve((stream, headers) =>
          answer(stream, headers[":path"] === "/large" ? "x".repeat(1_000_000) : "ok")
        )
        const large = yield* Effect.forEach(range(20), () => client.get(`${server.origin}/large`), { concurrency: 20 })
        assert.strictEqual(yield* fate(client.get(server.origin)), "ok")
        const sizes = yield* Effect.forEach(large, ({ text }) => Effect.map(text, ({ length }) => length), {
          concurrency: "unbounded"
        })
        assert.deepStrictEqual(sizes, range(20).map(() => 1_000_000))
      }))
  })

  describe("metrics", () => {
    clean("tell what happens", {}, (client) =>
      Effect.gen(function*() {
        const { handler, held, release } = holding()
        const server = yield* serve(handler)
        const fiber = yield* Effect.forkChild(burst(client, server.origin, 3))
        yield* until(() => held.length === 3)
        assert.strictEqual(yield* valueOf("http2_client_sessions"), 1)
        assert.strictEqual(yield* valueOf("http2_client_streams"), 3)
        server.sessions[0]?.close()
        release()
        yield* Fiber.join(fiber)
        yield* until(() => server.sessions.length === 0)
        yield* untilEffect(Effect.map(valueOf("http2_client_sessions"), (n) => n === 0))
        assert.strictEqual(yield* valueOf("http2_client_goaways"), 1)
        assert.isAbove(yield* valueOf("http2_client_sent_bytes"), 100)
        assert.isAbove(yield* valueOf("http2_client_received_bytes"), 100)
      }))
  })
}

// -----------------------------------------------------------------------------
// helpers
// -----------------------------------------------------------------------------

/** Holds every stream until told. */
const holding = () => {
  const held: Array<Http2.ServerHttp2Stream> = []
  const handler: Handler = (stream, headers) => {
    if (headers[":path"] === "/now") return answer(stream)
    held.push(stream)
  }
  return { held, handler, release: () => held.splice(0).forEach((stream) => answer(stream)) }
}

/** A PING of the server: what the client sent before has come. */
const roundTrip = (session: Http2.ServerHttp2Session | undefined) =>
  Effect.callback<void>((resume) => {
    session?.ping(() => resume(Effect.void))
  })

/** Takes connections, and says nothing. */
const silent = Effect.acquireRelease(
  Effect.callback<{ readonly port: number; readonly connections: () => number; readonly close: Effect.Effect<void> }>(
    (resume) => {
      const sockets = new Set<Net.Socket>()
      const server = Net.createServer((socket) => {
        sockets.add(socket)
        socket.on("error", () => {})
      })
      server.listen(0, "127.0.0.1", () => {
        resume(Effect.succeed({
          port: portOf(server),
          connections: () => sockets.size,
          close: Effect.callback<void>((resume) => {
            server.close(() => resume(Effect.void))
            sockets.forEach((socket) => socket.destroy())
          })
        }))
      })
    }
  ),
  ({ close }) => close
)
