/**
 * The bearer token that FCM asks for.
 *
 * @since 1.0.0
 */
import * as Cache from "effect/Cache"
import * as Clock from "effect/Clock"
import type * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as EmulatorHost from "./internal/emulatorHost.ts"

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
 * The token endpoint's answer is none.
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
  /** Forgets this token; no effect when a newer one is already there, so that late refusals fetch nothing. */
  readonly invalidate: (token: Redacted.Redacted) => Effect.Effect<void>
  /**
   * The project whose quota and billing the requests count towards, where the credentials name one: the id that the
   * header `x-goog-user-project` takes. Read for each request, after {@link get}.
   */
  readonly quotaProject?: string | undefined
  /** The account that the token is of (`client_email` of a key), for error messages. Read after {@link get}. */
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
  /** What {@link Service.quotaProject} gives while this token is the current one. */
  readonly quotaProject?: string | undefined
  /** What {@link Service.account} gives while this token is the current one. */
  readonly account?: string | undefined
}

// -----------------------------------------------------------------------------
// Constructors
// -----------------------------------------------------------------------------

/**
 * Keeps the token that `fetch` makes until it expires, and has the next one fetched ahead: when five minutes of it are
 * left (at half time, for a token that lives less than ten), in the background, so that nobody waits. As long as that
 * fails, the old token serves while it lasts, and the next try comes after ten seconds at the earliest. A `fetch` that
 * takes longer than a minute is given up as {@link Unreachable}.
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
  const lookup = Effect.flatMap(
    Effect.timeoutOrElse(Effect.provideContext(fetch, context), {
      duration: "1 minute",
      orElse: () => Effect.fail(new AccessTokenError({ reason: new Unreachable({ detail: "no token for a minute" }) }))
    }),
    (fetched) =>
      Effect.map(Clock.currentTimeMillis, (now): Kept => {
        const { expiresIn, token } = fetched
        last = fetched
        const lifetime = Math.max(0, expiresIn * 1000)
        return {
          token,
          answer: Effect.succeed(token),
          lifetime,
          expiresAt: now + lifetime,
          refreshAt: now + lifetime - Math.min(aheadMillis, lifetime / 2)
        }
      })
  )
  const cache = yield* Cache.makeWith(() => lookup, {
    capacity: 1,
    timeToLive: Exit.match({ onFailure: () => Duration.zero, onSuccess: ({ lifetime }) => Duration.millis(lifetime) })
  })
  /** The one that was given last, unless it is being refreshed: asked for with every request, it must be quick to get. */
  let current: Kept | undefined
  const refresh = (kept: Kept) =>
    lookup.pipe(
      Effect.flatMap((next) =>
        // a token that somebody fetched in the meantime is the newer one
        Effect.flatMap(
          Cache.invalidateWhen(cache, key, (current) => current === kept),
          (isCurrent) => isCurrent ? Cache.set(cache, key, next) : Effect.void
        )
      ),
      Effect.catchCause(() =>
        Effect.map(Clock.currentTimeMillis, (now) => {
          kept.refreshAt = now + retryMillis
        })
      ),
      Effect.forkIn(scope)
    )
  const find = Effect.flatMap(Cache.get(cache, key), (kept) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      // what is not kept at all is not fetched ahead
      if (now < kept.refreshAt || kept.lifetime === 0) {
        current = Number.isFinite(kept.refreshAt) ? kept : undefined
        return kept.answer
      }
      // one refresh in flight; nothing may come between the two
      return Effect.uninterruptible(Effect.suspend(() => {
        kept.refreshAt = Number.POSITIVE_INFINITY
        current = undefined
        return Effect.as(refresh(kept), kept.token)
      }))
    }))
  return {
    get quotaProject() {
      return last?.quotaProject
    },
    get account() {
      return last?.account
    },
    get: Effect.clockWith((clock) => {
      const now = clock.currentTimeMillisUnsafe()
      return current !== undefined && now < current.refreshAt && now < current.expiresAt ? current.answer : find
    }),
    invalidate: (token) =>
      Effect.suspend(() => {
        const isRefused = (kept: Kept) => Redacted.value(kept.token) === Redacted.value(token)
        const forget = Cache.invalidateWhen(cache, key, (kept) => {
          if (!isRefused(kept)) return false
          // whoever found it just now does not make it the current one any more
          kept.refreshAt = Number.POSITIVE_INFINITY
          return true
        })
        return Effect.map(forget, () => {
          if (current !== undefined && isRefused(current)) current = undefined
        })
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
  /** Milliseconds. */
  readonly lifetime: number
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
  /** Milliseconds since the epoch. */
  refreshAt: number
}

const key = "token"

const aheadMillis = 5 * 60 * 1000

const retryMillis = 10_000
