/**
 * Answers of FCM HTTP v1, whatever the method.
 */
import type * as FcmV1 from "@cloud-messaging/protocol/FcmV1"
import type * as RpcStatus from "@cloud-messaging/protocol/RpcStatus"
import * as Effect from "effect/Effect"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Schema from "effect/Schema"
import * as Project from "../Project.ts"
import * as accessToken from "./accessToken.ts"
import { html, json } from "./answer.ts"
import type * as Fate from "./fate.ts"
import type * as ProtoJson from "./protoJson.ts"

/** Refuses who has no token, and projects that are fated to be refused. */
const isProjectId = Schema.is(Project.Id)

export const refusal = Effect.fnUntraced(function*(project: string, permission: string) {
  const { headers } = yield* HttpServerRequest.HttpServerRequest
  const token = /^Bearer (.+)$/i.exec(headers["authorization"] ?? "")?.[1]
  if (token === undefined || !(yield* accessToken.isValid(token))) return unauthenticated
  return project === "emulator-denied"
    ? denied(project, permission)
    : project === "emulator-missing" || !isProjectId(project)
    ? missing
    : undefined
})

/** Google's JSON is indented by two, and ends in a new line. */
export const pretty = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`

export const failure = (
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

export const fcmError = (errorCode: FcmV1.ErrorCode) => ({
  "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError",
  errorCode
})

export const fieldViolations = (violations: ReadonlyArray<ProtoJson.Violation>) => ({
  "@type": "type.googleapis.com/google.rpc.BadRequest",
  fieldViolations: violations
})

export const invalidArgument = (violations: ReadonlyArray<ProtoJson.Violation>) =>
  failure(400, "INVALID_ARGUMENT", violations.map(({ description }) => description).join("\n"), [
    fieldViolations(violations)
  ])

export const invalidJson = (why: string) =>
  failure(400, "INVALID_ARGUMENT", `Invalid JSON payload received. ${why}`, [])

export const invalidToken = failure(400, "INVALID_ARGUMENT", "Request contains an invalid argument.", [
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

const denied = (project: string, permission: string) =>
  failure(
    403,
    "PERMISSION_DENIED",
    `Permission '${permission}' denied on resource '//cloudresourcemanager.googleapis.com/projects/${project}' (or it may not exist).`,
    [{
      "@type": "type.googleapis.com/google.rpc.ErrorInfo",
      reason: "IAM_PERMISSION_DENIED",
      domain: "cloudresourcemanager.googleapis.com",
      metadata: { permission, resource: `projects/${project}` }
    }]
  )

/** What is asked for is not there. */
export const missing = failure(404, "NOT_FOUND", "Requested entity was not found.", [])

/** What becomes of a message for one recipient, if it is refused. */
export const errorOf = ({ name, retryAfter = 1 }: Fate.Fate): HttpServerResponse.HttpServerResponse | undefined => {
  const later = { "retry-after": String(retryAfter) }
  switch (name) {
    case "unregistered":
      return failure(404, "NOT_FOUND", "Requested entity was not found.", [fcmError("UNREGISTERED")])
    case "invalid":
      return invalidToken
    case "mismatch":
      return failure(403, "PERMISSION_DENIED", "SenderId mismatch", [fcmError("SENDER_ID_MISMATCH")])
    case "apns-auth":
      return apnsAuth
    case "unavailable":
      return unavailable(later)
    case "internal":
      return internal(later)
    case "quota":
      return overDeviceRate(later)
    default:
      return undefined
  }
}

const apnsAuth = failure(401, "UNAUTHENTICATED", "Auth error from APNS or Web Push Service", [
  fcmError("THIRD_PARTY_AUTH_ERROR"),
  {
    "@type": "type.googleapis.com/google.firebase.fcm.v1.ApnsError",
    statusCode: 403,
    reason: "InvalidProviderToken"
  }
])

type Headers = { readonly [name: string]: string }

const unavailable = (headers: Headers) =>
  failure(503, "UNAVAILABLE", "The service is currently unavailable.", [fcmError("UNAVAILABLE")], headers)

const internal = (headers: Headers) =>
  failure(500, "INTERNAL", "Internal error encountered.", [fcmError("INTERNAL")], headers)

const quotaExceeded = (violation: typeof RpcStatus.QuotaViolation.Type, headers: Headers) =>
  failure(429, "RESOURCE_EXHAUSTED", "Quota exceeded.", [
    fcmError("QUOTA_EXCEEDED"),
    { "@type": "type.googleapis.com/google.rpc.QuotaFailure", violations: [violation] }
  ], headers)

/** The device has had its messages of the minute. */
export const overDeviceRate = (headers: Headers) =>
  quotaExceeded({ subject: "device", description: "Message rate exceeded for the device." }, headers)

/** The quota of the project is used up. */
export const overQuota = (project: string, headers: Headers) =>
  quotaExceeded({ subject: `project:${project}`, description: "Message rate exceeded for the project." }, headers)

/** What is said with a status that was arranged. */
export const say = (project: string) => (status: number, headers: Headers): HttpServerResponse.HttpServerResponse => {
  switch (status) {
    case 401:
      return unauthenticated
    case 404:
      return missing
    case 429:
      return overQuota(project, headers)
    case 500:
      return internal(headers)
    case 502:
      return html
    case 503:
      return unavailable(headers)
    default:
      return failure(status, statusNames[status] ?? "UNKNOWN", "The emulator was told to answer so.", [], headers)
  }
}

/** As google.rpc.Code has them. */
const statusNames: { readonly [status: number]: string } = {
  400: "INVALID_ARGUMENT",
  403: "PERMISSION_DENIED",
  409: "ABORTED",
  499: "CANCELLED",
  501: "UNIMPLEMENTED",
  504: "DEADLINE_EXCEEDED"
}
