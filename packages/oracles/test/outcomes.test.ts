/** What becomes of each recipient: the SDKs and ours, each before an emulator of its own, as docs/migrating.md has it. */
import { Fcm, Gcm, Message, Messaging, type Outcome, Report, ServiceAccount, Topics } from "@cloud-messaging/client"
import { Emulator } from "@cloud-messaging/emulator"
import * as EmulatorServer from "@cloud-messaging/emulator/EmulatorServer"
import { assert, layer } from "@effect/vitest"
import { Effect, Layer, Redacted, Schedule } from "effect"
import { initializeApp } from "firebase-admin/app"
import { getMessaging } from "firebase-admin/messaging"
import * as NodeGcm from "node-gcm"
import * as Https from "node:https"

// -----------------------------------------------------------------------------
// Theirs
// -----------------------------------------------------------------------------

const sendWithNodeGcm = (host: string, ids: ReadonlyArray<string>, retries: number) =>
  Effect.callback<NodeGcm.Response, unknown>((resume) => {
    const sender = new NodeGcm.Sender("owner", { uri: `http://${host}/fcm/send`, timeout: 5000, proxy: false })
    const message = new NodeGcm.Message({ data: { score: "42" } })
    sender.send(
      message,
      ids,
      { retries, backoff: 1 },
      (error, response) => resume(response === undefined ? Effect.fail(error) : Effect.succeed(response))
    )
  })

let apps = 0

/** firebase-admin over HTTP/1.1, whose connections an application's agent makes. */
const firebaseAdmin = ({ ca, host }: EmulatorServer.EmulatorServer["Service"]) => {
  class EmulatorAgent extends Https.Agent {
    override createConnection(...[options, listener]: Parameters<Https.Agent["createConnection"]>) {
      const { hostname, port } = new URL(`https://${host}`)
      return super.createConnection({ ...options, host: hostname, port, ca }, listener)
    }
  }
  const messaging = getMessaging(initializeApp({
    projectId: "my-project",
    credential: { getAccessToken: () => Promise.resolve({ access_token: "owner", expires_in: 3600 }) },
    httpAgent: new EmulatorAgent()
  }, String(++apps)))
  messaging.enableLegacyHttpTransport()
  return messaging
}

// -----------------------------------------------------------------------------
// Ours
// -----------------------------------------------------------------------------

const message = Message.make({ data: { score: 42 } })

const retryPolicy = Schedule.upTo(Schedule.spaced("1 milli"), { times: 2 })

/** In memory, of a world of its own. */
const httpClient = Layer.fresh(Emulator.layerHttpClient)

const gcm = Gcm.layer({ apiKey: Redacted.make("owner"), retryPolicy }).pipe(Layer.provide(httpClient))

const fcm = Fcm.layer({ projectId: "my-project", retryPolicy }).pipe(
  Layer.provide(ServiceAccount.layer(Emulator.serviceAccount)),
  Layer.provide(httpClient)
)

// -----------------------------------------------------------------------------
// Tests
// -----------------------------------------------------------------------------

/** An outcome in node-gcm's terms, without the ids that the emulator makes up. */
const inNodeGcm = (outcome: Outcome.Outcome): string => {
  switch (outcome._tag) {
    case "Success":
      return outcome.canonical === undefined ? "accepted" : "accepted, canonical"
    case "NotRegistered":
    case "Unknown":
      return outcome._tag
    default:
      return outcome.code
  }
}

/** An outcome in firebase-admin's terms, as docs/migrating.md has it. */
const inFirebaseAdmin = (outcome: Topics.TopicOutcome | Outcome.Outcome): string => {
  const codes: { readonly [code: string]: string } = {
    NotRegistered: "messaging/registration-token-not-registered",
    INVALID_ARGUMENT: "messaging/invalid-argument",
    SENDER_ID_MISMATCH: "messaging/mismatched-credential",
    THIRD_PARTY_AUTH_ERROR: "messaging/third-party-auth-error"
  }
  if (outcome._tag === "Success" || outcome._tag === "Changed") return "accepted"
  return codes["code" in outcome ? outcome.code : outcome._tag] ?? outcome._tag
}

