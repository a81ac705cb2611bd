/**
 * The bearer token that FCM asks for.
 *
 * @since 1.0.0
 */
import * as Cache from "effect/Cache"
import type * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as EmulatorHost from "./internal/emulatorHost.ts"
import * as keyText from "./internal/keyText.ts"
import * as monotonic from "./internal/monotonic.ts"
import { Scrub } from "./internal/scrub.ts"

// -----------------------------------------------------------------------------
// Errors
// -----------------------------------------------------------------------------

/**
 * There are no credentials: no key file, for instance.
 *
 * @category errors
 * @since 1.0.0
 */
export class NoCredentials extends Data.TaggedError("NoCredentials")<{
  /** What went wrong, for people; without secrets. */
  readonly detail: string
}> {
  override get message(): string {
    return this.detail
  }
}

/**
 * The key is malformed, or of a kind that cannot be used here.
 *
 * @category errors
 * @since 1.0.0
 */
export class InvalidKey extends Data.TaggedError("InvalidKey")<{
  /** What went wrong, for people; without secrets. */
  readonly detail: string
}> {
  override get message(): string {
    return this.detail
  }
}

/**
 * The token endpoint refused the credentials.
 *
 * @category errors
 * @since 1.0.0
 */
export class InvalidGrant extends Data.TaggedError("InvalidGrant")<{
  /** What went wrong, for people; without secrets. */
  readonly detail: string
}> {
  override get message(): string {
    return this.detail
  }
}

/**
 * The token endpoint answered with something that is not a token.
 *
 * @category errors
 * @since 1.0.0
 */
export class InvalidResponse extends Data.TaggedError("InvalidResponse")<{
  /** What went wrong, for people; without secrets. */
  readonly detail: string
}> {
  override get message(): string {
    return this.detail
  }
}

/**
 * The token endpoint could not be reached, or is in trouble: the one reason that is worth a retry.
 *
 * @category errors
 * @since 1.0.0
 */
export class Unreachable extends Data.TaggedError("Unreachable")<{
  /** What went wrong, for people; without secrets. */
  readonly detail: string
}> {
  override get message(): string {
    return this.detail
  }
}

/**
 * Why there is no token.
 *
 * @category errors
 * @since 1.0.0
 */
export class AccessTokenError extends Data.TaggedError("AccessTokenError")<{
  /** Which it is; `Unreachable` alone is worth a retry. */
  readonly reason: NoCredentials | InvalidKey | InvalidGrant | InvalidResponse | Unreachable
}> {
  override get message(): string {
    return `no access token: ${this.reason.message}`
  }
}

/**
 * Makes the {@link NoCredentials} error of a credentials file that cannot be read, for your own credentials. The path is
 * shown only if it looks like a path: often it is the content of the file, including the private key, and the error says
 * so.
 *
 * **Example** (Your own file)
 *
 * ```ts
 * import { AccessToken } from "@cloud-messaging/client"
 *
 * const error = AccessToken.unreadable({ file: "the vault's file", path: "/run/vault.json", why: "not found" })
 *
 * error.message // "no access token: the vault's file /run/vault.json cannot be read (not found)"
 * ```
 *
 * @category errors
 * @since 1.0.0
 */
export const unreadable = (options: {
  /** The file, such as `the key file`. */
  readonly file: string
  /** The value that should be its path. */
  readonly path: string
  /** Why it cannot be read, in one or two words that contain no part of the path. */
  readonly why: string
}): AccessTokenError => {
  const { file, path, why } = options
  const details = {
    nothing: `the path of ${file} is not set`,
    path: `${file} ${path} cannot be read (${why})`,
    key: `the path of ${file} is no path, but a key: pass it to ServiceAccount.layer`,
    "key file": `the path of ${file} is no path, but the text of such a file: ` +
      "pass it to ServiceAccount.layerJson, if its type is service_account",
    unknown: `${file} cannot be read (${why}); its path does not look like a path, and is not shown`
  }
  return new AccessTokenError({ reason: new NoCredentials({ detail: details[keyText.describePath(path)] }) })
}

