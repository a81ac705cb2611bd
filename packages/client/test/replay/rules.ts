/**
 * What ours does otherwise than gcm-client, on purpose: each difference a rule, and together what a replay must see.
 *
 * A rule changes what is expected of the cases that it touches, and nothing of any other.
 */
import { Predicate, Result } from "effect"
import * as Util from "node:util"
import * as Original from "./original.ts"
import * as Recording from "./recording.ts"

// -----------------------------------------------------------------------------
// Models
// -----------------------------------------------------------------------------

/** A round as it is expected. */
export interface Round {
  /** Which, from 0. */
  readonly n: number
  /** The recipients that the sender names, in every position. */
  readonly given: Recording.Ids
  /** Those that the request names: the answer has a result for each. */
  readonly sent: Recording.Ids
  readonly request: Recording.Request | null
  /** What the server gives. */
  readonly answer: Recording.Answer
  /** The same as the original would have to be told it, to make of it what ours does. */
  readonly heard: Recording.Answer
  readonly outcome: Recording.Outcome
  /** How long to wait before the next round, in seconds. */
  readonly delay: number | null
}

/** What is to be seen of a round. */
export const seen = ({ delay, outcome, request }: Round) => ({
  requests: request === null ? [] : [request],
  outcome,
  delay
})

export interface Case extends Omit<Recording.Case, "rounds"> {
  readonly rounds: ReadonlyArray<Round>
}

export interface Rule {
  readonly name: string
  /** Why ours differs. */
  readonly why: string
  readonly apply: (self: Case) => Case
}

/** The moment of every replay. */
export const now = Date.UTC(2026, 0, 1)

/** What the dice say: the fourth part of a second. */
export const random = 0.25

/** What gcm-client adds to no Retry-After: seconds. */
const backoff = (n: number): number => 2 ** n - 0.5 + random

const delayOf = ({ retry, retryAfter }: Recording.Outcome, n: number): number | null =>
  retry === null ? null : retryAfter ?? backoff(n)

/** A recorded case, as yet without any rule. */
export const recorded = (self: Recording.Case): Case => ({
  ...self,
  rounds: self.rounds.map(({ answer, outcome, request }, n): Round => {
    const given = n === 0 ? self.ids : self.rounds[n - 1]?.outcome.retry ?? []
    return { n, given, sent: given, request, answer, heard: answer, outcome, delay: delayOf(outcome, n) }
  })
})

/** What is expected of a case, and the names of the rules that say so. */
export const expect = (self: Recording.Case): { readonly expected: Case; readonly touched: ReadonlyArray<string> } => {
  const touched: Array<string> = []
  const expected = rules.reduce((before, { apply, name }) => {
    const after = apply(before)
    if (!Util.isDeepStrictEqual(after.rounds.map(seen), before.rounds.map(seen))) touched.push(name)
    return after
  }, recorded(self))
  return { expected, touched }
}

// -----------------------------------------------------------------------------
// Kinds of rules
// -----------------------------------------------------------------------------

type Change = (round: Round, self: Case) => Round

const each = (change: Change) => (self: Case): Case => ({
  ...self,
  rounds: self.rounds.map((round) => change(round, self))
})

const withOutcome = (round: Round, changes: Partial<Recording.Outcome>): Round => {
  const outcome = { ...round.outcome, ...changes }
  return { ...round, outcome, delay: delayOf(outcome, round.n) }
}

/** What is written otherwise. */
const writes = (name: string, why: string, body: (body: Recording.Values, self: Case) => Recording.Values): Rule => ({
  name,
  why,
  apply: each((round, self) =>
    round.request === null ? round : { ...round, request: { ...round.request, body: body(round.request.body, self) } }
  )
})

type Mend = (answer: Recording.Answer, self: Case) => Recording.Answer

/** What the original hears, had the answer been mended: the rest is as it does. */
const mends = (name: string, why: string, mend: Mend): Rule => ({
  name,
  why,
  apply: each(mending(mend))
})

const mending = (mend: Mend): Change => (round, self) => {
  const mended = { ...round, heard: mend(round.heard, self) }
  const outcome = hear(mended, self.kind)
  return Util.isDeepStrictEqual(outcome, hear(round, self.kind)) ? mended : withOutcome(mended, outcome)
}

const hear = (round: Round, kind: Recording.Kind): Recording.Outcome => {
  const outcome = Original.hear(kind, round.sent, round.heard)
  return { ...outcome, notRegistered: positions(round, outcome.notRegistered) }
}

