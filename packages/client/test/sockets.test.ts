/** Untrusted answers, and answers that never come, over real sockets: through undici and through fetch; and in memory. */
import {
  AccessToken,
  Fcm,
  Gcm,
  Message,
  Messaging,
  type Outcome,
  RetryPolicy,
  type SendError,
  ServiceAccount,
  Topics
} from "@cloud-messaging/client"
import { Emulator } from "@cloud-messaging/emulator"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { FetchHttpClient, type HttpClient } from "effect/http"
import { createServer, type Server, type Socket } from "node:net"
import { gzipSync } from "node:zlib"
import * as Http from "./utils/http.ts"

const message = Message.make({ data: { score: 42 } })

const clients = { undici: NodeHttpClient.layerUndici, fetch: FetchHttpClient.layer }

/** A server that gives each connection, once its request has come, to `respond`; counts the requests. */
const serve = (respond: (socket: Socket) => void) => serveRaw(() => {}, respond)

/** A server that gives each connection to `connected`, and, once its request has come, to `respond`. */
const serveRaw = (connected: (socket: Socket) => void, respond: (socket: Socket) => void = () => {}) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly url: string; readonly requests: () => number; readonly server: Server }>((resume) => {
      let requests = 0
      const sockets = new Set<Socket>()
      const server = createServer((socket) => {
        sockets.add(socket)
        socket.on("error", () => socket.destroy())
        connected(socket)
        let text = ""
        socket.on("data", (data) => {
          text += data.toString()
          const [head = "", body] = text.split("\r\n\r\n")
          if (body === undefined || body.length < Number(/content-length: (\d+)/i.exec(head)?.[1])) return
          text = ""
          requests++
          respond(socket)
        })
      })
      server.on("close", () => sockets.forEach((socket) => socket.destroy()))
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        const port = typeof address === "object" && address !== null ? address.port : 0
        resume(Effect.succeed({ server, url: `http://127.0.0.1:${port}/gcm/send`, requests: () => requests }))
      })
    }),
    ({ server }) =>
      Effect.sync(() => {
        server.close()
        server.emit("close")
      })
  )

const head = (status: string, headers: ReadonlyArray<string>) => `HTTP/1.1 ${status}\r\n${headers.join("\r\n")}\r\n\r\n`

const answer = "{\"multicast_id\":6782339717028231855,\"results\":[{\"message_id\":\"0:1\"}]}"

interface Seen {
  readonly error: SendError.SendError | undefined
  readonly outcome: Outcome.Outcome | undefined
}

const via = (client: keyof typeof clients, url: string): Effect.Effect<Seen> =>
  Messaging.send(message, "a", { requestTimeout: "500 millis" }).pipe(
    Effect.match({
      onFailure: (error) => ({ error, outcome: error.report.outcomes[0] }),
      onSuccess: (report) => ({ error: undefined, outcome: report.outcomes[0] })
    }),
    Effect.provide(
      Layer.provide(Gcm.layer({ apiKey: Redacted.make("key"), url, retryPolicy: RetryPolicy.none }), clients[client])
    )
  )

const summary = ({ error, outcome }: Seen) => [error?.reason._tag, outcome?._tag, outcome?.disposition]

