/**
 * TLS and HTTP/2 as no client speaks them, beside one that does: it is answered all the while, and the server lives on.
 */
import { EmulatorServer, layer as layerServer } from "@cloud-messaging/emulator/EmulatorServer"
import { assert, describe, layer } from "@effect/vitest"
import { Effect, Fiber, identity } from "effect"
import { randomBytes } from "node:crypto"
import * as Net from "node:net"
import process from "node:process"
import * as Tls from "node:tls"
import { connect, send, type Session } from "./utils/http2.ts"
import { connection, exchangeBytes } from "./utils/sockets.ts"

// -----------------------------------------------------------------------------
// Frames, RFC 9113 section 6
// -----------------------------------------------------------------------------

const types = { DATA: 0, HEADERS: 1, PRIORITY: 2, RST_STREAM: 3, SETTINGS: 4, PING: 6, WINDOW_UPDATE: 8 } as const
const continuation = 9

const endStream = 1
const endHeaders = 4

const frame = (type: keyof typeof types | number, flags: number, stream: number, payload: Uint8Array = Buffer.of()) => {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = typeof type === "number" ? type : types[type]
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

const uint32 = (n: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(n)
  return bytes
}

/** HPACK, RFC 7541: a literal that is not indexed, of a name in the static table or of its own. */
const literal = (name: number | string, value: string): Buffer =>
  typeof name === "number"
    ? Buffer.concat([name < 15 ? Buffer.of(name) : Buffer.of(15, name - 15), text(value)])
    : Buffer.concat([Buffer.of(0), text(name), text(value)])

/** A string of at most 126 bytes; longer ones take two bytes more for their length. */
const text = (value: string): Buffer => {
  const bytes = Buffer.from(value)
  if (bytes.length < 127) return Buffer.concat([Buffer.of(bytes.length), bytes])
  const rest = bytes.length - 127
  return Buffer.concat([Buffer.of(127, rest % 128 + 128, Math.floor(rest / 128)), bytes])
}

/** `:scheme: http` and `:authority: localhost`. */
const origin = Buffer.concat([Buffer.of(0x86), literal(1, "localhost")])

const get = (path: string) => Buffer.concat([Buffer.of(0x82), origin, literal(4, path)])

const post = Buffer.concat([
  Buffer.of(0x83),
  origin,
  literal(4, "/v1/projects/p/messages:send"),
  literal(23, "Bearer owner")
])

const hello = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")

const start = Buffer.concat([hello, frame("SETTINGS", 0, 0)])

const setting = (id: number, value: number) => Buffer.concat([Buffer.of(0, id), uint32(value)])

/** Streams of clients have odd numbers. */
const streamOf = (i: number) => 2 * i + 1

const repeat = (n: number, chunk: (i: number) => Uint8Array) =>
  Buffer.concat(Array.from({ length: n }, (_, i) => chunk(i)))

// -----------------------------------------------------------------------------
// Attacks
// -----------------------------------------------------------------------------

interface Attack {
  readonly name: string
  /** The first bytes, and what follows them again and again. */
  readonly first: Uint8Array
  readonly then?: (round: number) => Uint8Array
  readonly rounds?: number
  /** Whether it reads what is answered, before it has said all; it does by default. */
  readonly reads?: boolean
  /** Whether the server ends the connection of who does this. */
  readonly isEnded: boolean
}

const attacks: ReadonlyArray<Attack> = [
  {
    name: "a frame that is larger than allowed",
    first: Buffer.concat([start, frame("DATA", 0, 1, Buffer.alloc(1 << 20))]),
    isEnded: true
  },
  { name: "frames that are none", first: Buffer.concat([start, randomBytes(100_000)]), isEnded: true },
  { name: "no settings", first: Buffer.concat([hello, frame("PING", 0, 0, Buffer.alloc(8))]), isEnded: true },
  {
    name: "a preface, and then HTTP/1.1",
    first: Buffer.concat([hello, Buffer.from("GET / HTTP/1.1\r\n\r\n")]),
    isEnded: true
  },
  {
    name: "headers that are no HPACK",
    first: Buffer.concat([start, frame("HEADERS", endHeaders, 1, randomBytes(1000).fill(255))]),
    isEnded: true
  },
  {
    name: "data of a stream that there is not",
    first: Buffer.concat([start, frame("DATA", 0, 99, Buffer.alloc(10))]),
    isEnded: true
  },
  {
    name: "a stream of the server's",
    first: Buffer.concat([start, frame("HEADERS", endHeaders | endStream, 2, get("/"))]),
    isEnded: true
  },
  {
    name: "a window that is too large",
    first: Buffer.concat([start, frame("WINDOW_UPDATE", 0, 0, uint32(0x7fff_ffff))]),
    isEnded: true
  },
  {
    name: "a window of no size",
    first: Buffer.concat([start, frame("WINDOW_UPDATE", 0, 0, uint32(0))]),
    isEnded: true
  },
  {
    name: "settings that are wrong",
    first: Buffer.concat([hello, frame("SETTINGS", 0, 0, setting(4, 0xffff_ffff))]),
    isEnded: true
  },
  {
    name: "headers without end",
    first: Buffer.concat([start, frame("HEADERS", endStream, 1, get("/"))]),
    then: () => repeat(16, () => frame(continuation, 0, 1, literal("x".repeat(100), "y".repeat(8000)))),
    rounds: 100,
    isEnded: true
  },
  {
    name: "continuations of nothing",
    first: Buffer.concat([start, frame("HEADERS", endStream, 1, get("/"))]),
    then: () => repeat(1000, () => frame(continuation, 0, 1)),
    rounds: 1000,
    isEnded: true
  },
  {
    name: "headers that are large, of many streams",
    first: start,
    then: (i) =>
      repeat(10, (j) => {
        const id = streamOf(10 * i + j)
        const large = Array.from({ length: 8 }, () => literal("x", "y".repeat(8000)))
        return Buffer.concat([
          frame("HEADERS", endStream, id, get("/")),
          ...large.map((header, k) => frame(continuation, k === 7 ? endHeaders : 0, id, header))
        ])
      }),
    rounds: 100,
    isEnded: false
  },
  {
    name: "requests that are reset at once",
    first: start,
    then: (i) =>
      repeat(100, (j) =>
        Buffer.concat([
          frame("HEADERS", endHeaders, streamOf(100 * i + j), post),
          frame("RST_STREAM", 0, streamOf(100 * i + j), uint32(8))
        ])),
    rounds: 500,
    isEnded: true
  },
  {
    name: "more streams than are allowed",
    first: start,
    then: (i) => repeat(100, (j) => frame("HEADERS", endHeaders, streamOf(100 * i + j), post)),
    rounds: 100,
    isEnded: true
  },
  {
    name: "PINGs whose answers nobody reads",
    reads: false,
    first: start,
    then: () => repeat(5000, () => frame("PING", 0, 0, Buffer.alloc(8))),
    rounds: 500,
    // over TLS it is not ended, but read no more
    isEnded: false
  },
  {
    name: "SETTINGS whose answers nobody reads",
    reads: false,
    first: start,
    then: () => repeat(5000, () => frame("SETTINGS", 0, 0)),
    rounds: 1000,
    isEnded: true
  },
  {
    name: "SETTINGS that are many",
    first: Buffer.concat([hello, frame("SETTINGS", 0, 0, repeat(2000, () => setting(3, 1)))]),
    isEnded: true
  },
  {
    name: "data that is empty",
    first: Buffer.concat([start, frame("HEADERS", endHeaders, 1, post)]),
    then: () => repeat(1000, () => frame("DATA", 0, 1)),
    rounds: 100,
    isEnded: true
  },
  {
    name: "answers that nobody reads",
    reads: false,
    first: Buffer.concat([
      hello,
      // a window of no size: nothing may be sent
      frame("SETTINGS", 0, 0, setting(4, 0)),
      repeat(90, (i) => frame("HEADERS", endHeaders | endStream, streamOf(i), get("/emulator/v1/openapi.json")))
    ]),
    isEnded: false
  },
  {
    name: "bodies that never end",
    first: Buffer.concat([
      start,
      repeat(
        90,
        (i) =>
          Buffer.concat([
            frame("HEADERS", endHeaders, streamOf(i), post),
            frame("DATA", 0, streamOf(i), Buffer.of(123))
          ])
      )
    ]),
    isEnded: false
  },
  {
    name: "priorities",
    first: start,
    then: (i) => repeat(5000, (j) => frame("PRIORITY", 0, streamOf(5000 * i + j), Buffer.alloc(5, 1))),
    rounds: 20,
    isEnded: false
  }
]

/** What a connection does until it is through, or the server ends it. */
const run = ({ first, isEnded, reads = true, rounds = 0, then = () => Buffer.of() }: Attack, open: () => Net.Socket) =>
  Effect.callback<boolean>((resume) => {
    const socket = open()
    let round = 0
    const go = () => {
      while (round < rounds && !socket.destroyed) {
        if (!socket.write(then(round++))) return void socket.once("drain", go)
      }
      socket.resume()
    }
    if (reads) socket.resume()
    else socket.pause()
    socket.on("error", () => {})
    socket.on("close", () => resume(Effect.succeed(true)))
    socket.once(socket instanceof Tls.TLSSocket ? "secureConnect" : "connect", () => {
      socket.write(first)
      go()
    })
    return Effect.sync(() => socket.destroy())
  }).pipe(
    // who is not ended goes on for a while
    isEnded ? identity : Effect.timeoutOrElse({ duration: "1 second", orElse: () => Effect.succeed(false) })
  )

// -----------------------------------------------------------------------------
// Beside them
// -----------------------------------------------------------------------------

/** Fails unless a good client is answered all the while, and then a new one is. */
const besideGoodClients = <A, E, R>(attack: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const { ca, secureUrl, url } = yield* EmulatorServer
    const good = yield* connect(secureUrl, { ca })
    const errors: Array<unknown> = []
    const note = (error: unknown) => errors.push(error)
    process.on("uncaughtException", note).on("unhandledRejection", note)
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => process.off("uncaughtException", note).off("unhandledRejection", note))
    )
    const before = process.memoryUsage().rss
    const attacking = yield* Effect.forkChild(attack, { startImmediately: true })
    let answered = 0
    while (attacking.pollUnsafe() === undefined || answered < 10) {
      yield* answers(good)
      answered++
    }
    const result = yield* Fiber.join(attacking)
    yield* answers(yield* connect(url))
    assert.isBelow(process.memoryUsage().rss - before, 400 << 20, "bytes of memory more")
    assert.deepStrictEqual(errors, [])
    return result
  }).pipe(Effect.scoped)

