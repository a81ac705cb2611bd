/**
 * Texts of a service may quote what was sent to it: credentials, recipients, the message. What we pass on of them quotes
 * nothing, and is short.
 */

/** Hides secrets, in whatever case, spacing and escapes, whole or in part, and by its look whatever else may be one. */
export class Scrub {
  readonly #secrets: () => Iterable<string>
  #whole: ReadonlyArray<string> | undefined = undefined
  #parts: ReadonlySet<string> | undefined = undefined
  readonly #codes = new Map<string, string>()

  /** The secrets are read once, and only if there is a text to hide them in. */
  constructor(secrets: () => Iterable<string>) {
    this.#secrets = secrets
  }

  /** Makes a text fit to show. */
  text(text: string): string {
    // a service's text is a sentence or two: no more of it is looked at
    const read = plain(text.slice(0, maxRead))
    const rest = hide(read, this.#find(read))
    const shown = rest.replace(quotedValue, "$1").replace(longRun, hideUnlessWord)
    return shown.length > maxShown ? `${shown.slice(0, maxShown)}…` : shown
  }

  /** Makes a code that nobody told us about fit to show. */
  code(code: string): string {
    const known = this.#codes.get(code)
    if (known !== undefined) return known
    const shown = isCode(code) && this.#find(code.replaceAll("_", " ")).length === 0 ? code : "UNKNOWN"
    this.#codes.set(code, shown)
    return shown
  }

  /** Where secrets stand in a text, whole and in part. */
  #find(text: string): ReadonlyArray<Span> {
    this.#parts ??= partsOf(this.#sorted)
    return [...findWhole(text, this.#sorted), ...findParts(text, this.#parts)]
  }

  /** In lower case, and sorted, so that the secrets that a text begins with are found by bisection. */
  get #sorted(): ReadonlyArray<string> {
    // a short text is a word, not a secret
    return this.#whole ??= Array.from(this.#secrets(), (secret) => lower(plain(secret)))
      .filter((secret) => secret.length >= 4)
      .sort()
  }
}

const isCode = (code: string): boolean => /^[A-Za-z][A-Za-z_]{0,39}$/.test(code)

const redacted = "<redacted>"

/** Where something stands in a text. */
interface Span {
  readonly start: number
  readonly end: number
}

/** Hides spans, which may overlap. */
const hide = (text: string, spans: ReadonlyArray<Span>): string => {
  let shown = ""
  let at = 0
  for (const { end, start } of spans.toSorted((a, b) => a.start - b.start)) {
    if (end <= at) continue
    if (start >= at) shown += text.slice(at, start) + redacted
    at = end
  }
  return shown + text.slice(at)
}

/** On one line, without control characters, and without the escapes of JSON and HTML, however often it was quoted. */
const plain = (text: string): string =>
  text.replace(/(?:%[0-9a-f]{2})+/gi, fromPercent).normalize("NFKC").replace(/\p{Cf}/gu, "").replace(
    /\\+(u[0-9a-f]{4}|[bfnrt])?/gi,
    unescaped
  ).replace(/&#?\w{1,8};|[\s\p{Cc}]+/gu, " ").trim()

const fromPercent = (escapes: string): string =>
  new TextDecoder().decode(Uint8Array.from(escapes.slice(1).split("%"), (hex) => Number.parseInt(hex, 16)))

const unescaped = (_: string, escape = ""): string =>
  escape.length > 1 ? String.fromCharCode(Number.parseInt(escape.slice(1), 16)) : escape === "" ? "" : " "

/** What Google's texts put behind the type of a wrong value: the value itself. */
const quotedValue = /(\(TYPE_[A-Z0-9_]+\)),.*$/

// -----------------------------------------------------------------------------
// By its look
// -----------------------------------------------------------------------------

/** Parts of 16 or more characters, up to the quotation marks of JSON, which are next to spaces and its punctuation. */
const longRun = /(?:[^\s"]|(?<=[^\s[\]{}(),:])"(?=[^\s[\]{}(),:])){16,}/g

/** Long words are tokens and keys, encoded, cut or whole; but for words, paths of fields, and links to documents. */
const hideUnlessWord = (run: string): string => shownRuns.some((shape) => shape.test(run)) ? run : redacted

const field = "[a-z]{1,40}(?:[A-Z_][a-z]{1,40}){0,5}"

const step = `(?:\\.${field}|\\[\\d{1,6}\\])`

/** A path whose names are words, and so can be those of fields: of `message.data[0].value`. */
export const fieldPath: RegExp = new RegExp(`^${field}${step}{0,10}$`)

const shownRuns = [
  // words, constants, codes in camel case
  /^[a-z]{16,24}[.,;:]?$/i,
  /^[A-Z_]{16,40}[.,;:]?$/,
  /^(?:[A-Z][a-z]{2,14}){2,5}[.,;:]?$/,
  // names of fields, permissions, hosts, projects
  new RegExp(`^'?message${step}{1,10}'?[.,;:]?$`),
  /^'?[a-z]{1,24}(?:[._][a-z]{1,24}){1,5}'?[.,;:]?$/i,
  /^'?projects?(?:_number)?[:/][a-z0-9-]{1,30}'?[.,;:]?$/,
  // links to documents, and to where an API is enabled
  /^https:\/\/(?:firebase|developers|console\.(?:cloud|developers))\.google\.com\/[\w./-]{1,100}(?:\?project=[\w-]{1,30})?$/
]

// -----------------------------------------------------------------------------
// Whole
// -----------------------------------------------------------------------------

/** Where secrets stand in a text, the longest at each place. */
const findWhole = (text: string, sorted: ReadonlyArray<string>): ReadonlyArray<Span> => {
  const lowered = lower(text)
  const spans: Array<Span> = []
  for (let start = 0; start < lowered.length; start++) {
    for (const { length } of prefixes(lowered.slice(start), sorted)) {
      const end = start + length
      if (length < 16 && !isApart(lowered, start, end)) continue
      spans.push({ start, end })
      break
    }
  }
  return spans
}

/** The secrets that a text begins with, the longest first. */
function* prefixes(text: string, sorted: ReadonlyArray<string>): Generator<string> {
  let rest = text
  while (rest !== "") {
    // the last secret in order that is not after the text starts with every other secret that the text starts with
    const last = sorted[countUpTo(rest, sorted) - 1]
    if (last === undefined) return
    const shared = sharedLength(rest, last)
    if (shared === last.length) yield last
    rest = rest.slice(0, shared === last.length ? shared - 1 : shared)
  }
}

/** The number of secrets that are not after this text in order. */
const countUpTo = (text: string, sorted: ReadonlyArray<string>): number => {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle] ?? "") <= text) low = middle + 1
    else high = middle
  }
  return low
}

