/**
 * Answers of FCM HTTP v1, whatever the method.
 */
import type * as FcmV1 from "@cloud-messaging/protocol/FcmV1"
import * as Effect from "effect/Effect"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import { html, json } from "./answer.ts"
import type * as Fate from "./fate.ts"
import type * as ProtoJson from "./protoJson.ts"
import * as world from "./world.ts"

/** Refuses who has no token, and projects that are fated to be refused. */
export const refusal = Effect.fnUntraced(function*(project: string, permission: string) {
  const { headers } = yield* HttpServerRequest.HttpServerRequest
  const token = /^Bearer (.+)$/i.exec(headers["authorization"] ?? "")?.[1]
  if (token === undefined || !(yield* world.isValidToken(token))) return unauthenticated
  return project === "emulator-denied"
    ? denied(project, permission)
    : project === "emulator-missing"
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

const soon = { "retry-after": "1" }

export const errors: { readonly [Name in Fate.Name]?: HttpServerResponse.HttpServerResponse } = {
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
