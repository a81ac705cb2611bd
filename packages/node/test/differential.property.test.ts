/** Both transports before the same server, whatever it does: what they send and what comes of it are the same. */
import { BoundedResponse, RequestNotSent } from "@cloud-messaging/client"
import { Http2Client } from "@cloud-messaging/node"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, ByteSize, Effect, Schema, Stream } from "effect"
import { constTrue } from "effect/Function"
import {
  HttpBody,
  HttpClient,
  type HttpClientError,
  HttpClientRequest,
  type HttpClientResponse,
  HttpIncomingMessage
} from "effect/http"
import { createHash } from "node:crypto"
import * as Http2 from "node:http2"
import { serve, trust } from "../../http2/test/utils/server.ts"
import type { Transport } from "./utils/transports.ts"

const sizes = [0, 1, 100, 1000, 16_384, 70_000]

/** A request, and what the server does with it. */
const Step = Schema.Struct({
  method: Schema.Literals(["GET", "POST", "PUT", "DELETE", "HEAD"]),
  upload: Schema.Literals(["none", "bytes", "stream"]),
  uploadSize: Schema.Literals(sizes),
  headers: Schema.Array(Schema.Literals(["", "a", "value, value", "\"quoted\"", "x".repeat(3000)])),
  read: Schema.Literals(["text", "bytes", "stream"]),
  limit: Schema.Literals([1000, 1_000_000]),
  earlyHints: Schema.Boolean,
  status: Schema.Literals([200, 201, 204, 304, 404, 421, 429, 503]),
  cookies: Schema.Literals([0, 1, 2]),
  chunks: Schema.Array(Schema.Literals(sizes)),
  length: Schema.Literals(["none", "right", "more", "less"]),
  trailers: Schema.Boolean,
  end: Schema.Literals(["end", "end", "error", "cancel", "socket", "goaway"]),
  instead: Schema.Literals(["nothing", "nothing", "nothing", "nothing", "error", "refuse", "refuse once", "socket"])
})

type Step = typeof Step.Type

const Steps = Arbitrary.array(Arbitrary.schema(Step), { minLength: 1, maxLength: 8 })

const endsSocket = ({ end, instead }: Step): boolean => end === "socket" || instead === "socket"

/** What is in flight when a connection ends, or follows it at once, meets that or not: these come one after the other. */
const order = (steps: ReadonlyArray<Step>): ReadonlyArray<ReadonlyArray<Step>> => [
  steps.filter((step) => !endsSocket(step) && step.end !== "goaway"),
  ...steps.filter((step) => !endsSocket(step) && step.end === "goaway").map((step) => [step]),
  steps.filter(endsSocket).slice(0, 1)
]

const bytes = (size: number) => Buffer.alloc(size, "0123456789abcdef")

const hash = (bytes: Uint8Array) => `${bytes.length} ${createHash("sha1").update(bytes).digest("base64")}`

// -----------------------------------------------------------------------------
// The server
// -----------------------------------------------------------------------------

/** Written before a stream is reset, so that it is not reset too soon. */
const last = "the last"

const respond = (stream: Http2.ServerHttp2Stream, step: Step) => {
  const { chunks, cookies, earlyHints, end, length, status, trailers } = step
  if (earlyHints) stream.additionalHeaders({ ":status": 103, link: "</style.css>" })
  const hasBody = step.method !== "HEAD" && status !== 204 && status !== 304
  const isWhole = end === "end" || end === "goaway"
  const size = chunks.reduce((sum, chunk) => sum + chunk, isWhole ? 0 : last.length)
  const lengths = { none: undefined, right: size, more: size + 1, less: size - 1 }
  // node:http2 ends a stream before it resets it, if it can: only its length tells that the body was cut
  const told = hasBody ? lengths[isWhole ? length : "more"] : undefined
  stream.respond({
    ":status": status,
    "content-type": "text/plain",
    ...told === undefined || told < 0 ? {} : { "content-length": told },
    ...cookies === 0 ? {} : { "set-cookie": ["a=1; Path=/", "b=2"].slice(0, cookies) }
  }, { waitForTrailers: trailers && end === "end", endStream: !hasBody })
  if (!hasBody) return
  stream.on("wantTrailers", () => stream.sendTrailers({ "x-trailer": "t" }))
  if (end === "goaway") stream.session?.close()
  for (const chunk of chunks) stream.write(bytes(chunk))
  if (isWhole) return void stream.end()
  stream.write(last, () => finish[end](stream))
}

const finish = {
  error: (stream: Http2.ServerHttp2Stream) => stream.close(Http2.constants.NGHTTP2_INTERNAL_ERROR),
  cancel: (stream: Http2.ServerHttp2Stream) => stream.close(Http2.constants.NGHTTP2_CANCEL),
  refuse: (stream: Http2.ServerHttp2Stream) => stream.close(Http2.constants.NGHTTP2_REFUSED_STREAM),
  socket: (stream: Http2.ServerHttp2Stream) => stream.session?.socket.destroy()
}