/** What becomes something else. */
const becomes = (
  name: string,
  why: string,
  change: (round: Round, self: Case) => Partial<Recording.Outcome> | undefined
): Rule => ({
  name,
  why,
  apply: each((round, self) => {
    const changes = change(round, self)
    return changes === undefined ? round : withOutcome(round, changes)
  })
})

/** An exception of Python that becomes a typed error, where the status is such. */
const fails = (
  name: string,
  why: string,
  exceptions: ReadonlyArray<string>,
  when: (status: number) => boolean,
  change: (round: Round) => Partial<Recording.Outcome>
): Rule =>
  becomes(
    name,
    why,
    (round) => exceptions.includes(round.outcome.error ?? "") && when(round.heard.status) ? change(round) : undefined
  )

// -----------------------------------------------------------------------------
// Parts
// -----------------------------------------------------------------------------

const distinct = (ids: Recording.Ids): Recording.Ids => Array.from(new Set(ids))

/** Every position of these ids among those given. */
const positions = ({ given }: Round, ids: Recording.Ids): Recording.Ids => given.filter((id) => ids.includes(id))

const without = (texts: Recording.Texts, leftOut: (value: string) => boolean): Recording.Texts =>
  Object.fromEntries(Object.entries(texts).filter(([, value]) => !leftOut(value)))

const keysOf = (texts: Recording.Texts, wanted: (value: string) => boolean): Recording.Ids =>
  Object.keys(texts).filter((id) => wanted(texts[id] ?? ""))

const retryAfter = ({ heard }: Round): number | null => {
  const seconds = Number(heard.headers["retry-after"] ?? 0)
  return seconds < 1 ? null : seconds
}

/** An answer in JSON with other results. */
const withResults = (
  answer: Recording.Answer,
  change: (results: ReadonlyArray<unknown>) => ReadonlyArray<unknown>
): Recording.Answer => {
  const body = Result.getOrUndefined(Original.parse(answer.body))
  return Predicate.isObject(body) && Predicate.hasProperty(body, "results") && Array.isArray(body.results)
    ? { ...answer, body: JSON.stringify({ ...body, results: change(body.results) }) }
    : answer
}

type Scalar = string | number | bigint | boolean

const isScalar = (value: Recording.Value): value is Scalar => value !== null && typeof value !== "object"

/**
 * The data of a message. It has no `null` and nothing nested: whoever moves to ours writes their JSON, or leaves out what
 * the original leaves out of a form.
 */
export const dataOf = ({ data, kind }: Case): { readonly [key: string]: Scalar } =>
  Object.fromEntries(
    Object.entries(data).flatMap(([key, value]) =>
      isScalar(value) ? [[key, value]] : kind === "plain" && value === null ? [] : [[key, Recording.json(value)]]
    )
  )

/** The body of a request, each key of the data changed by what the user wrote there. */
const withData = (
  change: (user: Recording.Value, written: Recording.Value | undefined, ours: Scalar) => Recording.Value | undefined
) =>
(body: Recording.Values, self: Case): Recording.Values => {
  const ours = dataOf(self)
  const prefix = self.kind === "json" ? "" : "data."
  const written = self.kind === "json" ? { ...Predicate.isObject(body.data) ? body.data : {} } : body
  const changes = Object.fromEntries(
    Object.entries(ours).flatMap(([key, value]) => {
      const changed = change(self.data[key] ?? null, written[`${prefix}${key}`], value)
      return changed === undefined ? [] : [[`${prefix}${key}`, changed]]
    })
  )
  return self.kind === "plain" || Object.keys(changes).length === 0
    ? { ...body, ...changes }
    : { ...body, data: { ...written, ...changes } }
}

/** Whether the original wrote a value, in JSON or as Python's text of it. */
const isWritten = (value: Scalar, written: Recording.Value | undefined): boolean =>
  written === value ||
  (typeof written === "string" &&
    (typeof value === "boolean" ? written === (value ? "True" : "False") : Number(written) === Number(value)))

/** What the service reserves, or does not take. */
const isRefused = (self: Case): boolean => {
  const data = Object.entries(dataOf(self))
  const timeToLive = Number(self.options.time_to_live ?? 0)
  return data.some(([key]) => key === "from" || key.startsWith("google.")) ||
    !(timeToLive >= 0 && timeToLive <= 2_419_200) ||
    new TextEncoder().encode(data.flat().join("")).length > 4096
}

