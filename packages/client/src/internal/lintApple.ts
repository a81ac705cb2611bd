/**
 * Advice on what concerns Apple's systems.
 *
 * Source: developer.apple.com/documentation/usernotifications, "Generating a remote notification", "Sending notification
 * requests to APNs", "Pushing background updates to your App"; ActivityKit.
 */
import * as Predicate from "effect/Predicate"
import * as fcmMessage from "./fcmMessage.ts"
import { type Findings, type Subject, when } from "./finding.ts"
import * as validation from "./validation.ts"

/** What `aps` holds. */
const aps = ({ apns }: Subject, key: string): unknown => validation.at(apns?.payload, ["aps", key])

const isFlag = (value: unknown): boolean => value === 0 || value === 1

const isTextOrObject = (value: unknown): boolean => Predicate.isString(value) || Predicate.isObject(value)

const isLevel = (value: unknown): boolean =>
  value === "passive" || value === "active" || value === "time-sensitive" || value === "critical"

/** Apple's own keys, and what they hold. */
const apsKeys: { readonly [key: string]: readonly [is: (value: unknown) => boolean, expected: string] } = {
  alert: [isTextOrObject, "a string or an object"],
  badge: [Predicate.isNumber, "a number"],
  sound: [isTextOrObject, "a string or an object"],
  "thread-id": [Predicate.isString, "a string"],
  category: [Predicate.isString, "a string"],
  "content-available": [isFlag, "0 or 1"],
  "mutable-content": [isFlag, "0 or 1"],
  "target-content-id": [Predicate.isString, "a string"],
  "interruption-level": [isLevel, "passive, active, time-sensitive or critical"],
  "relevance-score": [Predicate.isNumber, "a number"],
  "filter-criteria": [Predicate.isString, "a string"]
}

/** Keys of `aps` that hold what they should not. */
export const types = (message: Subject): Findings =>
  Object.entries(apsKeys).flatMap(([key, [is, expected]]) => {
    const value = aps(message, key)
    return when(value !== undefined && !is(value), ["apns", "payload", "aps", key], `should be ${expected}`)
  })

/** A push type that is not what the payload is. */
export const pushType = (message: Subject): Findings => {
  const type = fcmMessage.header(message.apns?.headers, "apns-push-type")
  const path = ["apns", "headers", "apns-push-type"]
  const shows = fcmMessage.showsOnApple(message)
  const live = message.apns?.liveActivityToken !== undefined
  return [
    ...when(type === "background" && shows, path, "is background, and yet the message shows something"),
    ...when(type === "alert" && !shows, path, "is alert, and yet the message shows nothing"),
    ...when(type === "liveactivity" && !live, path, "is liveactivity, and yet there is no liveActivityToken"),
    ...when(type !== undefined && type !== "liveactivity" && live, path, "should be liveactivity for its token")
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

/** Data that wakes nobody. */
export const background = (message: Subject): Findings =>
  when(
    message.data !== undefined && !fcmMessage.showsOnApple(message) && aps(message, "content-available") !== 1,
    ["apns", "payload", "aps", "content-available"],
    "is not 1, and data alone does not wake an app on iOS"
  )

/** A priority that Apple refuses. */
export const priority = (message: Subject): Findings =>
  when(
    fcmMessage.header(message.apns?.headers, "apns-priority") === "10" && !fcmMessage.showsOnApple(message),
    ["apns", "headers", "apns-priority"],
    "is 10, and yet the message shows nothing"
  )
