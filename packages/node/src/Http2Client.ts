/**
 * An `HttpClient` over HTTP/2.
 *
 * @since 1.0.0
 */
import * as Http1Only from "@cloud-messaging/http2/Http1Only"
import * as Own from "@cloud-messaging/http2/Http2Client"
import * as Config from "effect/Config"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Http1 from "./internal/http1.ts"
import * as NodeHttp2 from "./internal/nodeHttp2/client.ts"
import * as Proxy from "./internal/proxy.ts"

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
   * Speaks HTTP/2 to `http:` origins from the start ("prior knowledge"), instead of HTTP/1.1.
   *
   * @default false
   */
  readonly h2c?: boolean | undefined
  /**
   * How long a connection may take to be made, TLS and proxy included.
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
   * How long the answer to a PING may take; then the connection is given up, and what was on it is lost.
   *
   * @default "10 seconds"
   */
  readonly pingTimeout?: Duration.Input | undefined
  /**
   * Bytes of a response's body at most, read whole or as a stream; `HttpIncomingMessage.MaxBodySize` lowers it for a
   * request. A larger one is a `DecodeError` with the cause `BoundedResponse.BodyTooLarge`. By default nothing is refused;
   * of bodies that nobody reads, 64 KiB are taken.
   */
  readonly maxResponseSize?: number | undefined
  /**
   * URL of the proxy for `https:` origins, `http:` or `https:`, with user and password where it asks for them. Empty: none.
   * By default the configuration `HTTPS_PROXY` (or `https_proxy`) says.
   */
  readonly proxy?: Redacted.Redacted | undefined
  /**
   * Hosts that are reached without the proxy, with or without a port, separated by commas: they stand for their
   * subdomains, too; `*` is all. By default the configuration `NO_PROXY` (or `no_proxy`) says.
   */
  readonly noProxy?: string | undefined
  /** Certificate authorities in PEM that are trusted instead of Node's. */
  readonly ca?: ReadonlyArray<string> | undefined
  /**
   * The implementation of HTTP/2: `"own"` is `@cloud-messaging/http2`, `"node"` is `node:http2`. The latter takes several
   * times the CPU, does not pause after ENHANCE_YOUR_CALM, does not repeat a request after a 421, and keeps the process
   * alive until its connections have been idle for long. Use it if a server is not compatible with our implementation, and
   * please report that.
   *
   * @default "own"
   */
  readonly transport?: "own" | "node" | undefined
}

