/** One connection: what RFC 9113 asks of a client, seen by a scripted server. */
import { Http2Error } from "@cloud-messaging/http2"
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import { until } from "./utils/leaves.ts"
import { goaways, heardOf, resets, type Scene, scene, type SceneOptions } from "./utils/peer.ts"
import * as Wire from "./utils/wire.ts"

const { codes } = Http2Error

const test = (
  name: string,
  run: (scene: Scene) => Effect.Effect<void, never, Scope.Scope>,
  options: SceneOptions = {}
) => it.effect(name, () => Effect.scoped(Effect.flatMap(scene(options), run)))

/** The server is ready. */
const SETTINGS = Wire.settings()

const ok = (id: number, body = "") =>
  body === ""
    ? Wire.headers(id, Wire.ok, Wire.flag.END_STREAM)
    : Buffer.concat([Wire.headers(id, Wire.ok), Wire.data(id, body, Wire.flag.END_STREAM)])

const isDone = (calls: ReadonlyArray<{ readonly end: string }>) => () => calls.every(({ end }) => end !== "")

const ends = (calls: ReadonlyArray<{ readonly end: string }>) => calls.map(({ end }) => end)

const bodyOf = (scene: Scene, id: number) =>
  Buffer.concat(heardOf(scene, Wire.type.DATA).filter((frame) => frame.id === id).map(({ payload }) => payload))

describe("the beginning", () => {
  test("preface, SETTINGS and a wide window come first, and requests along with them", (scene) =>
    Effect.gen(function*() {
      scene.ask(2)
      yield* until(() => scene.frames().length >= 4)
      const [settings, window, first, second] = scene.frames()
      assert.deepStrictEqual(
        [settings?.type, settings?.payload.toString("hex")],
        [Wire.type.SETTINGS, "000200000000000600010000"]
      )
      assert.deepStrictEqual(
        [window?.type, window?.id, window?.payload.readUInt32BE(0)],
        [Wire.type.WINDOW_UPDATE, 0, 32 * 1024 * 1024 - 65_535]
      )
      assert.deepStrictEqual([first?.id, second?.id], [1, 3])
      assert.strictEqual(scene.chunkCount(), 1)
    }))

  test("SETTINGS are answered, and theirs confirm ours", (scene) =>
    Effect.gen(function*() {
      assert.isFalse(scene.connection.isConfirmed)
      scene.say(SETTINGS, Wire.settingsAnswer)
      yield* scene.settled
      assert.isTrue(scene.connection.isConfirmed)
      const answers = heardOf(scene, Wire.type.SETTINGS).filter(({ flags }) => flags === Wire.flag.ACK)
      assert.deepStrictEqual(answers.map(({ payload }) => payload.length), [0])
    }))
})

describe("one write", () => {
  test("for all that is said in a turn of the event loop", (scene) =>
    Effect.gen(function*() {
      scene.say(SETTINGS)
      yield* scene.settled
      const before = scene.chunkCount()
      scene.ask(100, "{\"body\":\"of some bytes\"}")
      yield* until(() => heardOf(scene, Wire.type.DATA).length === 100)
      assert.strictEqual(scene.chunkCount() - before, 1)
    }))
})

