/**
 * What faults do to connections of Node's server, of HTTP/1.1 and of HTTP/2.
 */
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import * as Effect from "effect/Effect"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type { ServerResponse } from "node:http"
import { constants, type Http2ServerResponse, type Http2Session, type ServerHttp2Stream } from "node:http2"
import type { AnswerCut, ConnectionReset, NotProcessed } from "./answer.ts"
import { Connection } from "./connection.ts"

type Response = ServerResponse | Http2ServerResponse

const response = Effect.map(
  HttpServerRequest.HttpServerRequest,
  (request): Response => NodeHttpServerRequest.toServerResponse(request)
)

/** Until the stream is closed, which interrupts whoever would answer. */
const unanswered = Effect.interruptible(Effect.never)

// -----------------------------------------------------------------------------
// Sessions of HTTP/2
// -----------------------------------------------------------------------------

interface SessionState {
  /** Of the streams whose requests are processed. */
  readonly processed: Set<number>
  /** The last stream that a GOAWAY did not leave out. */
  last: number
  streamLimit: number | undefined
  /** Whether a limit is told that is not acknowledged yet. */
  isTelling: boolean
}

const sessions = new WeakMap<Http2Session, SessionState>()

const stateOf = (session: Http2Session): SessionState => {
  const state = sessions.get(session) ?? {
    processed: new Set(),
    last: Number.POSITIVE_INFINITY,
    streamLimit: undefined,
    isTelling: false
  }
  sessions.set(session, state)
  return state
}

/** Says that neither this stream was processed nor a later one; if a later one is, of this one by itself. */
const leaveOut = (stream: ServerHttp2Stream): void => {
  const { id = 0, session } = stream
  if (session === undefined || session.destroyed) return
  const state = stateOf(session)
  state.processed.delete(id)
  state.last = Math.min(state.last, Math.max(id - 2, ...state.processed))
  // node:http2 cannot say that there was no stream at all: 0 stands for the latest
  const last = Math.max(state.last, 1)
  session.goaway(constants.NGHTTP2_NO_ERROR, last)
  // closing says GOAWAY again, of all streams if this one has not left. Once it has, streams that it leaves out are closed;
  // of one that it does not, an answer to a PING tells, as long as the stream is open
  if (id > last) return void stream.once("close", () => session.close())
  session.ping(() => {
    stream.close(constants.NGHTTP2_REFUSED_STREAM)
    session.close()
  })
}

/** One after the other: node:http2 ends a session of which many settings are not acknowledged. */
const tellLimit = (session: Http2Session, state: SessionState): void => {
  const { isTelling, streamLimit } = state
  if (isTelling || streamLimit === undefined || session.destroyed) return
  state.isTelling = true
  session.settings({ maxConcurrentStreams: streamLimit }, () => {
    state.isTelling = false
    if (state.streamLimit !== streamLimit) tellLimit(session, state)
  })
}

const http2 = (stream: ServerHttp2Stream): Connection => {
  const { id = 0, session } = stream
  if (session === undefined) return noConnection
  const state = stateOf(session)
  return {
    process: Effect.suspend(() => {
      if (id > state.last) return unanswered
      state.processed.add(id)
      stream.once("close", () => state.processed.delete(id))
      return Effect.void
    }),
    goAway: Effect.sync(() => {
      if (state.last === Number.POSITIVE_INFINITY) session.close()
    }),
    limitStreams: (streams) =>
      Effect.sync(() => {
        if (state.streamLimit === streams) return
        state.streamLimit = streams
        tellLimit(session, state)
      })
  }
}

// -----------------------------------------------------------------------------
// HTTP/1.1
// -----------------------------------------------------------------------------

const noConnection: Connection = Connection.defaultValue()

const http1 = (response: ServerResponse): Connection => ({
  ...noConnection,
  goAway: Effect.sync(() => response.setHeader("connection", "close"))
})

// -----------------------------------------------------------------------------
// Answers that are none
// -----------------------------------------------------------------------------

/** Drops the connection; of HTTP/2 the stream, as others have theirs beside it. */
const drop = Effect.map(response, (response) => end(response, constants.NGHTTP2_INTERNAL_ERROR))

/** Ends a request without an answer: what is then answered goes nowhere. */
const end = (response: Response, code: number) => {
  if ("stream" in response) response.stream.close(code)
  // an answer that waits for those before it has no socket yet
  else response.req.socket.destroy()
  return HttpServerResponse.empty()
}

const refuse = ({ goAway }: NotProcessed) =>
  Effect.flatMap(response, (response) => {
    if (!goAway || !("stream" in response)) return Effect.succeed(end(response, constants.NGHTTP2_REFUSED_STREAM))
    leaveOut(response.stream)
    return unanswered
  })

/** Drops it when half of the answer has left; at once, where those of earlier requests have not. */
const cut = Effect.fnUntraced(function*({ half, headers }: AnswerCut) {
  const to = yield* response
  yield* Effect.callback<void>((resume) => {
    const done = () => resume(Effect.void)
    if ("stream" in to) {
      to.writeHead(200, headers)
      to.stream.write(half, done)
    } else if (to.socket === null) {
      done()
    } else {
      const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join("")
      to.socket.write(`HTTP/1.1 200 OK\r\n${head}\r\n${half}`, done)
    }
  })
  return yield* drop
})

/** Does to the connection of a request what faults demand. */
export const handle = <R>(
  app: Effect.Effect<HttpServerResponse.HttpServerResponse, ConnectionReset | NotProcessed | AnswerCut, R>
) =>
  Effect.flatMap(response, (response) =>
    app.pipe(
      Effect.provideService(Connection, "stream" in response ? http2(response.stream) : http1(response)),
      Effect.catchTags({ ConnectionReset: () => drop, NotProcessed: refuse, AnswerCut: cut })
    ))

/** What no fault is about is processed as it comes. */
export const processed = <A, E, R>(app: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Connection, ({ process }) => Effect.andThen(process, app))
