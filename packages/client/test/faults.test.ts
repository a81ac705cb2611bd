/** "A fault of whom?": every row of the design's table but the one of topics. */
import {
  AccessToken,
  Audience,
  Fcm,
  Message,
  Messaging,
  type Outcome,
  Recipient,
  RequestNotSent,
  RetryPolicy,
  SendError
} from "@cloud-messaging/client"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Layer, Option, Redacted, Schedule } from "effect"
import * as Http from "./utils/http.ts"
import { drive, inTime } from "./utils/time.ts"

const message = Message.make({ data: { score: 42 } })

/** What one recipient's answer becomes, while another is accepted: tag, code, disposition. */
const outcomeVia = Effect.fnUntraced(function*(
  protocol: "fcm" | "gcm",
  answer: Effect.Effect<Response, unknown>,
  options: Messaging.SendOptions = {}
) {
  const layer = protocol === "fcm"
    ? Http.fcm((request, n) => Http.tokenOf(request) === "odd" ? answer : Http.accept(request, n))
    : Http.gcm((request, n) => Http.idsOf(request).includes("odd") ? answer : Http.acceptAll(request, n))
  // GCM: a thousand others, so that "odd" has a request of its own
  const others = protocol === "fcm" ? ["fine"] : Array.from({ length: 1000 }, (_, i) => `fine-${i}`)
  const report = yield* Effect.provide(Messaging.send(message, [...others, "odd"], options), layer)
  assert.strictEqual(report.counts.Success, others.length)
  return yield* Effect.fromNullishOr(report.outcomes.at(-1))
})

const summary = (outcome: Outcome.Outcome) =>
  [outcome._tag, "code" in outcome ? outcome.code : undefined, outcome.disposition] as const

const viaFcm = (answer: Effect.Effect<Response, unknown>) => Effect.map(outcomeVia("fcm", answer), summary)

const viaGcm = (answer: Effect.Effect<Response, unknown>) => Effect.map(outcomeVia("gcm", answer), summary)

const gcmError = (error: string) => Http.json({ multicast_id: 1, results: [{ error }] })

const badRequest = (field: string, description = "wrong") => ({
  "@type": "type.googleapis.com/google.rpc.BadRequest",
  fieldViolations: [{ field, description }]
})

const apnsError = (statusCode: number, reason: string) => ({
  "@type": "type.googleapis.com/google.firebase.fcm.v1.ApnsError",
  statusCode,
  reason
})

/** A policy that never tries again, and keeps what it is asked. */
const recording = (failures: Array<RetryPolicy.Failure>): RetryPolicy.RetryPolicy =>
  Schedule.recurs(1).pipe(
    Schedule.setInputType<RetryPolicy.Failure>(),
    Schedule.while(({ input }) => {
      failures.push(input)
      return false
    })
  )

const sendOne = (layer: Layer.Layer<Messaging.Messaging>) =>
  Effect.flip(Effect.provide(Messaging.send(message, "a"), layer))

