/** Every field of our message that GCM has, in our terms and in node-gcm's. */
import type { GcmOptions, Message } from "@cloud-messaging/client"
import { Duration } from "effect"
import type { Fields } from "../utils/fields.ts"
import type { RuleName } from "./rules.ts"

/** A message in node-gcm's terms. */
export type Terms = { readonly [option: string]: unknown }

export interface Case {
  readonly ours: Message.Fields
  readonly theirs: Terms
  /** The rules that explain where the bodies differ. */
  readonly differs?: ReadonlyArray<RuleName>
}

/** Our fields; those of other overrides are of another protocol. */
export type OurField = Exclude<Fields<Message.Fields>, `${"android" | "apns" | "webpush"}.${string}`>

const same = (fields: Message.Fields & Terms, ...differs: ReadonlyArray<RuleName>): Case => ({
  ours: fields,
  theirs: fields,
  differs
})

const option = (gcm: GcmOptions.GcmOptions & Terms): Case => ({ ours: { gcm }, theirs: gcm })

const shown = (ours: GcmOptions.Notification, theirs: Terms): Case => ({
  ours: { gcm: { notification: ours } },
  theirs: { notification: theirs }
})

const shownSame = (notification: GcmOptions.Notification & Terms): Case => shown(notification, notification)

/** Every field, with cases; or why it has none. */
export const cases: { readonly [path in OurField]: ReadonlyArray<Case> | string } = {
  data: [
    same({ data: { score: "4x8", time: "15:16.2342", "with.dot": "", "quote\"\\\n": "\u0000 😀 \u2028" } }),
    same({ data: { score: 42, half: 0.5, won: true } }, "data-text"),
    same({ data: { constructor: "a", prototype: "b", toString: "c" } }),
    same({ data: { ["__proto__"]: "a" } }, "prototype-key"),
    same({ data: {} }, "empty")
  ],
  "notification.title": [same({ notification: { title: "Goal!" } })],
  "notification.body": [same({ notification: { body: "3 – 2" } }), same({ notification: {} })],
  "notification.image": "GCM has no image: such a message is refused",
  collapseKey: [same({ collapseKey: "match 42" })],
  timeToLive: [
    { ours: { timeToLive: "1 hour" }, theirs: { timeToLive: 3600 } },
    { ours: { timeToLive: Duration.weeks(4) }, theirs: { timeToLive: 2_419_200 } },
    { ours: { timeToLive: { seconds: 0 } }, theirs: { timeToLive: 0 } },
    { ours: { timeToLive: "1500 millis" }, theirs: { timeToLive: 1.5 }, differs: ["whole-seconds"] }
  ],
  priority: [same({ priority: "high" }), same({ priority: "normal" })],
  restrictedPackageName: [same({ restrictedPackageName: "com.example.scores" })],
  dryRun: [same({ dryRun: true }), same({ dryRun: false })],
  analyticsLabel: "GCM has no label: such a message is refused",
  "gcm.delayWhileIdle": [option({ delayWhileIdle: true }), option({ delayWhileIdle: false })],
  "gcm.contentAvailable": [option({ contentAvailable: true }), option({ contentAvailable: false })],
  "gcm.mutableContent": [option({ mutableContent: true }), option({ mutableContent: false })],
  "gcm.notification.title": [
    shownSame({ title: "Goal!" }),
    {
      ours: { notification: { title: "Goal!", body: "3 – 2" }, gcm: { notification: { title: "Tor!", icon: "goal" } } },
      theirs: { notification: { title: "Tor!", body: "3 – 2", icon: "goal" } }
    }
  ],
  "gcm.notification.body": [shownSame({ body: "3 – 2" })],
  "gcm.notification.subtitle": [shownSame({ subtitle: "Second half" })],
  "gcm.notification.icon": [shownSame({ icon: "goal" })],
  "gcm.notification.sound": [shownSame({ sound: "default" })],
  "gcm.notification.sound.name": [shownSame({ sound: { name: "goal.caf" } })],
  "gcm.notification.sound.critical": [shownSame({ sound: { name: "goal.caf", critical: 1 } })],
  "gcm.notification.sound.volume": [shownSame({ sound: { name: "goal.caf", volume: 0.5 } })],
  "gcm.notification.badge": [shownSame({ badge: "3" })],
  "gcm.notification.tag": [shownSame({ tag: "match-42" })],
  "gcm.notification.color": [shownSame({ color: "#d81b60" })],
  "gcm.notification.androidChannelId": [shown({ androidChannelId: "scores" }, { android_channel_id: "scores" })],
  "gcm.notification.clickAction": [shown({ clickAction: "OPEN_MATCH" }, { click_action: "OPEN_MATCH" })],
  "gcm.notification.bodyLocKey": [shown({ bodyLocKey: "goal_body" }, { body_loc_key: "goal_body" })],
  // node-gcm's table: "JSON array as string"
  "gcm.notification.bodyLocArgs": [shown({ bodyLocArgs: ["3", "2"] }, { body_loc_args: "[\"3\",\"2\"]" })],
  "gcm.notification.titleLocKey": [shown({ titleLocKey: "goal_title" }, { title_loc_key: "goal_title" })],
  "gcm.notification.titleLocArgs": [shown({ titleLocArgs: ["3 \"2\""] }, { title_loc_args: "[\"3 \\\"2\\\"\"]" })]
}

/** Options of node-gcm that say what none of our fields says; `docs/wire.md` says why. */
export const theirsAlone: ReadonlyArray<string> = ["fcm_options"]
