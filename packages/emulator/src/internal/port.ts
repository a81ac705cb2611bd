/**
 * One port for HTTP/1.1 and HTTP/2, in clear and over TLS: a connection's first bytes tell which. Node speaks them all.
 */
import * as Redacted from "effect/Redacted"
import * as Http from "node:http"
import * as Http2 from "node:http2"
import type { Socket } from "node:net"
import * as Tls from "node:tls"
import type { Certificate } from "./certificate.ts"

export interface Port {
  /** The server that listens. What comes over HTTP/2 are its requests, too. */
  readonly server: Http.Server
  /** Ends every connection, whatever is under way. */
  readonly destroy: () => void
}

/** How long a connection may take to say what it speaks, and then to agree on TLS; in milliseconds. */
const patience = 10_000

/** Connections that did not yet say what they speak, or agree on TLS; of more the oldest is dropped. */
const maxSilent = 2000

/**
 * How often a connection of HTTP/2 is looked at, in milliseconds. One on which nothing happened between two looks is closed:
 * after 2 to 4 minutes, about as long as Google waits.
 */
const idleCheck = 120_000

/** As Google's own servers have it. */
const maxConcurrentStreams = 100

/** The first byte of TLS: a record of the handshake. */
const handshake = 0x16

/** What HTTP/2 begins with, RFC 9113 section 3.4. */
const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")

type Protocol = "tls" | "http1" | "http2"

/** `undefined`: more bytes are needed. */
const protocolOf = (bytes: Buffer): Protocol | undefined => {
  if (bytes[0] === handshake) return "tls"
  const length = Math.min(bytes.length, preface.length)
  if (bytes.compare(preface, 0, length, 0, length) !== 0) return "http1"
  return length === preface.length ? "http2" : undefined
}

export const make = ({ cert, key }: Certificate): Port => {
  const server = Http.createServer()
  const http1 = server.listeners("connection")
  const http2 = Http2.createServer({ settings: { maxConcurrentStreams } })
  const tls = Tls.createServer({
    cert,
    key: Redacted.value(key),
    ALPNProtocols: ["h2", "http/1.1"],
    handshakeTimeout: patience
  })
  const speak = (protocol: Protocol, socket: Socket): void => {
    // HTTP/1.1 alone knows clients that end their side and wait for the answer
    if (protocol !== "http1") socket.allowHalfOpen = false
    if (protocol === "tls") tls.emit("connection", socket)
    else if (protocol === "http2") {
      http2.once("session", (session) => closeWhenIdle(session, socket))
      http2.emit("connection", socket)
    } else for (const listener of http1) listener.call(server, socket)
  }
  http2.on("session", (session) => server.emit("session", session))
  http2.on("request", (request, response) => server.emit("request", request, response))

  const sockets = new Set<Socket>()
  const silent: Silent = new Map()
  tls.on("secureConnection", (socket) => {
    silent.delete(peerOf(socket))
    speak(socket.alpnProtocol === "h2" ? "http2" : "http1", socket)
  })
  server.removeAllListeners("connection")
  server.on("connection", (socket: Socket) => {
    sockets.add(socket)
    socket.on("close", () => sockets.delete(socket))
    // what goes wrong with a connection is told to whoever speaks on it
    socket.on("error", () => socket.destroy())
    listen(socket, silent, speak)
  })
  return { server, destroy: () => sockets.forEach((socket) => socket.destroy()) }
}

/**
 * Closes a connection without requests, and before that the requests on it that stopped in the middle; drops one whose other
 * side is mute. Not by a session's own timeout: it strikes once, and keeps a session that is closed in memory.
 */
const closeWhenIdle = (session: Http2.ServerHttp2Session, socket: Socket): void => {
  /** With what each was waiting for at the last look. */
  const streams = new Map<Http2.ServerHttp2Stream, number>()
  let isIdle = false
  let bytes = 0
  session.on("stream", (stream) => {
    isIdle = false
    streams.set(stream, 0)
    stream.on("close", () => streams.delete(stream))
  })
  const timer = setInterval(() => {
    // it has not answered a PING: it is gone, or Node reads from it no more, though it does not close the connection
    if (session.destroyed || bytes === socket.bytesRead) return void socket.destroy()
    bytes = socket.bytesRead
    if (streams.size === 0 && isIdle) return session.close()
    isIdle = streams.size === 0
    for (const [stream, before] of streams) {
      const owed = owedOf(stream)
      streams.set(stream, owed)
      if (owed !== 0 && owed === before) stream.close(Http2.constants.NGHTTP2_CANCEL)
    }
    session.ping(() => {})
  }, idleCheck).unref()
  socket.on("close", () => clearInterval(timer))
}

/** What the other side is to take of an answer, in bytes; -1: it still owes the rest of its request. */
const owedOf = ({ endAfterHeaders, readableEnded, writableLength }: Http2.ServerHttp2Stream): number =>
  endAfterHeaders || readableEnded ? writableLength : -1

/** By whom they are from. */
type Silent = Map<string, Socket>

/** The same over TLS, which is another socket, as under it. */
const peerOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`

/** Waits until a connection says what it speaks, and gives back what was read of it. */
const listen = (socket: Socket, silent: Silent, speak: (protocol: Protocol, socket: Socket) => void): void => {
  const peer = peerOf(socket)
  const timer = setTimeout(() => socket.destroy(), patience)
  let bytes = Buffer.of()
  const peek = () => {
    const chunk: Buffer | null = socket.read()
    if (chunk === null) return
    bytes = Buffer.concat([bytes, chunk])
    const protocol = protocolOf(bytes)
    if (protocol === undefined) return
    clearTimeout(timer)
    if (protocol !== "tls") silent.delete(peer)
    socket.off("readable", peek).off("end", end)
    socket.unshift(bytes)
    speak(protocol, socket)
  }
  const end = () => socket.destroy()
  silent.set(peer, socket)
  socket.on("readable", peek).on("end", end).on("close", () => {
    clearTimeout(timer)
    silent.delete(peer)
  })
  // a map keeps the order in which they came
  if (silent.size > maxSilent) silent.values().next().value?.destroy()
}
