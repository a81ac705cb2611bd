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
 * The server of a connection: its scheme, host and port.
 *
 * @category models
 * @since 1.0.0
 */
export interface Server {
  /** The scheme with its colon. */
  readonly protocol: "https:" | "http:"
  /** A name or an address; an IPv6 address has no brackets. */
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
   * The maximum number of connections to one origin. Another one is opened when all streams of the others are in use.
   *
   * @default 10
   */
  readonly maxSessions?: number | undefined
  /**
   * The maximum number of requests in flight on one connection, even if the server allows more. The client assumes that a server
   * allows 100 until the server says otherwise. More requests on one connection are usually not faster.
   *
   * @default 1000
   */
  readonly maxStreams?: number | undefined
  /**
   * Uses HTTP/2 for `http:` origins from the start ("prior knowledge"). Otherwise their requests fail with `Http1Only`.
   *
   * @default false
   */
  readonly h2c?: boolean | undefined
  /**
   * How long connecting may take, including TLS and `tunnel`.
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
   * How long a connection may make no progress on any response before a PING checks whether it is alive.
   *
   * @default "30 seconds"
   */
  readonly pingInterval?: Duration.Input | undefined
  /**
   * How long the answer to a PING, and to the first SETTINGS, may take. After that the connection is closed, and its
   * requests are lost.
   *
   * @default "10 seconds"
   */
  readonly pingTimeout?: Duration.Input | undefined
  /**
   * How long a server may accept nothing of a request's body, by leaving its window at zero. The request is reset within
   * twice that time.
   *
   * @default "1 minute"
   */
  readonly stallTimeout?: Duration.Input | undefined
  /**
   * How long a connection gets new requests. After that another one is opened, and the name of the host is resolved again.
   *
   * @default Duration.infinity
   */
  readonly maxAge?: Duration.Input | undefined
  /**
   * The maximum size of a response's body in bytes, read whole or as a stream; `HttpIncomingMessage.MaxBodySize` lowers it
   * for a request. A larger body fails with a `DecodeError` with the cause `BoundedResponse.BodyTooLarge`. By default there
   * is no limit; at most 64 KiB of an unread body are received.
   */
  readonly maxResponseSize?: number | undefined
  /**
   * Names of request headers with secret values: these headers are never stored in an HPACK table, here or at an
   * intermediary (RFC 7541, 7.1). `authorization`, `cookie` and `proxy-authorization` are always secret.
   */
  readonly secretHeaders?: ReadonlyArray<string> | undefined
  /** Certificate authorities in PEM that are trusted instead of Node's. */
  readonly ca?: ReadonlyArray<string> | undefined
  /**
   * Returns a socket that is connected to the server, for example through a proxy, or `undefined` to let the client
   * connect. For `https:` origins the client starts TLS over the socket. The socket lives as long as the scope. An error of
   * `tunnel` is the `cause` of the `RequestNotSent`. By default the client connects itself.
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
  // Effect's constructor handles spans, scopes and unread responses, at a cost for each request
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
 * Use it for services that take many small requests: all requests of one turn of the event loop are one write to the
 * socket. It is a general client: it supports any method, and streams as request and response bodies.
 *
 * **Details**
 *
 * - Each origin has a pool of connections. A request goes to the connection with the fewest streams. When all streams are
 *   in use, the request waits, and another connection is opened, up to `maxSessions`.
 * - After GOAWAY a connection gets no more requests; others take over. Requests that the server did not process (later
 *   streams, REFUSED_STREAM) are sent again, at most 5 times in vain. After ENHANCE_YOUR_CALM the client opens no
 *   connection for a second, and for longer if the server repeats it.
 * - A request with the answer 421 (Misdirected Request) is sent once more, on a new connection.
 * - Any other lost request fails with `TransportError`, with a `RequestNotSent` as its `cause` if the server cannot have
 *   acted on the request. Reading a truncated body fails with `DecodeError`.
 * - For a server without HTTP/2, the `RequestNotSent` has an `Http1Only` as its `cause`.
 * - Interruption resets the stream, and so does the end of the scope where `HttpClient.withScope` is used.
 * - A connection is closed when its server breaks the protocol or floods the client; other connections go on.
 * - An open client does not keep the process alive, unless a request is in flight.
 * - Redirects are not followed; cookies are not kept; bodies are not decompressed.
 *
 * Metrics: `http2_client_sessions`, `http2_client_streams`, `http2_client_queue` (open connections, requests on them,
 * requests that wait; now), `http2_client_goaways` (by `code`), `http2_client_resubmissions`, `http2_client_sent_bytes`,
 * `http2_client_received_bytes` (of HTTP/2, without TLS; counted at each `pingInterval`, and when a connection ends).
 *
 * **Gotchas**
 *
 * A client whose spans are off (`HttpClient.TracerDisabledWhen`) is faster, with two restrictions: `HttpClient.withScope`
 * does nothing, and a response holds its stream until its body is read.
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
