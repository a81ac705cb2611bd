/**
 * How large a message is, as the services count: the bytes, in UTF-8, of keys and values.
 *
 * Source: firebase.google.com/docs/cloud-messaging (4096 bytes; 2048 to topics), and Android's GCM guide (`server.jd`:
 * "keys plus values").
 *
 * @since 1.0.0
 */
import * as Number from "effect/Number"
import * as Predicate from "effect/Predicate"

/**
 * Bytes that the services take of a message.
 *
 * @category constants
 * @since 1.0.0
 */
export const limit = 4096

/**
 * Bytes that the services take of a message to a topic.
 *
 * @category constants
 * @since 1.0.0
 */
export const topicLimit = 2048

/**
 * Bytes of a text.
 *
 * @category sizes
 * @since 1.0.0
 */
export const ofText = (text: string): number => encoder.encode(text).length

/**
 * Bytes of data: of keys and values. What is no data has none.
 *
 * @category sizes
 * @since 1.0.0
 */
export const ofData = (data: unknown): number =>
  Number.sumAll(entries(data).map(([key, value]) => ofText(key) + ofValue(value)))

/**
 * Bytes of the texts of an object, such as a notification, without its keys.
 *
 * @category sizes
 * @since 1.0.0
 */
export const ofTexts = (object: unknown): number => Number.sumAll(entries(object).map(([, value]) => ofValue(value)))

const encoder = new TextEncoder()

const entries = (object: unknown): ReadonlyArray<[string, unknown]> =>
  Predicate.isObject(object) ? Object.entries(object) : []

// what is neither text, number, bigint nor boolean is wrong anyway
const ofValue = (value: unknown): number =>
  typeof value === "object" || typeof value === "symbol" || value === undefined ? 0 : ofText(String(value))
