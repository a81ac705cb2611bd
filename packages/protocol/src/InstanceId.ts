/**
 * The Instance ID service: topics of many registration tokens in one request, and what is known about one.
 *
 * Source: developers.google.com/instance-id/reference/server, and the requests of firebase-admin.
 *
 * @since 1.0.0
 */
import * as Schema from "effect/Schema"
import { pathSegment } from "./internal/pathSegment.ts"
import { lenientKey } from "./RpcStatus.ts"

// -----------------------------------------------------------------------------
// Requests
// -----------------------------------------------------------------------------

/**
 * The service's origin.
 *
 * @category constants
 * @since 1.0.0
 */
export const origin = "https://iid.googleapis.com"

/**
 * The header that tells the service that `authorization` holds an OAuth access token (`Bearer …`), no server key
 * (`key=…`).
 *
 * @category constants
 * @since 1.0.0
 */
export const accessTokenAuth = { access_token_auth: "true" } as const

/**
 * Registration tokens in one request: 1 to 1000.
 *
 * @category constants
 * @since 1.0.0
 */
export const maxTokens = 1000

/**
 * The path where a `POST` subscribes the tokens of a {@link BatchRequest}.
 *
 * @category constants
 * @since 1.0.0
 */
export const batchAddPath = "/iid/v1:batchAdd"

/**
 * The path where a `POST` ends the subscriptions of the tokens of a {@link BatchRequest}.
 *
 * @category constants
 * @since 1.0.0
 */
export const batchRemovePath = "/iid/v1:batchRemove"

/**
 * The path of what is known about a registration token ({@link Info}); its topics only with the parameter
 * `details=true`.
 *
 * @category constants
 * @since 1.0.0
 */
export const infoPath = (token: string): string => `/iid/info/${pathSegment(token)}`

/**
 * The schema of a change of subscriptions: `to` is `/topics/{name}`.
 *
 * @category schemas
 * @since 1.0.0
 */
export const BatchRequest = Schema.Struct({
  to: Schema.String,
  registration_tokens: Schema.Array(Schema.String)
})

// -----------------------------------------------------------------------------
// Answers
// -----------------------------------------------------------------------------

/**
 * The schema of the answer to a change: one result for each token, in the order of the request. A result that is none
 * (see {@link Result}) costs its own token and no other.
 *
 * @category schemas
 * @since 1.0.0
 */
export const BatchResponse = Schema.Struct({ results: Schema.Array(Schema.Unknown) })

/**
 * The result of one token.
 *
 * @category models
 * @since 1.0.0
 */
export interface Result extends Schema.Schema.Type<typeof Result> {}

/**
 * The schema of the result of one token: changed, unless there is an `error`.
 *
 * @category schemas
 * @since 1.0.0
 */
export const Result = Schema.Struct({ error: Schema.optionalKey(Schema.String) })

/**
 * The codes of a {@link Result} that are documented or that Google's SDKs know.
 *
 * **Details**
 *
 * `NOT_FOUND`: the token is dead. `INVALID_ARGUMENT`: it is no token of this project. `TOO_MANY_TOPICS`: the app has
 * 2000 already. `RESOURCE_EXHAUSTED`: too many changes at once. `INTERNAL` and `DEADLINE_EXCEEDED` may be repeated.
 *
 * @category models
 * @since 1.0.0
 */
export type ErrorCode =
  | "NOT_FOUND"
  | "INVALID_ARGUMENT"
  | "INTERNAL"
  | "TOO_MANY_TOPICS"
  | "RESOURCE_EXHAUSTED"
  | "PERMISSION_DENIED"
  | "DEADLINE_EXCEEDED"
  | "UNKNOWN"

/**
 * The schema of what is known about a token. `authorizedEntity` is the project's number; a topic's `addDate` is a day
 * (`YYYY-MM-DD`).
 *
 * @category schemas
 * @since 1.0.0
 */
export const Info = Schema.Struct({
  application: lenientKey(Schema.String),
  applicationVersion: lenientKey(Schema.String),
  authorizedEntity: lenientKey(Schema.String),
  platform: lenientKey(Schema.String),
  rel: lenientKey(Schema.Struct({
    topics: lenientKey(Schema.Record(Schema.String, Schema.Struct({ addDate: lenientKey(Schema.String) })))
  }))
})

/**
 * The schema of the body of an answer that is no success.
 *
 * @category schemas
 * @since 1.0.0
 */
export const RequestError = Schema.Struct({ error: Schema.String })
