/**
 * Whether a refusal that blames the token of an Apple device is the message's fault.
 */
import * as Result from "effect/Result"
import { Message } from "../Message.ts"
import * as linting from "./lint.ts"
import { memoizeWeak } from "./memoize.ts"
import * as validation from "./validation.ts"

/** Whether a message has advice about Apple that explains why FCM answers INVALID_ARGUMENT for a token in use. */
export const explainsRefusal: (message: Message) => boolean = memoizeWeak((message) =>
  Result.match(validation.validate(Message.copied(message)), {
    onFailure: () => false,
    onSuccess: linting.explainsRefusal
  })
)
