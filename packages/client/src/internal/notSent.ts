/**
 * Whether a request was written before its client failed, and what the error may show.
 *
 * The known errors of each runtime are data. An unknown error counts as written, as a retry could deliver twice. The test
 * contains the errors of Node, undici, Bun, Deno and workerd.
 */
import type * as HttpClientError from "effect/http/HttpClientError"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import { isRequestNotSent } from "../RequestNotSent.ts"

/** What is known of a failure. */
export interface Failure {
  readonly written: boolean
  /** Whether another attempt may succeed. */
  readonly retryable: boolean
  /** A code, or words of our own: texts of a cause may quote what was sent. */
  readonly detail: string
}

export const failureOf = ({ reason }: HttpClientError.HttpClientError): Failure => {
  if (reason._tag !== "TransportError") return { retryable: true, ...otherReasons[reason._tag] }
  // a cause is foreign: reading it may throw
  return Result.getOrElse(
    Result.try(() =>
      notSentOf(reason.cause, walk()) ?? { ...lost, detail: detailOf(reason.cause, walk()) ?? lost.detail }
    ),
    () => lost
  )
}

const lost: Failure = { written: true, retryable: true, detail: "no reason given" }

const otherReasons = {
  EncodeError: { written: false, detail: "the request could not be encoded" },
  InvalidUrlError: { written: false, detail: "the URL is invalid" },
  StatusCodeError: { written: true, detail: "the client refused the status" },
  DecodeError: { written: true, detail: "the answer was cut" },
  EmptyBodyError: { written: true, detail: "the answer was empty" }
}

/** How many more causes to check: errors may contain each other, and themselves. */
interface Walk {
  left: number
}

const walk = (): Walk => ({ left: 100 })

/** Checks a cause and its causes. Undefined if the request may have been written. */
const notSentOf = (cause: unknown, walk: Walk): Failure | undefined => {
  if (!Predicate.isObject(cause) || walk.left-- <= 0) return undefined
  const own = ownNotSent(cause, walk)
  if (own !== undefined) return { written: false, retryable: true, ...own }
  const inner = innerOf(cause)
  let first: Failure | undefined
  for (const cause of inner) {
    const failure = notSentOf(cause, walk)
    if (failure === undefined) return undefined
    first ??= failure
  }
  return first
}

/** Several, where several addresses were tried. */
const innerOf = (cause: object): ReadonlyArray<unknown> => {
  if (Predicate.hasProperty(cause, "errors") && Array.isArray(cause.errors)) return cause.errors
  return Predicate.hasProperty(cause, "cause") ? [cause.cause] : []
}

/** What one error says, if it says that nothing was written. */
const ownNotSent = (cause: object, walk: Walk): Partial<Failure> & Pick<Failure, "detail"> | undefined => {
  if (isRequestNotSent(cause)) {
    const detail = cause.reason ?? notSentOf(innerOf(cause)[0], walk)?.detail ?? detailOf(cause, walk) ?? lost.detail
    return { detail, retryable: cause.retryable ?? true }
  }
  const code = property(cause, "code")
  const refused = proxyStatus(cause)
  if (refused !== undefined) return { detail: `the proxy answered ${refused}` }
  if (code === "UND_ERR_CLOSED") return closed
  if (code === "UND_ERR_DESTROYED") return failedInFlight(cause) ? undefined : closed
  if (certificateCodes.has(code)) return { detail: `the certificate was refused (${code})` }
  if (codes.has(code)) return { detail: code }
  const noConnection = shownCode(cause) ?? "no connection"
  if (systemCalls.has(property(cause, "syscall"))) return { detail: noConnection }
  const message = property(cause, "message")
  const known = texts.find(({ text }) => text.test(message))
  return known && { detail: known.detail ?? noConnection }
}

const property = (cause: object, name: "code" | "syscall" | "message" | "stack"): string =>
  Predicate.hasProperty(cause, name) && Predicate.isString(cause[name]) ? cause[name] : ""

// -----------------------------------------------------------------------------
// What is known
// -----------------------------------------------------------------------------

/** System calls before the first byte: Node's name for what failed. */
const systemCalls = new Set(["bind", "connect", "getaddrinfo", "queryA", "queryAaaa"])

const codes = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "UND_ERR_CONNECT_TIMEOUT",
  "ERR_PROXY_TUNNEL",
  // a handshake that our side gives up
  "ERR_SSL_UNSUPPORTED_PROTOCOL",
  "ERR_SSL_DH_KEY_TOO_SMALL",
  "ERR_SSL_UNSAFE_LEGACY_RENEGOTIATION_DISABLED",
  // Bun up to 1.2
  "ConnectionRefused",
  "FailedToOpenSocket"
])

