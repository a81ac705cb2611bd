/**
 * The FCM HTTP v1 protocol: one request a recipient, to registration tokens and Firebase installation ids.
 *
 * Source: firebase.google.com/docs/reference/fcm/rest/v1/projects.messages.
 *
 * @since 1.0.0
 */
import * as FcmV1 from "@cloud-messaging/protocol/FcmV1"
import * as InstanceId from "@cloud-messaging/protocol/InstanceId"
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpBody from "effect/http/HttpBody"
import type * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { AccessToken } from "./AccessToken.ts"
import type { Audience } from "./Audience.ts"
import * as audiences from "./internal/audience.ts"
import * as connection from "./internal/connection.ts"
import * as EmulatorHost from "./internal/emulatorHost.ts"
import * as fcmAnswer from "./internal/fcmAnswer.ts"
import * as fcmMessage from "./internal/fcmMessage.ts"
import type { Valid } from "./internal/messageFields.ts"
import type * as Protocol from "./internal/protocol.ts"
import * as service from "./internal/service.ts"
import * as topics from "./internal/topics.ts"
import type { Project } from "./internal/topicsProtocol.ts"
import * as Verdict from "./internal/verdict.ts"
import { type Issue, Message } from "./Message.ts"
import * as Messaging from "./Messaging.ts"
import * as Outcome from "./Outcome.ts"
import * as Recipient from "./Recipient.ts"
import * as Topics from "./Topics.ts"

// -----------------------------------------------------------------------------
// Options
// -----------------------------------------------------------------------------

/**
 * Where to send.
 *
 * @category options
 * @since 1.0.0
 */
export interface Connection {
  /** The project's id or number. */
  readonly projectId: string
  /**
   * The service's origin: https, or http on loopback.
   *
   * @default "https://fcm.googleapis.com"
   */
  readonly url?: string | undefined
}

/**
 * Where and how to send.
 *
 * @category options
 * @since 1.0.0
 */
export interface Options extends Connection, Messaging.StreamOptions {}

// -----------------------------------------------------------------------------
// Constructors and layers
// -----------------------------------------------------------------------------

/**
 * Makes the service as a value, for both protocols in one program.
 *
 * Dies, naming the option, if `url` is neither https nor http on loopback, or no origin, if `projectId` can be none, and
 * if `concurrency` or `maxWaiting` is less than 1.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make = (
  options: Options
): Effect.Effect<Messaging.Service, never, HttpClient.HttpClient | AccessToken> =>
  Effect.flatMap(projectOf(options), ({ fcm }) => service.make(fcm, options))

/**
 * Makes the service that changes subscriptions, as a value. Dies as {@link make} does.
 *
 * @category constructors
 * @since 1.0.0
 */
export const makeTopics = (
  options: Options
): Effect.Effect<Topics.Service, never, HttpClient.HttpClient | AccessToken> =>
  Effect.flatMap(projectOf(options), (project) => topics.make(project, options))

const projectOf = Effect.fnUntraced(function*(options: Options): Effect.fn.Return<Project, never, AccessToken> {
  const accessToken = yield* AccessToken
  const projectId = yield* Effect.orDie(connection.projectId(options.projectId))
  if (options.url === undefined) return project(projectId, origins, accessToken)
  const origin = yield* Effect.orDie(connection.origin(options.url))
  return project(projectId, { origin, instanceIdOrigin: origin }, accessToken)
})

const origins = { origin: FcmV1.origin, instanceIdOrigin: InstanceId.origin }

/**
 * Sends through FCM v1, and changes subscriptions to topics.
 *
 * **Example** (With a service account's key file)
 *
 * ```ts
 * import { Fcm, ServiceAccount } from "@cloud-messaging/client"
 * import { Layer } from "effect"
 *
 * const layer = Fcm.layer({ projectId: "my-project" }).pipe(
 *   Layer.provide(ServiceAccount.layerFile("key.json"))
 * )
 * ```
 *
 * **Gotchas**
 *
 * Bind the layer to a constant: two calls are two services, and two gates.
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (
  options: Options
): Layer.Layer<Messaging.Messaging | Topics.Topics, never, HttpClient.HttpClient | AccessToken> =>
  Layer.effectContext(Effect.flatMap(projectOf(options), (project) => services(project, options)))

/** Both services of a project. */
const services = Effect.fnUntraced(function*(project: Project, options: Messaging.StreamOptions) {
  return Context.make(Messaging.Messaging, yield* service.make(project.fcm, options)).pipe(
    Context.add(Topics.Topics, yield* topics.make(project, options))
  )
})

/**
 * Sends through FCM v1: the connection from configuration, the rest as values.
 *
 * With `FIREBASE_MESSAGING_EMULATOR_HOST=host:port` set, sends there over plain HTTP, as `owner`, whatever `url` and
 * `AccessToken` say. Fails with a `ConfigError` if something is missing or wrong.
 *
 * @category layers
 * @since 1.0.0
 */
