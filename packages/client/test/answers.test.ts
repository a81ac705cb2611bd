/** Recorded answers, each to its outcome or error; and whatever answers may come. */
import { Audience, Message, Messaging, type Outcome, Recipient, type Report, SendError } from "@cloud-messaging/client"
import type { FcmV1, GcmHttp } from "@cloud-messaging/protocol"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Duration, Effect, Exit, type Layer, Result, Schema } from "effect"
import { names, response, textOf, webResponse } from "../../protocol/test/utils/fixtures.ts"
import * as Http from "./utils/http.ts"

const message = Message.make({ data: { score: 42 } })

const send = (layer: Layer.Layer<Messaging.Messaging>, recipients: ReadonlyArray<string>) =>
  Effect.result(Effect.provide(Messaging.send(message, recipients), layer))

type Sent = Result.Result<Report.Report, SendError.SendError>

/** What became of one: tag, code, disposition. */
const outcomeOf = (outcome: Outcome.Outcome): string =>
  [outcome._tag, ..."code" in outcome ? [outcome.code] : [], outcome.disposition].join(" ")

const reportOf = (sent: Sent): Report.Report => Result.isSuccess(sent) ? sent.success : sent.failure.report

const errorOf = (sent: Sent): string | undefined =>
  Result.isFailure(sent) ? `${sent.failure._tag} ${sent.failure.reason._tag}` : undefined

// -----------------------------------------------------------------------------
// Recorded answers
// -----------------------------------------------------------------------------

/** What an answer becomes. What a row leaves out, there is none of. */
interface Told {
  readonly error?: string
  /** In the report, of the error if there is one. */
  readonly outcomes?: ReadonlyArray<string>
  readonly unsettled?: ReadonlyArray<string>
  readonly detail?: string
  readonly issues?: ReadonlyArray<{ readonly path: ReadonlyArray<string | number>; readonly message: string }>
  readonly status?: number
  /** Milliseconds. */
  readonly retryAfter?: number
}

const tell = (sent: Sent): Required<{ [K in keyof Told]: Told[K] | undefined }> => {
  const [outcome] = reportOf(sent).outcomes
  const reason = Result.isFailure(sent) ? sent.failure.reason : undefined
  const issues = [outcome, reason].flatMap((_) => _ !== undefined && "issues" in _ ? _.issues : [])
  const retryAfter = outcome?._tag === "Unavailable" ? outcome.retryAfter : undefined
  return {
    error: errorOf(sent),
    outcomes: reportOf(sent).outcomes.map(outcomeOf),
    unsettled: Result.isFailure(sent) ? sent.failure.unsettled.map(Recipient.value) : [],
    detail: outcome?._tag === "Failed" ? outcome.detail : undefined,
    issues: issues.map(({ message, path }) => ({ path, message })),
    status: reason !== undefined && "status" in reason ? reason.status : undefined,
    retryAfter: retryAfter && Duration.toMillis(retryAfter)
  }
}

const assertTold = (sent: Sent, row: Told) =>
  assert.deepStrictEqual(tell(sent), {
    error: undefined,
    outcomes: [],
    unsettled: [],
    detail: undefined,
    issues: [],
    status: undefined,
    retryAfter: undefined,
    ...row
  })

const invalidToken: Told = {
  outcomes: ["Failed INVALID_ARGUMENT remove"],
  detail: "Request contains an invalid argument.",
  issues: [{ path: ["message", "token"], message: "Invalid registration token" }]
}

const appleDisabled: Told = {
  outcomes: ["Failed INVALID_ARGUMENT remove"],
  detail: "APNs device token is disabled. (APNs 410 Unregistered)"
}

