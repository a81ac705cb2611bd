import { FcmV1, RpcStatus } from "@cloud-messaging/protocol"
import { assert, describe, it } from "@effect/vitest"
import { Option, Schema } from "effect"
import { names, response, textOf } from "./utils/fixtures.ts"

const findFcmError = RpcStatus.findDetail(FcmV1.FcmError)
const findApnsError = RpcStatus.findDetail(FcmV1.ApnsError)
const findBadRequest = RpcStatus.findDetail(RpcStatus.BadRequest)
const findQuotaFailure = RpcStatus.findDetail(RpcStatus.QuotaFailure)

const status = (name: string) => Option.getOrThrow(RpcStatus.decodeEnvelope(textOf(response(`v1-error-${name}`))))

const codes: { readonly [name: string]: FcmV1.ErrorCode | undefined } = {
  "access-token": undefined,
  "apns-disabled": "INVALID_ARGUMENT",
  "apns-disabled-reordered": "INVALID_ARGUMENT",
  "apns-environment": "THIRD_PARTY_AUTH_ERROR",
  "apns-provider-token": "THIRD_PARTY_AUTH_ERROR",
  "data-value": undefined,
  internal: "INTERNAL",
  layout: undefined,
  "no-target": "INVALID_ARGUMENT",
  "permission-denied": undefined,
  "project-not-found": undefined,
  "quota-device": "QUOTA_EXCEEDED",
  "quota-project": "QUOTA_EXCEEDED",
  "sender-id-mismatch": "SENDER_ID_MISMATCH",
  token: "INVALID_ARGUMENT",
  "token-documented": "INVALID_ARGUMENT",
  "token-reordered": "INVALID_ARGUMENT",
  "too-large": undefined,
  unavailable: "UNAVAILABLE",
  unregistered: "UNREGISTERED",
  "unregistered-apns": "UNREGISTERED"
}

describe("recorded error bodies", () => {
  it("are all looked at", () => {
    assert.deepStrictEqual(
      names("v1-error-").map((name) => name.slice("v1-error-".length)),
      [...Object.keys(codes), "bad-gateway"].toSorted()
    )
  })

  for (const [name, code] of Object.entries(codes)) {
    it(`give the code of ${name}`, () => {
      const found = findFcmError(status(name))
      assert.strictEqual(Option.getOrUndefined(found)?.errorCode, code)
    })

    it(`keep the HTTP status in the body of ${name}`, () => {
      assert.strictEqual(status(name).code, response(`v1-error-${name}`).status)
    })
  }

  it("tell which field is wrong", () => {
    assert.deepStrictEqual(Option.getOrUndefined(findBadRequest(status("data-value")))?.fieldViolations, [{
      field: "message.data[0].value",
      description: "Invalid value at 'message.data[0].value' (TYPE_STRING), 12"
    }])
  })

  it("tell which field is wrong whatever the order of the details", () => {
    const violations = [{ field: "message.token", description: "Invalid registration token" }]
    for (const name of ["token", "token-reordered"]) {
      assert.deepStrictEqual(Option.getOrUndefined(findBadRequest(status(name)))?.fieldViolations, violations)
    }
  })

  it("tell what Apple answered whatever the order of the details", () => {
    for (const name of ["apns-disabled", "apns-disabled-reordered", "unregistered-apns"]) {
      const found = Option.getOrUndefined(findApnsError(status(name)))
      assert.deepStrictEqual([found?.statusCode, found?.reason], [410, "Unregistered"])
    }
  })

  it("tell which quota was exceeded", () => {
    assert.deepStrictEqual(Option.getOrUndefined(findQuotaFailure(status("quota-device")))?.violations, [
      { subject: "device", description: "Message rate exceeded for the device." }
    ])
  })

  it("are no envelope when a front end sends its page", () => {
    assert.isTrue(Option.isNone(RpcStatus.decodeEnvelope(textOf(response("v1-error-bad-gateway")))))
  })

  it("are the same in the documented layout", () => {
    assert.deepStrictEqual(status("layout"), status("data-value"))
  })
})

