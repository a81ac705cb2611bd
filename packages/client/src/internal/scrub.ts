/**
 * Texts of a service may quote what was sent to it: credentials, recipients, the message. What we pass on of them quotes
 * nothing, and is short.
 */
import * as RegExp_ from "effect/RegExp"

export interface Scrub {
  /** Makes a text fit to show. */
  readonly text: (text: string) => string
  /** Makes a code that nobody told us about fit to show. */
  readonly code: (code: string) => string
}

/** Hides the secrets, in whatever case and spacing, and by its look whatever else may be one. */
export const make = (secrets: () => Iterable<string>): Scrub => {
  let known: ReadonlyArray<string> | undefined
  // the longest first, so that no part of one is left when it holds another; short ones are no secrets but words
  const all = () =>
    known ??= Array.from(secrets(), plain).filter((secret) => secret.length >= 4).sort((a, b) => b.length - a.length)
  const hide = (text: string): string => all().reduce((rest, secret) => rest.replace(pattern(secret), redacted), text)
  const quotes = (code: string): boolean => all().some((secret) => code.toLowerCase().includes(secret.toLowerCase()))
  return {
    text: (text) => {
      // a service's text is a sentence or two; of a part of a longer one we could not tell what it quotes where it ends
      if (text.length > maxRead) return "…"
      const shown = hide(plain(text)).replace(quotedValue, "$1").replace(/\S{16,}/g, hideUnlessWord)
      return shown.length > maxShown ? `${shown.slice(0, maxShown)}…` : shown
    },
    code: (code) => /^[A-Za-z][A-Za-z_]{0,39}$/.test(code) && !quotes(code) ? code : "UNKNOWN"
  }
}

const redacted = "<redacted>"

/** Finds it as it is, and as JSON writes it, however deep in texts within texts. */
const pattern = (secret: string): RegExp => new RegExp(Array.from(secret, writings).join(""), "gi")

const writings = (char: string): string =>
  char === " "
    ? String.raw`(?: |\\+[nrtbf])+`
    : (/["\\/]/.test(char) ? String.raw`\\*` : "") + RegExp_.escape(char)

/** On one line, without control characters. */
const plain = (text: string): string => text.replace(/[\s\p{Cc}]+/gu, " ").trim()

/** What Google's texts put behind the type of a wrong value: the value itself. */
const quotedValue = /(\(TYPE_[A-Z0-9_]+\)),.*$/

/** Long words are tokens and keys, encoded, cut or whole; but for words, paths of fields, and links to documents. */
const hideUnlessWord = (run: string): string => shownRuns.some((shape) => shape.test(run)) ? run : redacted

const shownRuns = [
  /^[a-z]{16,24}[.,;:]?$/i,
  /^[A-Z_]{16,40}[.,;:]?$/,
  /^'?message(\.\w{1,40}|\[\d{1,4}\])+'?[.,;:]?$/,
  /^https:\/\/(firebase|developers)\.google\.com\/[\w./-]{1,100}$/
]

const maxRead = 2000

const maxShown = 300
