/**
 * Google's cloud messaging, emulated: what Mailpit is for e-mail.
 *
 * One world behind one HTTP app that speaks FCM HTTP v1 (messages and topic subscriptions), the Instance ID service, GCM
 * HTTP (JSON, plain text, device groups) and the OAuth token endpoint from the service's side: as a test `HttpClient` here
 * ({@link layerHttpClient}), as a server in `EmulatorServer`. Whoever is sent to is a device of a project, which can be away;
 * what is stored for it, and for how long, is as with the service. It relays nothing.
 *
 * **Details**
 *
 * Magic names of recipients decide a fate with no set-up, in any protocol and any SDK. Any other name is accepted, as far as
 * devices, quotas and faults allow that were arranged (`Emulator.project`).
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
 * Instance ID service, which names no project, counts in all of them. The bearer tokens that let in are those of the token
 * endpoint, and `owner`. The API key `emulator:bad-key` is refused (401); `emulator:<project>` names a project, any other
 * stands for `default`. The projects `emulator-denied` (403) and `emulator-missing` (404) are refused by FCM v1.
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
import * as Stream from "effect/Stream"
import type * as EmulatorError from "./EmulatorError.ts"
import type { AnswerCut } from "./internal/answer.ts"
import * as app from "./internal/app.ts"
import * as movableClock from "./internal/movableClock.ts"
import * as service from "./internal/service.ts"
import * as account from "./internal/serviceAccountKey.ts"
import * as world from "./internal/world.ts"
import type * as Project from "./Project.ts"

// -----------------------------------------------------------------------------
// Service
// -----------------------------------------------------------------------------

/**
 * The emulator's clock.
 *
 * @category models
 * @since 1.0.0
 */
export interface Clock {
  /** Milliseconds since the epoch. */
  readonly now: Effect.Effect<number>
  /**
   * Moves it forward, wakes what sleeps until then, and tells what time it is. A server's clock, and a `TestClock`; any
   * other cannot be moved.
   */
  readonly advance: (duration: Duration.Input) => Effect.Effect<number, EmulatorError.ClockNotMovable>
}

/**
 * What the emulator saw, and what it is made to do.
 *
 * @category models
 * @since 1.0.0
 */
export interface Service {
  /** What arrived in all projects. */
  readonly messages: Project.Messages
  /** Faults of all projects; those that are added here strike in any project, and at the token endpoint. */
  readonly faults: Project.Faults
  /** How many requests came so far. */
  readonly requests: Effect.Effect<Project.Requests>
  /** What time it is. */
  readonly clock: Clock
  /**
   * The ids of the projects that were spoken of: at most 1000, beyond which one is forgotten, first of those that hold no
   * message, no device and no settings of their own, then the longest unheard of.
   */
  readonly projects: Effect.Effect<ReadonlyArray<string>>
  /** One project. */
  readonly project: (id: string) => Project.Project
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
 * One project of the emulator: where tests arrange devices and faults, and see what arrived.
 *
 * **Example** (A message waits for a phone)
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
 * const program = Effect.gen(function*() {
 *   const { devices, messages } = yield* Emulator.project("my-project")
 *   yield* devices.setPresence("phone", "offline")
 *   yield* Messaging.send(Message.make({ data: { score: 42 } }), "phone")
 *   return yield* messages.query({ state: "stored" }) // one
 * }).pipe(Effect.provide(fcm))
 * ```
 *
 * @category accessors
 * @since 1.0.0
 */
export const project = (id: string): Effect.Effect<Project.Project, never, Emulator> =>
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
