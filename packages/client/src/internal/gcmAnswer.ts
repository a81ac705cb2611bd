/**
 * An answer of GCM: in JSON a result for each id, in the order of the request; in plain text one.
 */
import * as DeviceGroup from "@cloud-messaging/protocol/DeviceGroup"
import * as GcmHttp from "@cloud-messaging/protocol/GcmHttp"
import * as GcmPlainText from "@cloud-messaging/protocol/GcmPlainText"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import type { Published } from "../Messaging.ts"
import * as Outcome from "../Outcome.ts"
import * as Recipient from "../Recipient.ts"
import * as SendError from "../SendError.ts"
import type { Answer } from "./exchange.ts"
import * as faults from "./faults.ts"
import type { Sent } from "./protocol.ts"
import type { Scrub } from "./scrub.ts"
import * as Verdict from "./verdict.ts"

const decodeResponse = Schema.decodeUnknownOption(Schema.fromJsonString(GcmHttp.JsonResponse))
const decodeTopic = Schema.decodeUnknownOption(GcmHttp.fromText(GcmHttp.TopicResponse))
const decodeGroup = Schema.decodeUnknownOption(Schema.fromJsonString(DeviceGroup.SendResponse))
const decodeResult = Schema.decodeUnknownOption(GcmHttp.Result)

/** What an answer to a multicast says. */
export const judge = (answer: Answer, sent: Sent): Verdict.Verdict =>
  isOk(answer) ? multicast(answer, sent) : judgeStatus(answer, sent.scrub)

/** What an answer in plain text says. */
export const judgePlainText = (answer: Answer, sent: Sent): Verdict.Verdict => {
  if (!isOk(answer)) return judgeStatus(answer, sent.scrub)
  const result = GcmPlainText.parseResult(answer.text)
  return Option.isNone(result)
    ? Verdict.garbled(answer, "neither an id nor an error")
    : Verdict.spoken(sent.recipients.map((recipient) => wordOn(recipient, result, answer, sent)))
}

/** What an answer to a topic or a condition says. */
export const judgeTopic = (answer: Answer, scrub: Scrub): Verdict.Verdict | Verdict.Accepted<Published> => {
  if (!isOk(answer)) return judgeStatus(answer, scrub)
  const result = decodeTopic(answer.text)
  return Verdict.ofAudience(Verdict.spoken([wordOn(anybody, result, answer, { recipients: [anybody], scrub })]), answer)
}

/** What an answer to a device group says; if it reached no member, the service is in trouble (503). */
export const judgeGroup = (answer: Answer, scrub: Scrub): Verdict.Verdict | Verdict.Accepted<Published> => {
  if (!isOk(answer)) return judgeStatus(answer, scrub)
  // a key that is none is answered as one registration id
  const single = multicast(answer, { recipients: [anybody], scrub })
  const group = Option.getOrUndefined(decodeGroup(answer.text))
  if (group === undefined || single._tag === "Spoken") return Verdict.ofAudience(single, answer)
  const failed = (group.failed_registration_ids ?? []).filter(Predicate.isString).map((id) => Recipient.token(id))
  return Verdict.accepted({ messageId: undefined, accepted: group.success, failed })
}

/** Stands for an audience. */
const anybody = Recipient.token("")

const isOk = ({ status }: Answer): boolean => status >= 200 && status <= 299

const judgeStatus = (answer: Answer, scrub: Scrub): Verdict.Verdict => {
  switch (answer.status) {
    case 400:
      return Verdict.rejected(
        new SendError.RejectedRequest({ code: "400", issues: [{ path: [], message: scrub.text(answer.text) }] })
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

/** What a code does not say by itself. */
const details: { readonly [code: string]: string | undefined } = {
  DeprecatedApi: "this server has ended the GCM protocol: nothing sent to it will arrive; send through Fcm"
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
    const isMoved = registration_id !== undefined && registration_id !== Recipient.value(recipient)
    const canonical = isMoved ? Recipient.token(registration_id) : undefined
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
      return new Outcome.Failed({ recipient, code, detail: details[code], issues: [], disposition: fault })
  }
}
