/**
 * Google's cloud messaging, emulated: what Mailpit is for e-mail.
 *
 * One world behind one HTTP app that speaks FCM HTTP v1 (messages and topic subscriptions), the Instance ID service, GCM
 * HTTP (JSON, plain text, device groups) and the OAuth token endpoint from the service's side, as a test `HttpClient` layer here, and as a server in `EmulatorServer`. It delivers nothing, and relays nothing.
 *
 * **Details**
 *
 * Magic names of recipients decide a fate with no set-up, in any protocol and any SDK. Any other name is accepted.
 *
 * | recipient | FCM v1 | GCM |
 * | --- | --- | --- |
 * | `emulator:ok:…` | accepted | accepted |
 * | `emulator:unregistered:…` | 404 UNREGISTERED | `NotRegistered` |
 * | `emulator:invalid:…` | 400 INVALID_ARGUMENT naming `message.token` | `InvalidRegistration` |
 * | `emulator:mismatch:…` | 403 SENDER_ID_MISMATCH | `MismatchSenderId` |
 * | `emulator:apns-auth:…` | 401 THIRD_PARTY_AUTH_ERROR | `InvalidApnsCredential` |
 * | `emulator:moved:…` | accepted | accepted, with a canonical id |
 * | `emulator:unavailable-N:…` | 503 UNAVAILABLE, `Retry-After: 1`, N times | `Unavailable`, `Retry-After: 1` |
 * | `emulator:internal-N:…` | 500 INTERNAL, `Retry-After: 1`, N times | `InternalServerError`, `Retry-After: 1` |
 * | `emulator:quota-N:…` | 429 QUOTA_EXCEEDED of the device, `Retry-After: 1`, N times | `DeviceMessageRateExceeded` |
 * | `emulator:slow-MS:…` | accepted after MS milliseconds | the whole request |
 * | `emulator:cut-N:…` | accepted, then the answer is cut, N times | the whole request |
 * | `emulator:reset-N:…` | not accepted, the connection drops, N times | the whole request |
 * | `emulator:html-N:…` | not accepted, an HTML page with 502, N times | the whole request |
 *
 * Without `-N`: always. In plain text `unavailable` and `internal` are the status 503 and 500, `Retry-After: 1`, and all
 * else is as for GCM. A message to a topic or a condition reaches every subscriber but `emulator:apns-auth:…`; one to a
 * device group names the members that fail. Who cannot be subscribed is told so when it is tried:
 *
 * | recipient | topic subscriptions of FCM v1 | Instance ID, its token alone |
 * | --- | --- | --- |
 * | `emulator:unregistered:…` | 404 UNREGISTERED | `NOT_FOUND` |
 * | `emulator:invalid:…` | 400 INVALID_ARGUMENT | `INVALID_ARGUMENT` |
 * | `emulator:mismatch:…` | 403 SENDER_ID_MISMATCH | `INVALID_ARGUMENT` |
 * | `emulator:unavailable-N:…` | 503 UNAVAILABLE, `Retry-After: 1`, N times | `DEADLINE_EXCEEDED` |
 * | `emulator:internal-N:…` | 500 INTERNAL, `Retry-After: 1`, N times | `INTERNAL` |
 * | `emulator:quota-N:…` | 429 QUOTA_EXCEEDED, `Retry-After: 1`, N times | `RESOURCE_EXHAUSTED` |
 * | `slow`, `cut`, `reset`, `html` | as for a message | the whole request |
 *
 * A subscription belongs to the project in the path, or of the API key; one that came with an access token through the
 * Instance ID service, which names no project, counts in all of them. The bearer tokens that let in are those of the token endpoint, and `owner`. The API key
 * `emulator:bad-key` is refused (401); `emulator:<project>` names a project, any other stands for `default`. The
 * projects `emulator-denied` (403) and `emulator-missing` (404) are refused by FCM v1.
 *
 * @since 1.0.0
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type * as Arrival from "./Arrival.ts"
import type * as Device from "./Device.ts"
import type * as EmulatorError from "./EmulatorError.ts"
import type * as Fault from "./Fault.ts"
import type { AnswerCut } from "./internal/answer.ts"
import * as app from "./internal/app.ts"
import * as movableClock from "./internal/movableClock.ts"
import * as service from "./internal/service.ts"
import * as account from "./internal/serviceAccountKey.ts"
import * as world from "./internal/world.ts"
import type * as Project from "./Project.ts"

// -----------------------------------------------------------------------------
// Models
// -----------------------------------------------------------------------------

/**
 * How many requests came to each endpoint, refused ones included.
 *
 * @category models
 * @since 1.0.0
 */
