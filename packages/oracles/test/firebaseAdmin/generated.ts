/** Messages of any fields. */
import { Message } from "@cloud-messaging/client"
import { Arbitrary, Schema } from "effect"
import { binary, data, flag, map, nonEmpty, optional, text, texts, upTo } from "../utils/parts.ts"

const url = Schema.Literals(["https://example.com/a.png", "http://example.com/?b=%20&c"])

const int = Schema.Int.check(Schema.isBetween({ minimum: -(2 ** 31), maximum: 2 ** 31 - 1 }))

const duration = Schema.Struct({
  seconds: upTo(2_419_199),
  milliseconds: optional(upTo(999)),
  microseconds: optional(upTo(999))
})

const hex = Schema.Literals(["#d81b60", "#000000", "#FFFFFF", "#0a0B0c"])

// firebase-admin takes arguments with a key alone, and no empty list of timings
const androidNotification = Schema.Struct({
  title: optional(text),
  body: optional(text),
  icon: optional(text),
  color: optional(hex),
  sound: optional(text),
  tag: optional(text),
  clickAction: optional(text),
  bodyLocKey: nonEmpty,
  bodyLocArgs: optional(texts),
  titleLocKey: nonEmpty,
  titleLocArgs: optional(texts),
  channelId: optional(text),
  ticker: optional(text),
  sticky: flag,
  eventTime: optional(
    Schema.Date.check(Schema.isBetweenDate({ minimum: new Date("0001-01-01"), maximum: new Date("9999-12-31") }))
  ),
  localOnly: flag,
  notificationPriority: optional(
    Schema.Literals(["PRIORITY_MIN", "PRIORITY_LOW", "PRIORITY_DEFAULT", "PRIORITY_HIGH", "PRIORITY_MAX"])
  ),
  defaultSound: flag,
  defaultVibrateTimings: flag,
  defaultLightSettings: flag,
  vibrateTimings: optional(Schema.NonEmptyArray(duration).check(Schema.isMaxLength(3))),
  visibility: optional(Schema.Literals(["PRIVATE", "PUBLIC", "SECRET"])),
  notificationCount: optional(int),
  lightSettings: optional(
    Schema.Struct({
      color: Schema.Union([hex, Schema.Literals(["#D81B6080", "#00000000"])]),
      lightOnDuration: duration,
      lightOffDuration: duration
    })
  ),
  image: optional(url),
  proxy: optional(Schema.Literals(["ALLOW", "DENY", "IF_PRIORITY_LOWERED"]))
})

const android = Schema.Struct({
  collapseKey: optional(text),
  priority: optional(Schema.Literals(["NORMAL", "HIGH"])),
  ttl: optional(duration),
  restrictedPackageName: optional(text),
  data: optional(data),
  notification: optional(androidNotification),
  fcmOptions: optional(Schema.Struct({ analyticsLabel: optional(text) })),
  directBootOk: flag,
  bandwidthConstrainedOk: flag,
  restrictedSatelliteOk: flag
})

const alert = Schema.Struct({
  title: optional(text),
  subtitle: optional(text),
  body: optional(text),
  "launch-image": optional(text),
  "title-loc-key": nonEmpty,
  "title-loc-args": optional(texts),
  "subtitle-loc-key": nonEmpty,
  "subtitle-loc-args": optional(texts),
  "loc-key": nonEmpty,
  "loc-args": optional(texts)
})

const aps = Schema.Struct({
  alert: optional(Schema.Union([text, alert])),
  badge: optional(int),
  sound: optional(Schema.Union([
    nonEmpty,
    Schema.Struct({
      name: nonEmpty,
      critical: binary,
      volume: optional(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 })))
    })
  ])),
  "thread-id": optional(text),
  category: optional(text),
  "content-available": binary,
  "mutable-content": binary,
  "interruption-level": optional(Schema.Literals(["passive", "active"])),
  "content-state": optional(map)
})

const apns = Schema.Struct({
  headers: optional(Schema.Struct({
    "apns-priority": optional(Schema.Literals(["10", "5", "1"])),
    "apns-expiration": optional(text),
    "apns-collapse-id": optional(text),
    "x-own": optional(text)
  })),
  payload: optional(Schema.Struct({ aps, own_key: optional(map) })),
  liveActivityToken: optional(Schema.Union([nonEmpty, Schema.Redacted(nonEmpty)])),
  fcmOptions: optional(Schema.Struct({ analyticsLabel: optional(text), image: optional(url) }))
})

const webpush = Schema.Struct({
  headers: optional(Schema.Struct({
    TTL: optional(text),
    Urgency: optional(Schema.Literals(["very-low", "high"])),
    Topic: optional(text),
    "x-own": optional(text)
  })),
  data: optional(data),
  notification: optional(Schema.Struct({
    title: optional(text),
    body: optional(text),
    icon: optional(text),
    image: optional(text),
    badge: optional(text),
    tag: optional(text),
    renotify: flag,
    requireInteraction: flag,
    silent: flag,
    lang: optional(text),
    dir: optional(Schema.Literals(["auto", "ltr", "rtl"])),
    timestamp: optional(int),
    vibrate: optional(Schema.Array(int)),
    actions: optional(
      Schema.Array(Schema.Struct({ action: text, title: text, icon: optional(text) }))
    ),
    data: optional(map),
    own_option: optional(map)
  })),
  fcmOptions: optional(Schema.Struct({ link: optional(Schema.Literal("https://example.com/match")) }))
})

/** Valid messages of any fields that firebase-admin has, too. */
export const fields = Arbitrary.schema(Schema.Struct({
  data: optional(data),
  notification: optional(
    Schema.Struct({ title: optional(text), body: optional(text), image: optional(url) })
  ),
  collapseKey: optional(text),
  timeToLive: optional(duration),
  priority: optional(Schema.Literals(["normal", "high"])),
  restrictedPackageName: optional(text),
  dryRun: flag,
  analyticsLabel: optional(text),
  android: optional(android),
  apns: optional(apns),
  webpush: optional(webpush)
})).pipe(Arbitrary.filter((fields) => Message.validate(Message.make(fields)).length === 0))

/** A generated message. */
export type Generated = typeof fields extends Arbitrary.Arbitrary<infer A> ? A : never
