/**
 * The original GCM HTTP protocol, plain text: a form with one registration id, an answer of one or two lines.
 *
 * Endpoint, header `authorization` and error codes are those of `GcmHttp`. `Unavailable` comes as a status 5xx, never in
 * an answer with status 200.
 *
 * Source: Android's GCM guide (`http.jd`, `server.jd`).
 *
 * @since 1.0.0
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import type * as GcmHttp from "./GcmHttp.ts"

/**
 * The content type of a request. A request without any counts as plain text as well.
 *
 * @category constants
 * @since 1.0.0
 */
export const contentType = "application/x-www-form-urlencoded;charset=UTF-8"

// -----------------------------------------------------------------------------
// Request
// -----------------------------------------------------------------------------

const content = {
  data: Schema.optional(Schema.Record(Schema.String, Schema.String)),
  collapse_key: Schema.optional(Schema.String),
  delay_while_idle: Schema.optional(Schema.Boolean),
  time_to_live: Schema.optional(Schema.Int),
  restricted_package_name: Schema.optional(Schema.String),
  dry_run: Schema.optional(Schema.Boolean)
}

/**
 * What is sent, without saying to whom.
 *
 * @category models
 * @since 1.0.0
 */
export interface Content extends Schema.Schema.Type<typeof Content> {}

/**
 * The schema of what is sent: all that a form can say. `time_to_live` is in seconds.
 *
 * @category schemas
 * @since 1.0.0
 */
export const Content = Schema.Struct(content)

/**
 * What is sent, and to whom.
 *
 * @category models
 * @since 1.0.0
 */
export interface Request extends Schema.Schema.Type<typeof Request> {}

/**
 * The schema of a request, decoded: without a `registration_id` it goes to nobody (`MissingRegistration`).
 *
 * @category schemas
 * @since 1.0.0
 */
export const Request = Schema.Struct({ ...content, registration_id: Schema.optional(Schema.String) })

/**
 * Writes the text of requests that differ in their registration id alone: the content is encoded once. Booleans are `1`
 * and `0`, the data `data.{key}`.
 *
 * @category encoding
 * @since 1.0.0
 */
export const requestText = ({ data = {}, ...options }: Content): (registrationId: string) => string => {
  const form = new URLSearchParams()
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined) form.append(name, String(typeof value === "boolean" ? Number(value) : value))
  }
  for (const [key, value] of Object.entries(data)) form.append(`${dataPrefix}${key}`, value)
  const rest = form.size === 0 ? "" : `&${form}`
  return (registrationId) => `${new URLSearchParams({ registration_id: registrationId })}${rest}`
}

const dataPrefix = "data."

/**
 * Reads the text of a request: `None` if `time_to_live` is no integer. Booleans are true for `1` and `true`, and false
 * for whatever else; what is unknown is left out; of what comes twice the last counts.
 *
 * @category decoding
 * @since 1.0.0
 */
export const parseRequest = (text: string): Option.Option<Request> => {
  const form = Object.fromEntries(new URLSearchParams(text))
  const data = Object.entries(form).flatMap(([name, value]) =>
    name.startsWith(dataPrefix) ? [[name.slice(dataPrefix.length), value] as const] : []
  )
  return decodeForm({ ...form, data: data.length === 0 ? undefined : Object.fromEntries(data) })
}

const Flag = Schema.String.pipe(Schema.decodeTo(
  Schema.Boolean,
  SchemaTransformation.transform({ decode: (text) => text === "1" || text === "true", encode: (_) => _ ? "1" : "0" })
))

const Digits = Schema.String.check(Schema.isPattern(/^-?\d+$/))

const decodeForm = Schema.decodeUnknownOption(Schema.Struct({
  ...Request.fields,
  delay_while_idle: Schema.optional(Flag),
  time_to_live: Schema.optional(Digits.pipe(Schema.decodeTo(Schema.Int, SchemaTransformation.numberFromString))),
  dry_run: Schema.optional(Flag)
}))

// -----------------------------------------------------------------------------
// Answer
// -----------------------------------------------------------------------------

/**
 * Writes the answer: `id=…`, and `registration_id=…` if there is a canonical id; or `Error=…`.
 *
 * @category encoding
 * @since 1.0.0
 */
export const resultText = (result: GcmHttp.Result): string => {
  if ("error" in result) return `Error=${result.error}\n`
  const canonical = result.registration_id === undefined ? "" : `registration_id=${result.registration_id}\n`
  return `id=${result.message_id}\n${canonical}`
}

/**
 * Reads an answer with status 200: `None` for whatever is none. Lines may end in CRLF; white space around them and empty
 * lines count for nothing, nor does what follows the second line.
 *
 * @category decoding
 * @since 1.0.0
 */
export const parseResult = (text: string): Option.Option<GcmHttp.Result> => {
  const [first = "", second] = text.split("\n").map((line) => line.trim()).filter((line) => line !== "")
  const error = after("Error=", first)
  if (error !== undefined) return Option.some({ error })
  const message_id = after("id=", first)
  if (message_id === undefined) return Option.none()
  if (second === undefined) return Option.some({ message_id })
  const registration_id = after("registration_id=", second)
  if (registration_id === undefined) return Option.none()
  return Option.some(registration_id === "" ? { message_id } : { message_id, registration_id })
}

const after = (prefix: string, line: string): string | undefined =>
  line.startsWith(prefix) ? line.slice(prefix.length).trim() : undefined