/** Fixtures of FCM v1, by the end of their names. */
const fcmRecorded: { readonly [name: string]: Told } = {
  "access-token": { error: "AuthenticationError InvalidCredentials", unsettled: ["odd"], status: 401 },
  "apns-disabled": appleDisabled,
  "apns-disabled-reordered": appleDisabled,
  "apns-environment": {
    outcomes: ["Failed THIRD_PARTY_AUTH_ERROR fixCredentials"],
    detail: "Auth error from APNS or Web Push Service (APNs 403 BadEnvironmentKeyInToken)"
  },
  "apns-provider-token": {
    outcomes: ["Failed THIRD_PARTY_AUTH_ERROR fixCredentials"],
    detail: "Auth error from APNS or Web Push Service (APNs 403 InvalidProviderToken)"
  },
  "bad-gateway": {
    error: "TransportError ServerError",
    outcomes: ["Unavailable ServerError retryLater"],
    status: 502
  },
  "data-value": {
    error: "ValidationError RejectedRequest",
    unsettled: ["odd"],
    issues: [{
      path: ["message", "data", 0, "value"],
      message: "Invalid value at 'message.data[0].value' (TYPE_STRING)"
    }]
  },
  internal: { error: "TransportError ServerError", outcomes: ["Unavailable INTERNAL retryLater"], status: 500 },
  layout: {
    error: "ValidationError RejectedRequest",
    unsettled: ["odd"],
    issues: [{
      path: ["message", "data", 0, "value"],
      message: "Invalid value at 'message.data[0].value' (TYPE_STRING)"
    }]
  },
  "no-target": {
    outcomes: ["Failed INVALID_ARGUMENT keep"],
    detail: "Recipient of the message is not set.",
    issues: [{ path: ["message"], message: "Recipient of the message is not set." }]
  },
  "permission-denied": { error: "AuthenticationError PermissionDenied", unsettled: ["odd"] },
  "project-not-found": { error: "AuthenticationError ProjectNotFound", unsettled: ["odd"] },
  "quota-device": {
    error: "TransportError RateLimited",
    outcomes: ["Unavailable QUOTA_EXCEEDED retryLater"],
    retryAfter: 1000
  },
  "quota-project": {
    error: "TransportError RateLimited",
    outcomes: ["Unavailable QUOTA_EXCEEDED retryLater"],
    retryAfter: 60_000
  },
  "sender-id-mismatch": { outcomes: ["Failed SENDER_ID_MISMATCH fixCredentials"], detail: "SenderId mismatch" },
  token: invalidToken,
  "token-documented": {
    outcomes: ["Failed INVALID_ARGUMENT remove"],
    detail: "The registration token is not a valid FCM registration token"
  },
  "token-reordered": invalidToken,
  "too-large": { outcomes: ["Failed INVALID_ARGUMENT keep"], detail: "Request contains an invalid argument." },
  unavailable: {
    error: "TransportError ServerError",
    outcomes: ["Unavailable UNAVAILABLE retryLater"],
    status: 503,
    retryAfter: 10_000
  },
  unregistered: { outcomes: ["NotRegistered remove"] },
  "unregistered-apns": { outcomes: ["NotRegistered remove"] }
}

/** Every error of a GCM result. */
const gcmCodes: { readonly [Code in GcmHttp.ErrorCode]: string } = {
  MissingRegistration: "Failed MissingRegistration keep",
  InvalidRegistration: "Failed InvalidRegistration remove",
  NotRegistered: "NotRegistered remove",
  InvalidPackageName: "Failed InvalidPackageName fixMessage",
  MismatchSenderId: "Failed MismatchSenderId fixCredentials",
  MessageTooBig: "Failed MessageTooBig fixMessage",
  InvalidDataKey: "Failed InvalidDataKey fixMessage",
  InvalidTtl: "Failed InvalidTtl fixMessage",
  Unavailable: "Unavailable Unavailable retryLater",
  InternalServerError: "Unavailable InternalServerError retryLater",
  DeviceMessageRateExceeded: "Failed DeviceMessageRateExceeded retryLater",
  TopicsMessageRateExceeded: "Failed TopicsMessageRateExceeded retryLater",
  InvalidApnsCredential: "Failed InvalidApnsCredential fixCredentials",
  InvalidParameters: "Failed InvalidParameters fixMessage",
  DeprecatedApi: "Failed DeprecatedApi keep"
}

const { InternalServerError: _internal, Unavailable: _unavailable, ...gcmSettled } = gcmCodes

const gcmRefused = (text: string): Told => ({
  error: "ValidationError RejectedRequest",
  unsettled: ["odd"],
  issues: [{ path: [], message: text }]
})

