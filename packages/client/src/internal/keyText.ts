/**
 * Keys as texts. Variables and secret stores add quotes, escapes and base64, drop line breaks, or contain a key in the
 * wrong place. No message of this module quotes its input.
 */
import * as Base64 from "effect/encoding/Base64"
import * as Hex from "effect/encoding/Hex"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"

/** The text of a secret; undefined if there is none, for example if a variable is not set and the types do not show it. */
export const secret = (given: Redacted.Redacted): string | undefined => {
  const text: unknown = Redacted.isRedacted(given) ? Redacted.value(given) : undefined
  return Predicate.isString(text) && text !== "" ? text : undefined
}

/** Why {@link secret} returned undefined. */
export const notSet = (what: string, given?: unknown): string =>
  Predicate.isString(given) && given !== ""
    ? `${what} must be given as a Redacted: Redacted.make(…)`
    : `${what} is not set: does the variable that it comes from exist?`

/** Removes white space and quotes around a text; trim also removes a byte order mark. */
const unquote = (text: string): string => text.trim().replace(/^(["'`])([^]*)\1,?$/, "$2").trim()

/** Removes the escapes of shells, `.env` files and JSON, repeated any number of times. */
const unwrap = (text: string): string =>
  unquote(text.replace(/\\+([nr])?/g, (_, letter) => letter === undefined ? "" : "\n"))

const fromBase64 = (text: string): Uint8Array => Result.getOrElse(Base64.decode(unspaced(text)), () => new Uint8Array())

const isJson = (text: string): boolean => text.startsWith("{")

const isPem = (text: string): boolean => text.includes("-----BEGIN")

/** DER begins with the tag of a sequence. */
const isDer = (bytes: Uint8Array): boolean => bytes[0] === 0x30

const unspaced = (text: string): string => text.replace(/\s+/g, "")

const utf8 = new TextDecoder()

// -----------------------------------------------------------------------------
// A private key
// -----------------------------------------------------------------------------

/** An RSA private key. */
export interface PrivateKey {
  readonly format: "pkcs8" | "pkcs1"
  readonly der: Uint8Array
}

/** The RSA private key in a text, or what is wrong with the text. */
export const privateKey = (given: string): Result.Result<PrivateKey, string> => {
  const text = unwrap(given)
  if (text === "") return Result.fail("is empty")
  if (isJson(text)) return Result.fail("is the text of a whole key file: pass it to ServiceAccount.layerJson")
  if (isPem(text)) return fromPem(unspaced(text))
  const bytes = fromBase64(text)
  if (isDer(bytes)) return fromDer(bytes)
  const decoded = utf8.decode(bytes)
  return isPem(decoded) || isJson(decoded) ? privateKey(decoded) : Result.fail(`is not in PEM ${expected}`)
}

const expected = "(BEGIN PRIVATE KEY)"

/** The key in PEM without any white space, as variables may have changed the white space. */
const fromPem = (pem: string): Result.Result<PrivateKey, string> => {
  const blocks = Array.from(pem.matchAll(/-----BEGIN([A-Z0-9]{1,40})-----([^-]*)(-----END\1-----)?/g))
  const [, label = "", body = "", end] = blocks.find(([, label]) => label?.endsWith("PRIVATEKEY")) ?? blocks[0] ?? []
  if (/ENCRYPTED/.test(pem)) {
    return Result.fail("is encrypted with a passphrase: use the key as Google issued it")
  }
  const other = others[label]
  if (other !== undefined) return Result.fail(`is ${other}, not the RSA private key of a service account ${expected}`)
  if (!/^(RSA)?PRIVATEKEY$/.test(label)) return Result.fail(`is not in PEM ${expected}`)
  if (end === undefined) {
    return Result.fail(
      "has no last line (END PRIVATE KEY): it was cut. If a variable takes only one line, " +
        "write line breaks as \\n"
    )
  }
  const der = Base64.decode(body)
  return Result.isSuccess(der)
    ? fromDer(der.success)
    : Result.fail("is damaged: it contains invalid base64, or is incomplete")
}

const others: { readonly [label: string]: string } = {
  ECPRIVATEKEY: "an elliptic curve key",
  DSAPRIVATEKEY: "a DSA key",
  OPENSSHPRIVATEKEY: "an OpenSSH key",
  PUBLICKEY: "a public key",
  RSAPUBLICKEY: "a public key",
  CERTIFICATE: "a certificate",
  CERTIFICATEREQUEST: "a certificate request"
}

/** The length; then the version 0 and, in PKCS #8, the algorithm, in PKCS #1 the modulus. */
const privateKeyStart = /^3082(.{4})020100(300d06092a864886f70d010101|02)/

const fromDer = (der: Uint8Array): Result.Result<PrivateKey, string> => {
  const start = Hex.encode(der.subarray(0, 40))
  const [, length = "", algorithm] = privateKeyStart.exec(start) ?? []
  if (algorithm === undefined) {
    const isEc = start.includes("06072a8648ce3d0201")
    return Result.fail(`is ${isEc ? "an elliptic curve key, not" : "not"} the RSA private key of a service account`)
  }
  const bytes = Number.parseInt(length, 16) + 4
  return der.length < bytes
    ? Result.fail(`was cut: it has ${der.length} of ${bytes} bytes`)
    : Result.succeed({ format: algorithm === "02" ? "pkcs1" : "pkcs8", der })
}

// -----------------------------------------------------------------------------
// A key file
// -----------------------------------------------------------------------------

/** The JSON of a key file, out of quotes and base64. */
export const keyFile = (given: string): string => {
  const text = unquote(given)
  const decoded = isJson(text) ? text : utf8.decode(fromBase64(text))
  return isJson(decoded) ? decoded : text
}

// -----------------------------------------------------------------------------
// In the place of something else
// -----------------------------------------------------------------------------

/**
 * What a path is: nothing (a variable that is not set), a path that may be shown, a key, the text of a key file, or
 * unknown.
 */
export const describePath = (given: string): "nothing" | "path" | "key" | "key file" | "unknown" => {
  if (!Predicate.isString(given) || given === "") return "nothing"
  return contentOf(given) ?? (looksLikePath(given) ? "path" : "unknown")
}

/** Shorter ones are names. */
const minEncoded = 100

/** What holds a key. */
export const contentOf = (given: string): "key" | "key file" | undefined => {
  const text = unwrap(given)
  if (isJson(text)) return "key file"
  if (isPem(text)) return "key"
  if (text.length < minEncoded) return undefined
  const bytes = fromBase64(text)
  return isDer(bytes) ? "key" : bytes.length === 0 ? undefined : contentOf(utf8.decode(bytes))
}

/** A path starts like one or ends with an extension, and no part of it looks like a part of a key or token. */
const looksLikePath = (text: string): boolean =>
  text.length <= 256 && /^[\p{L}\p{N} ~.,:@_()/\\-]+$/u.test(text) &&
  /^(?:[/\\~.]|[a-z]:[/\\])|\.\w{1,10}$/i.test(text) && !/\w:[^/\\].*@/.test(text) &&
  !text.includes("//") && !(text.match(/[\p{L}\p{N}]{16,}/gu) ?? []).some(looksRandom)

/** A text looks random if it is longer than a name with a hex digest, or mixes all kinds of letters. */
const looksRandom = (word: string): boolean =>
  word.length > 32 || [/[a-z]/, /[A-Z]/, /\d/].every((kind) => kind.test(word))
