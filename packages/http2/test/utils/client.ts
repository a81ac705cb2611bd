/** Requests through a client, and what they come to. */
import { RequestNotSent } from "@cloud-messaging/http2"
import { assert, it } from "@effect/vitest"
import { Effect, type Layer, Metric, type Scope } from "effect"
import { constTrue } from "effect/Function"
import { HttpClient, type HttpClientError, type HttpClientResponse } from "effect/http"
import { leavesNothing, until } from "./leaves.ts"

type Response = Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError>

/** A test with a client of its own, which leaves nothing behind. */
export const clean = <E>(
  name: string,
  layer: Layer.Layer<HttpClient.HttpClient>,
  test: (client: HttpClient.HttpClient) => Effect.Effect<void, E, Scope.Scope>
) =>
  it.effect(name, () =>
    leavesNothing(
      Effect.gen(function*() {
        yield* Effect.flatMap(HttpClient.HttpClient, test).pipe(
          // as `@cloud-messaging/client` uses it
          Effect.provideService(HttpClient.TracerDisabledWhen, constTrue),
          Effect.provide(layer)
        )
        assert.deepStrictEqual(yield* Effect.forEach(gauges, valueOf), [0, 0, 0])
      }).pipe(Effect.provideService(Metric.MetricRegistry, new Map()))
    ))

const gauges = ["http2_client_sessions", "http2_client_streams", "http2_client_queue"]

export const valueOf = (id: string) =>
  Effect.map(Metric.snapshot, (all) =>
    all.reduce((sum, metric) =>
      metric.id === id
        ? sum +
          Number(metric.type === "Gauge" ? metric.state.value : metric.type === "Counter" ? metric.state.count : 0)
        : sum, 0))

export const untilEffect = (condition: Effect.Effect<boolean>) =>
  Effect.repeat(Effect.tap(condition, () => until(constTrue)), { until: (holds) => holds })

/** What a request came to: the text of its answer, or how it failed. */
export const fate = (response: Response) =>
  Effect.match(Effect.flatMap(response, ({ text }) => text), {
    onSuccess: (text) => text,
    onFailure: ({ reason }) => RequestNotSent.isRequestNotSent(reason.cause) ? "not sent" : reason._tag
  })

export const range = (n: number): ReadonlyArray<number> => Array.from({ length: n }, (_, i) => i)

export const tally = (all: ReadonlyArray<string>): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const one of all) counts[one] = (counts[one] ?? 0) + 1
  return counts
}

/** Asks for `/0`, `/1`, … at once. */
export const burst = (client: HttpClient.HttpClient, origin: string, n: number) =>
  Effect.forEach(range(n), (i) => fate(client.get(`${origin}/${i}`)), { concurrency: "unbounded" })
