/**
 * The original GCM HTTP protocol, JSON form: up to 1000 recipients a request.
 *
 * Google shut its own servers for it in 2024 (their last word was `DeprecatedApi`); others still speak it.
 *
 * Source: developers.google.com/cloud-messaging/http-server-ref.
 *
 * @since 1.0.0
 */
import * as GcmHttp from "@cloud-messaging/protocol/GcmHttp"
import * as Config from "effect/Config"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpBody from "effect/http/HttpBody"
import type * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type { AccessTokenError } from "./AccessToken.ts"
import * as connection from "./internal/connection.ts"
import * as EmulatorHost from "./internal/emulatorHost.ts"
import * as gcmAnswer from "./internal/gcmAnswer.ts"
import * as gcmMessage from "./internal/gcmMessage.ts"
import type * as Protocol from "./internal/protocol.ts"
import * as service from "./internal/service.ts"
import { type Issue, Message } from "./Message.ts"
import * as Messaging from "./Messaging.ts"
import * as Outcome from "./Outcome.ts"
import * as Recipient from "./Recipient.ts"

// -----------------------------------------------------------------------------
// Options
// -----------------------------------------------------------------------------

/**
 * Where to send, and as whom.
 *
 * @category options
 * @since 1.0.0
 */
export interface Connection {
  /**
   * The server's key, or an effect that gives it, for keys that are rotated: it is run for every request, retries among
   * them (`Effect.cachedWithTTL` spares some of it). It fails as `AccessToken` does: the send ends in
   * `AuthenticationError` (`NoAccessToken`), after retries where the reason is `Unreachable`. What else it needs is
   * provided before.
   */
  readonly apiKey: Redacted.Redacted | Effect.Effect<Redacted.Redacted, AccessTokenError>
  /**
   * The full endpoint: https, or http on loopback.
   *
   * @default "https://fcm.googleapis.com/fcm/send"
   */
  readonly url?: string | undefined
}

/**
 * Where, as whom and how to send.
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
 * Dies, naming the option, if `url` is neither https nor http on loopback.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make = Effect.fnUntraced(function*(
  options: Options
): Effect.fn.Return<Messaging.Service, never, HttpClient.HttpClient> {
  const url = yield* Effect.orDie(connection.endpoint("url", options.url ?? GcmHttp.endpoint))
  return yield* service.make(protocol(url, options.apiKey), options)
})

/**
 * Sends through GCM, JSON form.
 *
 * **Example** (To a server that still speaks GCM)
 *
 * ```ts
 * import { Gcm } from "@cloud-messaging/client"
 * import { Redacted } from "effect"
 *
 * const layer = Gcm.layer({ apiKey: Redacted.make("API_KEY"), url: "https://push.example.com/gcm/send" })
 * ```
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (options: Options): Layer.Layer<Messaging.Messaging, never, HttpClient.HttpClient> =>
  Layer.effect(Messaging.Messaging, make(options))

/**
 * Sends through GCM, JSON form: the connection from configuration, the rest as values.
 *
 * With `FIREBASE_MESSAGING_EMULATOR_HOST=host:port` set, sends there over plain HTTP with the key `owner`, and reads no
 * key. Fails with a `ConfigError` if something is missing or wrong.
 *
 * @category layers
 * @since 1.0.0
 */
export const layerConfig = (
  config: Config.Wrap<Connection>,
  options: Messaging.StreamOptions = {}
): Layer.Layer<Messaging.Messaging, Config.ConfigError, HttpClient.HttpClient> =>
  Layer.effect(
    Messaging.Messaging,
    Effect.gen(function*() {
      const emulator = yield* EmulatorHost.origin
      if (Option.isSome(emulator)) {
        return yield* service.make(protocol(`${emulator.value}/fcm/send`, EmulatorHost.owner), options)
      }
      const { apiKey, url } = yield* Config.unwrap(config)
      if (url !== undefined) yield* Effect.mapError(connection.endpoint("url", url), connection.fromConfig)
      return yield* make({ ...options, apiKey, url })
    })
  )

// -----------------------------------------------------------------------------
// Protocol
// -----------------------------------------------------------------------------

const protocol = (url: string, apiKey: Connection["apiKey"]): Protocol.Protocol => ({
  system: "gcm",
  recipientsPerRequest: GcmHttp.maxRegistrationIds,
  credential: Effect.isEffect(apiKey) ? apiKey : Effect.succeed(apiKey),
  renew: undefined,
  refuse: (recipient) => {
    if (Recipient.value(recipient) === "") return invalid(recipient, "an empty registration id", "remove")
    if (recipient.kind === "fid") {
      return invalid(recipient, "GCM knows no installation ids: send it through Fcm", "keep")
    }
    return undefined
  },
  // GCM's guide: start with a second, then double
  floor: (status) => Duration.seconds(status === undefined ? 0 : 1),
  rateLimitPause: Duration.seconds(1),
  encode: encode(url),
  judge: gcmAnswer.judge
})

const invalid = (recipient: Recipient.Recipient, detail: string, disposition: "remove" | "keep") =>
  new Outcome.Failed({ recipient, code: "InvalidRecipient", detail, issues: [], disposition })

const encode = (url: string) => (message: Message): Result.Result<Protocol.Encoded, ReadonlyArray<Issue>> => {
  const request = HttpClientRequest.post(url)
  return Result.map(gcmMessage.validate(Message.copied(message)), (fields) => {
    const text = GcmHttp.jsonRequestText(gcmMessage.content(fields))
    return ({ credential, recipients }) =>
      request.pipe(
        HttpClientRequest.setHeader("authorization", GcmHttp.authorization(Redacted.value(credential))),
        HttpClientRequest.setBody(HttpBody.text(text(recipients.map(Recipient.value)), "application/json"))
      )
  })
}
