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
import type * as FcmV1 from "@cloud-messaging/protocol/FcmV1"
import type * as GcmHttp from "@cloud-messaging/protocol/GcmHttp"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import type { AnswerCut } from "./internal/answer.ts"
import * as app from "./internal/app.ts"
import * as account from "./internal/serviceAccountKey.ts"
import * as world from "./internal/world.ts"

// -----------------------------------------------------------------------------
// Models
// -----------------------------------------------------------------------------

/**
 * A message that the emulator accepted, for one recipient.
 *
 * @category models
 * @since 1.0.0
 */
export interface Arrival {
  /** By which protocol it came. */
  readonly endpoint: "fcm" | "gcm"
  /** FCM: the project in the path. GCM: that of the API key `emulator:<project>`, else `default`. */
  readonly project: string
  /** The registration token or installation id, in clear: the emulator's are worth nothing. */
  readonly recipient: string
  /** What `recipient` is. GCM has tokens alone. Of a subscriber who never got a message of his own: as it looks. */
  readonly kind: "token" | "fid"
  /** What fanned out to the recipient; absent if the recipient was addressed. */
  readonly audience?: Audience | undefined
  /** The message as it was on the wire, decoded. */
  readonly message: FcmV1.Content | GcmHttp.Content
  /** The sender asked to check alone (`validateOnly`, `dry_run`). */
  readonly dryRun: boolean
  /**
   * What the sender was told: FCM `projects/{project}/messages/{id}`, GCM the `message_id`. All recipients of a topic or
   * a condition have the same; of those of a device group each has its own, which the sender is not told.
   */
  readonly messageId: string
  /** The answer was cut, so that the sender cannot know. */
  readonly answerCut: boolean
  /** When, by Effect's clock: milliseconds since the epoch. */
  readonly acceptedAt: number
}

/**
 * To whom a message was sent that fans out.
 *
 * @category models
 * @since 1.0.0
 */
export interface Audience {
  /** What `value` is. */
  readonly kind: "topic" | "condition" | "deviceGroup"
  /** The topic's name, the condition as it was written, or the key of the device group. */
  readonly value: string
}

/**
 * How many requests came to each endpoint, refused ones included.
 *
 * @category models
 * @since 1.0.0
 */
export interface Requests {
  /** `projects.messages.send` of FCM v1. */
  readonly fcm: number
  /** GCM, at `/fcm/send` and `/gcm/send`. */
  readonly gcm: number
  /** Topic subscriptions of FCM v1, and the Instance ID service. */
  readonly topics: number
  /** Changes and look-ups of device groups. */
  readonly groups: number
  /** The OAuth token endpoint. */
  readonly token: number
}

// -----------------------------------------------------------------------------
// Service
// -----------------------------------------------------------------------------

/**
 * What the emulator saw.
 *
 * @category models
 * @since 1.0.0
 */
export interface Service {
  /** The accepted messages, dry runs among them, in the order in which they came. */
  readonly arrivals: Effect.Effect<ReadonlyArray<Arrival>>
  /** How many requests came so far. */
  readonly requests: Effect.Effect<Requests>
  /** @internal */
  readonly app: app.App
}

/**
 * An emulated service and its world.
 *
 * @category services
 * @since 1.0.0
 */
export class Emulator extends Context.Service<Emulator, Service>()("@cloud-messaging/emulator/Emulator") {}

// -----------------------------------------------------------------------------
// Layers
// -----------------------------------------------------------------------------

/**
 * An emulator with an empty world, which lives as long as the layer.
 *
 * @category layers
 * @since 1.0.0
 */
export const layer: Layer.Layer<Emulator> = Layer.effect(
  Emulator,
  Effect.gen(function*() {
    const { arrivals, requests } = yield* world.World
    return {
      arrivals: Effect.sync(() => arrivals.slice()),
      requests: Effect.sync(() => ({ ...requests })),
      app: yield* app.make
    }
  })
).pipe(Layer.provide(world.layer))

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
 *   const emulator = yield* Emulator.Emulator
 *   return yield* emulator.arrivals // one
 * }).pipe(Effect.provide(fcm))
 * ```
 *
 * @category layers
 * @since 1.0.0
 */
export const layerHttpClient: Layer.Layer<Emulator | HttpClient.HttpClient> = Layer.effect(
  HttpClient.HttpClient,
  Effect.map(Emulator, (emulator) =>
    HttpClient.make((request, url) => {
      const serverRequest = HttpServerRequest.fromClientRequest(request).modify({ url: url.pathname + url.search })
      return emulator.app.pipe(
        Effect.provideService(HttpServerRequest.HttpServerRequest, serverRequest),
        Effect.scoped,
        Effect.catchTag("AnswerCut", (cut) => Effect.succeed(halfOf(cut))),
        Effect.map((response) => HttpServerResponse.toClientResponse(response, { request })),
        Effect.mapError((cause) =>
          new HttpClientError.HttpClientError({ reason: new HttpClientError.TransportError({ request, cause }) })
        )
      )
    }))
).pipe(Layer.provideMerge(layer))

const halfOf = (cut: AnswerCut) =>
  HttpServerResponse.stream(Stream.concat(Stream.succeed(new TextEncoder().encode(cut.half)), Stream.fail(cut)), {
    headers: cut.headers
  })

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
