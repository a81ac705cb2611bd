/**
 * Advice on a sound message: what the services take, and yet is hardly what its author meant.
 *
 * Texts tell names of fields, sizes and limits, never what the message says.
 */
import * as PayloadSize from "@cloud-messaging/protocol/PayloadSize"
import * as Duration from "effect/Duration"
import * as Predicate from "effect/Predicate"
import * as Record from "effect/Record"
import type { Issue } from "../Message.ts"
import * as fcmMessage from "./fcmMessage.ts"
import { type Findings, type Subject, when } from "./finding.ts"
import * as gcmMessage from "./gcmMessage.ts"
import * as apple from "./lintApple.ts"
import * as browsers from "./lintWebpush.ts"
import type { Valid } from "./messageFields.ts"
import { isReservedInFcm } from "./validation.ts"

interface Rule {
  /** Why it matters. */
  readonly explanation: string
  readonly find: (message: Subject) => Findings
  /** Whether FCM may answer such a message to an Apple device as if its token were malformed. */
  readonly explainsRefusal?: boolean
}

/** All advice on a message, rule by rule. */
export const lint = (fields: Valid) => {
  const subject: Subject = { ...fields, fcm: fcmMessage.content(fields, 0) }
  return Record.keys(rules).flatMap((rule) => {
    const { explanation, find } = rules[rule]
    return find(subject).map(({ message, path }) => ({ rule, path, message, explanation }))
  })
}

/**
 * Whether a finding of the rule explains why FCM calls the token of an Apple device invalid (INVALID_ARGUMENT). FCM accepts
 * the same message to the same token without `apns`.
 *
 * Source: github.com/firebase/firebase-admin-node/issues/1224, github.com/beste/firebase-php/issues/700,
 * github.com/firebase/firebase-ios-sdk/issues/4605.
 */
export const explainsRefusal = (rule: keyof typeof rules): boolean => {
  const { explainsRefusal = false }: Rule = rules[rule]
  return explainsRefusal
}

// -----------------------------------------------------------------------------
// Size
// -----------------------------------------------------------------------------

const ofJson = (value: unknown): number => value === undefined ? 0 : PayloadSize.ofText(JSON.stringify(value))

/** How large all that a platform gets is: of the portable part, and of each that has overrides. */
const sizes = ({ android, apns, fcm, webpush }: Subject): ReadonlyArray<readonly [Issue["path"], number]> => {
  const { notification } = fcm
  const texts = PayloadSize.ofTexts(notification)
  const { body = notification?.body, title = notification?.title } = android?.notification ?? {}
  return [
    [[], PayloadSize.ofData(fcm.data) + texts],
    [
      ["android"],
      android ? PayloadSize.ofData(fcm.android?.data ?? fcm.data) + PayloadSize.ofTexts({ title, body }) : 0
    ],
    [["apns"], apns?.payload ? PayloadSize.ofData(fcm.data) + texts + ofJson(apns.payload) : 0],
    [
      ["webpush"],
      webpush ? PayloadSize.ofData(fcm.webpush?.data ?? fcm.data) + texts + ofJson(webpush.notification) : 0
    ]
  ]
}

const larger = (message: Subject, { than, upTo }: { readonly than: number; readonly upTo: number }, what: string) =>
  sizes(message).flatMap(([path, n]) =>
    when(n > than && n <= upTo, path, `has ${n} bytes of data and notification: ${what}`)
  )

// -----------------------------------------------------------------------------
// Headers
// -----------------------------------------------------------------------------

const matches = (pattern: RegExp) => (value: string): boolean => pattern.test(value)

/** Headers of overrides, and what they hold. */
const headerForms = {
  apns: {
    "apns-priority": [matches(/^(10|5|1)$/), "10, 5 or 1"],
    "apns-expiration": [matches(/^\d+$/), "seconds since the epoch, in digits"],
    "apns-collapse-id": [fcmMessage.fitsApns, "at most 64 bytes"],
    "apns-push-type": [
      (value: string) => apple.pushTypes.has(value),
      "alert, background, liveactivity or another of Apple's"
    ]
  },
  webpush: {
    TTL: [matches(/^\d+$/), "seconds, in digits"],
    Urgency: [matches(/^(very-low|low|normal|high)$/), "very-low, low, normal or high"],
    Topic: [fcmMessage.fitsWebPush, "1 to 32 of letters, digits, - and _"]
  }
} as const

