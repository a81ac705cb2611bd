/** What the types of a message take, and what they refuse. */
import { type Android, type Apns, type GcmOptions, Message, type Webpush } from "@cloud-messaging/client"
import { DateTime, Duration, Redacted } from "effect"

// ---- values for people ---------------------------------------------------------------------------------------------

export const android: ReadonlyArray<Android.Config> = [
  { priority: "HIGH", ttl: "1 hour", data: { n: 1, big: 2n, flag: true, text: "" } },
  { ttl: Duration.hours(1), notification: { eventTime: new Date(0) } },
  { ttl: { minutes: 5 }, notification: { eventTime: DateTime.makeUnsafe(0), vibrateTimings: ["250 millis"] } },
  {
    notification: {
      lightSettings: { color: "#ffffffff", lightOnDuration: "1 second", lightOffDuration: { seconds: 1 } }
    }
  }
]

export const apns: ReadonlyArray<Apns.Config> = [
  {
    payload: { aps: { alert: "A", badge: 0, sound: "default", "content-available": 1 }, own: { list: [1, "a", null] } }
  },
  { payload: { aps: { alert: { title: "T", "loc-args": ["a"] }, sound: { critical: 1, name: "a", volume: 0.5 } } } },
  { payload: { aps: { "of-tomorrow": true } }, headers: { "apns-priority": "5", "of-tomorrow": "1" } },
  { liveActivityToken: Redacted.make("t") },
  { liveActivityToken: "t" }
]

export const webpush: ReadonlyArray<Webpush.Config> = [
  { headers: { TTL: "5", Urgency: "very-low", Topic: "t", own: "1" }, data: { n: 1 } },
  { notification: { actions: [{ action: "a", title: "T" }], vibrate: [1], own: { deep: [null] } } },
  { fcmOptions: { link: "https://example.com" } }
]

export const gcm: ReadonlyArray<GcmOptions.GcmOptions> = [
  { delayWhileIdle: true, contentAvailable: true, mutableContent: false },
  { notification: { badge: "0", bodyLocArgs: ["a"], sound: { name: "a" } } }
]

/** Undefined is as if it were absent. */
export const undefinedFields = Message.make({
  android: { ttl: undefined, notification: { icon: undefined } },
  apns: { headers: { "apns-priority": undefined }, payload: { aps: { badge: 1, sound: undefined } } },
  webpush: undefined
})

export const rule: Message.Rule = "size"
export const advice: ReadonlyArray<Message.Advice> = Message.lint(undefinedFields)
export const fields: Message.Fields = Message.fields(undefinedFields)

// ---- mistakes ------------------------------------------------------------------------------------------------------

// @ts-expect-error a bare number has no unit
export const ttl: Android.Config = { ttl: 3600 }
// @ts-expect-error nor has one in a list
export const timings: Android.Notification = { vibrateTimings: [250] }
// @ts-expect-error v1 writes it in capitals
export const priority: Android.Config = { priority: "high" }
// @ts-expect-error a misspelled name
export const channel: Android.Notification = { channel_id: "c" }
// @ts-expect-error a color has digits
export const color: Android.Notification = { color: "red" }
// @ts-expect-error all three are required
export const lights: Android.LightSettings = { color: "#ffffff", lightOnDuration: "1 second" }
// @ts-expect-error a text is no time
export const eventTime: Android.Notification = { eventTime: "2027-01-01T00:00:00Z" }
// @ts-expect-error data are no objects
export const nested: Android.Config = { data: { nested: { a: 1 } } }
// @ts-expect-error FCM refuses a payload without aps
export const payload: Apns.Payload = { match: 42 }
// @ts-expect-error a badge is a number
export const badge: Apns.Aps = { badge: "3" }
// @ts-expect-error 0 or 1
export const available: Apns.Aps = { "content-available": true }
// @ts-expect-error a header is a text
export const header: Apns.Headers = { "apns-priority": 10 }
// @ts-expect-error a function is no JSON
export const json: Apns.Payload = { aps: { badge: 1 }, own: () => 1 }
// @ts-expect-error there is no such urgency
export const urgency: Webpush.Headers = { Urgency: "urgent" }
// @ts-expect-error a badge was a text in GCM
export const gcmBadge: GcmOptions.Notification = { badge: 3 }
// @ts-expect-error an override of nobody
export const ios: Message.Fields = { ios: {} }
// @ts-expect-error there is no such rule
export const noRule: Message.Rule = "sizes"