describe("a fault of the recipient", () => {
  it.effect("FCM UNREGISTERED and GCM NotRegistered: gone", () =>
    Effect.gen(function*() {
      const gone = ["NotRegistered", undefined, "remove"] as const
      assert.deepStrictEqual(yield* viaFcm(Http.fcmError(404, { code: "UNREGISTERED" })), gone)
      assert.deepStrictEqual(yield* viaGcm(gcmError("NotRegistered")), gone)
    }))

  it.effect("FCM INVALID_ARGUMENT that names the token, and GCM InvalidRegistration: to remove", () =>
    Effect.gen(function*() {
      const invalid = ["Failed", "INVALID_ARGUMENT", "remove"] as const
      const code = "INVALID_ARGUMENT"
      for (const field of ["message.token", "message.fid"]) {
        assert.deepStrictEqual(yield* viaFcm(Http.fcmError(400, { code, details: [badRequest(field)] })), invalid)
      }
      assert.deepStrictEqual(
        yield* viaFcm(Http.fcmError(400, {
          code,
          message: "The registration token is not a valid FCM registration token"
        })),
        invalid
      )
      assert.deepStrictEqual(
        yield* viaFcm(Http.fcmError(400, { code, details: [apnsError(410, "Unregistered")] })),
        invalid
      )
      assert.deepStrictEqual(yield* viaGcm(gcmError("InvalidRegistration")), [
        "Failed",
        "InvalidRegistration",
        "remove"
      ])
    }))

  it.effect("another sender's: the credentials are to be checked", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* viaFcm(Http.fcmError(403, { code: "SENDER_ID_MISMATCH" })), [
        "Failed",
        "SENDER_ID_MISMATCH",
        "fixCredentials"
      ])
      assert.deepStrictEqual(yield* viaGcm(gcmError("MismatchSenderId")), [
        "Failed",
        "MismatchSenderId",
        "fixCredentials"
      ])
    }))

  it.effect("of its platform: the credentials there are to be renewed, and Apple's reason is kept", () =>
    Effect.gen(function*() {
      const outcome = yield* outcomeVia(
        "fcm",
        Http.fcmError(401, {
          code: "THIRD_PARTY_AUTH_ERROR",
          message: "Auth error from APNS",
          details: [apnsError(403, "InvalidProviderToken")]
        })
      )
      assert.deepStrictEqual(summary(outcome), ["Failed", "THIRD_PARTY_AUTH_ERROR", "fixCredentials"])
      assert.strictEqual(
        outcome._tag === "Failed" ? outcome.detail : "",
        "Auth error from APNS (APNs 403 InvalidProviderToken)"
      )
      assert.deepStrictEqual(yield* viaGcm(gcmError("InvalidApnsCredential")), [
        "Failed",
        "InvalidApnsCredential",
        "fixCredentials"
      ])
    }))

  it.effect("Apple's reason is kept, whatever the outcome", () =>
    Effect.gen(function*() {
      const gone = yield* outcomeVia(
        "fcm",
        Http.fcmError(404, { code: "UNREGISTERED", details: [apnsError(410, "Unregistered")] })
      )
      assert.strictEqual(gone._tag === "NotRegistered" && gone.detail, "APNs 410 Unregistered")
      const away = yield* outcomeVia(
        "fcm",
        Http.fcmError(503, { code: "UNAVAILABLE", details: [apnsError(503, "ServiceUnavailable")] })
      )
      assert.strictEqual(away._tag === "Unavailable" && away.detail, "APNs 503 ServiceUnavailable")
    }))

  it.effect("FCM 429: which quota is told", () =>
    Effect.gen(function*() {
      const details = [{
        "@type": "type.googleapis.com/google.rpc.QuotaFailure",
        violations: [{ subject: "device", description: "Message rate exceeded for odd" }]
      }]
      const busy = yield* outcomeVia("fcm", Http.fcmError(429, { code: "QUOTA_EXCEEDED", details }))
      assert.strictEqual(busy._tag === "Unavailable" && busy.detail, "device: Message rate exceeded for odd")
    }))

  it.effect("a device's or topic's rate: later, not at once", () =>
    Effect.gen(function*() {
      for (const code of ["DeviceMessageRateExceeded", "TopicsMessageRateExceeded"]) {
        assert.deepStrictEqual(yield* viaGcm(gcmError(code)), ["Failed", code, "retryLater"])
      }
    }))
})

describe("a fault of the message, or nobody knows", () => {
  it.effect("FCM INVALID_ARGUMENT that names nothing: failed, kept", () =>
    Effect.gen(function*() {
      const unclear = ["Failed", "INVALID_ARGUMENT", "keep"] as const
      assert.deepStrictEqual(yield* viaFcm(Http.fcmError(400, { code: "INVALID_ARGUMENT" })), unclear)
      assert.deepStrictEqual(yield* viaFcm(Http.fcmError(400, { status: "INVALID_ARGUMENT" })), unclear)
    }))

  it.effect("other errors of a GCM result: the message's where it is documented, else kept", () =>
    Effect.gen(function*() {
      for (const code of ["MessageTooBig", "InvalidDataKey", "InvalidTtl", "InvalidPackageName"]) {
        assert.deepStrictEqual(yield* viaGcm(gcmError(code)), ["Failed", code, "fixMessage"])
      }
      for (const code of ["DeprecatedApi", "MissingRegistration", "SomethingNew", "toString"]) {
        assert.deepStrictEqual(yield* viaGcm(gcmError(code)), ["Failed", code, "keep"])
      }
    }))

  it.effect("FCM INVALID_ARGUMENT that names another field: the message is rejected, with the path", () =>
    Effect.gen(function*() {
      const answers = [
        Http.fcmError(400, {
          code: "INVALID_ARGUMENT",
          details: [badRequest("message.data[0].value", "not a string")]
        }),
        Http.fcmError(400, {
          status: "INVALID_ARGUMENT",
          details: [badRequest("message.data[0].value", "not a string")]
        }),
        Http.fcmError(400, {
          code: "INVALID_ARGUMENT",
          message: "Invalid value at 'message.data[0].value' (TYPE_STRING)"
        })
      ]
      for (const answer of answers) {
        const error = yield* sendOne(Http.fcm(() => answer))
        assert.strictEqual(error._tag, "ValidationError")
        assert.strictEqual(error.reason._tag, "RejectedRequest")
        assert.deepStrictEqual(
          error.reason._tag === "RejectedRequest" ? error.reason.issues.map(({ path }) => path) : [],
          [["message", "data", 0, "value"]]
        )
        assert.deepStrictEqual(error.unsettled.map(Recipient.value), ["a"])
      }
    }))

  it.effect("GCM 400: the message is rejected, with the service's text", () =>
    Effect.gen(function*() {
      const error = yield* sendOne(Http.gcm(() => Http.text("\"data\" must be an object\n", { status: 400 })))
      assert.strictEqual(error._tag, "ValidationError")
      assert.strictEqual(error.message, "the service rejected the message (400): \"data\" must be an object")
    }))
})

