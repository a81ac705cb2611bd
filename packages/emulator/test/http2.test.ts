/**
 * HTTP/2, in clear and over TLS, and what faults do to its streams and connections, as Node's own client sees it.
 */
import { Emulator, type Fault } from "@cloud-messaging/emulator"
import { EmulatorServer, layer } from "@cloud-messaging/emulator/EmulatorServer"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { type ClientHttp2Session, constants } from "node:http2"
import { vi } from "vitest"
import { ask, connect, send, type Session } from "./utils/http2.ts"
import { connection, receive, receiveAll, requestText } from "./utils/sockets.ts"

const { NGHTTP2_CANCEL, NGHTTP2_INTERNAL_ERROR, NGHTTP2_NO_ERROR, NGHTTP2_REFUSED_STREAM } = constants

const arrived = Effect.flatMap(
  Emulator.Emulator,
  ({ messages }) => Effect.map(messages.query(), (all) => all.map(({ recipient }) => recipient))
)

const add = (fault: Fault.Fault) => Effect.flatMap(Emulator.Emulator, ({ faults }) => faults.add(fault))

const strikes = Effect.flatMap(
  Emulator.Emulator,
  ({ faults }) => Effect.map(faults.list, (all) => all.map(({ strikes }) => strikes))
)

const inClear = Effect.flatMap(EmulatorServer, ({ url }) => connect(url))

const overTls = Effect.flatMap(EmulatorServer, ({ ca, secureUrl }) => connect(secureUrl, { ca }))

const ways = [{ way: "in clear", open: inClear }, { way: "over TLS", open: overTls }]

describe("HTTP/2", () => {
  it.live.each(ways)(
    "$way: answers a hundred requests at once on one connection",
    ({ open }) =>
      Effect.gen(function*() {
        const session = yield* open
        assert.strictEqual(session.session.remoteSettings.maxConcurrentStreams, 100)
        const tokens = Array.from({ length: 100 }, (_, i) => `token-${i}`)
        const answers = yield* Effect.forEach(tokens, (token) => send(session, token), { concurrency: "unbounded" })
        assert.deepStrictEqual(answers.map(({ code, status }) => [status, code]), tokens.map(() => [200, 0]))
        assert.sameMembers([...yield* arrived], tokens)
      }).pipe(Effect.scoped, Effect.provide(layer()))
  )

  it.live.each(ways)("$way: has the control API, by the authority", ({ open }) =>
    Effect.gen(function*() {
      const session = yield* open
      const change = { ":path": "/emulator/v1/projects/p/devices/presence" }
      const body = JSON.stringify({ recipient: "phone", presence: "offline" })
      const { status } = yield* ask(session, change, body)
      assert.strictEqual(status, 200)
      yield* send(session, "phone", "p")
      const read = { ":method": "GET", ":path": "/emulator/v1/projects/p/messages?state=stored" }
      const stored = yield* ask(session, read)
      assert.match(stored.body, /"recipient":"phone"/, JSON.stringify(stored))
      for (const authority of ["evil.example", "localhost.evil.example:80", "127.0.0.1.evil.example"]) {
        const { status } = yield* ask(session, { ...read, ":authority": authority, host: "localhost" })
        assert.strictEqual(status, 421, authority)
      }
      for (
        const [header, value] of [["origin", "https://evil.example"], ["sec-fetch-site", "cross-site"]]
      ) {
        const { status } = yield* ask(session, { ...change, [header ?? ""]: value }, body)
        assert.strictEqual(status, 403, header)
      }
      const { origin } = new URL("https://localhost:1")
      const same = yield* ask(session, { ...change, ":authority": "localhost:1", origin }, body)
      assert.strictEqual(same.status, 200)
    }).pipe(Effect.scoped, Effect.provide(layer())))

  it.live("ends at once, whatever is under way", () =>
    Effect.gen(function*() {
      const session = yield* Effect.gen(function*() {
        const session = yield* overTls
        yield* Effect.forkChild(send(session, "emulator:slow-600000:a"), { startImmediately: true })
        yield* send(session, "b")
        return session
      }).pipe(Effect.provide(layer()))
      yield* Effect.timeout(session.closed, "2 seconds")
    }).pipe(Effect.scoped))
})