describe("responses", () => {
  for (const cut of [0, 1, 2, 3, 5, 8, 9, 10, 17, 1000]) {
    test(
      `whole, with everything that may come along, in pieces of ${cut === 0 ? "all" : cut} bytes`,
      (scene) =>
        Effect.gen(function*() {
          const calls = scene.ask(2)
          yield* until(() => heardOf(scene, Wire.type.HEADERS).length === 2)
          const block = Wire.block(":status", "200", "content-type", "text/plain", "x-long", "y".repeat(300))
          const padded = Buffer.concat([Buffer.from([4]), Buffer.from("hello"), Buffer.alloc(4)])
          const prioritized = Buffer.concat([Buffer.from([3]), Buffer.alloc(5), Wire.ok, Buffer.alloc(3)])
          scene.say(
            SETTINGS,
            Wire.windowUpdate(0, 1000),
            Wire.frame(Wire.type.PRIORITY, 0, 1, Buffer.alloc(5)),
            Wire.frame(99, 7, 1, "what nobody knows"),
            Wire.headers(1, Wire.block(":status", "103", "link", "x")),
            Wire.frame(Wire.type.HEADERS, 0, 1, block.subarray(0, 7)),
            Wire.frame(Wire.type.CONTINUATION, 0, 1, block.subarray(7, 20)),
            Wire.frame(Wire.type.CONTINUATION, Wire.flag.END_HEADERS, 1, block.subarray(20)),
            Wire.data(1, padded, Wire.flag.PADDED),
            Wire.ping(),
            Wire.data(1, " "),
            Wire.data(1, "world", Wire.flag.END_STREAM),
            Wire.headers(3, prioritized, Wire.flag.PADDED | Wire.flag.PRIORITY),
            Wire.data(3, "x".repeat(16_384)),
            Wire.headers(3, Wire.block("x-trailer", "1"), Wire.flag.END_STREAM)
          )
          yield* until(isDone(calls))
          assert.deepStrictEqual(calls.map(({ heard }) => heard), [["headers", "end"], ["headers", "end"]])
          assert.strictEqual(calls[0]?.body, "hello world")
          assert.deepStrictEqual(calls[0]?.responseFields.slice(2), [
            "content-type",
            "text/plain",
            "x-long",
            "y".repeat(300)
          ])
          assert.strictEqual(calls[1]?.body.length, 16_384)
          yield* scene.settled
          assert.strictEqual(
            heardOf(scene, Wire.type.PING).find(({ flags }) => flags === Wire.flag.ACK)?.payload.toString(),
            "12345678"
          )
          assert.deepStrictEqual(goaways(scene), [])
        }),
      { cut }
    )
  }

  test("HEAD, 204 and 304 have no content, whatever content-length says", (scene) =>
    Effect.gen(function*() {
      const calls = scene.ask(3)
      const [head] = calls
      if (head !== undefined) head.isHead = true
      yield* until(() => heardOf(scene, Wire.type.HEADERS).length === 3)
      const fields = (status: string) => Wire.block(":status", status, "content-length", "5")
      scene.say(SETTINGS, ...["200", "204", "304"].map((status, i) => Wire.headers(2 * i + 1, fields(status), 1)))
      yield* until(isDone(calls))
      assert.deepStrictEqual(ends(calls), ["end", "end", "end"])
    }))

  const cuts = {
    "less content than announced": [
      Wire.headers(1, Wire.block(":status", "200", "content-length", "5")),
      Wire.data(1, "four", 1)
    ],
    "more content than announced": [
      Wire.headers(1, Wire.block(":status", "200", "content-length", "3")),
      Wire.data(1, "four", 1)
    ],
    "content where there is none": [Wire.headers(1, Wire.block(":status", "204")), Wire.data(1, "four", 1)],
    "less content before trailers": [
      Wire.headers(1, Wire.block(":status", "200", "content-length", "5")),
      Wire.data(1, "four"),
      Wire.headers(1, Wire.block("x", "y"), 1)
    ],
    "a reset in the middle": [Wire.headers(1, Wire.ok), Wire.data(1, "half"), Wire.reset(1, codes.INTERNAL_ERROR)],
    "a reset without an error in the middle": [
      Wire.headers(1, Wire.ok),
      Wire.data(1, "half"),
      Wire.reset(1, codes.NO_ERROR)
    ],
    "a refusal after its headers": [Wire.headers(1, Wire.ok), Wire.reset(1, codes.REFUSED_STREAM)]
  }
  for (const [name, bytes] of Object.entries(cuts)) {
    test(`${name}: no whole response, and no other one is touched`, (scene) =>
      Effect.gen(function*() {
        const calls = scene.ask(2)
        yield* until(() => heardOf(scene, Wire.type.HEADERS).length === 2)
        scene.say(SETTINGS, ...bytes, ok(3, "whole"))
        yield* until(isDone(calls))
        assert.deepStrictEqual(ends(calls), ["lost", "end"])
        assert.strictEqual(calls[1]?.body, "whole")
      }))
  }

  test("before the request is whole: its stream is reset, and its room is free", (scene) =>
    Effect.gen(function*() {
      scene.say(Wire.settings([3, 1], [4, 0]))
      yield* scene.settled
      for (const id of [1, 3, 5]) {
        assert.strictEqual(scene.connection.room, 1)
        const calls = scene.ask(1, "a body that has no window")
        yield* until(() => heardOf(scene, Wire.type.HEADERS).length === (id + 1) / 2)
        scene.say(ok(id, "{}"))
        yield* until(isDone(calls))
        assert.deepStrictEqual(ends(calls), ["end"])
      }
      yield* scene.settled
      assert.deepStrictEqual(resets(scene), [[1, codes.NO_ERROR], [3, codes.NO_ERROR], [5, codes.NO_ERROR]])
    }))

  test("what comes for a stream that was cancelled is let be, and its headers still count for the table", (scene) =>
    Effect.gen(function*() {
      const [cancelled] = scene.ask(2)
      yield* until(() => heardOf(scene, Wire.type.HEADERS).length === 2)
      if (cancelled !== undefined) scene.connection.cancel(cancelled)
      const inserted = Buffer.concat([Wire.ok, Buffer.from([0x40]), Wire.block("x", "y").subarray(1)])
      scene.say(SETTINGS, Wire.headers(1, inserted), Wire.data(1, "late"), Wire.windowUpdate(1, 1), Wire.reset(1, 0))
      scene.say(Wire.headers(3, Buffer.from([0x88, 0xbe]), 1))
      yield* scene.settled
      assert.deepStrictEqual(cancelled?.heard, [])
      assert.deepStrictEqual(resets(scene), [[1, codes.CANCEL]])
      assert.strictEqual(scene.connection.open, 0)
    }))
})

