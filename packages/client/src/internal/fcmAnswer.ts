/**
 * An answer of FCM v1: by the code in its details first, then by its status, by its text last.
 */
import * as FcmV1 from "@cloud-messaging/protocol/FcmV1"
import * as RpcStatus from "@cloud-messaging/protocol/RpcStatus"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import type { Advice, Issue } from "../Message.ts"
import * as Outcome from "../Outcome.ts"
import type { Recipient } from "../Recipient.ts"
import * as SendError from "../SendError.ts"
import { findApnsErrors, findBadRequests, findErrorInfos, findFcmErrors, findQuotaFailures } from "./details.ts"
import { type Answer, isOk } from "./exchange.ts"
import * as faults from "./faults.ts"
import { anybody, type Sent } from "./protocol.ts"
import { slowedBy, type Slows } from "./quota.ts"
import { fieldPath } from "./scrub.ts"
import * as Verdict from "./verdict.ts"

const decodeSuccess = Schema.decodeUnknownOption(Schema.fromJsonString(FcmV1.SendResponse))

/** What an answer answers: the request of one recipient. */
interface SentToOne extends Omit<Sent, "recipients"> {
  readonly recipient: Recipient
}

/** The project and the account of a request. */
export interface Sender {
  readonly projectId: string
  /** The account of the current access token, if the credentials name it. */
  readonly account: string | undefined
}

/** What an answer to the request of one recipient says. */
export const judge = (sender: Sender, answer: Answer, sent: Sent): Verdict.Verdict => {
  const recipient = sent.recipients[0] ?? anybody
  return isOk(answer)
    ? judgeSuccess(answer, recipient)
    : judgeFailure(sender, answer, { recipient, scrub: sent.scrub, blamedOnTokens: sent.blamedOnTokens })
}

const judgeSuccess = (answer: Answer, recipient: Recipient): Verdict.Verdict => {
  const messageId = nameOf(answer.text)
  return messageId === undefined
    ? Verdict.garbled(answer, "no name of a message")
    : Verdict.spoken([new Outcome.Success({ recipient, messageId, canonical: undefined })])
}

const judgeFailure = (sender: Sender, answer: Answer, sent: SentToOne): Verdict.Verdict => {
  const envelope = Option.getOrUndefined(RpcStatus.decodeEnvelope(answer.text))
  const code = envelope && codeOf(envelope)
  if (envelope !== undefined && isInvalidArgument(answer, envelope, code)) {
    return invalidArgument(envelope, sent)
  }
  return envelope === undefined || code === undefined
    ? ofStatus(sender, answer, envelope, sent)
    : ofCode(code, sender, answer, envelope, sent)
}

/** The name of the message that was accepted. */
const nameOf = (text: string): string | undefined => {
  // what the service writes needs no parser; what it might write has one
  const plain = plainSuccess.exec(text)?.[1]
  if (plain !== undefined) return plain
  const name = Option.getOrUndefined(decodeSuccess(text))?.name
  return name !== undefined && messageName.test(name) ? name : undefined
}

const plainSuccess = /^\s*\{\s*"name":\s*"(projects\/[^/\s"\\]{1,100}\/messages\/[^/\s"\\]{1,200})"\s*\}\s*$/

const messageName = /^projects\/[^/\s]{1,100}\/messages\/[^/\s]{1,200}$/

/** FCM's own code. Codes that contradict each other tell no more than one that nobody told us about. */
const codeOf = (envelope: RpcStatus.Status): string | undefined => {
  const codes = new Set(findFcmErrors(envelope).map(({ errorCode }) => errorCode))
  const [code] = codes
  return codes.size > 1 ? "UNKNOWN" : code
}

// -----------------------------------------------------------------------------
// A fault of whom?
// -----------------------------------------------------------------------------