describe("a token that FCM calls invalid", () => {
  const blamed = [
    Http.fcmError(400, {
      code: "INVALID_ARGUMENT",
      details: [badRequest("message.token", "Invalid registration token")]
    }),
    Http.fcmError(400, {
      code: "INVALID_ARGUMENT",
      message: "The registration token is not a valid FCM registration token"
    })
  ]
  const gone = Http.fcmError(400, { code: "INVALID_ARGUMENT", details: [apnsError(410, "Unregistered")] })

  const send = (fields: Message.Fields, answer: Effect.Effect<Response>) =>
    Messaging.send(Message.make(fields), ["odd"]).pipe(
      Effect.flatMap(({ failed }) => Effect.fromNullishOr(failed[0])),
      Effect.provide(Http.fcm(() => answer))
    )

  const wrong: Record<string, Message.Fields> = {
    "data alone at the priority 10": {
      data: { sync: 1 },
      apns: { headers: { "apns-priority": "10" }, payload: { aps: { "mutable-content": 1 } } }
    },
    "a payload that neither shows nor wakes": {
      data: { sync: 1 },
      apns: { headers: { "apns-priority": "5" }, payload: { aps: { content_available: 1 } } }
    },
    "headers for Apple, and data that wakes nobody": { data: { sync: 1 }, apns: { headers: { "apns-priority": "5" } } },
    "a misspelt key": {
      notification: { title: "Hello" },
      apns: { payload: { aps: { "mutable_content": 1 } } }
    },
    "a push type that the payload is not": {
      notification: { title: "Hello" },
      apns: { headers: { "apns-push-type": "background" } }
    },
    "a header that Apple cannot read": {
      notification: { title: "Hello" },
      apns: { headers: { "apns-expiration": "tomorrow" } }
    }
  }
  for (const [what, fields] of Object.entries(wrong)) {
    it.effect(`is kept while the message has ${what}: the advice tells what to mend`, () =>
      Effect.gen(function*() {
        const advice = Message.lint(Message.make(fields)).filter(({ rule }) => rule.startsWith("apns-"))
        assert.isNotEmpty(advice)
        for (const answer of blamed) {
          const outcome = yield* send(fields, answer)
          assert.strictEqual(outcome.disposition, "fixMessage")
          for (const { message, path } of advice) {
            assert.include(outcome.detail, `${path.join(".")} ${message}`)
            assert.deepInclude(outcome.issues, { path, message })
          }
        }
        assert.strictEqual((yield* send(fields, gone)).disposition, "remove")
      }))
  }

  const innocent: Record<string, Message.Fields> = {
    "data alone": { data: { score: 42 } },
    "data alone, at a high priority": { data: { score: 42 }, priority: "high" },
    "an image that no extension may fetch": { notification: { title: "Hello", image: "https://example.com/a.png" } },
    "data that wakes an app": {
      data: { sync: 1 },
      apns: { headers: { "apns-priority": "5" }, payload: { aps: { "content-available": 1 } } }
    },
    "advice that is not about Apple": { data: { gcmKey: "x" }, collapseKey: "news-7", timeToLive: "0 seconds" }
  }
  for (const [what, fields] of Object.entries(innocent)) {
    it.effect(`is to be removed where the message has ${what}`, () =>
      Effect.gen(function*() {
        for (const answer of [...blamed, gone]) {
          const outcome = yield* send(fields, answer)
          assert.strictEqual(outcome.disposition, "remove")
          assert.notInclude(outcome.detail ?? "", "Apple")
        }
      }))
  }
})