describe("a connection of HTTP/2 on which nothing happens", () => {
  /** Lets the server look at its connections, which it does every two minutes, and have its PINGs answered. */
  const looks = Effect.acquireRelease(
    Effect.sync(() => vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] })),
    () => Effect.sync(() => vi.useRealTimers())
  ).pipe(Effect.as(Effect.fnUntraced(function*({ session }: Session, times: number) {
    for (let i = 0; i < times; i++) {
      vi.advanceTimersByTime(120_000)
      yield* roundTrip(session)
      yield* roundTrip(session)
    }
  })))

  const roundTrip = (session: ClientHttp2Session) =>
    Effect.callback<void>((resume) => {
      if (session.destroyed) return resume(Effect.void)
      session.ping(() => resume(Effect.void))
    })

  const inTime = Effect.timeout("2 seconds")

  it.live.each(ways)("$way: is closed after 4 minutes, also if it was busy once", ({ open }) =>
    Effect.gen(function*() {
      const look = yield* looks
      yield* Effect.gen(function*() {
        const session = yield* open
        const slow = yield* Effect.forkChild(send(session, "emulator:slow-300:a"), { startImmediately: true })
        yield* send(session, "b")
        yield* look(session, 5)
        assert.strictEqual((yield* Fiber.join(slow)).status, 200)
        yield* look(session, 1)
        assert.strictEqual((yield* send(session, "c")).status, 200)
        yield* look(session, 2)
        yield* inTime(session.closed)
      }).pipe(Effect.provide(layer()))
    }).pipe(Effect.scoped))

  it.live.each(ways)(
    "$way: loses a request that stopped in the middle, and is closed then",
    ({ open }) =>
      Effect.gen(function*() {
        const look = yield* looks
        yield* Effect.gen(function*() {
          const session = yield* open
          const request = session.session.request({
            ":method": "POST",
            ":path": "/v1/projects/p/messages:send",
            authorization: "Bearer owner"
          })
          const stopped = new Promise<number>((resolve) =>
            request.on("error", () => {}).on("close", () => resolve(request.rstCode ?? 0))
          )
          request.write("{")
          yield* send(session, "b")
          yield* look(session, 2)
          assert.strictEqual(yield* inTime(Effect.promise(() => stopped)), NGHTTP2_CANCEL)
          assert.strictEqual((yield* send(session, "c")).status, 200)
          yield* look(session, 2)
          yield* inTime(session.closed)
        }).pipe(Effect.provide(layer()))
      }).pipe(Effect.scoped)
  )

  it.live("is dropped if its other side says GOAWAY, then what is no HTTP/2, and answers no more", () =>
    Effect.gen(function*() {
      yield* looks
      yield* Effect.gen(function*() {
        const { url } = yield* EmulatorServer
        const socket = yield* connection(url)
        const closed = new Promise<void>((resolve) => socket.on("close", resolve))
        const first = yield* Effect.forkChild(receive(socket, ":\n\n"), { startImmediately: true })
        const path = "/emulator/v1/projects/p/messages/live"
        socket.write(Buffer.concat([
          Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
          Buffer.of(0, 0, 0, 4, 0, 0, 0, 0, 0),
          // HEADERS, the last of their stream: GET, http, :authority and :path
          Buffer.of(0, 0, 15 + path.length, 1, 5, 0, 0, 0, 1, 0x82, 0x86, 1, 9),
          Buffer.from("localhost"),
          Buffer.of(4, path.length),
          Buffer.from(path)
        ]))
        yield* Fiber.join(first)
        // GOAWAY, NO_ERROR; a PING that is none
        socket.write(Buffer.of(0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
        socket.write(Buffer.of(0, 0, 0, 6, 0, 0, 0, 0, 0))
        vi.advanceTimersByTime(240_000)
        yield* inTime(Effect.promise(() => closed))
      }).pipe(Effect.scoped, Effect.provide(layer()))
    }).pipe(Effect.scoped))

  it.live.each(ways)(
    "$way: is kept as long as somebody waits for what will come",
    ({ open }) =>
      Effect.gen(function*() {
        const look = yield* looks
        yield* Effect.gen(function*() {
          const session = yield* open
          const path = "/emulator/v1/projects/my-project/messages/await?timeout=1%20hour"
          const awaited = yield* Effect.forkChild(ask(session, { ":method": "GET", ":path": path }), {
            startImmediately: true
          })
          yield* ask(session, { ":method": "GET", ":path": "/emulator/v1/clock" })
          yield* look(session, 10)
          yield* send(session, "a")
          assert.match((yield* inTime(Fiber.join(awaited))).body, /"recipient":"a"/)
        }).pipe(Effect.provide(layer()))
      }).pipe(Effect.scoped)
  )
})