const ofCode = (
  code: string,
  sender: Sender,
  answer: Answer,
  envelope: RpcStatus.Status,
  sent: SentToOne
): Verdict.Verdict => {
  const { recipient } = sent
  const detail = apple(envelope, sent)
  const known = faults.find(faults.fcm, code)
  const shown = known === undefined ? sent.scrub.code(code) : code
  // a code that nobody told us about: its status says whether the service is in trouble
  const fault = known ?? (answer.status === 429 || answer.status >= 500 ? "unavailable" : "keep")
  switch (fault) {
    case "notRegistered":
      return Verdict.spoken([new Outcome.NotRegistered({ recipient, ...detail === undefined ? {} : { detail } })])
    case "unavailable":
      return Verdict.ofStatus(answer, {
        code: shown,
        detail: detail ?? quota(answer, envelope, sent),
        inTrouble: true,
        slows: slows(sender, envelope)
      })
    default:
      return Verdict.spoken([
        new Outcome.Failed({ recipient, code: shown, detail: describe(envelope, sent), issues: [], disposition: fault })
      ])
  }
}

/** Without a code, the answer does not come from FCM itself, and speaks of the whole project. */
const ofStatus = (
  { account, projectId }: Sender,
  answer: Answer,
  envelope: RpcStatus.Status | undefined,
  sent: SentToOne
): Verdict.Verdict => {
  switch (answer.status) {
    case 401:
      return Verdict.denied(
        new SendError.InvalidCredentials({ status: 401, account, ...Verdict.whyRefused(answer, sent.scrub) })
      )
    case 403:
      return Verdict.denied(
        new SendError.PermissionDenied({ projectId, account, ...Verdict.whyRefused(answer, sent.scrub) })
      )
    case 404:
      return Verdict.denied(new SendError.ProjectNotFound({ projectId }))
    default:
      return envelope === undefined
        ? Verdict.ofStatus(answer, { detail: Verdict.whyRefused(answer, sent.scrub).detail })
        : Verdict.ofStatus(answer, {
          detail: quota(answer, envelope, sent) ?? describe(envelope, sent),
          slows: slows({ account, projectId }, envelope)
        })
  }
}

/** Whom a 429 slows. The details decide; if they name nothing, the text does. */
const slows = ({ projectId }: Sender, envelope: RpcStatus.Status): Slows => {
  const named = quotas(envelope)
  // the quota service counts by project, whatever the name of the quota
  const isOfProject = findErrorInfos(envelope).some(({ reason }) => reason === "RATE_LIMIT_EXCEEDED")
  const texts = named.length > 0 || isOfProject ? named : [envelope.message ?? ""]
  return texts.some((text) => slowedBy(text, projectId) === "recipient") ? "recipient" : "everybody"
}

/** The quotas that are used up, as the service names them. */
const quotas = (envelope: RpcStatus.Status): ReadonlyArray<string> =>
  findQuotaFailures(envelope).flatMap(({ violations }) => violations).slice(0, maxIssues).flatMap(
    ({ description, subject }) => {
      const text = [subject, description].filter(Predicate.isNotUndefined).join(": ")
      return text === "" ? [] : [text]
    }
  )

// -----------------------------------------------------------------------------
// INVALID_ARGUMENT: of the recipient, of the message, or nobody knows
// -----------------------------------------------------------------------------

const isInvalidArgument = (answer: Answer, envelope: RpcStatus.Status, code: string | undefined): boolean =>
  code === "INVALID_ARGUMENT" ||
  (code === undefined && answer.status === 400 && envelope.status === "INVALID_ARGUMENT")

