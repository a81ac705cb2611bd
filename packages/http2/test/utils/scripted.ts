/**
 * A server of plain HTTP/2 that takes any number of connections, and does with each frame what a script says.
 */
import { Effect } from "effect"
import * as Net from "node:net"
import { until } from "./leaves.ts"
import * as Wire from "./wire.ts"

export interface Peer {
  readonly say: (...bytes: ReadonlyArray<Buffer>) => void
  readonly socket: Net.Socket
  /** The frames that came. */
  readonly heard: () => ReadonlyArray<Wire.Frame>
  /** Which connection it is, from 1. */
  readonly index: number
}

export interface Script {
  /** The client's preface came. By default SETTINGS are said. */
  readonly onPreface?: (peer: Peer) => void
  /** A frame came. SETTINGS and PING are answered unless this says `true`. */
  readonly onFrame?: (peer: Peer, frame: Wire.Frame) => boolean | void
  /** HEADERS came. */
  readonly onRequest?: (peer: Peer, id: number) => unknown
}

export interface Scripted {
  readonly origin: string
  readonly peers: ReadonlyArray<Peer>
  readonly isLeft: () => boolean
}

const answer = (peer: Peer, { flags, payload, type }: Wire.Frame): void => {
  if ((flags & Wire.flag.ACK) !== 0) return
  if (type === Wire.type.SETTINGS) peer.say(Wire.settingsAnswer)
  if (type === Wire.type.PING) peer.say(Wire.frame(Wire.type.PING, Wire.flag.ACK, 0, payload))
}

const talk = ({ onFrame, onPreface, onRequest }: Script, peer: Peer, heardFrames: Array<Wire.Frame>): void => {
  let heard = Buffer.alloc(0)
  let hasPreface = false
  peer.socket.on("data", (chunk: Buffer) => {
    heard = Buffer.concat([heard, chunk])
    if (!hasPreface) {
      if (heard.length < 24) return
      hasPreface = true
      heard = heard.subarray(24)
      if (onPreface === undefined) peer.say(Wire.settings())
      else onPreface(peer)
    }
    const { frames, rest } = Wire.parse(heard)
    heard = Buffer.from(rest)
    heardFrames.push(...frames)
    for (const frame of frames) {
      if (onFrame?.(peer, frame) !== true) answer(peer, frame)
      if (frame.type === Wire.type.HEADERS) onRequest?.(peer, frame.id)
    }
  })
}

export const serve = (script: Script) =>
  Effect.acquireRelease(
    Effect.callback<Scripted & { readonly close: Effect.Effect<void> }>((resume) => {
      const peers: Array<Peer> = []
      const sockets = new Set<Net.Socket>()
      const server = Net.createServer((socket) => {
        sockets.add(socket)
        socket.on("error", () => {})
        socket.on("close", () => sockets.delete(socket))
        const frames: Array<Wire.Frame> = []
        const peer: Peer = {
          socket,
          heard: () => frames,
          index: peers.length + 1,
          say: (...bytes) => {
            if (socket.writable) socket.write(Buffer.concat(bytes))
          }
        }
        peers.push(peer)
        talk(script, peer, frames)
      })
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        const port = typeof address === "object" && address !== null ? address.port : 0
        resume(Effect.succeed({
          origin: `http://127.0.0.1:${port}`,
          peers,
          isLeft: () => sockets.size === 0,
          close: Effect.suspend(() => {
            server.close()
            sockets.forEach((socket) => socket.destroy())
            return until(() => sockets.size === 0)
          })
        }))
      })
    }),
    ({ close }) => close
  )

/** A response of these bytes. */
export const ok = (id: number, body = "ok"): Buffer =>
  Buffer.concat([Wire.headers(id, Wire.ok), Wire.data(id, body, Wire.flag.END_STREAM)])
