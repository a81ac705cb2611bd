/**
 * A connection over a real socket, and a scripted server at its other end that says whatever bytes it is told.
 */
import { Http2Error } from "@cloud-messaging/http2"
import { Effect } from "effect"
import * as Net from "node:net"
import { Connection, type Options, type Owner } from "../../src/internal/connection/connection.ts"
import { Stream } from "../../src/internal/connection/stream.ts"
import type { Fields } from "../../src/internal/hpack/fields.ts"
import { until } from "./leaves.ts"
import * as Wire from "./wire.ts"

/** A request, and all that it hears. */
export class Call extends Stream {
  readonly heard: Array<string> = []
  status = 0
  responseFields: Fields = []
  readonly chunks: Array<Buffer> = []
  error: Error | undefined = undefined
  /** Whether it takes what comes. */
  isReading = true
  onMore = () => {}
  readonly #connection: () => Connection

  constructor(connection: () => Connection, body?: string | Uint8Array, isLast = true) {
    super()
    this.#connection = connection
    this.fields = [":method", "POST", ":scheme", "http", ":authority", "a", ":path", "/"]
    this.unsent = body
    this.unsentLength = body === undefined ? 0 : Buffer.byteLength(body)
    this.isLast = isLast
  }

  get body(): string {
    return Buffer.concat(this.chunks).toString("latin1")
  }

  /** The code that it failed with. */
  get code(): number {
    return this.error instanceof Http2Error.Http2Error ? this.error.errorCode : -1
  }

  /** How it ended; each end that it hears counts. */
  get end(): string {
    return this.heard.filter((word) => word !== "headers").join()
  }

  onHeaders(status: number, fields: Fields): void {
    this.heard.push("headers")
    this.status = status
    this.responseFields = fields
  }

  onData(bytes: Buffer, start: number, end: number): void {
    this.chunks.push(Buffer.from(bytes.subarray(start, end)))
    if (this.isReading) this.#connection().take(this, end - start)
  }

  onSent(): void {
    this.onMore()
  }

  onEnd(): void {
    this.heard.push("end")
  }

  onFail(error: Error, mayBeProcessed: boolean): void {
    this.heard.push(mayBeProcessed ? "lost" : "refused")
    this.error = error
  }
}

export interface Scene {
  readonly connection: Connection
  /** What the owner of the connection heard. */
  readonly events: Array<string>
  /** What the server heard. */
  readonly frames: () => ReadonlyArray<Wire.Frame>
  /** Chunks in which the server got it. */
  readonly chunkCount: () => number
  readonly say: (...bytes: ReadonlyArray<Buffer>) => void
  /** Opens streams. */
  readonly ask: (count?: number, body?: string | Uint8Array, isLast?: boolean) => ReadonlyArray<Call>
  /** Done when the server heard all that was said until now. */
  readonly settled: Effect.Effect<void>
  readonly peer: Net.Socket
  readonly isOver: () => boolean
}

const acquireServer = Effect.acquireRelease(
  Effect.callback<{ readonly server: Net.Server; readonly sockets: Set<Net.Socket> }>((resume) => {
    const sockets = new Set<Net.Socket>()
    const server = Net.createServer((socket) => {
      sockets.add(socket)
      socket.on("error", () => {})
      socket.on("close", () => sockets.delete(socket))
    })
    server.listen(0, "127.0.0.1", () => resume(Effect.succeed({ server, sockets })))
  }),
  ({ server, sockets }) =>
    Effect.suspend(() => {
      server.close()
      sockets.forEach((socket) => socket.destroy())
      return until(() => sockets.size === 0)
    })
)

export interface SceneOptions extends Partial<Options> {
  /** The bytes of the server come in pieces of this size, each in a buffer that is overwritten afterwards. */
  readonly cut?: number
  /** Whether the server reads. */
  readonly reads?: boolean
}

/** A connection whose server said nothing yet. */
export const scene = Effect.fnUntraced(function*({ cut = 0, reads = true, ...options }: SceneOptions = {}) {
  const { server, sockets } = yield* acquireServer
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  const socket = yield* Effect.acquireRelease(
    Effect.callback<Net.Socket>((resume) => {
      const socket = Net.connect(port, "127.0.0.1", () => resume(Effect.succeed(socket)))
    }),
    (socket) => Effect.sync(() => socket.destroy())
  )
  yield* until(() => sockets.size === 1)
  const [peer = socket] = sockets
  let heard = Buffer.alloc(0)
  let chunks = 0
  let isOver = false
  if (reads) {
    peer.on("data", (chunk: Buffer) => {
      chunks++
      heard = Buffer.concat([heard, chunk])
    })
    peer.on("end", () => {
      isOver = true
    })
  } else {
    peer.pause()
  }
  peer.on("close", () => {
    isOver = true
  })
  const events: Array<string> = []
  const tell = (event: string) => () => {
    events.push(event)
  }
  const owner: Owner = {
    onRoom: tell("room"),
    onDrain: tell("drain"),
    onGoaway: (code) => {
      events.push(`goaway ${code}`)
    },
    onRead: () => {},
    onClose: tell("close")
  }
  const connection: Connection = new Connection(socket, owner, { maxStreams: 1000, ...options })
  socket.on("data", (chunk: Buffer) => {
    if (cut === 0) return connection.read(chunk, 0, chunk.length)
    for (let at = 0; at < chunk.length; at += cut) {
      const piece = Buffer.from(chunk.subarray(at, at + cut))
      connection.read(piece, 0, piece.length)
      piece.fill(0xff)
    }
  })
  const frames = () => Wire.parse(heard.subarray(24)).frames
  let pings = 0
  const made: Scene = {
    connection,
    events,
    frames,
    peer,
    chunkCount: () => chunks,
    isOver: () => isOver,
    say: (...bytes) => {
      peer.write(Buffer.concat(bytes))
    },
    ask: (count = 1, body, isLast) =>
      Array.from({ length: count }, () => {
        const call = new Call(() => connection, body, isLast)
        connection.start(call)
        return call
      }),
    settled: Effect.suspend(() => {
      const payload = `settled${pings++}`
      peer.write(Wire.ping(payload))
      return until(() =>
        frames().some(({ flags, payload: got, type }) =>
          type === Wire.type.PING && flags === Wire.flag.ACK && got.toString() === payload
        )
      )
    })
  }
  return made
})

/** The frames of a type, in the order of their coming. */
export const heardOf = ({ frames }: Scene, type: number): ReadonlyArray<Wire.Frame> =>
  frames().filter((frame) => frame.type === type)

/** The codes of GOAWAY that the server heard. */
export const goaways = (scene: Scene): ReadonlyArray<number> =>
  heardOf(scene, Wire.type.GOAWAY).map(({ payload }) => payload.readUInt32BE(4))

/** The streams that were reset, and by which code. */
export const resets = (scene: Scene): ReadonlyArray<readonly [id: number, code: number]> =>
  heardOf(scene, Wire.type.RST_STREAM).map(({ id, payload }) => [id, payload.readUInt32BE(0)] as const)
