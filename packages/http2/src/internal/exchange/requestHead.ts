/**
 * The header fields of a request (RFC 9113, 8.3.1).
 */
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import type { Fields } from "../hpack/fields.ts"
import type { Target } from "./target.ts"

/** Connection headers of HTTP/1.1, which HTTP/2 forbids (RFC 9113, 8.2.2). */
const ofConnection = new Set([
  "connection",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade"
])

const isName = (name: string): boolean => /^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(name)

const isValue = (value: string): boolean => /^[\t\x20-\x7e\x80-\xff]*$/.test(value)

/** Whether a request may have this field. */
const isAllowed = (name: string, value: string): boolean =>
  isName(name) && isValue(value) && (name !== "te" || value === "trailers")

/** Names whose last value is remembered. */
const maxNames = 256

type Request = HttpClientRequest.HttpClientRequest

/**
 * Makes the fields of requests, or says why they are invalid. Consecutive requests usually have the same values, or all
 * headers as the same object: then the fields are the same array, whose block the encoder remembers.
 */
export const maker = () => {
  const allowed = new Map<string, string>()
  let lastHeaders: Request["headers"] | undefined = undefined
  let lastMethod = ""
  let lastTarget: Target | undefined = undefined
  let last: Fields | string = ""

  const check = (name: string, value: string): boolean => {
    if (allowed.get(name) === value) return true
    if (!isAllowed(name, value)) return false
    if (allowed.size === maxNames) allowed.clear()
    allowed.set(name, value)
    return true
  }

  const make = ({ headers, method }: Request, target: Target): Fields | string => {
    const authority = headers["host"] ?? target.authority
    if (!isValue(authority)) return "an invalid host"
    const fields = [":method", method, ":scheme", target.scheme, ":authority", authority, ":path", target.path]
    for (const name in headers) {
      const value = headers[name]
      if (value === undefined || !Object.hasOwn(headers, name) || ofConnection.has(name)) continue
      if (!check(name, value)) return "an invalid header"
      fields.push(name, value.trim())
    }
    return fields
  }

  return (request: Request, target: Target): Fields | string => {
    if (target === lastTarget && request.headers === lastHeaders && request.method === lastMethod) return last
    lastTarget = target
    lastHeaders = request.headers
    lastMethod = request.method
    return last = make(request, target)
  }
}