export const layerConfig = (
  config: Config.Wrap<Connection>,
  options: Messaging.StreamOptions = {}
): Layer.Layer<Messaging.Messaging | Topics.Topics, Config.ConfigError, HttpClient.HttpClient | AccessToken> =>
  Layer.effectContext(
    Effect.gen(function*() {
      const { projectId, url } = yield* Config.unwrap(config)
      yield* Effect.mapError(connection.projectId(projectId), connection.fromConfig)
      const emulator = yield* EmulatorHost.origin
      if (Option.isSome(emulator)) {
        const origins = { origin: emulator.value, instanceIdOrigin: emulator.value }
        return yield* services(project(projectId, origins, EmulatorHost.accessToken), options)
      }
      if (url !== undefined) yield* Effect.mapError(connection.origin(url), connection.fromConfig)
      return yield* Effect.flatMap(projectOf({ projectId, url }), (project) => services(project, options))
    })
  )

// -----------------------------------------------------------------------------
// Protocol
// -----------------------------------------------------------------------------

const project = (
  projectId: string,
  origins: Pick<Project, "origin" | "instanceIdOrigin">,
  accessToken: AccessToken["Service"]
): Project => ({
  projectId,
  ...origins,
  fcm: protocol(projectId, origins.origin, accessToken)
})

const protocol = (projectId: string, origin: string, accessToken: AccessToken["Service"]): Protocol.Protocol => ({
  system: "fcm",
  recipientsPerRequest: 1,
  credential: accessToken.get,
  renew: accessToken.invalidate,
  refuse: (recipient) =>
    Recipient.value(recipient) === ""
      ? new Outcome.Failed({
        recipient,
        code: "InvalidRecipient",
        detail: `an empty ${recipient.kind === "fid" ? "installation id" : "registration token"}`,
        issues: [],
        disposition: "remove"
      })
      : undefined,
  // firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode (a minute for rates), and its guide to scaling (10 seconds)
  floor: (status) => status === 429 ? Duration.minutes(1) : Duration.seconds(status === undefined ? 0 : 10),
  rateLimitPause: Duration.minutes(1),
  encode: (message) => encode(origin + FcmV1.sendPath(projectId), message, ofRecipient),
  address: (message, audience) =>
    Result.flatMap(targetOf(audience), (target) =>
      Result.map(
        encode(origin + FcmV1.sendPath(projectId), message, () => target),
        (encoded) => ({
          encoded,
          judge: (answer, scrub) =>
            Verdict.ofAudience(fcmAnswer.judge(projectId, answer, { recipient: anybody, scrub }), answer)
        })
      )),
  judge: (answer, { recipients: [recipient = anybody], scrub }) =>
    fcmAnswer.judge(projectId, answer, { recipient, scrub })
})

/** The field that says to whom, and its value. */
type Target = readonly [FcmV1.Target, string]

const encode = (
  url: string,
  message: Message,
  targetOf: (recipients: ReadonlyArray<Recipient.Recipient>) => Target
): Result.Result<Protocol.Encoded, ReadonlyArray<Issue>> => {
  const request = HttpClientRequest.post(url)
  return Result.map(fcmMessage.validate(Message.copied(message)), (fields) => {
    const textAt = encodedText(fields)
    return ({ credential, firstAttempt, recipients }) =>
      request.pipe(
        HttpClientRequest.bearerToken(credential),
        HttpClientRequest.setBody(HttpBody.text(textAt(firstAttempt)(...targetOf(recipients)), "application/json"))
      )
  })
}

/** A request has one recipient: see `recipientsPerRequest`. */
const ofRecipient = ([recipient = anybody]: ReadonlyArray<Recipient.Recipient>): Target => [
  recipient.kind,
  Recipient.value(recipient)
]

const targetOf = (audience: Audience): Result.Result<Target, ReadonlyArray<Issue>> => {
  const issues = audiences.issues(audience)
  if (issues.length > 0) return Result.fail(issues)
  switch (audience._tag) {
    case "Topic":
      return Result.succeed(["topic", audience.name])
    case "Condition":
      return Result.succeed(["condition", audience.expression])
    case "DeviceGroup":
      return Result.fail([audiences.issue("deviceGroup", "FCM v1 knows no device groups: publish it through Gcm")])
  }
}

/** Stands for an audience, where an answer speaks of one recipient. */
const anybody = Recipient.token("")

/** The message is encoded once; one whose expiry iOS wants as a date, once a second. */
const encodedText = (fields: Valid) => {
  const isDated = fcmMessage.isDated(fields)
  const validateOnly = fields.dryRun === true
  let last: { readonly second: number; readonly text: ReturnType<typeof FcmV1.sendRequestText> } | undefined
  return (time: number) => {
    const second = isDated ? Math.floor(time / 1000) : 0
    if (last?.second !== second) {
      last = { second, text: FcmV1.sendRequestText(fcmMessage.content(fields, time), { validateOnly }) }
    }
    return last.text
  }
}