/** Fixtures of GCM that hold an error. */
const gcmRecorded: { readonly [name: string]: Told } = {
  "gcm-400": gcmRefused("JSON_PARSING_ERROR: Unexpected character (n) at position 0."),
  "gcm-400-wrong-type": gcmRefused("Field \"time_to_live\" must be a JSON number: soon"),
  "gcm-401": { error: "AuthenticationError InvalidCredentials", unsettled: ["odd"], status: 401 },
  "gcm-500": { error: "TransportError ServerError", outcomes: ["Unavailable ServerError retryLater"], status: 500 },
  "gcm-503": {
    error: "TransportError ServerError",
    outcomes: ["Unavailable ServerError retryLater"],
    status: 503,
    retryAfter: 5000
  },
  "gcm-errors": {
    outcomes: [...Object.values(gcmSettled), "Failed SomethingNew keep", "Success keep"]
  },
  "gcm-internal-server-error": { outcomes: [gcmCodes.InternalServerError], retryAfter: 5000 },
  "gcm-invalid-registration": { outcomes: [gcmCodes.InvalidRegistration] },
  "gcm-unavailable": { outcomes: [gcmCodes.Unavailable], retryAfter: 5000 }
}

describe("recorded answers", () => {
  for (const [name, row] of Object.entries(fcmRecorded)) {
    it.effect(`v1-error-${name}`, () =>
      Effect.gen(function*() {
        const requests: Array<Http.Recorded> = []
        const answer = () => Effect.sync(() => webResponse(response(`v1-error-${name}`)))
        assertTold(yield* send(Http.fcm(answer, requests), ["odd"]), row)
        // a refused access token is renewed once
        assert.lengthOf(requests, name === "access-token" ? 2 : 1)
      }))
  }

  for (const [name, row] of Object.entries(gcmRecorded)) {
    it.effect(name, () =>
      Effect.gen(function*() {
        const requests: Array<Http.Recorded> = []
        const count = row.outcomes?.length ?? 1
        const recipients = count === 1 ? ["odd"] : Array.from({ length: count }, (_, i) => `odd-${i}`)
        const answer = () => Effect.sync(() => webResponse(response(name)))
        assertTold(yield* send(Http.gcm(answer, requests), recipients), row)
        assert.lengthOf(requests, 1)
      }))
  }

  it("are all here", () => {
    const errors = names("gcm-").filter((name) =>
      /"error"/.test(textOf(response(name))) || response(name).status !== 200
    )
    assert.deepStrictEqual(names("v1-error-"), Object.keys(fcmRecorded).map((name) => `v1-error-${name}`).toSorted())
    assert.includeMembers(Object.keys(gcmRecorded), errors.filter((name) => name !== "gcm-send-several"))
  })

  for (const [code, outcome] of Object.entries(gcmCodes)) {
    it.effect(`GCM ${code}`, () =>
      Effect.gen(function*() {
        const answer = () => Http.json({ multicast_id: 1, success: 0, failure: 1, results: [{ error: code }] })
        const detail = "this server no longer supports the GCM protocol: it delivers nothing; send through Fcm"
        assertTold(yield* send(Http.gcm(answer), ["odd"]), {
          outcomes: [outcome],
          ...code === "DeprecatedApi" ? { detail } : {}
        })
      }))
  }
})

// -----------------------------------------------------------------------------
// Codes of FCM, whatever is around them
// -----------------------------------------------------------------------------

const type = (name: string) => `type.googleapis.com/google.${name}`

const fcmError = (errorCode: Schema.Json) => ({ "@type": type("firebase.fcm.v1.FcmError"), errorCode })

/** What a code becomes while somebody else is accepted, whatever the status. */
const fcmCodes: { readonly [Code in Exclude<FcmV1.ErrorCode, "INVALID_ARGUMENT">]: string } = {
  UNSPECIFIED_ERROR: "Failed UNSPECIFIED_ERROR keep",
  UNREGISTERED: "NotRegistered remove",
  UNREGISTERED_FID: "NotRegistered remove",
  SENDER_ID_MISMATCH: "Failed SENDER_ID_MISMATCH fixCredentials",
  THIRD_PARTY_AUTH_ERROR: "Failed THIRD_PARTY_AUTH_ERROR fixCredentials",
  APNS_AUTH_ERROR: "Failed APNS_AUTH_ERROR fixCredentials",
  QUOTA_EXCEEDED: "Unavailable QUOTA_EXCEEDED retryLater",
  UNAVAILABLE: "Unavailable UNAVAILABLE retryLater",
  INTERNAL: "Unavailable INTERNAL retryLater"
}

const Status = Schema.Literals([300, 307, 400, 401, 403, 404, 408, 409, 418, 429, 451, 500, 502, 503, 504, 599])

