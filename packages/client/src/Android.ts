/**
 * What concerns Android alone: the overrides `android` of a message.
 *
 * Source: firebase.google.com/docs/reference/fcm/rest/v1/projects.messages, `AndroidConfig` and what is in it.
 *
 * @since 1.0.0
 */
import type * as DateTime from "effect/DateTime"
import type { DataValue, DurationInput, TimeToLive } from "./Message.ts"

/**
 * Overrides for Android. What is set here wins over the portable field of the same meaning.
 *
 * **Example** (A notification in a channel, with a sound)
 *
 * ```ts
 * import { type Android, Message } from "@cloud-messaging/client"
 *
 * const android: Android.Config = {
 *   priority: "HIGH",
 *   notification: { channelId: "scores", sound: "goal", color: "#d81b60", tag: "match-42" }
 * }
 *
 * const message = Message.make({ notification: { title: "Goal!" }, timeToLive: "10 minutes", android })
 * ```
 *
 * @category models
 * @since 1.0.0
 */
export interface Config {
  /**
   * Of several messages with the same key that wait for a device, only the last is delivered. At most 4 keys at a time
   * for an app and device.
   *
   * @default the portable `collapseKey`
   */
  readonly collapseKey?: string | undefined
  /**
   * `HIGH` wakes a sleeping device; `NORMAL` waits until it is awake.
   *
   * @default the portable `priority`; without one, the service's: `HIGH` for notifications, `NORMAL` for data
   */
  readonly priority?: "NORMAL" | "HIGH" | undefined
  /**
   * How long the message is kept while the device is away: 0 (now or never) to four weeks. The service counts whole
   * seconds, rounded down.
   *
   * @default the portable `timeToLive`; without one, four weeks
   */
  readonly ttl?: TimeToLive | undefined
  /**
   * The package that the app must have.
   *
   * @default the portable `restrictedPackageName`
   */
  readonly restrictedPackageName?: string | undefined
  /** Data for Android, on top of the portable `data`: a key that both have is taken from here. */
  readonly data?: { readonly [key: string]: DataValue } | undefined
  /** How Android shows the notification. */
  readonly notification?: Notification | undefined
  /** Options of Firebase's own. */
  readonly fcmOptions?: FcmOptions | undefined
  /**
   * Whether the app receives the message in direct boot mode, before the user has unlocked the device.
   *
   * @default false
   */
  readonly directBootOk?: boolean | undefined
  /**
   * Whether the message may be delivered over a satellite network that is constrained in bandwidth.
   *
   * @default false
   */
  readonly bandwidthConstrainedOk?: boolean | undefined
  /**
   * Whether the message may be delivered over a restricted satellite network. Google's SDKs know it.
   *
   * @default false
   */
  readonly restrictedSatelliteOk?: boolean | undefined
}

/**
 * Options of Firebase's own, for Android.
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
}

/**
 * How Android shows a notification (`AndroidNotification`).
 *
 * @category models
 * @since 1.0.0
 */
