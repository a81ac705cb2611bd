/**
 * What the header fields of a response say, if they are well-formed (RFC 9113, 8.2 and 8.3).
 */
import type { Fields } from "../hpack/fields.ts"
import { unknownLength } from "./stream.ts"

export interface ResponseHead {
  readonly status: number
  /** Bytes of content, or `unknownLength`. */
  readonly length: number
}

/** `undefined` if the fields are malformed. */
export const read = (fields: Fields): ResponseHead | undefined => {
  const [name, text = ""] = fields
  if (name !== ":status" || !/^[1-9]\d\d$/.test(text) || !areRegular(fields, 2)) return undefined
  const length = contentLengthOf(fields)
  return length === undefined ? undefined : { status: Number(text), length }
}

/** Whether these can be trailers: no pseudo-header fields. */
export const areTrailers = (fields: Fields): boolean => areRegular(fields, 0)

/** `undefined` if it is malformed. */
const contentLengthOf = (fields: Fields): number | undefined => {
  let length = unknownLength
  for (let i = 0; i < fields.length; i += 2) {
    if (fields[i] !== "content-length") continue
    const text = fields[i + 1] ?? ""
    const value = Number(text)
    if (!/^\d{1,15}$/.test(text) || (length !== unknownLength && value !== length)) return undefined
    length = value
  }
  return length
}

const areRegular = (fields: Fields, from: number): boolean => {
  for (let i = from; i < fields.length; i += 2) {
    if (!isName(fields[i] ?? "") || !isValue(fields[i + 1] ?? "")) return false
  }
  return true
}

/** What belongs to a connection of HTTP/1.1. */
const forbidden = new Set(["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"])

/** Names that were found to be well-formed; a server may invent names without end. */
const knownNames = new Set<string>()
const maxKnown = 1000

const isName = (name: string): boolean => {
  if (knownNames.has(name)) return true
  if (!/^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(name) || forbidden.has(name)) return false
  if (knownNames.size < maxKnown) knownNames.add(name)
  return true
}

const isValue = (value: string): boolean => !/[\0\r\n]|^[ \t]|[ \t]$/.test(value)