for (const client of ["undici", "fetch"] as const) {
  describe(`through ${client}`, () => {
    const answered = Effect.fnUntraced(function*(respond: (socket: Socket) => void) {
      const { requests, url } = yield* serve(respond)
      const seen = yield* via(client, url)
      // nothing under the engine retries
      assert.strictEqual(requests(), 1)
      return seen
    })

    it.live("an answer in pieces is put together", () =>
      Effect.gen(function*() {
        const seen = yield* answered((socket) => {
          socket.write(head("200 OK", ["transfer-encoding: chunked"]))
          for (const char of answer) socket.write(`1\r\n${char}\r\n`)
          socket.end("0\r\n\r\n")
        })
        assert.deepStrictEqual(summary(seen), [undefined, "Success", "keep"])
      }).pipe(Effect.scoped))

    it.live("a body that is cut is an answer lost", () =>
      Effect.gen(function*() {
        const cut = yield* answered((socket) =>
          socket.end(head("200 OK", ["content-length: 1000"]) + answer.slice(0, 20))
        )
        assert.deepStrictEqual(summary(cut), ["Network", "Unknown", "retryLater"])
        assert.strictEqual(cut.error?._tag === "TransportError" && cut.error.ambiguous, true)
        const chunked = yield* answered((socket) =>
          socket.end(`${head("200 OK", ["transfer-encoding: chunked"])}5\r\n{"mul`)
        )
        assert.deepStrictEqual(summary(chunked), ["Network", "Unknown", "retryLater"])
      }).pipe(Effect.scoped))

    it.live("a connection that drops after the request is an answer lost", () =>
      Effect.gen(function*() {
        const dropped = yield* answered((socket) => socket.destroy())
        assert.deepStrictEqual(summary(dropped), ["Network", "Unknown", "retryLater"])
        const reset = yield* answered((socket) => socket.resetAndDestroy())
        assert.deepStrictEqual(summary(reset), ["Network", "Unknown", "retryLater"])
      }).pipe(Effect.scoped))

    it.live("law 4: a connection that closes before the request is written counts as written: nobody can tell", () =>
      Effect.gen(function*() {
        const hostile = yield* serveRaw((socket) => socket.destroy())
        assert.deepStrictEqual(summary(yield* via(client, hostile.url)), ["Network", "Unknown", "retryLater"])
      }).pipe(Effect.scoped))

    it.live("an answer that never comes, or never ends, is an answer lost", () =>
      Effect.gen(function*() {
        assert.deepStrictEqual(summary(yield* answered(() => {})), ["Timeout", "Unknown", "retryLater"])
        const stalled = yield* answered((socket) => socket.write(head("200 OK", ["content-length: 1000"]) + "{"))
        assert.deepStrictEqual(summary(stalled), ["Timeout", "Unknown", "retryLater"])
      }).pipe(Effect.scoped))

    it.live("a connection that is refused, or a host that is none: nothing was written", () =>
      Effect.gen(function*() {
        const closed = yield* Effect.scoped(serve(() => {}))
        const refused = yield* via(client, closed.url)
        assert.deepStrictEqual(summary(refused), ["Network", "Unavailable", "retryLater"])
        assert.strictEqual(refused.error?.message, `the connection to ${new URL(closed.url).host} failed: ECONNREFUSED`)
        assert.strictEqual(refused.error?._tag === "TransportError" && refused.error.ambiguous, false)
        const unresolved = yield* via(client, "https://push.invalid/gcm/send")
        assert.deepStrictEqual(summary(unresolved), ["Network", "Unavailable", "retryLater"])
      }))

    it.live("an answer larger than four MiB is not read to its end", () =>
      Effect.gen(function*() {
        const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, " "))
        const answers = [
          `${head("200 OK", ["content-length: 5000000"])}${" ".repeat(5_000_000)}`,
          `${head("200 OK", ["transfer-encoding: chunked"])}4c4b40\r\n${" ".repeat(5_000_000)}\r\n0\r\n\r\n`
        ]
        for (const text of answers) {
          const seen = yield* answered((socket) => socket.write(text))
          assert.deepStrictEqual(summary(seen), ["InvalidResponse", "Unknown", "keep"])
        }
        const zipped = yield* answered((socket) => {
          socket.write(head("200 OK", ["content-encoding: gzip", `content-length: ${bomb.length}`]))
          socket.write(bomb)
        })
        assert.deepStrictEqual(summary(zipped), ["InvalidResponse", "Unknown", "keep"])
      }).pipe(Effect.scoped))

    it.live("law 9: a redirect is not followed, so that credentials and recipients go nowhere else", () =>
      Effect.gen(function*() {
        const elsewhere = yield* serve((socket) => socket.end(head("200 OK", ["content-length: 0"])))
        for (const status of ["301 Moved", "307 Temporary Redirect", "308 Permanent Redirect"]) {
          const seen = yield* answered((socket) =>
            socket.end(head(status, [`location: ${elsewhere.url}`, "content-length: 0"]))
          )
          assert.deepStrictEqual(summary(seen), ["UnexpectedStatus", "Failed", "keep"])
        }
        assert.strictEqual(elsewhere.requests(), 0)
      }).pipe(Effect.scoped))

    it.live("HTML and other bytes are no answer", () =>
      Effect.gen(function*() {
        for (const body of ["<html></html>", "\u0000\u0001", "[]", "{\"results\":{}}"]) {
          const seen = yield* answered((socket) =>
            socket.end(head("200 OK", [`content-length: ${body.length}`]) + body)
          )
          assert.deepStrictEqual(summary(seen), ["InvalidResponse", "Unknown", "keep"], body)
        }
        const garbage = yield* answered((socket) => socket.end("SSH-2.0-OpenSSH_9\r\n"))
        assert.deepStrictEqual(summary(garbage), ["Network", "Unknown", "retryLater"])
      }).pipe(Effect.scoped))
  })
}

