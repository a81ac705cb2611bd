/**
 * An `HttpClient` over HTTP/2.
 *
 * @since 1.0.0
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as FiberSet from "effect/FiberSet"
import * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpIncomingMessage from "effect/http/HttpIncomingMessage"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"
import type * as Net from "node:net"
import { Http1Only } from "./Http1Only.ts"
import * as Exchange from "./internal/exchange/exchange.ts"
import * as Failure from "./internal/exchange/failure.ts"
import * as Outgoing from "./internal/exchange/outgoing.ts"
import * as RequestHead from "./internal/exchange/requestHead.ts"
import * as Targets from "./internal/exchange/target.ts"
import * as Metrics from "./internal/pool/metrics.ts"
import { Pool } from "./internal/pool/pool.ts"

/**
 * A server, as its connections are told apart.
 *
 * @category models
 * @since 1.0.0
 */
export interface Server {
  /** Scheme with its colon. */
  readonly protocol: "https:" | "http:"
  /** A name or an address; one of IPv6 without brackets. */
  readonly hostname: string
  /** From 1 to 65535. */
  readonly port: number
  /** `protocol`, `hostname` and `port` as one, as in `https://example.com`. */
  readonly origin: string
}

/**
 * How connections are made and used.
 *
 * @category models
 * @since 1.0.0
 */
export interface Options {
  /**
   * Connections to one origin at most. Another one is opened when all streams of the others are taken.
   *
   * @default 10
   */
  readonly maxSessions?: number | undefined
  /**
   * Requests in flight on one connection at most, however many the server allows. It allows 100 until it says more or
   * less; more on one connection are mostly no faster.
   *
   * @default 1000
   */
  readonly maxStreams?: number | undefined
  /**
   * Speaks HTTP/2 to `http:` origins from the start ("prior knowledge"). Otherwise their requests fail with `Http1Only`.
   *
   * @default false
   */
  readonly h2c?: boolean | undefined
  /**
   * How long a connection may take to be made, TLS and `tunnel` included.
   *
   * @default "10 seconds"
   */
  readonly connectTimeout?: Duration.Input | undefined
  /**
   * How long a connection may be without a request before it is closed; it is closed within twice that.
   *
   * @default "1 minute"
   */
  readonly idleTimeout?: Duration.Input | undefined
  /**
   * How long a connection may bring no response forward before a PING asks whether it is alive.
   *
   * @default "30 seconds"
   */
  readonly pingInterval?: Duration.Input | undefined
  /**
   * How long the answer to a PING, and to the first SETTINGS, may take; then the connection is given up, and what was on it
   * is lost.
   *
   * @default "10 seconds"
   */
  readonly pingTimeout?: Duration.Input | undefined
  /**
   * How long a server may take nothing of a request's body, by leaving it without a window; the request is reset within
   * twice that.
   *
   * @default "1 minute"
   */
  readonly stallTimeout?: Duration.Input | undefined
  /**
   * How long a connection gets new requests; then another one is opened, for which the name of the host is resolved anew.
   *
   * @default Duration.infinity
   */
  readonly maxAge?: Duration.Input | undefined
  /**
   * Bytes of a response's body at most, read whole or as a stream; `HttpIncomingMessage.MaxBodySize` lowers it for a
   * request. A larger one is a `DecodeError` with the cause `BoundedResponse.BodyTooLarge`. By default nothing is refused;
   * of bodies that nobody reads, 64 KiB are taken.
   */
  readonly maxResponseSize?: number | undefined
  /**
   * Names of request headers whose values are secret: they are written so that no table of HPACK holds
   * them, here or at an intermediary (RFC 7541, 7.1). `authorization`, `cookie` and `proxy-authorization` always are.
   */
  readonly secretHeaders?: ReadonlyArray<string> | undefined
  /** Certificate authorities in PEM that are trusted instead of Node's. */
  readonly ca?: ReadonlyArray<string> | undefined
  /**
   * Gives a socket that is connected to the server, through a proxy, say, or nothing where the client should connect to the
   * server itself. TLS is made over the socket for `https:` origins. It lives as long as the scope. What `tunnel` fails with
   * is the `cause` of the `RequestNotSent`. By default the client connects itself.
   */
  readonly tunnel?: ((server: Server) => Effect.Effect<Net.Socket | undefined, unknown, Scope.Scope>) | undefined
}

