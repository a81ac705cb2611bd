/**
 * FCM HTTP v1, `projects.messages.send`, from the service's side.
 *
 * Bodies are as recorded where a source has them: protocol fixtures name it.
 */
import * as FcmV1 from "@cloud-messaging/protocol/FcmV1"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import * as Str from "effect/String"
import { AnswerCut, ConnectionReset, html, json } from "./answer.ts"
import * as Fate from "./fate.ts"
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

const decode = Schema.decodeUnknownResult(FcmV1.SendRequest, { errors: "all" })

const format = SchemaIssue.makeFormatterStandardSchemaV1()

const parse = (text: string): Result.Result<typeof FcmV1.SendRequest.Type, HttpServerResponse.HttpServerResponse> =>
  Result.try({ try: (): unknown => camelCase(JSON.parse(text)), catch: () => invalidJson }).pipe(
    Result.flatMap((json) => Result.mapError(decode(json), ({ issue }) => badRequest(json, issue)))
  )

/** Maps, whose keys are the sender's own. */
const maps = new Set(["data", "headers"])

/** Names of fields may come in snake_case, as the JSON rules of proto3 have it. */
const camelCase = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(camelCase)
  if (!Predicate.isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [Str.snakeToCamel(key), maps.has(key) ? field : camelCase(field)])
  )
}

const badRequest = (body: unknown, issue: SchemaIssue.Issue) =>
  invalidArgument(
    format(issue).issues.map(({ message, path = [] }) => {
      const keys = path.map((part) => String(typeof part === "object" ? part.key : part))
      const field = fieldOf(body, keys)
      const type = /string/i.test(message) ? "TYPE_STRING" : "TYPE_MESSAGE"
      return { field, description: `Invalid value at '${field}' (${type}), ${JSON.stringify(valueAt(body, keys))}` }
    })
  )

const valueAt = (value: unknown, keys: ReadonlyArray<string>): unknown =>
  keys.reduce(
    (at: unknown, key) =>
      typeof at === "object" && at !== null ? Object.entries(at).find(([k]) => k === key)?.[1] : undefined,
    value
  )

/** As protobuf names fields: an entry of a map by its position. */
const fieldOf = (body: unknown, keys: ReadonlyArray<string>): string => {
  const at = keys.findIndex((key) => maps.has(key))
  const key = keys[at + 1]
  if (at < 0 || key === undefined) return keys.join(".")
  const map = valueAt(body, keys.slice(0, at + 1))
  const position = Predicate.isObject(map) ? Object.keys(map).indexOf(key) : 0
  return `${keys.slice(0, at + 1).join(".")}[${position}].value`
}

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

const fieldViolations = (violations: ReadonlyArray<{ readonly field: string; readonly description: string }>) => ({
  "@type": "type.googleapis.com/google.rpc.BadRequest",
  fieldViolations: violations
})

const invalidArgument = (violations: ReadonlyArray<{ readonly field: string; readonly description: string }>) =>
  failure(400, "INVALID_ARGUMENT", violations[0]?.description ?? "Request contains an invalid argument.", [
    fieldViolations(violations)
  ])

const invalidJson = failure(400, "INVALID_ARGUMENT", "Invalid JSON payload received. Unexpected token.", [])

const noTarget = failure(400, "INVALID_ARGUMENT", "Recipient of the message is not set.", [
  fieldViolations([{ field: "message", description: "Recipient of the message is not set." }]),
  fcmError("INVALID_ARGUMENT")
])

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
