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
    finds: [
      [{}, ": says nothing"],
      [{ priority: "high", collapseKey: "k" }, ": says nothing"],
      [{ data: {} }, ": says nothing"]
    ],
    leaves: [{ data: { a: "" } }, shown, { apns: { payload: { aps } } }]
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
    finds: [
      [
        { data: { a: 1 } },
        "apns.payload.aps.content-available: is not 1, and data alone does not wake an app on iOS"
      ],
      [
        { apns: { headers: { "apns-push-type": "background" }, payload: { aps: { content_available: 1 } } } },
        "apns.payload.aps.content-available: is not 1, and yet the push type is background"
      ]
    ],
    leaves: [
      shown,
      { apns: { headers: { "apns-push-type": "background" }, payload: { aps: { "content-available": 1 } } } },
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
      {
        apns: {
          headers: {
            "APNS-PRIORITY": "high",
            "apns-expiration": "1h",
            "apns-collapse-id": bytes(65),
            "APNS-PUSH-TYPE": "alerts"
          }
        }
      },
      "apns.headers.apns-priority: should be 10, 5 or 1",
      "apns.headers.apns-expiration: should be seconds since the epoch, in digits",
      "apns.headers.apns-collapse-id: should be at most 64 bytes",
      "apns.headers.apns-push-type: should be alert, background, liveactivity or another of Apple's"
    ]],
    leaves: [
      { apns: { headers: { "apns-priority": "1", "apns-expiration": "0", "apns-collapse-id": bytes(64), "x-y": "?" } } }
    ]
  },
  "apns-header-names": {
    finds: [[
      {
        apns: {
          headers: {
            apns_priority: "5",
            apnsPushType: "background",
            "apns-expiraton": "0",
            "Collapse-Id": "k",
            topic: "com.example",
            "apns-sound": "x",
            "content-available": "1",
            "apns-foo": "x"
          }
        }
      },
      "apns.headers.apns_priority: is misspelt: should be apns-priority",
      "apns.headers.apnsPushType: is misspelt: should be apns-push-type",
      "apns.headers.apns-expiraton: is misspelt: should be apns-expiration",
      "apns.headers.Collapse-Id: is misspelt: should be apns-collapse-id",
      "apns.headers.topic: is misspelt: should be apns-topic",
      "apns.headers.apns-sound: is not a header of APNs",
      "apns.headers.content-available: is not a header: content-available belongs in payload.aps",
      "apns.headers.apns-foo: is not a header of APNs"
    ]],
    leaves: [
      { apns: { headers: { "APNS-Priority": "5", "apns-id": "i", authorization: "a", "x-y": "?", "x-topic": "?" } } }
    ]
  },
  "apns-keys": {
    finds: [
      [
        // as firebase-admin has them
        {
          apns: {
            payload: {
              aps: {
                contentAvailable: 1,
                mutableContent: 1,
                threadId: "t",
                targetContentId: "t",
                alert: { titleLocKey: "k", titleLocArgs: [], subtitleLocKey: "k", locKey: "k", launchImage: "i" }
              }
            }
          }
        },
        "apns.payload.aps.contentAvailable: is misspelt: should be content-available",
        "apns.payload.aps.mutableContent: is misspelt: should be mutable-content",
        "apns.payload.aps.threadId: is misspelt: should be thread-id",
        "apns.payload.aps.targetContentId: is misspelt: should be target-content-id",
        "apns.payload.aps.alert.titleLocKey: is misspelt: should be title-loc-key",
        "apns.payload.aps.alert.titleLocArgs: is misspelt: should be title-loc-args",
        "apns.payload.aps.alert.subtitleLocKey: is misspelt: should be subtitle-loc-key",
        "apns.payload.aps.alert.locKey: is misspelt: should be loc-key",
        "apns.payload.aps.alert.launchImage: is misspelt: should be launch-image"
      ],
      [
        {
          apns: {
            payload: {
              aps: {
                content_available: 1,
                Badge: 1,
                bagde: 1,
                events: "end",
                sonud: "s",
                alert: { tilte: "T", boddy: "B" }
              }
            }
          }
        },
        "apns.payload.aps.content_available: is misspelt: should be content-available",
        "apns.payload.aps.Badge: is misspelt: should be badge",
        "apns.payload.aps.bagde: is misspelt: should be badge",
        "apns.payload.aps.events: is misspelt: should be event",
        "apns.payload.aps.sonud: is misspelt: should be sound",
        "apns.payload.aps.alert.tilte: is misspelt: should be title",
        "apns.payload.aps.alert.boddy: is misspelt: should be body"
      ],
      [
        {
          apns: { payload: { aps: { title: "T", "loc-key": "k", volume: 1, match: 42, sound: { vol: 1, nam: "n" } } } }
        },
        "apns.payload.aps.title: belongs in alert",
        "apns.payload.aps.loc-key: belongs in alert",
        "apns.payload.aps.volume: belongs in sound",
        "apns.payload.aps.match: is not a key that Apple documents: keys of your own belong next to `aps`",
        "apns.payload.aps.sound.vol: is not a key that Apple documents: keys of your own belong next to `aps`",
        "apns.payload.aps.sound.nam: is misspelt: should be name"
      ]
    ],
    leaves: [
      { apns: { payload: { aps, contact: { threadId: 1, titel: "x" }, threadId: "own" } } },
      { apns: { payload: { aps: { alert: "A", sound: "s", "apns-priority": "5" } } } },
      {
        apns: {
          payload: {
            aps: {
              alert: {
                title: "T",
                subtitle: "S",
                body: "B",
                "launch-image": "i",
                "title-loc-key": "k",
                "title-loc-args": [],
                "subtitle-loc-key": "k",
                "subtitle-loc-args": [],
                "loc-key": "k",
                "loc-args": ["a"]
              },
              badge: 1,
              sound: { critical: 1, name: "default", volume: 1 },
              "thread-id": "t",
              category: "c",
              "content-available": 1,
              "mutable-content": 1,
              "target-content-id": "t",
              "interruption-level": "active",
              "relevance-score": 0.5,
              "filter-criteria": "f"
            }
          }
        }
      },
      {
        apns: {
          liveActivityToken: "t",
          payload: {
            aps: {
              timestamp: 1,
              event: "start",
              "content-state": {},
              "stale-date": 1,
              "dismissal-date": 1,
              "attributes-type": "A",
              attributes: {},
              "input-push-token": 1,
              "input-push-channel": "c",
              alert: { title: "T", body: "B", sound: "s" }
            }
          }
        }
      }
    ]
  },
  "apns-misplaced": {
    finds: [
      [
        { apns: { payload: { headers: { "apns-priority": "5", apnsPushType: "alert" }, aps, "apns-topic": "t" } } },
        "apns.payload.apns-topic: is a header: it belongs in apns.headers",
        "apns.payload.headers.apns-priority: is a header: it belongs in apns.headers",
        "apns.payload.headers.apnsPushType: is a header: it belongs in apns.headers"
      ],
      [
        { apns: { payload: { aps: { badge: 1, "apns-priority": "5", headers: { apns_priority: "5" } } } } },
        "apns.payload.aps.apns-priority: is a header: it belongs in apns.headers",
        "apns.payload.aps.headers.apns_priority: is a header: it belongs in apns.headers"
      ],
      [
        { apns: { payload: { aps, content_available: 1, "mutable-content": 1, interruptionLevel: "passive" } } },
        "apns.payload.content_available: belongs in aps, as content-available",
        "apns.payload.mutable-content: belongs in aps, as mutable-content",
        "apns.payload.interruptionLevel: belongs in aps, as interruption-level"
      ]
    ],
    leaves: [
      { apns: { payload: { aps, headers: { authorization: "a" }, threadId: "own", badge: 2, apns: true } } },
      { apns: { headers: { "apns-priority": "5" }, payload: { aps } } }
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
    ], [
      JSON.parse(`{ "apns": { "payload": { "aps": {
        "alert": { "title": 1, "subtitle": {}, "loc-args": "a", "title-loc-args": [1] },
        "sound": { "critical": true, "name": 1, "volume": 1.5 },
        "timestamp": "1", "event": "stop", "content-state": "s", "attributes": [], "input-push-token": true
      } } } }`),
      "apns.payload.aps.timestamp: should be a number",
      "apns.payload.aps.event: should be start, update or end",
      "apns.payload.aps.content-state: should be an object",
      "apns.payload.aps.attributes: should be an object",
      "apns.payload.aps.input-push-token: should be 0 or 1",
      "apns.payload.aps.alert.title: should be a string or an object",
      "apns.payload.aps.alert.subtitle: should be a string",
      "apns.payload.aps.alert.title-loc-args: should be a list of strings",
      "apns.payload.aps.alert.loc-args: should be a list of strings",
      "apns.payload.aps.sound.critical: should be 0 or 1",
      "apns.payload.aps.sound.name: should be a string",
      "apns.payload.aps.sound.volume: should be a number from 0 to 1"
    ], [
      { apns: { payload: { aps: { sound: { volume: -0.1 } } } } },
      "apns.payload.aps.sound.volume: should be a number from 0 to 1"
    ]],
    leaves: [
      {
        apns: {
          payload: {
            aps: { alert: { title: "T" }, badge: 0, sound: { critical: 1 }, "interruption-level": "critical", own: [] }
          }
        }
      },
      { apns: { payload: { aps: { sound: { critical: 0, name: "default", volume: 0 } } } } },
      { apns: { payload: { aps: { sound: { volume: 1 }, alert: { "loc-args": ["a"], title: "T" } } } } },
      // of a Live Activity
      JSON.parse(`{ "apns": { "payload": { "aps": { "alert": { "title": { "loc-key": "k" } } } } } }`)
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
    finds: [[
      { collapseKey: "a b" },
      "collapseKey: is no topic of web push, which takes 1 to 32 letters, digits, - and _"
    ]],
    leaves: [{ collapseKey: "score_update-1" }, { collapseKey: "" }, {}]
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
  "webpush-header-names": {
    finds: [[
      { webpush: { headers: { urgancy: "high", Topics: "t", "T-T-L": "1" } } },
      "webpush.headers.urgancy: is misspelt: should be Urgency",
      "webpush.headers.Topics: is misspelt: should be Topic",
      "webpush.headers.T-T-L: is misspelt: should be TTL"
    ]],
    leaves: [{ webpush: { headers: { ttl: "0", URGENCY: "low", topic: "t", Priority: "u=1", te: "x" } } }]
  },
  "webpush-keys": {
    finds: [[
      {
        webpush: {
          notification: {
            icn: "/a.png",
            require_interaction: true,
            Tag: "t",
            tittle: "T",
            vibarte: [1],
            actions: [{ action: "a", title: "A" }, { action: "b", title: "B", icno: "/b.png" }]
          }
        }
      },
      "webpush.notification.icn: is misspelt: should be icon",
      "webpush.notification.require_interaction: is misspelt: should be requireInteraction",
      "webpush.notification.Tag: is misspelt: should be tag",
      "webpush.notification.tittle: is misspelt: should be title",
      "webpush.notification.vibarte: is misspelt: should be vibrate",
      "webpush.notification.actions.1.icno: is misspelt: should be icon"
    ]],
    leaves: [
      {
        webpush: {
          notification: {
            title: "T",
            dir: "auto",
            lang: "en",
            body: "B",
            navigate: "/",
            tag: "t",
            image: "/i",
            icon: "/i",
            badge: "/b",
            vibrate: [1],
            timestamp: 1,
            renotify: true,
            silent: false,
            requireInteraction: true,
            data: { icn: 1 },
            actions: [{ action: "a", title: "A", icon: "/i", navigate: "/", type: "text" }]
          }
        }
      },
      // the app's own
      {
        webpush: {
          notification: { id: 1, date: "d", link: "/", page: 1, url: "/", tab: 1, name: "n", click_action: "/" }
        }
      },
      JSON.parse(`{ "webpush": { "notification": { "actions": "none" } } }`),
      { webpush: { notification: { ["icon".repeat(1000)]: 1 } } }
    ]
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
