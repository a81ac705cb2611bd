/**
 * Subscriptions to topics, as the engine takes them: one by one through FCM v1, or in batches through Instance ID.
 */
import * as InstanceId from "@cloud-messaging/protocol/InstanceId"
import * as RpcStatus from "@cloud-messaging/protocol/RpcStatus"
import * as Topic from "@cloud-messaging/protocol/Topic"
import * as TopicSubscription from "@cloud-messaging/protocol/TopicSubscription"
import * as HttpBody from "effect/http/HttpBody"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Outcome from "../Outcome.ts"
import * as Recipient from "../Recipient.ts"
import * as SendError from "../SendError.ts"
import type { Question } from "./askOne.ts"
import type { Authorize } from "./authorization.ts"
import { findBadRequests, findFcmErrors } from "./details.ts"
import { type Answer, isOk } from "./exchange.ts"
import * as faults from "./faults.ts"
import * as fcmAnswer from "./fcmAnswer.ts"
import type { Prepared } from "./group.ts"
import type { KnownProject } from "./knownProject.ts"
import { anybody, type Encoded, type Protocol, type Sent } from "./protocol.ts"
import type { Scrub } from "./scrub.ts"
import * as Verdict from "./verdict.ts"

/** Whose topics, and where they are kept. */
export interface Project {
  readonly sender: fcmAnswer.Sender
  /** Of FCM v1. */
  readonly origin: string
  /** Of the Instance ID service. */
  readonly instanceIdOrigin: string
  readonly authorize: Authorize
  readonly known: KnownProject
  /** Credentials, floors, and whom it refuses. */
  readonly fcm: Protocol
}

export type Change = "subscribe" | "unsubscribe"

export interface Asked {
  readonly project: Project
  readonly change: Change
  readonly topic: string
}

/** How requests for one change are made, and their answers read. */
export interface Requests {
  readonly protocol: Protocol
  readonly prepared: Prepared
}

const requests = (protocol: Protocol, encoded: Encoded): Requests => ({ protocol, prepared: prepared(encoded) })

const prepared = (encoded: Encoded): Prepared => ({
  encoded,
  secrets: () => [],
  timeToLive: Number.POSITIVE_INFINITY
})

// -----------------------------------------------------------------------------
// One by one
// -----------------------------------------------------------------------------

/** One registration a request: a token or an installation id. */
export const single = ({ change, project, topic }: Asked): Requests => {
  const request = change === "subscribe"
    ? HttpClientRequest.patch
    : HttpClientRequest.delete
  // the reference requires an empty body for DELETE
  const body = change === "subscribe" ? HttpBody.text("{}", "application/json") : HttpBody.empty
  return requests(
    { ...project.fcm, recipientsPerRequest: 1, judge: judgeSingle(project) },
    ({ credential, recipients: [recipient = anybody] }) =>
      request(project.origin + TopicSubscription.path(project.sender.projectId, Recipient.value(recipient), topic), {
        urlParams: { allowMissing: "true" }, // a change that is already made counts as made
        headers: project.authorize(credential),
        body
      })
  )
}

const judgeSingle = ({ known, sender }: Project) => (answer: Answer, sent: Sent): Verdict.Verdict =>
  known.hear(judgeChange(sender, answer, sent), sent)

const judgeChange = (sender: fcmAnswer.Sender, answer: Answer, sent: Sent): Verdict.Verdict => {
  const [recipient = anybody] = sent.recipients
  const changed = new Outcome.Success({ recipient, messageId: "", canonical: undefined })
  if (isOk(answer)) {
    return Option.exists(decodeObject(answer.text), (object) => !("error" in object))
      ? Verdict.spoken([changed])
      : Verdict.garbled(answer, "no object")
  }
  return isSoAlready(answer) ? Verdict.spoken([changed]) : judgeFailure(sender, answer, recipient, sent.scrub)
}

const isSoAlready = ({ status, text }: Answer): boolean =>
  status === 409 && Option.exists(RpcStatus.decodeEnvelope(text), (envelope) => envelope.status === "ALREADY_EXISTS")

const judgeFailure = (
  sender: fcmAnswer.Sender,
  answer: Answer,
  recipient: Recipient.Recipient,
  scrub: Scrub
): Verdict.Verdict => {
  // every quota here is one of topics: it is the project's
  if (answer.status === 429) return Verdict.ofStatus(answer)
  const envelope = Option.getOrUndefined(RpcStatus.decodeEnvelope(answer.text))
  if (envelope !== undefined) {
    // with `allowMissing`, a 404 means that the registration is missing; an unknown project is a 403
    if (answer.status === 404) return Verdict.spoken([new Outcome.NotRegistered({ recipient })])
    const isBad = answer.status === 400 && findFcmErrors(envelope).every((_) => _.errorCode === "INVALID_ARGUMENT")
    if (isBad) return judgeBadRequest(envelope, recipient, scrub)
  }
  return fcmAnswer.judge(sender, answer, { recipients: [recipient], scrub })
}