describe("why Google refuses", () => {
  const refused = (status: number, message: string, reason: string) =>
    Http.fcmError(status, {
      message,
      details: [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason, domain: "googleapis.com" }]
    })

  const account = AccessToken.layer(Effect.succeed({
    token: Redacted.make("access-token-1"),
    expiresIn: 3600,
    account: "sender@my-project.iam.gserviceaccount.com"
  }))

  const errorOf = (answer: Effect.Effect<Response>) =>
    sendOne(
      Fcm.layer({ projectId: "my-project", retryPolicy: RetryPolicy.none }).pipe(
        Layer.provide([account, Http.layer(() => answer)])
      )
    )

  const cases: ReadonlyArray<readonly [status: number, reason: string, text: string, advice: RegExp]> = [
    [
      403,
      "SERVICE_DISABLED",
      "Firebase Cloud Messaging API has not been used in project 123 before or it is disabled. Enable it by visiting " +
      "https://console.developers.google.com/apis/api/fcm.googleapis.com/overview?project=123 then retry.",
      /enable the Firebase Cloud Messaging API of the project/
    ],
    [
      403,
      "SERVICE_DISABLED",
      "The fcm.googleapis.com API requires a quota project, which is not set by default.",
      /name a project of yours as the quota project/
    ],
    [
      403,
      "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
      "Request had insufficient authentication scopes.",
      /auth\/firebase\.messaging/
    ],
    [
      403,
      "IAM_PERMISSION_DENIED",
      "Permission 'cloudmessaging.messages.create' denied on resource (or it may not exist).",
      /a role in the project that has this permission/
    ],
    [403, "BILLING_DISABLED", "This API method requires billing to be enabled.", /enable billing/],
    [403, "SOMETHING_NEW", "No.", /\(account [^)]*\); the service says/],
    [401, "ACCOUNT_STATE_INVALID", "The account is disabled.", /disabled or deleted/],
    [401, "ACCESS_TOKEN_TYPE_UNSUPPORTED", "Request had invalid authentication credentials.", /an ID token/]
  ]
  for (const [status, reason, text, advice] of cases) {
    it.effect(`${status} ${reason}, "${text.slice(0, 40)}": its reason, its text, whose token, and what to do`, () =>
      Effect.gen(function*() {
        const error = yield* errorOf(refused(status, text, reason))
        assert.strictEqual(error._tag, "AuthenticationError")
        assert.deepInclude(error.reason, {
          code: reason,
          detail: text,
          account: "sender@my-project.iam.gserviceaccount.com"
        })
        for (const part of [reason, text, "sender@my-project.iam.gserviceaccount.com"]) {
          assert.include(error.message, part)
        }
        assert.match(error.message, advice)
      }))
  }

  it.effect("a page of a front end tells nothing, a text does", () =>
    Effect.gen(function*() {
      const detailOf = (answer: Effect.Effect<Response>, layer: typeof Http.gcm | typeof Http.fcm) =>
        Effect.map(sendOne(layer(() => answer)), ({ reason }) => "detail" in reason ? reason.detail : undefined)
      const page = "  <HTML><TITLE>Unauthorized</TITLE></HTML>"
      for (const layer of [Http.gcm, Http.fcm]) {
        assert.isUndefined(yield* detailOf(Http.text(page, { status: 401 }), layer))
        assert.isUndefined(yield* detailOf(Http.text("", { status: 401 }), layer))
        assert.strictEqual(
          yield* detailOf(Http.text("the key was revoked", { status: 401 }), layer),
          "the key was revoked"
        )
      }
      assert.isUndefined(yield* detailOf(Http.text(page, { status: 403 }), Http.fcm))
    }))
})

describe("a 404 without a code of FCM", () => {
  const notFound = Http.text("<html>", { status: 404 })

  it.effect("after an acceptance is of its recipient alone, and the send goes on", () =>
    Effect.gen(function*() {
      const layer = Http.fcm((request, n) =>
        Http.tokenOf(request).startsWith("odd") ? notFound : Http.accept(request, n)
      )
      const report = yield* Messaging.send(message, ["a", "odd", "b"], { concurrency: 1 }).pipe(Effect.provide(layer))
      assert.deepStrictEqual(report.outcomes.map(summary), [
        ["Success", undefined, "keep"],
        ["Failed", "NOT_FOUND", "keep"],
        ["Success", undefined, "keep"]
      ])
    }))

  it.effect("ten in a row end the send; an acceptance begins to count anew; a layer has its own count", () =>
    Effect.gen(function*() {
      const layer = Http.fcm((request, n) =>
        Http.tokenOf(request).startsWith("odd") ? notFound : Http.accept(request, n)
      )
      const odd = (n: number) => Array.from({ length: n }, (_, i) => `odd-${n}-${i}`)
      const send = (recipients: ReadonlyArray<string>) => Messaging.send(message, recipients, { concurrency: 1 })
      yield* Effect.gen(function*() {
        assert.strictEqual((yield* send(["a", ...odd(9), "b", ...odd(8)])).counts.Failed, 17)
        const error = yield* Effect.flip(send(["odd", "odd-2", "left"]))
        assert.deepStrictEqual([error._tag, error.reason._tag], ["AuthenticationError", "ProjectNotFound"])
        assert.deepStrictEqual(error.report.outcomes.map(summary), [["Failed", "NOT_FOUND", "keep"]])
        assert.deepStrictEqual(error.unsettled.map(Recipient.value), ["odd-2", "left"])
      }).pipe(Effect.provide(layer))
      assert.strictEqual((yield* sendOne(Http.fcm(() => notFound))).reason._tag, "ProjectNotFound")
    }))

  it.effect("to a topic: the message is rejected, with this code", () =>
    Effect.gen(function*() {
      const layer = Http.fcm((request, n) => n === 1 ? Http.accept(request, n) : notFound)
      const reason = yield* Effect.gen(function*() {
        yield* Messaging.send(message, "a")
        return (yield* Effect.flip(Messaging.publish(message, Audience.topic("news")))).reason
      }).pipe(Effect.provide(layer))
      assert.deepStrictEqual([reason._tag, "code" in reason && reason.code], ["RejectedRequest", "NOT_FOUND"])
    }))
})

