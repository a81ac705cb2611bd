import { Message } from "@cloud-messaging/client"
import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"

const advice = (fields: Message.Fields, rule: Message.Rule) =>
  Message.lint(Message.make(fields)).filter((_) => _.rule === rule)
    .map(({ message, path }) => `${path.join(".")}: ${message}`)

interface Case {
  /** Messages that the rule advises on, and what it says. */
  readonly finds: ReadonlyArray<readonly [Message.Fields, ...advice: ReadonlyArray<string>]>
  /** Messages that it has nothing to say about. */
  readonly leaves: ReadonlyArray<Message.Fields>
}

const bytes = (n: number) => "x".repeat(n)

const aps = { badge: 1 }

const shown: Message.Fields = { notification: { title: "T" } }

/** Every rule: the compiler asks for those that are missing. */
const cases: { readonly [R in Message.Rule]: Case } = {
  empty: {
    finds: [[{}, ": says nothing"], [{ priority: "high", collapseKey: "k" }, ": says nothing"]],
    leaves: [{ data: {} }, shown, { apns: { payload: { aps } } }]
  },
  size: {
    finds: [
      [
        { data: { k: bytes(3000) }, notification: { title: bytes(1000), body: bytes(96) } },
        ": has 4097 bytes of data and notification: at most 4096 are delivered"
      ],
      [
        { data: { k: bytes(3000) }, android: { data: { l: bytes(3000) } } },
        "android: has 6002 bytes of data and notification: at most 4096 are delivered"
      ],
      [
        { apns: { payload: { aps, big: bytes(4096) } } },
        "apns: has 4124 bytes of data and notification: at most 4096 are delivered"
      ],
      [
        { webpush: { notification: { body: bytes(4096) } } },
        "webpush: has 4107 bytes of data and notification: at most 4096 are delivered"
      ]
    ],
    leaves: [{ data: { k: bytes(3000) }, notification: { title: bytes(1095) } }]
  },
  "size-left": {
    finds: [[
      { data: { k: bytes(3072) } },
      ": has 3073 bytes of data and notification: 1023 of 4096 are left"
    ]],
    leaves: [{ data: { k: bytes(3071) } }]
  },
  "topic-size": {
    finds: [[
      { data: { k: bytes(2048) } },
      ": has 2049 bytes of data and notification: too many for a topic, which takes 2048"
    ]],
    leaves: [{ data: { k: bytes(2047) } }]
  },
  "fcm-refuses": {
    finds: [[
      { data: { message_type: 1, "gcm.notification.x": 1 } },
      "data.message_type: is reserved in FCM v1",
      "data.gcm.notification.x: is reserved in FCM v1"
    ]],
    leaves: [{ data: { type: 1, gcm: 1 } }]
  },
  "gcm-refuses": {
    finds: [[
      { analyticsLabel: "l", notification: { image: "i" } },
      "analyticsLabel: cannot be expressed in the GCM protocol",
      "notification.image: cannot be expressed in the GCM protocol"
    ]],
    leaves: [shown, { android: { fcmOptions: { analyticsLabel: "l" } } }]
  },
  "fcm-leaves-out": {
    finds: [[{ gcm: {} }, "gcm: is left out by Fcm"]],
    leaves: [{ android: {} }]
  },
  "gcm-leaves-out": {
    finds: [[
      { android: {}, apns: {}, webpush: {} },
      "android: is left out by Gcm",
      "apns: is left out by Gcm",
      "webpush: is left out by Gcm"
    ]],
    leaves: [{ gcm: {} }]
  },
  "reserved-key": {
    finds: [[
      { data: { google: 1, gcmKey: 1 } },
      "data.google: begins with `google` or `gcm`",
      "data.gcmKey: begins with `google` or `gcm`"
    ]],
    leaves: [{ data: { "gcm.notification.x": 1, goo: 1 } }]
  },
  "data-only-priority": {
    finds: [
      [{ data: { a: 1 } }, "priority: is not set, and data alone waits until an Android device is awake"],
      [{ android: { data: { a: 1 } } }, "priority: is not set, and data alone waits until an Android device is awake"],
      [{ data: { a: 1 }, priority: "high" }, "priority: is high, and yet there is nothing to show"]
    ],
    leaves: [
      shown,
      { ...shown, data: { a: 1 } },
      { data: { a: 1 }, priority: "normal" },
      { data: { a: 1 }, android: { priority: "HIGH" } },
      { data: { a: 1 }, android: { notification: { title: "T" } } }
    ]
  },
  "apns-background": {
    finds: [[
      { data: { a: 1 } },
      "apns.payload.aps.content-available: is not 1, and data alone does not wake an app on iOS"
    ]],
    leaves: [
      shown,
      { ...shown, data: { a: 1 } },
      { data: { a: 1 }, apns: { payload: { aps: { "content-available": 1 } } } },
      { data: { a: 1 }, apns: { payload: { aps: { alert: "A" } } } }
    ]
  },
  "apns-priority": {
    finds: [[
      { data: { a: 1 }, apns: { headers: { "apns-priority": "10" } } },
      "apns.headers.apns-priority: is 10, and yet the message shows nothing"
    ]],
    leaves: [
      { ...shown, apns: { headers: { "apns-priority": "10" } } },
      { data: { a: 1 }, priority: "high" },
      { data: { a: 1 }, apns: { headers: { "apns-priority": "5" } } }
    ]
  },
  "apns-push-type": {
    finds: [
      [
        { ...shown, apns: { headers: { "apns-push-type": "background" } } },
        "apns.headers.apns-push-type: is background, and yet the message shows something"
      ],
      [
        { data: { a: 1 }, apns: { headers: { "APNS-push-type": "alert" } } },
        "apns.headers.apns-push-type: is alert, and yet the message shows nothing"
      ],
      [
        { ...shown, apns: { headers: { "apns-push-type": "liveactivity" } } },
        "apns.headers.apns-push-type: is liveactivity, and yet there is no liveActivityToken"
      ],
      [
        { apns: { liveActivityToken: "t", headers: { "apns-push-type": "alert" } } },
        "apns.headers.apns-push-type: should be liveactivity for its token"
      ]
    ],
    leaves: [
      { ...shown, apns: { headers: { "apns-push-type": "alert" } } },
      { data: { a: 1 }, apns: { headers: { "apns-push-type": "background" } } },
      { apns: { liveActivityToken: "t", headers: { "apns-push-type": "liveactivity" } } }
    ]
  },
  "apns-image": {
    finds: [
      [
        { notification: { image: "i" } },
        "apns.payload.aps.mutable-content: is not 1, and yet there is an image"
      ],
      [
        { apns: { payload: { aps: { "mutable-content": 0 } }, fcmOptions: { image: "i" } } },
        "apns.payload.aps.mutable-content: is not 1, and yet there is an image"
      ]
    ],
    leaves: [shown, { notification: { image: "i" }, apns: { payload: { aps: { "mutable-content": 1 } } } }]
  },
  "apns-headers": {
    finds: [[
      { apns: { headers: { "APNS-PRIORITY": "high", "apns-expiration": "1h", "apns-collapse-id": bytes(65) } } },
      "apns.headers.apns-priority: should be 10, 5 or 1",
      "apns.headers.apns-expiration: should be seconds since the epoch, in digits",
      "apns.headers.apns-collapse-id: should be at most 64 bytes"
    ]],
    leaves: [
      { apns: { headers: { "apns-priority": "1", "apns-expiration": "0", "apns-collapse-id": bytes(64), "x-y": "?" } } }
    ]
  },
  "apns-payload": {
    finds: [[
      JSON.parse(`{ "apns": { "payload": { "aps": {
        "alert": 1, "badge": "1", "sound": 1, "thread-id": 1, "category": 1, "content-available": true,
        "mutable-content": "1", "target-content-id": 1, "interruption-level": "urgent", "relevance-score": "1",
        "filter-criteria": null
      } } } }`),
      "apns.payload.aps.alert: should be a string or an object",
      "apns.payload.aps.badge: should be a number",
      "apns.payload.aps.sound: should be a string or an object",
      "apns.payload.aps.thread-id: should be a string",
      "apns.payload.aps.category: should be a string",
      "apns.payload.aps.content-available: should be 0 or 1",
      "apns.payload.aps.mutable-content: should be 0 or 1",
      "apns.payload.aps.target-content-id: should be a string",
      "apns.payload.aps.interruption-level: should be passive, active, time-sensitive or critical",
      "apns.payload.aps.relevance-score: should be a number",
      "apns.payload.aps.filter-criteria: should be a string"
    ]],
    leaves: [
      {
        apns: {
          payload: {
            aps: { alert: { title: "T" }, badge: 0, sound: { critical: 1 }, "interruption-level": "critical", own: [] }
          }
        }
      }
    ]
  },
  "live-activity": {
    finds: [
      [
        { apns: { liveActivityToken: "t" } },
        "apns.payload.aps: lacks timestamp, event, content-state of a Live Activity"
      ],
      [
        { apns: { liveActivityToken: "t", payload: { aps: { event: "end", timestamp: 1 } } } },
        "apns.payload.aps: lacks content-state of a Live Activity"
      ]
    ],
    leaves: [
      { apns: { payload: { aps } } },
      {
        apns: {
          liveActivityToken: "t",
          payload: { aps: { event: "update", timestamp: 1, "content-state": {} } }
        }
      }
    ]
  },
  "collapse-key-apns": {
    finds: [[{ collapseKey: "ä".repeat(33) }, "collapseKey: is too long for APNs, which takes 64 bytes"]],
    leaves: [{ collapseKey: "ä".repeat(32) }, {}]
  },
  "collapse-key-webpush": {
    finds: [
      [
        { collapseKey: "a b" },
        "collapseKey: is no topic of web push, which takes 1 to 32 letters, digits, - and _"
      ],
      [
        { collapseKey: "" },
        "collapseKey: is no topic of web push, which takes 1 to 32 letters, digits, - and _"
      ]
    ],
    leaves: [{ collapseKey: "score_update-1" }, {}]
  },
  "collapse-key-count": {
    finds: [[{ collapseKey: "match-42" }, "collapseKey: has digits, as if there were many such keys"]],
    leaves: [{ collapseKey: "score" }, {}]
  },
  "time-to-live-zero": {
    finds: [
      [{ timeToLive: "0 seconds" }, "timeToLive: is 0: the message is delivered now or never"],
      [{ timeToLive: "500 millis" }, "timeToLive: is 0: the message is delivered now or never"],
      [{ android: { ttl: Duration.zero } }, "android.ttl: is 0: the message is delivered now or never"]
    ],
    leaves: [{ timeToLive: "1 second" }, {}]
  },
  "time-to-live-rounded": {
    finds: [
      [{ timeToLive: "1500 millis" }, "timeToLive: is no whole number of seconds"],
      [{ android: { ttl: "500 millis" } }, "android.ttl: is no whole number of seconds"]
    ],
    leaves: [{ timeToLive: "2 seconds" }, {}]
  },
  "time-to-live-stale": {
    finds: [
      [{ collapseKey: "k" }, "timeToLive: is longer than a week, for a message that a later one replaces"],
      [
        { collapseKey: "k", timeToLive: "8 days" },
        "timeToLive: is longer than a week, for a message that a later one replaces"
      ]
    ],
    leaves: [{}, { timeToLive: "8 days" }, { collapseKey: "k", timeToLive: "7 days" }]
  },
  "android-contradiction": {
    finds: [[
      {
        android: {
          notification: {
            defaultVibrateTimings: true,
            vibrateTimings: ["1 second"],
            defaultLightSettings: true,
            lightSettings: { color: "#ffffff", lightOnDuration: "1 second", lightOffDuration: "1 second" }
          }
        }
      },
      "android.notification.vibrateTimings: are not used, for defaultVibrateTimings is set",
      "android.notification.defaultLightSettings: is not used, for lightSettings are set"
    ]],
    leaves: [
      { android: { notification: { defaultVibrateTimings: false, vibrateTimings: ["1 second"] } } },
      { android: { notification: { defaultLightSettings: true } } },
      { android: {} }
    ]
  },
  "webpush-headers": {
    finds: [[
      JSON.parse(`{ "webpush": { "headers": { "ttl": "1h", "Urgency": "urgent", "Topic": "a b" } } }`),
      "webpush.headers.TTL: should be seconds, in digits",
      "webpush.headers.Urgency: should be very-low, low, normal or high",
      "webpush.headers.Topic: should be 1 to 32 of letters, digits, - and _"
    ]],
    leaves: [{ webpush: { headers: { TTL: "0", Urgency: "very-low", Topic: "a-b_1" } } }]
  },
  "webpush-link": {
    finds: [[{ webpush: { fcmOptions: { link: "http://a" } } }, "webpush.fcmOptions.link: is no https URL"]],
    leaves: [{ webpush: { fcmOptions: { link: "HTTPS://a" } } }, { webpush: {} }]
  },
  "analytics-label": {
    finds: [[
      {
        analyticsLabel: "a b",
        android: { fcmOptions: { analyticsLabel: "" } },
        apns: { fcmOptions: { analyticsLabel: bytes(51) } },
        webpush: { fcmOptions: { analyticsLabel: "ä" } }
      },
      "analyticsLabel: should be 1 to 50 letters, digits and -_.~%",
      "android.fcmOptions.analyticsLabel: should be 1 to 50 letters, digits and -_.~%",
      "apns.fcmOptions.analyticsLabel: should be 1 to 50 letters, digits and -_.~%",
      "webpush.fcmOptions.analyticsLabel: should be 1 to 50 letters, digits and -_.~%"
    ]],
    leaves: [{ analyticsLabel: "a-b_c.d~e%5" }, { analyticsLabel: bytes(50) }]
  },
  deprecated: {
    finds: [[
      { android: { notification: { bypassProxyNotification: true } }, gcm: { delayWhileIdle: false } },
      "android.notification.bypassProxyNotification: is deprecated in favor of proxy",
      "gcm.delayWhileIdle: was withdrawn in 2016"
    ]],
    leaves: [{ android: { notification: { proxy: "DENY" } }, gcm: { contentAvailable: true } }]
  }
}

