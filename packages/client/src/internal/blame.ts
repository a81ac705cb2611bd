/**
 * What FCM blames on a token while the message is at fault: to a message that Apple refuses, it answers that the
 * registration token is invalid.
 */
import { type Advice, fields, lint, type Message } from "../Message.ts"
import { explainsRefusal } from "./lint.ts"

/** Advice on a message that explains why its tokens are called invalid. */
export const blamedOnTokens = (message: Message): ReadonlyArray<Advice> =>
  // what the portable part makes of itself for Apple is taken
  fields(message).apns === undefined ? [] : lint(message).filter(({ rule }) => explainsRefusal(rule))
