/** A recording of the original, gcm-client: cases as fixtures/README.md has them, one a line. */
import { Array as Arr, Predicate, Result, Schema } from "effect"
import * as Fs from "node:fs"

// -----------------------------------------------------------------------------
// Models
// -----------------------------------------------------------------------------

/** JSON, with integers of any size. */
export type Value =
  | string
  | number
  | bigint
  | boolean
  | null
  | ReadonlyArray<Value>
  | { readonly [key: string]: Value }

export interface Values {
  readonly [name: string]: Value
}

export interface Texts {
  readonly [name: string]: string
}

export type Ids = ReadonlyArray<string>

/** JSON form to many, or plain text to one. */
export type Kind = "json" | "plain"

/** What is on the wire. A form is its names, each with its value, or the sorted list of its values. */
export interface Request {
  readonly contentType: string
  readonly authorization: string
  readonly body: Values
}

/** What the server gives; the names of headers in lower case. */
export interface Answer {
  readonly status: number
  readonly headers: Texts
  readonly body: string
}

/** What a sender makes of an answer. */
export interface Outcome {
  /** Python's exception, or our error and its reason. */
  readonly error: string | null
  /** What the service says is wrong (400). */
  readonly text: string | null
  readonly success: Texts
  readonly canonical: Texts
  readonly notRegistered: Ids
  readonly failed: Texts
  readonly unknown: Ids
  readonly unsettled: Ids
  /** In seconds. */
  readonly retryAfter: number | null
  /** To whom again. */
  readonly retry: Ids | null
}

export interface Round {
  readonly request: Request | null
  readonly answer: Answer
  readonly outcome: Outcome
}

export interface Case {
  readonly case: string
  readonly kind: Kind
  readonly ids: Ids
  readonly data: Values
  readonly options: Values
  readonly rounds: ReadonlyArray<Round>
}

/** Nothing known of anybody. */
export const nothing: Outcome = {
  error: null,
  text: null,
  success: {},
  canonical: {},
  notRegistered: [],
  failed: {},
  unknown: [],
  unsettled: [],
  retryAfter: null,
  retry: null
}

/** What Python raised. The text of a 400 is the service's, any other Python's own. */
export const raised = (type: string, text: string | null = null): Outcome => ({ ...nothing, error: type, text })

/** Pairs of a form as a body. */
export const form = (pairs: Iterable<readonly [string, string]>): Values => {
  const byName = Arr.groupBy(pairs, ([name]) => name)
  return Object.fromEntries(
    Object.entries(byName).map(([name, pairs]) => {
      const values = pairs.map(([, value]) => value).sort()
      return [name, values.length === 1 ? values.join() : values]
    })
  )
}

// -----------------------------------------------------------------------------
// The file
// -----------------------------------------------------------------------------

/** Reads a file: a case a line. What is not understood is named with its line. */
export const read = (file: string | URL): ReadonlyArray<Case> => casesOf(Fs.readFileSync(file, "utf8"), String(file))

/** The cases of a text that is called so. */
export const casesOf = (text: string, name: string): ReadonlyArray<Case> => {
  const cases = text.split("\n").flatMap((line, i) => {
    if (line.trim() === "") return []
    const decoded = Result.flatMap(parse(line), (value) => decode(respell(value)))
    if (Result.isSuccess(decoded)) return [caseOf(decoded.success)]
    throw new Error(`${name}, line ${i + 1}: ${decoded.failure.message}`)
  })
  if (cases.length === 0) throw new Error(`${name} holds no case`)
  return cases
}

const parse = (line: string) =>
  Result.try({
    // an integer keeps all its digits
    try: (): unknown =>
      JSON.parse(line, (...[, value, context]: ReadonlyArray<unknown>) =>
        Number.isInteger(value) && !Number.isSafeInteger(value) && Predicate.hasProperty(context, "source") &&
          /^-?\d+$/.test(String(context.source))
          ? BigInt(String(context.source))
          : value),
    catch: (cause) => ({ message: String(cause) })
  })

/** The names of fields that others may spell otherwise: in another case, with hyphens or underlines, or by these words. */
const spellings: { readonly [name: string]: ReadonlyArray<string> } = {
  case: ["id", "name"],
  ids: ["registrationids"],
  contentType: [],
  authorization: ["auth"],
  body: ["content", "payload"],
  status: ["statuscode", "code"],
  headers: [],
  success: [],
  canonical: ["canonicals", "canonicalids"],
  notRegistered: [],
  failed: ["errors", "failures"],
  retryAfter: [],
  retry: ["unavailable"],
  type: ["exception", "class", "name"],
  text: ["message", "error", "str"]
}

const plain = (name: string): string => name.toLowerCase().replace(/[-_ ]/g, "")

/** Fields by our names for them. */
const named = (names: ReadonlyArray<string>) => (value: unknown): unknown => {
  if (!Predicate.isObject(value)) return value
  const fields = Object.entries(value)
  return {
    ...value,
    ...Object.fromEntries(names.flatMap((name) => {
      const all = new Set([plain(name), ...spellings[name] ?? []])
      const field = fields.find(([key]) => key === name) ?? fields.find(([key]) => all.has(plain(key)))
      return field === undefined ? [] : [[name, field[1]]]
    }))
  }
}

