/** Frames as bytes, written and read by hand: a peer that says whatever it likes. */

export const type = {
  DATA: 0,
  HEADERS: 1,
  PRIORITY: 2,
  RST_STREAM: 3,
  SETTINGS: 4,
  PUSH_PROMISE: 5,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
  CONTINUATION: 9
}

export const flag = { END_STREAM: 1, ACK: 1, END_HEADERS: 4, PADDED: 8, PRIORITY: 32 }

export interface Frame {
  readonly type: number
  readonly flags: number
  readonly id: number
  readonly payload: Buffer
}

const toBytes = (text: Buffer | string) => typeof text === "string" ? Buffer.from(text, "latin1") : text

export const frame = (type: number, flags: number, id: number, payload: Buffer | string = ""): Buffer => {
  const body = toBytes(payload)
  const header = Buffer.alloc(9)
  header.writeUIntBE(body.length, 0, 3)
  header.writeUInt8(type, 3)
  header.writeUInt8(flags, 4)
  header.writeUInt32BE(id, 5)
  return Buffer.concat([header, body])
}

export const uint32 = (...values: ReadonlyArray<number>): Buffer => {
  const bytes = Buffer.alloc(4 * values.length)
  values.forEach((value, i) => bytes.writeUInt32BE(value, 4 * i))
  return bytes
}

/** SETTINGS with any settings. */
export const settings = (...pairs: ReadonlyArray<readonly [id: number, value: number]>): Buffer =>
  frame(
    type.SETTINGS,
    0,
    0,
    Buffer.concat(pairs.map(([id, value]) => Buffer.concat([Buffer.from([id >>> 8, id & 0xff]), uint32(value)])))
  )

export const settingsAnswer = frame(type.SETTINGS, flag.ACK, 0)

export const headers = (id: number, block: Buffer, flags = 0): Buffer =>
  frame(type.HEADERS, flag.END_HEADERS | flags, id, block)

export const data = (id: number, payload: Buffer | string, flags = 0): Buffer => frame(type.DATA, flags, id, payload)

export const reset = (id: number, code: number): Buffer => frame(type.RST_STREAM, 0, id, uint32(code))

export const goaway = (last: number, code: number): Buffer => frame(type.GOAWAY, 0, 0, uint32(last, code))

export const windowUpdate = (id: number, bytes: number): Buffer => frame(type.WINDOW_UPDATE, 0, id, uint32(bytes))

export const ping = (payload = "12345678"): Buffer => frame(type.PING, 0, 0, payload)

export const repeat = (n: number, bytes: Buffer): Buffer => Buffer.concat(Array.from({ length: n }, () => bytes))

const string = (text: string) => {
  const bytes = Buffer.from(text, "latin1")
  const length = bytes.length < 127
    ? [bytes.length]
    : [127, ((bytes.length - 127) & 127) | 128, (bytes.length - 127) >>> 7]
  return Buffer.concat([Buffer.from(length), bytes])
}

/** A header block of literals: names and values up to 16,000 bytes. */
export const block = (...fields: ReadonlyArray<string>): Buffer =>
  Buffer.concat(fields.map((text, i) => i % 2 === 0 ? Buffer.concat([Buffer.from([0]), string(text)]) : string(text)))

/** `:status 200`. */
export const ok = Buffer.from([0x88])

/** The whole frames in these bytes, and what is left. */
export const parse = (bytes: Buffer): { readonly frames: ReadonlyArray<Frame>; readonly rest: Buffer } => {
  const frames: Array<Frame> = []
  let at = 0
  while (bytes.length - at >= 9) {
    const end = at + 9 + bytes.readUIntBE(at, 3)
    if (end > bytes.length) break
    frames.push({
      type: bytes.readUInt8(at + 3),
      flags: bytes.readUInt8(at + 4),
      id: bytes.readUInt32BE(at + 5),
      payload: bytes.subarray(at + 9, end)
    })
    at = end
  }
  return { frames, rest: bytes.subarray(at) }
}
