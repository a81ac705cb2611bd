/**
 * The portable message in FCM v1's terms: what each platform gets of it.
 */
import type * as FcmV1 from "@cloud-messaging/protocol/FcmV1"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Record from "effect/Record"
import type { Fields, Issue } from "../Message.ts"
import { dataTexts } from "./messageText.ts"
import * as validation from "./validation.ts"

/** What is wrong with a message for FCM v1: reserved keys that GCM did not know come on top. */
export const issues = (fields: Fields): ReadonlyArray<Issue> => [
  ...validation.issues(fields),
  ...validation.reserved(
    fields,
    (key) => key === "message_type" || key.startsWith("gcm.notification."),
    "`message_type`, and what begins with `gcm.notification.`"
  )
]

/** Seconds that the message is kept; the service counts whole ones. */
const seconds = (fields: Fields): number | undefined =>
  fields.timeToLive === undefined
    ? undefined
    : Option.getOrUndefined(
      Option.map(validation.timeToLive(fields.timeToLive), (_) => Math.floor(Duration.toSeconds(_)))
    )

/**
 * The content of a valid message.
 *
 * @param firstAttempt Milliseconds since the epoch: from then on counts the time to live of iOS, which is a date.
 */
export const content = (fields: Fields, firstAttempt: number): FcmV1.Content => {
  const ttl = seconds(fields)
  return {
    data: fields.data && dataTexts(fields.data),
    notification: fields.notification,
    android: nonEmpty({
      collapseKey: fields.collapseKey,
      priority: fields.priority && (fields.priority === "high" ? "HIGH" : "NORMAL"),
      ttl: ttl === undefined ? undefined : Duration.seconds(ttl),
      restrictedPackageName: fields.restrictedPackageName
    }),
    apns: headers({
      "apns-collapse-id": fitsApns(fields.collapseKey) ? fields.collapseKey : undefined,
      "apns-expiration": ttl === undefined ? undefined : String(ttl === 0 ? 0 : Math.floor(firstAttempt / 1000) + ttl),
      // Apple refuses priority 10 for what shows nothing
      "apns-priority": fields.priority && (fields.priority === "high" && fields.notification !== undefined ? "10" : "5")
    }),
    webpush: headers({
      TTL: ttl === undefined ? undefined : String(ttl),
      Topic: fitsWebPush(fields.collapseKey) ? fields.collapseKey : undefined,
      Urgency: fields.priority
    }),
    fcmOptions: nonEmpty({ analyticsLabel: fields.analyticsLabel })
  }
}

/** Whether the content depends on when it is sent. */
export const isDated = (fields: Fields): boolean => (seconds(fields) ?? 0) > 0

const fitsApns = (collapseKey: string | undefined): boolean =>
  collapseKey !== undefined && new TextEncoder().encode(collapseKey).length <= 64

// RFC 8030 section 5.4
const fitsWebPush = (collapseKey: string | undefined): boolean =>
  collapseKey !== undefined && /^[A-Za-z0-9_-]{1,32}$/.test(collapseKey)

const nonEmpty = <A extends object>(fields: A): A | undefined =>
  Object.values(fields).every((value) => value === undefined) ? undefined : fields

const headers = (fields: { readonly [name: string]: string | undefined }) => {
  const present = Record.filter(fields, Predicate.isNotUndefined)
  return Record.isEmptyReadonlyRecord(present) ? undefined : { headers: present }
}
