/** Where two bodies differ, and which rules explain it. */
import { assert } from "@effect/vitest"
import { isDeepStrictEqual } from "node:util"

/** A field that two bodies hold differently; `undefined`: one does not hold it. */
export interface Difference {
  readonly path: ReadonlyArray<string>
  readonly theirs: unknown
  readonly ours: unknown
}

/** A difference that is known. `docs/wire.md` lists them, and says why each is none to the service. */
export interface Rule {
  /** Where it applies: `*` is any one key, `**` any number of them. */
  readonly fields: ReadonlyArray<string>
  readonly explains: (theirs: unknown, ours: unknown) => boolean
}

export type Rules<Name extends string> = { readonly [name in Name]: Rule }

const isObject = (u: unknown): u is { readonly [key: string]: unknown } => typeof u === "object" && u !== null

const own = (object: { readonly [key: string]: unknown }, key: string): unknown =>
  Object.hasOwn(object, key) ? object[key] : undefined

export const differences = (
  theirs: unknown,
  ours: unknown,
  path: ReadonlyArray<string> = []
): ReadonlyArray<Difference> => {
  if (isDeepStrictEqual(theirs, ours)) return []
  if (!isObject(theirs) || !isObject(ours) || Array.isArray(theirs) !== Array.isArray(ours)) {
    return [{ path, theirs, ours }]
  }
  const keys = new Set([...Object.keys(theirs), ...Object.keys(ours)])
  return Array.from(keys).flatMap((key) => differences(own(theirs, key), own(ours, key), [...path, key]))
}

const matches = ([part, ...parts]: ReadonlyArray<string>, path: ReadonlyArray<string>): boolean => {
  if (part === undefined) return path.length === 0
  if (part === "**") return path.some((_, i) => matches(parts, path.slice(i))) || matches(parts, [])
  return path.length > 0 && (part === "*" || part === path[0]) && matches(parts, path.slice(1))
}

/** Fails for what no rule explains, else names the rules that were needed. */
export const explain = <Name extends string>(rules: Rules<Name>, theirs: unknown, ours: unknown) => {
  const needed = differences(theirs, ours).map((difference) => {
    const names = Object.entries<Rule>(rules)
      .filter(([, { explains, fields }]) =>
        fields.some((field) => matches(field.split("."), difference.path)) &&
        explains(difference.theirs, difference.ours)
      )
      .map(([name]) => name)
    assert.isNotEmpty(names, `no rule explains ${JSON.stringify(difference)}`)
    return names
  })
  return Array.from(new Set(needed.flat())).toSorted()
}