describe("malformed responses", () => {
  const malformed = {
    "no :status": ["content-type", "x"],
    ":status not first": ["content-type", "x", ":status", "200"],
    ":status of four digits": [":status", "2000"],
    ":status below 100": [":status", "099"],
    ":status twice": [":status", "200", ":status", "200"],
    "a pseudo-header field of requests": [":status", "200", ":path", "/"],
    "a name in upper case": [":status", "200", "X-Y", "1"],
    "a name of no letters": [":status", "200", "", "1"],
    "connection: close": [":status", "200", "connection", "close"],
    "transfer-encoding": [":status", "200", "transfer-encoding", "chunked"],
    "a line break in a value": [":status", "200", "x", "a\r\nb: c"],
    "a value that begins with a space": [":status", "200", "x", " a"],
    "101": [":status", "101"],
    "content-length that is no number": [":status", "200", "content-length", "1e3"],
    "two content-lengths": [":status", "200", "content-length", "1", "content-length", "2"]
  }
  for (const [name, fields] of Object.entries(malformed)) {
    test(`${name}: resets the stream alone`, (scene) =>
      Effect.gen(function*() {
        const calls = scene.ask(2)
        yield* until(() => heardOf(scene, Wire.type.HEADERS).length === 2)
        scene.say(SETTINGS, Wire.headers(1, Wire.block(...fields)), ok(3))
        yield* scene.settled
        assert.deepStrictEqual(ends(calls), ["lost", "end"])
        assert.deepStrictEqual(resets(scene), [[1, codes.PROTOCOL_ERROR]])
        assert.deepStrictEqual(goaways(scene), [])
      }))
  }

  const frames = {
    "DATA before HEADERS": [[Wire.data(1, "x")], codes.PROTOCOL_ERROR],
    "an informational response that ends": [[Wire.headers(1, Wire.block(":status", "103"), 1)], codes.PROTOCOL_ERROR],
    "trailers that do not end": [
      [Wire.headers(1, Wire.ok), Wire.headers(1, Wire.block("x", "y"))],
      codes.PROTOCOL_ERROR
    ],
    "trailers with :status": [[Wire.headers(1, Wire.ok), Wire.headers(1, Wire.ok, 1)], codes.PROTOCOL_ERROR],
    "WINDOW_UPDATE of 0 bytes": [[Wire.windowUpdate(1, 0)], codes.PROTOCOL_ERROR],
    "WINDOW_UPDATE beyond the largest window": [[Wire.windowUpdate(1, 2 ** 31 - 1)], codes.FLOW_CONTROL_ERROR]
  } as const
  for (const [name, [bytes, code]] of Object.entries(frames)) {
    test(`${name}: resets the stream alone`, (scene) =>
      Effect.gen(function*() {
        const calls = scene.ask(2, "body", false)
        yield* until(() => heardOf(scene, Wire.type.HEADERS).length === 2)
        scene.say(SETTINGS, ...bytes)
        yield* scene.settled
        assert.deepStrictEqual(ends(calls), ["lost", ""])
        assert.deepStrictEqual(resets(scene), [[1, code]])
        assert.deepStrictEqual(goaways(scene), [])
      }))
  }
})

