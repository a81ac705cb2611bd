/**
 * Time by which durations are measured: setting the machine's clock does not change it.
 */
import type * as Clock from "effect/Clock"

/** Milliseconds from an arbitrary start. */
export const millis = (clock: Clock.Clock): number => Number(clock.monotonicTimeNanosUnsafe()) / 1_000_000
