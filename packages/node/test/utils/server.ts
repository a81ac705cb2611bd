/**
 * A server of HTTP/2 over TLS whose every move the test decides, and what it saw.
 */
import type { Http2Client } from "@cloud-messaging/node"
import { Effect } from "effect"
import * as Http2 from "node:http2"
import type { Server as NetServer, Socket } from "node:net"
import { generate } from "selfsigned"

/** For localhost and 127.0.0.1, trusted by nobody but those who get it as their authority. */
export const certificate = await generate([{ name: "commonName", value: "localhost" }], {
  keyType: "ec",
  extensions: [
    { name: "basicConstraints", cA: true, critical: true },
    {
      name: "subjectAltName",
      altNames: [{ type: 2, value: "localhost" }, { type: 7, ip: "127.0.0.1" }]
    }
  ]
})

/** What a client speaks HTTP/2 by. */
export type Transport = NonNullable<Http2Client.Options["transport"]>

export const transports: ReadonlyArray<Transport> = ["own", "node"]

/** The options of a client that trusts the server. */
export const trust = { ca: [certificate.cert] }

export interface Server {
  readonly origin: string
  readonly port: number
  /** Sessions that are open, the oldest first. */
  readonly sessions: ReadonlyArray<Http2.ServerHttp2Session>
  /** Sessions there ever were. */
  readonly sessionCount: number
  /** Streams there ever were. */
  readonly streamCount: number
  /** The most streams there were at once, of all sessions and of one. */
  readonly mostStreams: number
  readonly mostStreamsOfSession: number
  readonly sockets: ReadonlySet<Socket>
  readonly server: Http2.Http2SecureServer
  /** Done when no connection is open. */
  readonly isLeft: Effect.Effect<void>
}

export type Handler = (
  stream: Http2.ServerHttp2Stream,
  headers: Http2.IncomingHttpHeaders,
  /** How many requests there were before. */
  index: number
) => void

/** Answers with a body that says what was asked. */
export const answer = (stream: Http2.ServerHttp2Stream, text = "ok") => {
  if (stream.destroyed) return
  stream.respond({ ":status": 200, "content-type": "text/plain" })
  stream.end(text)
}

export const portOf = (server: NetServer): number => {
  const address = server.address()
  return typeof address === "object" && address !== null ? address.port : 0
}

export const serve = (handler: Handler, options: Http2.SecureServerOptions = {}) =>
  Effect.acquireRelease(
    Effect.callback<Server>((resume) => {
      const server = Http2.createSecureServer({
        key: certificate.private,
        cert: certificate.cert,
        maxSessionMemory: 100,
        ...options
      })
      const sockets = new Set<Socket>()
      const sessions: Array<Http2.ServerHttp2Session> = []
      const open = new Map<Http2.Http2Session | undefined, number>()
      const seen = { sessionCount: 0, streamCount: 0, mostStreams: 0, mostStreamsOfSession: 0 }
      const left: Array<() => void> = []
      server.on("connection", (socket) => {
        sockets.add(socket)
        socket.on("error", () => {})
        socket.on("close", () => {
          sockets.delete(socket)
          if (sockets.size === 0) left.splice(0).forEach((tell) => tell())
        })
      })
      server.on("session", (session) => {
        seen.sessionCount++
        sessions.push(session)
        session.on("error", () => {})
        session.on("close", () => sessions.splice(sessions.indexOf(session), 1))
      })
      server.on("sessionError", () => {})
      server.on("stream", (stream, headers) => {
        const { session } = stream
        const change = (by: number) => open.set(session, (open.get(session) ?? 0) + by)
        change(1)
        stream.on("error", () => {})
        stream.on("close", () => change(-1))
        seen.mostStreamsOfSession = Math.max(seen.mostStreamsOfSession, open.get(session) ?? 0)
        seen.mostStreams = Math.max(seen.mostStreams, [...open.values()].reduce((sum, n) => sum + n, 0))
        handler(stream, headers, seen.streamCount++)
      })
      server.listen(0, "127.0.0.1", () => {
        const port = portOf(server)
        const isLeft = Effect.callback<void>((resume) => {
          if (sockets.size === 0) resume(Effect.void)
          else left.push(() => resume(Effect.void))
        })
        resume(Effect.succeed(Object.assign(seen, {
          origin: `https://localhost:${port}`,
          port,
          sessions,
          isLeft,
          server,
          sockets
        })))
      })
    }),
    ({ isLeft, server, sockets }) =>
      Effect.suspend(() => {
        server.close()
        sockets.forEach((socket) => socket.destroy())
        return isLeft
      })
  )