describe("encoding", () => {
  it("writes the recorded body", () => {
    const encode = Schema.encodeSync(RpcStatus.Envelope)
    const unregistered = {
      code: 404,
      message: "Requested entity was not found.",
      status: "NOT_FOUND",
      details: [{ "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", errorCode: "UNREGISTERED" }]
    }
    assert.deepStrictEqual<unknown>(encode({ error: unregistered }), response("v1-error-unregistered").body)
  })

  it("writes no details where there are none", () => {
    const encode = Schema.encodeSync(RpcStatus.Envelope)
    const error = { code: 400, message: "Request contains an invalid argument.", status: "INVALID_ARGUMENT" }
    assert.deepStrictEqual<unknown>(encode({ error }), response("v1-error-too-large").body)
  })
})

const fcmError = {
  "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError",
  errorCode: "UNREGISTERED"
}

/** Known types with fields that are missing or of wrong types. */
const Odd = Schema.Struct({
  "@type": Schema.Literals([
    "type.googleapis.com/google.firebase.fcm.v1.ApnsError",
    "type.googleapis.com/google.rpc.BadRequest",
    "type.googleapis.com/google.rpc.QuotaFailure",
    "type.googleapis.com/google.rpc.ErrorInfo"
  ]),
  fieldViolations: Schema.optionalKey(Schema.Json),
  violations: Schema.optionalKey(Schema.Json),
  statusCode: Schema.optionalKey(Schema.Json),
  reason: Schema.optionalKey(Schema.Json)
})

const Details = Schema.Array(Schema.Union([Odd, Schema.Json]))

describe("any error body", () => {
  it.prop("of whatever text never throws", [Schema.String], ([text]) => {
    RpcStatus.decodeEnvelope(text)
  })

  it.prop("of whatever JSON never throws", [Schema.Json], ([json]) => {
    const found = RpcStatus.decodeEnvelope(JSON.stringify({ error: json }))
    Option.map(found, findFcmError)
    Option.map(found, findApnsError)
    Option.map(found, findBadRequest)
    Option.map(found, findQuotaFailure)
  })

  it.prop(
    "yields its FcmError, wherever it stands and whatever stands beside it",
    { before: Details, after: Details },
    ({ after, before }) => {
      const details = [...before, fcmError, ...after]
      const found = RpcStatus.decodeEnvelope(JSON.stringify({ error: { code: 404, details } }))
      assert.deepStrictEqual(Option.flatMap(found, findFcmError), Option.some(fcmError))
    }
  )

  it.prop(
    "yields its FcmError when other fields are of wrong types",
    { code: Schema.Json, message: Schema.Json, status: Schema.Json, more: Schema.Json },
    ({ code, message, more, status }) => {
      const text = JSON.stringify({ error: { code, message, status, more, details: [fcmError] }, more })
      assert.deepStrictEqual(Option.flatMap(RpcStatus.decodeEnvelope(text), findFcmError), Option.some(fcmError))
    }
  )

  it.prop("keeps its text when the details are none", { details: Schema.Json }, ({ details }) => {
    const text = JSON.stringify({ error: { message: "Requested entity was not found.", details } })
    const found = Option.getOrUndefined(RpcStatus.decodeEnvelope(text))
    assert.strictEqual(found?.message, "Requested entity was not found.")
  })

  it("yields the FcmError behind one without a code", () => {
    const broken = { "@type": fcmError["@type"], errorCode: 404 }
    const found = RpcStatus.decodeEnvelope(JSON.stringify({ error: { details: [broken, fcmError] } }))
    assert.deepStrictEqual(Option.flatMap(found, findFcmError), Option.some(fcmError))
  })

  it("names the token although another violation has a field of a wrong type", () => {
    const fieldViolations = [{ field: 7, description: null }, { field: "message.token", reason: "whatever" }]
    const badRequest = { "@type": "type.googleapis.com/google.rpc.BadRequest", fieldViolations }
    const found = RpcStatus.decodeEnvelope(JSON.stringify({ error: { details: [badRequest] } }))
    const fields = Option.flatMap(found, findBadRequest).pipe(
      Option.match({ onNone: () => [], onSome: (_) => _.fieldViolations.map(({ field }) => field) })
    )
    assert.include(fields, "message.token")
  })

  it("tells Apple's status although its reason is of a wrong type", () => {
    const apnsError = { "@type": "type.googleapis.com/google.firebase.fcm.v1.ApnsError", statusCode: 410, reason: null }
    const found = RpcStatus.decodeEnvelope(JSON.stringify({ error: { details: [apnsError] } }))
    assert.strictEqual(Option.getOrUndefined(Option.flatMap(found, findApnsError))?.statusCode, 410)
  })
})