/**
 * Makes the {@link InvalidGrant} error of a token endpoint that refuses, for your own credentials, with the endpoint's code
 * and its text, shortened. Secrets that were sent are hidden, whole and in part, and so is any text that looks like a
 * secret.
 *
 * **Example** (Your own endpoint)
 *
 * ```ts
 * import { AccessToken } from "@cloud-messaging/client"
 * import { Redacted } from "effect"
 *
 * const error = AccessToken.refused({
 *   error: "invalid_grant",
 *   description: "The ticket abc-123 is used up.",
 *   secrets: [Redacted.make("abc-123")]
 * })
 *
 * error.message // "no access token: invalid_grant: The ticket <redacted> is used up."
 * ```
 *
 * @category errors
 * @since 1.0.0
 */
export const refused = (options: {
  /** The code: `error` in OAuth. */
  readonly error: string
  /** The text: `error_description` in OAuth. */
  readonly description?: string | undefined
  /** What to do about it. */
  readonly hint?: string | undefined
  /** Secrets that were sent and must not be shown. */
  readonly secrets: ReadonlyArray<Redacted.Redacted>
}): AccessTokenError => {
  const { description = "no description", error, hint, secrets } = options
  const scrub = new Scrub(() => secrets.map(Redacted.value))
  const said = `${scrub.code(error)}: ${scrub.text(description)}`
  return new AccessTokenError({
    reason: new InvalidGrant({ detail: hint === undefined ? said : `${said} (${hint})` })
  })
}

// -----------------------------------------------------------------------------
// Service
// -----------------------------------------------------------------------------

/**
 * What gives access tokens.
 *
 * @category models
 * @since 1.0.0
 */
export interface Service {
  /** The current token. However many ask at once, one is fetched. */
  readonly get: Effect.Effect<Redacted.Redacted, AccessTokenError>
  /**
   * Forgets this token. It has no effect if a newer token exists, so late refusals fetch nothing. A send runs it in the
   * background, and waits for it at most until its deadline before it calls {@link get} for the next token.
   */
  readonly invalidate: (token: Redacted.Redacted) => Effect.Effect<void>
  /**
   * The id of the project for quota and billing, if the credentials name one: the value of the header
   * `x-goog-user-project`. It is read for each request, after {@link get}, as it may change with the token. A service that
   * wraps another one should read it from that service each time.
   */
  readonly quotaProject?: string | undefined
  /** The account of the token (`client_email` of a key), for error messages. It is read after {@link get}. */
  readonly account?: string | undefined
}

/**
 * Gives the current access token.
 *
 * @category services
 * @since 1.0.0
 */
export class AccessToken extends Context.Service<AccessToken, Service>()("@cloud-messaging/client/AccessToken") {}

/**
 * A token that was just made.
 *
 * @category models
 * @since 1.0.0
 */
export interface Fetched {
  /** What the header `authorization` takes after `Bearer `. */
  readonly token: Redacted.Redacted
  /** Seconds that it is valid from now on, as OAuth counts (`expires_in`). */
  readonly expiresIn: number
  /** The value of {@link Service.quotaProject} while this token is the current one. */
  readonly quotaProject?: string | undefined
  /** The value of {@link Service.account} while this token is the current one. */
  readonly account?: string | undefined
}

// -----------------------------------------------------------------------------
// Constructors
// -----------------------------------------------------------------------------

