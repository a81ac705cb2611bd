/**
 * Exchanges as they are on the wire: literal requests, and whole answers.
 */
import { type Duration, Effect } from "effect"
import { HttpBody, HttpClient, HttpClientRequest } from "effect/http"

export interface Request {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE"
  readonly url: string
  readonly headers: { readonly [name: string]: string }
  readonly body?: string
}

export interface Answer {
  readonly status: number
  /** All of them, but for the length. */
  readonly headers: { readonly [name: string]: string }
  readonly body: string
}

/** What one world is asked, in turn, and answers; how much time passes before. */
export type Case = ReadonlyArray<readonly [Request, Answer, Duration.Input?]>

/** By the row's name in `docs/fidelity.md`. */
export type Cases = { readonly [row: string]: Case }

/** The answer to a request. */
export const answer = Effect.fnUntraced(function*({ body, headers, method, url }: Request) {
  const response = yield* HttpClientRequest.make(method)(url).pipe(
    body === undefined
      ? (request) => request
      : HttpClientRequest.setBody(HttpBody.uint8Array(new TextEncoder().encode(body), headers["content-type"])),
    HttpClientRequest.setHeaders(headers),
    HttpClient.execute
  )
  const { "content-length": _, ...all } = response.headers
  const answer: Answer = { status: response.status, headers: { ...all }, body: yield* response.text }
  return answer
})

// -----------------------------------------------------------------------------
// Answers
// -----------------------------------------------------------------------------

const typed = (contentType: string) => (status: number, body: string, headers: Answer["headers"] = {}): Answer => ({
  status,
  headers: { "content-type": contentType, ...headers },
  body
})

export const json = typed("application/json; charset=UTF-8")

export const plain = typed("text/plain; charset=UTF-8")

export const page = typed("text/html; charset=UTF-8")

export const soon = { "retry-after": "1" }

/** Of a path that there is not. */
export const noRoute = typed("text/plain")(404, "Not Found")