const isRate = (code: string): boolean => code === "DeviceMessageRateExceeded" || code === "TopicsMessageRateExceeded"

/** Stands for the result of an id that is none. */
const noResult = "\u0000"

const isResult = (result: unknown): boolean =>
  Predicate.isObject(result) &&
  (typeof result.error === "string" || typeof result.message_id === "string" || typeof result.message_id === "number")

const resultOr = (result: unknown): unknown => isResult(result) ? result : { error: noResult }

const withoutNone: Mend = (answer, { kind }) =>
  kind === "plain" ? answer : withResults(answer, (results) => results.some(isResult) ? results.map(resultOr) : results)

const unknown: Change = (round) => {
  const { failed, unknown } = round.outcome
  return withOutcome(round, {
    failed: without(failed, (code) => code === noResult),
    unknown: positions(round, [...unknown, ...keysOf(failed, (code) => code === noResult)])
  })
}

// -----------------------------------------------------------------------------
// Rules
// -----------------------------------------------------------------------------

/** The rules, in the order in which they are applied. */
export const rules: ReadonlyArray<Rule> = [
  {
    name: "each once",
    why: "an id that comes twice is sent to once, and reported in each position",
    // the server has one result for it, the first: the rounds go on with whom that leaves to retry
    apply: (self) => {
      const rounds: Array<Round> = []
      let given = self.ids
      for (const round of self.rounds) {
        if (given.length === 0) break
        const sent = distinct(given)
        const all = round.sent
        const answer = withResults(round.answer, (results) =>
          results.length === all.length
            ? sent.map((id) => results[all.indexOf(id)])
            // as many too few or too many
            : results.slice(0, Math.max(0, sent.length + results.length - all.length)))
        const request = round.request && {
          ...round.request,
          body: self.kind === "json" ? { ...round.request.body, registration_ids: sent } : round.request.body
        }
        const expected = { ...round, given, sent, request, answer, heard: answer }
        const isSame = Util.isDeepStrictEqual([given, sent], [round.given, round.sent])
        rounds.push(isSame ? round : withOutcome(expected, hear(expected, self.kind)))
        given = rounds.at(-1)?.outcome.retry ?? []
      }
      return { ...self, rounds }
    }
  },

  // what is sent
  writes(
    "data as text",
    "the service takes strings alone: String(value)",
    withData((user, written) => isScalar(user) && isWritten(user, written) ? String(user) : undefined)
  ),
  writes(
    "data converted",
    "null and nested data are no data of a Message: the replay gives their JSON",
    withData((user, _, ours) => isScalar(user) ? undefined : ours)
  ),
  writes("booleans as 1", "to the service only 1 and true are true", (body, { kind }) =>
    kind === "json" ? body : {
      ...body,
      ...Object.fromEntries(
        ["delay_while_idle", "dry_run"].flatMap((name) =>
          body[name] === "True" ? [[name, "1"]] : body[name] === "False" ? [[name, "0"]] : []
        )
      )
    }),
  {
    name: "refused before sending",
    why: "validation: reserved keys, a time to live that is none, more data than the service takes",
    apply: (self) => {
      const [first] = self.rounds
      if (first === undefined || !isRefused(self)) return self
      const { given } = first
      const outcome = { ...Recording.raised("ValidationError.InvalidMessage"), unsettled: given, retry: given }
      return { ...self, rounds: [withOutcome({ ...first, request: null }, outcome)] }
    }
  },

  // what is heard
  mends("other 2xx", "read like 200", (answer) => ({
    ...answer,
    status: answer.status >= 200 && answer.status <= 299 ? 200 : answer.status
  })),
  mends(
    "Retry-After of other kinds",
    "a date counts from now; what is neither date nor whole seconds is none",
    (answer) => {
      const { "retry-after": header, ...headers } = answer.headers
      if (header === undefined || Original.isNumber(header)) return answer
      const seconds = header.endsWith(" GMT") ? (Date.parse(header) - now) / 1000 : 0
      return { ...answer, headers: seconds > 0 ? { ...headers, "retry-after": String(seconds) } : headers }
    }
  ),
  mends("byte order mark", "it is no part of the text", (answer) => ({
    ...answer,
    body: answer.body.replace(new RegExp(`^${Original.byteOrderMark}`), "")
  })),
  mends("multicast_id unread", "it tells nothing that the results do not", (answer, { kind }) => {
    const body = Result.getOrUndefined(Original.parse(answer.body))
    return kind === "json" && Predicate.isObject(body) && Predicate.hasProperty(body, "results") &&
        !("multicast_id" in body)
      ? { ...answer, body: JSON.stringify({ ...body, multicast_id: 0 }) }
      : answer
  }),
  {
    name: "no result of one",
    why: "a result that is none costs its own recipient an outcome, and nobody else: Unknown",
    apply: (self) => each(unknown)(each(mending(withoutNone))(self))
  },
  mends("empty lines", "they count for nothing", (answer, { kind }) => ({
    ...answer,
    body: kind === "plain" ? answer.body.split("\n").filter((line) => line.trim() !== "").join("\n") : answer.body
  })),
  mends("lines trimmed", "white space around a line and a canonical id is no part of them", (answer, { kind }) => ({
    ...answer,
    body: kind === "plain"
      ? answer.body.replace(/^[^\S\n]*(registration_id=)?[^\S\n]*(.*?)[^\S\n]*$/gm, "$1$2")
      : answer.body
  })),

  // what it becomes
  becomes("no canonical id", "an empty one is none", ({ outcome: { canonical } }) => ({
    canonical: without(canonical, (id) => id === "")
  })),
  becomes("codes", "what cannot be a code is UNKNOWN", ({ outcome: { failed } }) => ({
    failed: Object.fromEntries(
      Object.entries(failed).map(([id, code]) => [id, /^[A-Za-z][A-Za-z_]{0,39}$/.test(code) ? code : "UNKNOWN"])
    )
  })),
  becomes("unavailable in plain text", "whichever way the service says so, it is worth a retry", (round, { kind }) => {
    if (kind === "json" || !Object.values(round.outcome.failed).some(Original.isUnavailable)) return undefined
    return { failed: {}, retry: round.sent, retryAfter: retryAfter(round) }
  }),
  becomes(
    "Retry-After of nobody",
    "it is of those who may be retried",
    ({ outcome }) => outcome.retry === null ? { retryAfter: null } : undefined
  ),
  becomes("rate codes", "Report.retry names them: later, not at once", ({ outcome: { failed, retry }, sent }) => {
    const later = keysOf(failed, isRate)
    return later.length === 0
      ? undefined
      : { retry: sent.filter((id) => later.includes(id) || retry?.includes(id) === true) }
  }),
  becomes(
    "5xx",
    "nobody was answered: TransportError, with the report",
    ({ answer, outcome }) =>
      outcome.error === null && Original.is5xx(answer.status) ? { error: "TransportError.ServerError" } : undefined
  ),
  fails(
    "400",
    "ValidationError, with the text of the service",
    ["ValueError"],
    (status) => status === 400,
    ({ given }) => ({ error: "ValidationError.RejectedRequest", unsettled: given, retry: given })
  ),
  becomes("400: its text", "on one line, and long words hidden, which may be secrets", ({ outcome: { text } }) => ({
    text: text && text.trim().replace(/\s+/g, " ").replace(
      /[^\s"]{16,}/g,
      (word) => /^[A-Za-z_]+[.,;:]?$/.test(word) ? word : "<redacted>"
    )
  })),
  fails("401", "AuthenticationError", ["GCMAuthenticationError"], (status) => status === 401, ({ given }) => ({
    error: "AuthenticationError.InvalidCredentials",
    unsettled: given,
    retry: given
  })),
  fails(
    "429",
    "TransportError: worth a retry, after what the service asks for",
    ["AssertionError"],
    (status) => status === 429,
    (round) => ({ error: "TransportError.RateLimited", retry: round.sent, retryAfter: retryAfter(round) })
  ),
  fails(
    "unexpected status",
    "TransportError: nobody knows; nothing was accepted, and sending again cannot help",
    ["AssertionError"],
    (status) => status !== 429,
    ({ sent }) => ({
      error: "TransportError.UnexpectedStatus",
      failed: Object.fromEntries(sent.map((id) => [id, "UnexpectedStatus"]))
    })
  ),
  fails(
    "no answer of the service",
    "ValidationError: whether it was accepted is unknown",
    ["ValueError", "KeyError", "TypeError", "JSONDecodeError"],
    (status) => status === 200,
    ({ given }) => ({ error: "ValidationError.InvalidResponse", unknown: given })
  ),
  {
    name: "the longer delay",
    why: "Retry-After is a floor under the backoff",
    apply: each((round) => ({ ...round, delay: round.delay && Math.max(round.delay, backoff(round.n)) }))
  }
]