/** One call changes one topic: an invalid topic ends the call, an invalid registration does not. */
const judgeBadRequest = (envelope: RpcStatus.Status, recipient: Recipient.Recipient, scrub: Scrub) => {
  const { message = "", status = "INVALID_ARGUMENT" } = envelope
  const code = scrub.code(status)
  const detail = scrub.text(message)
  const violations = findBadRequests(envelope).flatMap(({ fieldViolations }) => fieldViolations)
  if (violations.some(({ field = "" }) => /^topic_?name$/i.test(field))) {
    return Verdict.rejected(new SendError.RejectedRequest({ code, issues: [{ path: ["topic"], message: detail }] }))
  }
  const texts = [message, ...violations.map(({ description = "" }) => description)]
  const disposition = status === "INVALID_ARGUMENT" && texts.some(namesRegistration) ? "remove" : "keep"
  return Verdict.spoken([new Outcome.Failed({ recipient, code, detail, issues: [], disposition })])
}

/** These are the texts of a send: no recorded answer to a change of topics names a registration. */
const namesRegistration = (text: string): boolean =>
  /^(the registration token is not|invalid registration token)/i.test(text)

// -----------------------------------------------------------------------------
// In batches
// -----------------------------------------------------------------------------

/** Up to 1000 registration tokens a request. */
export const batch = ({ change, project, topic }: Asked): Requests => {
  const path = change === "subscribe" ? InstanceId.batchAddPath : InstanceId.batchRemovePath
  return requests(
    { ...project.fcm, recipientsPerRequest: InstanceId.maxTokens, judge: judgeBatch(project.sender) },
    ({ credential, recipients }) =>
      HttpClientRequest.post(project.instanceIdOrigin + path, {
        headers: { ...project.authorize(credential), ...InstanceId.accessTokenAuth },
        body: HttpBody.text(
          encodeBatch({ to: Topic.address(topic), registration_tokens: recipients.map(Recipient.value) }),
          "application/json"
        )
      })
  )
}

const judgeBatch = (sender: fcmAnswer.Sender) => (answer: Answer, sent: Sent): Verdict.Verdict => {
  if (answer.status === 401 || answer.status === 403) return fcmAnswer.judge(sender, answer, sent)
  if (!isOk(answer)) return Verdict.ofPlainStatus(answer, sent.scrub)
  const results = Option.getOrUndefined(decodeBatch(answer.text))?.results
  if (results === undefined) return Verdict.garbled(answer, "no results")
  return Verdict.ofResults(
    answer,
    sent.recipients,
    results.map((_) => Option.getOrUndefined(decodeResult(_))),
    (recipient, { error }) => wordOn(recipient, error, answer, sent.scrub)
  )
}

const wordOn = (
  recipient: Recipient.Recipient,
  error: string | undefined,
  { retryAfter }: Answer,
  scrub: Scrub
): Verdict.Word => {
  if (error === undefined) return new Outcome.Success({ recipient, messageId: "", canonical: undefined })
  const fault = faults.find(faults.instanceId, error)
  const code = fault === undefined ? scrub.code(error) : error
  return Verdict.ofFault(recipient, fault ?? "keep", { code, retryAfter })
}

// -----------------------------------------------------------------------------
// List
// -----------------------------------------------------------------------------

export interface Page {
  readonly topics: ReadonlyArray<string>
  readonly nextPageToken: string | undefined
}

const noPage: Page = { topics: [], nextPageToken: undefined }

/** A page of the topics of one registration. */
export const list = (
  project: Project,
  recipient: Recipient.Recipient,
  pageToken: string | undefined
): Question<Page> => ({
  unsettled: [recipient],
  prepared: {
    ...prepared(({ credential }) =>
      HttpClientRequest.get(
        project.origin + TopicSubscription.collectionPath(project.sender.projectId, Recipient.value(recipient)),
        {
          urlParams: { pageSize: TopicSubscription.maxPageSize, pageToken },
          headers: project.authorize(credential)
        }
      )
    ),
    secrets: () => [Recipient.value(recipient)]
  },
  judge: (answer, scrub) => {
    if (!isOk(answer)) {
      return Verdict.ofNobody(judgeFailure(project.sender, answer, recipient, scrub), answer, () => noPage)
    }
    return Option.match(decodePage(answer.text), {
      onNone: () => Verdict.garbled(answer, "no page of subscriptions"),
      onSome: ({ nextPageToken, topicSubscriptions = [] }) =>
        Verdict.accepted({
          topics: topicSubscriptions.map(TopicSubscription.topicOf),
          nextPageToken: nextPageToken === "" ? undefined : nextPageToken
        })
    })
  }
})

// -----------------------------------------------------------------------------
// Answers
// -----------------------------------------------------------------------------

const encodeBatch = Schema.encodeSync(Schema.fromJsonString(InstanceId.BatchRequest))
const decodeBatch = Schema.decodeUnknownOption(Schema.fromJsonString(InstanceId.BatchResponse))
const decodeResult = Schema.decodeUnknownOption(InstanceId.Result)
const decodePage = Schema.decodeUnknownOption(Schema.fromJsonString(TopicSubscription.Page))
const decodeObject = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Record(Schema.String, Schema.Unknown)))