const answers = Effect.fnUntraced(function*(session: Session) {
  const { status } = yield* send(session, "good").pipe(Effect.timeout("3 seconds"))
  assert.strictEqual(status, 200)
})

/** Bytes that are no TLS, or stop being it. */
const records: ReadonlyArray<{ readonly name: string; readonly bytes: Uint8Array }> = [
  { name: "a record that is none", bytes: Buffer.concat([Buffer.of(0x16), randomBytes(5000)]) },
  {
    name: "a record of the greatest length",
    bytes: Buffer.concat([Buffer.of(0x16, 3, 1, 0xff, 0xff), Buffer.alloc(65_535, 1)])
  },
  {
    name: "a ClientHello of garbage",
    bytes: Buffer.concat([Buffer.of(0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3), randomBytes(505)])
  },
  {
    name: "an old version of TLS",
    bytes: Buffer.concat([Buffer.of(0x16, 3, 0, 0, 47, 1, 0, 0, 43, 3, 0), randomBytes(41)])
  },
  { name: "empty records", bytes: repeat(20_000, () => Buffer.of(0x16, 3, 3, 0, 0)) },
  {
    name: "a long request that is nearly HTTP/2",
    bytes: Buffer.from(`PRI * HTTP/2.0\r\n\r\nSM\r\n\r${"x".repeat(1000)}`)
  }
]

