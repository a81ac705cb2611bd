/** Messages of any fields, and what an application would say to node-gcm to send the same. */
import { Message } from "@cloud-messaging/client"
import { Arbitrary, Duration, Schema } from "effect"
import { binary, data, flag, nonEmpty, optional, text, texts, upTo } from "../utils/parts.ts"
import type { Terms } from "./cases.ts"

/** Valid messages of any fields that GCM has. */
export const fields = Arbitrary.schema(Schema.Struct({
  data: optional(data),
  notification: optional(Schema.Struct({ title: optional(text), body: optional(text) })),
  collapseKey: optional(text),
  timeToLive: optional(Schema.Struct({ seconds: upTo(2_419_199), milliseconds: optional(upTo(999)) })),
  priority: optional(Schema.Literals(["normal", "high"])),
  restrictedPackageName: optional(text),
  dryRun: flag,
  gcm: optional(Schema.Struct({
    delayWhileIdle: flag,
    contentAvailable: flag,
    mutableContent: flag,
    notification: optional(Schema.Struct({
      title: optional(text),
      body: optional(text),
      subtitle: optional(text),
      icon: optional(text),
      sound: optional(Schema.Union([text, Schema.Struct({ name: text, critical: binary })])),
      badge: optional(text),
      tag: optional(text),
      color: optional(Schema.Literals(["#d81b60", "#000000"])),
      androidChannelId: optional(text),
      clickAction: optional(text),
      bodyLocKey: optional(text),
      bodyLocArgs: optional(texts),
      titleLocKey: optional(text),
      titleLocArgs: optional(texts)
    }))
  }))
})).pipe(Arbitrary.filter((fields) => Message.validate(Message.make(fields)).length === 0))

/** A generated message. */
export type Generated = typeof fields extends Arbitrary.Arbitrary<infer A> ? A : never

/** Recipients, each once. */
export const recipients = Schema.NonEmptyArray(nonEmpty).check(Schema.isMaxLength(5), Schema.isUnique())

export const terms = ({ data, gcm, notification, timeToLive, ...fields }: Generated): Terms => ({
  ...fields,
  data: data && dataTerms(data),
  timeToLive: timeToLive && Duration.toSeconds(Duration.fromInputUnsafe(timeToLive)),
  delayWhileIdle: gcm?.delayWhileIdle,
  contentAvailable: gcm?.contentAvailable,
  mutableContent: gcm?.mutableContent,
  notification: (notification ?? gcm?.notification) && shown(notification, gcm?.notification)
})

/** No JSON holds a bigint. */
const dataTerms = (data: NonNullable<Generated["data"]>): Terms =>
  Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, typeof value === "bigint" ? String(value) : value])
  )

const shown = (
  portable: Generated["notification"],
  override: NonNullable<Generated["gcm"]>["notification"]
): Terms => ({
  title: override?.title ?? portable?.title,
  body: override?.body ?? portable?.body,
  subtitle: override?.subtitle,
  icon: override?.icon,
  sound: override?.sound,
  badge: override?.badge,
  tag: override?.tag,
  color: override?.color,
  android_channel_id: override?.androidChannelId,
  click_action: override?.clickAction,
  body_loc_key: override?.bodyLocKey,
  body_loc_args: override?.bodyLocArgs && JSON.stringify(override.bodyLocArgs),
  title_loc_key: override?.titleLocKey,
  title_loc_args: override?.titleLocArgs && JSON.stringify(override.titleLocArgs)
})
