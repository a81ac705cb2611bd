/**
 * Advice for browsers: misspelt names. Other unknown names may belong to the app.
 *
 * Source: notifications.spec.whatwg.org, `NotificationOptions` and `NotificationAction`; what browsers took before it
 * (`image`, `timestamp`, `vibrate`); RFC 8030 section 5.
 */
import * as Predicate from "effect/Predicate"
import type { Issue } from "../Message.ts"
import type { Findings, Subject } from "./finding.ts"
import { spelling } from "./spelling.ts"

const optionMeantBy = spelling([
  "title",
  "dir",
  "lang",
  "body",
  "navigate",
  "tag",
  "image",
  "icon",
  "badge",
  "vibrate",
  "timestamp",
  "renotify",
  "silent",
  "requireInteraction",
  "data",
  "actions"
])

const actionMeantBy = spelling(["action", "title", "navigate", "icon"])

const headerMeantBy = spelling(["TTL", "Urgency", "Topic"])

/** Keys of a notification and its buttons. */
export const keys = ({ webpush }: Subject): Findings => {
  const notification = webpush?.notification ?? {}
  const path = ["webpush", "notification"]
  const { actions } = notification
  return [
    ...misspelt(notification, path, optionMeantBy),
    ...Array.isArray(actions)
      ? actions.flatMap((action, i) => misspelt(action, [...path, "actions", i], actionMeantBy))
      : []
  ]
}

/** Names of headers. */
export const headers = ({ webpush }: Subject): Findings =>
  misspelt(webpush?.headers, ["webpush", "headers"], (name) => {
    const meant = headerMeantBy(name)
    // header names are case-insensitive
    return meant?.toLowerCase() === name.toLowerCase() ? undefined : meant
  })

const misspelt = (value: unknown, path: Issue["path"], meantBy: (name: string) => string | undefined): Findings =>
  Predicate.isObject(value)
    ? Object.keys(value).flatMap((key) => {
      const meant = meantBy(key)
      return meant === undefined ? [] : [{ path: [...path, key], message: `is misspelt: should be ${meant}` }]
    })
    : []
