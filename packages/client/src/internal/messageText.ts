/**
 * What a message says, as texts.
 */
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import type { Fields } from "../Message.ts"

/** Every text that nobody else should read. */
export const texts = ({ android, apns, data, gcm, notification, webpush }: Fields): ReadonlyArray<string> =>
  leaves([
    data,
    notification,
    android?.data,
    shown(android?.notification),
    apns?.payload,
    apns?.liveActivityToken,
    apns?.fcmOptions?.image,
    webpush?.data,
    webpush?.notification,
    webpush?.fcmOptions?.link,
    shown(gcm?.notification)
  ])

/** What a user reads of a notification, or may be known by; not how it looks and sounds. */
const shown = (notification: object = {}): ReadonlyArray<unknown> =>
  Object.entries(notification).flatMap(([key, value]) => shownKeys.has(key) ? [value] : [])

const shownKeys = new Set(["title", "subtitle", "body", "ticker", "image", "tag", "titleLocArgs", "bodyLocArgs"])

/** Texts and numbers in a value, however deep. */
const leaves = (value: unknown): ReadonlyArray<string> => {
  if (Redacted.isRedacted(value)) return leaves(Redacted.value(value))
  if (Predicate.isObjectOrArray(value)) return Object.values(value).flatMap(leaves)
  return Predicate.isString(value) || Predicate.isNumber(value) || Predicate.isBigInt(value) ? [String(value)] : []
}