describe("through fetch", () => {
  it.live("the application's own RequestInit stays, but for redirects", () =>
    Effect.gen(function*() {
      let seen = ""
      const { url } = yield* serve((socket) =>
        socket.end(head("200 OK", [`content-length: ${answer.length}`]) + answer)
      )
      const recording: typeof globalThis.fetch = (input, init) => {
        seen = `${String(init?.redirect)} ${String(init?.keepalive)}`
        return globalThis.fetch(input, init)
      }
      const layer = Gcm.layer({ apiKey: Redacted.make("key"), url, retryPolicy: RetryPolicy.none }).pipe(
        Layer.provide(FetchHttpClient.layer),
        Layer.provide(Layer.succeed(FetchHttpClient.RequestInit, { keepalive: true, redirect: "follow" })),
        Layer.provide(Layer.succeed(FetchHttpClient.Fetch, recording))
      )
      yield* Effect.provide(Messaging.send(message, "a"), layer)
      assert.strictEqual(seen, "manual true")
    }).pipe(Effect.scoped))

  it.effect("a redirect that a browser's fetch hides (status 0) is told as one", () =>
    Effect.gen(function*() {
      // as the answer to `redirect: "manual"` is there: no status, no headers, no body
      const hiding: typeof globalThis.fetch = () => Promise.resolve(Response.error())
      const fetch = Layer.provide(FetchHttpClient.layer, Layer.succeed(FetchHttpClient.Fetch, hiding))
      const errors = yield* Effect.all([
        Effect.flip(Effect.provide(Messaging.send(message, "a"), Layer.provide(Gcm.layer({ apiKey }), fetch))),
        Effect.flip(Effect.provide(Messaging.send(message, "a"), Layer.provide(Fcm.layer(fcmOptions), [token, fetch]))),
        Effect.flip(Effect.provide(Topics.subscribe("news", "a"), Layer.provide(Fcm.layer(fcmOptions), [token, fetch])))
      ])
      for (const error of errors) {
        assert.deepInclude(error.reason, { _tag: "UnexpectedStatus", status: 0 })
        assert.strictEqual(error.message, "a redirect, which is not followed: is the url the service's own?")
      }
    }))
})

const apiKey = Redacted.make("key")

const fcmOptions = { projectId: "my-project", retryPolicy: RetryPolicy.none }

const token = AccessToken.layer(Effect.succeed({ token: Redacted.make("token"), expiresIn: 3600 }))

// -----------------------------------------------------------------------------
// Bodies that are none, of every endpoint
// -----------------------------------------------------------------------------

interface Answered {
  readonly status: number
  readonly body: string
  /** The connection drops after so much of the body. */
  readonly cut?: number
}

