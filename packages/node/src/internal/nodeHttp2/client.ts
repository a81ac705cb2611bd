/**
 * HTTP/2 by `node:http2`: an `HttpClient` that fails with `Http1Only` where HTTP/1.1 is needed.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as FiberSet from "effect/FiberSet"
import * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpIncomingMessage from "effect/http/HttpIncomingMessage"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"
import * as Exchange from "./exchange.ts"
import * as Failure from "./failure.ts"
import * as Metrics from "./metrics.ts"
import * as Outgoing from "./outgoing.ts"
import { type Options as PoolOptions, Pool } from "./pool.ts"
import * as Targets from "./target.ts"

export interface Options extends Omit<PoolOptions, "metrics" | "run"> {
  readonly h2c: boolean
  readonly maxResponseSize: number
}

export const make = Effect.fnUntraced(function*(
  options: Options
): Effect.fn.Return<HttpClient.HttpClient, never, Scope.Scope> {
  const run = yield* FiberSet.makeRuntime<never, void, never>()
  const metrics = Metrics.make(yield* Effect.context<never>())
  const pools = new Map<string, Pool>()
  let isClosed = false
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      isClosed = true
      pools.forEach((pool) => pool.close())
    })
  )

  const poolOf = (target: Targets.Target): Pool => {
    const known = pools.get(target.origin)
    if (known !== undefined) return known
    const pool = new Pool(target, { ...options, metrics, run })
    pools.set(target.origin, pool)
    return pool
  }
  const needsHttp1 = (request: HttpClientRequest.HttpClientRequest, target: Targets.Target): boolean =>
    (target.protocol === "http:" && !options.h2c) || request.headers["upgrade"] !== undefined ||
    poolOf(target).isHttp1

  const limitIn = (context: Context.Context<never>): number => {
    const size = Context.get(context, HttpIncomingMessage.MaxBodySize)
    return size === undefined ? options.maxResponseSize : Math.min(Number(size), options.maxResponseSize)
  }
  const upload: Exchange.Run = (effect, context) => run(Effect.provideContext(effect, context))
  const exchange = (
    request: HttpClientRequest.HttpClientRequest,
    target: Targets.Target,
    { context }: AnyFiber,
    signal?: AbortSignal
  ): Exchange.Result =>
    Effect.callback((resume) => {
      const pool = poolOf(target)
      const exchange = new Exchange.Exchange(request, target, limitIn(context), context, upload, resume)
      signal?.addEventListener("abort", () => pool.cancel(exchange), { once: true })
      pool.submit(exchange)
      return Effect.sync(() => pool.cancel(exchange))
    })

  const send = (
    request: HttpClientRequest.HttpClientRequest,
    target: Targets.Target,
    fiber: AnyFiber,
    signal?: AbortSignal
  ): Exchange.Result =>
    Outgoing.isPlain(request.body)
      ? exchange(request, target, fiber, signal)
      : Effect.flatMap(Outgoing.prepare(request), (request) => exchange(request, target, fiber, signal))

  const findTarget = Targets.make()
  // Effect's constructor handles spans, scopes and unread responses, at a cost for each request
  const traced = HttpClient.make((request, _url, signal, fiber) =>
    Effect.flatMap(Effect.fromResult(findTarget(request)), (target) => send(request, target, fiber, signal))
  )
  const execute = (request: HttpClientRequest.HttpClientRequest): Exchange.Result =>
    Effect.withFiber((fiber) => {
      if (isClosed) return Effect.fail(Failure.closed(request))
      const found = findTarget(request)
      if (Result.isFailure(found)) return Effect.fail(found.failure)
      if (needsHttp1(request, found.success)) return Effect.fail(Failure.http1Only(request, found.success.origin))
      return isUntraced(request, fiber) ? send(request, found.success, fiber) : traced.execute(request)
    })
  return HttpClient.makeWith<never, never, HttpClientError.HttpClientError, never>(
    Effect.flatMapEager(execute),
    Effect.succeed
  )
})

type AnyFiber = Fiber.Fiber<unknown, unknown>

const isUntraced = (request: HttpClientRequest.HttpClientRequest, fiber: AnyFiber): boolean =>
  fiber.getRef(HttpClient.TracerDisabledWhen)(request) || fiber.getRef(Tracer.DisablePropagation)
