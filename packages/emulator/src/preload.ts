/**
 * What a Node program sends to Google's cloud messaging comes to the emulator, whichever SDK sends it: no line of the program
 * changes. To be loaded before the program, not imported by it.
 *
 * ```sh
 * FIREBASE_MESSAGING_EMULATOR_HOST=127.0.0.1:8025 node --import @cloud-messaging/emulator/preload app.js
 * ```
 *
 * **Details**
 *
 * TLS connections for `fcm`, `iid`, `oauth2`, `www`, `android` and `gcm-http.googleapis.com` lead to the emulator's port, also
 * where they would go through a proxy's tunnel. The handshake stays as it is, for Google's name: Node must trust the
 * emulator's authority (`NODE_EXTRA_CA_CERTS`). All other connections are left alone.
 *
 * firebase-admin writes the scheme of its HTTP/2 requests as `https:`, colon included, which servers refuse (RFC 9113 section
 * 8.3.1): in requests to those hosts the colon is taken away.
 *
 * **Gotchas**
 *
 * Without `FIREBASE_MESSAGING_EMULATOR_HOST` the program does not start: who loads this does not mean Google.
 *
 * @since 1.0.0
 */
import Http2, { type ClientHttp2Session } from "node:http2"
import { syncBuiltinESMExports } from "node:module"
import process from "node:process"
import Tls, { type ConnectionOptions } from "node:tls"
import { googleHosts } from "./internal/googleHosts.ts"

const emulator = (variable: string | undefined) => {
  // a name or an address, IPv6 in brackets, and a port
  const [, name, address, port] = /^(?:([^\s/:@[\]]+)|\[([\da-f:.]+)\]):(\d{1,5})$/i.exec(variable ?? "") ?? []
  const host = name ?? address
  if (host === undefined) {
    throw new Error(
      "@cloud-messaging/emulator/preload: FIREBASE_MESSAGING_EMULATOR_HOST is not where the emulator listens, a host and " +
        "a port such as 127.0.0.1:8025. Without it, messages would go to Google."
    )
  }
  return { host, port: Number(port) }
}

const there = {
  ...emulator(process.env["FIREBASE_MESSAGING_EMULATOR_HOST"]),
  path: undefined,
  socket: undefined,
  // it may know one answer alone: Google's address
  lookup: undefined
}

/** One of Google's hosts, however it is written: in capitals, or with the dot of the root. */
const googlesHost = (host: unknown): string | undefined =>
  typeof host === "string" ? googleHosts.find((name) => name === host.toLowerCase().replace(/\.$/, "")) : undefined

// -----------------------------------------------------------------------------
// Connections: those of node:https, node:http2, fetch, and all that is made of them
// -----------------------------------------------------------------------------

const isOptions = (arg: unknown): arg is ConnectionOptions => typeof arg === "object" && arg !== null

const { connect } = Tls

Object.assign(Tls, {
  // `connect(options)`, `connect(port, options)`, `connect(port, host, options)`, each with a callback or none
  connect: (...args: ReadonlyArray<unknown>) => {
    const options: ConnectionOptions = Object.assign({}, ...args.filter(isOptions))
    // any of them may be Google's address, whatever the others say
    const servername = googlesHost(options.servername) ?? googlesHost(options.host) ?? googlesHost(args[1])
    if (servername === undefined) return Reflect.apply(connect, Tls, args)
    // a proxy's tunnel, which is not needed
    options.socket?.destroy()
    const socket = connect({ ...options, ...there, servername })
    const listener = args.at(-1)
    return typeof listener === "function"
      ? socket.once("secureConnect", () => Reflect.apply(listener, socket, []))
      : socket
  }
})

// -----------------------------------------------------------------------------
// Requests over HTTP/2
// -----------------------------------------------------------------------------

const { connect: connectHttp2 } = Http2

const mend = (session: ClientHttp2Session) => {
  const { request } = session
  return Object.assign(session, {
    request: (headers: object = {}, ...more: ReadonlyArray<unknown>) => {
      const mended = ":scheme" in headers && headers[":scheme"] === "https:"
        ? { ...headers, ":scheme": "https" }
        : headers
      return Reflect.apply(request, session, [mended, ...more])
    }
  })
}

Object.assign(Http2, {
  connect: (authority: string | URL, ...more: ReadonlyArray<unknown>) => {
    const session: ClientHttp2Session = Reflect.apply(connectHttp2, Http2, [authority, ...more])
    // Node takes whatever has the properties of a URL
    const { hostname } = typeof authority === "string" ? new URL(authority) : authority
    return googlesHost(hostname) === undefined ? session : mend(session)
  }
})

syncBuiltinESMExports()