/** Any JSON that is no detail of a type that is known. */
const Noise = Schema.Union([
  Schema.Json,
  Schema.Struct({
    "@type": Schema.Union([
      Schema.Literals([type("rpc.ErrorInfo"), type("rpc.Help"), type("rpc.RetryInfo"), "FcmError", ""]),
      Schema.Json
    ]),
    errorCode: Schema.Json,
    reason: Schema.Json,
    metadata: Schema.Json
  }),
  // known, but of wrong types
  Schema.Struct({
    "@type": Schema.Literals([type("firebase.fcm.v1.FcmError"), type("rpc.BadRequest"), type("rpc.QuotaFailure")]),
    errorCode: Schema.Union([Schema.Number, Schema.Null, Schema.Array(Schema.Json)]),
    fieldViolations: Schema.Union([Schema.Number, Schema.Array(Schema.Union([Schema.Null, Schema.Struct({})]))]),
    violations: Schema.Union([Schema.String, Schema.Array(Schema.Union([Schema.Null, Schema.Struct({})]))])
  })
])

/** Details that mean something, and such that may. */
const Meaningful = Schema.Union([
  Schema.Struct({
    "@type": Schema.Literal(type("firebase.fcm.v1.FcmError")),
    errorCode: Schema.Literals([...Object.keys(fcmCodes), "INVALID_ARGUMENT", "INVALID_ARGUMENT", "SOMETHING_NEW"])
  }),
  Schema.Struct({
    "@type": Schema.Literal(type("firebase.fcm.v1.ApnsError")),
    statusCode: Schema.Union([Schema.Literals([400, 403, 410, 410]), Schema.Json]),
    reason: Schema.Union([Schema.Literals(["Unregistered", "BadDeviceToken"]), Schema.Json])
  }),
  Schema.Struct({
    "@type": Schema.Literal(type("rpc.BadRequest")),
    fieldViolations: Schema.Array(Schema.Union([
      Schema.Struct({
        field: Schema.Literals([
          "message.token",
          "message.fid",
          "message",
          "",
          "message.data[0].value",
          "message.apns"
        ]),
        description: Schema.Json
      }),
      Schema.Json
    ]))
  }),
  Schema.Struct({
    "@type": Schema.Literal(type("rpc.QuotaFailure")),
    violations: Schema.Array(Schema.Union([
      Schema.Struct({ subject: Schema.Literals(["project:p", "device:d", "topic:t"]), description: Schema.Json }),
      Schema.Json
    ]))
  })
])

const Text = Schema.Literals([
  "Request contains an invalid argument.",
  "The registration token is not a valid FCM registration token",
  "Invalid value at 'message.data[0].value' (TYPE_STRING), 12",
  ""
])

const Canonical = Schema.Literals(["INVALID_ARGUMENT", "NOT_FOUND", "UNAVAILABLE", "RESOURCE_EXHAUSTED", "SOMETHING"])

const arrayOf = (item: typeof Noise | typeof Meaningful, maxLength: number) =>
  Arbitrary.array<Schema.Json>(Arbitrary.schema(item), { maxLength })

/** What the details stand in. */
const around = {
  status: Arbitrary.schema(Status),
  code: Arbitrary.schema(Schema.Json),
  message: Arbitrary.schema(Schema.Union([Text, Schema.Json])),
  canonical: Arbitrary.schema(Schema.Union([Canonical, Schema.Json])),
  extra: Arbitrary.schema(Schema.Json)
}

interface Around {
  readonly status: number
  readonly code: Schema.Json
  readonly message: Schema.Json
  readonly canonical: Schema.Json
  readonly extra: Schema.Json
}

const answerWith = ({ canonical, code, extra, message, status }: Around, details: Schema.Json | undefined) =>
  Http.json({ extra, error: { details, extra, status: canonical, message, code }, errors: extra }, { status })

/** Sends to three, of whom the one in the middle is answered so; the others are accepted. */
const sendOdd = Effect.fnUntraced(function*(answer: Effect.Effect<Response>) {
  const layer = Http.fcm((request, n) => Http.tokenOf(request) === "odd" ? answer : Http.accept(request, n))
  const sent = yield* send(layer, ["a", "odd", "b"])
  // all are told of, each once, and nobody is told of what another was answered
  const unsettled = Result.isFailure(sent) ? sent.failure.unsettled : []
  const told = reportOf(sent).outcomes
  assert.sameMembers([...told.map(({ recipient }) => recipient), ...unsettled].map(Recipient.value), ["a", "odd", "b"])
  for (const outcome of told) {
    if (Recipient.value(outcome.recipient) !== "odd") assert.strictEqual(outcome._tag, "Success")
  }
  return sent
})

