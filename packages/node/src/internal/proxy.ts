/**
 * Proxies: which requests go through one, and the tunnel through it (CONNECT, RFC 9110, 9.3.6).
 */
import * as RequestNotSent from "@cloud-messaging/client/RequestNotSent"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { constVoid } from "effect/Function"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as Http from "node:http"
import * as Https from "node:https"
import type { Socket } from "node:net"

/** What TLS trusts. */
export interface Certificates {
  /** Authorities, in PEM, instead of Node's. */
  readonly ca?: Array<string> | undefined
}

/** The proxy could not be reached, or refused: nothing was sent. */
export class ProxyError extends Data.TaggedError("ProxyError")<{
  /** What the proxy answered, if it did. */
  readonly status?: number | undefined
  readonly cause?: unknown
}> {
  readonly [RequestNotSent.TypeId] = RequestNotSent.TypeId

  get reason(): string {
    if (this.status !== undefined) return `the proxy answered ${this.status}`
    const { cause } = this
    return `the proxy cannot be reached${Predicate.hasProperty(cause, "code") ? ` (${cause.code})` : ""}`
  }

  override get message(): string {
    return this.reason
  }
}

/** What a proxy is asked for. */
export interface Place {
  readonly protocol: string
  /** A name or an address; one of IPv6 without brackets. */
  readonly hostname: string
  readonly port: number
}

export const placeOf = ({ hostname, port, protocol }: URL): Place => ({
  protocol,
  hostname: hostname.replace(/^\[|\]$/g, ""),
  port: port === "" ? (protocol === "https:" ? 443 : 80) : Number(port)
})

/** A proxy for `https:` origins. */
export interface Proxy {
  readonly url: URL
  /** Hosts without it, as `NO_PROXY` lists them. */
  readonly except: string
}

export const isUsed = (proxy: Proxy | undefined, target: Place): proxy is Proxy =>
  proxy !== undefined && target.protocol === "https:" && !isExcepted(proxy.except, target)

/** Whether a text is the URL of a proxy, or says that there is none. */
export const isUrlOrEmpty = (text: string): boolean => text === "" || (URL.canParse(text) && isUsable(new URL(text)))

// a percent sign in a password must be written as %25
const isUsable = (url: URL): boolean =>
  /^https?:$/.test(url.protocol) && Result.isSuccess(Result.try(() => authorization(url)))

/** As `NO_PROXY` is read: hosts with or without a port, which stand for their subdomains, too; `*` is all. */
const isExcepted = (except: string, { hostname, port }: Place): boolean =>
  except.toLowerCase().split(/[\s,]+/).filter((entry) => entry !== "").some((entry) => {
    if (entry === "*") return true
    const [, name = "", entryPort] = /^\[?(.*?)\]?(?::(\d+))?$/.exec(isBareIPv6(entry) ? `[${entry}]` : entry) ?? []
    if (entryPort !== undefined && Number(entryPort) !== port) return false
    const host = name.replace(/^\*?\./, "")
    return hostname === host || hostname.endsWith(`.${host}`)
  })

const isBareIPv6 = (entry: string) => !entry.startsWith("[") && (entry.match(/:/g)?.length ?? 0) > 1

/** A connection of the scope through the proxy, where one is used. */
export const through = (
  proxy: Proxy | undefined,
  certificates: Certificates
) =>
(target: Place): Effect.Effect<Socket | undefined, ProxyError, Scope.Scope> =>
  isUsed(proxy, target)
    ? Effect.acquireRelease(
      tunnel(proxy.url, target, certificates),
      (socket) => Effect.sync(() => socket.destroy()),
      { interruptible: true }
    )
    : Effect.undefined

const tunnel = (
  proxy: URL,
  { hostname, port }: Place,
  certificates: Certificates
): Effect.Effect<Socket, ProxyError> =>
  Effect.callback<Socket, ProxyError>((resume) => {
    const authority = `${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`
    const token = authorization(proxy)
    const make = proxy.protocol === "https:" ? Https.request : Http.request
    const request = make(proxy, {
      method: "CONNECT",
      path: authority,
      headers: { host: authority, ...token === undefined ? {} : { "proxy-authorization": token } },
      auth: "",
      agent: false,
      ...certificates
    })
    request.on("connect", (response, socket) => {
      socket.on("error", constVoid) // TLS over it tells
      // any 2xx is a tunnel (RFC 9110, 9.3.6)
      if (response.statusCode !== undefined && response.statusCode >= 200 && response.statusCode < 300) {
        return resume(Effect.succeed(socket))
      }
      socket.destroy()
      resume(Effect.fail(new ProxyError({ status: response.statusCode })))
    })
    request.on("response", (response) => {
      request.destroy()
      resume(Effect.fail(new ProxyError({ status: response.statusCode })))
    })
    request.on("error", (cause) => resume(Effect.fail(new ProxyError({ cause }))))
    request.end()
    return Effect.sync(() => request.destroy())
  })

/** What the header `proxy-authorization` takes, for a proxy that knows its users. */
export const authorization = ({ password, username }: URL): string | undefined => {
  if (username === "") return undefined
  const user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return `Basic ${Buffer.from(user).toString("base64")}`
}