export interface Requests extends Schema.Schema.Type<typeof Requests> {}

/**
 * The schema of how many requests came to each endpoint, refused ones included.
 *
 * **Details**
 *
 * - `fcm`: `projects.messages.send` of FCM v1.
 * - `gcm`: GCM, at `/fcm/send` and `/gcm/send`.
 * - `topics`: topic subscriptions of FCM v1, and the Instance ID service.
 * - `groups`: changes and look-ups of device groups.
 * - `token`: the OAuth token endpoint.
 *
 * @category schemas
 * @since 1.0.0
 */
export const Requests = Schema.Struct({
  fcm: Schema.Natural,
  gcm: Schema.Natural,
  topics: Schema.Natural,
  groups: Schema.Natural,
  token: Schema.Natural
})

/**
 * A topic that has subscribers.
 *
 * @category models
 * @since 1.0.0
 */
export interface Topic extends Schema.Schema.Type<typeof Topic> {}

/**
 * The schema of a topic that has subscribers: its name, without `/topics/`, and who they are, in the order in which they
 * subscribed.
 *
 * @category schemas
 * @since 1.0.0
 */
export const Topic = Schema.Struct({ name: Schema.String, subscribers: Schema.Array(Schema.String) })

// -----------------------------------------------------------------------------
// Service
// -----------------------------------------------------------------------------

/**
 * What arrived.
 *
 * @category models
 * @since 1.0.0
 */
export interface Messages {
  /**
   * The accepted messages that are kept (by default the latest 10,000), dry runs among them, in the order in which they
   * came.
   */
  readonly query: (filter?: Arrival.Filter) => Effect.Effect<ReadonlyArray<Arrival.Arrival>>
  /** Waits until so many match, and gives those; fails if they do not come in time, and tells what did. */
  readonly await: (filter: Arrival.Filter, options?: {
    /**
     * How many.
     *
     * @default 1
     */
    readonly count?: number | undefined
    /**
     * How long to wait, by the caller's clock.
     *
     * @default "5 seconds"
     */
    readonly timeout?: Duration.Input | undefined
  }) => Effect.Effect<ReadonlyArray<Arrival.Arrival>, Arrival.NotArrived>
  /**
   * Each arrival as it is accepted, and again whenever its state changes. Who reads too slowly loses the oldest of
   * 10,000.
   */
  readonly live: Stream.Stream<Arrival.Arrival>
}

/**
 * The devices of a project.
 *
 * @category models
 * @since 1.0.0
 */
export interface Devices {
  /** Makes a device, or changes one: what is not said stays as it is. One that was unregistered is so no longer. */
  readonly register: (registration: Device.Registration) => Effect.Effect<Device.Device, EmulatorError.InvalidName>
  /** The device of a token or installation id, if there is one. */
  readonly get: (recipient: string) => Effect.Effect<Device.Device | undefined>
  /** All of them: at most 100,000, beyond which those leave that were not heard of for the longest time. */
  readonly list: Effect.Effect<ReadonlyArray<Device.Device>>
  /**
   * Makes a device reachable or not; what is stored for it is delivered as soon as it can be. Makes the device if there is
   * none.
   */
  readonly setPresence: (
    recipient: string,
    presence: Device.Presence
  ) => Effect.Effect<Device.Device, EmulatorError.InvalidName>
  /** Uninstalls the app: who sends to it is told UNREGISTERED (GCM: `NotRegistered`), and its subscriptions end. */
  readonly unregister: (recipient: string) => Effect.Effect<Device.Device, EmulatorError.InvalidName>
}

/**
 * The topics of a project.
 *
 * @category models
 * @since 1.0.0
 */
export interface Topics {
  /** Topics with subscribers, in the order of names. */
  readonly list: Effect.Effect<ReadonlyArray<Topic>>
  /** Subscribes a recipient that is not yet. */
  readonly subscribe: (
    recipient: string,
    topic: string
  ) => Effect.Effect<void, EmulatorError.InvalidName | EmulatorError.TooManyTopics>
  /** Ends a subscription, if there is one. */
  readonly unsubscribe: (recipient: string, topic: string) => Effect.Effect<void>
}

