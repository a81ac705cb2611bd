/**
 * Every field of our message, in our terms and in firebase-admin's; and where each field of firebase-admin's message is
 * among ours.
 */
import type { Android, Apns, Message, Webpush } from "@cloud-messaging/client"
import { Duration, Redacted } from "effect"
import type * as Admin from "firebase-admin/messaging"
import type { Fields } from "../utils/fields.ts"
import type { RuleName } from "./rules.ts"

export interface Case {
  readonly ours: Message.Fields
  readonly theirs: Admin.BaseMessage
  readonly dryRun?: boolean
  /** The rules that explain where the bodies differ. */
  readonly differs?: ReadonlyArray<RuleName>
}

/** Our fields; those of the overrides `gcm` are of another protocol. */
export type OurField = Exclude<Fields<Message.Fields>, `gcm.${string}`>

export type TheirField = Fields<Admin.BaseMessage>

/** When all of them are sent: milliseconds since the epoch. */
export const now = 1_700_000_000_123

// -----------------------------------------------------------------------------
// The same in both
// -----------------------------------------------------------------------------

const same = <A extends Message.Fields & Admin.BaseMessage>(fields: A): Case => ({ ours: fields, theirs: fields })

const android = (
  ours: Android.Config,
  theirs: Admin.AndroidConfig,
  ...differs: ReadonlyArray<RuleName>
): Case => ({ ours: { android: ours }, theirs: { android: theirs }, differs })

const shown = (ours: Android.Notification, theirs: Admin.AndroidNotification, ...differs: ReadonlyArray<RuleName>) =>
  android({ notification: ours }, { notification: theirs }, ...differs)

const shownSame = <A extends Android.Notification & Admin.AndroidNotification>(fields: A): Case => shown(fields, fields)

const light = (color: Android.HexColor): Case =>
  shown(
    { lightSettings: { color, lightOnDuration: "1 second", lightOffDuration: { milliseconds: 250 } } },
    { lightSettings: { color, lightOnDurationMillis: 1000, lightOffDurationMillis: 250 } }
  )

const apnsHeaders = (headers: Apns.Headers & { readonly [name: string]: string }): Case => same({ apns: { headers } })

const aps = (ours: Apns.Aps, theirs: Admin.Aps, ...differs: ReadonlyArray<RuleName>): Case => ({
  ours: { apns: { payload: { aps: ours } } },
  theirs: { apns: { payload: { aps: theirs } } },
  differs
})

const apsSame = <A extends Apns.Aps & Admin.Aps>(fields: A): Case => aps(fields, fields)

const alert = (ours: Apns.Alert, theirs: Admin.ApsAlert): Case => aps({ alert: ours }, { alert: theirs })

const webpushHeaders = (headers: Webpush.Headers & { readonly [name: string]: string }): Case =>
  same({ webpush: { headers } })

const page = <A extends Webpush.Notification & Admin.WebpushNotification>(notification: A): Case =>
  same({ webpush: { notification } })

// -----------------------------------------------------------------------------
// Cases
// -----------------------------------------------------------------------------

const image = "https://example.com/goal.png"

/** A portable collapse key is the key of every platform that it fits. */
const collapse = (key: string, theirs: Omit<Admin.BaseMessage, "android">): Case => ({
  ours: { collapseKey: key },
  theirs: { android: { collapseKey: key }, ...theirs }
})

const timeToLive = (ours: Message.TimeToLive, millis: number, ...differs: ReadonlyArray<RuleName>): Case => {
  const seconds = Math.floor(millis / 1000)
  const expiration = seconds === 0 ? 0 : Math.floor(now / 1000) + seconds
  return {
    ours: { timeToLive: ours },
    theirs: {
      android: { ttl: millis },
      apns: { headers: { "apns-expiration": String(expiration) } },
      webpush: { headers: { TTL: String(seconds) } }
    },
    differs
  }
}

