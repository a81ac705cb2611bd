/**
 * The recipients that a call names.
 */
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Recipient from "../Recipient.ts"
import * as Report from "../Report.ts"
import * as SendError from "../SendError.ts"

/**
 * Reads the recipients immediately, because an effect can run twice and an iterator cannot. An iterable that throws fails
 * the call before anything is sent, as the remaining recipients are unknown.
 */
export const withAll = <A, E, R>(
  inputs: Recipient.Inputs,
  use: (recipients: ReadonlyArray<Recipient.Recipient>) => Effect.Effect<A, E, R>
): Effect.Effect<A, E | SendError.ValidationError, R> => {
  if (Predicate.isString(inputs) || !Predicate.isIterable(inputs)) return use(Recipient.makeAll(inputs))
  const recipients: Array<Recipient.Recipient> = []
  const read = Result.try(() => {
    for (const input of inputs) recipients.push(Recipient.make(input))
  })
  if (Result.isSuccess(read)) return use(recipients)
  const issues = [{ path: ["recipients", recipients.length], message: "must be readable: it throws" }]
  return Effect.fail(
    new SendError.ValidationError({
      reason: new SendError.InvalidMessage({ issues }),
      report: Report.empty,
      unsettled: recipients
    })
  )
}