/**
 * Faults, in the order in which they were added.
 *
 * @category models
 * @since 1.0.0
 */
export interface Faults {
  /** Adds a fault. At most 1000 are kept: the oldest leave. */
  readonly add: (fault: Fault.Fault) => Effect.Effect<Fault.Active>
  /** Those that were added; also those that strike no more. */
  readonly list: Effect.Effect<ReadonlyArray<Fault.Active>>
  /** Takes one away, if it is there. */
  readonly remove: (id: string) => Effect.Effect<void>
  /** Takes all away. */
  readonly clear: Effect.Effect<void>
}

/**
 * The emulator's clock.
 *
 * @category models
 * @since 1.0.0
 */
export interface EmulatorClock {
  /** Milliseconds since the epoch. */
  readonly now: Effect.Effect<number>
  /**
   * Moves it forward, wakes what sleeps until then, and tells what time it is. A server's clock, and a `TestClock`; any
   * other cannot be moved.
   */
  readonly advance: (duration: Duration.Input) => Effect.Effect<number, EmulatorError.ClockNotMovable>
}

/**
 * One project of an emulator.
 *
 * @category models
 * @since 1.0.0
 */
export interface ProjectService {
  /** The project's id. */
  readonly id: string
  /** What arrived in it. */
  readonly messages: Messages
  /** Its devices. */
  readonly devices: Devices
  /** Its topics. */
  readonly topics: Topics
  /** Its faults. */
  readonly faults: Faults
  /** How many requests came for it, as far as they told the project. */
  readonly requests: Effect.Effect<Requests>
  /** How it behaves. */
  readonly settings: Effect.Effect<Project.Settings>
  /** Changes how it behaves: what is not said stays as it is. */
  readonly configure: (settings: Partial<Project.Settings>) => Effect.Effect<Project.Settings>
  /** Empties it, and takes back its settings. */
  readonly reset: Effect.Effect<void>
  /** All that it holds. */
  readonly exportState: Effect.Effect<Project.State>
  /** Empties it, and fills it with what was exported. */
  readonly importState: (state: Project.State) => Effect.Effect<void>
}

/**
 * What the emulator saw, and what it is made to do.
 *
 * @category models
 * @since 1.0.0
 */
export interface Service {
  /** What arrived in all projects. */
  readonly messages: Messages
  /** Faults of all projects; those that are added here strike in any project, and at the token endpoint. */
  readonly faults: Faults
  /** How many requests came so far. */
  readonly requests: Effect.Effect<Requests>
  /** What time it is. */
  readonly clock: EmulatorClock
  /** The ids of the projects that were spoken of: at most 1000, beyond which the longest unheard of are forgotten. */
  readonly projects: Effect.Effect<ReadonlyArray<string>>
  /** One project. */
  readonly project: (id: string) => ProjectService
  /** Empties all projects. Access tokens stay valid, and message ids go on. */
  readonly reset: Effect.Effect<void>
}

/**
 * An emulated service and its world.
 *
 * @category services
 * @since 1.0.0
 */
export class Emulator extends Context.Service<Emulator, Service>()("@cloud-messaging/emulator/Emulator") {}

/**
 * One project of the emulator.
 *
 * @category accessors
 * @since 1.0.0
 */
export const project = (id: string): Effect.Effect<ProjectService, never, Emulator> =>
  Effect.map(Emulator, (emulator) => emulator.project(id))

/**
 * The emulator's HTTP app, for a face of one's own.
 *
 * @category services
 * @since 1.0.0
 */
export class App extends Context.Service<App, app.App>()("@cloud-messaging/emulator/Emulator/App") {}

// -----------------------------------------------------------------------------
// Layers
// -----------------------------------------------------------------------------

/**
 * What an emulator begins with. `strict`, `quota` and `deviceRate` are every project's, until it is configured otherwise.
 *
 * @category options
 * @since 1.0.0
 */
export interface Options extends Partial<Project.Settings> {
  /**
   * How many messages are kept. If there are more, the oldest leaves, of the project that has the most; from its device as
   * well, if it was stored for one.
   *
   * @default 10_000
   */
  readonly keep?: number | undefined
}

/**
 * An emulator with an empty world, which lives as long as the layer. Its clock is Effect's, as it is where the layer is
 * built.
 *
 * @category layers
 * @since 1.0.0
 */
