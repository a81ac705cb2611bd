/** What an application would say to firebase-admin to send the same message. */
import { Duration, Predicate, Record, Redacted, String as Text } from "effect"
import type * as Admin from "firebase-admin/messaging"
import { now } from "./cases.ts"
import type { Generated } from "./generated.ts"

/** What is undefined in firebase-admin's terms is as if it were absent. */
type Loose<A> = A extends Date ? A
  : A extends ReadonlyArray<infer Item> ? ReadonlyArray<Loose<Item>>
  : A extends object ? { readonly [K in keyof A]: Loose<A[K]> | undefined }
  : A

/** A message in firebase-admin's terms, without its target. */
export type Terms = Loose<Admin.BaseMessage>

export const terms = (fields: Generated): Terms => ({
  data: fields.data && dataTexts(fields.data),
  notification: fields.notification && renamed(fields.notification),
  android: android(fields),
  apns: apns(fields),
  webpush: webpush(fields),
  fcmOptions: platform(undefined, { analyticsLabel: fields.analyticsLabel })
})

// -----------------------------------------------------------------------------
// Platforms
// -----------------------------------------------------------------------------

/** Of a platform there is something to say if the application says so, or a portable field does. */
const platform = <A extends object>(override: object | undefined, terms: A): A | undefined =>
  override === undefined && Object.values(terms).every((value) => value === undefined) ? undefined : terms

const android = ({ android, ...fields }: Generated): Terms["android"] =>
  platform(android, {
    ...android,
    collapseKey: android?.collapseKey ?? fields.collapseKey,
    priority: android?.priority ? Text.toLowerCase(android.priority) : fields.priority,
    ttl: millis(android?.ttl ?? fields.timeToLive),
    restrictedPackageName: android?.restrictedPackageName ?? fields.restrictedPackageName,
    data: android?.data && dataTexts(fields.data, android.data),
    notification: android?.notification && androidNotification(android.notification)
  })

type AndroidNotification = NonNullable<NonNullable<Generated["android"]>["notification"]>

const priorities = {
  PRIORITY_MIN: "min",
  PRIORITY_LOW: "low",
  PRIORITY_DEFAULT: "default",
  PRIORITY_HIGH: "high",
  PRIORITY_MAX: "max"
} as const

const androidNotification = ({
  eventTime,
  lightSettings,
  notificationPriority,
  proxy,
  vibrateTimings,
  visibility,
  ...fields
}: AndroidNotification): Loose<Admin.AndroidNotification> => ({
  ...renamed(fields),
  eventTimestamp: eventTime,
  lightSettings: lightSettings && {
    color: lightSettings.color,
    lightOnDurationMillis: millis(lightSettings.lightOnDuration),
    lightOffDurationMillis: millis(lightSettings.lightOffDuration)
  },
  priority: notificationPriority && priorities[notificationPriority],
  proxy: proxy && Text.toLowerCase(proxy),
  vibrateTimingsMillis: vibrateTimings?.map(millis),
  visibility: visibility && Text.toLowerCase(visibility)
})

const apns = ({ apns, ...fields }: Generated): Terms["apns"] => {
  const ttl = seconds(fields)
  const { alert, badge, sound } = apns?.payload?.aps ?? {}
  const shows = [fields.notification, apns?.liveActivityToken, alert, badge, sound].some(Predicate.isNotUndefined)
  const { liveActivityToken: token } = apns ?? {}
  return platform(apns, {
    headers: headers(apns?.headers, {
      "apns-collapse-id": Buffer.byteLength(fields.collapseKey ?? "") > 64
        ? undefined
        : fields.collapseKey || undefined,
      "apns-expiration": ttl === undefined ? undefined : String(ttl === 0 ? 0 : Math.floor(now / 1000) + ttl),
      "apns-priority": fields.priority && (fields.priority === "high" && shows ? "10" : "5")
    }),
    payload: apns?.payload && { ...apns.payload, aps: aps(apns.payload.aps) },
    liveActivityToken: Redacted.isRedacted(token) ? Redacted.value(token) : token,
    fcmOptions: apns?.fcmOptions && renamed(apns.fcmOptions)
  })
}

type Aps = NonNullable<NonNullable<NonNullable<Generated["apns"]>["payload"]>["aps"]>

const aps = ({
  alert,
  "content-available": contentAvailable,
  "mutable-content": mutableContent,
  sound,
  "thread-id": threadId,
  ...fields
}: Aps): Loose<Admin.Aps> => ({
  ...fields,
  alert: typeof alert === "object"
    ? {
      title: alert.title,
      subtitle: alert.subtitle,
      body: alert.body,
      launchImage: alert["launch-image"],
      titleLocKey: alert["title-loc-key"],
      titleLocArgs: alert["title-loc-args"],
      subtitleLocKey: alert["subtitle-loc-key"],
      subtitleLocArgs: alert["subtitle-loc-args"],
      locKey: alert["loc-key"],
      locArgs: alert["loc-args"]
    }
    : alert,
  contentAvailable: isOne(contentAvailable),
  mutableContent: isOne(mutableContent),
  sound: typeof sound === "object" ? { ...sound, critical: isOne(sound.critical) } : sound,
  threadId
})

const webpush = ({ webpush, ...fields }: Generated): Terms["webpush"] => {
  const ttl = seconds(fields)
  return platform(webpush, {
    ...webpush,
    headers: headers(webpush?.headers, {
      TTL: ttl === undefined ? undefined : String(ttl),
      // RFC 8030 section 5.4
      Topic: /^[\w-]{1,32}$/.test(fields.collapseKey ?? "") ? fields.collapseKey : undefined,
      Urgency: fields.priority
    }),
    data: webpush?.data && dataTexts(fields.data, webpush.data)
  })
}

// -----------------------------------------------------------------------------
// Values
// -----------------------------------------------------------------------------

/** What firebase-admin calls `imageUrl`. */
const renamed = <A extends { readonly image?: string | undefined }>({ image, ...fields }: A) => ({
  ...fields,
  imageUrl: image
})

/** Texts of data; later parts win. */
const dataTexts = (...parts: ReadonlyArray<Generated["data"]>) =>
  Object.fromEntries(parts.flatMap((part) => Object.entries(part ?? {})).map(([key, value]) => [key, String(value)]))

/** Headers that the application sets, on top of what the portable fields say; undefined is none of a map's values. */
const headers = (
  override: { readonly [name: string]: string | undefined } | undefined,
  portable: { readonly [name: string]: string | undefined }
) => {
  const given = Record.filter({ ...override }, Predicate.isNotUndefined)
  const all = { ...Record.filter(portable, Predicate.isNotUndefined), ...given }
  return override === undefined && Record.isEmptyRecord(all) ? undefined : all
}

const millis = <A extends Duration.DurationObject | undefined>(input: A) =>
  input && Duration.toMillis(Duration.fromInputUnsafe(input))

const seconds = ({ timeToLive }: Pick<Generated, "timeToLive">): number | undefined =>
  timeToLive && Math.floor(millis(timeToLive) / 1000)

const isOne = (flag: 0 | 1 | undefined): boolean | undefined => flag === undefined ? undefined : flag === 1
