/** What gcm-client makes of an answer, in TypeScript: the recording proves it. */
import { Predicate, Result } from "effect"
import { type Answer, type Ids, type Kind, nothing, type Outcome, raised } from "./recording.ts"

/** What it makes of an answer to these ids, the text of `Retry-After` repaired where it is an integer. */
export const hear = (kind: Kind, ids: Ids, { body, headers, status }: Answer): Outcome => {
  if (status === 400) return raised("ValueError", body)
  if (status === 401) return raised("GCMAuthenticationError")
  if (status !== 200 && !is5xx(status)) return raised("AssertionError")
  const header = headers["retry-after"] ?? "0"
  if (!isNumber(header)) return raised("TypeError")
  const retryAfter = Number(header) < 1 ? null : Number(header)
  if (status !== 200) return { ...nothing, retryAfter, retry: ids }
  const heard = kind === "json" ? multicast(ids, body) : plainText(ids, body)
  return heard.error === null ? { ...heard, retryAfter } : heard
}

export const is5xx = (status: number): boolean => status >= 500 && status <= 599

/** Whether the original, repaired, takes a `Retry-After`. */
export const isNumber = (header: string): boolean => /^-?\d+$/.test(header)

const multicast = (ids: Ids, body: string): Outcome => {
  const parsed = parse(body)
  if (Result.isFailure(parsed)) return raised("JSONDecodeError")
  const answer = parsed.success
  if (!isIterable(answer)) return raised("TypeError")
  if (!Predicate.hasProperty(answer, "results")) return raised("ValueError")
  if (!isIterable(answer.results)) return raised("TypeError")
  const results: ReadonlyArray<unknown> = Object.values(answer.results)
  if (results.length !== ids.length) return raised("ValueError")
  const success: Record<string, string> = {}
  const canonical: Record<string, string> = {}
  const failed: Record<string, string> = {}
  const notRegistered: Array<string> = []
  const retry: Array<string> = []
  for (const [i, id] of ids.entries()) {
    const result = results[i]
    if (!Predicate.isObject(result)) return raised("TypeError")
    if ("message_id" in result) {
      success[id] = String(result.message_id)
      if ("registration_id" in result) canonical[id] = String(result.registration_id)
      continue
    }
    if (!("error" in result)) return raised("KeyError")
    if (isUnavailable(result.error)) retry.push(id)
    else if (result.error === "NotRegistered") notRegistered.push(id)
    else failed[id] = String(result.error)
  }
  if (!("multicast_id" in answer)) return raised("KeyError")
  return { ...nothing, success, canonical, notRegistered, failed, retry: retry.length > 0 ? retry : null }
}

/** Whether a code in JSON is worth a retry. */
export const isUnavailable = (code: unknown): boolean => code === "Unavailable" || code === "InternalServerError"

/** What `in` and `len` take. */
const isIterable = (value: unknown): value is object | string =>
  typeof value === "string" || (typeof value === "object" && value !== null)

export const parse = (text: string): Result.Result<unknown, unknown> =>
  Result.try((): unknown => {
    if (text.startsWith(byteOrderMark)) throw new SyntaxError("a byte order mark")
    return JSON.parse(text)
  })

export const byteOrderMark = "\uFEFF"

const plainText = ([id = ""]: Ids, body: string): Outcome => {
  const [first = "", second] = strip(body).split("\n")
  if (first.startsWith("Error=")) {
    const code = strip(first.slice("Error=".length))
    return code === "NotRegistered" ? { ...nothing, notRegistered: [id] } : { ...nothing, failed: { [id]: code } }
  }
  if (!first.startsWith("id=")) return raised("ValueError")
  const success = { [id]: strip(first.slice("id=".length)) }
  if (second === undefined) return { ...nothing, success }
  return second.startsWith("registration_id=")
    ? { ...nothing, success, canonical: { [id]: second.slice("registration_id=".length) } }
    : raised("ValueError")
}

/** Python's: a byte order mark is no white space. */
const strip = (text: string): string => text.replace(/^[^\S\uFEFF]+|[^\S\uFEFF]+$/g, "")
