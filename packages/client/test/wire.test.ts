import { AccessToken, Fcm, Gcm, Message, Messaging, Recipient, ServiceAccount } from "@cloud-messaging/client"
import { assert, describe, it } from "@effect/vitest"
import { Context, Duration, Effect, Fiber, Layer, Redacted } from "effect"
import { HttpClient, HttpClientRequest, HttpClientResponse } from "effect/http"
import { TestClock } from "effect/testing"
import * as Crypto from "node:crypto"
import { type FixtureRequest, parseJson, request, response, webResponse } from "../../protocol/test/utils/fixtures.ts"

// -----------------------------------------------------------------------------
// A recording client
// -----------------------------------------------------------------------------

interface Recorded {
  readonly method: string
  readonly url: string
  readonly headers: { readonly [name: string]: string }
  readonly text: string
}

class Recorder extends Context.Service<Recorder, ReadonlyArray<Recorded>>()("test/Recorder") {}

/** An `HttpClient` that writes down what it is given, and answers as it is told. */
const layerRecorder = (answer: (recorded: Recorded, n: number) => Response) => {
  const all: Array<Recorded> = []
  const client = HttpClient.make((request) =>
    Effect.gen(function*() {
      const web = yield* Effect.orDie(HttpClientRequest.toWeb(request))
      const recorded = {
        method: web.method,
        url: web.url,
        headers: Object.fromEntries(web.headers),
        text: yield* Effect.promise(() => web.text())
      }
      all.push(recorded)
      return HttpClientResponse.fromWeb(request, answer(recorded, all.length - 1))
    })
  )
  return Layer.merge(Layer.succeed(HttpClient.HttpClient, client), Layer.succeed(Recorder, all))
}

const first = Effect.flatMap(
  Recorder,
  (all) => all[0] === undefined ? Effect.die("nothing was sent") : Effect.succeed(all[0])
)

/** All that the network does in its turns. */
const turns = Effect.forEach(
  [1, 2, 3, 4],
  () => Effect.callback<void>((resume) => void setImmediate(resume, Effect.void))
)

/** Runs to the end, whatever is waited for in between. */
const settle = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.forkChild(effect)
    yield* turns
    for (let second = 0; second < 300 && fiber.pollUnsafe() === undefined; second++) {
      yield* TestClock.adjust("1 second")
      yield* turns
    }
    return yield* Fiber.join(fiber)
  })

// -----------------------------------------------------------------------------
// Fcm and Gcm
// -----------------------------------------------------------------------------

const token = "bk3RNwTe3H0:CI2k_HHwgIpoDKCIZvvDMExUdFQ3P1"

const layerAccessToken = AccessToken.layer(Effect.succeed({ token: Redacted.make("t"), expiresIn: 3600 }))

const layerFcm = Fcm.layer({ projectId: "myproject-b5ae1" }).pipe(Layer.provide(layerAccessToken))

const layerGcm = Gcm.layer({ apiKey: Redacted.make("AIzaSy-server-key") })

/** `Fcm` and what is behind it, which answers every request with a fixture. */
const fcm = (name: string) => Layer.provideMerge(layerFcm, layerRecorder(() => webResponse(response(name))))

/** `Gcm` and what is behind it, which answers the first request with a fixture, and says `Unavailable` afterwards. */
const gcm = (name: string) =>
  Layer.provideMerge(
    layerGcm,
    layerRecorder((_, n) => n === 0 ? webResponse(response(name)) : new Response(allUnavailable(1)))
  )

const allUnavailable = (n: number) =>
  JSON.stringify({ results: Array.from({ length: n }, () => ({ error: "Unavailable" })) })

const message = Message.make({ data: { score: 850 } })

const assertSent = (sent: Recorded, expected: FixtureRequest) =>
  Effect.gen(function*() {
    assert.strictEqual(sent.method, expected.method)
    assert.strictEqual(sent.url, `https://fcm.googleapis.com${expected.path}`)
    assert.strictEqual(sent.headers["authorization"], expected.headers["authorization"])
    assert.strictEqual(sent.headers["content-type"], expected.headers["content-type"])
    assert.deepStrictEqual(yield* parseJson(sent.text), expected.body)
  })