/** The certificate errors of Node and Bun, which come before anything is written. */
const certificateCodes = new Set([
  "CERT_CHAIN_TOO_LONG",
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
  "CERT_REJECTED",
  "CERT_REVOKED",
  "CERT_SIGNATURE_FAILURE",
  "CERT_UNTRUSTED",
  "CRL_HAS_EXPIRED",
  "CRL_NOT_YET_VALID",
  "CRL_SIGNATURE_FAILURE",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "ERROR_IN_CERT_NOT_AFTER_FIELD",
  "ERROR_IN_CERT_NOT_BEFORE_FIELD",
  "ERROR_IN_CRL_LAST_UPDATE_FIELD",
  "ERROR_IN_CRL_NEXT_UPDATE_FIELD",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "HOSTNAME_MISMATCH",
  "INVALID_CA",
  "INVALID_PURPOSE",
  "PATH_LENGTH_EXCEEDED",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY",
  "UNABLE_TO_DECRYPT_CERT_SIGNATURE",
  "UNABLE_TO_DECRYPT_CRL_SIGNATURE",
  "UNABLE_TO_GET_CRL",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNSPECIFIED"
])

const closed = { detail: "the client is closed", retryable: false }

/**
 * A destroyed undici client fails written requests with the same error: only the place where the error was made differs.
 */
const failedInFlight = (cause: object): boolean => {
  const [, frame] = /^[^\n]*\n\s+at ([^\n]*)/.exec(property(cause, "stack")) ?? []
  return frame === undefined || /^(?:\w+\.)?destroy /.test(frame)
}

/** The start of Deno's text, up to what happened. It names the URL. */
const deno = "^error sending request for url \\([^)]*\\): client error \\(Connect\\)"

/** OpenSSL's text, up to the function that failed. */
const openssl = "^(?:write EPROTO )?[0-9A-F]+:error:[0-9A-F]+:SSL routines:"

/** The first match decides. Without a detail, the error's code is shown. */
const texts: ReadonlyArray<{ readonly text: RegExp; readonly detail?: string }> = [
  { text: new RegExp(`${deno}: dns error`), detail: "the host name cannot be resolved" },
  { text: new RegExp(`${deno}: invalid peer certificate`), detail: "the certificate was refused" },
  { text: new RegExp(`${deno}: proxy authentication required`), detail: "the proxy answered 407" },
  { text: new RegExp(`${deno}: unsuccessful tunnel`), detail: "the proxy refused" },
  { text: new RegExp(deno) },
  { text: /^Fetch failed: Requests to port \d+ are blocked$/, detail: "fetch blocks this port" },
  { text: /^bad port$/, detail: "fetch blocks this port" },
  { text: /^(?:E[A-Z]+: )?Unable to connect\. Is the computer able/ },
  { text: /^(?:E[A-Z]+: )?Was there a typo in the url or port\?/ },
  { text: /^EPROTO: The TLS handshake failed\./, detail: "the TLS handshake failed" },
  { text: /^Client network socket disconnected before secure TLS/, detail: "the TLS handshake failed" },
  // the first record; `tls_default_validate_record_header` has looked at a later one
  { text: new RegExp(`${openssl}tls_validate_record_header:wrong version number:`), detail: "TLS is not spoken there" },
  // alerts that answer the first message of a handshake, by number (RFC 8446, 6); others may come after a request
  {
    text: new RegExp(`${openssl}[^:]*:[^:]*:[^:]*:\\d+:SSL alert number (?:40|70|71|112|120)\\s*$`),
    detail: "the TLS handshake failed"
  }
]

// -----------------------------------------------------------------------------
// Proxies
// -----------------------------------------------------------------------------

/** The status of a proxy that refuses: Node and Bun have it in a field of the error, undici in the text. */
const proxyStatus = (cause: object): number | undefined => {
  if (property(cause, "code") === "ERR_PROXY_TUNNEL") {
    return [statusIn(cause, "statusCode"), statusIn(cause, "status")].find(Predicate.isNotUndefined)
  }
  const [, status] = /^Proxy response \((\d{3})\) !== 200 when HTTP Tunneling$/.exec(property(cause, "message")) ?? []
  return status === undefined ? undefined : Number(status)
}

const statusIn = (cause: object, name: string): number | undefined =>
  Predicate.hasProperty(cause, name) && Predicate.isNumber(cause[name]) ? cause[name] : undefined

// -----------------------------------------------------------------------------
// What may be told
// -----------------------------------------------------------------------------

/** The first code of a cause and its causes. */
const detailOf = (cause: unknown, walk: Walk): string | undefined => {
  if (!Predicate.isObject(cause) || walk.left-- <= 0) return undefined
  const own = shownCode(cause) ?? (property(cause, "message") === lostText ? "the connection was lost" : undefined)
  if (own !== undefined) return own
  for (const inner of innerOf(cause)) {
    const detail = detailOf(inner, walk)
    if (detail !== undefined) return detail
  }
  return undefined
}

const shownCode = (cause: object): string | undefined => {
  const code = property(cause, "code")
  return /^[A-Z][A-Z0-9_]{0,40}$/.test(code) ? code : undefined
}

/** workerd uses this text for a refused connection and for a broken one. */
const lostText = "Network connection lost."