const isRule = (name: string): name is Message.Rule => name in cases

describe("Message.lint", () => {
  for (const rule of Object.keys(cases).filter(isRule)) {
    it(`${rule}: finds what it should, and nothing else`, () => {
      for (const [fields, ...expected] of cases[rule].finds) {
        assert.deepStrictEqual(Message.validate(Message.make(fields)), [])
        assert.deepStrictEqual(advice(fields, rule), expected)
      }
      for (const fields of cases[rule].leaves) {
        assert.deepStrictEqual(Message.validate(Message.make(fields)), [])
        assert.deepStrictEqual(advice(fields, rule), [])
      }
    })
  }

  it("has nothing to say about a message that is well made", () => {
    const message = Message.make({
      data: { match: 42 },
      notification: { title: "Goal!", body: "3 : 1" },
      collapseKey: "score",
      timeToLive: "10 minutes",
      priority: "high"
    })
    assert.deepStrictEqual(Message.lint(message), [])
  })

  it("explains itself, the same for all of a rule, and never says what the message says", () => {
    const secret = "SECRET"
    const found = Message.lint(Message.make({
      data: { a: secret },
      collapseKey: `${secret} 1`,
      analyticsLabel: `${secret} 1`,
      apns: { headers: { "apns-expiration": secret, "apns-collapse-id": secret.repeat(20) } },
      webpush: { fcmOptions: { link: secret }, headers: { TTL: secret } }
    }))
    assert.isAbove(found.length, 8)
    for (const { explanation } of found) assert.match(explanation, /\.$/)
    assert.notInclude(JSON.stringify(found), secret)
  })

  it("has no advice for a message that is not sound", () => {
    assert.deepStrictEqual(Message.lint(Message.make({ collapseKey: "a b", timeToLive: "5 weeks" })), [])
  })
})