const headers = (platform: "apns" | "webpush") => (message: Subject): Findings =>
  Object.entries(headerForms[platform]).flatMap(([name, [is, expected]]) => {
    const value = fcmMessage.header(message[platform]?.headers, name)
    return when(value !== undefined && !is(value), [platform, "headers", name], `should be ${expected}`)
  })

// -----------------------------------------------------------------------------
// Data, and how it is delivered
// -----------------------------------------------------------------------------

const isDataOnly = ({ android, notification, ...message }: Subject): boolean =>
  (message.data ?? android?.data) !== undefined && notification === undefined && android?.notification === undefined

const dataOnlyPriority = (message: Subject): Findings =>
  isDataOnly(message)
    ? [
      ...when(
        (message.priority ?? message.android?.priority) === undefined,
        ["priority"],
        "is not set, and data alone waits until an Android device is awake"
      ),
      ...when(message.priority === "high", ["priority"], "is high, and yet there is nothing to show")
    ]
    : []

const keysOf = (message: Subject): ReadonlyArray<string> => Object.keys(message.data ?? {})

const isReservedOnce = (key: string): boolean => /^(google|gcm)/.test(key) && !isReservedInFcm(key)

const contradictions = ({ android }: Subject): Findings => {
  const path = ["android", "notification"]
  const { defaultLightSettings, defaultVibrateTimings, lightSettings, vibrateTimings } = android?.notification ?? {}
  return [
    ...when(
      defaultVibrateTimings === true && vibrateTimings !== undefined,
      [...path, "vibrateTimings"],
      "are not used, for defaultVibrateTimings is set"
    ),
    ...when(
      defaultLightSettings === true && lightSettings !== undefined,
      [...path, "defaultLightSettings"],
      "is not used, for lightSettings are set"
    )
  ]
}

// -----------------------------------------------------------------------------
// Time to live
// -----------------------------------------------------------------------------

const times = ({ android, timeToLive }: Subject) =>
  [[["timeToLive"], timeToLive], [["android", "ttl"], android?.ttl]] as const

const timesWhere = (message: Subject, is: (seconds: number) => boolean, text: string): Findings =>
  times(message).flatMap(([path, time]) => when(time !== undefined && is(Duration.toSeconds(time)), path, text))

// -----------------------------------------------------------------------------
// Rules
// -----------------------------------------------------------------------------

const overridden = (
  message: Subject,
  platforms: ReadonlyArray<"android" | "apns" | "webpush" | "gcm">,
  text: string
): Findings => platforms.flatMap((platform) => when(message[platform] !== undefined, [platform], text))

const labels = (message: Subject) =>
  [
    [["analyticsLabel"], message.analyticsLabel],
    [["android", "fcmOptions", "analyticsLabel"], message.android?.fcmOptions?.analyticsLabel],
    [["apns", "fcmOptions", "analyticsLabel"], message.apns?.fcmOptions?.analyticsLabel],
    [["webpush", "fcmOptions", "analyticsLabel"], message.webpush?.fcmOptions?.analyticsLabel]
  ] as const

