/**
 * HTTP without a client library: what really happens on the wire.
 */
import { Data, Effect } from "effect"
import * as Http from "node:http"
import * as Net from "node:net"

export class SocketError extends Data.TaggedError("SocketError")<{ readonly code: string | undefined }> {}

const codeOf = (error: NodeJS.ErrnoException) => new SocketError({ code: error.code })

/** An open connection, until the scope ends. */
export const connection = (url: string) =>
  Effect.acquireRelease(
    Effect.callback<Net.Socket, SocketError>((resume) => {
      const { hostname, port } = new URL(url)
      const socket = Net.connect({ host: hostname, port: Number(port) })
      socket.once("connect", () => resume(Effect.succeed(socket)))
      socket.on("error", (error) => resume(Effect.fail(codeOf(error))))
    }),
    (socket) => Effect.sync(() => socket.destroy())
  )

/** What a connection receives until it holds a text. */
export const receive = (socket: Net.Socket, text: string) =>
  Effect.callback<string>((resume) => {
    let received = ""
    const onData = (chunk: Buffer) => {
      received += chunk.toString()
      if (received.includes(text)) resume(Effect.succeed(received))
    }
    socket.on("data", onData)
    return Effect.sync(() => socket.off("data", onData))
  })

/** What a connection receives until the other side ends it; the request does not ask for that. */
export const receiveAll = (socket: Net.Socket, request: string) =>
  Effect.callback<string>((resume) => {
    const chunks: Array<Buffer> = []
    socket.on("data", (chunk: Buffer) => chunks.push(chunk))
    socket.on("close", () => resume(Effect.succeed(Buffer.concat(chunks).toString())))
    socket.write(request)
  })

/** The status of what bytes are answered with, and all of it: `undefined` if nothing came in two seconds, or none is. */
export const exchangeBytes = (url: string, bytes: Uint8Array) =>
  Effect.scoped(Effect.gen(function*() {
    const socket = yield* connection(url)
    const chunks: Array<Buffer> = []
    yield* Effect.callback<void>((resume) => {
      socket.on("data", (chunk: Buffer) => chunks.push(chunk))
      socket.on("close", () => resume(Effect.void))
      socket.end(bytes)
    }).pipe(Effect.timeoutOption("2 seconds"))
    const text = Buffer.concat(chunks).toString()
    const status = /^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1]
    return { text, status: status === undefined ? undefined : Number(status) }
  }))

/** A request of HTTP/1.1 as text; the connection is to stay. */
export const requestText = (path: string, headers: { readonly [name: string]: string }, body: string) =>
  [
    `POST ${path} HTTP/1.1`,
    "host: localhost",
    `content-length: ${Buffer.byteLength(body)}`,
    ...Object.entries({ "content-type": "application/json", ...headers }).map(([name, value]) => `${name}: ${value}`),
    "",
    body
  ].join("\r\n")

export interface NodeAnswer {
  readonly status: number | undefined
  readonly headers: Http.IncomingHttpHeaders
  readonly body: string
  /** Whether the body came to its end. */
  readonly complete: boolean
}

/** A request through `node:http`. */
export const nodeHttp = (
  url: string,
  options: { readonly headers: { readonly [name: string]: string }; readonly body: string; readonly agent: Http.Agent }
) =>
  Effect.callback<NodeAnswer, SocketError>((resume) => {
    const request = Http.request(
      url,
      { method: "POST", headers: { "content-type": "application/json", ...options.headers }, agent: options.agent },
      (response) => {
        const chunks: Array<Buffer> = []
        response.on("data", (chunk: Buffer) => chunks.push(chunk))
        response.on("error", () => {})
        response.on("close", () =>
          resume(Effect.succeed({
            status: response.statusCode,
            headers: response.headers,
            body: Buffer.concat(chunks).toString(),
            complete: response.complete
          })))
      }
    )
    request.on("error", (error) => resume(Effect.fail(codeOf(error))))
    request.end(options.body)
    return Effect.sync(() => request.destroy())
  })

/** Connections of `node:http` that stay open until the scope ends. */
export const keepAliveAgent = Effect.acquireRelease(
  Effect.sync(() => new Http.Agent({ keepAlive: true })),
  (agent) => Effect.sync(() => agent.destroy())
)