// -----------------------------------------------------------------------------
// Requests
// -----------------------------------------------------------------------------

const portable: Message.Fields = {
  data: { score: 850, live: true, big: 9007199254740993n, text: "Grüße, \"Ω\" 🎉\n" },
  notification: { title: "Portugal vs. Denmark", body: "great match!" },
  collapseKey: "score_update",
  timeToLive: "4 hours",
  priority: "high",
  restrictedPackageName: "com.example.scores"
}

const android: Message.Fields["android"] = {
  collapseKey: "score_update",
  priority: "HIGH",
  ttl: "3.5 seconds",
  restrictedPackageName: "com.example.scores",
  data: { score: 850, live: true },
  notification: {
    title: "Goal!",
    body: "3 : 1",
    icon: "goal",
    color: "#d81b60",
    sound: "goal",
    tag: "match-42",
    clickAction: "OPEN_MATCH",
    bodyLocKey: "goal_body",
    bodyLocArgs: ["3", "1"],
    titleLocKey: "goal_title",
    titleLocArgs: ["Portugal"],
    channelId: "scores",
    ticker: "A goal",
    sticky: true,
    eventTime: new Date(Date.UTC(2014, 9, 2, 15, 1, 23, 45)),
    localOnly: true,
    notificationPriority: "PRIORITY_HIGH",
    defaultSound: false,
    defaultVibrateTimings: false,
    defaultLightSettings: false,
    vibrateTimings: [{ seconds: 0 }, "250 millis", Duration.seconds(1)],
    visibility: "PUBLIC",
    notificationCount: 3,
    lightSettings: { color: "#ff3300cc", lightOnDuration: "3500 millis", lightOffDuration: Duration.nanos(1n) },
    image: "https://example.com/goal.png",
    bypassProxyNotification: false,
    proxy: "IF_PRIORITY_LOWERED"
  },
  fcmOptions: { analyticsLabel: "goals" },
  directBootOk: true,
  bandwidthConstrainedOk: true,
  restrictedSatelliteOk: false
}

const apns: Message.Fields["apns"] = {
  headers: {
    "apns-priority": "5",
    "apns-push-type": "liveactivity",
    "apns-topic": "com.example.scores.push-type.liveactivity"
  },
  payload: {
    aps: {
      alert: { title: "Goal!", "loc-key": "GOAL", "loc-args": ["Portugal"] },
      badge: 3,
      sound: { critical: 1, name: "goal.caf", volume: 0.5 },
      "thread-id": "match-42",
      category: "GOAL",
      "content-available": 1,
      "mutable-content": 1,
      "interruption-level": "time-sensitive",
      "relevance-score": 0.75,
      timestamp: 1700000000,
      event: "update",
      "content-state": { home: 3, away: 1 },
      "stale-date": 1700003600
    },
    match: { id: 42, minute: 89.5, live: true, scorers: ["Ronaldo", null] }
  },
  liveActivityToken: Redacted.make("live-activity-token"),
  fcmOptions: { analyticsLabel: "goals", image: "https://example.com/goal.png" }
}

const webpush: Message.Fields["webpush"] = {
  headers: { TTL: "15", Urgency: "very-low", Topic: "score_update" },
  data: { score: 850 },
  notification: {
    title: "Goal!",
    body: "3 : 1",
    icon: "/goal.png",
    badge: "/badge.png",
    requireInteraction: true,
    timestamp: 1700000000000,
    vibrate: [200, 100, 200],
    actions: [{ action: "watch", title: "Watch" }],
    data: { match: 42 }
  },
  fcmOptions: { link: "https://example.com/match/42", analyticsLabel: "goals" }
}

const gcmOptions: Message.Fields["gcm"] = {
  contentAvailable: true,
  mutableContent: true,
  delayWhileIdle: false,
  notification: {
    title: "Goal!",
    body: "3 : 1",
    subtitle: "Portugal vs. Denmark",
    icon: "goal",
    sound: { critical: 1, name: "goal.caf", volume: 0.5 },
    badge: "3",
    tag: "match-42",
    color: "#d81b60",
    androidChannelId: "scores",
    clickAction: "OPEN_MATCH",
    bodyLocKey: "goal_body",
    bodyLocArgs: ["3", "1"],
    titleLocKey: "goal_title",
    titleLocArgs: ["Portugal"]
  }
}