/** Every rule by its name. */
export const rules = {
  empty: {
    explanation: "Neither data nor a notification: an Android app is woken for nothing, and nothing is shown.",
    find: ({ android, apns, data, gcm, notification, webpush }) =>
      when([android, apns, data, gcm, notification, webpush].every(Predicate.isUndefined), [], "says nothing")
  },
  size: {
    explanation: "The services take 4,096 bytes, keys and values of data and the texts of the notification together; " +
      "FCM answers \"Android message is too big\", APNs \"PayloadTooLarge\".",
    find: (message) =>
      larger(
        message,
        { than: PayloadSize.limit, upTo: Number.POSITIVE_INFINITY },
        `at most ${PayloadSize.limit} are delivered`
      )
  },
  "size-left": {
    explanation: "What is near the limit fails as soon as a name or a text in it is longer than usual.",
    find: (message) =>
      sizes(message).flatMap(([path, n]) =>
        when(
          n > 0.75 * PayloadSize.limit && n <= PayloadSize.limit,
          path,
          `has ${n} bytes of data and notification: ${PayloadSize.limit - n} of ${PayloadSize.limit} are left`
        )
      )
  },
  "topic-size": {
    explanation: "To topics and conditions the services take 2,048 bytes.",
    find: (message) =>
      larger(
        message,
        { than: PayloadSize.topicLimit, upTo: PayloadSize.limit },
        `too many for a topic, which takes ${PayloadSize.topicLimit}`
      )
  },
  "fcm-refuses": {
    explanation: "FCM v1 reserves these keys, and GCM did not: a send through Fcm fails, one through Gcm does not.",
    find: (message) =>
      keysOf(message).filter(isReservedInFcm).map((key) => ({ path: ["data", key], message: "is reserved in FCM v1" }))
  },
  "gcm-refuses": {
    explanation: "The GCM protocol cannot say it: a send through Gcm fails, one through Fcm does not.",
    find: (message) => gcmMessage.inexpressible.flatMap((rule) => rule(message))
  },
  "fcm-leaves-out": {
    explanation: "These options are the GCM protocol's own: a send through Fcm goes without them.",
    find: (message) => overridden(message, ["gcm"], "is left out by Fcm")
  },
  "gcm-leaves-out": {
    explanation: "These overrides are FCM v1's own: a send through Gcm goes without them.",
    find: (message) => overridden(message, ["android", "apns", "webpush"], "is left out by Gcm")
  },
  "reserved-key": {
    explanation:
      "Older revisions of FCM and GCM reserved every key that begins with `google` or `gcm`; a server that " +
      "still does answers InvalidDataKey.",
    find: (message) =>
      keysOf(message).filter(isReservedOnce).map((key) => ({
        path: ["data", key],
        message: "begins with `google` or `gcm`"
      }))
  },
  "data-only-priority": {
    explanation:
      "Android delivers data at normal priority, which waits while the device sleeps. `high` is for what the " +
      "user sees at once: Android lowers the priority of an app whose messages show nothing, and APNs takes no more " +
      "than 5 for them.",
    find: dataOnlyPriority
  },
  "apns-background": {
    explanation:
      "iOS hands data to an app in the background only with `content-available` 1, at the priority 5 and a " +
      "few times an hour; otherwise the app must be open.",
    find: apple.background,
    explainsRefusal: true
  },
  "apns-priority": {
    explanation: "APNs refuses the priority 10 for what neither alerts, plays a sound nor sets a badge.",
    find: apple.priority,
    explainsRefusal: true
  },
  "apns-push-type": {
    explanation: "APNs drops or delays a notification whose push type is not what its payload is.",
    find: apple.pushType,
    explainsRefusal: true
  },
  "apns-image": {
    explanation: "iOS shows an image only if the app has a notification service extension, and `mutable-content` is 1.",
    find: apple.image
  },
  "apns-headers": {
    explanation: "APNs answers 400 for a header that it cannot read (BadExpirationDate, BadPriority, BadCollapseId).",
    find: headers("apns"),
    explainsRefusal: true
  },
  "apns-header-names": {
    explanation: "APNs ignores unknown headers, so a misspelt header has no effect.",
    find: apple.unknownHeaders,
    explainsRefusal: true
  },
  "apns-payload": {
    explanation: "APNs and iOS ignore a key of `aps` with an invalid value.",
    find: apple.types,
    explainsRefusal: true
  },
  "apns-keys": {
    explanation:
      "iOS ignores unknown keys of `aps`, its `alert` and its `sound`. Apple writes keys with hyphens, which other " +
      "SDKs translate from other names; keys of the app belong beside `aps`.",
    find: apple.unknownKeys,
    explainsRefusal: true
  },
  "apns-misplaced": {
    explanation:
      "APNs reads headers only from `apns.headers`, and Apple's keys only from `aps`: elsewhere they have no effect.",
    find: apple.misplaced,
    explainsRefusal: true
  },
  "live-activity": {
    explanation: "iOS drops an update of a Live Activity without `timestamp`, `event` and `content-state`.",
    find: apple.liveActivity
  },
  "collapse-key-apns": {
    explanation:
      "APNs takes 64 bytes: a longer key is not sent there, and on Apple's devices messages do not collapse.",
    find: ({ collapseKey }) =>
      when(
        collapseKey !== undefined && !fcmMessage.fitsApns(collapseKey),
        ["collapseKey"],
        "is too long for APNs, which takes 64 bytes"
      )
  },
  "collapse-key-webpush": {
    explanation:
      "Web push takes 1 to 32 letters, digits, `-` and `_` (RFC 8030): another key is not sent there, and in " +
      "browsers messages do not collapse.",
    find: ({ collapseKey }) =>
      when(
        collapseKey !== undefined && !fcmMessage.fitsWebPush(collapseKey),
        ["collapseKey"],
        "is no topic of web push, which takes 1 to 32 letters, digits, - and _"
      )
  },
  "collapse-key-count": {
    explanation:
      "At most 4 keys wait for an app and device at a time, and which 4 is not guaranteed: a key names a kind " +
      "of message, not a single one.",
    find: ({ collapseKey }) =>
      when(/\d/.test(collapseKey ?? ""), ["collapseKey"], "has digits, as if there were many such keys")
  },
  "time-to-live-zero": {
    explanation: "Now or never: who cannot be reached at this moment does not get it, and it is tried once only.",
    find: (message) => timesWhere(message, (seconds) => seconds < 1, "is 0: the message is delivered now or never")
  },
  "time-to-live-rounded": {
    explanation: "The services count whole seconds, rounded down.",
    find: (message) => timesWhere(message, (seconds) => !Number.isInteger(seconds), "is no whole number of seconds")
  },
  "time-to-live-stale": {
    explanation:
      "What collapses is outdated soon, and yet without a time to live a device that was off gets the last of " +
      "it up to four weeks later.",
    find: ({ collapseKey, timeToLive = Duration.weeks(4) }) =>
      when(
        collapseKey !== undefined && Duration.isGreaterThan(timeToLive, Duration.weeks(1)),
        ["timeToLive"],
        "is longer than a week, for a message that a later one replaces"
      )
  },
  "android-contradiction": {
    explanation: "`defaultVibrateTimings` win over `vibrateTimings`; `lightSettings` win over `defaultLightSettings`.",
    find: contradictions
  },
  "webpush-headers": {
    explanation: "A push service answers 400 for a header that it cannot read (RFC 8030).",
    find: headers("webpush")
  },
  "webpush-header-names": {
    explanation: "A push service ignores unknown headers, so a misspelt header has no effect.",
    find: browsers.headers
  },
  "webpush-keys": {
    explanation: "Browsers ignore unknown options of a notification.",
    find: browsers.keys
  },
  "webpush-link": {
    explanation: "The reference asks for https; Google's own SDKs refuse anything else, though the service took http.",
    find: ({ webpush }) => {
      const link = webpush?.fcmOptions?.link
      return when(
        link !== undefined && !/^https:\/\//i.test(link),
        ["webpush", "fcmOptions", "link"],
        "is no https URL"
      )
    }
  },
  "analytics-label": {
    explanation: "Firebase counts labels of 1 to 50 letters, digits and `-_.~%`.",
    find: (message) =>
      labels(message).flatMap(([path, label]) =>
        when(
          label !== undefined && !/^[a-zA-Z0-9\-_.~%]{1,50}$/.test(label),
          path,
          "should be 1 to 50 letters, digits and -_.~%"
        )
      )
  },
  deprecated: {
    explanation: "The service withdrew the option; it may be ignored.",
    find: ({ android, gcm }) => [
      ...when(
        android?.notification?.bypassProxyNotification !== undefined,
        ["android", "notification", "bypassProxyNotification"],
        "is deprecated in favor of proxy"
      ),
      ...when(gcm?.delayWhileIdle !== undefined, ["gcm", "delayWhileIdle"], "was withdrawn in 2016")
    ]
  }
} satisfies { readonly [name: string]: Rule }