describe("windows", () => {
  test("a body waits for the windows, whoever widens them", (scene) =>
    Effect.gen(function*() {
      const body = Buffer.alloc(100_000, "b")
      const calls = scene.ask(2, body)
      // the window of the connection
      yield* until(() => bodyOf(scene, 1).length === 65_535)
      scene.say(SETTINGS, Wire.settings([4, 10]), Wire.windowUpdate(0, 1_000_000))
      yield* scene.settled
      assert.deepStrictEqual([bodyOf(scene, 1).length, bodyOf(scene, 3).length], [65_535, 10])
      scene.say(Wire.settings([4, 70_000]))
      yield* until(() => bodyOf(scene, 1).length === 70_000 && bodyOf(scene, 3).length === 70_000)
      scene.say(Wire.windowUpdate(1, 30_000), Wire.windowUpdate(3, 29_999))
      yield* until(() => bodyOf(scene, 1).length === 100_000)
      yield* scene.settled
      assert.strictEqual(bodyOf(scene, 3).length, 99_999)
      scene.say(Wire.windowUpdate(3, 1))
      yield* until(() => bodyOf(scene, 3).length === 100_000)
      assert.isTrue(heardOf(scene, Wire.type.DATA).every(({ payload }) => payload.length <= 16_384))
      const last = heardOf(scene, Wire.type.DATA).filter(({ flags }) => flags === Wire.flag.END_STREAM)
      assert.deepStrictEqual(last.map(({ id }) => id), [1, 3])
      assert.deepStrictEqual(ends(calls), ["", ""])
    }))

  test("a body that is a text, in other letters, goes on as bytes", (scene) =>
    Effect.gen(function*() {
      scene.say(Wire.settings([4, 3]))
      yield* scene.settled
      scene.ask(1, "ääää")
      yield* until(() => bodyOf(scene, 1).length === 3)
      scene.say(Wire.windowUpdate(1, 100))
      yield* until(() => bodyOf(scene, 1).length === 8)
      assert.strictEqual(bodyOf(scene, 1).toString(), "ääää")
    }))

  test("a body in parts, with an end that is empty", (scene) =>
    Effect.gen(function*() {
      const [call] = scene.ask(1, undefined, false)
      if (call === undefined) return
      scene.connection.write(call, Buffer.from("one "), false)
      yield* until(() => bodyOf(scene, 1).length === 4)
      scene.connection.write(call, Buffer.from("two"), false)
      scene.connection.write(call, Buffer.alloc(0), true)
      yield* until(() => heardOf(scene, Wire.type.DATA).length === 3)
      assert.strictEqual(bodyOf(scene, 1).toString(), "one two")
      assert.deepStrictEqual(heardOf(scene, Wire.type.DATA).map(({ flags }) => flags), [0, 0, 1])
    }))

  test("a large body does not keep small ones from being sent, when the socket is slow", (scene) =>
    Effect.gen(function*() {
      scene.say(Wire.settings([4, 2 ** 31 - 1]), Wire.windowUpdate(0, 2 ** 31 - 1 - 65_535))
      yield* scene.settled
      scene.ask(1, Buffer.alloc(20_000_000))
      yield* until(() => bodyOf(scene, 1).length > 0)
      const [small] = scene.ask(1, "small")
      yield* until(() => heardOf(scene, Wire.type.DATA).some(({ id }) => id === small?.id))
      assert.isBelow(bodyOf(scene, 1).length, 20_000_000)
    }))

  test("what is read is given back in large pieces, and what nobody reads is not", (scene) =>
    Effect.gen(function*() {
      const [reader, sleeper] = scene.ask(2)
      if (sleeper !== undefined) sleeper.isReading = false
      yield* until(() => heardOf(scene, Wire.type.HEADERS).length === 2)
      const part = Buffer.alloc(16_000, "x")
      scene.say(SETTINGS)
      for (const id of [1, 3]) scene.say(Wire.headers(id, Wire.ok), ...[1, 2, 3, 4].map(() => Wire.data(id, part)))
      yield* scene.settled
      const updates = heardOf(scene, Wire.type.WINDOW_UPDATE).filter(({ id }) => id > 0)
      assert.deepStrictEqual(updates.map(({ id, payload }) => [id, payload.readUInt32BE(0)]), [[1, 48_000]])
      assert.strictEqual(sleeper?.body.length, 64_000)
      if (sleeper !== undefined) scene.connection.take(sleeper, 64_000)
      yield* scene.settled
      assert.strictEqual(heardOf(scene, Wire.type.WINDOW_UPDATE).at(-1)?.id, 3)
      assert.strictEqual(reader?.end, "")
    }))

  test("padding counts, and is given back at once", (scene) =>
    Effect.gen(function*() {
      const [call] = scene.ask()
      if (call !== undefined) call.isReading = false
      yield* until(() => heardOf(scene, Wire.type.HEADERS).length === 1)
      const padded = Buffer.concat([Buffer.from([255]), Buffer.from("x"), Buffer.alloc(255)])
      scene.say(SETTINGS, Wire.headers(1, Wire.ok), Wire.repeat(500, Wire.data(1, padded, Wire.flag.PADDED)))
      yield* scene.settled
      assert.strictEqual(call?.body.length, 500)
      assert.strictEqual(call?.end, "")
    }))

  test("DATA beyond the window of a stream resets it", (scene) =>
    Effect.gen(function*() {
      const calls = scene.ask(2)
      for (const call of calls) call.isReading = false
      yield* until(() => heardOf(scene, Wire.type.HEADERS).length === 2)
      const full = [16_384, 16_384, 16_384, 16_383].map((length) => Wire.data(1, Buffer.alloc(length)))
      scene.say(SETTINGS, Wire.headers(1, Wire.ok), ...full)
      yield* scene.settled
      assert.deepStrictEqual(ends(calls), ["", ""])
      scene.say(Wire.data(1, "x"), ok(3))
      yield* scene.settled
      assert.deepStrictEqual(ends(calls), ["lost", "end"])
      assert.deepStrictEqual(resets(scene), [[1, codes.FLOW_CONTROL_ERROR]])
    }))

  test("a body that the server leaves without a window can be given up", (scene) =>
    Effect.gen(function*() {
      scene.say(Wire.settings([4, 0]))
      yield* scene.settled
      const calls = scene.ask(2, "body")
      yield* until(() => heardOf(scene, Wire.type.HEADERS).length === 2)
      scene.connection.resetStalled()
      scene.say(Wire.windowUpdate(1, 1))
      yield* until(() => bodyOf(scene, 1).length === 1)
      scene.connection.resetStalled()
      yield* scene.settled
      assert.deepStrictEqual(ends(calls), ["", "lost"])
      assert.deepStrictEqual(resets(scene), [[3, codes.CANCEL]])
    }))
})