/** Every field, with cases; or why it has none. */
export const cases: { readonly [path in OurField]: ReadonlyArray<Case> | string } = {
  data: [
    {
      ours: { data: { score: 42, half: 0.5, huge: 9_007_199_254_740_993n, won: true, text: "4 × 8", empty: "" } },
      theirs: { data: { score: "42", half: "0.5", huge: "9007199254740993", won: "true", text: "4 × 8", empty: "" } }
    },
    { ...same({ data: {} }), differs: ["empty"] },
    same({ data: { snake_case: "a", camelCase: "b", "with.dot": "c", "quote\"\\\n": "\u0000 😀 \u2028" } }),
    same({ data: { constructor: "a", toString: "b" } }),
    { ...same({ data: { prototype: "a", ["__proto__"]: "b" } }), differs: ["prototype-key"] }
  ],
  "notification.title": [same({ notification: { title: "Goal!" } }), same({ notification: { title: "" } })],
  "notification.body": [same({ notification: { body: "3 – 2" } }), same({ notification: {} })],
  "notification.image": [{ ours: { notification: { image } }, theirs: { notification: { imageUrl: image } } }],
  collapseKey: [
    collapse("match_42", {
      apns: { headers: { "apns-collapse-id": "match_42" } },
      webpush: { headers: { Topic: "match_42" } }
    }),
    // Web Push takes neither spaces nor more than 32 characters, APNs no more than 64 bytes
    collapse("match 42", { apns: { headers: { "apns-collapse-id": "match 42" } } }),
    collapse("a".repeat(32), {
      apns: { headers: { "apns-collapse-id": "a".repeat(32) } },
      webpush: { headers: { Topic: "a".repeat(32) } }
    }),
    collapse("a".repeat(33), { apns: { headers: { "apns-collapse-id": "a".repeat(33) } } }),
    collapse("é".repeat(32), { apns: { headers: { "apns-collapse-id": "é".repeat(32) } } }),
    collapse("é".repeat(33), {}),
    { ...collapse("", {}), differs: ["empty"] }
  ],
  timeToLive: [
    timeToLive("1 hour", 3_600_000),
    timeToLive(Duration.weeks(4), 2_419_200_000),
    timeToLive({ seconds: 0 }, 0),
    timeToLive("1500 millis", 1500, "whole-seconds"),
    timeToLive("999 millis", 999, "whole-seconds")
  ],
  priority: [
    {
      ours: { priority: "high", notification: { title: "Goal!" } },
      theirs: {
        notification: { title: "Goal!" },
        android: { priority: "high" },
        apns: { headers: { "apns-priority": "10" } },
        webpush: { headers: { Urgency: "high" } }
      },
      differs: ["android-priority"]
    },
    // Apple refuses 10 for what shows nothing
    {
      ours: { priority: "high", data: { score: "3" } },
      theirs: {
        data: { score: "3" },
        android: { priority: "high" },
        apns: { headers: { "apns-priority": "5" } },
        webpush: { headers: { Urgency: "high" } }
      },
      differs: ["android-priority"]
    },
    {
      ours: { priority: "normal", notification: { title: "Goal!" } },
      theirs: {
        notification: { title: "Goal!" },
        android: { priority: "normal" },
        apns: { headers: { "apns-priority": "5" } },
        webpush: { headers: { Urgency: "normal" } }
      },
      differs: ["android-priority"]
    }
  ],
  restrictedPackageName: [
    {
      ours: { restrictedPackageName: "com.example.scores" },
      theirs: { android: { restrictedPackageName: "com.example.scores" } }
    }
  ],
  dryRun: [
    { ours: { dryRun: true }, theirs: {}, dryRun: true },
    { ours: { dryRun: false }, theirs: {}, dryRun: false }
  ],
  analyticsLabel: [{ ours: { analyticsLabel: "goals" }, theirs: { fcmOptions: { analyticsLabel: "goals" } } }],

  "android.collapseKey": [same({ android: { collapseKey: "match 42" } })],
  "android.priority": [
    android({ priority: "HIGH" }, { priority: "high" }, "android-priority"),
    android({ priority: "NORMAL" }, { priority: "normal" }, "android-priority"),
    {
      ours: { priority: "normal", android: { priority: "HIGH" } },
      theirs: {
        android: { priority: "high" },
        apns: { headers: { "apns-priority": "5" } },
        webpush: { headers: { Urgency: "normal" } }
      },
      differs: ["android-priority"]
    }
  ],
  "android.ttl": [
    android({ ttl: "1 hour" }, { ttl: 3_600_000 }),
    android({ ttl: "0 seconds" }, { ttl: 0 }),
    android({ ttl: "1500 millis" }, { ttl: 1500 }),
    android({ ttl: "1002300 micros" }, { ttl: 1002.3 }, "nanosecond"),
    android({}, {}, "empty")
  ],
  "android.restrictedPackageName": [same({ android: { restrictedPackageName: "com.example.scores" } })],
  "android.data": [
    same({ android: { data: { snake_case: "a", camelCase: "b" } } }),
    android({ data: { score: 42 } }, { data: { score: "42" } }),
    // Android's replace the message's: ours are on top of them
    {
      ours: { data: { a: "1", b: "2" }, android: { data: { b: "3", c: "4" } } },
      theirs: { data: { a: "1", b: "2" }, android: { data: { a: "1", b: "3", c: "4" } } }
    }
  ],
  "android.notification.title": [shownSame({ title: "Goal!" })],
  "android.notification.body": [shownSame({ body: "3 – 2" })],
  "android.notification.icon": [shownSame({ icon: "goal" })],
  "android.notification.color": [shownSame({ color: "#d81B60" })],
  "android.notification.sound": [shownSame({ sound: "default" })],
  "android.notification.tag": [shownSame({ tag: "match-42" })],
  "android.notification.clickAction": [shownSame({ clickAction: "OPEN_MATCH" })],
  "android.notification.bodyLocKey": [shownSame({ bodyLocKey: "goal_body" })],
  "android.notification.bodyLocArgs": [shownSame({ bodyLocKey: "goal_body", bodyLocArgs: ["3", "2"] })],
  "android.notification.titleLocKey": [shownSame({ titleLocKey: "goal_title" })],
  "android.notification.titleLocArgs": [shownSame({ titleLocKey: "goal_title", titleLocArgs: ["3", "2"] })],
  "android.notification.channelId": [shownSame({ channelId: "scores" })],
  "android.notification.ticker": [shownSame({ ticker: "A goal" })],
  "android.notification.sticky": [shownSame({ sticky: true }), shownSame({ sticky: false })],
  "android.notification.eventTime": [
    shown({ eventTime: new Date(1_412_262_083_045) }, { eventTimestamp: new Date(1_412_262_083_045) }),
    shown({ eventTime: new Date(0) }, { eventTimestamp: new Date(0) }),
    shown({ eventTime: new Date("0001-01-01") }, { eventTimestamp: new Date("0001-01-01") })
  ],
  "android.notification.localOnly": [shownSame({ localOnly: true }), shownSame({ localOnly: false })],
  "android.notification.notificationPriority": [
    shown({ notificationPriority: "PRIORITY_MIN" }, { priority: "min" }),
    shown({ notificationPriority: "PRIORITY_LOW" }, { priority: "low" }),
    shown({ notificationPriority: "PRIORITY_DEFAULT" }, { priority: "default" }),
    shown({ notificationPriority: "PRIORITY_HIGH" }, { priority: "high" }),
    shown({ notificationPriority: "PRIORITY_MAX" }, { priority: "max" })
  ],
  "android.notification.defaultSound": [shownSame({ defaultSound: true }), shownSame({ defaultSound: false })],
  "android.notification.defaultVibrateTimings": [
    shownSame({ defaultVibrateTimings: true }),
    shownSame({ defaultVibrateTimings: false })
  ],
  "android.notification.defaultLightSettings": [
    shownSame({ defaultLightSettings: true }),
    shownSame({ defaultLightSettings: false })
  ],
  "android.notification.vibrateTimings": [
    shown(
      { vibrateTimings: ["0 seconds", "100 millis", Duration.seconds(2), { seconds: 1, milliseconds: 1 }] },
      { vibrateTimingsMillis: [0, 100, 2000, 1001] }
    ),
    shown({ vibrateTimings: ["1002300 micros"] }, { vibrateTimingsMillis: [1002.3] }, "nanosecond")
  ],
  "android.notification.visibility": [
    shown({ visibility: "PRIVATE" }, { visibility: "private" }),
    shown({ visibility: "PUBLIC" }, { visibility: "public" }),
    shown({ visibility: "SECRET" }, { visibility: "secret" })
  ],
  "android.notification.notificationCount": [shownSame({ notificationCount: 3 }), shownSame({ notificationCount: 0 })],
  "android.notification.lightSettings.color": [light("#d81b60"), light("#D81B6080"), light("#000000")],
  "android.notification.lightSettings.lightOnDuration": [light("#ffffff")],
  "android.notification.lightSettings.lightOffDuration": [light("#ffffff")],
  "android.notification.image": [shown({ image }, { imageUrl: image })],
  "android.notification.bypassProxyNotification": "firebase-admin has no such field; the service deprecated it",
  "android.notification.proxy": [
    shown({ proxy: "ALLOW" }, { proxy: "allow" }),
    shown({ proxy: "DENY" }, { proxy: "deny" }),
    shown({ proxy: "IF_PRIORITY_LOWERED" }, { proxy: "if_priority_lowered" })
  ],
  "android.fcmOptions.analyticsLabel": [same({ android: { fcmOptions: { analyticsLabel: "goals" } } })],
  "android.directBootOk": [same({ android: { directBootOk: true } }), same({ android: { directBootOk: false } })],
  "android.bandwidthConstrainedOk": [same({ android: { bandwidthConstrainedOk: true } })],
  "android.restrictedSatelliteOk": [same({ android: { restrictedSatelliteOk: true } })],

  "apns.headers.apns-priority": [
    apnsHeaders({ "apns-priority": "5" }),
    {
      ours: { priority: "high", notification: {}, apns: { headers: { "APNS-Priority": "1" } } },
      theirs: {
        notification: {},
        android: { priority: "high" },
        apns: { headers: { "APNS-Priority": "1" } },
        webpush: { headers: { Urgency: "high" } }
      },
      differs: ["android-priority"]
    }
  ],
  "apns.headers.apns-expiration": [apnsHeaders({ "apns-expiration": "1700003600" })],
  "apns.headers.apns-collapse-id": [apnsHeaders({ "apns-collapse-id": "match 42" })],
  "apns.headers.apns-push-type": [apnsHeaders({ "apns-push-type": "background" })],
  "apns.headers.apns-topic": [apnsHeaders({ "apns-topic": "com.example.scores" })],
  "apns.headers.apns-id": [apnsHeaders({ "apns-id": "123e4567-e89b-12d3-a456-426614174000", "x-own_header": "a" })],
  "apns.payload.aps.alert": [apsSame({ alert: "Goal!" })],
  "apns.payload.aps.alert.title": [alert({ title: "Goal!" }, { title: "Goal!" })],
  "apns.payload.aps.alert.subtitle": [alert({ subtitle: "Second half" }, { subtitle: "Second half" })],
  "apns.payload.aps.alert.body": [alert({ body: "3 – 2" }, { body: "3 – 2" })],
  "apns.payload.aps.alert.launch-image": [alert({ "launch-image": "goal" }, { launchImage: "goal" })],
  "apns.payload.aps.alert.title-loc-key": [alert({ "title-loc-key": "t" }, { titleLocKey: "t" })],
  "apns.payload.aps.alert.title-loc-args": [
    alert({ "title-loc-key": "t", "title-loc-args": ["3"] }, { titleLocKey: "t", titleLocArgs: ["3"] })
  ],
  "apns.payload.aps.alert.subtitle-loc-key": [alert({ "subtitle-loc-key": "s" }, { subtitleLocKey: "s" })],
  "apns.payload.aps.alert.subtitle-loc-args": [
    alert({ "subtitle-loc-key": "s", "subtitle-loc-args": ["3"] }, { subtitleLocKey: "s", subtitleLocArgs: ["3"] })
  ],
  "apns.payload.aps.alert.loc-key": [
    alert({ "loc-key": "b" }, { locKey: "b" }),
    // one that Apple has withdrawn
    alert({ "action-loc-key": "a" }, { actionLocKey: "a" })
  ],
  "apns.payload.aps.alert.loc-args": [
    alert({ "loc-key": "b", "loc-args": ["3", "2"] }, { locKey: "b", locArgs: ["3", "2"] })
  ],
  "apns.payload.aps.badge": [apsSame({ badge: 3 }), apsSame({ badge: 0 })],
  "apns.payload.aps.sound": [apsSame({ sound: "goal.caf" })],
  "apns.payload.aps.sound.name": [apsSame({ sound: { name: "goal.caf" } })],
  "apns.payload.aps.sound.critical": [
    aps({ sound: { name: "default", critical: 1 } }, { sound: { name: "default", critical: true } }),
    aps({ sound: { name: "default", critical: 0 } }, { sound: { name: "default", critical: false } }, "false-flag")
  ],
  "apns.payload.aps.sound.volume": [apsSame({ sound: { name: "default", volume: 0.75 } })],
  "apns.payload.aps.thread-id": [aps({ "thread-id": "match-42" }, { threadId: "match-42" })],
  "apns.payload.aps.category": [apsSame({ category: "GOAL" })],
  "apns.payload.aps.content-available": [
    aps({ "content-available": 1 }, { contentAvailable: true }),
    aps({ "content-available": 0 }, { contentAvailable: false }, "false-flag")
  ],
  "apns.payload.aps.mutable-content": [
    aps({ "mutable-content": 1 }, { mutableContent: true }),
    aps({ "mutable-content": 0 }, { mutableContent: false }, "false-flag")
  ],
  "apns.payload.aps.target-content-id": [apsSame({ "target-content-id": "match" })],
  "apns.payload.aps.interruption-level": [apsSame({ "interruption-level": "time-sensitive" })],
  "apns.payload.aps.relevance-score": [apsSame({ "relevance-score": 0.5 })],
  "apns.payload.aps.filter-criteria": [apsSame({ "filter-criteria": "scores" })],
  "apns.payload.aps.timestamp": [apsSame({ timestamp: 1_700_000_000 })],
  "apns.payload.aps.event": [apsSame({ event: "update" })],
  "apns.payload.aps.content-state": [apsSame({ "content-state": { homeGoals: 3, last_scorer: { name: "A" } } })],
  "apns.payload.aps.stale-date": [apsSame({ "stale-date": 1_700_003_600 })],
  "apns.payload.aps.dismissal-date": [apsSame({ "dismissal-date": 1_700_003_600 })],
  "apns.payload.aps.attributes-type": [apsSame({ "attributes-type": "MatchAttributes" })],
  "apns.payload.aps.attributes": [
    apsSame({ attributes: { homeTeam: "A", away_team: null } }),
    same({ apns: { payload: { aps: { badge: 1 }, match_id: 42, players: [{ firstName: "A" }], threadId: true } } })
  ],
  "apns.payload.aps.input-push-token": [apsSame({ "input-push-token": 1 })],
  "apns.payload.aps.input-push-channel": [apsSame({ "input-push-channel": "dHN0LXNyY2gtY2hubA==" })],
  "apns.liveActivityToken": [
    same({ apns: { liveActivityToken: "live-1" } }),
    {
      ours: { apns: { liveActivityToken: Redacted.make("live-1") } },
      theirs: { apns: { liveActivityToken: "live-1" } }
    }
  ],
  "apns.fcmOptions.analyticsLabel": [same({ apns: { fcmOptions: { analyticsLabel: "goals" } } })],
  "apns.fcmOptions.image": [
    { ours: { apns: { fcmOptions: { image } } }, theirs: { apns: { fcmOptions: { imageUrl: image } } } }
  ],

  "webpush.headers.TTL": [webpushHeaders({ TTL: "60" })],
  "webpush.headers.Urgency": [webpushHeaders({ Urgency: "very-low" })],
  "webpush.headers.Topic": [webpushHeaders({ Topic: "match-42", "x-own_header": "a" })],
  "webpush.data": [
    same({ webpush: { data: { snake_case: "a", camelCase: "b" } } }),
    {
      ours: { data: { a: "1", b: "2" }, webpush: { data: { b: 3, c: true } } },
      theirs: { data: { a: "1", b: "2" }, webpush: { data: { a: "1", b: "3", c: "true" } } }
    }
  ],
  "webpush.notification.title": [page({ title: "Goal!" })],
  "webpush.notification.body": [page({ body: "3 – 2" })],
  "webpush.notification.icon": [page({ icon: "/goal.png" })],
  "webpush.notification.image": [page({ image })],
  "webpush.notification.badge": [page({ badge: "/badge.png" })],
  "webpush.notification.tag": [page({ tag: "match-42" })],
  "webpush.notification.renotify": [page({ renotify: true })],
  "webpush.notification.requireInteraction": [page({ requireInteraction: true })],
  "webpush.notification.silent": [page({ silent: false })],
  "webpush.notification.lang": [page({ lang: "de-CH" })],
  "webpush.notification.dir": [page({ dir: "rtl" })],
  "webpush.notification.timestamp": [page({ timestamp: now })],
  "webpush.notification.vibrate": [page({ vibrate: [200, 100, 200] })],
  "webpush.notification.actions.action": [page({ actions: [{ action: "watch", title: "Watch" }] })],
  "webpush.notification.actions.title": [page({ actions: [{ action: "", title: "" }] })],
  "webpush.notification.actions.icon": [page({ actions: [{ action: "watch", title: "Watch", icon: "/w.png" }] })],
  "webpush.notification.data": [page({ data: { snake_case: [1, null, "a"] } }), page({ own_option: { camelCase: 1 } })],
  "webpush.fcmOptions.link": [same({ webpush: { fcmOptions: { link: "https://example.com/match/42" } } })],
  "webpush.fcmOptions.analyticsLabel": "firebase-admin's options for browsers have no label"
}

