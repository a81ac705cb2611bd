/**
 * An answer of GCM, JSON form: a result for each id, in the order of the request.
 */
import * as GcmHttp from "@cloud-messaging/protocol/GcmHttp"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Outcome from "../Outcome.ts"
import * as Recipient from "../Recipient.ts"
import * as SendError from "../SendError.ts"
import type { Answer } from "./exchange.ts"
import * as faults from "./faults.ts"
import type { Sent } from "./protocol.ts"
import * as Verdict from "./verdict.ts"

const decodeResponse = Schema.decodeUnknownOption(Schema.fromJsonString(GcmHttp.JsonResponse))
const decodeResult = Schema.decodeUnknownOption(GcmHttp.Result)

/** What an answer to a multicast says. */
export const judge = (answer: Answer, sent: Sent): Verdict.Verdict => {
  if (answer.status >= 200 && answer.status <= 299) return multicast(answer, sent)
  switch (answer.status) {
    case 400:
      return Verdict.rejected(
        new SendError.RejectedRequest({ code: "400", issues: [{ path: [], message: sent.scrub.text(answer.text) }] })
      )
    case 401:
      return Verdict.denied(new SendError.InvalidCredentials({ status: 401 }))
    default:
      return Verdict.ofStatus(answer)
  }
}

const multicast = (answer: Answer, sent: Sent): Verdict.Verdict => {
  const response = Option.getOrUndefined(decodeResponse(answer.text))
  if (response === undefined) return Verdict.garbled(answer, "no results")
  const { results } = response
  if (results.length !== sent.recipients.length) {
    return Verdict.garbled(answer, `${results.length} results for ${sent.recipients.length} recipients`)
  }
  const decoded = results.map((result) => decodeResult(result))
  if (decoded.every(Option.isNone)) return Verdict.garbled(answer, "results that are none")
  return Verdict.spoken(sent.recipients.map((recipient, i) => wordOn(recipient, decoded[i], answer, sent)))
}

const wordOn = (
  recipient: Recipient.Recipient,
  result: Option.Option<GcmHttp.Result> | undefined,
  { retryAfter }: Answer,
  { scrub }: Sent
): Verdict.Word => {
  if (result === undefined || Option.isNone(result)) return { _tag: "Unclear" }
  if ("message_id" in result.value) {
    const { message_id, registration_id } = result.value
    const canonical = registration_id === undefined ? undefined : Recipient.token(registration_id)
    return new Outcome.Success({ recipient, messageId: String(message_id).slice(0, 300), canonical })
  }
  const { error } = result.value
  const known = faults.find(faults.gcm, error)
  const code = known === undefined ? scrub.code(error) : error
  const fault = known ?? "keep"
  switch (fault) {
    case "notRegistered":
      return new Outcome.NotRegistered({ recipient })
    case "unavailable":
      return { _tag: "Trouble", code, retryAfter }
    default:
      return new Outcome.Failed({ recipient, code, detail: undefined, issues: [], disposition: fault })
  }
}
