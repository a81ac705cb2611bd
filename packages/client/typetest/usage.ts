/** How users write, and what the types must refuse. Compiled, never run. */
import {
  AccessToken,
  Audience,
  Fcm,
  Gcm,
  Message,
  Messaging,
  Outcome,
  Recipient,
  Report,
  RetryPolicy,
  SendError,
  ServiceAccount,
  Topics
} from "@cloud-messaging/client"
import { Config, Console, Duration, Effect, Layer, LayerMap, Match, Random, Redacted, Schedule, Stream } from "effect"
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

/** The rounds by hand, on a report and on an error alike. */
export const rounds = (
  message: Message.Message,
  recipients: Iterable<Recipient.Input>
): Effect.Effect<
  Report.Report,
  SendError.AuthenticationError | SendError.ValidationError,
  Messaging.Messaging
> => {
  const once = (recipients: Iterable<Recipient.Input>) =>
    Messaging.send(message, recipients, { retryPolicy: RetryPolicy.none }).pipe(
      Effect.catchTag("TransportError", (error) => Effect.succeed(error.report)) // its `unsettled` is empty
    )
  const loop = (report: Report.Report, attempt: number): ReturnType<typeof once> =>
    Report.needsRetry(report) && attempt < 5
      ? Report.delay(report, attempt).pipe(
        Effect.flatMap(Effect.sleep),
        Effect.andThen(once(Report.retry(report))),
        Effect.flatMap((next) => loop(Report.merge(report, next), attempt + 1))
      )
      : Effect.succeed(report)
  return Effect.flatMap(once(recipients), (report) => loop(report, 0))
}
export const merged: Effect.Effect<Report.Report, SendError.SendError, Messaging.Messaging> = Effect.map(
  Messaging.send(unicast, "token"),
  Report.merge(Report.empty)
)

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
    { retryPolicy: RetryPolicy.none, deadline: "10 seconds", requestTimeout: "10 seconds", delivery: "atMostOnce" }
  )
export const fcmFromConfig = Fcm.layerConfig({ projectId: Config.String("FCM_PROJECT"), url: Config.String("FCM_URL") })
export const fcmFromConfig2 = Fcm.layerConfig({ projectId: Config.String("FCM_PROJECT") })
export const rotated = Gcm.layer({ apiKey: Effect.succeed(Redacted.make("rotated")), concurrency: 4 })
export const fromStore: Layer.Layer<Messaging.Messaging, never, HttpClient.HttpClient | AccessToken.AccessToken> = Layer
  .unwrap(AccessToken.AccessToken.use(({ get }) => Effect.succeed(Gcm.layer({ apiKey: get }))))

/** Both protocols in one program: the services as values. */
export const both = Effect.gen(function*() {
  const legacy = yield* Gcm.make({ apiKey: Redacted.make("API_KEY") })
  const modern = yield* Fcm.make({ projectId: "my-project" })
  return yield* Effect.all([legacy.send(unicast, "old"), modern.send(unicast, Recipient.fid("new"))])
})

/** Many projects: one token cache and one gate a project. */
export const projects = LayerMap.make((projectId: string) =>
  Fcm.layer({ projectId }).pipe(Layer.provide(ServiceAccount.layerFile(`keys/${projectId}.json`)))
)
export const inProject = Effect.gen(function*() {
  const map = yield* projects
  return yield* Messaging.send(unicast, "token").pipe(Effect.provide(map.get("my-project")))
})

// ---- 3. a Schedule of the user's -----------------------------------------------------------------------------------

export const plain: RetryPolicy.RetryPolicy = Schedule.exponential("1 second").pipe(
  Schedule.jittered,
  Schedule.upTo({ times: 3 })
)

export const typed: RetryPolicy.RetryPolicy = Schedule.spaced("2 seconds").pipe(
  Schedule.setInputType<RetryPolicy.Failure>(),
  Schedule.while(({ input }) => input.code !== "QUOTA_EXCEEDED" && input.attempt <= 4)
)

export const floorOrJitter: RetryPolicy.RetryPolicy = Schedule.exponential("500 millis").pipe(
  Schedule.setInputType<RetryPolicy.Failure>(),
  Schedule.modifyDelay(({ duration, input }) =>
    Effect.map(
      Random.next,
      (u) => Duration.max(input.floor, Duration.times(Duration.min(duration, Duration.seconds(30)), u))
    )
  )
)
export const made: ReadonlyArray<RetryPolicy.RetryPolicy> = [
  RetryPolicy.standard,
  RetryPolicy.none,
  RetryPolicy.make(),
  RetryPolicy.make({ base: "2 seconds", factor: 3, maxDelay: "5 minutes", maxRetryAfter: "1 hour", times: 8 })
]
export const withPolicy = Messaging.send(unicast, "token", { retryPolicy: Schedule.recurs(2) })

