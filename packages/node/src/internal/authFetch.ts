/**
 * The way to the network for `google-auth-library`: our `HttpClient`, and nowhere but to Google with credentials.
 */
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpMethod from "effect/http/HttpMethod"

/** What became of the last request: the library's errors do not tell. */
export type Fate = Data.TaggedEnum<{
  readonly Forbidden: {}
  readonly Unreachable: {}
  readonly Answered: { readonly status: number }
}>

export const Fate = Data.taggedEnum<Fate>()

export interface AuthFetch {
  readonly fetch: typeof fetch
  readonly fate: () => Fate | undefined
}

const timeout = Duration.seconds(15)

export const makeFetch = (client: HttpClient.HttpClient): AuthFetch => {
  let fate: Fate | undefined
  const settle = (why: Fate) => {
    fate = why
  }
  const send = Effect.fnUntraced(function*(input: Parameters<typeof fetch>[0], init: RequestInit | undefined) {
    const request = new Request(input, init)
    // what a file of credentials names is data: tokens and keys travel in bodies, and only to Google
    if (!isHarmless(request)) {
      settle(Fate.Forbidden())
      return yield* Effect.die("forbidden")
    }
    const body = new Uint8Array(yield* Effect.promise(() => request.arrayBuffer()))
    const answer = yield* exchange(client, request, body).pipe(
      Effect.timeout(timeout),
      Effect.tapError(() => Effect.sync(() => settle(Fate.Unreachable())))
    )
    settle(Fate.Answered({ status: answer.status }))
    return answer
  })
  return { fetch: (input, init) => Effect.runPromise(send(input, init)), fate: () => fate }
}

const isHarmless = ({ method, url }: Request): boolean => {
  const { hostname, protocol } = new URL(url)
  return method !== "POST" || (protocol === "https:" && hostname.endsWith(".googleapis.com"))
}

const exchange = (
  client: HttpClient.HttpClient,
  { headers, method, url }: Request,
  body: Uint8Array
): Effect.Effect<Response, HttpClientError.HttpClientError> => {
  const request = HttpClientRequest.make(HttpMethod.isHttpMethod(method) ? method : "GET")(url, {
    headers: Object.fromEntries(headers)
  })
  const contentType = headers.get("content-type") ?? undefined
  return client.execute(body.length === 0 ? request : HttpClientRequest.bodyUint8Array(request, body, contentType))
    .pipe(
      Effect.flatMap((response) =>
        Effect.map(response.arrayBuffer, (bytes) =>
          new Response(bytes.byteLength === 0 ? null : bytes, {
            status: response.status,
            headers: { ...response.headers }
          }))
      )
    )
}
