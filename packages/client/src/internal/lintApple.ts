/**
 * Advice on what concerns Apple's systems.
 *
 * Source: developer.apple.com/documentation/usernotifications, "Generating a remote notification", "Sending notification
 * requests to APNs", "Pushing background updates to your App"; ActivityKit; and "Payload Key Reference" of the archive,
 * for keys that were withdrawn.
 */
import * as Predicate from "effect/Predicate"
import type { Issue } from "../Message.ts"
import * as fcmMessage from "./fcmMessage.ts"
import { type Findings, type Subject, when } from "./finding.ts"
import { letters, spelling } from "./spelling.ts"
import * as validation from "./validation.ts"

// -----------------------------------------------------------------------------
// Keys
// -----------------------------------------------------------------------------

/** Apple's keys of an object, and what they hold. */
interface Keys {
  readonly [key: string]: readonly [is: (value: unknown) => boolean, expected: string]
}

const text = [Predicate.isString, "a string"] as const

const texts = [
  (value: unknown) => Array.isArray(value) && value.every(Predicate.isString),
  "a list of strings"
] as const

const number = [Predicate.isNumber, "a number"] as const

const object = [Predicate.isObject, "an object"] as const

const textOrObject = [Predicate.or(Predicate.isString, Predicate.isObject), "a string or an object"] as const

const oneOf = <A>(values: ReadonlyArray<A>, expected: string) =>
  [(value: unknown) => values.some((_) => _ === value), expected] as const

const flag = oneOf([0, 1], "0 or 1")

const isVolume = (value: unknown): boolean => Predicate.isNumber(value) && value >= 0 && value <= 1

const keysOf = {
  aps: {
    alert: textOrObject,
    badge: number,
    sound: textOrObject,
    "thread-id": text,
    category: text,
    "content-available": flag,
    "mutable-content": flag,
    "target-content-id": text,
    "interruption-level": oneOf(
      ["passive", "active", "time-sensitive", "critical"],
      "passive, active, time-sensitive or critical"
    ),
    "relevance-score": number,
    "filter-criteria": text,
    // Live Activities
    timestamp: number,
    event: oneOf(["start", "update", "end"], "start, update or end"),
    "content-state": object,
    "stale-date": number,
    "dismissal-date": number,
    "attributes-type": text,
    attributes: object,
    "input-push-token": flag,
    "input-push-channel": text,
    // widgets
    "content-changed": [Predicate.isBoolean, "a boolean"],
    // Safari
    "url-args": texts
  },
  alert: {
    // of a Live Activity, title and body may be objects with `loc-key` and `loc-args`
    title: textOrObject,
    subtitle: text,
    body: textOrObject,
    "launch-image": text,
    "title-loc-key": text,
    "title-loc-args": texts,
    "subtitle-loc-key": text,
    "subtitle-loc-args": texts,
    "loc-key": text,
    "loc-args": texts,
    // of a Live Activity
    sound: text,
    // Safari
    action: text,
    // withdrawn
    "action-loc-key": text,
    "summary-arg": text,
    "summary-arg-count": number
  },
  sound: {
    critical: flag,
    name: text,
    volume: [isVolume, "a number from 0 to 1"]
  }
} satisfies { readonly [object: string]: Keys }

/** The objects that have keys of Apple's. */
const objects: ReadonlyArray<{ readonly path: ReadonlyArray<string>; readonly keys: Keys }> = [
  { path: ["apns", "payload", "aps"], keys: keysOf.aps },
  { path: ["apns", "payload", "aps", "alert"], keys: keysOf.alert },
  { path: ["apns", "payload", "aps", "sound"], keys: keysOf.sound }
]

/** The keys and values of the object at a path. */
const entries = (message: Subject, path: ReadonlyArray<string>): ReadonlyArray<[string, unknown]> => {
  const value = validation.at(message, path)
  return Predicate.isObject(value) ? Object.entries(value) : []
}

/** What `aps` holds. */
const aps = ({ apns }: Subject, key: string): unknown => validation.at(apns?.payload, ["aps", key])

/** Keys with an invalid value. */
export const types = (message: Subject): Findings =>
  objects.flatMap(({ keys, path }) =>
    Object.entries(keys).flatMap(([key, [is, expected]]) => {
      const value = validation.at(message, [...path, key])
      return when(value !== undefined && !is(value), [...path, key], `should be ${expected}`)
    })
  )

/** Keys that Apple does not document. */
export const unknownKeys = (message: Subject): Findings =>
  spelled.flatMap(({ keys, meantBy, path }) =>
    entries(message, path).flatMap(([key]) =>
      when(
        !Object.hasOwn(keys, key) && !isHeader(key),
        [...path, key],
        whatInstead(meantBy(key), path.length === 3 ? partOf(key) : undefined)
      )
    )
  )

const spelled = objects.map((object) => ({ ...object, meantBy: spelling(Object.keys(object.keys)) }))

const whatInstead = (meant: string | undefined, part: string | undefined): string =>
  meant !== undefined
    ? `is misspelt: should be ${meant}`
    : part !== undefined
    ? `belongs in ${part}`
    : "is not a key that Apple documents: keys of your own belong next to `aps`"

/** The part of `aps` that a misplaced key belongs to. */
const partOf = (key: string): string | undefined =>
  Object.hasOwn(keysOf.alert, key) ? "alert" : key === "critical" || key === "volume" ? "sound" : undefined

