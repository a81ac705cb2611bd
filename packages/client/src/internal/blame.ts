/**
 * What FCM blames on a token while the message is at fault.
 *
 * To a message that Apple refuses FCM answers that the registration token is invalid: github.com/firebase/firebase-admin-node
 * issue 1224, github.com/beste/firebase-php issue 700.
 */
import { type Advice, fields, lint, type Message, type Rule } from "../Message.ts"

/** Advice on a message that explains why its tokens are called invalid. */
export const blamedOnTokens = (message: Message): ReadonlyArray<Advice> => {
  const hasPayload = fields(message).apns?.payload !== undefined
  return lint(message).filter(({ rule }) =>
    rule.startsWith("apns-") && !harmless.has(rule) &&
    // data alone wakes no app on iOS, and yet it is taken, unless a payload for Apple goes with it
    (rule !== "apns-background" || hasPayload)
  )
}

/** What FCM takes, and Apple as well: only what the device makes of it is not what was meant. */
const harmless: ReadonlySet<Rule> = new Set<Rule>(["apns-image"])