const names = (test: string, ...fates: ReadonlyArray<string>) => fates.map((fate) => `emulator:${fate}:${test}`)

layer(EmulatorServer.layer(), { excludeTestServices: true })("what becomes of each", (it) => {
  it.effect("node-gcm: the failed ids alone in rounds, in input order, counts of all", () =>
    Effect.gen(function*() {
      const { host } = yield* EmulatorServer.EmulatorServer
      const ids = names(
        "rounds",
        "unavailable-2",
        "ok",
        "unregistered",
        "internal-1",
        "moved",
        "unavailable",
        "invalid",
        "mismatch"
      )
      const theirs = yield* sendWithNodeGcm(host, ids, 2)
      const report = yield* Effect.provide(Messaging.send(message, ids, { deadline: "10 seconds" }), gcm)
      assert.deepStrictEqual(
        theirs.results.map(({ error, registration_id }) =>
          error ?? (registration_id === undefined ? "accepted" : "accepted, canonical")
        ),
        report.outcomes.map(inNodeGcm)
      )
      assert.deepStrictEqual(
        [theirs.success, theirs.failure, theirs.canonical_ids],
        [report.counts.Success, report.size - report.counts.Success, report.canonical.length]
      )
      assert.strictEqual(Report.retry(report).length, 1)
      // each was accepted once, whatever its rounds
      const { messages } = yield* Emulator.Emulator
      const arrived = (yield* messages.query()).flatMap(({ recipient }) => ids.includes(recipient) ? [recipient] : [])
      assert.deepStrictEqual(
        arrived.toSorted(),
        names("rounds", "ok", "unavailable-2", "internal-1", "moved").toSorted()
      )
    }))

  it.effect("firebase-admin: sendEach in the order of the messages", () =>
    Effect.gen(function*() {
      const server = yield* EmulatorServer.EmulatorServer
      const tokens = names(
        "each",
        "slow-300",
        "ok",
        "unregistered",
        "invalid",
        "mismatch",
        "apns-auth",
        "unavailable-1"
      )
      const { failureCount, responses, successCount } = yield* Effect.promise(() =>
        firebaseAdmin(server).sendEach(tokens.map((token) => ({ token, data: { score: "42" } })))
      )
      const report = yield* Effect.provide(Messaging.send(message, tokens), fcm)
      assert.deepStrictEqual(
        responses.map(({ error }) => error?.code ?? "accepted"),
        report.outcomes.map(inFirebaseAdmin)
      )
      assert.deepStrictEqual([successCount, failureCount], [
        report.counts.Success,
        report.size - report.counts.Success
      ])
    }))

  it.effect("firebase-admin: topics, and the index of each that failed", () =>
    Effect.gen(function*() {
      const server = yield* EmulatorServer.EmulatorServer
      const tokens = names("topics", "ok", "unregistered", "moved", "unregistered", "unavailable-1")
      const messaging = firebaseAdmin(server)
      const theirs = [
        yield* Effect.promise(() => messaging.subscribeToTopic(tokens, "news")),
        yield* Effect.promise(() => messaging.unsubscribeFromTopic(tokens, "news"))
      ]
      const ours = yield* Effect.all([Topics.subscribe("news", tokens), Topics.unsubscribe("news", tokens)]).pipe(
        Effect.provide(fcm)
      )
      assert.deepStrictEqual(
        theirs.map(({ errors, failureCount, successCount }) => ({
          failureCount,
          successCount,
          errors: errors.map(({ error, index }) => ({ index, code: error.code }))
        })),
        ours.map((outcomes) => {
          const errors = outcomes.map(inFirebaseAdmin).flatMap((code, index) =>
            code === "accepted" ? [] : [{ index, code }]
          )
          return { failureCount: errors.length, successCount: outcomes.length - errors.length, errors }
        })
      )
    }))
})
