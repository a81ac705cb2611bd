/**
 * Finds misspelt names.
 */

/**
 * Returns the known name that an unknown name misspells: case, `-` and `_` may differ, one letter may be missing, extra or
 * swapped with its neighbour, and in a name of five or more letters one may be wrong.
 */
export const spelling = (known: ReadonlyArray<string>): (name: string) => string | undefined => {
  const names = new Set(known)
  const byLetters = new Map(known.map((name) => [letters(name), name]))
  const byFewer = new Map(known.flatMap((name) => shortened(letters(name)).map((fewer) => [fewer, name])))
  return (name) => {
    if (names.has(name) || name.length > maxLength) return undefined
    const written = letters(name)
    const fewer = shortened(written)
    const nearest = byLetters.get(written) ?? byFewer.get(written) ?? firstOf(byLetters, fewer)
    if (nearest !== undefined) return nearest
    const other = firstOf(byFewer, fewer)
    // with a wrong letter, a short name is another word
    return other !== undefined && (written.length > 4 || sorted(written) === sorted(letters(other))) ? other : undefined
  }
}

/** Longer than every known name. */
const maxLength = 40

/** A name in lower case, without separators. */
export const letters = (name: string): string => name.toLowerCase().replace(/[-_]/g, "")

/** A name, each time without one of its letters. */
const shortened = (name: string): ReadonlyArray<string> =>
  Array.from({ length: name.length }, (_, i) => name.slice(0, i) + name.slice(i + 1))

const sorted = (name: string): string => Array.from(name).sort().join("")

const firstOf = (names: ReadonlyMap<string, string>, keys: ReadonlyArray<string>): string | undefined => {
  const key = keys.find((key) => names.has(key))
  return key === undefined ? undefined : names.get(key)
}