/** What the answer became, without the texts. */
const classOf = (sent: Sent) => ({
  error: errorOf(sent),
  outcome: reportOf(sent).outcomes.filter(({ recipient }) => Recipient.value(recipient) === "odd").map(outcomeOf)
})

describe("FCM: what asking again cannot help", () => {
  it.effect("is kept, with the service's text", () =>
    Effect.gen(function*() {
      const message = "The project is not ready for this."
      const failed = { outcomes: ["Failed UnexpectedStatus keep"], error: "TransportError UnexpectedStatus" }
      assertTold(yield* send(Http.fcm(() => Http.fcmError(400, { status: "FAILED_PRECONDITION", message })), ["odd"]), {
        ...failed,
        detail: message,
        status: 400
      })
      for (const status of [400, 413]) {
        const sent = yield* send(Http.fcm(() => Http.text("<html>", { status })), ["odd"])
        assertTold(sent, { ...failed, status })
        assert.deepStrictEqual(Result.isFailure(sent) && SendError.retry(sent.failure), [])
      }
    }))
})

describe("FCM: whatever envelope", () => {
  it.effect.prop(
    "a code decides, whatever the status, and whatever stands beside it that says nothing",
    {
      ...around,
      errorCode: Arbitrary.schema(Schema.Literals(Object.keys(fcmCodes))),
      before: arrayOf(Noise, 3),
      after: arrayOf(Noise, 3)
    },
    ({ after, before, errorCode, ...rest }) =>
      Effect.gen(function*() {
        const sent = yield* sendOdd(answerWith(rest, [...before, fcmError(errorCode), ...after]))
        const expected = Object.entries(fcmCodes).find(([code]) => code === errorCode)?.[1]
        assert.deepStrictEqual(classOf(sent), { error: undefined, outcome: [expected ?? ""] })
      })
  )

  it.effect.prop(
    "the order of the details says nothing",
    { ...around, meaningful: arrayOf(Meaningful, 4), noise: arrayOf(Noise, 2), by: Arbitrary.schema(Schema.Natural) },
    ({ by, meaningful, noise, ...rest }) =>
      Effect.gen(function*() {
        const details = [...meaningful, ...noise]
        const turned = details.map((_, i) => details[(i + by) % details.length] ?? null)
        const first = classOf(yield* sendOdd(answerWith(rest, details)))
        for (const other of [details.toReversed(), turned, turned.toReversed()]) {
          assert.deepStrictEqual(classOf(yield* sendOdd(answerWith(rest, other))), first)
        }
      })
  )

  it.effect.prop(
    "details that say nothing are as if missing",
    { ...around, noise: Arbitrary.schema(Schema.Union([Schema.Array(Noise), Schema.Json])) },
    ({ noise, ...rest }) =>
      Effect.gen(function*() {
        const without = classOf(yield* sendOdd(answerWith(rest, undefined)))
        assert.deepStrictEqual(classOf(yield* sendOdd(answerWith(rest, noise))), without)
      })
  )

  it.effect.prop(
    "without a code of FCM nobody is removed for a status: only a 400 may speak of a recipient",
    { ...around, noise: arrayOf(Noise, 3) },
    ({ noise, ...rest }) =>
      Effect.gen(function*() {
        const sent = yield* sendOdd(answerWith(rest, noise))
        const { outcome } = classOf(sent)
        if (rest.status !== 400) assert.isFalse(/remove/.test(outcome.join()), outcome.join())
      })
  )

  it.effect("codes that contradict each other are none: the status decides whether it is tried again", () =>
    Effect.gen(function*() {
      const details = [fcmError("UNREGISTERED"), fcmError("INTERNAL")]
      const told = (status: number) => Effect.map(sendOdd(Http.fcmError(status, { details })), classOf)
      assert.deepStrictEqual(yield* told(404), { error: undefined, outcome: ["Failed UNKNOWN keep"] })
      assert.deepStrictEqual(yield* told(500), { error: undefined, outcome: ["Unavailable UNKNOWN retryLater"] })
      const same = [fcmError("UNREGISTERED"), fcmError("UNREGISTERED")]
      assert.deepStrictEqual(classOf(yield* sendOdd(Http.fcmError(404, { details: same }))).outcome, [
        "NotRegistered remove"
      ])
    }))

  it.effect("a violation that is none, or of another field, takes nothing from the others", () =>
    Effect.gen(function*() {
      const badRequest = (...fieldViolations: ReadonlyArray<Schema.Json>) => ({
        "@type": type("rpc.BadRequest"),
        fieldViolations
      })
      const token = { field: "message.token", description: "Invalid registration token" }
      const answers = [
        [badRequest(null, { field: 5 }, token)],
        [badRequest({ field: "message.data" }), badRequest(token)],
        [badRequest(token), badRequest({ field: "message.data" })]
      ]
      for (const details of answers) {
        const answer = Http.fcmError(400, { code: "INVALID_ARGUMENT", details })
        assert.deepStrictEqual(classOf(yield* sendOdd(answer)).outcome, ["Failed INVALID_ARGUMENT remove"])
      }
    }))
})

