/** How users write, and what the types must refuse. Compiled, never run. */
import {
  AccessToken,
  Fcm,
  Gcm,
  Message,
  Messaging,
  Outcome,
  Recipient,
  Report,
  type SendError,
  ServiceAccount
} from "@cloud-messaging/client"
import { Config, Console, Duration, Effect, Layer, LayerMap, Match, Redacted, type Stream } from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"

// ---- 1. gcm-client's usage example, line by line --------------------------------------------------------------------

const data = { str: "string", int: 10 }

const unicast = Message.make({ data, dryRun: true })
const multicast = Message.make({ data, collapseKey: "my.key", dryRun: true })

export const program = Effect.gen(function*() {
  const resUnicast = yield* Messaging.send(unicast, "registration_id")
  const resMulticast = yield* Messaging.send(multicast, ["registration_id_1", "registration_id_2"])

  for (const res of [resUnicast, resMulticast]) {
    for (const { messageId, recipient } of res.success) {
      yield* Console.log(`Successfully sent ${Recipient.value(recipient)} as ${messageId}`)
    }
    for (const { canonical, recipient } of res.canonical) {
      yield* Console.log(`Replacing ${Recipient.value(recipient)} with ${Recipient.value(canonical)} in database`)
    }
    for (const { recipient } of res.notRegistered) {
      yield* Console.log(`Removing ${Recipient.value(recipient)} from database`)
    }
    for (const { code, recipient } of res.failed) {
      yield* Console.log(`Removing ${Recipient.value(recipient)} because ${code}`)
    }
    if (Report.needsRetry(res)) {
      const again = Report.retry(res)
      const wait = yield* Report.delay(res, 0)
      yield* Console.log(`Wait or schedule task after ${Duration.toSeconds(wait)} seconds for ${again.length}`)
    }
  }
}).pipe(
  Effect.catchTag("AuthenticationError", () => Console.log("Your Google API key is rejected")),
  Effect.catchTag(
    "ValidationError",
    (error) => Console.log(`Invalid message/option or invalid response: ${error.message}`)
  ),
  Effect.catchTag("TransportError", (error) => Console.log(`Something wrong with the network: ${error.message}`))
)
export const errorIsNever: Effect.Effect<void, never, Messaging.Messaging> = program

// ---- 2. the swap ---------------------------------------------------------------------------------------------------

const gcm = Gcm.layer({ apiKey: Redacted.make("API_KEY") })
const fcm = Fcm.layer({ projectId: "my-project" }).pipe(
  Layer.provide(ServiceAccount.layerConfig({
    clientEmail: Config.String("FCM_CLIENT_EMAIL"),
    privateKey: Config.Redacted("FCM_PRIVATE_KEY")
  }))
)
export const viaGcm: Effect.Effect<void, never, HttpClient.HttpClient> = Effect.provide(program, gcm)
export const viaFcm: Effect.Effect<void, Config.ConfigError, HttpClient.HttpClient> = Effect.provide(program, fcm)

export const gcmFromConfig: Layer.Layer<Messaging.Messaging, Config.ConfigError, HttpClient.HttpClient> = Gcm
  .layerConfig(
    { apiKey: Config.Redacted("GCM_API_KEY") },
    { requestTimeout: "10 seconds", delivery: "atMostOnce" }
  )
export const fcmFromConfig = Fcm.layerConfig({ projectId: Config.String("FCM_PROJECT"), url: Config.String("FCM_URL") })
export const fcmFromConfig2 = Fcm.layerConfig({ projectId: Config.String("FCM_PROJECT") })
export const rotated = Gcm.layer({ apiKey: Effect.succeed(Redacted.make("rotated")), concurrency: 4 })

/** Both protocols in one program: the services as values. */
export const both = Effect.gen(function*() {
  const legacy = yield* Gcm.make({ apiKey: Redacted.make("API_KEY") })
  const modern = yield* Fcm.make({ projectId: "my-project" })
  return yield* Effect.all([legacy.send(unicast, "old"), modern.send(unicast, Recipient.fid("new"))])
})

/** Many projects: one token cache a project. */
export const projects = LayerMap.make((projectId: string) =>
  Fcm.layer({ projectId }).pipe(Layer.provide(ServiceAccount.layerFile(`keys/${projectId}.json`)))
)
export const inProject = Effect.gen(function*() {
  const map = yield* projects
  return yield* Messaging.send(unicast, "token").pipe(Effect.provide(map.get("my-project")))
})

