/**
 * Requests as senders write them, and answers as tests read them.
 */
import {
  FcmV1,
  GcmHttp,
  GcmPlainText,
  InstanceId,
  OAuth,
  RpcStatus,
  TopicSubscription
} from "@cloud-messaging/protocol"
import { Effect, Option, Predicate, Schema } from "effect"
import { HttpBody, HttpClient, HttpClientRequest, type HttpClientResponse } from "effect/http"

export interface Answer {
  readonly status: number
  readonly contentType: string | undefined
  readonly retryAfter: string | undefined
  readonly text: string
  /** The body, if it is JSON. */
  readonly body: unknown
}

const read = Effect.fnUntraced(function*(response: HttpClientResponse.HttpClientResponse) {
  const contentType = response.headers["content-type"]
  const text = yield* response.text
  const answer: Answer = {
    status: response.status,
    contentType,
    retryAfter: response.headers["retry-after"],
    text,
    body: contentType?.startsWith("application/json") === true ? JSON.parse(text) : undefined
  }
  return answer
})

/** The whole answer to a request. */
export const exchange = (request: HttpClientRequest.HttpClientRequest) =>
  Effect.flatMap(HttpClient.execute(request), read)

// -----------------------------------------------------------------------------
// FCM v1
// -----------------------------------------------------------------------------

export interface FcmOptions {
  readonly origin?: string
  readonly project?: string
  /** `undefined`: no such header. */
  readonly authorization?: string | undefined
}

/** A request with a body as it is, right or wrong. */
export const fcmText = (text: string, options: FcmOptions = {}) => {
  const { authorization, origin, project }: FcmOptions = {
    origin: FcmV1.origin,
    project: "my-project",
    authorization: "Bearer owner",
    ...options
  }
  return HttpClientRequest.post(`${origin}${FcmV1.sendPath(project ?? "")}`).pipe(
    HttpClientRequest.setHeaders(authorization === undefined ? {} : { authorization }),
    HttpClientRequest.bodyText(text, "application/json")
  )
}

export const fcmJson = (body: unknown, options?: FcmOptions) => fcmText(JSON.stringify(body), options)

export const fcmRequest = (token: string, options?: FcmOptions) => fcmJson({ message: { token } }, options)

/** Sends an empty message to one token. */
export const sendFcm = (token: string, options?: FcmOptions) => exchange(fcmRequest(token, options))

/** What an FCM error says: its canonical status, and the code that says whose fault it is. */
export const fcmError = ({ text }: Answer) => {
  const status = Option.getOrUndefined(RpcStatus.decodeEnvelope(text))
  const [error] = status === undefined ? [] : RpcStatus.findDetails(FcmV1.FcmError)(status)
  return { status: status?.status, code: error?.errorCode }
}

/** The fields that an FCM error names as wrong. */
export const violations = ({ text }: Answer) =>
  RpcStatus.decodeEnvelope(text).pipe(
    Option.map(RpcStatus.findDetails(RpcStatus.BadRequest)),
    Option.match({ onNone: () => [], onSome: (all) => all.flatMap(({ fieldViolations }) => fieldViolations) })
  )

// -----------------------------------------------------------------------------
// GCM
// -----------------------------------------------------------------------------

export interface GcmOptions {
  readonly url?: string
  /** `undefined`: no such header. */
  readonly authorization?: string | undefined
}

/** A request with a body as it is, right or wrong. */
export const gcmText = (text: string, options: GcmOptions = {}) => {
  const { authorization, url }: GcmOptions = {
    url: GcmHttp.endpoint,
    authorization: GcmHttp.authorization("API_KEY"),
    ...options
  }
  return HttpClientRequest.post(url ?? "").pipe(
    HttpClientRequest.setHeaders(authorization === undefined ? {} : { authorization }),
    HttpClientRequest.bodyText(text, "application/json")
  )
}

export const gcmJson = (body: unknown, options?: GcmOptions) => gcmText(JSON.stringify(body), options)