/** An answer as it is on the wire. */
const respond = ({ body, cut, status }: Answered) => (socket: Socket) => {
  const text = head(`${status} Said`, [`content-length: ${Buffer.byteLength(body)}`, "content-type: text/html"])
  socket.write(text + body.slice(0, cut))
  if (cut !== undefined) socket.end()
}

/** An answer in memory: it comes as a stream that does not tell its length. */
const layerMemory = ({ body, cut, status }: Answered, requests: Array<Http.Recorded>) =>
  Http.layer(
    () =>
      Effect.sync(() => {
        const stream = new ReadableStream({
          start(controller) {
            controller.enqueue(new TextEncoder().encode(body.slice(0, cut)))
            if (cut === undefined) controller.close()
            else controller.error("cut")
          }
        })
        return new Response(status === 204 ? null : stream, { status })
      }),
    requests
  )

/** A client that is answered so, where it is, and how often it was asked. */
const answering = Effect.fnUntraced(function*(client: keyof typeof clients | "in memory", answer: Answered) {
  if (client === "in memory") {
    const requests: Array<Http.Recorded> = []
    return {
      origin: "https://in-memory.example",
      layer: layerMemory(answer, requests),
      requests: () => requests.length
    }
  }
  const { requests, url } = yield* serve(respond(answer))
  return { origin: new URL(url).origin, layer: clients[client], requests }
})

type Asked = (origin: string) => Effect.Effect<string, never, HttpClient.HttpClient>

const sendVia = (layer: Layer.Layer<Messaging.Messaging, never, HttpClient.HttpClient>) =>
  Messaging.send(message, "a", { requestTimeout: "2 seconds" }).pipe(
    Effect.match({
      onFailure: ({ reason, report }) => [reason._tag, ...report.outcomes.map(({ _tag }) => _tag)].join(" "),
      onSuccess: ({ outcomes }) => outcomes.map(({ _tag }) => _tag).join(" ")
    }),
    Effect.provide(layer)
  )

/** Who asks, and what becomes of the answer. */
const endpoints: { readonly [endpoint in "fcm" | "gcm" | "token"]: Asked } = {
  fcm: (url) =>
    sendVia(Layer.provide(Fcm.layer({ projectId: "p", url, retryPolicy: RetryPolicy.none }), Http.accessToken)),
  gcm: (origin) =>
    sendVia(Gcm.layer({ apiKey: Redacted.make("key"), url: `${origin}/gcm/send`, retryPolicy: RetryPolicy.none })),
  token: (origin) =>
    AccessToken.AccessToken.use(({ get }) => get).pipe(
      Effect.match({ onFailure: ({ reason }) => reason._tag, onSuccess: () => "a token" }),
      Effect.provide(ServiceAccount.layer({ ...Emulator.serviceAccount, tokenUrl: `${origin}/token` }))
    )
}

const html = "<!DOCTYPE html>\n<html lang=en>\n<title>Error (Not Found)!!1</title>\n"

const gone = JSON.stringify({
  error: {
    code: 404,
    status: "NOT_FOUND",
    details: [{ "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", errorCode: "UNREGISTERED" }]
  }
})

/** Larger than is read; what it says would be understood. */
const oversized = gone.replace("{", `{"pad":"${" ".repeat(5_000_000)}",`)

const success = JSON.stringify({
  name: "projects/p/messages/1",
  results: [{ message_id: "0:1" }],
  access_token: "token",
  expires_in: 3599,
  token_type: "Bearer"
})

