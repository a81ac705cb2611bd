/**
 * A message in FCM v1's terms: what each platform gets of it.
 */
import type * as FcmV1 from "@cloud-messaging/protocol/FcmV1"
import * as PayloadSize from "@cloud-messaging/protocol/PayloadSize"
import * as Duration from "effect/Duration"
import * as Predicate from "effect/Predicate"
import * as Record from "effect/Record"
import * as Redacted from "effect/Redacted"
import type { Copied } from "./copy.ts"
import type { Valid } from "./messageFields.ts"
import * as validation from "./validation.ts"

/** What a message says to FCM v1, else all that is wrong with it: keys that GCM did not reserve come on top. */
export const validate = (copied: Copied<unknown>) => validation.validate(copied, refused)

/** Where no platform has an override, every one gets all of it. */
const tooLargeTogether: validation.Rule = (fields) => {
  const at = (name: string) => validation.at(fields, [name])
  const hasOverride = ["android", "apns", "webpush"].some((platform) => at(platform) !== undefined)
  const data = PayloadSize.ofData(at("data"))
  const texts = PayloadSize.ofTexts(at("notification"))
  // each that is too large alone is told by itself
  return hasOverride || Math.max(data, texts) > PayloadSize.limit || data + texts <= PayloadSize.limit
    ? []
    : [{ path: [], message: `must not be larger than ${PayloadSize.limit} bytes, data and notification together` }]
}

const refused = [
  validation.reserved(["data"], validation.isReservedInFcm, validation.reservedInFcm),
  tooLargeTogether
]

// -----------------------------------------------------------------------------
// Content
// -----------------------------------------------------------------------------

/**
 * The content of a message.
 *
 * @param firstAttempt Milliseconds since the epoch: from then on counts the time to live of iOS, which is a date.
 */
export const content = (fields: Valid, firstAttempt: number): FcmV1.Content => ({
  data: fields.data,
  notification: fields.notification,
  android: nonEmpty(android(fields)),
  apns: nonEmpty(apns(fields, firstAttempt)),
  webpush: nonEmpty(webpush(fields)),
  fcmOptions: nonEmpty({ analyticsLabel: fields.analyticsLabel })
})

/** Whether the content depends on when it is sent. */
export const isDated = (fields: Valid): boolean =>
  (seconds(fields) ?? 0) > 0 && header(fields.apns?.headers, "apns-expiration") === undefined

const nonEmpty = <A extends object>(fields: A): A | undefined =>
  Object.values(fields).every((value) => value === undefined) ? undefined : fields

/** Seconds that the message is kept; the service counts whole ones. */
const seconds = ({ timeToLive }: Valid): number | undefined => timeToLive && Math.floor(Duration.toSeconds(timeToLive))

/** An override on top of the portable part. */
const merge = (portable: Valid["data"], override: Valid["data"]): Valid["data"] =>
  override && { ...portable, ...override }

// -----------------------------------------------------------------------------
// Platforms
// -----------------------------------------------------------------------------

const android = (fields: Valid): NonNullable<FcmV1.Content["android"]> => {
  const ttl = seconds(fields)
  return {
    collapseKey: fields.collapseKey,
    priority: fields.priority && (fields.priority === "high" ? "HIGH" : "NORMAL"),
    ttl: ttl === undefined ? undefined : Duration.seconds(ttl),
    restrictedPackageName: fields.restrictedPackageName,
    ...fields.android,
    data: merge(fields.data, fields.android?.data)
  }
}

const apns = (fields: Valid, firstAttempt: number): NonNullable<FcmV1.Content["apns"]> => {
  const ttl = seconds(fields)
  const token = fields.apns?.liveActivityToken
  return {
    ...fields.apns,
    headers: headers(fields.apns?.headers, {
      "apns-collapse-id": fitsApns(fields.collapseKey) ? fields.collapseKey : undefined,
      "apns-expiration": ttl === undefined ? undefined : String(ttl === 0 ? 0 : Math.floor(firstAttempt / 1000) + ttl),
      // Apple refuses priority 10 for what shows nothing
      "apns-priority": fields.priority && (fields.priority === "high" && showsOnApple(fields) ? "10" : "5")
    }),
    liveActivityToken: token && Redacted.value(token)
  }
}

const webpush = (fields: Valid): NonNullable<FcmV1.Content["webpush"]> => {
  const ttl = seconds(fields)
  return {
    ...fields.webpush,
    headers: headers(fields.webpush?.headers, {
      TTL: ttl === undefined ? undefined : String(ttl),
      Topic: fitsWebPush(fields.collapseKey) ? fields.collapseKey : undefined,
      Urgency: fields.priority
    }),
    data: merge(fields.data, fields.webpush?.data)
  }
}

/** Whether an Apple device shows anything of it. */
export const showsOnApple = ({ apns, notification }: Valid): boolean =>
  notification !== undefined || apns?.liveActivityToken !== undefined ||
  ["alert", "badge", "sound"].some((key) => Predicate.hasProperty(apns?.payload?.["aps"], key))

/** Developer.apple.com, "Sending notification requests to APNs": 64 bytes. */
export const fitsApns = (collapseKey: string | undefined): boolean =>
  collapseKey !== undefined && PayloadSize.ofText(collapseKey) <= 64

/** RFC 8030 section 5.4. */
export const fitsWebPush = (collapseKey: string | undefined): boolean =>
  collapseKey !== undefined && /^[A-Za-z0-9_-]{1,32}$/.test(collapseKey)

// -----------------------------------------------------------------------------
// Headers
// -----------------------------------------------------------------------------

type Headers = { readonly [name: string]: string }

/** A header, whatever the case of its name. */
export const header = (headers: Headers | undefined, name: string): string | undefined =>
  Object.entries(headers ?? {}).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1]

const headers = (
  override: Headers | undefined,
  portable: { readonly [name: string]: string | undefined }
): Headers | undefined => {
  const rest = Record.filter(
    portable,
    (value, name): value is string => value !== undefined && header(override, name) === undefined
  )
  return override !== undefined || !Record.isEmptyReadonlyRecord(rest) ? { ...rest, ...override } : undefined
}
