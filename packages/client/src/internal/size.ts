/**
 * How large a message is, as the services count: bytes of UTF-8.
 */
import * as Predicate from "effect/Predicate"

/** Bytes that the services take of a message's data, keys and values. */
export const limit = 4096

/** Bytes of a text. */
export const ofText = (text: string): number => encoder.encode(text).length

const encoder = new TextEncoder()

/** Bytes of data: of keys and values. */
export const ofData = (data: unknown): number => sum(entries(data), ([key, value]) => ofText(key) + ofValue(value))

/** Bytes of the texts of an object, without its keys. */
export const ofTexts = (object: unknown): number => sum(entries(object), ([, value]) => ofValue(value))

const entries = (object: unknown): ReadonlyArray<[string, unknown]> =>
  Predicate.isObject(object) ? Object.entries(object) : []

// what is neither text, number, bigint nor boolean is wrong anyway
const ofValue = (value: unknown): number =>
  typeof value === "object" || typeof value === "symbol" || value === undefined ? 0 : ofText(String(value))

const sum = <A>(parts: ReadonlyArray<A>, sizeOf: (part: A) => number): number =>
  parts.reduce((total, part) => total + sizeOf(part), 0)