describe("a server, beside a client that is answered all the while", () => {
  layer(layerServer({ deviceRate: 1_000_000, keep: 100 }), { excludeTestServices: true })((it) => {
    it.effect.each(attacks.flatMap((attack) => [{ ...attack, way: "in clear" }, { ...attack, way: "over TLS" }]))(
      "survives $name, $way",
      ({ way, ...attack }) =>
        Effect.gen(function*() {
          const { ca, url } = yield* EmulatorServer
          const port = Number(new URL(url).port)
          const host = "127.0.0.1"
          const open = () =>
            way === "in clear" ? Net.connect(port, host) : Tls.connect({ port, host, ca, ALPNProtocols: ["h2"] })
          const ended = yield* besideGoodClients(
            Effect.all([run(attack, open), run(attack, open), run(attack, open)], { concurrency: 3 })
          )
          if (attack.isEnded) assert.deepStrictEqual(ended, [true, true, true])
        }),
      20_000
    )

    it.effect.each(records)("survives $name", ({ bytes }) =>
      Effect.gen(function*() {
        const { url } = yield* EmulatorServer
        const answers = yield* besideGoodClients(
          Effect.all(Array.from({ length: 20 }, () => exchangeBytes(url, bytes)), { concurrency: "unbounded" })
        )
        for (const { status } of answers) assert.include([undefined, 400], status)
      }), 20_000)

    it.effect("survives garbage after the handshake", () =>
      Effect.gen(function*() {
        const { ca, url } = yield* EmulatorServer
        const open = Effect.callback<boolean>((resume) => {
          const raw = Net.connect(Number(new URL(url).port), "127.0.0.1")
          const socket = Tls.connect({ socket: raw, ca, ALPNProtocols: ["h2"], servername: "localhost" })
          socket.on("error", () => {})
          raw.on("error", () => {}).on("close", () => resume(Effect.succeed(true)))
          socket.once("secureConnect", () => raw.write(randomBytes(10_000)))
          return Effect.sync(() => raw.destroy())
        })
        yield* besideGoodClients(Effect.all([open, open, open], { concurrency: 3 }))
      }), 20_000)

    it.effect.each([
      { name: "nothing", bytes: "" },
      { name: "half of a preface", bytes: "PRI * HT" },
      { name: "a byte of TLS", bytes: "\u0016" }
    ])(
      "survives 2,500 connections that say $name, of which the oldest are dropped",
      ({ bytes }) =>
        Effect.gen(function*() {
          const { url } = yield* EmulatorServer
          yield* besideGoodClients(Effect.gen(function*() {
            const oldest = yield* connection(url)
            const dropped = new Promise<void>((resolve) => oldest.on("close", () => resolve()))
            oldest.write(bytes)
            for (let i = 0; i < 2500; i++) {
              const socket = yield* connection(url)
              if (bytes !== "") socket.write(bytes)
            }
            yield* Effect.timeout(Effect.promise(() => dropped), "5 seconds")
          }))
        }),
      30_000
    )
  })
})
