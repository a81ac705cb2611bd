/**
 * Where a request goes. Parsed once for each URL: most clients ask for few.
 */
import type * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Url from "effect/http/Url"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Failure from "./failure.ts"

export interface Target {
  readonly protocol: "https:" | "http:"
  readonly hostname: string
  readonly port: number
  /** `protocol`, `hostname` and `port` as one. */
  readonly origin: string
  /** What `:scheme` takes. */
  readonly scheme: string
  /** What `:authority` takes. */
  readonly authority: string
  /** What `:path` takes. */
  readonly path: string
  /** The whole URL without its hash. */
  readonly href: string
}

type Found = Result.Result<Target, HttpClientError.HttpClientError>

const maxKept = 1000

/** Finds the target of a request; keeps those that were asked for. */
export const make = (): (request: HttpClientRequest.HttpClientRequest) => Found => {
  const kept = new Map<string, Found>()
  return (request) => {
    if (request.urlParams.params.length > 0 || Option.isSome(request.hash)) return parse(request)
    const known = kept.get(request.url)
    if (known !== undefined) return known
    const target = parse(request)
    if (Result.isFailure(target)) return target
    if (kept.size === maxKept) kept.clear()
    kept.set(request.url, target)
    return target
  }
}

const parse = (request: HttpClientRequest.HttpClientRequest): Found =>
  Url.make(request.url, request.urlParams, Option.getOrUndefined(request.hash)).pipe(
    Result.flatMap(fromUrl),
    Result.mapError((cause) => Failure.invalidUrl(request, cause))
  )

const fromUrl = (url: URL): Result.Result<Target, unknown> => {
  const { host, hostname, origin, pathname, port, protocol, search } = url
  if (protocol !== "https:" && protocol !== "http:") return Result.fail("neither https nor http")
  url.hash = ""
  return Result.succeed({
    protocol,
    // an IPv6 address stands in brackets in URLs alone
    hostname: hostname.startsWith("[") ? hostname.slice(1, -1) : hostname,
    port: port === "" ? (protocol === "https:" ? 443 : 80) : Number(port),
    origin,
    scheme: protocol.slice(0, -1),
    authority: host,
    path: pathname + search,
    href: url.href
  })
}