describe("Fcm", () => {
  const fcmOnly: Message.Fields = {
    ...portable,
    notification: { ...portable.notification, image: "https://example.com/match.png" },
    analyticsLabel: "match-42"
  }
  const notification = { title: "FCM Message", body: "This is an FCM notification message!" }
  const sends: { readonly [name: string]: readonly [Message.Fields, Recipient.Input] } = {
    "v1-send-token": [{}, token],
    "v1-send-fid": [{ data: { score: 850 } }, Recipient.fid("cIRQ3P1CI2kHHwgIpoDKCI")],
    "v1-send-notification": [{ notification }, Redacted.make(token)],
    "v1-send-portable": [fcmOnly, token],
    "v1-send-now-or-never": [{ data: { score: 850 }, timeToLive: { seconds: 0 } }, token],
    "v1-send-data-high": [{ data: { score: 850 }, priority: "high" }, token],
    "v1-send-long-collapse-key": [
      { collapseKey: "a collapse key that is too long for Apple and for browsers, both!" },
      token
    ],
    "v1-send-validate-only": [{ data: { score: 850 }, dryRun: true }, token],
    "v1-send-android": [{ android }, token],
    "v1-send-apns": [{ apns }, token],
    "v1-send-webpush": [{ webpush }, token]
  }

  for (const [name, [fields, recipient]] of Object.entries(sends)) {
    it.effect(`writes ${name}`, () =>
      Effect.gen(function*() {
        yield* TestClock.setTime(1_700_000_000_000)
        yield* Messaging.send(Message.make(fields), recipient)
        yield* assertSent(yield* first, request(name))
      }).pipe(Effect.provide(fcm("v1-send-token"))))
  }

  it.effect("writes one request for each recipient", () =>
    Effect.gen(function*() {
      yield* Messaging.send(message, ["a", "b", Recipient.fid("c")])
      const texts = yield* Effect.forEach(yield* Recorder, ({ text }) => parseJson(text))
      const data = { score: "850" }
      assert.sameDeepMembers(texts, [
        { message: { token: "a", data } },
        { message: { token: "b", data } },
        { message: { fid: "c", data } }
      ])
    }).pipe(Effect.provide(fcm("v1-send-token"))))

  it.effect("sends no header that tells of the application's traces", () =>
    Effect.gen(function*() {
      yield* Effect.withSpan(Messaging.send(message, token), "application")
      const { headers } = yield* first
      assert.doesNotHaveAnyKeys(headers, ["traceparent", "tracestate", "b3"])
    }).pipe(Effect.provide(fcm("v1-send-token"))))

  // ---------------------------------------------------------------------------
  // Successes; for errors see answers.test.ts
  // ---------------------------------------------------------------------------

  describe("answers", () => {
    const accepted: { readonly [name: string]: string } = {
      "v1-send-token": "projects/myproject-b5ae1/messages/0:1500415314455276%31bd1c9631bd1c96",
      "v1-send-validate-only": "projects/myproject-b5ae1/messages/fake_message_id"
    }

    for (const [name, messageId] of Object.entries(accepted)) {
      it.effect(`take ${name} as a success`, () =>
        Effect.gen(function*() {
          const report = yield* settle(Messaging.send(message, token))
          assert.strictEqual(report.size, 1)
          assert.deepInclude(report.success[0], { messageId, canonical: undefined, disposition: "keep" })
        }).pipe(Effect.provide(fcm(name))))
    }
  })
})

// -----------------------------------------------------------------------------
// Gcm
// -----------------------------------------------------------------------------