/**
 * Keeps the token that `fetch` makes until it expires, and has the next one fetched ahead: when five minutes of it are
 * left (at half time, for a token that lives less than ten), in the background, so that nobody waits. As long as that
 * fails, the old token serves while it lasts, and the next try comes after ten seconds at the earliest. A `fetch` that
 * takes longer than a minute fails with {@link Unreachable}. Time is monotonic: setting the machine's clock does not change
 * how long a token is kept.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make = Effect.fnUntraced(function*<R>(
  fetch: Effect.Effect<Fetched, AccessTokenError, R>
): Effect.fn.Return<Service, never, R | Scope.Scope> {
  const scope = yield* Effect.scope
  const context = yield* Effect.context<R>()
  let last: Fetched | undefined
  let kept: Kept | undefined
  /** The last refused token: a fetch that was already running may return it again. */
  let refusedToken: string | undefined
  const lookup = Effect.suspend(() => {
    refusedToken = undefined
    return Effect.timeoutOrElse(Effect.provideContext(fetch, context), {
      duration: "1 minute",
      orElse: () => Effect.fail(new AccessTokenError({ reason: new Unreachable({ detail: "no token for a minute" }) }))
    })
  })
  const keep = (fetched: Fetched) =>
    Effect.clockWith((clock): Effect.Effect<Redacted.Redacted, AccessTokenError> => {
      if (keyText.secret(fetched.token) === undefined) {
        const detail = keyText.notSet("the token", fetched.token)
        return Effect.fail(new AccessTokenError({ reason: new NoCredentials({ detail }) }))
      }
      last = fetched
      const isRefused = Redacted.value(fetched.token) === refusedToken
      kept = fetched.expiresIn > 0 && !isRefused ? keptFrom(fetched, monotonic.millis(clock)) : undefined
      return Effect.succeed(fetched.token)
    })
  /** Shares a running fetch between all callers; caches nothing. */
  const flight = yield* Cache.make({
    lookup: (_: typeof key) => Effect.flatMap(lookup, keep),
    capacity: 1,
    timeToLive: Duration.zero
  })
  const refresh = (old: Kept) =>
    Effect.uninterruptible(Effect.suspend(() => {
      // one refresh at a time
      old.refreshAt = Number.POSITIVE_INFINITY
      return lookup.pipe(
        // a token that somebody fetched in the meantime is the newer one
        Effect.flatMap((next) => kept === old ? keep(next) : Effect.void),
        Effect.catchCause(() =>
          Effect.clockWith((clock) => {
            old.refreshAt = monotonic.millis(clock) + retryMillis
            return Effect.void
          })
        ),
        Effect.forkIn(scope)
      )
    }))
  return {
    get quotaProject() {
      return last?.quotaProject
    },
    get account() {
      return last?.account
    },
    get: Effect.clockWith((clock) => {
      const now = monotonic.millis(clock)
      if (kept === undefined || now >= kept.expiresAt) return Cache.get(flight, key)
      return now < kept.refreshAt ? kept.answer : Effect.andThen(refresh(kept), kept.answer)
    }),
    invalidate: (token) =>
      Effect.sync(() => {
        refusedToken = Redacted.value(token)
        if (kept !== undefined && Redacted.value(kept.token) === refusedToken) kept = undefined
      })
  }
})

/**
 * The token made by the given effect, kept until it expires: see {@link make}.
 *
 * **Example** (Tokens of one's own)
 *
 * ```ts
 * import { AccessToken } from "@cloud-messaging/client"
 * import { Effect, Redacted } from "effect"
 *
 * const layer = AccessToken.layer(Effect.succeed({ token: Redacted.make("ya29.…"), expiresIn: 3599 }))
 * ```
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = <R>(
  fetch: Effect.Effect<Fetched, AccessTokenError, R>
): Layer.Layer<AccessToken, never, Exclude<R, Scope.Scope>> => Layer.effect(AccessToken, make(fetch))

/**
 * The token `owner` where `FIREBASE_MESSAGING_EMULATOR_HOST` is set, so that no real credentials are read; else what the
 * given layer provides.
 *
 * **When to use**
 *
 * For credentials that are found by configuration. `ServiceAccount.layerConfig` does the same.
 *
 * @category layers
 * @since 1.0.0
 */
export const orEmulator = <E, R>(
  credentials: Layer.Layer<AccessToken, E, R>
): Layer.Layer<AccessToken, E | Config.ConfigError, R> =>
  Layer.unwrap(
    Effect.map(
      EmulatorHost.origin,
      (origin): Layer.Layer<AccessToken, E, R> =>
        Option.isSome(origin) ? Layer.succeed(AccessToken, EmulatorHost.accessToken) : credentials
    )
  )

// -----------------------------------------------------------------------------
// internal
// -----------------------------------------------------------------------------

interface Kept {
  readonly token: Redacted.Redacted
  readonly answer: Effect.Effect<Redacted.Redacted>
  /** Milliseconds of the monotonic clock. */
  readonly expiresAt: number
  /** Milliseconds of the monotonic clock. */
  refreshAt: number
}

const keptFrom = ({ expiresIn, token }: Fetched, now: number): Kept => {
  const lifetime = expiresIn * 1000
  return {
    token,
    answer: Effect.succeed(token),
    expiresAt: now + lifetime,
    refreshAt: now + lifetime - Math.min(aheadMillis, lifetime / 2)
  }
}

const key = "token"

const aheadMillis = 5 * 60 * 1000

const retryMillis = 10_000