describe("how many streams", () => {
  test("100 until the server says, then as many as it says, or as the client wants", (scene) =>
    Effect.gen(function*() {
      assert.strictEqual(scene.connection.room, 100)
      scene.say(Wire.settings([3, 5]))
      yield* scene.settled
      assert.strictEqual(scene.connection.room, 5)
      scene.say(Wire.settings([3, 2000]))
      yield* scene.settled
      assert.strictEqual(scene.connection.room, 1000)
      // other settings leave it
      scene.say(Wire.settings([3, 7]), Wire.settings([4, 100]))
      yield* scene.settled
      assert.strictEqual(scene.connection.room, 7)
    }))

  test("no limit of the server's is said: the client's counts", (scene) =>
    Effect.gen(function*() {
      scene.say(SETTINGS)
      yield* scene.settled
      assert.strictEqual(scene.connection.room, 1000)
    }))

  test("a stream that is cancelled leaves its room in the next turn", (scene) =>
    Effect.gen(function*() {
      scene.say(Wire.settings([3, 3]))
      yield* scene.settled
      const calls = scene.ask(3)
      yield* until(() => heardOf(scene, Wire.type.HEADERS).length === 3)
      for (const call of calls) scene.connection.cancel(call)
      assert.strictEqual(scene.connection.room, 0)
      yield* until(() => scene.connection.room === 3)
      assert.include(scene.events, "room")
    }))

  test("a request that is cancelled in the turn of its start is never written", (scene) =>
    Effect.gen(function*() {
      scene.say(SETTINGS)
      yield* scene.settled
      const [first, second] = scene.ask(2)
      if (first !== undefined) scene.connection.cancel(first)
      yield* until(() => heardOf(scene, Wire.type.HEADERS).length === 1)
      assert.strictEqual(second?.id, 1)
      yield* scene.settled
      assert.deepStrictEqual(resets(scene), [])
    }))

  test(
    "the numbers of streams run out: the last is used, then the connection ends",
    (scene) =>
      Effect.gen(function*() {
        const first = scene.ask(1)
        assert.isAbove(scene.connection.room, 0)
        const calls = [...first, ...scene.ask(1)]
        assert.strictEqual(scene.connection.room, 0)
        assert.deepStrictEqual(scene.events, ["drain"])
        yield* until(() => heardOf(scene, Wire.type.HEADERS).length === 2)
        assert.deepStrictEqual(heardOf(scene, Wire.type.HEADERS).map(({ id }) => id), [2 ** 31 - 3, 2 ** 31 - 1])
        scene.say(SETTINGS, ok(2 ** 31 - 3), ok(2 ** 31 - 1))
        yield* until(isDone(calls))
        assert.deepStrictEqual(ends(calls), ["end", "end"])
        yield* until(scene.isOver)
        assert.deepStrictEqual(goaways(scene), [codes.NO_ERROR])
      }),
    { firstId: 2 ** 31 - 3 }
  )

  test("a request whose fields are larger than the server takes", (scene) =>
    Effect.gen(function*() {
      const fields = [":method", "GET", "x", "y".repeat(100)]
      assert.isUndefined(scene.connection.exceededBy(fields))
      scene.say(Wire.settings([6, 100]))
      yield* scene.settled
      assert.strictEqual(scene.connection.exceededBy(fields), 100)
      assert.isUndefined(scene.connection.exceededBy([":method", "GET"]))
    }))
})

