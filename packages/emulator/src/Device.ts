/**
 * A device: one installation of an app, as the service knows it.
 *
 * Every device is an Android device: what a message says to it stands in `android`, or in the GCM message.
 *
 * @since 1.0.0
 */
import * as Topic from "@cloud-messaging/protocol/Topic"
import * as Schema from "effect/Schema"

/**
 * What names a device: a registration token, or a Firebase installation id.
 *
 * @category schemas
 * @since 1.0.0
 */
export const Kind = Schema.Literals(["token", "fid"])

/**
 * Whether a device can be reached.
 *
 * @category models
 * @since 1.0.0
 */
export type Presence = typeof Presence.Type

/**
 * The schema of whether a device can be reached.
 *
 * **Details**
 *
 * `online`: every message is delivered at once. `idle`: it sleeps (Android's Doze), so that only messages of high
 * priority are delivered, and the others are stored until it is `online`; one of GCM with `delay_while_idle` is stored
 * as well. `offline`: all are stored.
 *
 * @category schemas
 * @since 1.0.0
 */
export const Presence = Schema.Literals(["online", "idle", "offline"])

/**
 * The schema of what names a recipient: 1 to 4096 visible characters of ASCII.
 *
 * @category schemas
 * @since 1.0.0
 */
export const Name = Schema.String.check(Schema.isPattern(/^[\x21-\x7e]{1,4096}$/))

/**
 * The schema of names of recipients, of which `*` stands for any text and `?` for any character: up to 256 characters,
 * without either up to 4096.
 *
 * @category schemas
 * @since 1.0.0
 */
export const Names = Schema.String.check(Schema.isPattern(/^(?:[^*?]{1,4096}|.{1,256})$/))

/**
 * What is said of a device when it is arranged.
 *
 * @category models
 * @since 1.0.0
 */
export interface Registration extends Schema.Schema.Type<typeof Registration> {}

/**
 * The schema of what is said of a device when it is arranged.
 *
 * **Details**
 *
 * `recipient` is the registration token or installation id. `kind`: by default as it looks. `presence` is `online` by
 * default. `canonical` is the token that took this one's place: the device is then that one, and GCM tells senders so
 * (`registration_id`).
 *
 * @category schemas
 * @since 1.0.0
 */
export const Registration = Schema.Struct({
  recipient: Name,
  kind: Schema.optionalKey(Kind),
  presence: Schema.optionalKey(Presence),
  canonical: Schema.optionalKey(Name)
})

/**
 * A device as it is now.
 *
 * @category models
 * @since 1.0.0
 */
export interface Device extends Schema.Schema.Type<typeof Device> {}

/**
 * The schema of a device as it is now.
 *
 * **Details**
 *
 * - `registered`: `false` if the app was uninstalled; who sends to it is told UNREGISTERED (GCM: `NotRegistered`).
 * - `stored`: how many messages wait for it.
 * - `deleted`: how many messages were discarded because 100 were stored. Of `pending` ones the app learns when it is
 *   online (`deleted_messages`); of `told` ones it has.
 * - `topics`: what it is subscribed to, in the order of names; at most 2000.
 *
 * @category schemas
 * @since 1.0.0
 */
export const Device = Schema.Struct({
  recipient: Name,
  kind: Kind,
  presence: Presence,
  canonical: Schema.optionalKey(Name),
  registered: Schema.Boolean,
  stored: Schema.Natural,
  deleted: Schema.Struct({ pending: Schema.Natural, told: Schema.Natural }),
  topics: Schema.Array(Schema.String).check(Schema.isMaxLength(Topic.maxPerInstallation))
})
