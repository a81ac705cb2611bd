/**
 * What concerns iOS, and Apple's other systems, alone: the overrides `apns` of a message.
 *
 * Source: firebase.google.com/docs/reference/fcm/rest/v1/projects.messages, `ApnsConfig`; Apple's "Generating a remote
 * notification" and "Sending notification requests to APNs".
 *
 * @since 1.0.0
 */
import type * as Redacted from "effect/Redacted"
import type * as Schema from "effect/Schema"

/**
 * Overrides for Apple's systems. What is set here wins over the portable field of the same meaning.
 *
 * **Example** (A badge, a sound, and the app's own data)
 *
 * ```ts
 * import { type Apns, Message } from "@cloud-messaging/client"
 *
 * const apns: Apns.Config = {
 *   payload: { aps: { badge: 3, sound: "goal.caf", "thread-id": "match-42" }, match: { id: 42, minute: 89 } }
 * }
 *
 * const message = Message.make({ notification: { title: "Goal!" }, apns })
 * ```
 *
 * @category models
 * @since 1.0.0
 */
export interface Config {
  /** Headers of APNs, on top of those that the portable fields make: a name that both have is taken from here. */
  readonly headers?: Headers | undefined
  /** Apple's payload: the dictionary `aps`, and whatever the app reads. */
  readonly payload?: Payload | undefined
  /**
   * The token of a Live Activity, or one that starts Live Activities ("push to start"); its content is in
   * `payload.aps`. A secret: it shows nowhere, redacted or not.
   */
  readonly liveActivityToken?: string | Redacted.Redacted | undefined
  /** Options of Firebase's own. */
  readonly fcmOptions?: FcmOptions | undefined
}

/**
 * Headers of APNs; the service takes any.
 *
 * Source: developer.apple.com/documentation/usernotifications/sending-notification-requests-to-apns.
 *
 * @category models
 * @since 1.0.0
 */
export interface Headers {
  /**
   * `10`: at once. `5`: when it suits the device's power. `1`: power above all; wakes nothing. Apple takes no 10 for
   * what shows nothing.
   *
   * @default the portable `priority`: `10` for `high` with a notification, else `5`; without one, the service's: `10`
   */
  readonly "apns-priority"?: "10" | "5" | "1" | undefined
  /**
   * Seconds since the epoch until when APNs keeps the notification; `0`: now or never.
   *
   * @default the first attempt plus the portable `timeToLive`; without one, the service's: 30 days
   */
  readonly "apns-expiration"?: string | undefined
  /**
   * A notification with the id of one that is shown replaces it: at most 64 bytes.
   *
   * @default the portable `collapseKey`, where it fits
   */
  readonly "apns-collapse-id"?: string | undefined
  /** What kind of notification it is; `background` needs the priority 5 and `content-available`. */
  readonly "apns-push-type"?:
    | "alert"
    | "background"
    | "location"
    | "voip"
    | "complication"
    | "fileprovider"
    | "mdm"
    | "liveactivity"
    | "pushtotalk"
    | "widgets"
    | "controls"
    | undefined
  /** The app's bundle id, with a suffix for some push types. */
  readonly "apns-topic"?: string | undefined
  /** A UUID. */
  readonly "apns-id"?: string | undefined
  readonly [name: string]: string | undefined
}

/**
 * Apple's payload: the dictionary `aps`, and whatever the app reads. Without a notification of its own, the portable one
 * is shown.
 *
 * @category models
 * @since 1.0.0
 */
export interface Payload {
  /** Required, and not empty: FCM refuses a payload without it. */
  readonly aps: Aps
  readonly [key: string]: Schema.Json | Aps | undefined
}

/**
 * The dictionary `aps`, with Apple's own keys; the service takes others as well.
 *
 * Source: developer.apple.com/documentation/usernotifications/generating-a-remote-notification, and ActivityKit's
 * "Starting and updating Live Activities with ActivityKit push notifications".
 *
 * @category models
 * @since 1.0.0
 */
