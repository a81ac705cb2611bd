/**
 * The connection that a request came by, as far as faults are concerned: each face of the emulator has its own.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"

/** The connection that a request came by. */
export interface Connection {
  /** Processes the request: a GOAWAY leaves it out no more. Never, if one did. */
  readonly process: Effect.Effect<void>
  /** Takes no further request, and ends when all are answered that came. */
  readonly goAway: Effect.Effect<void>
  /** Takes so many requests at once from now on. */
  readonly limitStreams: (streams: number) => Effect.Effect<void>
}

/** The connection that a request came by; in memory there is none. */
export const Connection: Context.Reference<Connection> = Context.Reference<Connection>(
  "@cloud-messaging/emulator/internal/Connection",
  { defaultValue: () => ({ process: Effect.void, goAway: Effect.void, limitStreams: () => Effect.void }) }
)
