/**
 * Texts of a service may quote what was sent to it: credentials, recipients, the message. What we pass on of them quotes
 * nothing, and is short.
 */
import * as RegExp_ from "effect/RegExp"

/** Hides secrets, in whatever case, spacing and escapes, whole or in part, and by its look whatever else may be one. */
export class Scrub {
  readonly #secrets: () => Iterable<string>
  #prepared: { readonly patterns: ReadonlyArray<RegExp>; readonly folded: string } | undefined = undefined

  /** The secrets are read once, and only if there is a text to hide them in. */
  constructor(secrets: () => Iterable<string>) {
    this.#secrets = secrets
  }

  /** Makes a text fit to show. */
  text(text: string): string {
    // a service's text is a sentence or two: no more of it is looked at
    const rest = hideParts(this.#hide(plain(text.slice(0, maxRead))), this.#hidden.folded)
    const shown = rest.replace(quotedValue, "$1").replace(/\S{16,}/g, hideUnlessWord)
    return shown.length > maxShown ? `${shown.slice(0, maxShown)}…` : shown
  }

  /** Makes a code that nobody told us about fit to show. */
  code(code: string): string {
    const words = code.replaceAll("_", " ")
    return /^[A-Za-z][A-Za-z_]{0,39}$/.test(code) && this.#hide(words) === words ? code : "UNKNOWN"
  }

  #hide(text: string): string {
    return this.#hidden.patterns.reduce((rest, pattern) => rest.replace(pattern, redacted), text)
  }

  get #hidden() {
    return this.#prepared ??= prepare(this.#secrets())
  }
}

const prepare = (secrets: Iterable<string>) => {
  // short ones are no secrets but words; the longest first, so that no part of one is left when it holds another
  const hidden = Array.from(secrets, plain).filter((secret) => secret.length >= 4).sort((a, b) => b.length - a.length)
  return {
    patterns: hidden.map(pattern),
    folded: hidden.map((secret) => letters(secret).map(({ letter }) => letter).join("")).join(" ")
  }
}

const redacted = "<redacted>"

/** Words of a message are hidden where they stand as words: "match" is not in "mismatch". */
const pattern = (secret: string): RegExp =>
  new RegExp(
    secret.length < 16 ? `(?<![\\p{L}\\p{N}])${RegExp_.escape(secret)}(?![\\p{L}\\p{N}])` : RegExp_.escape(secret),
    "giu"
  )

/** On one line, without control characters, and without the escapes of JSON and HTML, however often it was quoted. */
const plain = (text: string): string =>
  text.replace(/\\+(u[0-9a-f]{4}|[bfnrt])?/gi, unescaped).replace(/&#?\w{1,8};|[\s\p{Cc}]+/gu, " ").trim()

const unescaped = (_: string, escape = ""): string =>
  escape.length > 1 ? String.fromCharCode(Number.parseInt(escape.slice(1), 16)) : escape === "" ? "" : " "

/** What Google's texts put behind the type of a wrong value: the value itself. */
const quotedValue = /(\(TYPE_[A-Z0-9_]+\)),.*$/

// -----------------------------------------------------------------------------
// By its look
// -----------------------------------------------------------------------------

/** Long words are tokens and keys, encoded, cut or whole; but for words, paths of fields, and links to documents. */
const hideUnlessWord = (run: string): string => shownRuns.some((shape) => shape.test(run)) ? run : redacted

const field = "[a-z]{1,40}(?:[A-Z_][a-z]{1,40}){0,5}"

const step = `(?:\\.${field}|\\[\\d{1,6}\\])`

/** A path whose names are words, and so can be those of fields: of `message.data[0].value`. */
export const fieldPath: RegExp = new RegExp(`^${field}${step}{0,10}$`)

const shownRuns = [
  /^[a-z]{16,24}[.,;:]?$/i,
  /^[A-Z_]{16,40}[.,;:]?$/,
  new RegExp(`^'?message${step}{1,10}'?[.,;:]?$`),
  /^https:\/\/(firebase|developers)\.google\.com\/[\w./-]{1,100}$/
]

// -----------------------------------------------------------------------------
// In part
// -----------------------------------------------------------------------------

/** So many letters in a row are no accident. */
const minShared = 8

/** Hides what shares more with a secret than words do: a part of it, or the whole with other signs in between. */
const hideParts = (text: string, secrets: string): string => {
  const all = letters(text)
  const spans: Array<{ readonly start: number; end: number }> = []
  for (let i = 0; i + minShared <= all.length; i++) {
    const shared = all.slice(i, i + minShared)
    if (!secrets.includes(shared.map(({ letter }) => letter).join(""))) continue
    const [{ start } = { start: 0 }] = shared
    const end = shared.at(-1)?.end ?? start
    const last = spans.at(-1)
    if (last !== undefined && start <= last.end) last.end = end
    else spans.push({ start, end })
  }
  return spans.reduceRight((rest, { end, start }) => rest.slice(0, start) + redacted + rest.slice(end), text)
}

/** Letters, digits and symbols in lower case, and where they are: what spelling, punctuation and encoding leave alike. */
const letters = (text: string) =>
  Array.from(text.matchAll(/[\p{L}\p{N}\p{So}]/gu), ({ 0: letter, index }) => ({
    letter: letter.toLowerCase(),
    start: index,
    end: index + letter.length
  }))

const maxRead = 1000

const maxShown = 300
