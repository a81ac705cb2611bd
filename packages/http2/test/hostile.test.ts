/** Servers that break the protocol, and servers that keep to it in masses. */
import { Http2Error } from "@cloud-messaging/http2"
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import { Duplex } from "node:stream"
import { Budget } from "../src/internal/connection/budget.ts"
import { Connection } from "../src/internal/connection/connection.ts"
import * as Limits from "../src/internal/connection/limits.ts"
import { until } from "./utils/leaves.ts"
import { Call, goaways, heardOf, resets, type Scene, scene, type SceneOptions } from "./utils/peer.ts"
import * as Random from "./utils/random.ts"
import * as Wire from "./utils/wire.ts"

const { codes } = Http2Error

const { flag, type } = Wire

const test = (
  name: string,
  run: (scene: Scene) => Effect.Effect<void, never, Scope.Scope>,
  options: SceneOptions = {}
) => it.effect(name, () => Effect.scoped(Effect.flatMap(scene(options), run)))

const SETTINGS = Wire.settings()

/** Two requests are written; what the server says ends the connection, for this reason, and both requests once. */
const ends = (name: string, code: number, ...bytes: ReadonlyArray<Buffer>) =>
  test(name, (scene) =>
    Effect.gen(function*() {
      const calls = scene.ask(2, "body", false)
      yield* until(() => heardOf(scene, type.HEADERS).length === 2)
      scene.say(...bytes)
      yield* until(() => scene.isOver())
      assert.deepStrictEqual(goaways(scene), [code])
      for (const { end } of calls) assert.include(["lost", "end"], end)
      assert.isTrue(calls.some((call) => call.code === code))
      assert.isTrue(scene.connection.isClosed)
      assert.strictEqual(scene.connection.open, 0)
    }))

describe("PROTOCOL_ERROR", () => {
  const code = codes.PROTOCOL_ERROR
  ends("no SETTINGS first", code, Wire.ping())
  ends("an answer to SETTINGS first", code, Wire.settingsAnswer)
  ends("DATA of no stream", code, SETTINGS, Wire.data(0, "x"))
  ends("HEADERS of no stream", code, SETTINGS, Wire.headers(0, Wire.ok))
  ends("PRIORITY of no stream", code, SETTINGS, Wire.frame(type.PRIORITY, 0, 0, Buffer.alloc(5)))
  ends("RST_STREAM of no stream", code, SETTINGS, Wire.reset(0, 0))
  ends("SETTINGS of a stream", code, SETTINGS, Wire.frame(type.SETTINGS, 0, 1))
  ends("PING of a stream", code, SETTINGS, Wire.frame(type.PING, 0, 1, "12345678"))
  ends("GOAWAY of a stream", code, SETTINGS, Wire.frame(type.GOAWAY, 0, 1, Wire.uint32(0, 0)))
  ends("DATA of a stream that was never opened", code, SETTINGS, Wire.data(5, "x"))
  ends("HEADERS of a stream that was never opened", code, SETTINGS, Wire.headers(5, Wire.ok))
  ends("HEADERS of a stream of the server's", code, SETTINGS, Wire.headers(2, Wire.ok))
  ends("RST_STREAM of a stream that was never opened", code, SETTINGS, Wire.reset(99, 8))
  ends("WINDOW_UPDATE of a stream that was never opened", code, SETTINGS, Wire.windowUpdate(99, 8))
  ends(
    "PUSH_PROMISE",
    code,
    SETTINGS,
    Wire.frame(type.PUSH_PROMISE, flag.END_HEADERS, 1, Buffer.concat([Wire.uint32(2), Wire.ok]))
  )
  ends("padding longer than DATA", code, SETTINGS, Wire.data(1, Buffer.from([9, 1]), flag.PADDED))
  ends("padding longer than HEADERS", code, SETTINGS, Wire.headers(1, Buffer.from([9, 1]), flag.PADDED))
  ends("CONTINUATION of nothing", code, SETTINGS, Wire.frame(type.CONTINUATION, flag.END_HEADERS, 1, Wire.ok))
  ends("a header block that PING interrupts", code, SETTINGS, Wire.frame(type.HEADERS, 0, 1, Wire.ok), Wire.ping())
  ends(
    "a header block that another stream's interrupts",
    code,
    SETTINGS,
    Wire.frame(type.HEADERS, 0, 1, Wire.ok),
    Wire.frame(type.CONTINUATION, flag.END_HEADERS, 3, Wire.ok)
  )
  ends("SETTINGS that enable push", code, SETTINGS, Wire.settings([2, 1]))
  ends("SETTINGS with tiny frames", code, SETTINGS, Wire.settings([5, 16_383]))
  ends("SETTINGS with huge frames", code, SETTINGS, Wire.settings([5, 2 ** 24]))
  ends("GOAWAY that takes back a refusal", code, SETTINGS, Wire.goaway(3, 0), Wire.goaway(5, 0))
  ends("WINDOW_UPDATE of 0 bytes", code, SETTINGS, Wire.windowUpdate(0, 0))
})