describe("Gcm", () => {
  const several = ["4", "8", "15", "16", "23", "42"]
  const sends: { readonly [name: string]: readonly [Message.Fields, ReadonlyArray<string>] } = {
    "gcm-send-one": [{}, ["42"]],
    "gcm-send-several": [
      { collapseKey: "score_update", timeToLive: "108 seconds", data: { score: "4x8", time: "15:16.2342" } },
      several
    ],
    "gcm-send-portable": [portable, ["42"]],
    "gcm-send-now-or-never": [{ timeToLive: "0 seconds" }, ["42"]],
    "gcm-send-dry-run": [{ dryRun: true, data: { score: 850 } }, ["42"]],
    "gcm-send-notification": [{ gcm: gcmOptions }, ["42"]]
  }

  for (const [name, [fields, recipients]] of Object.entries(sends)) {
    it.effect(`writes ${name}`, () =>
      Effect.gen(function*() {
        yield* settle(Messaging.send(Message.make(fields), recipients))
        yield* assertSent(yield* first, request(name))
      }).pipe(Effect.provide(gcm(name))))
  }

  // ---------------------------------------------------------------------------
  // 200: a result for each recipient
  // ---------------------------------------------------------------------------

  describe("results", () => {
    it.effect("become outcomes in the order of the recipients", () =>
      Effect.gen(function*() {
        const report = yield* settle(Messaging.send(message, several))
        assert.deepStrictEqual(report.outcomes.map(({ recipient }) => Recipient.value(recipient)), several)
        assert.deepStrictEqual(report.outcomes.map((_) => [_._tag, _.disposition]), [
          ["Success", "keep"],
          ["Unavailable", "retryLater"],
          ["Failed", "remove"],
          ["Success", "keep"],
          ["Success", "replace"],
          ["NotRegistered", "remove"]
        ])
        assert.deepStrictEqual(report.success.map((_) => _.messageId), ["1:0408", "1:1516", "1:2342"])
        assert.deepStrictEqual(
          report.canonical.map((_) => [Recipient.value(_.recipient), Recipient.value(_.canonical)]),
          [["23", "32"]]
        )
      }).pipe(Effect.provide(gcm("gcm-send-several"))))

    it.effect("that ask to send again are not mistaken for answers of the others", () =>
      Effect.gen(function*() {
        yield* settle(Messaging.send(message, several))
        const bodies = yield* Effect.forEach((yield* Recorder).slice(1), ({ text }) => parseJson(text))
        for (const body of bodies) assert.deepInclude(body, { registration_ids: ["8"] })
      }).pipe(Effect.provide(gcm("gcm-send-several"))))
  })
})

// -----------------------------------------------------------------------------
// ServiceAccount
// -----------------------------------------------------------------------------

const keys = Crypto.generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" }
})

const layerServiceAccount = ServiceAccount.layer({
  clientEmail: "push@myproject-b5ae1.iam.gserviceaccount.com",
  privateKey: Redacted.make(keys.privateKey),
  privateKeyId: "370ab79b4513eb9bad7c9bd16a95cb76b5b2a56a"
})