export const gcmRequest = (ids: ReadonlyArray<string>, options?: GcmOptions) =>
  gcmJson({ registration_ids: ids }, options)

/** Sends an empty message to some ids. */
export const sendGcm = (ids: ReadonlyArray<string>, options?: GcmOptions) => exchange(gcmRequest(ids, options))

/** The results of a GCM answer: the error of each id, `ok` for an accepted one. */
export const gcmResults = ({ body }: Answer): ReadonlyArray<unknown> =>
  Predicate.hasProperty(body, "results") && Array.isArray(body.results)
    ? body.results.map((result) => Predicate.hasProperty(result, "error") ? result.error : "ok")
    : []

// -----------------------------------------------------------------------------
// Token endpoint
// -----------------------------------------------------------------------------

/** Asks for an access token with an assertion. */
export const askToken = (assertion: string, url: string = OAuth.tokenUrl) =>
  exchange(
    HttpClientRequest.post(url).pipe(
      HttpClientRequest.bodyUrlParams({ grant_type: OAuth.grantType, assertion })
    )
  )

// -----------------------------------------------------------------------------
// GCM, plain text
// -----------------------------------------------------------------------------

/** A form as it is, right or wrong. */
export const plainText = (form: string, options: GcmOptions = {}) =>
  HttpClientRequest.setBody(gcmText(form, options), HttpBody.text(form, GcmPlainText.contentType))

/** Sends an empty message to one id. */
export const sendPlainText = (id: string, options?: GcmOptions) =>
  exchange(plainText(GcmPlainText.requestText({})(id), options))

// -----------------------------------------------------------------------------
// Topics
// -----------------------------------------------------------------------------

export interface SubscriptionOptions extends FcmOptions {
  readonly topic?: string
  readonly parameters?: { readonly [name: string]: string }
}

/** A request about the subscriptions of a registration, or about one. */
export const subscription = (
  method: "GET" | "POST" | "PATCH" | "DELETE",
  registration: string,
  options: SubscriptionOptions = {}
) => {
  const { authorization, origin, parameters = {}, project = "", topic }: SubscriptionOptions = {
    origin: FcmV1.origin,
    project: "my-project",
    authorization: "Bearer owner",
    ...options
  }
  const path = topic === undefined
    ? TopicSubscription.collectionPath(project, registration)
    : TopicSubscription.path(project, registration, topic)
  return HttpClientRequest.make(method)(`${origin}${path}`).pipe(
    HttpClientRequest.setUrlParams(parameters),
    HttpClientRequest.setHeaders(authorization === undefined ? {} : { authorization })
  )
}

/** Subscribes one registration, whatever was before. */
export const subscribe = (registration: string, topic: string, options?: FcmOptions) =>
  exchange(subscription("PATCH", registration, { ...options, topic }))

/** The topics on a page of a list. */
export const topicsOf = ({ text }: Answer): ReadonlyArray<string> =>
  Option.match(decodePage(text), {
    onNone: () => ["no page"],
    onSome: ({ topicSubscriptions = [] }) => topicSubscriptions.map((_) => TopicSubscription.topicOf(_))
  })

const decodePage = Schema.decodeUnknownOption(Schema.fromJsonString(TopicSubscription.Page))

/** A change of many subscriptions. */
export const batch = (
  operation: "Add" | "Remove",
  body: unknown,
  headers: { readonly [name: string]: string } = { authorization: "Bearer owner", ...InstanceId.accessTokenAuth },
  origin: string = InstanceId.origin
) =>
  exchange(
    HttpClientRequest.post(
      `${origin}${operation === "Add" ? InstanceId.batchAddPath : InstanceId.batchRemovePath}`
    ).pipe(
      HttpClientRequest.setHeaders(headers),
      HttpClientRequest.bodyText(typeof body === "string" ? body : JSON.stringify(body), "application/json")
    )
  )