// -----------------------------------------------------------------------------
// Headers
// -----------------------------------------------------------------------------

const headerNames = [
  "apns-priority",
  "apns-expiration",
  "apns-collapse-id",
  "apns-push-type",
  "apns-topic",
  "apns-id",
  "apns-channel-id",
  "apns-request-id",
  "authorization"
]

const headerMeantBy = spelling(headerNames)

/** Whether a key of the payload would be a header. */
const isHeader = (key: string): boolean => /^apns[-_A-Z]/.test(key)

/** Headers that APNs does not know, with the name that was probably meant. */
export const unknownHeaders = (message: Subject): Findings =>
  Object.keys(message.apns?.headers ?? {}).flatMap((header) => {
    const name = header.toLowerCase()
    if (headerNames.includes(name)) return []
    const path = ["apns", "headers", header]
    const meant = headerMeantBy(header) ?? headerNames.find((_) => letters(_) === letters(`apns${name}`))
    if (meant !== undefined) return [{ path, message: `is misspelt: should be ${meant}` }]
    const key = onlyInAps(header)
    return key === undefined
      ? when(name.startsWith("apns"), path, "is not a header of APNs")
      : [{ path, message: `is not a header: ${key} belongs in payload.aps` }]
  })

// -----------------------------------------------------------------------------
// What stands in the wrong place
// -----------------------------------------------------------------------------

const payload = ["apns", "payload"]

/** Headers in the payload, and keys of `aps` beside it. */
export const misplaced = (message: Subject): Findings => [
  ...[payload, [...payload, "headers"], [...payload, "aps"], [...payload, "aps", "headers"]].flatMap((path) =>
    entries(message, path).flatMap(([key]) =>
      when(isHeader(key), [...path, key], "is a header: it belongs in apns.headers")
    )
  ),
  ...entries(message, payload).flatMap(([name]) => {
    const key = onlyInAps(name)
    return when(key !== undefined, [...payload, name], `belongs in aps, as ${key}`)
  })
]

/** The key of `aps` that a name beside it stands for, if no app would use the name for something else. */
const onlyInAps = (name: string): string | undefined => {
  const key = Object.hasOwn(keysOf.aps, name) ? name : apsMeantBy(name)
  return unmistakable.find((_) => _ === key)
}

const apsMeantBy = spelling(Object.keys(keysOf.aps))

const unmistakable = ["content-available", "mutable-content", "interruption-level", "relevance-score"]

// -----------------------------------------------------------------------------
// What does not go together
// -----------------------------------------------------------------------------

const pushTypePath: Issue["path"] = ["apns", "headers", "apns-push-type"]

/** Source: developer.apple.com, "Sending notification requests to APNs". */
export const pushTypes: ReadonlySet<string> = new Set([
  "alert",
  "background",
  "complication",
  "controls",
  "fileprovider",
  "liveactivity",
  "location",
  "mdm",
  "pushtotalk",
  "voip",
  "widgets"
])

const pushTypeOf = ({ apns }: Subject): string | undefined => fcmMessage.header(apns?.headers, "apns-push-type")

/** A push type that is not what the payload is. */
export const pushType = (message: Subject): Findings => {
  const type = pushTypeOf(message)
  const shows = fcmMessage.showsOnApple(message)
  const live = message.apns?.liveActivityToken !== undefined
  return [
    ...when(type === "background" && shows, pushTypePath, "is background, and yet the message shows something"),
    ...when(type === "alert" && !shows, pushTypePath, "is alert, and yet the message shows nothing"),
    ...when(type === "liveactivity" && !live, pushTypePath, "is liveactivity, and yet there is no liveActivityToken"),
    ...when(type !== undefined && type !== "liveactivity" && live, pushTypePath, "should be liveactivity for its token")
  ]
}

/** A Live Activity without what it needs. */
export const liveActivity = (message: Subject): Findings => {
  const missing = ["timestamp", "event", "content-state"].filter((key) => aps(message, key) === undefined)
  return when(
    message.apns?.liveActivityToken !== undefined && missing.length > 0,
    ["apns", "payload", "aps"],
    `lacks ${missing.join(", ")} of a Live Activity`
  )
}

/** An image that no extension of the app may fetch. */
export const image = (message: Subject): Findings =>
  when(
    (message.notification?.image ?? message.apns?.fcmOptions?.image) !== undefined &&
      aps(message, "mutable-content") !== 1,
    ["apns", "payload", "aps", "mutable-content"],
    "is not 1, and yet there is an image"
  )

/** A message that should wake an app, but does not. */
export const background = (message: Subject): Findings => {
  const isSilent = !fcmMessage.showsOnApple(message) && aps(message, "content-available") !== 1
  const path = ["apns", "payload", "aps", "content-available"]
  return message.data !== undefined
    ? when(isSilent, path, "is not 1, and data alone does not wake an app on iOS")
    : when(isSilent && pushTypeOf(message) === "background", path, "is not 1, and yet the push type is background")
}

/** A priority that Apple refuses. */
export const priority = (message: Subject): Findings =>
  when(
    fcmMessage.header(message.apns?.headers, "apns-priority") === "10" && !fcmMessage.showsOnApple(message),
    ["apns", "headers", "apns-priority"],
    "is 10, and yet the message shows nothing"
  )
