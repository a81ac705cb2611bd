/**
 * Finds the faults of a message that FCM blames on the token: when Apple refuses a message, FCM answers that the
 * registration token is invalid.
 */
import { type Advice, fields, lint, type Message } from "../Message.ts"
import { explainsRefusal } from "./lint.ts"

/** Advice on a message that explains why its tokens are called invalid. */
export const blamedOnTokens = (message: Message): ReadonlyArray<Advice> =>
  // Apple accepts the payload that the portable part produces
  fields(message).apns === undefined ? [] : lint(message).filter(({ rule }) => explainsRefusal(rule))
