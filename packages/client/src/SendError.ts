/**
 * Why a whole send failed. What went wrong for one recipient is an outcome instead.
 *
 * **Details**
 *
 * Three errors, so that `Effect.catchTag` separates what to do: renew the credentials, mend the message, or send again.
 * Each has a tagged `reason`, for `Effect.catchReason`.
 *
 * @since 1.0.0
 */
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import type { AccessTokenError } from "./AccessToken.ts"
import type { Issue } from "./Message.ts"
import type { Recipient } from "./Recipient.ts"
import * as Report from "./Report.ts"

// -----------------------------------------------------------------------------
// Models
// -----------------------------------------------------------------------------

/**
 * What every error of a send carries: `report` and `unsettled` together are all that the send took.
 *
 * @category models
 * @since 1.0.0
 */
export interface Settlement {
  /** What has an outcome. */
  readonly report: Report.Report
  /** Without an outcome and surely not accepted: sending to them again cannot duplicate. */
  readonly unsettled: ReadonlyArray<Recipient>
}

// -----------------------------------------------------------------------------
// Reasons of AuthenticationError
// -----------------------------------------------------------------------------

/**
 * 401: the service refused the credentials; FCM, after a new access token was tried.
 *
 * @category errors
 * @since 1.0.0
 */
export class InvalidCredentials extends Data.TaggedError("InvalidCredentials")<{ readonly status: number }> {
  override get message(): string {
    return `the service refused the credentials (${this.status})`
  }
}

/**
 * 403 of the whole project: the account may not send for it, or the API is not enabled.
 *
 * @category errors
 * @since 1.0.0
 */
export class PermissionDenied extends Data.TaggedError("PermissionDenied")<{ readonly projectId: string }> {
  override get message(): string {
    return `no permission to send for the project ${this.projectId}: ` +
      "enable the Firebase Cloud Messaging API there, and give the account a role that may send"
  }
}

/**
 * 404 of the whole project.
 *
 * @category errors
 * @since 1.0.0
 */
export class ProjectNotFound extends Data.TaggedError("ProjectNotFound")<{ readonly projectId: string }> {
  override get message(): string {
    return `the project ${this.projectId} is unknown to the service: check its id`
  }
}

/**
 * No access token could be had.
 *
 * @category errors
 * @since 1.0.0
 */
export class NoAccessToken extends Data.TaggedError("NoAccessToken")<{ readonly cause: AccessTokenError }> {
  override get message(): string {
    return this.cause.message
  }
}

// -----------------------------------------------------------------------------
// Reasons of ValidationError
// -----------------------------------------------------------------------------

/**
 * The message cannot be sent by this protocol; nothing was sent. All issues at once.
 *
 * @category errors
 * @since 1.0.0
 */
export class InvalidMessage extends Data.TaggedError("InvalidMessage")<{ readonly issues: ReadonlyArray<Issue> }> {
  override get message(): string {
    return `the message is invalid: ${describe(this.issues)}`
  }
}

/**
 * The service found the message wrong.
 *
 * @category errors
 * @since 1.0.0
 */
export class RejectedRequest extends Data.TaggedError("RejectedRequest")<{
  /** The service's code. */
  readonly code: string
  readonly issues: ReadonlyArray<Issue>
}> {
  override get message(): string {
    return `the service rejected the message (${this.code}): ${describe(this.issues)}`
  }
}

/**
 * A 2xx that is no answer of the service: somebody else answers at this address. Whether it accepted is unknown.
 *
 * @category errors
 * @since 1.0.0
 */
export class InvalidResponse extends Data.TaggedError("InvalidResponse")<{
  readonly status: number
  readonly detail: string
}> {
  override get message(): string {
    return `not an answer of the service (${this.status}): ${this.detail}`
  }
}

// -----------------------------------------------------------------------------
// Reasons of TransportError
// -----------------------------------------------------------------------------

/**
 * The connection failed, before or after the request was written.
 *
 * @category errors
 * @since 1.0.0
 */
export class Network extends Data.TaggedError("Network")<{ readonly detail: string }> {
  override get message(): string {
    return `the connection failed: ${this.detail}`
  }
}

