/** Untrusted answers, and answers that never come, over real sockets: through undici and through fetch. */
import { Gcm, Message, Messaging, type Outcome, RetryPolicy, type SendError } from "@cloud-messaging/client"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { FetchHttpClient } from "effect/http"
import { createServer, type Server, type Socket } from "node:net"
import { gzipSync } from "node:zlib"

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
          if (!text.includes("registration_ids") || !text.endsWith("}")) return
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
        assert.strictEqual(refused.error?.message, "the connection failed: ECONNREFUSED")
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
          assert.deepStrictEqual(summary(seen), ["UnexpectedStatus", "Unavailable", "retryLater"])
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
})