describe("a fault on HTTP/2", () => {
  it.live.each(ways)("$way: a reset is its stream's alone", ({ open }) =>
    Effect.gen(function*() {
      const session = yield* open
      const answers = yield* Effect.forEach(["a", "emulator:reset:b", "c"], (token) => send(session, token), {
        concurrency: 3
      })
      const expected = [[200, 0], [undefined, NGHTTP2_INTERNAL_ERROR], [200, 0]]
      assert.deepStrictEqual(answers.map(({ code, status }) => [status, code]), expected)
      assert.deepStrictEqual(yield* arrived, ["a", "c"])
      assert.isEmpty(session.goAways)
    }).pipe(Effect.scoped, Effect.provide(layer())))

  it.live.each(ways)(
    "$way: a cut is its stream's alone, in the middle of the body",
    ({ open }) =>
      Effect.gen(function*() {
        const session = yield* open
        const [cut, whole] = yield* Effect.all([send(session, "emulator:cut:a"), send(session, "b")], {
          concurrency: 2
        })
        assert.deepStrictEqual([cut.status, cut.code], [200, NGHTTP2_INTERNAL_ERROR])
        assert.isAbove(cut.body.length, 0)
        assert.isBelow(cut.body.length, Number(cut.headers["content-length"]))
        assert.deepStrictEqual([whole.status, whole.code], [200, 0])
        assert.sameMembers([...yield* arrived], ["emulator:cut:a", "b"])
      }).pipe(Effect.scoped, Effect.provide(layer()))
  )

  it.live.each(ways)(
    "$way: a GOAWAY answers its request, and ends the connection",
    ({ open }) =>
      Effect.gen(function*() {
        const session = yield* open
        yield* send(session, "before")
        yield* add({ effect: { _tag: "GoAway" }, recipient: "it" })
        const [slow, it] = yield* Effect.all([send(session, "emulator:slow-300:a"), send(session, "it")], {
          concurrency: 2
        })
        assert.deepStrictEqual([slow.status, it.status], [200, 200])
        assert.deepStrictEqual(session.goAways[0], [NGHTTP2_NO_ERROR, 5])
        yield* session.closed
        assert.deepStrictEqual(yield* arrived, ["before", "it", "emulator:slow-300:a"])
        assert.deepStrictEqual(yield* strikes, [1])
        assert.strictEqual((yield* send(yield* open, "after")).status, 200)
      }).pipe(Effect.scoped, Effect.provide(layer()))
  )

  it.live.each(ways)("$way: an abrupt GOAWAY leaves its request out", ({ open }) =>
    Effect.gen(function*() {
      const session = yield* open
      yield* send(session, "before")
      yield* add({ effect: { _tag: "GoAway", abrupt: true }, recipient: "it" })
      const { code, status } = yield* send(session, "it")
      assert.deepStrictEqual([status, code], [undefined, NGHTTP2_REFUSED_STREAM])
      yield* session.closed
      assert.deepStrictEqual(session.goAways[0], [NGHTTP2_NO_ERROR, 1])
      assert.deepStrictEqual(yield* arrived, ["before"])
      assert.deepStrictEqual(yield* strikes, [1])
    }).pipe(Effect.scoped, Effect.provide(layer())))

  it.live.each(ways)(
    "$way: an abrupt GOAWAY on the first request of a connection",
    ({ open }) =>
      Effect.gen(function*() {
        const session = yield* open
        yield* add({ effect: { _tag: "GoAway", abrupt: true } })
        const { code, status } = yield* send(session, "it")
        assert.deepStrictEqual([status, code], [undefined, NGHTTP2_REFUSED_STREAM])
        yield* session.closed
        assert.deepStrictEqual(session.goAways[0], [NGHTTP2_NO_ERROR, 1])
        assert.deepStrictEqual(yield* arrived, [])
      }).pipe(Effect.scoped, Effect.provide(layer()))
  )

  it.live.each(ways)(
    "$way: what an abrupt GOAWAY leaves out did not arrive, and all else did",
    ({ open }) =>
      Effect.gen(function*() {
        const session = yield* open
        yield* add({ effect: { _tag: "GoAway", abrupt: true }, recipient: "token-50" })
        const tokens = Array.from({ length: 100 }, (_, i) => `token-${i}`)
        const answers = yield* Effect.forEach(tokens, (token) => send(session, token), { concurrency: "unbounded" })
        yield* session.closed
        const taken = tokens.filter((_, i) => answers[i]?.status === 200)
        const left = tokens.filter((_, i) => answers[i]?.code === NGHTTP2_REFUSED_STREAM)
        assert.include(left, "token-50")
        assert.sameMembers([...taken, ...left], tokens)
        assert.sameMembers([...yield* arrived], taken)
        assert.deepStrictEqual(yield* strikes, [1])
      }).pipe(Effect.scoped, Effect.provide(layer()))
  )

  it.live.each(ways)(
    "$way: an abrupt GOAWAY that comes late leaves out nothing that is begun",
    ({ open }) =>
      Effect.gen(function*() {
        const session = yield* open
        const delay = { _tag: "Constant", millis: 200 } as const
        yield* add({ effect: { _tag: "GoAway", abrupt: true }, delay, recipient: "late" })
        const [late, after, slow] = yield* Effect.all([
          send(session, "late"),
          send(session, "after"),
          send(session, "emulator:slow-400:a")
        ], { concurrency: 3 })
        assert.deepStrictEqual([late.code, after.status, slow.status], [NGHTTP2_REFUSED_STREAM, 200, 200])
        yield* session.closed
        assert.deepStrictEqual(yield* arrived, ["after", "emulator:slow-400:a"])
      }).pipe(Effect.scoped, Effect.provide(layer()))
  )

  it.live.each(ways)("$way: a refused stream leaves the connection as it is", ({ open }) =>
    Effect.gen(function*() {
      const session = yield* open
      yield* add({ effect: { _tag: "RefuseStream" }, times: 1 })
      const { code, status } = yield* send(session, "a")
      assert.deepStrictEqual([status, code], [undefined, NGHTTP2_REFUSED_STREAM])
      assert.deepStrictEqual(yield* arrived, [])
      assert.strictEqual((yield* send(session, "a")).status, 200)
      assert.deepStrictEqual(yield* arrived, ["a"])
      assert.isEmpty(session.goAways)
    }).pipe(Effect.scoped, Effect.provide(layer())))

  it.live.each(ways)("$way: a lower limit of streams is told, and kept", ({ open }) =>
    Effect.gen(function*() {
      const session = yield* open
      yield* add({ effect: { _tag: "LimitStreams", streams: 2 } })
      const told = Effect.callback<number | undefined>((resume) => {
        session.session.once(
          "remoteSettings",
          ({ maxConcurrentStreams }) => resume(Effect.succeed(maxConcurrentStreams))
        )
      })
      const fiber = yield* Effect.forkChild(told, { startImmediately: true })
      assert.strictEqual((yield* send(session, "a")).status, 200)
      assert.strictEqual(yield* Fiber.join(fiber), 2)
      // each strikes again, and none is told twice
      for (let i = 0; i < 30; i++) assert.strictEqual((yield* send(session, `again-${i}`)).status, 200)
      assert.deepStrictEqual(yield* strikes, [31])
      assert.strictEqual((yield* open).session.remoteSettings.maxConcurrentStreams, 100)
    }).pipe(Effect.scoped, Effect.provide(layer())))
})