describe("GCM at Google's own servers", () => {
  it.effect("404, 410 and redirects: the protocol has ended there, and nobody is to be sent to again", () =>
    Effect.gen(function*() {
      const ended = /no longer supports the GCM protocol: it delivers nothing; send through Fcm/
      for (const status of [301, 302, 308, 404, 410]) {
        const answer = () => Http.text("<H2>Error</H2>", { status })
        for (const url of [undefined, "https://gcm-http.googleapis.com/gcm/send"]) {
          const error = yield* sendOne(Http.gcm(answer, [], { url }))
          assert.deepStrictEqual([error._tag, error.reason._tag], ["TransportError", "UnexpectedStatus"])
          assert.match(error.message, ended)
          assert.deepStrictEqual(SendError.retry(error), [])
          assert.deepStrictEqual(error.report.outcomes.map(summary), [["Failed", "UnexpectedStatus", "keep"]])
        }
        const published = yield* Effect.flip(
          Effect.provide(Messaging.publish(message, Audience.topic("news")), Http.gcm(answer))
        )
        assert.match(published.message, ended)
        const elsewhere = yield* sendOne(Http.gcm(answer, [], { url: "https://push.example.com/gcm/send" }))
        assert.match(elsewhere.message, /is the url the service's own\?/)
      }
    }))
})

describe("a fault of the credentials or the project", () => {
  it.effect("FCM 401 without FcmError: one new token, then the error", () =>
    Effect.gen(function*() {
      const requests: Array<Http.Recorded> = []
      let tokens = 0
      const layer = Fcm.layer({ projectId: "my-project", retryPolicy: RetryPolicy.none }).pipe(Layer.provide([
        AccessToken.layer(Effect.sync(() => ({ token: Redacted.make(`token-${++tokens}`), expiresIn: 3600 }))),
        Http.layer(() => Http.fcmError(401, { status: "UNAUTHENTICATED" }), requests)
      ]))
      const error = yield* sendOne(layer)
      assert.strictEqual(error._tag, "AuthenticationError")
      assert.strictEqual(error.reason._tag, "InvalidCredentials")
      assert.deepStrictEqual(requests.map(({ headers }) => headers["authorization"]), [
        "Bearer token-1",
        "Bearer token-2"
      ])
    }))

  it.effect("FCM 401 for an old token: all go on with one new token", () =>
    Effect.gen(function*() {
      let tokens = 0
      const layer = Fcm.layer({ projectId: "my-project", retryPolicy: RetryPolicy.none }).pipe(Layer.provide([
        AccessToken.layer(Effect.sync(() => ({ token: Redacted.make(`token-${++tokens}`), expiresIn: 3600 }))),
        Http.layer((request, n) =>
          request.headers["authorization"] === "Bearer token-1" ? Http.fcmError(401, {}) : Http.accept(request, n)
        )
      ]))
      const recipients = Array.from({ length: 50 }, (_, i) => `${i}`)
      const report = yield* Effect.provide(Messaging.send(message, recipients), layer)
      assert.strictEqual(report.counts.Success, 50)
      assert.strictEqual(tokens, 2)
    }))

  it.effect("FCM 401: the second request keeps the application's pace, and is counted; the time to live is not over", () =>
    Effect.gen(function*() {
      let tokens = 0
      const paced: Array<number> = []
      const pacing = (recipients: number) => Effect.sync(() => void paced.push(recipients))
      const layer = Fcm.layer({ projectId: "my-project", retryPolicy: RetryPolicy.none }).pipe(Layer.provide([
        AccessToken.layer(Effect.sync(() => ({ token: Redacted.make(`token-${++tokens}`), expiresIn: 3600 }))),
        Http.layer((request, n) =>
          n === 1 ? Http.fcmError(401, {}) : n === 2 ? Http.text("odd") : Http.accept(request, n)
        )
      ]))
      const now = Message.assign(message, { timeToLive: "0 seconds" })
      const report = yield* Effect.provide(
        Messaging.send(now, ["a", "b"], { pacing, concurrency: 1 }),
        layer
      )
      assert.deepStrictEqual(report.outcomes.map(({ _tag }) => _tag), ["Unknown", "Success"])
      assert.strictEqual(report.unknown[0]?.attempts, 2)
      assert.deepStrictEqual(paced, [1, 1, 1])
    }))

  it.effect("FCM 401: a new token that takes its time takes nobody past the end, the gate or the deadline", () =>
    Effect.gen(function*() {
      const sendWith = Effect.fnUntraced(function*(other: Effect.Effect<Response>, seconds: number) {
        let tokens = 0
        const asked: Array<readonly [recipient: string, second: number]> = []
        const start = yield* Clock.currentTimeMillis
        const layer = Fcm.layer({ projectId: "my-project", retryPolicy: RetryPolicy.none }).pipe(Layer.provide([
          AccessToken.layer(Effect.suspend(() =>
            Effect.delay(
              Effect.succeed({ token: Redacted.make(`token-${++tokens}`), expiresIn: 3600 }),
              Duration.seconds(tokens === 1 ? 0 : seconds)
            )
          )),
          Http.layer((request, n) =>
            Effect.gen(function*() {
              const recipient = Http.tokenOf(request)
              asked.push([recipient, ((yield* Clock.currentTimeMillis) - start) / 1000])
              if (recipient === "other") return yield* Effect.delay(other, "1 second")
              return yield* request.headers["authorization"] === "Bearer token-1"
                ? Http.fcmError(401, {})
                : Http.accept(request, n)
            })
          )
        ]))
        yield* drive(Effect.exit(Effect.provide(Messaging.send(message, ["first", "other"]), layer)))
        return asked
      })
      const both: ReadonlyArray<readonly [string, number]> = [["first", 0], ["other", 0]]
      assert.deepStrictEqual(yield* sendWith(Http.fcmError(403, {}), 5), [...both])
      const busy = Http.text("", { status: 429, headers: { "retry-after": "9" } })
      assert.deepStrictEqual(yield* sendWith(busy, 5), [...both, ["first", 10]])
      assert.deepStrictEqual(yield* sendWith(Http.json({ name: "projects/p/messages/1" }), 31), [...both])
    }))

  it.effect("FCM 401 after the end: nothing more is sent", () =>
    Effect.gen(function*() {
      let tokens = 0
      const requests: Array<Http.Recorded> = []
      const layer = Fcm.layer({ projectId: "my-project", retryPolicy: RetryPolicy.none }).pipe(Layer.provide([
        AccessToken.layer(Effect.sync(() => ({ token: Redacted.make(`token-${++tokens}`), expiresIn: 3600 }))),
        Http.layer(
          (request) =>
            Http.tokenOf(request) === "first"
              ? Http.fcmError(403, {})
              : Effect.delay(Http.fcmError(401, {}), "1 second"),
          requests
        )
      ]))
      const error = yield* Effect.flip(inTime(Effect.provide(Messaging.send(message, ["first", "late"]), layer)))
      assert.strictEqual(error.reason._tag, "PermissionDenied")
      assert.deepStrictEqual([requests.length, tokens], [2, 1])
      assert.deepStrictEqual(error.unsettled.map(Recipient.value), ["first", "late"])
    }))

  it.effect("GCM 401: the error at once", () =>
    Effect.gen(function*() {
      const requests: Array<Http.Recorded> = []
      const error = yield* sendOne(Http.gcm(() => Http.text("", { status: 401 }), requests))
      assert.strictEqual(error.reason._tag, "InvalidCredentials")
      assert.strictEqual(requests.length, 1)
    }))

  it.effect("FCM 403 and 404 without FcmError: the project, never a recipient", () =>
    Effect.gen(function*() {
      const reasonOf = (answer: Effect.Effect<Response>) =>
        Effect.map(sendOne(Http.fcm(() => answer)), (error) => [error._tag, error.reason._tag])
      assert.deepStrictEqual(yield* reasonOf(Http.fcmError(403, { status: "PERMISSION_DENIED" })), [
        "AuthenticationError",
        "PermissionDenied"
      ])
      assert.deepStrictEqual(yield* reasonOf(Http.fcmError(404, { status: "NOT_FOUND" })), [
        "AuthenticationError",
        "ProjectNotFound"
      ])
      assert.deepStrictEqual(yield* reasonOf(Http.text("<html>Not found</html>", { status: 404 })), [
        "AuthenticationError",
        "ProjectNotFound"
      ])
    }))

  it.effect("no access token: the error with its reason, and nothing sent", () =>
    Effect.gen(function*() {
      const requests: Array<Http.Recorded> = []
      const reasons = [
        new AccessToken.NoCredentials({ detail: "none" }),
        new AccessToken.InvalidKey({ detail: "none" }),
        new AccessToken.InvalidGrant({ detail: "none" }),
        new AccessToken.InvalidResponse({ detail: "none" }),
        new AccessToken.Unreachable({ detail: "none" })
      ]
      for (const reason of reasons) {
        const layer = Fcm.layer({ projectId: "my-project", retryPolicy: RetryPolicy.none }).pipe(Layer.provide([
          AccessToken.layer(Effect.fail(new AccessToken.AccessTokenError({ reason }))),
          Http.layer(Http.accept, requests)
        ]))
        const error = yield* sendOne(layer)
        assert.strictEqual(error._tag, "AuthenticationError")
        assert.strictEqual(error.reason._tag === "NoAccessToken" ? error.reason.cause.reason : undefined, reason)
        assert.deepStrictEqual(error.unsettled.map(Recipient.value), ["a"])
      }
      assert.deepStrictEqual(requests, [])
    }))
})

describe("a fault of the service", () => {
  const retryAfter = { "retry-after": "7" }

  it.effect("FCM 429 and 5xx, GCM Unavailable and InternalServerError: unavailable, with Retry-After", () =>
    Effect.gen(function*() {
      const cases = [
        ["fcm", Http.fcmError(429, { code: "QUOTA_EXCEEDED" }, retryAfter), "QUOTA_EXCEEDED"],
        ["fcm", Http.fcmError(503, { code: "UNAVAILABLE" }, retryAfter), "UNAVAILABLE"],
        ["fcm", Http.fcmError(500, { code: "INTERNAL" }, retryAfter), "INTERNAL"],
        ["fcm", Http.fcmError(503, { code: "SOMETHING_NEW" }, retryAfter), "SOMETHING_NEW"],
        ["fcm", Http.text("", { status: 429, headers: retryAfter }), "RateLimited"],
        ["fcm", Http.text("<html>", { status: 502, headers: retryAfter }), "ServerError"],
        ["fcm", Http.text("", { status: 504, headers: retryAfter }), "ServerError"],
        ["fcm", Http.text("", { status: 599, headers: retryAfter }), "ServerError"],
        ["gcm", Http.json({ results: [{ error: "Unavailable" }] }, { headers: retryAfter }), "Unavailable"],
        [
          "gcm",
          Http.json({ results: [{ error: "InternalServerError" }] }, { headers: retryAfter }),
          "InternalServerError"
        ],
        ["gcm", Http.text("", { status: 429, headers: retryAfter }), "RateLimited"],
        ["gcm", Http.text("", { status: 500, headers: retryAfter }), "ServerError"]
      ] as const
      for (const [protocol, answer, code] of cases) {
        const outcome = yield* outcomeVia(protocol, answer)
        assert.deepStrictEqual(summary(outcome), ["Unavailable", code, "retryLater"])
        assert.deepStrictEqual(outcome._tag === "Unavailable" ? [outcome.retryAfter, outcome.attempts] : [], [
          Duration.seconds(7),
          1
        ])
      }
    }))

  it.effect("FCM's codes of trouble at any other status: likewise, and the status stays as it was", () =>
    Effect.gen(function*() {
      for (const status of [400, 403, 404, 409, 418]) {
        for (const code of ["QUOTA_EXCEEDED", "UNAVAILABLE", "INTERNAL"]) {
          const answer = Http.fcmError(status, { code }, retryAfter)
          const outcome = yield* outcomeVia("fcm", answer)
          assert.deepStrictEqual(summary(outcome), ["Unavailable", code, "retryLater"])
          assert.deepStrictEqual(outcome._tag === "Unavailable" && outcome.retryAfter, Duration.seconds(7))
          const failures: Array<RetryPolicy.Failure> = []
          const error = yield* sendOne(Http.fcm(() => answer, [], { retryPolicy: recording(failures) }))
          assert.deepInclude(error.reason, { _tag: "ServerError", status, retryAfter: Duration.seconds(7) })
          assert.deepStrictEqual(failures.map((_) => [_.code, _.status]), [[code, status]])
        }
      }
    }))

  it.effect("Retry-After: seconds or a date, nothing for what says nothing", () =>
    Effect.gen(function*() {
      const retryAfterOf = (header: string) =>
        Effect.map(
          outcomeVia("fcm", Http.text("", { status: 503, headers: { "retry-after": header } })),
          (outcome) =>
            outcome._tag === "Unavailable" ? outcome.retryAfter && Duration.toSeconds(outcome.retryAfter) : -1
        )
      assert.strictEqual(yield* retryAfterOf("120"), 120)
      assert.strictEqual(yield* retryAfterOf("Thu, 01 Jan 1970 00:00:30 GMT"), 30)
      for (const nothing of ["0", "-1", "1.5", "soon", "Thu, 01 Jan 1960 00:00:30 GMT"]) {
        assert.isUndefined(yield* retryAfterOf(nothing))
      }
    }))

  it.effect("a connection that failed before the request was written", () =>
    Effect.gen(function*() {
      const unwritten = [
        new RequestNotSent.RequestNotSent({}),
        { code: "ECONNREFUSED" },
        { code: "ENOTFOUND" },
        { code: "EAI_AGAIN" },
        { code: "UND_ERR_CONNECT_TIMEOUT" },
        { cause: { code: "ECONNREFUSED" } }
      ]
      for (const cause of unwritten) {
        assert.deepStrictEqual(yield* viaFcm(Effect.fail(cause)), ["Unavailable", "Network", "retryLater"])
      }
    }))
})

describe("nobody knows", () => {
  it.effect("any other status: kept, and not to be sent to again", () =>
    Effect.gen(function*() {
      for (const status of [307, 402, 408, 418]) {
        assert.deepStrictEqual(yield* viaFcm(Http.text("", { status })), [
          "Failed",
          "UnexpectedStatus",
          "keep"
        ])
      }
      for (const status of [301, 403, 404]) {
        assert.deepStrictEqual(yield* viaGcm(Http.text("", { status })), [
          "Failed",
          "UnexpectedStatus",
          "keep"
        ])
      }
    }))

  it.effect("any other status after a lost answer: unknown, and not to be sent to again", () =>
    Effect.gen(function*() {
      const layer = Http.fcm((_, n) => n === 1 ? Effect.fail({ code: "ECONNRESET" }) : Http.text("", { status: 413 }))
      const error = yield* Effect.flip(
        inTime(Effect.provide(Messaging.send(message, "a", { retryPolicy: Schedule.recurs(3) }), layer))
      )
      assert.deepStrictEqual(error.report.outcomes.map(summary), [["Unknown", undefined, "keep"]])
      assert.deepStrictEqual([error._tag === "TransportError" && error.ambiguous, SendError.retry(error)], [true, []])
    }))

  it.effect("an answer that was lost: unknown, by `delivery`", () =>
    Effect.gen(function*() {
      for (const cause of [{ code: "ECONNRESET" }, { code: "UND_ERR_SOCKET" }, undefined]) {
        assert.deepStrictEqual(yield* viaFcm(Effect.fail(cause)), ["Unknown", undefined, "retryLater"])
        const outcome = yield* outcomeVia("fcm", Effect.fail(cause), { delivery: "atMostOnce" })
        assert.deepStrictEqual(summary(outcome), ["Unknown", undefined, "keep"])
      }
    }))

  it.effect("a 2xx that does not decode or has the wrong count: unknown, kept", () =>
    Effect.gen(function*() {
      const unknown = ["Unknown", undefined, "keep"] as const
      for (const body of ["", "{}", "null", "<html>", "{\"name\":1}"]) {
        assert.deepStrictEqual(yield* viaFcm(Http.text(body)), unknown)
      }
      for (
        const body of [
          "",
          "{}",
          "{\"results\":[]}",
          "{\"results\":[{}]}",
          "{\"results\":[{\"error\":\"a\"},{\"error\":\"a\"}]}"
        ]
      ) {
        assert.deepStrictEqual(yield* viaGcm(Http.text(body)), unknown)
      }
    }))

  it.effect("a GCM result that is none costs its own recipient alone", () =>
    Effect.gen(function*() {
      const results = [{ message_id: "0:1" }, {}, null, { message_id: [] }, { error: "NotRegistered" }]
      const report = yield* Effect.provide(
        Messaging.send(message, ["a", "b", "c", "d", "e"]),
        Http.gcm(() => Http.json({ results }))
      )
      assert.deepStrictEqual(report.outcomes.map(({ _tag }) => _tag), [
        "Success",
        "Unknown",
        "Unknown",
        "Unknown",
        "NotRegistered"
      ])
    }))

  it.effect("GCM names the id to use from now on", () =>
    Effect.gen(function*() {
      const report = yield* Effect.provide(
        Messaging.send(message, ["a", "b"]),
        Http.gcm(() => Http.json({ results: [{ message_id: "0:1", registration_id: "new" }, { message_id: "0:2" }] }))
      )
      assert.deepStrictEqual(
        report.outcomes.map((outcome) =>
          outcome._tag === "Success" &&
          Option.getOrNull(Option.map(Option.fromUndefinedOr(outcome.canonical), Recipient.value))
        ),
        ["new", null]
      )
      assert.deepStrictEqual(report.outcomes.map(({ disposition }) => disposition), ["replace", "keep"])
      assert.deepStrictEqual(report.canonical.map(({ canonical }) => Recipient.value(canonical)), ["new"])
    }))
})