/**
 * No answer within `requestTimeout`.
 *
 * @category errors
 * @since 1.0.0
 */
export class Timeout extends Data.TaggedError("Timeout")<{ readonly after: Duration.Duration }> {
  override get message(): string {
    return `no answer within ${Duration.format(this.after)}`
  }
}

/**
 * 429: too many messages.
 *
 * @category errors
 * @since 1.0.0
 */
export class RateLimited extends Data.TaggedError("RateLimited")<{
  /** What the service asked to wait, when it did. */
  readonly retryAfter: Duration.Duration | undefined
}> {
  override get message(): string {
    return "the service asks to slow down (429)"
  }
}

/**
 * 5xx: the service, or something in front of it, is in trouble.
 *
 * @category errors
 * @since 1.0.0
 */
export class ServerError extends Data.TaggedError("ServerError")<{
  readonly status: number
  /** What the service asked to wait, when it did. */
  readonly retryAfter: Duration.Duration | undefined
}> {
  override get message(): string {
    return `the service is in trouble (${this.status})`
  }
}

/**
 * A status that the protocol does not know, a redirect among them: redirects are not followed.
 *
 * @category errors
 * @since 1.0.0
 */
export class UnexpectedStatus extends Data.TaggedError("UnexpectedStatus")<{ readonly status: number }> {
  override get message(): string {
    return `unexpected status ${this.status}: is the url the service's own?`
  }
}

// -----------------------------------------------------------------------------
// Errors
// -----------------------------------------------------------------------------

/**
 * The service refused the credentials, or there are none. Nothing more was sent.
 *
 * @category errors
 * @since 1.0.0
 */
export class AuthenticationError extends Data.TaggedError("AuthenticationError")<
  Settlement & { readonly reason: InvalidCredentials | PermissionDenied | ProjectNotFound | NoAccessToken }
> {
  override get message(): string {
    return this.reason.message
  }
  override toJSON(): unknown {
    return brief(this)
  }
}

/**
 * The message is wrong, or the answer was none: sending again cannot help.
 *
 * @category errors
 * @since 1.0.0
 */
export class ValidationError extends Data.TaggedError("ValidationError")<
  Settlement & { readonly reason: InvalidMessage | RejectedRequest | InvalidResponse }
> {
  override get message(): string {
    return this.reason.message
  }
  override toJSON(): unknown {
    return brief(this)
  }
}

/**
 * No recipient got an answer: send again when the problem is resolved.
 *
 * @category errors
 * @since 1.0.0
 */
export class TransportError extends Data.TaggedError("TransportError")<
  Settlement & {
    /** What went wrong first. */
    readonly reason: Network | Timeout | RateLimited | ServerError | UnexpectedStatus
    /** Whether the service may have accepted something: a request was written and its answer lost. */
    readonly ambiguous: boolean
  }
> {
  override get message(): string {
    return this.reason.message
  }
  override toJSON(): unknown {
    return brief(this)
  }
}

/**
 * Why a whole send failed.
 *
 * @category errors
 * @since 1.0.0
 */
export type SendError = AuthenticationError | ValidationError | TransportError

// -----------------------------------------------------------------------------
// Sending again, by hand
// -----------------------------------------------------------------------------

/**
 * The recipients to send again: those of the report that may be retried, then the unsettled.
 *
 * @category retrying
 * @since 1.0.0
 */
export const retry = (self: SendError): ReadonlyArray<Recipient> => [...Report.retry(self.report), ...self.unsettled]

// -----------------------------------------------------------------------------
// internal
// -----------------------------------------------------------------------------

const describe = (issues: ReadonlyArray<Issue>): string =>
  issues.map(({ message, path }) => path.length === 0 ? message : `${path.join(".")} ${message}`).join("; ")

// `message` is a getter, which Data.TaggedError leaves out of JSON and inspect; a million recipients it would put in
const brief = (self: SendError) => ({
  _tag: self._tag,
  message: self.message,
  reason: self.reason._tag,
  report: self.report,
  unsettled: self.unsettled.length
})
