/**
 * The body of a request: what HTTP/2 can write.
 */
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as HttpBody from "effect/http/HttpBody"
import type * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import * as Failure from "./failure.ts"

/** Whether a body is bytes or a stream of bytes. */
export const isPlain = ({ _tag }: HttpBody.HttpBody): boolean => _tag !== "FormData" && _tag !== "Raw"

/** The request with a body of bytes or a stream of bytes: forms are encoded, raw bodies are checked. */
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

// its chunks are checked when they are written
const isIterable = (body: unknown): body is AsyncIterable<Uint8Array> =>
  Predicate.hasProperty(body, Symbol.asyncIterator)

/** Where a streamed body is written. */
export interface Writing {
  /** Done when the bytes are on their way. */
  readonly write: (bytes: Uint8Array) => Effect.Effect<void>
  readonly end: Effect.Effect<void>
  /** The body failed with this error. */
  readonly fail: (cause: unknown) => Effect.Effect<void>
}

/** What a stream of bytes gives besides bytes. */
class NoBytes extends Data.TaggedError("NoBytes") {
  override get message(): string {
    return "a streamed body must give bytes or texts"
  }
}

/** Writes a streamed body to its end. */
export const upload = ({ stream }: HttpBody.Stream, { end, fail, write }: Writing): Effect.Effect<void> =>
  Stream.runForEach(
    stream,
    (chunk: unknown) => Effect.flatMap(bytesOf(chunk), (bytes) => bytes.length === 0 ? Effect.void : write(bytes))
  ).pipe(
    Effect.andThen(end),
    Effect.catchCause((cause) => Cause.hasInterruptsOnly(cause) ? Effect.void : fail(Cause.squash(cause)))
  )

const bytesOf = (chunk: unknown): Effect.Effect<Uint8Array, NoBytes> =>
  chunk instanceof Uint8Array
    ? Effect.succeed(chunk)
    : typeof chunk === "string"
    ? Effect.succeed(Buffer.from(chunk))
    : Effect.fail(new NoBytes())