// -----------------------------------------------------------------------------
// Which quota
// -----------------------------------------------------------------------------

describe("a QuotaFailure", () => {
  /** Whom a 429 with such violations slows: whether the next send may go on. */
  const slowed = (violations: Schema.Json) =>
    Effect.gen(function*() {
      const quotaFailure = { "@type": type("rpc.QuotaFailure"), violations }
      const odd = Http.fcmError(429, { code: "QUOTA_EXCEEDED", details: [quotaFailure] })
      const service = yield* Messaging.Messaging.pipe(
        Effect.provide(Http.fcm((request, n) => Http.tokenOf(request) === "odd" ? odd : Http.accept(request, n)))
      )
      yield* Effect.exit(service.send(message, "odd"))
      const next = yield* Effect.exit(service.send(message, "next", { deadline: 0 }))
      return Exit.isSuccess(next) ? "its recipient" : "everybody"
    })

  const quotas: ReadonlyArray<readonly [slowed: string, violations: Schema.Json]> = [
    ["its recipient", [{ subject: "device:abc", description: "too many" }]],
    ["its recipient", [{ subject: "topic:news", description: "too many" }]],
    ["its recipient", [{ description: "Message rate exceeded for the device." }]],
    ["its recipient", [{ subject: "project:p", description: "Topic message rate exceeded." }]],
    ["its recipient", [null, { subject: 5 }, { subject: "device" }]],
    ["everybody", [{ subject: "project:p", description: "Message rate exceeded." }]],
    ["everybody", [{ subject: "project:my-device-app", description: "Rate of projects/topics-1 exceeded." }]],
    ["everybody", []],
    ["everybody", [null, { subject: 5 }]],
    ["everybody", "device"]
  ]

  type Asked = Effect.Effect<unknown, SendError.SendError>

  const texts: ReadonlyArray<readonly [slowed: string, text: string, details?: ReadonlyArray<Schema.Json>]> = [
    ["its recipient", "Topic quota exceeded."],
    ["its recipient", "Message rate exceeded for the device."],
    ["its recipient", "The project's quota for topics is used up."],
    ["its recipient", "DeviceMessageRateExceeded"],
    ["everybody", "Quota exceeded."],
    ["everybody", "Quota exceeded for projects/topics-1."],
    ["everybody", "Quota exceeded for project my-device-app."],
    ["everybody", "Quota exceeded for project 'devices'."],
    ["everybody", "Quota exceeded for project_id: topic-maps."],
    ["everybody", "Too many messages of my-device-project."],
    [
      "everybody",
      "Quota exceeded for quota metric 'Topic messages' and limit 'Messages to a device per minute' of service " +
      "'fcm.googleapis.com' for consumer 'project_number:1'."
    ],
    ["everybody", "Topic quota exceeded.", [{ "@type": type("rpc.ErrorInfo"), reason: "RATE_LIMIT_EXCEEDED" }]],
    [
      "everybody",
      "Topic quota exceeded.",
      [{ "@type": type("rpc.QuotaFailure"), violations: [{ subject: "project:p", description: "Message rate." }] }]
    ]
  ]
  for (const [expected, text, details = []] of texts) {
    for (const code of ["QUOTA_EXCEEDED", undefined]) {
      it.effect(`${code ?? "no code"}, "${text}", ${JSON.stringify(details)}: slows ${expected}`, () =>
        Effect.gen(function*() {
          const error = { message: text, details, ...code === undefined ? {} : { code } }
          const projectId = "my-device-project"
          const odd = Http.fcmError(429, error)
          const service = yield* Messaging.Messaging.pipe(
            Effect.provide(
              Http.fcm((request, n) => /"odd"/.test(request.text) ? odd : Http.accept(request, n), [], { projectId })
            )
          )
          const asked = (name: string, options: Messaging.SendOptions = {}): ReadonlyArray<Asked> => [
            service.send(message, name, options),
            service.publish(message, Audience.topic(name), options)
          ]
          for (const odd of asked("odd")) {
            assert.strictEqual((yield* Effect.flip(odd)).reason._tag, "RateLimited")
            for (const next of asked("next", { deadline: 0 })) {
              assert.strictEqual(Exit.isSuccess(yield* Effect.exit(next)) ? "its recipient" : "everybody", expected)
            }
          }
        }))
    }
  }

  it.effect("a publish through GCM whose text names topics: others go on", () =>
    Effect.gen(function*() {
      const next = (text: string) =>
        Effect.gen(function*() {
          const busy = Http.text(text, { status: 429 })
          const service = yield* Messaging.Messaging.pipe(
            Effect.provide(
              Http.gcm((request, n) => /"\/topics\/odd"/.test(request.text) ? busy : Http.acceptAll(request, n))
            )
          )
          yield* Effect.exit(service.publish(message, Audience.topic("odd")))
          return Exit.isSuccess(yield* Effect.exit(service.send(message, "next", { deadline: 0 })))
        })
      assert.isTrue(yield* next("TopicsMessageRateExceeded"))
      assert.isFalse(yield* next("QuotaExceeded"))
    }))

  for (const [expected, violations] of quotas) {
    it.effect(`of ${JSON.stringify(violations)} slows ${expected}`, () =>
      Effect.gen(function*() {
        assert.strictEqual(yield* slowed(violations), expected)
      }))
  }
})

