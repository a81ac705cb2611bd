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
import * as refusal from "./internal/refusal.ts"
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
export class InvalidCredentials extends Data.TaggedError("InvalidCredentials")<{
  /** The answer's HTTP status: 401. */
  readonly status: number
  /** Google's reason, where it gives one (`ACCOUNT_STATE_INVALID`, …): that of its `google.rpc.ErrorInfo`. */
  readonly code?: string | undefined
  /** The service's text, in 300 characters, without what was sent to it. A page of HTML is left out. */
  readonly detail?: string | undefined
  /** FCM: the account of the refused access token, if the credentials name it (`AccessToken.Service.account`). */
  readonly account?: string | undefined
}> {
  override get message(): string {
    return refusal.describe(`the service refused the credentials (${this.status})`, this, "")
  }
}

/**
 * 403 of the whole project: the account may not send for it, or the API is not enabled.
 *
 * @category errors
 * @since 1.0.0
 */
export class PermissionDenied extends Data.TaggedError("PermissionDenied")<{
  /** Which project, as it was given. */
  readonly projectId: string
  /**
   * Google's reason, where it gives one (`SERVICE_DISABLED`, `IAM_PERMISSION_DENIED`,
   * `ACCESS_TOKEN_SCOPE_INSUFFICIENT`, …): that of its `google.rpc.ErrorInfo`.
   */
  readonly code?: string | undefined
  /** The service's text, in 300 characters, without what was sent to it. A page of HTML is left out. */
  readonly detail?: string | undefined
  /** The account without the permission, if the credentials name it (`AccessToken.Service.account`). */
  readonly account?: string | undefined
}> {
  override get message(): string {
    return refusal.describe(
      `no permission to use the project ${this.projectId}`,
      this,
      "enable the Firebase Cloud Messaging API there, and give the account a role that may use it; if it may, " +
        "check that the url is the service's own, and that no proxy answers"
    )
  }
}

/**
 * 404 of the whole project: the service has no project with this id.
 *
 * @category errors
 * @since 1.0.0
 */
export class ProjectNotFound extends Data.TaggedError("ProjectNotFound")<{
  /** Which project, as it was given. */
  readonly projectId: string
}> {
  override get message(): string {
    return `the service has no project ${this.projectId}: check its id, and that the url is the service's own`
  }
}

/**
 * No access token could be had; GCM: no key, or none that a header can hold. Nothing was sent with it.
 *
 * @category errors
 * @since 1.0.0
 */
