/**
 * The header fields of a request (RFC 9113, 8.3.1).
 */
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import type { Fields } from "../hpack/fields.ts"
import type { Target } from "./target.ts"

/** What HTTP/1.1 says about a connection, and HTTP/2 forbids (RFC 9113, 8.2.2). */
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

const isWrong = (name: string, value: string): boolean =>
  !isName(name) || !isValue(value) || (name === "te" && value !== "trailers")

/** The fields, or what is wrong with them. */
const make = ({ headers, method }: HttpClientRequest.HttpClientRequest, target: Target): Fields | string => {
  const authority = headers["host"] ?? target.authority
  if (!isValue(authority)) return "a host that is no header of HTTP/2"
  const fields = [":method", method, ":scheme", target.scheme, ":authority", authority, ":path", target.path]
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || ofConnection.has(name)) continue
    if (isWrong(name, value)) return `${JSON.stringify(name)} with a value or a name that HTTP/2 does not take`
    fields.push(name, value.trim())
  }
  return fields
}

/** Remembers the last: requests that follow each other mostly have the same headers, as one object. */
export const maker = (): typeof make => {
  let lastHeaders: object | undefined = undefined
  let lastMethod = ""
  let lastTarget: Target | undefined = undefined
  let last: Fields | string = []
  return (request, target) => {
    if (request.headers === lastHeaders && request.method === lastMethod && target === lastTarget) return last
    lastHeaders = request.headers
    lastMethod = request.method
    lastTarget = target
    return last = make(request, target)
  }
}