// -----------------------------------------------------------------------------
// GCM, whatever results
// -----------------------------------------------------------------------------

const GcmResult = Schema.Union([
  Schema.Struct({ message_id: Schema.Union([Schema.String, Schema.Number]) }),
  Schema.Struct({ message_id: Schema.String, registration_id: Schema.Json, error: Schema.Json }),
  Schema.Struct({ error: Schema.Literals(Object.keys(gcmCodes)), more: Schema.Json }),
  Schema.Struct({ error: Schema.String }),
  Schema.Struct({ error: Schema.Json, message_id: Schema.Json }),
  Schema.Json
])

const sendGcm = (results: ReadonlyArray<Schema.Json>, extra: Schema.Json) =>
  Effect.gen(function*() {
    // one that is accepted, so that there is an answer
    const all = [...results, { message_id: "0:1" }]
    const recipients = all.map((_, i) => `r${i}`)
    const answer = () =>
      Http.json({ multicast_id: extra, results: all, success: extra, failure: extra, canonical_ids: extra, extra })
    const sent = yield* send(Http.gcm(answer), recipients)
    assert.isTrue(Result.isSuccess(sent))
    assert.deepStrictEqual(reportOf(sent).outcomes.map(({ recipient }) => Recipient.value(recipient)), recipients)
    return reportOf(sent).outcomes.map(outcomeOf).slice(0, -1)
  })

