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
  const hide = (text: string): string =>
    // the longest first, so that no part of one is left when it holds another; short ones are no secrets but words
    Array.from(secrets(), plain)
      .filter((secret) => secret.length >= 4)
      .sort((a, b) => b.length - a.length)
      .reduce((rest, secret) => rest.replace(new RegExp(RegExp_.escape(secret), "gi"), redacted), text)
  return {
    text: (text) => {
      // a service's text is a sentence or two: no more of it is looked at
      const shown = hide(plain(text.slice(0, maxRead))).replace(quotedValue, "$1").replace(/\S{16,}/g, hideUnlessWord)
      return shown.length > maxShown ? `${shown.slice(0, maxShown)}…` : shown
    },
    code: (code) => /^[A-Za-z][A-Za-z_]{0,39}$/.test(code) && hide(code) === code ? code : "UNKNOWN"
  }
}

const redacted = "<redacted>"

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
