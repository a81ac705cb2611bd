/**
 * HTTP/1.1, by undici: loaded when it is first needed.
 */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Scope from "effect/Scope"
import * as Proxy from "./proxy.ts"

export interface Options {
  readonly connectTimeout: Duration.Duration
  readonly idleTimeout: Duration.Duration
  readonly maxResponseSize: number
  readonly certificates: Proxy.Certificates
  readonly proxy: Proxy.Proxy | undefined
}

/** Connections to one origin: each carries one request at a time. */
const connections = 256

export type Send = (
  request: HttpClientRequest.HttpClientRequest
) => Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError>

/** Sends over HTTP/1.1; its connections end with the scope. */
export const make = Effect.fnUntraced(
  function*(options: Options): Effect.fn.Return<Send, never, Scope.Scope> {
    const scope = yield* Effect.scope
    const client = (proxy: Proxy.Proxy | undefined) =>
      dispatcher(options, proxy?.url).pipe(
        Effect.flatMap((dispatcher) =>
          Effect.provideService(NodeHttpClient.makeUndici, NodeHttpClient.Dispatcher, dispatcher)
        ),
        Scope.provide(scope),
        Effect.cached
      )
    const direct = yield* client(undefined)
    const proxied = yield* client(options.proxy)
    return (request) =>
      Effect.flatMap(
        isProxied(options.proxy, request.url) ? proxied : direct,
        (client) => client.execute(request)
      )
  }
)

const isProxied = (proxy: Proxy.Proxy | undefined, text: string): boolean => {
  const url = URL.parse(text)
  return url !== null && Proxy.isUsed(proxy, Proxy.placeOf(url))
}

const dispatcher = (options: Options, proxy: URL | undefined) =>
  Effect.acquireRelease(
    Effect.map(Effect.promise(() => import("@effect/platform-node/Undici")), ({ Agent, ProxyAgent }) => {
      const tls = { ...options.certificates, timeout: Duration.toMillis(options.connectTimeout) }
      const agent = {
        allowH2: false,
        connections,
        connect: tls,
        keepAliveTimeout: Duration.toMillis(options.idleTimeout),
        maxResponseSize: Number.isFinite(options.maxResponseSize) ? options.maxResponseSize : -1
      }
      if (proxy === undefined) return new Agent(agent)
      const token = Proxy.authorization(proxy)
      return new ProxyAgent({
        ...agent,
        uri: `${proxy.protocol}//${proxy.host}`,
        ...token === undefined ? {} : { token },
        requestTls: tls,
        proxyTls: tls
      })
    }),
    (dispatcher) => Effect.promise(() => dispatcher.destroy())
  )
