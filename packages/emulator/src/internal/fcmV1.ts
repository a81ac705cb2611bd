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
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Result from "effect/Result"
import { AnswerCut, ConnectionReset, html, json } from "./answer.ts"
import * as Fate from "./fate.ts"
import * as ProtoJson from "./protoJson.ts"
import * as world from "./world.ts"

export const send = Effect.gen(function*() {
  const { requests } = yield* world.World
  requests.fcm++
  const request = yield* HttpServerRequest.HttpServerRequest
  const { project = "" } = yield* HttpRouter.params
  const refused = (yield* checkToken(request)) ?? checkProject(project)
  if (refused !== undefined) return refused
  const body = parse(yield* request.text)
  if (Result.isFailure(body)) return body.failure
  const { message: { fid, token, ...message }, validateOnly } = body.success
  const unfit = checkContent(message)
  if (unfit !== undefined) return unfit
  const kind = fid === undefined ? "token" : "fid"
  const recipient = fid ?? token
  if (fid !== undefined && token !== undefined) return twoTargets
  if (recipient === undefined) return noTarget
  if (recipient === "") return invalidToken
  const fate = yield* Fate.strike(project, "fcm", recipient)
  if (fate.name === "reset") return yield* new ConnectionReset()
  if (fate.name === "slow") yield* Effect.sleep(fate.n ?? 0)
  const error = errors[fate.name]
  if (error !== undefined) return error
  const { messageId } = yield* world.accept(
    {
      endpoint: "fcm",
      project,
      recipient,
      kind,
      message,
      dryRun: validateOnly === true,
      answerCut: fate.name === "cut"
    },
    (n) => `projects/${project}/messages/${validateOnly === true ? "fake_message_id" : `0:${n}`}`
  )
  const text = pretty({ name: messageId })
  return fate.name === "cut"
    ? yield* new AnswerCut({ text })
    : HttpServerResponse.text(text, { contentType: json })
})

// -----------------------------------------------------------------------------
// Request
// -----------------------------------------------------------------------------

const checkToken = Effect.fnUntraced(function*(request: HttpServerRequest.HttpServerRequest) {
  const token = /^Bearer (.+)$/i.exec(request.headers["authorization"] ?? "")?.[1]
  return token !== undefined && (yield* world.isValidToken(token)) ? undefined : unauthenticated
})

const checkProject = (project: string) =>
  project === "emulator-denied" ? denied(project) : project === "emulator-missing" ? missing : undefined

const decode = ProtoJson.decode(FcmV1.SendRequest)

const parse = (text: string): Result.Result<typeof FcmV1.SendRequest.Type, HttpServerResponse.HttpServerResponse> =>
  Result.try({ try: (): unknown => JSON.parse(text), catch: () => invalidJson }).pipe(
    Result.flatMap((json) => Result.mapError(decode(json), invalidArgument))
  )

/** What is well-formed, and refused all the same: the page of error codes has the reasons, and no bodies but one. */
const checkContent = ({ android, data, notification }: FcmV1.Content) => {
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
  if (violations.length > 0) return invalidArgument(violations)
  const size = PayloadSize.ofData(data) + PayloadSize.ofTexts(notification)
  return size > PayloadSize.limit ? tooLarge : undefined
}

const isTimeToLive = Duration.between({ minimum: Duration.zero, maximum: FcmV1.maxTimeToLive })

// -----------------------------------------------------------------------------
// Answers
// -----------------------------------------------------------------------------

/** Google's JSON is indented by two, and ends in a new line. */
const pretty = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`

const failure = (
  code: number,
  status: string,
  message: string,
  details: ReadonlyArray<object>,
  headers: { readonly [name: string]: string } = {}
) =>
  HttpServerResponse.text(
    pretty({ error: { code, message, status, ...(details.length === 0 ? {} : { details }) } }),
    { status: code, contentType: json, headers }
  )

const fcmError = (errorCode: FcmV1.ErrorCode) => ({
  "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError",
  errorCode
})

const fieldViolations = (violations: ReadonlyArray<ProtoJson.Violation>) => ({
  "@type": "type.googleapis.com/google.rpc.BadRequest",
  fieldViolations: violations
})

const invalidArgument = (violations: ReadonlyArray<ProtoJson.Violation>) =>
  failure(400, "INVALID_ARGUMENT", violations.map(({ description }) => description).join("\n"), [
    fieldViolations(violations)
  ])

const invalidJson = failure(400, "INVALID_ARGUMENT", "Invalid JSON payload received. Unexpected token.", [])

const noTarget = failure(400, "INVALID_ARGUMENT", "Recipient of the message is not set.", [
  fieldViolations([{ field: "message", description: "Recipient of the message is not set." }]),
  fcmError("INVALID_ARGUMENT")
])

const tooLarge = failure(400, "INVALID_ARGUMENT", "Request contains an invalid argument.", [])

const twoTargets = invalidArgument([
  { field: "message", description: "Only one of the targets token, fid, topic and condition may be set." }
])

const invalidToken = failure(400, "INVALID_ARGUMENT", "Request contains an invalid argument.", [
  fcmError("INVALID_ARGUMENT"),
  fieldViolations([{ field: "message.token", description: "Invalid registration token" }])
])

const unauthenticated = failure(
  401,
  "UNAUTHENTICATED",
  "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid " +
    "authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.",
  []
)

const denied = (project: string) =>
  failure(
    403,
    "PERMISSION_DENIED",
    `Permission 'cloudmessaging.messages.create' denied on resource '//cloudresourcemanager.googleapis.com/projects/${project}' (or it may not exist).`,
    [{
      "@type": "type.googleapis.com/google.rpc.ErrorInfo",
      reason: "IAM_PERMISSION_DENIED",
      domain: "cloudresourcemanager.googleapis.com",
      metadata: { permission: "cloudmessaging.messages.create", resource: `projects/${project}` }
    }]
  )

const missing = failure(404, "NOT_FOUND", "Requested entity was not found.", [])

const soon = { "retry-after": "1" }

const errors: { readonly [Name in Fate.Name]?: HttpServerResponse.HttpServerResponse } = {
  unregistered: failure(404, "NOT_FOUND", "Requested entity was not found.", [fcmError("UNREGISTERED")]),
  invalid: invalidToken,
  mismatch: failure(403, "PERMISSION_DENIED", "SenderId mismatch", [fcmError("SENDER_ID_MISMATCH")]),
  "apns-auth": failure(401, "UNAUTHENTICATED", "Auth error from APNS or Web Push Service", [
    fcmError("THIRD_PARTY_AUTH_ERROR"),
    {
      "@type": "type.googleapis.com/google.firebase.fcm.v1.ApnsError",
      statusCode: 403,
      reason: "InvalidProviderToken"
    }
  ]),
  unavailable: failure(503, "UNAVAILABLE", "The service is currently unavailable.", [fcmError("UNAVAILABLE")], soon),
  internal: failure(500, "INTERNAL", "Internal error encountered.", [fcmError("INTERNAL")], soon),
  quota: failure(429, "RESOURCE_EXHAUSTED", "Quota exceeded.", [
    fcmError("QUOTA_EXCEEDED"),
    {
      "@type": "type.googleapis.com/google.rpc.QuotaFailure",
      violations: [{ subject: "device", description: "Message rate exceeded for the device." }]
    }
  ], soon),
  html
}