export const layerWith = (options: Options): Layer.Layer<Emulator | App> =>
  Layer.merge(Layer.effect(Emulator, service.make), Layer.effect(App, app.make)).pipe(
    Layer.provide(world.layer(options))
  )

/**
 * An emulator with an empty world, as {@link layerWith} makes it without options.
 *
 * @category layers
 * @since 1.0.0
 */
export const layer: Layer.Layer<Emulator | App> = layerWith({})

/**
 * An emulator in memory: an `HttpClient` whose every request, to whatever host, it answers. With it, an application's
 * tests need neither a network nor real time (the emulator's clock is Effect's).
 *
 * **Example** (An application's test)
 *
 * ```ts
 * import { Fcm, Message, Messaging, ServiceAccount } from "@cloud-messaging/client"
 * import { Emulator } from "@cloud-messaging/emulator"
 * import { Effect, Layer } from "effect"
 *
 * const fcm = Fcm.layer({ projectId: "my-project" }).pipe(
 *   Layer.provide(ServiceAccount.layer(Emulator.serviceAccount)),
 *   Layer.provideMerge(Emulator.layerHttpClient)
 * )
 *
 * const test = Effect.gen(function*() {
 *   yield* Messaging.send(Message.make({ data: { score: 42 } }), "token")
 *   const { messages } = yield* Emulator.project("my-project")
 *   return yield* messages.query() // one
 * }).pipe(Effect.provide(fcm))
 * ```
 *
 * @category layers
 * @since 1.0.0
 */
export const layerHttpClientWith = (options: Options): Layer.Layer<Emulator | App | HttpClient.HttpClient> =>
  Layer.effect(
    HttpClient.HttpClient,
    Effect.map(App, (app) =>
      HttpClient.make((request, url) => {
        const serverRequest = HttpServerRequest.fromClientRequest(request).modify({ url: url.pathname + url.search })
        return app.pipe(
          Effect.provideService(HttpServerRequest.HttpServerRequest, serverRequest),
          Effect.scoped,
          Effect.catchTag("AnswerCut", (cut) => Effect.succeed(halfOf(cut))),
          Effect.map((response) => HttpServerResponse.toClientResponse(response, { request })),
          Effect.mapError((cause) =>
            new HttpClientError.HttpClientError({ reason: new HttpClientError.TransportError({ request, cause }) })
          )
        )
      }))
  ).pipe(Layer.provideMerge(layerWith(options)))

/**
 * An emulator in memory, as {@link layerHttpClientWith} makes it without options.
 *
 * @category layers
 * @since 1.0.0
 */
export const layerHttpClient: Layer.Layer<Emulator | App | HttpClient.HttpClient> = layerHttpClientWith({})

const halfOf = (cut: AnswerCut) =>
  HttpServerResponse.stream(Stream.concat(Stream.succeed(new TextEncoder().encode(cut.half)), Stream.fail(cut)), {
    headers: cut.headers
  })

/**
 * The system's clock, made so that `clock.advance` moves it, as a server's is. Provide it to an emulator that runs without a
 * `TestClock`; it moves that emulator's time, and nothing else.
 *
 * **Example** (A day passes)
 *
 * ```ts
 * import { Emulator } from "@cloud-messaging/emulator"
 * import { Effect, Layer } from "effect"
 *
 * const program = Effect.gen(function*() {
 *   const { clock } = yield* Emulator.Emulator
 *   yield* clock.advance("1 day")
 * }).pipe(Effect.provide(Layer.provide(Emulator.layer, Emulator.layerClock)))
 * ```
 *
 * @category layers
 * @since 1.0.0
 */
export const layerClock: Layer.Layer<never> = movableClock.layer

// -----------------------------------------------------------------------------
// Service account
// -----------------------------------------------------------------------------

/**
 * The key of a service account that every emulator trusts, as `ServiceAccount.layer` takes it. It is public, and worth
 * nothing elsewhere.
 *
 * @category constants
 * @since 1.0.0
 */
export const serviceAccount: {
  /** `client_email` in a key file. */
  readonly clientEmail: string
  /** `private_key` in a key file: PEM, PKCS #8. */
  readonly privateKey: Redacted.Redacted
  /** `private_key_id` in a key file. */
  readonly privateKeyId: string
} = {
  clientEmail: account.clientEmail,
  privateKey: Redacted.make(account.privateKey),
  privateKeyId: account.privateKeyId
}
