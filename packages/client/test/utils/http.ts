/** Test layers of `HttpClient`: scripted answers, recorded requests. */
import { AccessToken, Fcm, Gcm, RetryPolicy } from "@cloud-messaging/client"
import { Effect, Layer, Redacted } from "effect"
import { HttpClient, HttpClientError, type HttpClientRequest, HttpClientResponse } from "effect/http"

export interface Recorded {
  readonly method: string
  readonly url: string
  readonly headers: { readonly [name: string]: string }
  readonly text: string
}

export type Answer = (request: Recorded, n: number) => Effect.Effect<Response, unknown>

const textOf = ({ body }: HttpClientRequest.HttpClientRequest): string =>
  body._tag === "Uint8Array" ? new TextDecoder().decode(body.body) : ""

/** A client that answers as told; what is asked is pushed to `requests`. A failure is the cause of a transport error. */
export const make = (answer: Answer, requests: Array<Recorded> = []): HttpClient.HttpClient =>
  HttpClient.make((request, url) => {
    const recorded = { method: request.method, url: url.href, headers: request.headers, text: textOf(request) }
    requests.push(recorded)
    return answer(recorded, requests.length).pipe(
      Effect.map((response) => HttpClientResponse.fromWeb(request, response)),
      Effect.mapError((cause) =>
        new HttpClientError.HttpClientError({ reason: new HttpClientError.TransportError({ request, cause }) })
      )
    )
  })

export const layer = (answer: Answer, requests: Array<Recorded> = []): Layer.Layer<HttpClient.HttpClient> =>
  Layer.succeed(HttpClient.HttpClient, make(answer, requests))

/** An answer in JSON. */
export const json = (body: unknown, init?: ResponseInit): Effect.Effect<Response> =>
  Effect.sync(() => Response.json(body, init))

export const text = (body: string, init?: ResponseInit): Effect.Effect<Response> =>
  Effect.sync(() => new Response(body, init))

/** An error envelope of FCM v1. */
export const fcmError = (
  status: number,
  error: {
    readonly code?: string
    readonly status?: string
    readonly message?: string
    readonly details?: ReadonlyArray<unknown>
  },
  headers: Record<string, string> = {}
): Effect.Effect<Response> =>
  json({
    error: {
      code: status,
      message: error.message ?? "text",
      status: error.status ?? "STATUS",
      details: [
        ...error.details ?? [],
        ...error.code === undefined
          ? []
          : [{ "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", errorCode: error.code }]
      ]
    }
  }, { status, headers })

/** The token of a request to FCM v1. */
export const tokenOf = (request: Recorded): string => JSON.parse(request.text).message.token

/** The ids of a request to GCM. */
export const idsOf = (request: Recorded): ReadonlyArray<string> => JSON.parse(request.text).registration_ids

export const accessToken = AccessToken.layer(
  Effect.succeed({ token: Redacted.make("access-token-1"), expiresIn: 3600 })
)

/** FCM v1 over a client, which tries once unless told otherwise. */
export const fcmOver = (client: HttpClient.HttpClient, options: Partial<Fcm.Options> = {}) =>
  Fcm.layer({ projectId: "my-project", retryPolicy: RetryPolicy.none, ...options }).pipe(
    Layer.provide([accessToken, Layer.succeed(HttpClient.HttpClient, client)])
  )

/** FCM v1, which tries once unless told otherwise. */
export const fcm = (answer: Answer, requests: Array<Recorded> = [], options: Partial<Fcm.Options> = {}) =>
  fcmOver(make(answer, requests), options)

/** GCM, which tries once unless told otherwise. */
export const gcm = (answer: Answer, requests: Array<Recorded> = [], options: Partial<Gcm.Options> = {}) =>
  Gcm.layer({ apiKey: Redacted.make("api-key-1"), retryPolicy: RetryPolicy.none, ...options }).pipe(
    Layer.provide(layer(answer, requests))
  )

/** GCM: every id accepted. */
export const acceptAll: Answer = (request, n) =>
  json({ multicast_id: n, results: idsOf(request).map((_, i) => ({ message_id: `${n}:${i}` })) })

/** FCM: accepted. */
export const accept: Answer = (_, n) => json({ name: `projects/my-project/messages/${n}` })
