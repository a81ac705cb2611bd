/**
 * How to send: the options of a call, checked.
 */
import * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Messaging from "../Messaging.ts"
import * as RetryPolicy from "../RetryPolicy.ts"

/** What holds for one call. */
export interface Settings {
  readonly retryPolicy: RetryPolicy.RetryPolicy
  readonly deadline: Duration.Duration
  readonly requestTimeout: Duration.Duration
  readonly delivery: "atLeastOnce" | "atMostOnce"
  readonly concurrency: number
  readonly maxWaiting: number
  readonly pacing: ((recipients: number) => Effect.Effect<void>) | undefined
  readonly requestSpans: boolean
}

/** The options of a call, else those of its layer, else the defaults. */
export const make = (
  call: Messaging.StreamOptions,
  layer: Messaging.StreamOptions,
  deadline: Duration.Duration
): Settings => ({
  retryPolicy: call.retryPolicy ?? layer.retryPolicy ?? RetryPolicy.standard,
  deadline: time("deadline", call.deadline ?? layer.deadline ?? deadline),
  requestTimeout: time("requestTimeout", call.requestTimeout ?? layer.requestTimeout ?? "15 seconds"),
  delivery: call.delivery ?? layer.delivery ?? "atLeastOnce",
  concurrency: count("concurrency", call.concurrency ?? layer.concurrency ?? 100, 10_000),
  maxWaiting: count("maxWaiting", call.maxWaiting ?? layer.maxWaiting ?? 10_000, Number.MAX_SAFE_INTEGER),
  pacing: call.pacing ?? layer.pacing,
  requestSpans: call.requestSpans ?? layer.requestSpans ?? false
})

const count = (option: string, value: number, most: number): number => {
  if (!Number.isSafeInteger(value) || value < 1 || value > most) {
    throw new RangeError(`the option ${option} must be a whole number from 1 to ${most}, not ${value}`)
  }
  return value
}

const time = (option: string, input: Duration.Input): Duration.Duration => {
  // NaN would count as zero
  const duration = Number.isNaN(input) ? Option.none() : Duration.fromInput(input)
  if (Option.isNone(duration) || Duration.isNegative(duration.value)) {
    throw new RangeError(`the option ${option} must be a duration, not negative: "30 seconds", or milliseconds`)
  }
  return duration.value
}

/** That of `send`. */
export const sendDeadline = Duration.seconds(30)

/** That of the streams. */
export const streamDeadline = Duration.minutes(60)