describe("faults on HTTP/2", () => {
  it.live.each(ways)(
    "$way: limits that change with every request are told one after the other",
    ({ open }) =>
      Effect.gen(function*() {
        const session = yield* open
        const tokens = Array.from({ length: 50 }, (_, i) => `token-${i}`)
        for (const [i, recipient] of tokens.entries()) {
          yield* add({ effect: { _tag: "LimitStreams", streams: 50 + i }, recipient })
        }
        const last = Effect.callback<void>((resume) => {
          session.session.on("remoteSettings", ({ maxConcurrentStreams }) => {
            if (maxConcurrentStreams === 99) resume(Effect.void)
          })
        })
        const fiber = yield* Effect.forkChild(last, { startImmediately: true })
        const answers = yield* Effect.forEach(tokens, (token) => send(session, token), { concurrency: "unbounded" })
        assert.deepStrictEqual(answers.map(({ status }) => status), tokens.map(() => 200))
        yield* Effect.timeout(Fiber.join(fiber), "2 seconds")
      }).pipe(Effect.scoped, Effect.provide(layer()))
  )
})

describe("a fault of HTTP/2 on HTTP/1.1", () => {
  const post = (token: string) =>
    Effect.gen(function*() {
      const { url } = yield* EmulatorServer
      const socket = yield* connection(url)
      const path = "/v1/projects/my-project/messages:send"
      const body = JSON.stringify({ message: { token } })
      return yield* receiveAll(socket, requestText(path, { authorization: "Bearer owner" }, body))
    })

  it.live("GOAWAY: the answer says that the connection ends", () =>
    Effect.gen(function*() {
      yield* add({ effect: { _tag: "GoAway" } })
      assert.match(yield* post("a"), /^HTTP\/1\.1 200 OK\r\n(.+\r\n)*connection: close\r\n/i)
      assert.deepStrictEqual(yield* arrived, ["a"])
    }).pipe(Effect.scoped, Effect.provide(layer())))

  it.live.each(
    [
      { fault: "an abrupt GOAWAY", effect: { _tag: "GoAway", abrupt: true } },
      { fault: "a refused stream", effect: { _tag: "RefuseStream" } }
    ] as const
  )("$fault: the connection drops, and nothing arrives", ({ effect }) =>
    Effect.gen(function*() {
      yield* add({ effect })
      assert.strictEqual(yield* post("a"), "")
      assert.deepStrictEqual(yield* arrived, [])
      assert.deepStrictEqual(yield* strikes, [1])
    }).pipe(Effect.scoped, Effect.provide(layer())))
})