describe("GOAWAY", () => {
  test("later streams were not processed, earlier ones go on, and then it ends", (scene) =>
    Effect.gen(function*() {
      const calls = scene.ask(3)
      yield* until(() => heardOf(scene, Wire.type.HEADERS).length === 3)
      scene.say(SETTINGS, Wire.goaway(2 ** 31 - 1, 0), Wire.goaway(3, 0))
      yield* scene.settled
      assert.strictEqual(scene.connection.room, 0)
      assert.deepStrictEqual(ends(calls), ["", "", "refused"])
      scene.say(ok(1), ok(3))
      yield* until(scene.isOver)
      assert.deepStrictEqual(ends(calls), ["end", "end", "refused"])
      assert.deepStrictEqual(goaways(scene), [codes.NO_ERROR])
      assert.deepStrictEqual(scene.events.filter((event) => event !== "room"), [
        "goaway 0",
        "drain",
        "goaway 0",
        "close"
      ])
    }))

  test("for an error: earlier streams are lost, later ones were not processed", (scene) =>
    Effect.gen(function*() {
      const calls = scene.ask(3)
      yield* until(() => heardOf(scene, Wire.type.HEADERS).length === 3)
      scene.say(SETTINGS, Wire.goaway(1, codes.ENHANCE_YOUR_CALM))
      yield* until(scene.isOver)
      assert.deepStrictEqual(ends(calls), ["lost", "refused", "refused"])
      assert.deepStrictEqual(calls.map(({ code }) => code), Array.from(calls, () => codes.ENHANCE_YOUR_CALM))
    }))

  test("what was not written yet was not processed", (scene) =>
    Effect.gen(function*() {
      scene.say(SETTINGS)
      yield* scene.settled
      scene.ask()
      yield* until(() => heardOf(scene, Wire.type.HEADERS).length === 1)
      const late: Array<ReturnType<typeof scene.ask>[number]> = []
      scene.connection.ping(() => late.push(...scene.ask()))
      yield* until(() => heardOf(scene, Wire.type.PING).length === 2)
      const asked = heardOf(scene, Wire.type.PING).at(-1)
      scene.say(Wire.frame(Wire.type.PING, Wire.flag.ACK, 0, asked?.payload), Wire.goaway(1, 0))
      yield* until(() => late.length === 1 && late[0]?.end !== "")
      assert.deepStrictEqual(ends(late), ["refused"])
    }))
})

