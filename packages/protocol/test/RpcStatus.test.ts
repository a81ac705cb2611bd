import { FcmV1, RpcStatus } from "@cloud-messaging/protocol"
import { assert, describe, it } from "@effect/vitest"
import { Option, Schema } from "effect"
import { names, response, textOf } from "./utils/fixtures.ts"

const findFcmErrors = RpcStatus.findDetails(FcmV1.FcmError)
const findApnsErrors = RpcStatus.findDetails(FcmV1.ApnsError)
const findBadRequests = RpcStatus.findDetails(RpcStatus.BadRequest)
const findErrorInfos = RpcStatus.findDetails(RpcStatus.ErrorInfo)
const findQuotaFailures = RpcStatus.findDetails(RpcStatus.QuotaFailure)

const violationsOf = (status: RpcStatus.Status) =>
  findBadRequests(status).flatMap(({ fieldViolations }) => fieldViolations)

/** The details of a type in a body that has these details. */
const among = <A>(find: (status: RpcStatus.Status) => ReadonlyArray<A>, details: Schema.Json): ReadonlyArray<A> =>
  find(Option.getOrThrow(RpcStatus.decodeEnvelope(JSON.stringify({ error: { details } }))))

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
      assert.deepStrictEqual(
        findFcmErrors(status(name)).map(({ errorCode }) => errorCode),
        code === undefined ? [] : [code]
      )
    })

    it(`keep the HTTP status in the body of ${name}`, () => {
      assert.strictEqual(status(name).code, response(`v1-error-${name}`).status)
    })
  }

  it("tell why the project is refused", () => {
    assert.deepStrictEqual(findErrorInfos(status("permission-denied")), [{
      "@type": "type.googleapis.com/google.rpc.ErrorInfo",
      reason: "IAM_PERMISSION_DENIED",
      domain: "cloudresourcemanager.googleapis.com",
      metadata: { permission: "cloudmessaging.messages.create", resource: "projects/myproject-b5ae1" }
    }])
  })

  it("tell which field is wrong", () => {
    assert.deepStrictEqual(violationsOf(status("data-value")), [{
      field: "message.data[0].value",
      description: "Invalid value at 'message.data[0].value' (TYPE_STRING), 12"
    }])
  })

  it("tell which field is wrong whatever the order of the details", () => {
    const violations = [{ field: "message.token", description: "Invalid registration token" }]
    for (const name of ["token", "token-reordered"]) {
      assert.deepStrictEqual(violationsOf(status(name)), violations)
    }
  })

  it("tell what Apple answered whatever the order of the details", () => {
    for (const name of ["apns-disabled", "apns-disabled-reordered", "unregistered-apns"]) {
      assert.deepStrictEqual(findApnsErrors(status(name)).map((_) => [_.statusCode, _.reason]), [[410, "Unregistered"]])
    }
  })

  it("tell which quota was exceeded", () => {
    assert.deepStrictEqual(findQuotaFailures(status("quota-device")).map(({ violations }) => violations), [
      [{ subject: "device", description: "Message rate exceeded for the device." }]
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

const fcmError: typeof FcmV1.FcmError.Type = {
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
    Option.map(found, (status) => [
      findFcmErrors(status),
      findApnsErrors(status),
      findBadRequests(status),
      findQuotaFailures(status)
    ])
  })

  it.prop(
    "yields its FcmError, wherever it stands and whatever stands beside it",
    { before: Details, after: Details },
    ({ after, before }) => {
      assert.deepStrictEqual(among(findFcmErrors, [...before, fcmError, ...after]), [fcmError])
    }
  )

  it.prop(
    "yields its FcmError when other fields are of wrong types",
    { code: Schema.Json, message: Schema.Json, status: Schema.Json, more: Schema.Json },
    ({ code, message, more, status }) => {
      const text = JSON.stringify({ error: { code, message, status, more, details: [fcmError] }, more })
      assert.deepStrictEqual(findFcmErrors(Option.getOrThrow(RpcStatus.decodeEnvelope(text))), [fcmError])
    }
  )

  it.prop("keeps its text when the details are none", { details: Schema.Json }, ({ details }) => {
    const text = JSON.stringify({ error: { message: "Requested entity was not found.", details } })
    const found = Option.getOrUndefined(RpcStatus.decodeEnvelope(text))
    assert.strictEqual(found?.message, "Requested entity was not found.")
  })

  it("yields the FcmError behind one without a code", () => {
    const broken = { "@type": fcmError["@type"], errorCode: 404 }
    assert.deepStrictEqual(among(findFcmErrors, [broken, fcmError]), [fcmError])
  })

  it("yields all details of a type, in their order", () => {
    const another = { ...fcmError, errorCode: "INTERNAL" }
    assert.deepStrictEqual(among(findFcmErrors, [another, {}, fcmError]), [another, fcmError])
  })

  it("names the token although other violations are of wrong types", () => {
    const fieldViolations = [null, "odd", { field: 7, description: null }, {
      field: "message.token",
      reason: "whatever"
    }]
    const badRequest = { "@type": "type.googleapis.com/google.rpc.BadRequest", fieldViolations }
    assert.deepStrictEqual(among(findBadRequests, [badRequest]).flatMap((_) => _.fieldViolations), [
      {},
      {},
      {},
      { field: "message.token" }
    ])
  })

  it("tells the quota although other violations are of wrong types", () => {
    const violations = [null, 7, { subject: [] }, { subject: "device:1", description: 5 }]
    const quotaFailure = { "@type": "type.googleapis.com/google.rpc.QuotaFailure", violations }
    assert.deepStrictEqual(among(findQuotaFailures, [quotaFailure]).flatMap((_) => _.violations), [
      {},
      {},
      {},
      { subject: "device:1" }
    ])
  })

  it("tells Apple's status although its reason is of a wrong type", () => {
    const apnsError = { "@type": "type.googleapis.com/google.firebase.fcm.v1.ApnsError", statusCode: 410, reason: null }
    assert.deepStrictEqual(among(findApnsErrors, [apnsError]).map(({ statusCode }) => statusCode), [410])
  })

  it("tells why a request was refused although its metadata are of a wrong type", () => {
    const errorInfo = {
      "@type": "type.googleapis.com/google.rpc.ErrorInfo",
      reason: "SERVICE_DISABLED",
      metadata: { a: 1 }
    }
    assert.deepStrictEqual(among(findErrorInfos, [errorInfo]).map(({ metadata, reason }) => [reason, metadata]), [
      ["SERVICE_DISABLED", undefined]
    ])
  })
})