export const label = Match.type<Outcome.Outcome>().pipe(Match.tagsExhaustive({
  Success: (o) => o.messageId,
  NotRegistered: () => "gone",
  Failed: (o) => o.code,
  Unavailable: (o) => `${o.code} after ${o.attempts}`,
  Unknown: () => "unknown"
}))

// ---- 5. errors -----------------------------------------------------------------------------------------------------

class DbError {
  readonly _tag = "DbError"
}
declare const sent: Effect.Effect<Report.Report, SendError.SendError | DbError, Messaging.Messaging>

export const narrowed: Effect.Effect<
  Report.Report,
  SendError.AuthenticationError | SendError.ValidationError | DbError,
  Messaging.Messaging
> = sent.pipe(
  Effect.catchTag("TransportError", (error) => Effect.succeed(error.report))
)
export const reasoned = sent.pipe(
  Effect.catchReason(
    "TransportError",
    "RateLimited",
    (reason, error) => Effect.as(Effect.sleep(reason.retryAfter ?? "1 minute"), error.report)
  )
)
export const severalReasons = sent.pipe(Effect.catchReasons("ValidationError", {
  InvalidMessage: (reason) => Effect.fail(reason.issues.map((issue) => issue.path.join("."))),
  RejectedRequest: (reason) => Effect.fail([reason.code])
}))
export const tokenReason = Effect.catchReason(
  AccessToken.AccessToken.use(({ get }) => get),
  "AccessTokenError",
  "Unreachable",
  (reason) => Effect.fail(reason.detail)
)
export const explain = (error: SendError.SendError): string => {
  switch (error._tag) {
    case "AuthenticationError": {
      return error.reason._tag === "NoAccessToken" ? error.reason.cause.reason._tag : error.reason._tag
    }
    case "ValidationError": {
      return error.reason._tag === "InvalidResponse" ? String(error.reason.status) : "fix the message"
    }
    case "TransportError": {
      return `${error.reason._tag}: ${error.report.size} to send again, ambiguous: ${error.ambiguous}`
    }
  }
}

// ---- 6. tests ------------------------------------------------------------------------------------------------------

const answer = { success: 1, failure: 0, canonical_ids: 0, results: [{ message_id: "0:1" }] }
export const layerTest = Layer.succeed(
  HttpClient.HttpClient,
  HttpClient.make((request) => Effect.succeed(HttpClientResponse.fromWeb(request, Response.json(answer))))
)
export const tested: Effect.Effect<void> = viaGcm.pipe(Effect.provide(layerTest))

/** An application's own test needs no HTTP at all. */
export const layerMock = Layer.mock(Messaging.Messaging, {
  send: (_message, recipients) =>
    Effect.succeed(
      Report.make(Recipient.makeAll(recipients).map((recipient) => new Outcome.NotRegistered({ recipient })))
    )
})

// ---- 7. one string is one recipient --------------------------------------------------------------------------------

export const one = Messaging.send(unicast, "token")
export const oneFid = Messaging.send(unicast, Recipient.fid("fid"))
export const many = Messaging.send(unicast, new Set(["a", "b"]))
export const redacted = Messaging.send(unicast, Redacted.make("token"))
export const ttlOk = [Message.make({ timeToLive: "1 hour" }), Message.make({ timeToLive: Duration.seconds(3600) })]
export const workers = AccessToken.layer(Effect.succeed({ token: Redacted.make("t"), expiresIn: 3600 }))

declare const tokens: Stream.Stream<string, DbError>

// @ts-expect-error a message has no recipients
export const wrongOrder = Messaging.send("token", unicast)
// @ts-expect-error a bare number would mean milliseconds to Effect and seconds to GCM
export const ttl = Message.make({ timeToLive: 3600 })
// @ts-expect-error an Effect of tokens is not an iterable of tokens
export const notEffect = Messaging.send(unicast, Effect.succeed(["token"]))
// @ts-expect-error a Map is not a list of tokens
export const notMap = Messaging.send(unicast, new Map([["token", 1]]))
// @ts-expect-error bytes are not tokens
export const notBytes = Messaging.send(unicast, new Uint8Array(3))
// @ts-expect-error a stream is not an iterable
export const notStream = Messaging.send(unicast, tokens)