export interface Aps {
  /**
   * What is shown: a text, or its parts.
   *
   * @default the portable `notification`
   */
  readonly alert?: string | Alert | undefined
  /** The number on the app's icon; 0 takes it away. */
  readonly badge?: number | undefined
  /** `default`, a file of the app, or a critical alert's sound. */
  readonly sound?: string | Sound | undefined
  /** Notifications of the same thread are grouped. */
  readonly "thread-id"?: string | undefined
  /** The kind of notification, which the app gave its buttons. */
  readonly category?: string | undefined
  /** 1 wakes the app in the background: no `alert`, `badge` and `sound` then, and the priority 5. */
  readonly "content-available"?: 0 | 1 | undefined
  /** 1 lets the app's notification service extension change it first; images need it. */
  readonly "mutable-content"?: 0 | 1 | undefined
  /** The window that comes to the front. */
  readonly "target-content-id"?: string | undefined
  /**
   * How it interrupts (iOS 15).
   *
   * @default "active"
   */
  readonly "interruption-level"?: "passive" | "active" | "time-sensitive" | "critical" | undefined
  /** From 0 to 1: the highest of an app stands first in a summary (iOS 15). For Live Activities, any number. */
  readonly "relevance-score"?: number | undefined
  /** What a Focus filters by. */
  readonly "filter-criteria"?: string | undefined
  /** Live Activities: seconds since the epoch; an update that is older than the last is dropped. */
  readonly timestamp?: number | undefined
  /** Live Activities: what happens. */
  readonly event?: "start" | "update" | "end" | undefined
  /** Live Activities: the state that is shown, as the app's `ContentState` decodes it. */
  readonly "content-state"?: { readonly [key: string]: Schema.Json } | undefined
  /** Live Activities: seconds since the epoch from when the state is out of date. */
  readonly "stale-date"?: number | undefined
  /** Live Activities: seconds since the epoch when one that ended goes away. */
  readonly "dismissal-date"?: number | undefined
  /** Live Activities, `start`: the name of the app's `ActivityAttributes`. */
  readonly "attributes-type"?: string | undefined
  /** Live Activities, `start`: what does not change. */
  readonly attributes?: { readonly [key: string]: Schema.Json } | undefined
  /** Live Activities, `start`: 1 asks the device for a token to update it with. */
  readonly "input-push-token"?: 0 | 1 | undefined
  /** Live Activities, `start`: the channel that it is updated through. */
  readonly "input-push-channel"?: string | undefined
  readonly [key: string]: Schema.Json | Alert | Sound | undefined
}

/**
 * The parts of what is shown.
 *
 * @category models
 * @since 1.0.0
 */
export interface Alert {
  /**
   * The first line.
   *
   * @default the portable `notification.title`
   */
  readonly title?: string | undefined
  /** The line below the title. */
  readonly subtitle?: string | undefined
  /**
   * The text.
   *
   * @default the portable `notification.body`
   */
  readonly body?: string | undefined
  /** The image or storyboard that is shown while the app starts. */
  readonly "launch-image"?: string | undefined
  /** The key of the title in the app's `Localizable.strings`. */
  readonly "title-loc-key"?: string | undefined
  /** What is put into the place-holders of the localized title. */
  readonly "title-loc-args"?: ReadonlyArray<string> | undefined
  /** The key of the subtitle in the app's `Localizable.strings`. */
  readonly "subtitle-loc-key"?: string | undefined
  /** What is put into the place-holders of the localized subtitle. */
  readonly "subtitle-loc-args"?: ReadonlyArray<string> | undefined
  /** The key of the body in the app's `Localizable.strings`. */
  readonly "loc-key"?: string | undefined
  /** What is put into the place-holders of the localized body. */
  readonly "loc-args"?: ReadonlyArray<string> | undefined
  readonly [key: string]: Schema.Json | undefined
}

/**
 * The sound of a critical alert, which plays on a silent device as well.
 *
 * @category models
 * @since 1.0.0
 */
export interface Sound {
  /** `default`, or a file of the app. */
  readonly name?: string | undefined
  /** 1: a critical alert. */
  readonly critical?: 0 | 1 | undefined
  /** From 0 (silent) to 1. */
  readonly volume?: number | undefined
  readonly [key: string]: Schema.Json | undefined
}

/**
 * Options of Firebase's own, for Apple's systems.
 *
 * @category models
 * @since 1.0.0
 */
export interface FcmOptions {
  /**
   * The label of the message in Firebase's analytics.
   *
   * @default the portable `analyticsLabel`
   */
  readonly analyticsLabel?: string | undefined
  /**
   * URL of an image; the app needs a notification service extension, and `mutable-content`.
   *
   * @default the portable `notification.image`
   */
  readonly image?: string | undefined
}
