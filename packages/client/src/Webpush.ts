/**
 * What concerns browsers alone: the overrides `webpush` of a message.
 *
 * Source: firebase.google.com/docs/reference/fcm/rest/v1/projects.messages, `WebpushConfig`; RFC 8030 (Web Push); and
 * the Notification API (notifications.spec.whatwg.org).
 *
 * @since 1.0.0
 */
import type * as Schema from "effect/Schema"
import type { DataValue } from "./Message.ts"

/**
 * Overrides for browsers. What is set here wins over the portable field of the same meaning.
 *
 * **Example** (A link to open, and two buttons)
 *
 * ```ts
 * import { Message, type Webpush } from "@cloud-messaging/client"
 *
 * const webpush: Webpush.Config = {
 *   headers: { Urgency: "high" },
 *   notification: { icon: "/goal.png", actions: [{ action: "watch", title: "Watch" }, { action: "mute", title: "Mute" }] },
 *   fcmOptions: { link: "https://example.com/match/42" }
 * }
 *
 * const message = Message.make({ notification: { title: "Goal!" }, webpush })
 * ```
 *
 * @category models
 * @since 1.0.0
 */
export interface Config {
  /** Headers of Web Push, on top of those that the portable fields make: a name that both have is taken from here. */
  readonly headers?: Headers | undefined
  /** Data for browsers, on top of the portable `data`: a key that both have is taken from here. */
  readonly data?: { readonly [key: string]: DataValue } | undefined
  /** How the browser shows the notification. */
  readonly notification?: Notification | undefined
  /** Options of Firebase's own. */
  readonly fcmOptions?: FcmOptions | undefined
}

/**
 * Headers of Web Push (RFC 8030 section 5); the service takes any.
 *
 * @category models
 * @since 1.0.0
 */
export interface Headers {
  /**
   * Seconds that the push service keeps the message, 0 or more.
   *
   * @default the portable `timeToLive`
   */
  readonly TTL?: string | undefined
  /**
   * How urgent it is: a device that saves power takes only what is urgent enough.
   *
   * @default the portable `priority`; without one, the push service's: `normal`
   */
  readonly Urgency?: "very-low" | "low" | "normal" | "high" | undefined
  /**
   * A message with the topic of one that waits replaces it: 1 to 32 of letters, digits, `-` and `_`.
   *
   * @default the portable `collapseKey`, where it is such a text
   */
  readonly Topic?: string | undefined
  readonly [name: string]: string | undefined
}

/**
 * How the browser shows a notification: the options of the Notification API, and whatever else the app reads.
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
  /** URL of an icon. */
  readonly icon?: string | undefined
  /**
   * URL of an image.
   *
   * @default the portable `notification.image`
   */
  readonly image?: string | undefined
  /** URL of a monochrome icon for small places. */
  readonly badge?: string | undefined
  /** A notification with the tag of one that is shown replaces it. */
  readonly tag?: string | undefined
  /** Whether one that replaces another alerts again; needs a `tag`. */
  readonly renotify?: boolean | undefined
  /** Whether it stays until the user does something. */
  readonly requireInteraction?: boolean | undefined
  /** Whether it makes no sound and does not vibrate. */
  readonly silent?: boolean | undefined
  /** The language of the texts: a tag of BCP 47. */
  readonly lang?: string | undefined
  /** The direction of the texts. */
  readonly dir?: "auto" | "ltr" | "rtl" | undefined
  /** When the event of the notification was or will be: milliseconds since the epoch. */
  readonly timestamp?: number | undefined
  /** Milliseconds of vibration, pause, vibration, and so on. */
  readonly vibrate?: ReadonlyArray<number> | undefined
  /** The buttons. */
  readonly actions?: ReadonlyArray<Action> | undefined
  /** What the service worker of the app reads. */
  readonly data?: Schema.Json | undefined
  readonly [option: string]: Schema.Json | ReadonlyArray<Action> | undefined
}

/**
 * A button of a notification.
 *
 * @category models
 * @since 1.0.0
 */
export interface Action {
  /** What the service worker is told. */
  readonly action: string
  /** What stands on the button. */
  readonly title: string
  /** URL of an icon. */
  readonly icon?: string | undefined
  readonly [option: string]: Schema.Json | undefined
}

/**
 * Options of Firebase's own, for browsers.
 *
 * @category models
 * @since 1.0.0
 */
export interface FcmOptions {
  /** The page that a click opens: https. */
  readonly link?: string | undefined
  /**
   * The label of the message in Firebase's analytics.
   *
   * @default the portable `analyticsLabel`
   */
  readonly analyticsLabel?: string | undefined
}