const invalidArgument = (envelope: RpcStatus.Status, sent: SentToOne): Verdict.Verdict => {
  const { recipient } = sent
  const violations = findBadRequests(envelope).flatMap(({ fieldViolations }) => fieldViolations)
  const failed = (disposition: "fixMessage" | "keep" | "remove", advice: ReadonlyArray<Advice> = []) => {
    const issues = violations.slice(0, maxIssues).map((violation) => issueOf(violation, sent))
    return Verdict.spoken([
      new Outcome.Failed({
        recipient,
        code: "INVALID_ARGUMENT",
        detail: withAdvice(describe(envelope, sent), advice),
        issues: [...issues, ...advice.map(({ message, path }) => ({ path, message }))],
        disposition
      })
    ])
  }
  if (isGoneFromApple(envelope)) return failed("remove")
  const blamed = () => {
    const advice = sent.blamedOnTokens?.() ?? []
    return failed(advice.length === 0 ? "remove" : "fixMessage", advice)
  }
  if (violations.some(namesRecipient)) return blamed()
  const rejected = violations.filter(namesField).slice(0, maxIssues)
  if (rejected.length > 0) return reject(rejected.map((violation) => issueOf(violation, sent)))
  // texts last, and only where the details name nothing
  if (textNamesRecipient(envelope)) return blamed()
  const field = fieldInText(envelope)
  if (field !== undefined) return reject([{ path: pathOf(field), message: describe(envelope, sent) ?? "" }])
  return failed("keep")
}

const reject = (issues: ReadonlyArray<Issue>): Verdict.Verdict =>
  Verdict.rejected(new SendError.RejectedRequest({ code: "INVALID_ARGUMENT", issues }))

/** As many issues as anybody reads. */
const maxIssues = 20

/** Whether it names a field, and not the message as a whole. */
const namesField = ({ field = "" }: RpcStatus.FieldViolation): boolean => field !== "" && field !== "message"

const recipientFields = new Set(["message.token", "message.fid"])

const namesRecipient = ({ field }: RpcStatus.FieldViolation): boolean => recipientFields.has(field ?? "")

const isGoneFromApple = (envelope: RpcStatus.Status): boolean =>
  findApnsErrors(envelope).some(({ statusCode }) => statusCode === 410)

// The only place where texts of the service decide: "The registration token is not a valid FCM registration token",
// and "Invalid value at 'message.data[0].value' (TYPE_STRING), 12", both on the page of error codes.
const textNamesRecipient = ({ message }: RpcStatus.Status): boolean =>
  /^The registration token is not/i.test(message ?? "")

const fieldInText = ({ message }: RpcStatus.Status): string | undefined => /'(message\.[^']+)'/.exec(message ?? "")?.[1]

// -----------------------------------------------------------------------------
// Texts
// -----------------------------------------------------------------------------

const issueOf = ({ description, field }: RpcStatus.FieldViolation, { scrub }: SentToOne): Issue => ({
  path: pathOf(field ?? ""),
  message: scrub.text(description ?? "")
})

/** `message.data[0].value` as a path; what is no path of fields is left out, as it may quote anything. */
const pathOf = (field: string): ReadonlyArray<string | number> =>
  fieldPath.test(field)
    ? field.split(/[.[\]]+/).filter((part) => part !== "").map((part) => /^\d+$/.test(part) ? Number(part) : part)
    : []

/** The service's text, and Apple's reason behind it. */
const describe = (envelope: RpcStatus.Status, sent: SentToOne): string | undefined => {
  const detail = apple(envelope, sent)
  const parts = [envelope.message && sent.scrub.text(envelope.message), detail && `(${detail})`].filter(Boolean)
  return parts.length === 0 ? undefined : parts.join(" ")
}

/** Which quota is used up, as the service names it. */
const quota = ({ status }: Answer, envelope: RpcStatus.Status, { scrub }: SentToOne): string | undefined => {
  const text = quotas(envelope)[0] ?? (status === 429 ? envelope.message : undefined)
  return text && scrub.text(text)
}

/** The service's text, and what explains it. */
const withAdvice = (detail: string | undefined, advice: ReadonlyArray<Advice>): string | undefined => {
  if (advice.length === 0) return detail
  const texts = advice.map(({ message, path }) => `${path.join(".")} ${message}`).join("; ")
  return `${
    detail === undefined ? "" : `${detail}. `
  }FCM blames the token, but the message is wrong for Apple: ${texts}`
}

/** What Apple's service said, where it was asked. */
const apple = (envelope: RpcStatus.Status, { scrub }: SentToOne): string | undefined => {
  const [error] = findApnsErrors(envelope)
  return error && ["APNs", error.statusCode, error.reason && scrub.code(error.reason)].filter(Boolean).join(" ")
}