describe("RST_STREAM", () => {
  test("REFUSED_STREAM was not processed, everything else may have been", (scene) =>
    Effect.gen(function*() {
      const calls = scene.ask(3)
      yield* until(() => heardOf(scene, Wire.type.HEADERS).length === 3)
      scene.say(
        SETTINGS,
        Wire.reset(1, codes.REFUSED_STREAM),
        Wire.reset(3, codes.CANCEL),
        Wire.reset(5, codes.NO_ERROR)
      )
      yield* scene.settled
      assert.deepStrictEqual(ends(calls), ["refused", "lost", "lost"])
      assert.strictEqual(scene.connection.open, 0)
    }))
})

describe("PING", () => {
  test("is answered once, by the answer to this PING", (scene) =>
    Effect.gen(function*() {
      let pongs = 0
      scene.say(SETTINGS)
      yield* scene.settled
      scene.connection.ping(() => pongs++)
      yield* until(() => heardOf(scene, Wire.type.PING).length === 2)
      const payload = heardOf(scene, Wire.type.PING).at(-1)?.payload
      scene.say(Wire.frame(Wire.type.PING, Wire.flag.ACK, 0, "whatever"))
      yield* scene.settled
      assert.strictEqual(pongs, 0)
      scene.say(Wire.repeat(2, Wire.frame(Wire.type.PING, Wire.flag.ACK, 0, payload)))
      yield* scene.settled
      assert.strictEqual(pongs, 1)
    }))
})

describe("the end", () => {
  test("everybody is told once, and the server too", (scene) =>
    Effect.gen(function*() {
      const written = scene.ask(2)
      yield* until(() => heardOf(scene, Wire.type.HEADERS).length === 2)
      const unwritten = scene.ask(1)
      scene.connection.destroy(new Http2Error.Http2Error({ errorCode: 0, isFromServer: false, reason: "enough" }))
      scene.connection.destroy(new Http2Error.Http2Error({ errorCode: 0, isFromServer: false, reason: "again" }))
      yield* until(scene.isOver)
      assert.deepStrictEqual(ends([...written, ...unwritten]), ["lost", "lost", "refused"])
      assert.strictEqual(written[0]?.error?.message, "enough (NO_ERROR)")
      assert.deepStrictEqual(goaways(scene), [codes.NO_ERROR])
      assert.strictEqual(heardOf(scene, Wire.type.HEADERS).length, 2)
      assert.deepStrictEqual(scene.events, ["drain", "close"])
    }))

  const ways = {
    "ends the connection": (scene: Scene) => scene.peer.end(),
    "breaks the connection": (scene: Scene) => scene.peer.resetAndDestroy()
  }
  for (const [name, way] of Object.entries(ways)) {
    test(`a server that ${name}`, (scene) =>
      Effect.gen(function*() {
        const calls = scene.ask(2)
        yield* until(() => heardOf(scene, Wire.type.HEADERS).length === 2)
        scene.say(SETTINGS, ok(1))
        yield* scene.settled
        way(scene)
        yield* until(isDone(calls))
        assert.deepStrictEqual(ends(calls), ["end", "lost"])
        yield* until(() => scene.events.includes("close"))
      }))
  }

  test("a connection that drains ends with its last stream", (scene) =>
    Effect.gen(function*() {
      const calls = scene.ask(1)
      yield* until(() => heardOf(scene, Wire.type.HEADERS).length === 1)
      scene.connection.drain()
      scene.say(SETTINGS)
      yield* scene.settled
      assert.isFalse(scene.connection.isClosed)
      scene.say(ok(1))
      yield* until(scene.isOver)
      assert.deepStrictEqual(ends(calls), ["end"])
    }))
})
