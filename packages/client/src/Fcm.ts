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
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { AccessToken } from "./AccessToken.ts"
import * as connection from "./internal/connection.ts"
import * as EmulatorHost from "./internal/emulatorHost.ts"
import { project } from "./internal/fcmProtocol.ts"
import * as service from "./internal/service.ts"
import * as topics from "./internal/topics.ts"
import type { Project } from "./internal/topicsProtocol.ts"
import * as Messaging from "./Messaging.ts"
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
export interface Options extends Connection, Messaging.StreamOptions, Topics.Options {}

// -----------------------------------------------------------------------------
// Constructors and layers
// -----------------------------------------------------------------------------

/**
 * Makes the service as a value, for both protocols in one program.
 *
 * Dies, naming the option, if `url` is neither https nor http on loopback, or no origin, if `projectId` can be none, and
 * if an option of how to send is out of its range.
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
  Effect.flatMap(projectOf(options), (found) => topics.make(found, options))

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
 * **Details**
 *
 * Every request names the quota project of {@link AccessToken}, if there is one, in the header `x-goog-user-project`. A
 * quota project that is not a valid header value fails with `AuthenticationError` (`NoAccessToken`), and nothing is sent.
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
const services = Effect.fnUntraced(function*(project: Project, options: Omit<Options, keyof Connection>) {
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
  options: Omit<Options, keyof Connection> = {}
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
