/**
 * A message is a copy of what it was made of: every property is read once, so that nothing changes, throws or goes round
 * in circles afterwards, whatever a caller without types gave.
 */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type { Issue } from "../Message.ts"

export interface Copied<A> {
  readonly value: A
  /** What could not be copied, or no JSON can hold. */
  readonly issues: ReadonlyArray<Issue>
}

/** A deep copy: lists and objects are new; of other things, those are kept that a message may hold. */
export function copy<A>(value: A): Copied<A>
export function copy(value: unknown): Copied<unknown> {
  const copying = new Copying()
  const copied = copying.read(() => value, [])
  return copying.isTooLarge
    ? { value: uncopied, issues: [{ path: [], message: `must not hold more than ${maxValues} values` }] }
    : { value: copied, issues: copying.issues }
}

/** Stands for what was not copied; of no type that a message has. */
const uncopied = Symbol("uncopied")

/** Levels that the JSON parsers of protocol buffers bear (protobuf.dev, the default recursion limit). */
const maxDepth = 100

/** Far beyond what fits into a message; bounds what shared parts or a huge list may unfold to. */
const maxValues = 100_000

/** Maps of the caller's own keys, where undefined is a mistake; elsewhere it is as if the key were absent. */
const dataPaths = new Set(["data", "android.data", "webpush.data"])

/** Where a Duration, a time or a Redacted may be; elsewhere a Schema would take it for an empty object. */
const valuePaths =
  /^(timeToLive|android\.(ttl|notification\.(eventTime|vibrateTimings\.\d+|lightSettings\.\w+))|apns\.liveActivityToken)$/

/** A path as text; empty if it cannot be one of these. A caller's key may be long, and occurs in many paths. */
const place = (path: Issue["path"]): string =>
  path.length <= 4 && path.every((part) => typeof part === "number" || part.length <= 20) ? path.join(".") : ""

type Value = Duration.Duration | DateTime.DateTime | Date | Redacted.Redacted<unknown>

const isValue = (value: object): value is Value =>
  Duration.isDuration(value) || DateTime.isDateTime(value) || value instanceof Date || Redacted.isRedacted(value)

class Copying {
  readonly issues: Array<Issue> = []
  readonly #parents = new Set<unknown>()
  #values = 0

  get isTooLarge(): boolean {
    return this.#values > maxValues
  }

  /** What a property holds, copied. */
  read(get: () => unknown, path: Issue["path"]): unknown {
    if (++this.#values > maxValues) return uncopied
    const copied = Result.try(() => this.#copy(get(), path))
    return Result.isSuccess(copied) ? copied.success : this.#fail(path, "must be readable: it throws")
  }

  #copy(value: unknown, path: Issue["path"]): unknown {
    if (typeof value === "string") return this.#text(value, path)
    if (typeof value !== "object" || value === null) return value
    if (isValue(value)) return valuePaths.test(place(path)) ? this.#value(value, path) : uncopied
    if (this.#parents.has(value)) return this.#fail(path, "must not hold itself")
    if (path.length > maxDepth) return this.#fail(path, `must not be nested deeper than ${maxDepth} levels`)
    this.#parents.add(value)
    const copied = Array.isArray(value) ? this.#list(value, path) : this.#object(value, path)
    this.#parents.delete(value)
    return copied
  }

  #value(value: Value, path: Issue["path"]): unknown {
    if (Redacted.isRedacted(value)) return Redacted.make(this.#copy(Redacted.value(value), path))
    return value instanceof Date ? new Date(value.getTime()) : value
  }

  #text(text: string, path: Issue["path"]): string {
    if (/\p{Surrogate}/u.test(text)) this.#fail(path, "must be well-formed Unicode, without half of a surrogate pair")
    return text
  }

  #list(list: ReadonlyArray<unknown>, path: Issue["path"]): ReadonlyArray<unknown> {
    const length = Math.min(list.length, maxValues)
    return Array.from({ length }, (_, i) => this.read(() => list[i], [...path, i]))
  }

  #object(object: object, path: Issue["path"]): unknown {
    // a Map, a Promise, an Error, …: none is an object of a message
    if (Object.prototype.toString.call(object) !== "[object Object]") return uncopied
    const entries = Object.keys(object).map((key): readonly [string, unknown] => {
      const at = [...path, this.#text(key, [...path, key])]
      return [key, this.read(() => Reflect.get(object, key), at)]
    })
    const keepsUndefined = dataPaths.has(place(path))
    return Object.fromEntries(entries.filter(([, value]) => keepsUndefined || value !== undefined))
  }

  #fail(path: Issue["path"], message: string): typeof uncopied {
    this.issues.push({ path, message })
    return uncopied
  }
}
