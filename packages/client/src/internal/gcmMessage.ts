/**
 * A message in GCM's terms.
 */
import type * as GcmHttp from "@cloud-messaging/protocol/GcmHttp"
import * as Duration from "effect/Duration"
import type { Copied } from "./copy.ts"
import type { Valid } from "./messageFields.ts"
import * as validation from "./validation.ts"

/** What a message says to GCM, else all that is wrong with it: what the protocol cannot say comes on top. */
export const validate = (copied: Copied<unknown>) => validation.validate(copied, inexpressible)

/** What the protocol cannot say. */
export const inexpressible: ReadonlyArray<validation.Rule> = [["analyticsLabel"], ["notification", "image"]].map(
  (path) => validation.present(path, "cannot be expressed in the GCM protocol")
)

/** What a message says in plain text, else all that is wrong with it: a form has neither notifications nor priorities. */
export const validatePlainText = (copied: Copied<unknown>) =>
  validation.validate(
    copied,
    [
      ["analyticsLabel"],
      ["notification"],
      ["priority"],
      ["gcm", "contentAvailable"],
      ["gcm", "mutableContent"],
      ["gcm", "notification"]
    ].map((path) => validation.present(path, "cannot be expressed in GCM's plain-text form"))
  )

/** The content of a message. */
export const content = (fields: Valid): GcmHttp.Content => ({
  collapse_key: fields.collapseKey,
  content_available: fields.gcm?.contentAvailable,
  data: fields.data,
  delay_while_idle: fields.gcm?.delayWhileIdle,
  dry_run: fields.dryRun,
  mutable_content: fields.gcm?.mutableContent,
  notification: notification(fields),
  priority: fields.priority,
  restricted_package_name: fields.restrictedPackageName,
  time_to_live: fields.timeToLive && Math.floor(Duration.toSeconds(fields.timeToLive))
})

const notification = ({ gcm, notification }: Valid): GcmHttp.Content["notification"] => {
  if (notification === undefined && gcm?.notification === undefined) return undefined
  const shown = { ...notification, ...gcm?.notification }
  return {
    title: shown.title,
    body: shown.body,
    subtitle: shown.subtitle,
    icon: shown.icon,
    sound: shown.sound,
    badge: shown.badge,
    tag: shown.tag,
    color: shown.color,
    android_channel_id: shown.androidChannelId,
    click_action: shown.clickAction,
    body_loc_key: shown.bodyLocKey,
    body_loc_args: shown.bodyLocArgs,
    title_loc_key: shown.titleLocKey,
    title_loc_args: shown.titleLocArgs
  }
}
