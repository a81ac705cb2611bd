/**
 * HTTP/2 by Node's own client, with what it saw of streams and sessions.
 */
import { Effect } from "effect"
import * as Http2 from "node:http2"
import { SocketError } from "./sockets.ts"

export interface Session {
  readonly session: Http2.ClientHttp2Session
  /** The GOAWAYs that came: code and last stream. */
  readonly goAways: ReadonlyArray<readonly [code: number, lastStream: number]>
  /** Done when the connection is closed. */
  readonly closed: Effect.Effect<void>
}

/** A connection to an origin, in clear or over TLS, until the scope ends. */
export const connect = (origin: string, options: Http2.SecureClientSessionOptions = {}) =>
  Effect.acquireRelease(
    Effect.callback<Session, SocketError>((resume) => {
      const goAways: Array<readonly [number, number]> = []
      const session = Http2.connect(origin, options)
      const closed = new Promise<void>((resolve) => session.on("close", resolve))
      session.on("goaway", (code, lastStream) => goAways.push([code, lastStream]))
      session.on("error", (error: NodeJS.ErrnoException) => resume(Effect.fail(new SocketError({ code: error.code }))))
      // the server's settings tell that it speaks HTTP/2
      session.once("remoteSettings", () =>
        resume(Effect.succeed({ session, goAways, closed: Effect.promise(() => closed) })))
    }),
    ({ session }) =>
      Effect.sync(() => session.destroy())
  )

export interface Answer {
  readonly status: number | undefined
  readonly headers: Http2.IncomingHttpHeaders
  readonly body: string
  /** By which the stream was closed; 0: well. */
  readonly code: number
}

/** One request on a connection, and whatever comes of it. */
export const ask = (
  { session }: Session,
  headers: Http2.OutgoingHttpHeaders,
  body = ""
): Effect.Effect<Answer> =>
  Effect.callback((resume) => {
    const stream = session.request({ ":method": "POST", "content-type": "application/json", ...headers })
    const chunks: Array<Buffer> = []
    let received: Http2.IncomingHttpHeaders = {}
    stream.on("response", (headers) => received = headers)
    stream.on("data", (chunk: Buffer) => chunks.push(chunk))
    stream.on("error", () => {})
    stream.on("close", () =>
      resume(Effect.succeed({
        status: received[":status"] === undefined ? undefined : Number(received[":status"]),
        headers: received,
        body: Buffer.concat(chunks).toString(),
        code: stream.rstCode ?? 0
      })))
    stream.end(body === "" ? undefined : body)
    return Effect.sync(() => stream.close(Http2.constants.NGHTTP2_CANCEL))
  })

/** Sends an empty message to a token through FCM v1. */
export const send = (session: Session, token: string, project = "my-project"): Effect.Effect<Answer> =>
  ask(
    session,
    { ":path": `/v1/projects/${project}/messages:send`, authorization: "Bearer owner" },
    JSON.stringify({ message: { token } })
  )