/**
 * An `HttpClient` over HTTP/2: see {@link layer}.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make = Effect.fnUntraced(function*(
  options: Options = {}
): Effect.fn.Return<HttpClient.HttpClient, never, Scope.Scope> {
  const settings = settingsOf(options)
  const metrics = Metrics.make(yield* Effect.context<never>())
  const run = yield* FiberSet.makeRuntime<never, void, never>()
  const pools = new Map<string, Pool>()
  let isClosed = false
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      isClosed = true
      pools.forEach((pool) => pool.close())
    })
  )

  const poolOf = (server: Server): Pool => {
    const known = pools.get(server.origin)
    if (known !== undefined) return known
    const pool = new Pool(server, { ...settings, metrics, run })
    pools.set(server.origin, pool)
    return pool
  }
  const limitIn = (context: Context.Context<never>): number => {
    const size = Context.get(context, HttpIncomingMessage.MaxBodySize)
    return size === undefined ? settings.maxResponseSize : Math.min(Number(size), settings.maxResponseSize)
  }
  const upload: Exchange.Run = (effect, context) => run(Effect.provideContext(effect, context))
  const fieldsOf = RequestHead.maker()

  const exchange = (
    request: HttpClientRequest.HttpClientRequest,
    target: Targets.Target,
    { context }: AnyFiber,
    signal?: AbortSignal
  ): Exchange.Result => {
    const fields = fieldsOf(request, target)
    if (typeof fields === "string") return Effect.fail(Failure.notSent(request, { reason: fields }))
    const maxResponseSize = limitIn(context)
    return Effect.callback((resume) => {
      const pool = poolOf(target)
      const exchange = new Exchange.Exchange({ request, target, fields, maxResponseSize, context, run: upload, resume })
      signal?.addEventListener("abort", () => pool.cancel(exchange), { once: true })
      pool.submit(exchange)
      return Effect.sync(() => pool.cancel(exchange))
    })
  }

  const send = (
    request: HttpClientRequest.HttpClientRequest,
    target: Targets.Target,
    fiber: AnyFiber,
    signal?: AbortSignal
  ): Exchange.Result =>
    Outgoing.isPlain(request.body)
      ? exchange(request, target, fiber, signal)
      : Effect.flatMap(Outgoing.prepare(request), (request) => exchange(request, target, fiber, signal))

  const needsHttp1 = (request: HttpClientRequest.HttpClientRequest, target: Targets.Target): boolean =>
    (target.protocol === "http:" && !settings.h2c) || request.headers["upgrade"] !== undefined || poolOf(target).isHttp1

  const findTarget = Targets.make()
  // spans, scopes and responses that nobody reads are the business of Effect's constructor, at a price for each request
  const traced = HttpClient.make((request, _url, signal, fiber) =>
    Effect.flatMap(Effect.fromResult(findTarget(request)), (target) => send(request, target, fiber, signal))
  )
  const execute = (request: HttpClientRequest.HttpClientRequest): Exchange.Result =>
    Effect.withFiber((fiber) => {
      if (isClosed) return Effect.fail(Failure.notSent(request, Failure.closed))
      const found = findTarget(request)
      if (Result.isFailure(found)) return Effect.fail(found.failure)
      const target = found.success
      if (needsHttp1(request, target)) {
        return Effect.fail(Failure.notSent(request, { cause: new Http1Only({ origin: target.origin }) }))
      }
      return isUntraced(request, fiber) ? send(request, target, fiber) : traced.execute(request)
    })
  return HttpClient.makeWith<never, never, HttpClientError.HttpClientError, never>(
    Effect.flatMapEager(execute),
    Effect.succeed
  )
})

/**
 * An `HttpClient` over HTTP/2.
 *
 * **When to use**
 *
 * For services that take one small request for each thing: all requests of one turn of the event loop are one write to the
 * socket. It is a general client: any method, and bodies streamed both ways.
 *
 * **Details**
 *
 * - Each origin has a pool of connections. Requests go to the one with the fewest streams, wait where all streams are
 *   taken, and have another connection opened, up to `maxSessions`.
 * - A server that says GOAWAY gets no more requests on that connection; others take over. What it did not process (later
 *   streams, REFUSED_STREAM) is sent again, 5 times at most if that helps nobody. A server that asks for calm
 *   (ENHANCE_YOUR_CALM) gets no new connection for a second, and for longer if it asks again.
 * - A request that is answered 421 (Misdirected Request) is sent once more, on a new connection.
 * - Everything else that is lost is a `TransportError`, with a `RequestNotSent` as its `cause` if the server cannot have
 *   acted on the request. A body that is cut is a `DecodeError` where it is read.
 * - A server without HTTP/2 is no defect: the `RequestNotSent` has an `Http1Only` as its `cause`.
 * - Interruption resets the stream, and so does the end of the scope where `HttpClient.withScope` is used.
 * - A server that breaks the protocol, or floods the client, loses its connection; others go on.
 * - A client that nobody closes does not keep the process alive, unless a request is in flight.
 * - Redirects are not followed; cookies are not kept; bodies are not decompressed.
 *
 * Metrics: `http2_client_sessions`, `http2_client_streams`, `http2_client_queue` (open connections, requests on them,
 * requests that wait; now), `http2_client_goaways` (by `code`), `http2_client_resubmissions`, `http2_client_sent_bytes`,
 * `http2_client_received_bytes` (of HTTP/2, without TLS; counted at each `pingInterval`, and when a connection ends).
 *
 * **Gotchas**
 *
 * A client whose spans are off (`HttpClient.TracerDisabledWhen`) is faster, and leaves two things to the application:
 * `HttpClient.withScope` does nothing, and a response whose body is not read holds its stream.
 *
 * **Example** (One request)
 *
 * ```ts
 * import { Http2Client } from "@cloud-messaging/http2"
 * import { Effect } from "effect"
 * import { HttpClient } from "effect/http"
 *
 * const program = HttpClient.get("https://example.com").pipe(
 *   Effect.flatMap((response) => response.text),
 *   Effect.provide(Http2Client.layer())
 * )
 * ```
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (options: Options = {}): Layer.Layer<HttpClient.HttpClient> =>
  Layer.effect(HttpClient.HttpClient, make(options))

// -----------------------------------------------------------------------------
// internal
// -----------------------------------------------------------------------------

type AnyFiber = Fiber.Fiber<unknown, unknown>

const isUntraced = (request: HttpClientRequest.HttpClientRequest, fiber: AnyFiber): boolean =>
  fiber.getRef(HttpClient.TracerDisabledWhen)(request) || fiber.getRef(Tracer.DisablePropagation)

const settingsOf = (options: Options) => ({
  maxSessions: options.maxSessions ?? 10,
  maxStreams: options.maxStreams ?? 1000,
  h2c: options.h2c ?? false,
  connectTimeout: Duration.fromInputUnsafe(options.connectTimeout ?? "10 seconds"),
  idleTimeout: Duration.fromInputUnsafe(options.idleTimeout ?? "1 minute"),
  pingInterval: Duration.fromInputUnsafe(options.pingInterval ?? "30 seconds"),
  pingTimeout: Duration.fromInputUnsafe(options.pingTimeout ?? "10 seconds"),
  stallTimeout: Duration.fromInputUnsafe(options.stallTimeout ?? "1 minute"),
  maxAge: Duration.fromInputUnsafe(options.maxAge ?? Duration.infinity),
  maxResponseSize: options.maxResponseSize ?? Number.POSITIVE_INFINITY,
  secretHeaders: (options.secretHeaders ?? []).map((name) => name.toLowerCase()),
  ca: options.ca,
  tunnel: options.tunnel
})