/** What the server got: the last of each path, as one may be sent again. */
type Seen = Record<string, unknown>

const script = (steps: ReadonlyArray<Step>, seen: Seen) => {
  const refused = new Set<string>()
  return (stream: Http2.ServerHttp2Stream, { ...headers }: Http2.IncomingHttpHeaders) => {
    const path = String(headers[":path"])
    const step = steps[Number(path.slice(1))]
    if (step === undefined) return
    const { instead } = step
    delete headers[":authority"]
    if (instead === "refuse") return finish.refuse(stream)
    if (instead === "refuse once" && step.upload !== "stream" && !refused.has(path)) {
      refused.add(path)
      return finish.refuse(stream)
    }
    const body: Array<Buffer> = []
    stream.on("data", (chunk: Buffer) => body.push(chunk))
    stream.on("end", () => {
      seen[path] = { headers: { ...headers }, body: hash(Buffer.concat(body)) }
      if (instead === "error" || instead === "socket") finish[instead](stream)
      else respond(stream, step)
    })
  }
}

// -----------------------------------------------------------------------------
// The client
// -----------------------------------------------------------------------------

const request = (origin: string, step: Step, index: number) => {
  const body = bytes(step.uploadSize)
  const make = HttpClientRequest.make(step.method)(`${origin}/${index}`, {
    headers: Object.fromEntries(step.headers.map((value, i) => [`x-${i}`, value]))
  })
  if (step.upload === "none" || step.method === "GET" || step.method === "HEAD") return make
  return HttpClientRequest.setBody(
    make,
    step.upload === "bytes" ? HttpBody.uint8Array(body) : HttpBody.stream(Stream.make(body.subarray(0, 50), body))
  )
}

const bodyOf = (
  response: HttpClientResponse.HttpClientResponse,
  { read }: Step
): Effect.Effect<string, HttpClientError.HttpClientError> => {
  switch (read) {
    case "text":
      return Effect.map(response.text, (text) => hash(Buffer.from(text)))
    case "bytes":
      return Effect.map(response.arrayBuffer, (bytes) => hash(new Uint8Array(bytes)))
    case "stream":
      return Effect.map(Stream.runCollect(response.stream), (chunks) => hash(Buffer.concat(chunks)))
  }
}

/** Of two things that are wrong with a body, either may be told. */
const limitOf = ({ end, length, limit }: Step): number =>
  (end === "end" || end === "goaway") && (length === "none" || length === "right") ? limit : 1_000_000

/** What may be done next hangs on this; whether the head of a response was seen before a reset is by the way. */
const kindOf = (cause: unknown): string => {
  if (RequestNotSent.isRequestNotSent(cause)) return "not sent"
  return BoundedResponse.isBodyTooLarge(cause) ? "too large" : "lost"
}

/** What comes of a request: the answer, or the kind of its error. */
const outcome = (client: HttpClient.HttpClient, origin: string, step: Step, index: number) =>
  client.execute(request(origin, step, index)).pipe(
    Effect.flatMap((response) =>
      Effect.map(bodyOf(response, step), (body) => {
        const { date: _, ...headers } = response.headers
        return { status: response.status, headers: { ...headers }, body }
      })
    ),
    Effect.catchTag("HttpClientError", ({ reason }) => Effect.succeed(kindOf(reason.cause))),
    Effect.provideService(
      HttpIncomingMessage.MaxBodySize,
      ByteSize.bytes(limitOf(step))
    )
  )

const run = Effect.fnUntraced(function*(steps: ReadonlyArray<Step>, concurrency: number, transport: Transport) {
  const seen: Seen = {}
  const server = yield* serve(script(steps, seen))
  const outcomes = yield* Effect.flatMap(
    HttpClient.HttpClient,
    (client) =>
      Effect.forEach(
        order(steps),
        (some) =>
          Effect.forEach(some, (step) => outcome(client, server.origin, step, steps.indexOf(step)), { concurrency })
      )
  ).pipe(
    Effect.provideService(HttpClient.TracerDisabledWhen, constTrue),
    Effect.provide(Http2Client.layer({ ...trust, transport }))
  )
  return { outcomes, seen }
}, Effect.scoped)

describe("our HTTP/2 and node:http2", () => {
  it.effect.prop("have the same outcomes, whatever a server does", {
    steps: Steps,
    concurrency: Schema.Literals([1, 3, 8])
  }, ({ concurrency, steps }) =>
    Effect.gen(function*() {
      // one at a time: resets and ends that come with those of other streams, node:http2 takes for each other now and then
      const node = yield* run(steps, 1, "node")
      assert.deepStrictEqual(yield* run(steps, concurrency, "own"), node)
    }), { arbitrary: { runs: 200 } })
})