/** What firebase-admin calls otherwise than we do: with it, every field of its message is among ours. */
export const renamed: { readonly [path in Exclude<TheirField, OurField>]: OurField } = {
  "fcmOptions.analyticsLabel": "analyticsLabel",
  "notification.imageUrl": "notification.image",
  "android.notification.eventTimestamp": "android.notification.eventTime",
  "android.notification.imageUrl": "android.notification.image",
  "android.notification.lightSettings.lightOffDurationMillis": "android.notification.lightSettings.lightOffDuration",
  "android.notification.lightSettings.lightOnDurationMillis": "android.notification.lightSettings.lightOnDuration",
  "android.notification.priority": "android.notification.notificationPriority",
  "android.notification.vibrateTimingsMillis": "android.notification.vibrateTimings",
  "apns.fcmOptions.imageUrl": "apns.fcmOptions.image",
  "apns.headers": "apns.headers.apns-id",
  "apns.payload.aps.alert.actionLocKey": "apns.payload.aps.alert.loc-key",
  "apns.payload.aps.alert.launchImage": "apns.payload.aps.alert.launch-image",
  "apns.payload.aps.alert.locArgs": "apns.payload.aps.alert.loc-args",
  "apns.payload.aps.alert.locKey": "apns.payload.aps.alert.loc-key",
  "apns.payload.aps.alert.subtitleLocArgs": "apns.payload.aps.alert.subtitle-loc-args",
  "apns.payload.aps.alert.subtitleLocKey": "apns.payload.aps.alert.subtitle-loc-key",
  "apns.payload.aps.alert.titleLocArgs": "apns.payload.aps.alert.title-loc-args",
  "apns.payload.aps.alert.titleLocKey": "apns.payload.aps.alert.title-loc-key",
  "apns.payload.aps.contentAvailable": "apns.payload.aps.content-available",
  "apns.payload.aps.mutableContent": "apns.payload.aps.mutable-content",
  "apns.payload.aps.threadId": "apns.payload.aps.thread-id",
  "webpush.headers": "webpush.headers.Topic"
}

