/**
 * Connects to an origin, and finds out which HTTP it speaks.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Net from "node:net"
import * as Tls from "node:tls"
import * as Proxy from "../proxy.ts"
import type { Target } from "./target.ts"

export interface Connection {
  readonly protocol: "h2" | "http/1.1"
  readonly socket: Net.Socket
}

/** The connection could not be made. */
export class ConnectError extends Data.TaggedError("ConnectError")<{
  /** Why, where the cause has no code that tells. */
  readonly reason?: string
  readonly cause?: unknown
}> {}

/** A connection of the scope: TLS with what the server chooses (ALPN, RFC 7301), or plain HTTP/2. */
export const connect = (
  target: Target,
  proxy: Proxy.Proxy | undefined,
  certificates: Proxy.Certificates
): Effect.Effect<Connection, ConnectError | Proxy.ProxyError, Scope.Scope> =>
  target.protocol === "http:"
    ? Effect.map(
      open("connect", () => Net.connect({ host: target.hostname, port: target.port })),
      (socket) => ({ protocol: "h2", socket })
    )
    : Effect.gen(function*() {
      const through = yield* Proxy.through(proxy, certificates)(target)
      const socket = yield* open("secureConnect", () =>
        Tls.connect({
          ...through === undefined ? { host: target.hostname, port: target.port } : { socket: through },
          // a name, never an address (RFC 6066, 3)
          ...Net.isIP(target.hostname) === 0 ? { servername: target.hostname } : {},
          ALPNProtocols: ["h2", "http/1.1"],
          ...certificates
        }))
      return { protocol: socket.alpnProtocol === "h2" ? "h2" : "http/1.1", socket }
    })

const open = <S extends Net.Socket>(
  event: "connect" | "secureConnect",
  make: () => S
): Effect.Effect<S, ConnectError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.flatMap(Effect.try({ try: make, catch: (cause) => new ConnectError({ cause }) }), (socket) =>
      Effect.callback<S, ConnectError>((resume) => {
        const onError = (cause: unknown) =>
          resume(Effect.fail(new ConnectError({ cause })))
        const onClose = () => resume(Effect.fail(new ConnectError({ reason: "the connection was closed" })))
        socket.on("error", onError)
        socket.on("close", onClose)
        socket.once(event, () => {
          socket.off("close", onClose)
          resume(Effect.succeed(socket))
        })
        return Effect.sync(() => socket.destroy())
      })),
    (socket) =>
      Effect.sync(() => socket.destroy()),
    { interruptible: true }
  )
