/** Frames: found in pieces of any size, and written at once. */
import { Http2Error } from "@cloud-messaging/http2"
import { assert, describe, it } from "@effect/vitest"
import { Option, Result } from "effect"
import { FrameReader } from "../src/internal/frame/reader.ts"
import { FrameWriter } from "../src/internal/frame/writer.ts"
import { Encoder } from "../src/internal/hpack/encoder.ts"
import * as Random from "./utils/random.ts"
import * as Wire from "./utils/wire.ts"

const reading = () => {
  const frames: Array<Wire.Frame> = []
  const reader = new FrameReader({
    frame: (type, flags, id, bytes, start, end) => {
      frames.push({ type, flags, id, payload: Buffer.from(bytes.subarray(start, end)) })
    }
  })
  return { frames, reader }
}

/** In pieces, each in a buffer that is overwritten afterwards: nothing of it may be kept. */
const feed = (reader: FrameReader, bytes: Buffer, size: () => number) => {
  for (let at = 0; at < bytes.length;) {
    const piece = Buffer.from(bytes.subarray(at, at + size()))
    reader.read(piece, 0, piece.length)
    at += piece.length
    piece.fill(0xff)
  }
}

describe("reader", () => {
  const sent = [
    Wire.settings([3, 100]),
    Wire.frame(99, 255, 2 ** 31 - 1),
    Wire.data(1, "x".repeat(16_384)),
    Wire.data(3, ""),
    Wire.ping(),
    Wire.data(5, "y".repeat(300), 1)
  ]
  const expected = Wire.parse(Buffer.concat(sent)).frames

  for (const size of [1, 2, 3, 8, 9, 10, 11, 100, 16_393, 1_000_000]) {
    it(`finds frames in pieces of ${size} bytes`, () => {
      const { frames, reader } = reading()
      feed(reader, Buffer.concat(sent), () => size)
      assert.deepStrictEqual(frames, expected)
    })
  }

  it("finds frames in pieces of random sizes", () => {
    const random = Random.make(5)
    for (let i = 0; i < 500; i++) {
      const sent = Buffer.concat(Array.from(
        { length: 20 },
        () =>
          Wire.frame(
            random.below(256),
            random.below(256),
            random.below(2 ** 31),
            random.bytes(random.oneOf(0, 1, 8, 9, random.below(300)))
          )
      ))
      const { frames, reader } = reading()
      feed(reader, sent, () => 1 + random.below(random.oneOf(3, 12, 400)))
      assert.deepStrictEqual(frames, Wire.parse(sent).frames)
    }
  })

  it("the bit in front of the number of a stream says nothing", () => {
    const { frames, reader } = reading()
    reader.read(Wire.frame(0, 0, 0x80000003), 0, 9)
    assert.strictEqual(frames[0]?.id, 3)
  })

  it("a frame that is too large is refused as soon as its length is known", () => {
    for (const cut of [3, 5, 9, 100]) {
      for (const size of [1, cut]) {
        const { frames, reader } = reading()
        const bytes = Buffer.concat([Wire.ping(), Wire.data(1, "x".repeat(16_385)).subarray(0, cut)])
        const error = Option.getOrThrow(Result.getFailure(Result.try(() => feed(reader, bytes, () => size))))
        assert.isTrue(error instanceof Http2Error.Http2Error && error.errorCode === Http2Error.codes.FRAME_SIZE_ERROR)
        assert.strictEqual(frames.length, 1)
      }
    }
  })

  it("hands over nothing once it is stopped", () => {
    let count = 0
    const reader: FrameReader = new FrameReader({
      frame: () => {
        count++
        reader.stop()
      }
    })
    const bytes = Wire.repeat(3, Wire.ping())
    reader.read(bytes, 0, bytes.length)
    reader.read(bytes, 0, bytes.length)
    assert.strictEqual(count, 1)
  })
})

