/**
 * What only the old GCM protocol has: the overrides `gcm` of a message.
 *
 * Source: developers.google.com/cloud-messaging/http-server-ref.
 *
 * @since 1.0.0
 */
import type { HexColor } from "./Android.ts"
import type * as Apns from "./Apns.ts"

/**
 * Overrides for the GCM protocol.
 *
 * **Example** (A badge on iOS, an icon on Android)
 *
 * ```ts
 * import { type GcmOptions, Message } from "@cloud-messaging/client"
 *
 * const gcm: GcmOptions.GcmOptions = { contentAvailable: true, notification: { badge: "3", icon: "goal" } }
 *
 * const message = Message.make({ notification: { title: "Goal!" }, gcm })
 * ```
 *
 * @category models
 * @since 1.0.0
 */
export interface GcmOptions {
  /**
   * Whether the message waits until the device is awake. The service withdrew it in 2016.
   *
   * @default false
   */
  readonly delayWhileIdle?: boolean | undefined
  /**
   * iOS: whether a sleeping app is woken (`content-available`).
   *
   * @default false
   */
  readonly contentAvailable?: boolean | undefined
  /**
   * iOS 10: whether the app may change the notification before it is shown (`mutable-content`).
   *
   * @default false
   */
  readonly mutableContent?: boolean | undefined
  /** How the platform shows the notification. */
  readonly notification?: Notification | undefined
}

/**
 * The notification keys of the GCM protocol.
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
  /** iOS. */
  readonly subtitle?: string | undefined
  /** Android: the name of a drawable resource. Web: a URL. */
  readonly icon?: string | undefined
  /** Android: `default`, or a file in `/res/raw/`. iOS: `default`, a file of the app, or a dictionary. */
  readonly sound?: string | Apns.Sound | undefined
  /** iOS: the number on the app's icon, as a text; `"0"` takes the badge away. */
  readonly badge?: string | undefined
  /** Android: a notification with the tag of one that is shown replaces it. */
  readonly tag?: string | undefined
  /** Android: the color of the icon, `#rrggbb`. */
  readonly color?: HexColor | undefined
  /** Android 8: the notification channel. */
  readonly androidChannelId?: string | undefined
  /** Android: an intent filter. iOS: a category. Web: the page that a click opens, https. */
  readonly clickAction?: string | undefined
  /** The key of the body in the app's string resources. */
  readonly bodyLocKey?: string | undefined
  /** What is put into the place-holders of the localized body. */
  readonly bodyLocArgs?: ReadonlyArray<string> | undefined
  /** The key of the title in the app's string resources. */
  readonly titleLocKey?: string | undefined
  /** What is put into the place-holders of the localized title. */
  readonly titleLocArgs?: ReadonlyArray<string> | undefined
}