const sharedLength = (a: string, b: string): number => {
  let n = 0
  while (n < a.length && n < b.length && a[n] === b[n]) n++
  return n
}

/** Words of a message are hidden where they stand as words: "match" is not in "mismatch". */
const isApart = (text: string, start: number, end: number): boolean =>
  !/[\p{L}\p{N}]$/u.test(text.slice(Math.max(0, start - 2), start)) && !/^[\p{L}\p{N}]/u.test(text.slice(end, end + 2))

/** In lower case, with each letter in its place: a letter whose lower case is longer does not change. */
const lower = (text: string): string =>
  /\P{ASCII}/u.test(text) ? Array.from(text, lowerOf).join("") : text.toLowerCase()

const lowerOf = (letter: string): string => {
  const lowered = letter.toUpperCase().toLowerCase()
  return lowered.length === letter.length ? lowered : letter
}

// -----------------------------------------------------------------------------
// In part
// -----------------------------------------------------------------------------

/** So many letters in a row are no accident. */
const minShared = 8

/** All parts of secrets with {@link minShared} characters. */
const partsOf = (secrets: ReadonlyArray<string>): ReadonlySet<string> => {
  const parts = new Set<string>()
  for (const secret of secrets) {
    const { text } = letters(secret)
    for (let i = 0; i + minShared <= text.length; i++) parts.add(text.slice(i, i + minShared))
  }
  return parts
}

/** Where a text contains a long part of a secret, or the whole secret with other characters in between. */
const findParts = (text: string, parts: ReadonlySet<string>): ReadonlyArray<Span> => {
  const { ends, starts, text: all } = letters(lower(text))
  const spans: Array<Span> = []
  for (let i = 0; i + minShared <= all.length; i++) {
    if (!parts.has(all.slice(i, i + minShared))) continue
    spans.push({ start: starts[i] ?? 0, end: ends[i + minShared - 1] ?? text.length })
  }
  return spans
}

/** Letters, digits and symbols, and where they are: what spelling, punctuation and encoding leave alike. */
const letters = (lowered: string) => {
  const starts: Array<number> = []
  const ends: Array<number> = []
  let text = ""
  for (const { 0: letter, index } of lowered.matchAll(/[\p{L}\p{N}\p{So}]/gu)) {
    for (const unit of letter.split("")) {
      text += unit
      starts.push(index)
      ends.push(index + letter.length)
    }
  }
  return { text, starts, ends }
}

const maxRead = 1000

const maxShown = 300
