import { AccessToken, Fcm, Message, Messaging } from "@cloud-messaging/client"
import { Http2Client } from "@cloud-messaging/node"
import { assert, describe } from "@effect/vitest"
import { Effect, Layer, Predicate, Redacted } from "effect"
import { HttpClient } from "effect/http"
import { subscribe, unsubscribe } from "node:diagnostics_channel"
import Tls from "node:tls"
import { clientSuite } from "../../http2/test/suites/client.ts"
import * as Client from "../../http2/test/utils/client.ts"
import { burst, fate, tally } from "../../http2/test/utils/client.ts"
import { answer, serve, trust } from "../../http2/test/utils/server.ts"
import { type Transport, transports } from "./utils/transports.ts"

const layer = (transport: Transport) => (options: Http2Client.Options) =>
  Layer.orDie(Http2Client.layer({ ...options, transport }))

/** node:http2 counts what came in its first half, ours what brings a response forward. */
const secondsToPing = { own: 30, node: 60 }

describe.each(transports)("Http2Client (%s)", (transport) => {
  clientSuite({ layer: layer(transport), secondsToPing: secondsToPing[transport] })

  Client.clean(
    "who waits for connections that cannot even be tried was sent nothing",
    layer(transport)({ ...trust, maxStreams: 1 }),
    (client) =>
      Effect.gen(function*() {
        yield* wrongCiphers
        assert.deepStrictEqual(tally(yield* burst(client, "https://127.0.0.1:1", 20)), { "not sent": 20 })
      })
  )

  Client.clean(
    "an answer larger than four MiB accepts nothing that we know of, and is not asked for again",
    layer(transport)(trust),
    (client) =>
      Effect.gen(function*() {
        let asked = 0
        const server = yield* serve((stream) => {
          asked++
          answer(stream, " ".repeat(5_000_000))
        })
        const token = { get: Effect.succeed(Redacted.make("token")), invalidate: () => Effect.void }
        const fcm = Fcm.layer({ projectId: "test", url: server.origin }).pipe(
          Layer.provide(Layer.succeed(AccessToken.AccessToken, token)),
          Layer.provide(Layer.succeed(HttpClient.HttpClient, client))
        )
        const error = yield* Effect.flip(
          Effect.provide(Messaging.send(Message.make({ data: { score: 42 } }), "token"), fcm)
        )
        assert.strictEqual(error.reason._tag, "InvalidResponse")
        assert.deepStrictEqual(error.report.outcomes.map(({ _tag, disposition }) => [_tag, disposition]), [
          ["Unknown", "keep"]
        ])
        assert.strictEqual(asked, 1)
      })
  )
})

describe("a connection without numbers for streams", () => {
  // the tests of `@cloud-messaging/http2` have it for the other one
  Client.clean("is replaced", layer("node")(trust), (client) =>
    Effect.gen(function*() {
      const server = yield* serve((stream) => answer(stream))
      assert.strictEqual(yield* fate(client.get(server.origin)), "ok")
      yield* lastStreamNext
      const fates = yield* Effect.replicateEffect(fate(client.get(server.origin)), 4)
      assert.deepStrictEqual(tally(fates), { ok: 4 })
      assert.strictEqual(server.sessionCount, 2)
    }))
})

// -----------------------------------------------------------------------------
// helpers
// -----------------------------------------------------------------------------

/** Has the next stream of a session be its last: it has no numbers left (2^31 - 1 is the largest, RFC 9113, 5.1.1). */
const lastStreamNext = Effect.acquireRelease(
  Effect.sync(() => {
    const onStream = (message: unknown) => {
      unsubscribe("http2.client.stream.created", onStream)
      if (!Predicate.hasProperty(message, "stream") || !Predicate.hasProperty(message.stream, "session")) return
      const { session } = message.stream
      if (!Predicate.hasProperty(session, "setNextStreamID") || !Predicate.isFunction(session.setNextStreamID)) return
      session.setNextStreamID(2 ** 31 - 1)
    }
    subscribe("http2.client.stream.created", onStream)
    return onStream
  }),
  (onStream) => Effect.sync(() => unsubscribe("http2.client.stream.created", onStream))
)

/** Has Node refuse to begin with TLS, as `--tls-cipher-list` does that names none. */
const wrongCiphers = Effect.acquireRelease(
  Effect.sync(() => {
    const before = Tls.DEFAULT_CIPHERS
    Tls.DEFAULT_CIPHERS = "none"
    return before
  }),
  (before) =>
    Effect.sync(() => {
      Tls.DEFAULT_CIPHERS = before
    })
)