export interface Notification {
  /**
   * The first line.
   *
   * @default the portable `notification.title`
   */
  readonly title?: string | undefined
  /**
   * The text.
   *
   * @default the portable `notification.body`
   */
  readonly body?: string | undefined
  /**
   * The name of a drawable resource.
   *
   * @default the launcher icon, or what the app's manifest names
   */
  readonly icon?: string | undefined
  /** The color of the icon: `#rrggbb`. */
  readonly color?: HexColor | undefined
  /** A file in `/res/raw/`, or `default`. */
  readonly sound?: string | undefined
  /**
   * A notification with the tag of one that is shown replaces it.
   *
   * @default every message is a notification of its own
   */
  readonly tag?: string | undefined
  /** The intent filter of the activity that a click starts. */
  readonly clickAction?: string | undefined
  /** The key of the body in the app's string resources. */
  readonly bodyLocKey?: string | undefined
  /** What is put into the place-holders of the localized body. */
  readonly bodyLocArgs?: ReadonlyArray<string> | undefined
  /** The key of the title in the app's string resources. */
  readonly titleLocKey?: string | undefined
  /** What is put into the place-holders of the localized title. */
  readonly titleLocArgs?: ReadonlyArray<string> | undefined
  /**
   * The notification channel (Android 8); the app must have made it.
   *
   * @default the channel that the app's manifest names
   */
  readonly channelId?: string | undefined
  /** A text for accessibility services; before Android 5 it was shown in the status bar. */
  readonly ticker?: string | undefined
  /**
   * Whether the notification stays when the user clicks it.
   *
   * @default false
   */
  readonly sticky?: boolean | undefined
  /** When the event of the notification was or will be: notifications are sorted by it. Years 1 to 9999. */
  readonly eventTime?: DateTime.Utc | Date | undefined
  /**
   * Whether the notification is for this device alone, and not for a watch that is paired with it.
   *
   * @default false
   */
  readonly localOnly?: boolean | undefined
  /**
   * How prominent the notification is, before Android 8; later, the channel says. Not the priority of the message.
   *
   * @default "PRIORITY_DEFAULT"
   */
  readonly notificationPriority?: NotificationPriority | undefined
  /**
   * Whether the system's sound is played.
   *
   * @default false
   */
  readonly defaultSound?: boolean | undefined
  /**
   * Whether the system's pattern of vibration is used; wins over `vibrateTimings`.
   *
   * @default false
   */
  readonly defaultVibrateTimings?: boolean | undefined
  /**
   * Whether the system's light is used; `lightSettings` win over it.
   *
   * @default false
   */
  readonly defaultLightSettings?: boolean | undefined
  /** For how long the motor is off, on, off, on, and so on. */
  readonly vibrateTimings?: ReadonlyArray<DurationInput> | undefined
  /**
   * What a locked screen shows of it.
   *
   * @default "PRIVATE"
   */
  readonly visibility?: "VISIBILITY_UNSPECIFIED" | "PRIVATE" | "PUBLIC" | "SECRET" | undefined
  /**
   * The number on the launcher's badge, a 32-bit integer; 0: as if it were not set.
   *
   * @default one more than before
   */
  readonly notificationCount?: number | undefined
  /** How the LED blinks. */
  readonly lightSettings?: LightSettings | undefined
  /**
   * URL of an image, at most 1 MB.
   *
   * @default the portable `notification.image`
   */
  readonly image?: string | undefined
  /**
   * Whether the notification is shown even where the app shows the others itself.
   *
   * @deprecated by the service, in favor of `proxy`
   * @default false
   */
  readonly bypassProxyNotification?: boolean | undefined
  /**
   * Whether the app may show the notification itself instead of Google Play services.
   *
   * @default the service's
   */
  readonly proxy?: "PROXY_UNSPECIFIED" | "ALLOW" | "DENY" | "IF_PRIORITY_LOWERED" | undefined
}

/**
 * How prominent a notification is.
 *
 * @category models
 * @since 1.0.0
 */
export type NotificationPriority =
  | "PRIORITY_UNSPECIFIED"
  | "PRIORITY_MIN"
  | "PRIORITY_LOW"
  | "PRIORITY_DEFAULT"
  | "PRIORITY_HIGH"
  | "PRIORITY_MAX"

/**
 * How a device's LED blinks. All three are required.
 *
 * @category models
 * @since 1.0.0
 */
export interface LightSettings {
  /** `#rrggbb`, or `#rrggbbaa`. */
  readonly color: HexColor
  /** 0 or longer. */
  readonly lightOnDuration: DurationInput
  /** 0 or longer. */
  readonly lightOffDuration: DurationInput
}

/**
 * A color in hexadecimal digits: `#rrggbb`; where it says so, `#rrggbbaa`.
 *
 * @category models
 * @since 1.0.0
 */
export type HexColor = `#${string}`
