/**
 * The portable message in GCM's terms.
 */
import type * as GcmHttp from "@cloud-messaging/protocol/GcmHttp"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import type { Fields, Issue } from "../Message.ts"
import { dataTexts } from "./messageText.ts"
import * as validation from "./validation.ts"

/** What is wrong with a message for GCM: what the protocol cannot say comes on top. */
export const issues = (fields: Fields): ReadonlyArray<Issue> => [
  ...validation.issues(fields),
  ...inexpressible(["analyticsLabel"], fields.analyticsLabel),
  ...inexpressible(["notification", "image"], fields.notification?.image)
]

const inexpressible = (path: ReadonlyArray<string>, value: unknown): ReadonlyArray<Issue> =>
  value === undefined ? [] : [{ path, message: "cannot be expressed in the GCM protocol" }]

/** The content of a valid message. */
export const content = (fields: Fields): GcmHttp.Content => ({
  collapse_key: fields.collapseKey,
  data: fields.data && dataTexts(fields.data),
  dry_run: fields.dryRun,
  notification: fields.notification && { title: fields.notification.title, body: fields.notification.body },
  priority: fields.priority,
  restricted_package_name: fields.restrictedPackageName,
  time_to_live: fields.timeToLive && seconds(fields.timeToLive)
})

const seconds = (timeToLive: NonNullable<Fields["timeToLive"]>): number | undefined =>
  Option.getOrUndefined(Option.map(validation.timeToLive(timeToLive), (_) => Math.floor(Duration.toSeconds(_))))
