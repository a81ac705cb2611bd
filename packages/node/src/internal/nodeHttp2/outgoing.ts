/**
 * The body of a request: what HTTP/2 can write.
 */
import * as NodeSink from "@effect/platform-node/NodeSink"
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as HttpBody from "effect/http/HttpBody"
import type * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import type { Writable } from "node:stream"
import * as Failure from "./failure.ts"

/** Whether a body is bytes or a stream of bytes. */
export const isPlain = ({ _tag }: HttpBody.HttpBody): boolean => _tag !== "FormData" && _tag !== "Raw"

/** The request with a body that is bytes or a stream of bytes: forms are encoded, raw bodies looked at. */
export const prepare = (
  request: HttpClientRequest.HttpClientRequest
): Effect.Effect<HttpClientRequest.HttpClientRequest, HttpClientError.HttpClientError> => {
  const { body } = request
  switch (body._tag) {
    case "FormData":
      return Effect.try({
        try: () => HttpClientRequest.setBody(request, form(body.formData)),
        catch: (cause) => Failure.encode(request, cause)
      })
    case "Raw": {
      const known = raw(body)
      return known === undefined
        ? Effect.fail(Failure.encode(request, "a raw body must be text, bytes or a stream of bytes"))
        : Effect.succeed(HttpClientRequest.setBody(request, known))
    }
    default:
      return Effect.succeed(request)
  }
}

const form = (data: FormData): HttpBody.HttpBody => {
  const encoded = new Response(data)
  return HttpBody.stream(
    Stream.fromReadableStream({
      evaluate: () => encoded.body ?? new ReadableStream(),
      onError: (cause) => cause
    }),
    encoded.headers.get("content-type") ?? undefined
  )
}

const raw = ({ body, contentLength, contentType }: HttpBody.Raw): HttpBody.HttpBody | undefined => {
  if (body === undefined || body === null) return HttpBody.empty
  if (typeof body === "string") return HttpBody.text(body, contentType)
  if (body instanceof Uint8Array) return HttpBody.uint8Array(body, contentType)
  if (body instanceof ArrayBuffer) return HttpBody.uint8Array(new Uint8Array(body), contentType)
  if (body instanceof Blob) return raw(HttpBody.raw(body.stream(), { contentType, contentLength: body.size }))
  if (!isIterable(body)) return undefined
  return HttpBody.stream(Stream.fromAsyncIterable(body, (cause) => cause), contentType, contentLength)
}

// what comes out of it is seen when it is written
const isIterable = (body: unknown): body is AsyncIterable<Uint8Array> =>
  Predicate.hasProperty(body, Symbol.asyncIterator)

/** The stream of the body failed, not the connection. */
class BodyFailure extends Data.TaggedError("BodyFailure")<{ readonly cause: unknown }> {}

/** Writes a streamed body to its end; `failed` is told what the body failed with. What ends the connection shows there. */
export const upload = (
  body: HttpBody.Stream,
  writable: Writable,
  failed: (cause: unknown) => void
): Effect.Effect<void> =>
  Stream.run(
    Stream.mapError(body.stream, (cause) => new BodyFailure({ cause })),
    NodeSink.fromWritable({ evaluate: () => writable, endOnDone: false, onError: (cause) => ({ cause }) })
  ).pipe(
    Effect.matchCause({
      onSuccess: () => {
        writable.end()
      },
      onFailure: (cause) => {
        if (Cause.hasInterruptsOnly(cause)) return
        const error = Cause.squash(cause)
        if (error instanceof BodyFailure) failed(error.cause)
        else if (Cause.hasDies(cause)) failed(error)
      }
    })
  )