/** What becomes of an answer, by who asked. */
const rows: ReadonlyArray<readonly [what: string, answer: Answered, fcm: string, gcm: string, token: string]> = [
  ["a success", { status: 200, body: success }, "Success", "Success", "a token"],
  ["HTML, 200", { status: 200, body: html }, "InvalidResponse Unknown", "InvalidResponse Unknown", "InvalidResponse"],
  ["HTML, 400", { status: 400, body: html }, "UnexpectedStatus Failed", "RejectedRequest", "InvalidResponse"],
  ["HTML, 401", { status: 401, body: html }, "InvalidCredentials", "InvalidCredentials", "InvalidResponse"],
  ["HTML, 403", { status: 403, body: html }, "PermissionDenied", "UnexpectedStatus Failed", "InvalidResponse"],
  ["HTML, 404", { status: 404, body: html }, "ProjectNotFound", "UnexpectedStatus Failed", "InvalidResponse"],
  ["HTML, 502", { status: 502, body: html }, "ServerError Unavailable", "ServerError Unavailable", "Unreachable"],
  ["nothing, 200", { status: 200, body: "" }, "InvalidResponse Unknown", "InvalidResponse Unknown", "InvalidResponse"],
  ["nothing, 204", { status: 204, body: "" }, "InvalidResponse Unknown", "InvalidResponse Unknown", "InvalidResponse"],
  ["nothing, 404", { status: 404, body: "" }, "ProjectNotFound", "UnexpectedStatus Failed", "InvalidResponse"],
  ["nothing, 429", { status: 429, body: "" }, "RateLimited Unavailable", "RateLimited Unavailable", "Unreachable"],
  ["nothing, 503", { status: 503, body: "" }, "ServerError Unavailable", "ServerError Unavailable", "Unreachable"],
  [
    "more than is read, 200",
    { status: 200, body: oversized },
    "InvalidResponse Unknown",
    "InvalidResponse Unknown",
    "InvalidResponse"
  ],
  [
    "more than is read, 404",
    { status: 404, body: oversized },
    "ProjectNotFound",
    "UnexpectedStatus Failed",
    "InvalidResponse"
  ],
  [
    "more than is read, 500",
    { status: 500, body: oversized },
    "ServerError Unavailable",
    "ServerError Unavailable",
    "Unreachable"
  ],
  [
    "a recipient that is gone",
    { status: 404, body: gone },
    "NotRegistered",
    "UnexpectedStatus Failed",
    "InvalidResponse"
  ],
  [
    "the same, cut",
    { status: 404, body: gone, cut: gone.length - 1 },
    "Network Unknown",
    "Network Unknown",
    "Unreachable"
  ],
  ["a success, cut", { status: 200, body: success, cut: 10 }, "Network Unknown", "Network Unknown", "Unreachable"],
  ["nothing of a success", { status: 200, body: success, cut: 0 }, "Network Unknown", "Network Unknown", "Unreachable"]
]

for (const client of ["undici", "fetch", "in memory"] as const) {
  describe(`law 8: bodies that are none, ${client}`, () => {
    for (const [what, answer, fcm, gcm, token] of rows) {
      for (const [endpoint, told] of [["fcm", fcm], ["gcm", gcm], ["token", token]] as const) {
        it.live(`${what}: ${endpoint}`, () =>
          Effect.gen(function*() {
            const { layer, origin, requests } = yield* answering(client, answer)
            assert.strictEqual(yield* Effect.provide(endpoints[endpoint](origin), layer), told)
            assert.strictEqual(requests(), endpoint === "fcm" && answer.status === 401 ? 2 : 1)
          }).pipe(Effect.scoped))
      }
    }
  })
}

describe("law 9: a redirect of the token endpoint", () => {
  for (const client of ["undici", "fetch"] as const) {
    it.live(`is not followed through ${client}: the assertion goes nowhere else`, () =>
      Effect.gen(function*() {
        const elsewhere = yield* serve(respond({ status: 200, body: success }))
        for (const status of ["302 Found", "307 Temporary Redirect"]) {
          const { url } = yield* serve((socket) =>
            socket.write(head(status, [`location: ${elsewhere.url}`, "content-length: 0"]))
          )
          assert.strictEqual(
            yield* Effect.provide(endpoints.token(new URL(url).origin), clients[client]),
            "InvalidResponse"
          )
        }
        assert.strictEqual(elsewhere.requests(), 0)
      }).pipe(Effect.scoped))
  }
})
