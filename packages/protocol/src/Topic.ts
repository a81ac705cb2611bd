/**
 * Topics, to which apps subscribe: their names, in both protocols.
 *
 * Source: firebase.google.com/docs/cloud-messaging/topic-messaging, and
 * firebase.google.com/docs/reference/fcm/fcmtopics/rest/v1/projects.registrations.topicSubscriptions for the length.
 *
 * @since 1.0.0
 */
import * as Option from "effect/Option"

/**
 * The most topics that one app installation may subscribe to.
 *
 * @category constants
 * @since 1.0.0
 */
export const maxPerInstallation = 2000

/**
 * Whether a text names a topic: 1 to 900 of the characters `[a-zA-Z0-9-_.~%]`, without `/topics/`.
 *
 * @category guards
 * @since 1.0.0
 */
export const isName = (text: string): boolean => /^[a-zA-Z0-9\-_.~%]{1,900}$/.test(text)

/**
 * A topic as GCM (`to`) and the Instance ID service write it: `/topics/{name}`.
 *
 * @category encoding
 * @since 1.0.0
 */
export const address = (name: string): string => `${prefix}${name}`

const prefix = "/topics/"

/**
 * The name in an {@link address}, right or wrong; `None` for what does not start as one.
 *
 * @category decoding
 * @since 1.0.0
 */
export const fromAddress = (address: string): Option.Option<string> =>
  address.startsWith(prefix) ? Option.some(address.slice(prefix.length)) : Option.none()