const within = (part: string, f: (value: unknown) => unknown) => (value: unknown): unknown =>
  Predicate.isObject(value) && Predicate.hasProperty(value, part) ? { ...value, [part]: f(value[part]) } : value

const eachOf = (f: (value: unknown) => unknown) => (value: unknown): unknown =>
  Array.isArray(value) ? value.map(f) : value

const respell = (value: unknown): unknown =>
  [
    named(["case", "ids"]),
    within(
      "rounds",
      eachOf((round) =>
        [
          within("request", named(["contentType", "authorization", "body"])),
          within("answer", named(["status", "headers", "body"])),
          within("result", named(["success", "canonical", "notRegistered", "failed", "retryAfter", "retry"])),
          within("error", (error) => {
            const [, type = "", text = ""] = /^([\w.]+)(?:: ?)?([^]*)$/.exec(String(error)) ?? []
            return typeof error === "string" ? { type, text } : named(["type", "text"])(error)
          })
        ].reduce((round, f) => f(round), round)
      )
    )
  ].reduce((value, f) => f(value), value)

const Value: Schema.Codec<Value> = Schema.suspend(() =>
  Schema.Union([
    Schema.String,
    Schema.Number,
    Schema.BigInt,
    Schema.Boolean,
    Schema.Null,
    Schema.Array(Value),
    Schema.Record(Schema.String, Value)
  ])
)

const Values = Schema.Record(Schema.String, Value)
const Ids = Schema.Array(Schema.String)
const Pairs = Schema.Array(Schema.Tuple([Schema.String, Schema.String]))
const Written = Schema.Union([Schema.String, Schema.Number, Schema.BigInt])
const HeaderPairs = Schema.Array(Schema.Tuple([Schema.String, Written]))
const optional = <S extends Schema.Top>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))

const decode = Schema.decodeUnknownResult(
  Schema.Struct({
    case: Written,
    kind: Schema.Literals(["json", "plain"]),
    ids: Ids,
    data: optional(Values),
    options: optional(Values),
    rounds: Schema.NonEmptyArray(
      Schema.Struct({
        request: optional(Schema.Struct({
          contentType: Schema.String,
          authorization: Schema.String,
          body: Schema.Union([Pairs, Values])
        })),
        answer: Schema.Struct({
          status: Schema.Int,
          headers: optional(Schema.Union([HeaderPairs, Schema.Record(Schema.String, Written)])),
          body: optional(Value)
        }),
        result: optional(Schema.Struct({
          success: Schema.Record(Schema.String, Written),
          canonical: Values,
          notRegistered: Ids,
          failed: Values,
          retryAfter: optional(Schema.Number),
          retry: optional(Ids)
        })),
        error: optional(Schema.Struct({ type: Schema.String, text: optional(Schema.String) }))
      }).check(
        Schema.makeFilter(({ error, result }) =>
          (error === undefined || error === null) === (result === undefined || result === null)
            ? "must have either a result or an error"
            : undefined
        )
      )
    )
  }),
  { errors: "all" }
)

type Decoded = Result.Result.Success<ReturnType<typeof decode>>

const caseOf = (decoded: Decoded): Case => ({
  case: String(decoded.case),
  kind: decoded.kind,
  ids: decoded.ids,
  data: decoded.data ?? {},
  options: decoded.options ?? {},
  rounds: decoded.rounds.map(roundOf)
})

const roundOf = ({ answer, error, request, result }: Decoded["rounds"][number]): Round => ({
  request: request === undefined || request === null
    ? null
    : { ...request, body: isPairs(request.body) ? form(request.body) : request.body },
  answer: {
    status: answer.status,
    headers: headersOf(answer.headers ?? {}),
    body: typeof answer.body === "string" ? answer.body : answer.body === undefined || answer.body === null
      ? ""
      : json(answer.body)
  },
  outcome: result
    ? {
      ...nothing,
      ...result,
      success: texts(result.success),
      canonical: texts(result.canonical),
      failed: texts(result.failed),
      retryAfter: result.retryAfter ?? null,
      retry: result.retry ?? null
    }
    // without the module of the class
    : raised(error?.type.split(".").at(-1) ?? "", answer.status === 400 ? error?.text ?? "" : null)
})

const isPairs = Schema.is(Pairs)

const headersOf = (headers: NonNullable<Decoded["rounds"][number]["answer"]["headers"]>): Texts => {
  const pairs = isHeaderPairs(headers) ? headers : Object.entries(headers)
  return Object.fromEntries(pairs.map(([name, value]) => [name.toLowerCase(), String(value)]))
}

const isHeaderPairs = Schema.is(HeaderPairs)

const texts = (values: Values): Texts =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, typeof value === "string" ? value : json(value)])
  )

/** A value as the text of JSON. */
export const json = (value: Value): string =>
  JSON.stringify(value, (_, part: unknown) => typeof part === "bigint" ? Number(part) : part)