/**
 * An `HttpClient` over HTTP/2: see {@link layer}.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make = Effect.fnUntraced(function*(
  options: Options = {}
): Effect.fn.Return<HttpClient.HttpClient, Config.ConfigError, Scope.Scope> {
  const settings = yield* settingsOf(options)
  const http1 = yield* Http1.make(settings)
  const http2 = yield* settings.transport === "own"
    ? Own.make({ ...settings, ...settings.certificates, tunnel: Proxy.through(settings.proxy, settings.certificates) })
    : NodeHttp2.make(settings)
  return HttpClient.transformResponse(
    http2,
    Effect.catchIf(Http1Only.isHttp1Only, ({ request }) => http1(request))
  )
})

/**
 * An `HttpClient` over HTTP/2.
 *
 * **When to use**
 *
 * For services that take one message a request, such as FCM v1: a connection carries 100 requests at once. It is a general
 * client: any method, and bodies streamed both ways.
 *
 * **Details**
 *
 * - An `https:` origin that speaks HTTP/1.1 alone is served by undici, and so are `http:` origins, unless `h2c` is set.
 *   Each of the first requests, which discover this, has two spans, and the first span fails.
 * - Each origin has a pool of connections. Requests go to the one with the fewest streams, wait where all streams are
 *   taken, and have another connection opened, up to `maxSessions`.
 * - A server that says GOAWAY gets no more requests on that connection; others take over. What it did not process (later
 *   streams, REFUSED_STREAM) is sent again, at most 5 times in vain. After ENHANCE_YOUR_CALM the client pauses.
 * - A request with the answer 421 (Misdirected Request) is sent once more, on a new connection.
 * - Everything else that is lost is a `TransportError`, with `RequestNotSent` as its `cause` if the server cannot have
 *   acted on the request. A body that is cut is a `DecodeError` where it is read.
 * - Interruption resets the stream, and so does the end of the scope where `HttpClient.withScope` is used.
 * - After the end of its own scope it sends nothing: every request fails with `RequestNotSent`, "the client is closed".
 * - An open client does not keep the process alive, unless a request is in flight.
 * - Redirects are not followed; cookies are not kept; bodies are not decompressed.
 *
 * Metrics: `http2_client_sessions`, `http2_client_streams`, `http2_client_queue` (open connections, requests on them,
 * requests that wait; now), `http2_client_goaways` (by `code`), `http2_client_resubmissions`, `http2_client_sent_bytes`,
 * `http2_client_received_bytes` (of HTTP/2, without TLS; counted at each `pingInterval`, and when a connection ends).
 *
 * **Gotchas**
 *
 * A client whose spans are off (`HttpClient.TracerDisabledWhen`, as this library has them) is faster, and leaves two
 * things to the application: `HttpClient.withScope` does nothing, and a response whose body is not read holds its stream.
 *
 * Fails with a `ConfigError` if `HTTPS_PROXY` is no URL; dies if the option `proxy` is none.
 *
 * **Example** (FCM over HTTP/2)
 *
 * ```ts
 * import { Fcm } from "@cloud-messaging/client"
 * import { GoogleAuth, Http2Client } from "@cloud-messaging/node"
 * import { Layer } from "effect"
 *
 * const fcm = Fcm.layer({ projectId: "my-project" }).pipe(
 *   Layer.provide(GoogleAuth.layer),
 *   Layer.provide(Http2Client.layer())
 * )
 * ```
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (options: Options = {}): Layer.Layer<HttpClient.HttpClient, Config.ConfigError> =>
  Layer.effect(HttpClient.HttpClient, make(options))

// -----------------------------------------------------------------------------
// internal
// -----------------------------------------------------------------------------

const settingsOf = Effect.fnUntraced(function*(options: Options) {
  return {
    transport: options.transport ?? "own",
    maxSessions: options.maxSessions ?? 10,
    maxStreams: options.maxStreams ?? 1000,
    h2c: options.h2c ?? false,
    connectTimeout: Duration.fromInputUnsafe(options.connectTimeout ?? "10 seconds"),
    idleTimeout: Duration.fromInputUnsafe(options.idleTimeout ?? "1 minute"),
    pingInterval: Duration.fromInputUnsafe(options.pingInterval ?? "30 seconds"),
    pingTimeout: Duration.fromInputUnsafe(options.pingTimeout ?? "10 seconds"),
    maxResponseSize: options.maxResponseSize ?? Number.POSITIVE_INFINITY,
    certificates: options.ca === undefined ? {} : { ca: [...options.ca] },
    proxy: yield* proxyOf(options)
  }
})

const ProxyUrl = Schema.RedactedFromValue(
  Schema.String.check(Schema.makeFilter<string>(Proxy.isUrlOrEmpty, { expected: "an http or https URL" }))
)

const proxyOf = Effect.fnUntraced(function*(options: Options) {
  const url = options.proxy === undefined
    ? yield* fromConfig("HTTPS_PROXY", ProxyUrl)
    : yield* Effect.orDie(Schema.decodeEffect(ProxyUrl)(Redacted.value(options.proxy)))
  const except = options.noProxy ?? (yield* fromConfig("NO_PROXY", Schema.String))
  const text = url === undefined ? "" : Redacted.value(url)
  return text === "" ? undefined : { url: new URL(text), except: except ?? "" }
})

/** In either case of letters, as other programs take it. */
const fromConfig = <A>(name: string, schema: Schema.Codec<A, string>) =>
  Config.all([name, name.toLowerCase()].map((name) => Config.option(Config.schema(schema, name)))).pipe(
    Config.map((found) => found.find(Option.isSome)?.value)
  )
