/**
 * The original GCM HTTP protocol: JSON, up to 1000 recipients a request; or plain text, one.
 *
 * Google shut its own servers for it in 2024 (their last word was `DeprecatedApi`); others still speak it.
 *
 * Source: developers.google.com/cloud-messaging/http-server-ref.
 *
 * @since 1.0.0
 */
import * as GcmHttp from "@cloud-messaging/protocol/GcmHttp"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import type { AccessTokenError } from "./AccessToken.ts"
import * as connection from "./internal/connection.ts"
import * as EmulatorHost from "./internal/emulatorHost.ts"
import { json, plainText } from "./internal/gcmProtocol.ts"
import * as service from "./internal/service.ts"
import * as Messaging from "./Messaging.ts"

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
 * Dies, naming the option, if `url` is neither https nor http on loopback, and if an option of how to send is out of its
 * range.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make = (options: Options): Effect.Effect<Messaging.Service, never, HttpClient.HttpClient> =>
  makeForm(json, options)

const makeForm = (form: typeof json, options: Options) =>
  Effect.flatMap(
    Effect.orDie(connection.endpoint("url", options.url ?? GcmHttp.endpoint)),
    (url) => service.make(form(url, options.apiKey), options)
  )

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
 * Makes the service of the plain-text form as a value: see {@link layerPlainText}. Dies as {@link make} does.
 *
 * @category constructors
 * @since 1.0.0
 */
export const makePlainText = (options: Options): Effect.Effect<Messaging.Service, never, HttpClient.HttpClient> =>
  makeForm(plainText, options)

/**
 * Sends through GCM, plain-text form: one recipient a request, data without notification. What a form cannot say
 * (notification, priority, analytics label, the overrides in `gcm` but `delayWhileIdle`, audiences) is a
 * `ValidationError` that names it.
 *
 * Source: Android's GCM guide (`http.jd`, `server.jd`).
 *
 * **Example** (To a server that takes forms)
 *
 * ```ts
 * import { Gcm } from "@cloud-messaging/client"
 * import { Redacted } from "effect"
 *
 * const layer = Gcm.layerPlainText({ apiKey: Redacted.make("API_KEY"), url: "https://push.example.com/gcm/send" })
 * ```
 *
 * @category layers
 * @since 1.0.0
 */
export const layerPlainText = (options: Options): Layer.Layer<Messaging.Messaging, never, HttpClient.HttpClient> =>
  Layer.effect(Messaging.Messaging, makePlainText(options))

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
        return yield* service.make(json(`${emulator.value}/fcm/send`, EmulatorHost.owner), options)
      }
      const { apiKey, url } = yield* Config.unwrap(config)
      if (url !== undefined) yield* Effect.mapError(connection.endpoint("url", url), connection.fromConfig)
      return yield* make({ ...options, apiKey, url })
    })
  )