describe("GCM: whatever results", () => {
  it.effect.prop(
    "a result speaks of its own recipient alone, and in the order of the request",
    {
      results: Arbitrary.array<Schema.Json>(Arbitrary.schema(GcmResult), { maxLength: 6 }),
      extra: Arbitrary.schema(Schema.Json)
    },
    ({ extra, results }) =>
      Effect.gen(function*() {
        const together = yield* sendGcm(results, extra)
        const alone = yield* Effect.forEach(results, (result) => sendGcm([result], null))
        assert.deepStrictEqual(together, alone.flat())
        assert.deepStrictEqual(yield* sendGcm(results.toReversed(), extra), together.toReversed())
      })
  )

  it.effect("a code that is called as what every object has is a code", () =>
    Effect.gen(function*() {
      for (const error of ["constructor", "toString", "hasOwnProperty", "valueOf"]) {
        const sent = yield* send(Http.gcm(() => Http.json({ results: [{ error }] })), ["odd"])
        assertTold(sent, { outcomes: [`Failed ${error} keep`] })
      }
    }))

  it.effect("what has a message_id was accepted, whatever else it says", () =>
    Effect.gen(function*() {
      const result = { message_id: "0:1", error: "NotRegistered" }
      assert.deepStrictEqual(yield* sendGcm([result], null), ["Success keep"])
    }))

  it.effect("an empty message_id accepts nothing, and an empty error is no code", () =>
    Effect.gen(function*() {
      const results = [
        { message_id: "", registration_id: "", error: "NotRegistered" },
        { message_id: "0:1", registration_id: "", error: "" },
        { message_id: "", registration_id: "", error: "" }
      ]
      assert.deepStrictEqual(yield* sendGcm(results, null), [
        "NotRegistered remove",
        "Success keep",
        "Failed UNKNOWN keep"
      ])
    }))

  it.effect("the id that was sent to is not another to use from now on", () =>
    Effect.gen(function*() {
      const answer: Http.Answer = (request) =>
        Http.json({ results: Http.idsOf(request).map((id) => ({ message_id: "0:1", registration_id: id })) })
      const report = yield* Effect.provide(Messaging.send(message, ["a", "b"]), Http.gcm(answer))
      assert.deepStrictEqual(report.success.map(({ disposition }) => disposition), ["keep", "keep"])
    }))
})

// -----------------------------------------------------------------------------
// Whatever text
// -----------------------------------------------------------------------------

const bodies = [...names("v1-"), ...names("gcm-")].map((name) => textOf(response(name)))

const Body = Arbitrary.all({
  text: Arbitrary.schema(Schema.Union([
    Schema.String,
    Schema.fromJsonString(Schema.Json).pipe(Schema.toEncoded),
    Schema.Literals(bodies)
  ])),
  /** How much of it comes. */
  part: Arbitrary.schema(Schema.Literals([1, 1, 0.9, 0.5, 0.1]))
})

describe("whatever text, cut wherever", () => {
  const AnyStatus = Schema.Literals([200, 201, 299, ...Status.literals])

  it.effect.prop(
    "ends in a report or an error that tells of everybody, once",
    { body: Body, status: Arbitrary.schema(AnyStatus), gcm: Arbitrary.schema(Schema.Boolean) },
    ({ body: { part, text }, gcm, status }) =>
      Effect.gen(function*() {
        const answer = () => Http.text(text.slice(0, Math.ceil(text.length * part)), { status })
        const sent = yield* send(gcm ? Http.gcm(answer) : Http.fcm(answer), ["a", "b"])
        const unsettled = Result.isFailure(sent) ? sent.failure.unsettled : []
        const told = [...reportOf(sent).outcomes.map(({ recipient }) => recipient), ...unsettled]
        assert.sameMembers(told.map(Recipient.value), ["a", "b"])
      })
  )

  const nested = "[".repeat(1_000_000)
  const many = (item: string) => `{"error":{"details":[${Array.from({ length: 100_000 }, () => item).join(",")}]}}`
  const hostile: { readonly [what: string]: string } = {
    "that nests without end": nested,
    "of details that nest without end": `{"error":{"details":${nested}${"]".repeat(1_000_000)}}}`,
    "of a great many details": many("{}"),
    "of a great many violations": many(`{"@type":"${type("rpc.BadRequest")}","fieldViolations":[{},{}]}`)
  }

  for (const [what, text] of Object.entries(hostile)) {
    it.effect(`a text ${what} does no harm`, () =>
      Effect.gen(function*() {
        for (const status of [200, 400, 429]) {
          const sent = yield* send(Http.fcm(() => Http.text(text, { status })), ["a"])
          assert.strictEqual(reportOf(sent).counts.Success, 0)
        }
      }))
  }

  it.effect("a Retry-After beyond all numbers does no harm", () =>
    Effect.gen(function*() {
      const headers = { "retry-after": "9".repeat(400) }
      const requests: Array<Http.Recorded> = []
      const layer = Http.fcm(() => Http.text("", { status: 503, headers }), requests, { retryPolicy: undefined })
      const sent = yield* send(layer, ["a"])
      assert.deepStrictEqual(reportOf(sent).outcomes.map(outcomeOf), ["Unavailable ServerError retryLater"])
      assert.lengthOf(requests, 1)
    }))
})
