/**
 * FCM HTTP v1, `projects.messages.send`, from the service's side.
 *
 * Bodies are as recorded where a source has them: protocol fixtures name it.
 */
import * as FcmV1 from "@cloud-messaging/protocol/FcmV1"
import * as PayloadSize from "@cloud-messaging/protocol/PayloadSize"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import type * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as delivery from "./delivery.ts"
import * as exchange from "./exchange.ts"
import * as Fate from "./fate.ts"
import * as Answer from "./fcmAnswer.ts"
import * as fcmTopics from "./fcmTopics.ts"
import * as ProtoJson from "./protoJson.ts"
import * as quota from "./quota.ts"
import * as RequestJson from "./requestJson.ts"
import * as world from "./world.ts"

export const send = Effect.gen(function*() {
  const request = yield* HttpServerRequest.HttpServerRequest
  const { project = "" } = yield* HttpRouter.params
  yield* world.count("fcm", project)
  const refused = yield* Answer.refusal(project, "cloudmessaging.messages.create")
  if (refused !== undefined) return refused
  const wait = yield* quota.drawProject(project, 1)
  if (wait !== undefined) return Answer.overQuota(project, { "retry-after": String(wait) })
  const body = parse(yield* request.text)
  if (Result.isFailure(body)) return body.failure
  const { message: { condition, fid, token, topic, ...message }, validateOnly } = body.success
  const toTopics = topic !== undefined || condition !== undefined
  const unfit = checkContent(message, toTopics ? PayloadSize.topicLimit : PayloadSize.limit)
  if (unfit !== undefined) return unfit
  if ([condition, fid, token, topic].filter(Predicate.isNotUndefined).length > 1) return twoTargets
  const sent = { endpoint: "fcm", project, message, dryRun: validateOnly === true, answerCut: false } as const
  const asked = { project, endpoint: "fcm", say: Answer.say(project) } as const
  if (topic !== undefined) {
    return yield* exchange.run(
      { ...asked, recipients: [] },
      (_fates, answerCut) => fcmTopics.toTopic({ ...sent, answerCut }, topic)
    )
  }
  if (condition !== undefined) {
    return yield* exchange.run(
      { ...asked, recipients: [] },
      (_fates, answerCut) => fcmTopics.toCondition({ ...sent, answerCut }, condition)
    )
  }
  const kind = fid === undefined ? "token" : "fid"
  const recipient = fid ?? token
  if (recipient === undefined) return noTarget
  if (!Fate.isRegistration(recipient)) return Answer.invalidToken
  return yield* exchange.run(
    { ...asked, recipients: [recipient] },
    ([fate], answerCut) => toOne({ ...sent, recipient, kind, answerCut }, fate)
  )
})

const toOne = Effect.fnUntraced(function*(addressed: delivery.Addressed, fate: Fate.Fate | undefined) {
  const error = fate && Answer.errorOf(fate)
  if (error !== undefined) return error
  const { dryRun, project } = addressed
  const accepted = yield* delivery.accept(
    addressed,
    (n) => `projects/${project}/messages/${dryRun ? "fake_message_id" : `0:${n}`}`
  )
  return "wait" in accepted
    ? Answer.overDeviceRate({ "retry-after": String(accepted.wait) })
    : { text: Answer.pretty({ name: accepted.messageId }) }
})

// -----------------------------------------------------------------------------
// Request
// -----------------------------------------------------------------------------

const decode = ProtoJson.decode(FcmV1.SendRequest)

const parse = (text: string): Result.Result<typeof FcmV1.SendRequest.Type, HttpServerResponse.HttpServerResponse> =>
  Result.mapError(RequestJson.parse(text), Answer.invalidJson).pipe(
    Result.flatMap((json) => Result.mapError(decode(json), Answer.invalidArgument))
  )

/** What is well-formed, and refused all the same: the page of error codes has the reasons, and no bodies but one. */
const checkContent = ({ android, apns, data, notification }: FcmV1.Content, limit: number) => {
  const reserved = [["message.data", data], ["message.android.data", android?.data]] as const
  const violations = [
    ...reserved.flatMap(([path, map]) =>
      Object.keys(map ?? {}).flatMap((key, i) =>
        FcmV1.isReservedKey(key)
          ? [{ field: `${path}[${i}].key`, description: `Invalid data payload key: ${key}` }]
          : []
      )
    ),
    ...android?.ttl === undefined || isTimeToLive(android.ttl)
      ? []
      : [{ field: "message.android.ttl", description: "Invalid time to live duration: must be from 0 to 4 weeks" }]
  ]
  if (violations.length > 0) return Answer.invalidArgument(violations.slice(0, ProtoJson.maxViolations))
  if (apns?.payload !== undefined && Object.keys(Object(apns.payload["aps"])).length === 0) return withoutAps
  const size = PayloadSize.ofData(data) + PayloadSize.ofTexts(notification)
  return Math.max(size, PayloadSize.ofData(android?.data)) > limit ? tooLarge : undefined
}

const isTimeToLive = Duration.between({ minimum: Duration.zero, maximum: FcmV1.maxTimeToLive })

// -----------------------------------------------------------------------------
// Answers
// -----------------------------------------------------------------------------

const noTarget = Answer.failure(400, "INVALID_ARGUMENT", "Recipient of the message is not set.", [
  Answer.fieldViolations([{ field: "message", description: "Recipient of the message is not set." }]),
  Answer.fcmError("INVALID_ARGUMENT")
])

// firebase-admin-dotnet, issues 39 and 323
const withoutAps = Answer.failure(
  400,
  "INVALID_ARGUMENT",
  "Payload of Apple Push Notification Service must contain an [aps] key with a non-empty dictionary.",
  [Answer.fcmError("INVALID_ARGUMENT")]
)

const tooLarge = Answer.failure(400, "INVALID_ARGUMENT", "Request contains an invalid argument.", [])

const twoTargets = Answer.invalidArgument([
  { field: "message", description: "Only one of the targets token, fid, topic and condition may be set." }
])