export class NoAccessToken extends Data.TaggedError("NoAccessToken")<{
  /** Why: its `reason` tells what to mend. */
  readonly cause: AccessTokenError
}> {
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
export class InvalidMessage extends Data.TaggedError("InvalidMessage")<{
  /** What is wrong with which field: all that is, not only the first. */
  readonly issues: ReadonlyArray<Issue>
}> {
  override get message(): string {
    return `the message is invalid: ${describe(this.issues)}`
  }
}

/**
 * The service found the message wrong: FCM a field of it (400, INVALID_ARGUMENT), GCM all of it (400).
 *
 * @category errors
 * @since 1.0.0
 */
export class RejectedRequest extends Data.TaggedError("RejectedRequest")<{
  /**
   * `INVALID_ARGUMENT` for FCM; `400` for GCM, which gives only a text. A call without a recipient (`publish`,
   * `Topics.list`) also uses the codes of an outcome.
   */
  readonly code: string
  /** What the service found wrong with which field; at most 20. GCM names no field: one issue, of the whole message. */
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
  /** The answer's HTTP status, 200 to 299. */
  readonly status: number
  /** What the answer lacks; nothing of its body. */
  readonly detail: string
}> {
  override get message(): string {
    return `not an answer of the service (${this.status}): ${this.detail}; is the url right, and no proxy in between?`
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
export class Network extends Data.TaggedError("Network")<{
  /** The connection's error code (`ECONNREFUSED`, …), or else what happened in a few words. */
  readonly detail: string
  /** The host of the request's URL, and the port if it is not the default of the scheme. */
  readonly host?: string | undefined
}> {
  override get message(): string {
    return `the connection ${this.host === undefined ? "" : `to ${this.host} `}failed: ${this.detail}`
  }
}

/**
 * No answer within `requestTimeout`. The request counts as written: the service may have accepted it.
 *
 * @category errors
 * @since 1.0.0
 */
export class Timeout extends Data.TaggedError("Timeout")<{
  /** The time that passed: the `requestTimeout`, or the `deadline` if nothing was sent. */
  readonly after: Duration.Duration
  /**
   * `false` if nothing was sent, because the wait for a slot or for `pacing` passed the deadline.
   *
   * @default true
   */
  readonly sent?: boolean | undefined
  /** The host that did not answer, and the port if it is not the default of the scheme. */
  readonly host?: string | undefined
}> {
  override get message(): string {
    const what = this.sent === false
      ? "nothing was sent"
      : `no answer${this.host === undefined ? "" : ` of ${this.host}`}`
    return `${what} within ${Duration.format(this.after)}`
  }
}

/**
 * 429: too many messages. If the service names one device or topic, only that one is slowed. Otherwise this layer sends
 * nothing for as long as the service asks, or for 60 seconds (FCM) or 1 second (GCM).
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
 * 5xx, or a code that says so whatever the status: the service, or something in front of it, is in trouble.
 *
 * @category errors
 * @since 1.0.0
 */
export class ServerError extends Data.TaggedError("ServerError")<{
  /** The answer's HTTP status: 500 to 599, or another where the code decided. */
  readonly status: number
  /** What the service asked to wait, when it did. */
  readonly retryAfter: Duration.Duration | undefined
}> {
  override get message(): string {
    return `the service is in trouble (${this.status})`
  }
}

/**
 * A status that the protocol does not know, a redirect among them: redirects are not followed. Sending again cannot help.
 *
 * @category errors
 * @since 1.0.0
 */
export class UnexpectedStatus extends Data.TaggedError("UnexpectedStatus")<{
  /** The HTTP status of the answer; 0 for a redirect whose status `fetch` does not report. */
  readonly status: number
  /** What it means, or the text of the service, at most 300 characters, with the data of the request hidden. */
  readonly detail?: string | undefined
}> {
  override get message(): string {
    if (this.status === 407) return "a proxy answered 407: it asks for a user and a password"
    const what = this.status === 0 ? "a redirect, which is not followed" : `unexpected status ${this.status}`
    return `${what}: ${this.detail ?? "is the url the service's own?"}`
  }
}

// -----------------------------------------------------------------------------
// Errors
// -----------------------------------------------------------------------------

/**
 * The service refused the credentials, or there are none. Nothing more was sent. FCM: a refused access token was
 * replaced once before.
 *
 * @category errors
 * @since 1.0.0
 */
export class AuthenticationError extends Data.TaggedError("AuthenticationError")<
  Settlement & {
    /** What was refused, and so what to mend. */
    readonly reason: InvalidCredentials | PermissionDenied | ProjectNotFound | NoAccessToken
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
 * The message is wrong, or the answer was none: sending it again as it is cannot help.
 *
 * @category errors
 * @since 1.0.0
 */
export class ValidationError extends Data.TaggedError("ValidationError")<
  Settlement & {
    /** Who found what wrong: the library before it sent, the service, or the library in an answer. */
    readonly reason: InvalidMessage | RejectedRequest | InvalidResponse
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
 * No recipient got an answer: send again when the problem is resolved. The report has every recipient, as `Unavailable`
 * or `Unknown`, or as `Failed` if sending again cannot help (`UnexpectedStatus`) or nothing was sent. `unsettled` is
 * empty. Streams never fail with it.
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
 * The recipients to send to again: those of the report whose disposition is `retryLater`, then the unsettled.
 *
 * **Example** (What a job queue gets back)
 *
 * ```ts
 * import { Message, Messaging, type Recipient, SendError } from "@cloud-messaging/client"
 * import { Effect } from "effect"
 *
 * const sendOrPutBack = (
 *   recipients: ReadonlyArray<string>,
 *   putBack: (recipients: ReadonlyArray<Recipient.Recipient>) => Effect.Effect<void>
 * ) =>
 *   Messaging.send(Message.make({ data: { score: 42 } }), recipients).pipe(
 *     Effect.tapError((error) => putBack(SendError.retry(error)))
 *   )
 * ```
 *
 * @category retrying
 * @since 1.0.0
 */
export const retry = (self: SendError): ReadonlyArray<Recipient> => [...Report.retry(self.report), ...self.unsettled]

// -----------------------------------------------------------------------------
// internal
// -----------------------------------------------------------------------------

const describe = (issues: ReadonlyArray<Issue>): string => {
  const texts = issues.slice(0, shownIssues).map(({ message, path }) =>
    path.length === 0 ? message : `${path.map(shorten).join(".")} ${message}`
  )
  const others = issues.length - texts.length
  return [...texts, ...others > 0 ? [`and ${others} more`] : []].join("; ")
}

const shownIssues = 20

/** A key of the caller may have any length. */
const shorten = (part: string | number): string | number =>
  typeof part === "string" && part.length > 100 ? `${part.slice(0, 100)}…` : part

// `message` is a getter, which Data.TaggedError leaves out of JSON and inspect; a million recipients it would put in
const brief = (self: SendError) => ({
  _tag: self._tag,
  message: self.message,
  reason: self.reason._tag,
  report: self.report,
  unsettled: self.unsettled.length
})
