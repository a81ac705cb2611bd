/**
 * Texts of a service may quote what was sent to it. What we pass on of them quotes nothing, and is short.
 */

/** Makes a text fit to show: without the secrets, on one line, at most 300 characters. */
export type Scrub = (text: string) => string

export const make = (secrets: Iterable<string>): Scrub => {
  // the longest first, so that no part of one is left when it holds another; short ones are no secrets but words
  const hidden = Array.from(secrets).filter((_) => _.length >= 6).sort((a, b) => b.length - a.length)
  return (text) => {
    const plain = hidden.reduce((rest, secret) => rest.replaceAll(secret, "<redacted>"), text).replace(/\s+/g, " ")
      .trim()
    return plain.length > maxLength ? `${plain.slice(0, maxLength)}…` : plain
  }
}

const maxLength = 300
