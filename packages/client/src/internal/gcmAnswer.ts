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
import { type Answer, isOk } from "./exchange.ts"
import * as faults from "./faults.ts"
import { anybody, type Sent } from "./protocol.ts"
import { slowedBy } from "./quota.ts"
import type { Scrub } from "./scrub.ts"
import * as Verdict from "./verdict.ts"

/** `GcmHttp.JsonResponse`, but that an array of a thousand unknowns is not gone through before they are looked at. */
const Response = Schema.Struct({
  results: Schema.declare((input): input is ReadonlyArray<unknown> => Array.isArray(input), { expected: "array" })
})

const decodeResponse = Schema.decodeUnknownOption(Schema.fromJsonString(Response))
const decodeTopic = Schema.decodeUnknownOption(GcmHttp.fromText(GcmHttp.TopicResponse))
const decodeGroup = Schema.decodeUnknownOption(Schema.fromJsonString(DeviceGroup.SendResponse))
const decodeResult = Schema.decodeUnknownOption(GcmHttp.Result)

/** What an answer to a multicast says. */
export const judge = (answer: Answer, sent: Sent): Verdict.Verdict =>
  isOk(answer) ? multicast(answer, sent) : failure(answer, sent.scrub)

/** What an answer in plain text says. */
export const judgePlainText = (answer: Answer, sent: Sent): Verdict.Verdict => {
  if (!isOk(answer)) return failure(answer, sent.scrub)
  return Option.match(GcmPlainText.parseResult(answer.text), {
    onNone: () => Verdict.garbled(answer, "neither an id nor an error"),
    onSome: (result) =>
      Verdict.spoken(sent.recipients.map((recipient) => wordOn(recipient, result, answer, sent.scrub)))
  })
}

/** What an answer to a topic or a condition says. */
export const judgeTopic = (answer: Answer, scrub: Scrub): Verdict.Verdict | Verdict.Accepted<Published> => {
  if (!isOk(answer)) return failure(answer, scrub)
  return Option.match(decodeTopic(answer.text), {
    onNone: () => Verdict.garbled(answer, "no id of a message"),
    onSome: (result) => Verdict.ofAudience(Verdict.spoken([wordOn(anybody, result, answer, scrub)]), answer)
  })
}

/** What an answer to a device group says; if it reached no member, the service is in trouble (503). */
export const judgeGroup = (answer: Answer, scrub: Scrub): Verdict.Verdict | Verdict.Accepted<Published> => {
  if (!isOk(answer)) return failure(answer, scrub)
  // a key that is none is answered as one registration id
  const single = multicast(answer, { recipients: [anybody], scrub })
  const group = Option.getOrUndefined(decodeGroup(answer.text))
  if (group === undefined || single._tag === "Spoken") return Verdict.ofAudience(single, answer)
  const failed = (group.failed_registration_ids ?? []).filter(Predicate.isString).map((id) => Recipient.token(id))
  return Verdict.accepted({ messageId: undefined, accepted: group.success, failed })
}

const multicast = (answer: Answer, { recipients, scrub }: Sent): Verdict.Verdict => {
  const response = Option.getOrUndefined(decodeResponse(answer.text))
  if (response === undefined) return Verdict.garbled(answer, "no results")
  return Verdict.ofResults(
    answer,
    recipients,
    response.results.map(resultOf),
    (recipient, result) => wordOn(recipient, result, answer, scrub)
  )
}

/** What is mostly answered, a thousand times in an answer, needs no schema. */
const resultOf = (result: unknown): GcmHttp.Result | undefined =>
  isPlainSuccess(result) ? result : Option.getOrUndefined(decodeResult(result))

const isPlainSuccess = (result: unknown): result is { readonly message_id: string } =>
  Predicate.hasProperty(result, "message_id") && Predicate.isString(result.message_id) && result.message_id !== "" &&
  !("registration_id" in result)

/** The verdict of an answer that is not a 2xx. */
const failure = (answer: Answer, scrub: Scrub): Verdict.Verdict =>
  answer.status === 429
    ? Verdict.ofStatus(answer, { slows: slowedBy(answer.text) })
    : Verdict.ofPlainStatus(answer, scrub)

/**
 * Recognizes a Google server that no longer supports the protocol (since July 2024). For another server, the url may be
 * wrong.
 */
export const orEnded = <S, V>(url: string, judge: (answer: Answer, sent: S) => V) => {
  if (!new URL(url).hostname.endsWith(".googleapis.com")) return judge
  return (answer: Answer, sent: S): V | Verdict.Troubled =>
    isRedirect(answer) || answer.status === 404 || answer.status === 410
      ? Verdict.ofStatus(answer, { detail: ended })
      : judge(answer, sent)
}

const isRedirect = ({ status }: Answer): boolean => status >= 300 && status <= 399

const ended = "this server no longer supports the GCM protocol: it delivers nothing; send through Fcm"

const wordOn = (
  recipient: Recipient.Recipient,
  result: GcmHttp.Result,
  answer: Answer, // not taken apart: `retryAfter` costs a look at the headers and the clock
  scrub: Scrub
): Verdict.Word => {
  if ("message_id" in result) {
    const { message_id, registration_id } = result
    const isMoved = registration_id !== undefined && registration_id !== Recipient.value(recipient)
    const canonical = isMoved ? Recipient.token(registration_id) : undefined
    return new Outcome.Success({ recipient, messageId: String(message_id).slice(0, 300), canonical })
  }
  const { error } = result
  const fault = faults.find(faults.gcm, error)
  const code = fault === undefined ? scrub.code(error) : error
  const detail = code === "DeprecatedApi" ? ended : undefined
  return Verdict.ofFault(recipient, fault ?? "keep", { code, detail, retryAfter: answer.retryAfter })
}