describe("ServiceAccount", () => {
  const account = (name: string) =>
    Layer.provideMerge(layerServiceAccount, layerRecorder(() => webResponse(response(name))))
  const get = AccessToken.AccessToken.use((_) => _.get)
  const assertion = Effect.map(first, ({ text }) => new URLSearchParams(text).get("assertion") ?? "")
  const decode = (part: string | undefined) => parseJson(Buffer.from(part ?? "", "base64url").toString("utf8"))

  it.effect("posts the documented form", () =>
    Effect.gen(function*() {
      yield* get
      const sent = yield* first
      const expected = request("oauth-token")
      assert.strictEqual(sent.method, expected.method)
      assert.strictEqual(sent.url, `https://oauth2.googleapis.com${expected.path}`)
      assert.strictEqual(sent.headers["content-type"], expected.headers["content-type"])
      assert.notProperty(sent.headers, "authorization")
      assert.strictEqual(sent.text.replace(/(?<=&assertion=)[\w-]+\.[\w-]+\.[\w-]+$/, "ASSERTION"), expected.text)
    }).pipe(Effect.provide(account("oauth-token"))))

  it.effect("asserts what is documented", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(1_700_000_000_999)
      yield* get
      const [header, claims] = (yield* assertion).split(".")
      assert.deepStrictEqual(
        { header: yield* decode(header), claims: yield* decode(claims) },
        request("oauth-assertion").body
      )
    }).pipe(Effect.provide(account("oauth-token"))))

  it.effect("signs with the account's key", () =>
    Effect.gen(function*() {
      yield* get
      const [header, claims, signature] = (yield* assertion).split(".")
      const verified = Crypto.createVerify("RSA-SHA256")
        .update(`${header}.${claims}`)
        .verify(keys.publicKey, signature ?? "", "base64url")
      assert.isTrue(verified)
    }).pipe(Effect.provide(account("oauth-token"))))

  it.effect("takes the token of the answer", () =>
    Effect.gen(function*() {
      assert.strictEqual(Redacted.value(yield* get), "ya29.c.b0Aaekm1K3T")
    }).pipe(Effect.provide(account("oauth-token"))))

  it.effect("keeps the token for as long as the answer says", () =>
    Effect.gen(function*() {
      yield* get
      yield* TestClock.adjust("54 minutes")
      yield* get
      assert.lengthOf(yield* Recorder, 1)
      yield* TestClock.adjust("3599 seconds")
      yield* get
      assert.lengthOf(yield* Recorder, 2)
    }).pipe(Effect.provide(account("oauth-token"))))

  const refusals: { readonly [name: string]: string } = {
    account: "Invalid grant: account not found",
    audience: "Invalid JWT: Failed audience check.",
    "no-exp": "Invalid JWT: exp (expiration time) is not set.",
    "no-iat": "Invalid JWT: iat (issued at) is not set.",
    scope: "Invalid OAuth scope or ID token audience provided.",
    signature: "Invalid JWT Signature.",
    undecodable: "Bad Request",
    window: "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe."
  }

  for (const [name, description] of Object.entries(refusals)) {
    it.effect(`takes ${name} as a refusal, and quotes the reason`, () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(get)
        assert.strictEqual(error.reason._tag, "InvalidGrant")
        assert.include(error.message, description)
      }).pipe(Effect.provide(account(`oauth-error-${name}`))))
  }

  it.effect("takes an id_token alone as no answer", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* Effect.flip(get)).reason._tag, "InvalidResponse")
    }).pipe(Effect.provide(account("oauth-id-token"))))

  it.effect("takes an endpoint in trouble as out of reach", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* Effect.flip(get)).reason._tag, "Unreachable")
    }).pipe(Effect.provide(account("oauth-unavailable"))))
})

describe("Fcm with a ServiceAccount", () => {
  const layerSend = Fcm.layer({ projectId: "myproject-b5ae1" }).pipe(Layer.provide(layerServiceAccount))
  const isToken = ({ url }: Recorded) => new URL(url).host === "oauth2.googleapis.com"
  const withToken = (name: string) =>
    Layer.provideMerge(
      layerSend,
      layerRecorder((recorded) => webResponse(response(isToken(recorded) ? name : "v1-send-token")))
    )

  it.effect("sends with the token that the endpoint gave", () =>
    Effect.gen(function*() {
      yield* Messaging.send(message, [token, "another"])
      const sent = yield* Recorder
      assert.lengthOf(sent.filter(isToken), 1)
      assert.deepStrictEqual(
        sent.filter((_) => !isToken(_)).map((_) => _.headers["authorization"]),
        ["Bearer ya29.c.b0Aaekm1K3T", "Bearer ya29.c.b0Aaekm1K3T"]
      )
    }).pipe(Effect.provide(withToken("oauth-token"))))

  for (const name of ["oauth-error-signature", "oauth-error-account", "oauth-id-token"]) {
    it.effect(`fails without a request to FCM when the endpoint answers ${name}`, () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(Messaging.send(message, token))
        assert.strictEqual(error._tag, "AuthenticationError")
        assert.strictEqual(error.reason._tag, "NoAccessToken")
        assert.deepStrictEqual(error.unsettled.map(Recipient.value), [token])
        assert.isEmpty((yield* Recorder).filter((_) => !isToken(_)))
      }).pipe(Effect.provide(withToken(name))))
  }
})