describe("FRAME_SIZE_ERROR", () => {
  const code = codes.FRAME_SIZE_ERROR
  ends("an answer of HTTP/1.1", code, Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n"))
  ends("a frame that is too large", code, SETTINGS, Wire.data(1, "x".repeat(16_385)))
  ends("padded DATA of no bytes", code, SETTINGS, Wire.data(1, "", flag.PADDED))
  ends("HEADERS too short for their priority", code, SETTINGS, Wire.headers(1, Wire.ok, flag.PRIORITY))
  ends("PRIORITY of 4 bytes", code, SETTINGS, Wire.frame(type.PRIORITY, 0, 1, "1234"))
  ends("RST_STREAM of 3 bytes", code, SETTINGS, Wire.frame(type.RST_STREAM, 0, 1, "123"))
  ends("SETTINGS of 5 bytes", code, SETTINGS, Wire.frame(type.SETTINGS, 0, 0, "12345"))
  ends(
    "an answer to SETTINGS that says something",
    code,
    SETTINGS,
    Wire.frame(type.SETTINGS, flag.ACK, 0, Buffer.alloc(6))
  )
  ends("PING of 7 bytes", code, SETTINGS, Wire.ping("1234567"))
  ends("GOAWAY of 7 bytes", code, SETTINGS, Wire.frame(type.GOAWAY, 0, 0, "1234567"))
  ends("WINDOW_UPDATE of 5 bytes", code, SETTINGS, Wire.frame(type.WINDOW_UPDATE, 0, 0, "12345"))
})

describe("FLOW_CONTROL_ERROR", () => {
  const code = codes.FLOW_CONTROL_ERROR
  ends("SETTINGS with a window of 2^31", code, SETTINGS, Wire.settings([4, 2 ** 31]))
  ends("a window of the connection above 2^31 - 1", code, SETTINGS, Wire.windowUpdate(0, 2 ** 31 - 1))
  ends(
    "SETTINGS that have a stream's window exceed 2^31 - 1",
    code,
    SETTINGS,
    Wire.windowUpdate(1, 2 ** 31 - 1 - 65_535),
    Wire.settings([4, 65_540])
  )
})

describe("COMPRESSION_ERROR", () => {
  const code = codes.COMPRESSION_ERROR
  ends("an index that no table has", code, SETTINGS, Wire.headers(1, Buffer.from([0xff, 0x7f])))
  ends(
    "an integer without end",
    code,
    SETTINGS,
    Wire.headers(1, Buffer.from([0xff, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01]))
  )
  ends("a string that is cut", code, SETTINGS, Wire.headers(1, Buffer.from([0x00, 0x05, 0x61])))
  ends("a table larger than ours", code, SETTINGS, Wire.headers(1, Buffer.from([0x3f, 0xe2, 0x1f])))
  ends("EOS in Huffman's code", code, SETTINGS, Wire.headers(1, Buffer.from([0x00, 0x84, 0xff, 0xff, 0xff, 0xff])))
  ends(
    "in HEADERS of a stream that ended",
    code,
    SETTINGS,
    Wire.headers(1, Wire.ok, 1),
    Wire.headers(1, Buffer.from([0xff, 0x7f]))
  )
})

describe("floods: ENHANCE_YOUR_CALM", () => {
  const code = codes.ENHANCE_YOUR_CALM
  const many = Limits.vainFrames.burst + 5000
  const begun = Wire.frame(type.HEADERS, 0, 1, Wire.ok)
  ends(
    "CONTINUATION, empty (CVE-2024-27316)",
    code,
    SETTINGS,
    begun,
    Wire.repeat(many, Wire.frame(type.CONTINUATION, 0, 1))
  )
  ends(
    "CONTINUATION, full",
    code,
    SETTINGS,
    begun,
    Wire.repeat(7, Wire.frame(type.CONTINUATION, 0, 1, "x".repeat(16_000)))
  )
  ends(
    "DATA of no bytes (CVE-2019-9518)",
    code,
    SETTINGS,
    Wire.headers(1, Wire.ok),
    Wire.repeat(many, Wire.data(1, ""))
  )
  ends("informational responses", code, SETTINGS, Wire.repeat(many, Wire.headers(1, Wire.block(":status", "100"))))
  ends("PRIORITY", code, SETTINGS, Wire.repeat(many, Wire.frame(type.PRIORITY, 0, 1, Buffer.alloc(5))))
  ends("frames that nobody knows", code, SETTINGS, Wire.repeat(many, Wire.frame(77, 0, 0)))
  ends("WINDOW_UPDATE", code, SETTINGS, Wire.repeat(many, Wire.windowUpdate(1, 1)))
  ends("answers to SETTINGS", code, SETTINGS, Wire.repeat(many, Wire.settingsAnswer))
  ends("answers to PING", code, SETTINGS, Wire.repeat(many, Wire.frame(type.PING, flag.ACK, 0, "12345678")))
  ends("GOAWAY", code, SETTINGS, Wire.repeat(many, Wire.goaway(2 ** 31 - 1, 0)))
  ends(
    "RST_STREAM of a stream that ended (CVE-2019-9514)",
    code,
    SETTINGS,
    Wire.headers(1, Wire.ok, 1),
    Wire.repeat(many, Wire.reset(1, 0))
  )
  ends("DATA of a stream that ended", code, SETTINGS, Wire.headers(1, Wire.ok, 1), Wire.repeat(many, Wire.data(1, "x")))
  ends(
    "HEADERS of a stream that ended",
    code,
    SETTINGS,
    Wire.headers(1, Wire.ok, 1),
    Wire.repeat(many, Wire.headers(1, Wire.ok))
  )

  const unread = {
    "PING whose answers nobody reads (CVE-2019-9512)": Wire.ping(),
    "SETTINGS whose answers nobody reads (CVE-2019-9515)": SETTINGS
  }
  for (const [name, frame] of Object.entries(unread)) {
    test(name, (scene) =>
      Effect.gen(function*() {
        const calls = scene.ask(2)
        scene.say(SETTINGS, Wire.repeat(200_000, frame))
        yield* until(() => calls.every(({ end }) => end !== ""))
        assert.deepStrictEqual(calls.map((call) => [call.end, call.code]), [["lost", code], ["lost", code]])
      }), { reads: false })
  }

  test("a window in crumbs: a body that goes out byte by byte does not make up for it (CVE-2019-9511)", (scene) =>
    Effect.gen(function*() {
      scene.say(Wire.settings([4, 0]))
      yield* scene.settled
      const [call] = scene.ask(1, Buffer.alloc(100_000))
      yield* until(() => heardOf(scene, type.HEADERS).length === 1)
      scene.say(Wire.repeat(many, Wire.windowUpdate(1, 1)))
      yield* until(scene.isOver)
      assert.strictEqual(call?.code, code)
    }))

  test("what comes along with responses is no flood", (scene) =>
    Effect.gen(function*() {
      scene.say(Wire.settings([3, 1000]))
      yield* scene.settled
      for (let round = 0; round < 20; round++) {
        const calls = scene.ask(1000)
        yield* until(() => heardOf(scene, type.HEADERS).length === 1000 * (round + 1))
        scene.say(...calls.flatMap(({ id }) => [
          Wire.repeat(4, Wire.windowUpdate(0, 1)),
          Wire.headers(id, Wire.ok, flag.END_STREAM)
        ]))
        yield* until(() => calls.every(({ end }) => end !== ""))
        assert.isTrue(calls.every(({ end }) => end === "end"))
      }
    }))

  it("what comes now and then is no flood, however long it goes on", () => {
    let now = 0
    const budget = new Budget({ burst: 10, perSecond: 5 }, () => now)
    for (let second = 0; second < 100; second++) {
      for (let n = 0; n < 5; n++) assert.isTrue(budget.spend())
      now += 1000
    }
    for (let n = 0; n < 10; n++) budget.spend()
    assert.isFalse(budget.spend())
    now += 200
    assert.isTrue(budget.spend())
    assert.isFalse(budget.spend())
    budget.earn(1000)
    for (let n = 0; n < 10; n++) assert.isTrue(budget.spend())
    assert.isFalse(budget.spend())
  })
})

describe("bombs", () => {
  // 4 KB in the table, referred to 16,000 times: 64 MB of fields in 16 KB (CVE-2016-1544)
  test("HPACK: the stream is reset, and the table stays right", (scene) =>
    Effect.gen(function*() {
      const calls = scene.ask(3)
      yield* until(() => heardOf(scene, type.HEADERS).length === 3)
      const insert = Buffer.concat([Wire.ok, Buffer.from([0x40]), Wire.block("x", "a".repeat(3900)).subarray(1)])
      scene.say(
        SETTINGS,
        Wire.headers(1, insert, flag.END_STREAM),
        Wire.headers(3, Buffer.concat([Wire.ok, Buffer.alloc(16_000, 0xbe)])),
        Wire.headers(5, Buffer.concat([Wire.ok, Buffer.from([0xbe])]), flag.END_STREAM)
      )
      yield* scene.settled
      assert.deepStrictEqual(calls.map(({ end }) => end), ["end", "lost", "end"])
      assert.deepStrictEqual(calls[2]?.responseFields.slice(2), ["x", "a".repeat(3900)])
      assert.deepStrictEqual(resets(scene), [[3, codes.ENHANCE_YOUR_CALM]])
      assert.deepStrictEqual(goaways(scene), [])
    }))

  // 2730 changes of all windows in each frame
  test("SETTINGS that change a window a thousand times, in frame after frame", (scene) =>
    Effect.gen(function*() {
      scene.say(SETTINGS)
      yield* scene.settled
      const calls = scene.ask(1000, "body", false)
      yield* until(() => heardOf(scene, type.HEADERS).length === 1000)
      const before = performance.now()
      const change = Wire.settings(...Array.from({ length: 2730 }, (_, i) => [4, i] as const))
      for (let i = 0; i < 300; i++) scene.say(change)
      yield* scene.settled
      assert.deepStrictEqual(goaways(scene), [])
      assert.isTrue(calls.every(({ end }) => end === ""))
      // 300 frames are 5 MB; changed one by one, they are 819 million changes
      assert.isBelow(performance.now() - before, 5000)
    }))
})

describe("fuzz", () => {
  const sink = () =>
    Object.assign(
      new Duplex({
        read: () => {},
        write: (_chunk, _encoding, written) => written()
      }),
      { setNoDelay: () => {}, destroySoon: () => {} }
    )

  const lengths = [0, 1, 4, 5, 6, 8, 30] as const

  /** Frames that are likely to mean something. */
  const frameOf = (random: Random.Random) => {
    const length = random.oneOf(...lengths)
    const payload = Buffer.from(Array.from({ length }, () => random.below(3) === 0 ? 0x88 : random.below(256)))
    const flags = random.oneOf(0, 1, 4, 5, 8, 9, 12, 13, 32, random.below(256))
    return Wire.frame(random.below(11), flags, random.below(5), payload)
  }

  it.effect("whatever bytes come: no exception, and each request ends once", () =>
    Effect.gen(function*() {
      const random = Random.make(1)
      let ended = 0
      for (let i = 0; i < 3000; i++) {
        let closed = 0
        const connection: Connection = new Connection(
          sink(),
          { onRoom: () => {}, onDrain: () => {}, onGoaway: () => {}, onRead: () => {}, onClose: () => closed++ },
          { maxStreams: 100 }
        )
        const calls = [true, false].map((isLast) => new Call(() => connection, "body", isLast))
        calls.forEach((call) => connection.start(call))
        yield* until(() => calls.every(({ id }) => id > 0))
        const bytes = Buffer.concat([SETTINGS, ...Array.from({ length: 1 + random.below(8) }, () => frameOf(random))])
        for (let n = random.below(4); n > 0; n--) bytes[random.below(bytes.length)] = random.below(256)
        for (let at = 0; at < bytes.length;) {
          const piece = Buffer.from(bytes.subarray(at, at + 1 + random.below(40)))
          connection.read(piece, 0, piece.length)
          at += piece.length
        }
        if (connection.isClosed) ended++
        connection.destroy(new Http2Error.Http2Error({ errorCode: 0, isFromServer: false, reason: "the end" }))
        assert.strictEqual(closed, 1)
        assert.strictEqual(connection.open, 0)
        for (const { end } of calls) assert.include(["end", "lost", "refused"], end)
      }
      assert.isAbove(ended, 300)
    }))
})
