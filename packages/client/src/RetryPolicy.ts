/**
 * When to try again: a Schedule whose input says what failed.
 *
 * @since 1.0.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"

// -----------------------------------------------------------------------------
// Models
// -----------------------------------------------------------------------------

/**
 * What failed: one group of recipients that failed together and is retried together. For FCM v1 a group is one
 * recipient; for GCM it is the retryable recipients of one answer.
 *
 * @category models
 * @since 1.0.0
 */
export interface Failure {
  /** Attempts made, from 1. */
  readonly attempt: number
  /** The service's code (`UNAVAILABLE`, `InternalServerError`, …), else the tag of the reason (`Network`, `Timeout`, …). */
  readonly code: string
  /** The answer's HTTP status, if there was an answer. */
  readonly status: number | undefined
  /** What the service asked to wait, when it did. */
  readonly retryAfter: Duration.Duration | undefined
  /**
   * The least wait: `retryAfter` (which the engine enforces under every Schedule), else what the protocol advises: FCM
   * 60 seconds for 429 and 10 seconds for 5xx, GCM 1 second.
   */
  readonly floor: Duration.Duration
  /** Recipients of the group. */
  readonly recipients: number
  /** Since the first attempt began. */
  readonly elapsed: Duration.Duration
}

/**
 * A retry policy: any Schedule that takes a {@link Failure}. Its output is not looked at.
 *
 * **Details**
 *
 * One run of the Schedule belongs to one group, starts at its first failure and is stepped once per attempt. The engine
 * raises delays shorter than `retryAfter` to it, and begins no wait that would pass the send's `deadline` or the
 * message's time to live.
 *
 * **Example** (A Schedule of one's own)
 *
 * ```ts
 * import { RetryPolicy } from "@cloud-messaging/client"
 * import { Schedule } from "effect"
 *
 * const policy: RetryPolicy.RetryPolicy = Schedule.spaced("2 seconds").pipe(
 *   Schedule.setInputType<RetryPolicy.Failure>(),
 *   Schedule.while(({ input }) => input.code !== "QUOTA_EXCEEDED" && input.attempt <= 4)
 * )
 * ```
 *
 * @category models
 * @since 1.0.0
 */
export interface RetryPolicy extends Schedule.Schedule<unknown, Failure> {}

// -----------------------------------------------------------------------------
// Policies
// -----------------------------------------------------------------------------

/**
 * Never again: one attempt, as gcm-client does. For rounds by hand, with `Report.retry` and `Report.delay`.
 *
 * @category policies
 * @since 1.0.0
 */
export const none: RetryPolicy = Schedule.recurs(0)

/**
 * Waits the floor, and on top of it a random part (full jitter) of an exponential backoff, so that not all wake at once.
 *
 * @category policies
 * @since 1.0.0
 */
export const make = (options: {
  /**
   * The backoff of the first retry; what is waited is a random part of it, and the floor.
   *
   * @default "1 second"
   */
  readonly base?: Duration.Input | undefined
  /**
   * By what the backoff grows with each retry.
   *
   * @default 2
   */
  readonly factor?: number | undefined
  /**
   * The most that the backoff grows to; the floor comes on top.
   *
   * @default "1 minute"
   */
  readonly maxDelay?: Duration.Input | undefined
  /**
   * Gives up rather than wait for a floor above this.
   *
   * @default "10 minutes"
   */
  readonly maxRetryAfter?: Duration.Input | undefined
  /**
   * Retries after the first attempt, 0 or more.
   *
   * @default 5
   */
  readonly times?: number | undefined
} = {}): RetryPolicy => {
  const maxDelay = Duration.fromInputUnsafe(options.maxDelay ?? "1 minute")
  const maxRetryAfter = Duration.fromInputUnsafe(options.maxRetryAfter ?? "10 minutes")
  return Schedule.exponential(options.base ?? "1 second", options.factor).pipe(
    Schedule.setInputType<Failure>(),
    Schedule.modifyDelay(({ duration, input }) =>
      Effect.map(
        Random.next,
        (random) => Duration.sum(input.floor, Duration.times(Duration.min(duration, maxDelay), random))
      )
    ),
    Schedule.while(({ input }) => Duration.isLessThanOrEqualTo(input.floor, maxRetryAfter)),
    Schedule.upTo({ times: options.times ?? 5 })
  )
}

/**
 * The policy of a send that names none: {@link make} with its defaults, which is five retries.
 *
 * @category policies
 * @since 1.0.0
 */
export const standard: RetryPolicy = make()
