/**
 * A million recipients through `sendStream` against a service in memory: is the heap flat, and is every one settled?
 *
 * `npm run soak` prints a table for `docs/errors-and-retries.md`.
 */
import { AccessToken, Fcm, Gcm, Message, Messaging, type RetryPolicy } from "@cloud-messaging/client"
import { Console, Effect, Layer, Redacted, Schedule, Stream } from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"
import * as Table from "../support/table.ts"

const total = 1_000_000
const message = Message.make({ data: { score: 42 } })
const retryPolicy: RetryPolicy.RetryPolicy = Schedule.spaced("20 millis").pipe(Schedule.upTo({ times: 2 }))

/** Every hundredth recipient is unavailable, always: it waits for two retries, and is given up. */
const answered = (fail: boolean, text: string) =>
  fail ? new Response("", { status: 503 }) : new Response(text, { headers: { "content-length": String(text.length) } })

const service = Layer.succeed(
  HttpClient.HttpClient,
  HttpClient.make((request) => {
    const text = request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : ""
    if (request.url.includes("/v1/")) {
      const response = answered(text.includes("00\""), "{\"name\":\"projects/p/messages/1\"}")
      return Effect.succeed(HttpClientResponse.fromWeb(request, response))
    }
    const ids: ReadonlyArray<string> = JSON.parse(text).registration_ids
    const results = ids.map((id) => id.endsWith("00") ? { error: "Unavailable" } : { message_id: "0:1" })
    return Effect.succeed(HttpClientResponse.fromWeb(request, answered(false, JSON.stringify({ results }))))
  })
)

const layers = {
  "FCM v1": Fcm.layer({ projectId: "p" }).pipe(
    Layer.provide([AccessToken.layer(Effect.succeed({ token: Redacted.make("t"), expiresIn: 3600 })), service])
  ),
  GCM: Gcm.layer({ apiKey: Redacted.make("k") }).pipe(Layer.provide(service))
}

const megabytes = () => {
  globalThis.gc?.()
  return Math.round(process.memoryUsage().heapUsed / 2 ** 20)
}

const measure = Effect.fnUntraced(function*(protocol: keyof typeof layers) {
  const counts: Record<string, number> = {}
  const heap: Array<number> = []
  let settled = 0
  const tokens = Stream.range(1, total).pipe(Stream.map((n) => `token-${n}`))
  yield* Messaging.sendStream(message, tokens, { retryPolicy }).pipe(
    Stream.runForEach((outcome) =>
      Effect.sync(() => {
        counts[outcome._tag] = (counts[outcome._tag] ?? 0) + 1
        if (++settled % 100_000 === 0) heap.push(megabytes())
      })
    ),
    Effect.provide(layers[protocol])
  )
  return { protocol, settled, accepted: counts["Success"] ?? 0, givenUp: counts["Unavailable"] ?? 0, heap }
})

const rows = Effect.gen(function*() {
  const before = megabytes()
  const measured = [yield* measure("FCM v1"), yield* measure("GCM")]
  yield* Console.log(`heap before: ${before} MB\n`)
  yield* Console.log(
    Table.format(
      ["protocol", "settled", "accepted", "given up", "heap (MB) at each 100,000"],
      measured.map((
        { accepted, givenUp, heap, protocol, settled }
      ) => [protocol, settled, accepted, givenUp, heap.join(" ")])
    )
  )
  for (const { heap, protocol, settled } of measured) {
    if (settled !== total) return yield* Effect.die(`${protocol}: ${settled} of ${total} were settled`)
    const growth = Math.max(...heap) - (heap[0] ?? 0)
    if (growth > 16) return yield* Effect.die(`${protocol}: the heap grew by ${growth} MB`)
  }
})

Effect.runPromise(rows)