describe("writer", () => {
  /** Writes are done when told. */
  const writing = () => {
    const writes: Array<Buffer> = []
    const pending: Array<() => void> = []
    let corked = 0
    const writer = new FrameWriter({
      cork: () => corked++,
      uncork: () => corked--,
      write: (bytes, written) => {
        writes.push(Buffer.from(bytes))
        pending.push(written)
      }
    })
    return { writer, writes, pending, isCorked: () => corked > 0 }
  }

  it("gathers frames of every kind in one write", () => {
    const { pending, writer, writes } = writing()
    writer.preface()
    writer.settings([[2, 0], [6, 65_536]])
    writer.settingsAnswer()
    writer.ping(Buffer.from("abcdefgh"))
    writer.pingAnswer(Buffer.from("12345678"))
    writer.windowUpdate(0, 2 ** 31 - 1)
    writer.reset(2 ** 31 - 1, 8)
    writer.headers(1, new Encoder(), [":method", "GET"], true)
    writer.data(3, Buffer.from("bytes"), false)
    writer.text(3, "text", 4, false)
    writer.text(3, "täxt", 5, true)
    writer.goaway(11)
    assert.strictEqual(writes.length, 0)
    writer.flush()
    assert.strictEqual(writes.length, 1)
    const bytes = writes[0] ?? Buffer.alloc(0)
    assert.strictEqual(bytes.toString("latin1", 0, 24), "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    assert.deepStrictEqual(
      bytes.subarray(24),
      Buffer.concat([
        Wire.settings([2, 0], [6, 65_536]),
        Wire.settingsAnswer,
        Wire.ping("abcdefgh"),
        Wire.frame(6, 1, 0, "12345678"),
        Wire.windowUpdate(0, 2 ** 31 - 1),
        Wire.reset(2 ** 31 - 1, 8),
        Wire.headers(1, Buffer.from([0x82]), 1),
        Wire.data(3, "bytes"),
        Wire.data(3, "text"),
        Wire.data(3, Buffer.from("täxt"), 1),
        Wire.goaway(0, 11)
      ])
    )
    assert.strictEqual(writer.unwrittenAnswers, 2)
    pending.forEach((written) => written())
    assert.strictEqual(writer.unwrittenAnswers, 0)
  })

  it("what exceeds its buffer is still one write, and no buffer is written to before it is free", () => {
    const { isCorked, pending, writer, writes } = writing()
    const part = Buffer.alloc(16_000)
    for (let turn = 0; turn < 3; turn++) {
      for (let i = 0; i < 20; i++) writer.data(1, part.fill(turn * 20 + i), false)
      assert.isTrue(isCorked())
      writer.flush()
      assert.isFalse(isCorked())
      if (turn === 1) pending.splice(0).forEach((written) => written())
    }
    const { frames } = Wire.parse(Buffer.concat(writes))
    assert.deepStrictEqual(frames.map(({ payload }) => payload[0]), Array.from({ length: 60 }, (_, i) => i))
  })

  it("a large header block goes on in CONTINUATION", () => {
    for (const length of [16_000, 40_000, 200_000]) {
      const { writer, writes } = writing()
      writer.headers(1, new Encoder(), ["x-large", "v".repeat(length)], true)
      writer.ping(Buffer.from("12345678"))
      writer.flush()
      const { frames } = Wire.parse(Buffer.concat(writes))
      const blocks = frames.slice(0, -1)
      assert.deepStrictEqual(
        blocks.map(({ flags, id, type }) => [type, flags, id]),
        blocks.map((_, i) => [i === 0 ? 1 : 9, (i === 0 ? 1 : 0) | (i === blocks.length - 1 ? 4 : 0), 1])
      )
      assert.isTrue(blocks.every(({ payload }) => payload.length <= 16_384))
      assert.isAtLeast(Buffer.concat(blocks.map(({ payload }) => payload)).length, length)
      assert.strictEqual(frames.at(-1)?.type, Wire.type.PING)
    }
  })
})
