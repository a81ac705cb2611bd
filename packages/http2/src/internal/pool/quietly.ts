/**
 * Time that passes without keeping the process alive.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

/** The default clock. */
const liveClock = Context.get(Context.empty(), Clock.Clock)

/** Milliseconds that a timer of Node takes. */
const longest = 2 ** 31 - 1

/** Like `Effect.sleep`, but does not keep the process alive. */
export const sleep = (duration: Duration.Duration): Effect.Effect<void> =>
  Effect.clockWith((clock) => clock === liveClock ? unreferenced(Duration.toMillis(duration)) : clock.sleep(duration))

const unreferenced = (milliseconds: number): Effect.Effect<void> =>
  milliseconds > longest
    ? Effect.never
    : Effect.callback((resume) => {
      // after a turn in which sockets were read: what was to come in time may be there, when the process was busy
      const timer = setTimeout(() => setImmediate(() => resume(Effect.void)), milliseconds)
      timer.unref()
      return Effect.sync(() => clearTimeout(timer))
    })