/** Our fields that firebase-admin has once for each platform, or beside the message. */
export const portable: ReadonlySet<string> = new Set<OurField>([
  "collapseKey",
  "timeToLive",
  "priority",
  "restrictedPackageName",
  "dryRun"
])

/** What firebase-admin refuses by itself, though the service may take it. */
export const refused: { readonly [path in OurField]?: Case } = {
  "notification.image": { ours: { notification: { image: "goal" } }, theirs: { notification: { imageUrl: "goal" } } },
  "android.notification.bodyLocArgs": shownSame({ bodyLocArgs: ["3"] }),
  "android.notification.titleLocArgs": shownSame({ titleLocArgs: ["3"] }),
  "android.notification.vibrateTimings": shown({ vibrateTimings: [] }, { vibrateTimingsMillis: [] }),
  "android.notification.image": shown({ image: "goal" }, { imageUrl: "goal" }),
  "apns.payload.aps.alert.title-loc-args": alert({ "title-loc-args": ["3"] }, { titleLocArgs: ["3"] }),
  "apns.payload.aps.alert.subtitle-loc-args": alert({ "subtitle-loc-args": ["3"] }, { subtitleLocArgs: ["3"] }),
  "apns.payload.aps.alert.loc-args": alert({ "loc-args": ["3"] }, { locArgs: ["3"] }),
  "apns.payload.aps.sound": apsSame({ sound: "" }),
  "apns.payload.aps.sound.name": apsSame({ sound: { name: "" } }),
  "apns.payload.aps.sound.volume": apsSame({ sound: { name: "default", volume: 2 } }),
  "apns.liveActivityToken": same({ apns: { liveActivityToken: "" } }),
  "apns.fcmOptions.image": {
    ours: { apns: { fcmOptions: { image: "goal" } } },
    theirs: { apns: { fcmOptions: { imageUrl: "goal" } } }
  }
}