// @ts-expect-error a schedule of something else than failures is no policy
export const ofNumbers: RetryPolicy.RetryPolicy = Schedule.setInputType<number>()(Schedule.recurs(2))
// @ts-expect-error a number of retries is no policy
export const times = Messaging.send(unicast, "token", { retryPolicy: 3 })

// ---- 4. streams ----------------------------------------------------------------------------------------------------

class DbError {
  readonly _tag = "DbError"
}
class Db {
  readonly db = true
}
declare const tokens: Stream.Stream<string, DbError, Db>

export const stream: Stream.Stream<
  Outcome.Outcome,
  DbError | SendError.AuthenticationError | SendError.ValidationError,
  Db | Messaging.Messaging
> = Messaging.sendStream(multicast, tokens, { maxWaiting: 10_000 })
export const dispositions = stream.pipe(Stream.runForEach((outcome) => {
  switch (outcome.disposition) {
    case "replace": {
      return Console.log("replace")
    }
    case "remove": {
      return Console.log("remove", Recipient.value(outcome.recipient))
    }
    default: {
      return Effect.void
    }
  }
}))

interface Row {
  readonly id: number
  readonly message: Message.Message
  readonly recipient: string
}
declare const outbox: Stream.Stream<Row, DbError>

export const each = Messaging.sendEach(outbox).pipe(
  Stream.map(({ item, outcome }) => [item.id, outcome._tag] as const)
)
export const eachType: Stream.Stream<
  readonly [number, Outcome.Outcome["_tag"]],
  DbError | SendError.AuthenticationError,
  Messaging.Messaging
> = each
export const piped = outbox.pipe(Messaging.sendEach)
export const pipedItem: Stream.Success<typeof piped>["item"]["id"] = 1

// @ts-expect-error a list is no stream
export const listToStream = Messaging.sendStream(unicast, ["token"])
// @ts-expect-error an item has a message
export const withoutMessage = Messaging.sendEach(Stream.make({ recipient: "token" }))
// @ts-expect-error `send` has no queue of recipients that wait
export const waitingSend = Messaging.send(unicast, "token", { maxWaiting: 10 })

export const label = Match.type<Outcome.Outcome>().pipe(Match.tagsExhaustive({
  Success: (o) => o.messageId,
  NotRegistered: () => "gone",
  Failed: (o) => o.code,
  Unavailable: (o) => `${o.code} after ${o.attempts}`,
  Unknown: () => "unknown"
}))

// ---- 5. errors -----------------------------------------------------------------------------------------------------

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
      return `${error.reason._tag}: ${SendError.retry(error).length} to send again, ambiguous: ${error.ambiguous}`
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

export const inlinePolicy = Messaging.send(unicast, "token", {
  retryPolicy: Schedule.exponential("1 second").pipe(
    Schedule.setInputType<RetryPolicy.Failure>(),
    Schedule.while(({ input }) => input.attempt < 3 && input.code !== "INTERNAL")
  )
})

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
// @ts-expect-error a stream goes to sendStream
export const notStream = Messaging.send(unicast, tokens)

// ---- 8. a key from an effect fails as AccessToken does, and needs nothing that the layer's type does not tell --------

type IsKey<E, R = never> = Effect.Effect<Redacted.Redacted, E, R> extends Gcm.Connection["apiKey"] ? true : false
export const keys: readonly [
  IsKey<never>,
  IsKey<AccessToken.AccessTokenError>,
  IsKey<string>,
  IsKey<never, AccessToken.AccessToken>
] = [true, true, false, false]

// ---- 9. audiences and topics ---------------------------------------------------------------------------------------

export const published = Messaging.publish(unicast, Audience.topic("news")).pipe(Effect.map((_) => _.messageId))
export const readers = Audience.allOf(Audience.topic("news"), Audience.not(Audience.topic("muted")))
// @ts-expect-error a device group is no part of a condition
export const groups = Audience.anyOf(Audience.deviceGroup("key"))
// @ts-expect-error of nothing is no condition
export const nothing = Audience.allOf()
// @ts-expect-error a topic is no recipient
export const toTopic = Messaging.send(unicast, Audience.topic("news"))
export const subscribed: Effect.Effect<ReadonlyArray<Topics.TopicOutcome>, SendError.SendError, Topics.Topics> = Topics
  .subscribe("news", new Set(["a", "b"]), { topicApi: "instanceId" })
// @ts-expect-error a list is always of FCM v1
export const listed = Topics.list("a", { topicApi: "instanceId" })
