/** What any `HttpClient` does. */
import { assert, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Option, Ref, type Scope, Stream, Tracer } from "effect"
import { constTrue } from "effect/Function"
import { Cookies, HttpBody, HttpClient, HttpClientRequest, HttpMethod, UrlParams } from "effect/http"
import * as Http2 from "node:http2"
import type { Socket } from "node:net"
import { leavesNothing, until } from "../utils/leaves.ts"
import { certificate, portOf } from "../utils/server.ts"

type Request = Http2.Http2ServerRequest

type Response = Http2.Http2ServerResponse

/** Answers over HTTP/2 and HTTP/1.1 alike. */
const listen = (handler: (request: Request, response: Response) => void, protocols: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly origin: string; readonly close: Effect.Effect<void> }>((resume) => {
      const sockets = new Set<Socket>()
      const server = Http2.createSecureServer(
        {
          key: certificate.private,
          cert: certificate.cert,
          allowHTTP1: true,
          ALPNCallback: (client) => client.protocols.find((protocol) => protocols.includes(protocol))
        },
        handler
      )
      server.on("connection", (socket) => {
        sockets.add(socket)
        socket.on("error", () => {})
        socket.on("close", () => sockets.delete(socket))
      })
      server.on("session", (session) => session.on("error", () => {}))
      server.on("sessionError", () => {})
      server.listen(0, "127.0.0.1", () =>
        resume(Effect.succeed({
          origin: `https://localhost:${portOf(server)}`,
          close: Effect.suspend(() => {
            server.close()
            sockets.forEach((socket) => socket.destroy())
            return until(() => sockets.size === 0)
          })
        })))
    }),
    ({ close }) => close
  )

const bytesOf = (request: Request) =>
  new Promise<Buffer>((resolve) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => resolve(Buffer.concat(chunks)))
  })

/** Tells what was asked. */
const mirror = async (request: Request, response: Response) => {
  const body = await bytesOf(request)
  response.setHeader("content-type", "application/json")
  response.end(JSON.stringify({
    version: request.httpVersion,
    method: request.method,
    url: request.url,
    test: request.headers["x-test"] ?? null,
    type: request.headers["content-type"] ?? null,
    length: body.length,
    body: body.length < 1000 ? body.toString() : ""
  }))
}

const echo = (request: Request, response: Response) => {
  response.writeHead(200, { "content-type": request.headers["content-type"] ?? "text/plain" })
  request.pipe(response)
}

export interface Tested {
  readonly layer: Layer.Layer<HttpClient.HttpClient>
  /** What the server speaks: `h2`, `http/1.1`. */
  readonly protocols: ReadonlyArray<string>
}

/** Has a client make no spans. */
export const untraced = Layer.effect(
  HttpClient.HttpClient,
  Effect.map(
    HttpClient.HttpClient,
    HttpClient.transformResponse(Effect.provideService(HttpClient.TracerDisabledWhen, constTrue))
  )
)

/** Registers the tests of any client. */
export const behaviourSuite = ({ layer, protocols }: Tested) => {
  const version = protocols.includes("h2") ? "2.0" : "1.1"

  const test = <E>(
    name: string,
    handler: (request: Request, response: Response) => void,
    run: (client: HttpClient.HttpClient, origin: string) => Effect.Effect<void, E, Scope.Scope>
  ) =>
    it.effect(name, () =>
      leavesNothing(
        Effect.gen(function*() {
          const { origin } = yield* listen(handler, protocols)
          // the client ends before the server
          yield* Effect.flatMap(HttpClient.HttpClient, (client) => run(client, origin)).pipe(
            Effect.scoped,
            Effect.provide(layer, { local: true })
          )
        })
      ))

  test("every method, with parameters and headers", mirror, (client, origin) =>
    Effect.gen(function*() {
      for (const method of HttpMethod.all) {
        // which undici refuses
        if (method === "TRACE" && version === "1.1") continue
        const request = HttpClientRequest.make(method)(`${origin}/path?a=1`, {
          urlParams: { b: "2 3" },
          headers: { "X-Test": "test" }
        })
        const response = yield* client.execute(request)
        assert.strictEqual(response.status, 200)
        assert.strictEqual(response.url, `${origin}/path?a=1&b=2+3`)
        assert.strictEqual(response.headers["content-type"], "application/json")
        if (method === "HEAD") {
          assert.strictEqual(yield* response.text, "")
        } else {
          assert.deepInclude(yield* response.json, { version, method, url: "/path?a=1&b=2+3", test: "test" })
        }
      }
    }))

  test("bodies of text, bytes, JSON, forms and streams", mirror, (client, origin) =>
    Effect.gen(function*() {
      const form = new FormData()
      form.append("field", "värde")
      form.append("file", new Blob(["content"]), "name.txt")
      const bodies = {
        text: HttpBody.text("täxt"),
        bytes: HttpBody.uint8Array(new Uint8Array(100_000)),
        json: HttpBody.jsonUnsafe({ a: 1 }),
        params: HttpBody.urlParams(UrlParams.fromInput({ k: "v 1" })),
        form: HttpBody.formData(form),
        raw: HttpBody.raw("raw", { contentType: "text/x-raw" }),
        stream: HttpBody.stream(Stream.make(Buffer.from("one"), Buffer.from("two")), "text/x-stream")
      }
      const answers: Record<string, unknown> = {}
      for (const [name, body] of Object.entries(bodies)) {
        const response = yield* client.execute(HttpClientRequest.setBody(HttpClientRequest.post(origin), body))
        answers[name] = yield* response.json
      }
      assert.deepInclude(answers["text"], { body: "täxt", type: "text/plain" })
      assert.deepInclude(answers["bytes"], { length: 100_000 })
      assert.deepInclude(answers["json"], { body: "{\"a\":1}", type: "application/json" })
      assert.deepInclude(answers["params"], { body: "k=v+1", type: "application/x-www-form-urlencoded" })
      assert.deepInclude(answers["raw"], { body: "raw", type: "text/x-raw" })
      assert.deepInclude(answers["stream"], { body: "onetwo", type: "text/x-stream" })
      assert.match(JSON.stringify(answers["form"]), /multipart.form-data; boundary=.*värde.*content/)
    }))

  test("a response read as text, JSON, bytes, form, and again", (_request, response) => {
    response.setHeader("set-cookie", ["a=1; Path=/", "b=2"])
    response.setHeader("content-type", "application/x-www-form-urlencoded")
    response.end("[\"ä\"]")
  }, (client, origin) =>
    Effect.gen(function*() {
      const response = yield* client.get(origin)
      assert.strictEqual(yield* response.text, "[\"ä\"]")
      assert.deepStrictEqual(yield* response.json, ["ä"])
      assert.strictEqual((yield* response.arrayBuffer).byteLength, 6)
      assert.strictEqual(yield* response.text, "[\"ä\"]")
      assert.deepStrictEqual((yield* response.urlParamsBody).params, [["[\"ä\"]", ""]])
      assert.strictEqual((yield* response.formData).get("[\"ä\"]"), "")
      assert.deepStrictEqual(Option.getOrThrow(Cookies.getValue(response.cookies, "b")), "2")
      assert.strictEqual(Object.keys(response.headers).some((name) => name.startsWith(":")), false)
    }))

  test("statuses are no failures, and empty bodies are empty", (request, response) => {
    response.statusCode = Number(request.url.slice(1))
    response.end()
  }, (client, origin) =>
    Effect.gen(function*() {
      for (const status of [200, 201, 204, 304, 404, 429, 503]) {
        const response = yield* client.get(`${origin}/${status}`)
        assert.strictEqual(response.status, status)
        assert.strictEqual(yield* response.text, "")
        assert.strictEqual(yield* Effect.map(response.json, String), "null")
      }
    }))

  test(
    "a body that is no JSON",
    (_request, response) => response.end("<html>"),
    (client, origin) =>
      Effect.gen(function*() {
        const response = yield* client.get(origin)
        const error = yield* Effect.flip(response.json)
        assert.strictEqual(error.reason._tag, "DecodeError")
        const upgrade = yield* Effect.flip(response.upgrade)
        assert.strictEqual(upgrade.reason._tag, "StatusCodeError")
      })
  )

  test("a large body, both ways, streamed with back-pressure", echo, (client, origin) =>
    Effect.gen(function*() {
      const size = 5_000_000
      const chunk = new Uint8Array(50_000).fill(7)
      const body = Stream.range(1, size / chunk.length).pipe(Stream.map(() => chunk))
      const response = yield* client.execute(
        HttpClientRequest.post(origin).pipe(HttpClientRequest.bodyStream(body))
      )
      const received = yield* Stream.runFold(response.stream, () => 0, (sum, bytes) => sum + bytes.length)
      assert.strictEqual(received, size)
    }))

  test("an answer that comes while the request is still written", echo, (client, origin) =>
    Effect.gen(function*() {
      const seen = yield* Ref.make("")
      const body = Stream.make(Buffer.from("ping")).pipe(
        Stream.concat(Stream.fromEffect(
          Effect.as(
            until(() => Ref.getUnsafe(seen) === "ping"),
            Buffer.from("pong")
          )
        ))
      )
      const response = yield* client.execute(HttpClientRequest.post(origin).pipe(HttpClientRequest.bodyStream(body)))
      yield* Stream.runForEach(response.stream, (bytes) => Ref.update(seen, (text) => text + Buffer.from(bytes)))
      assert.strictEqual(yield* Ref.get(seen), "pingpong")
    }))

  const seen = { open: 0, closed: 0 }
  test("interruption reaches the server", (request, response) => {
    if (request.url === "/now") {
      response.end("now")
      return
    }
    seen.open++
    response.on("close", () => seen.closed++)
  }, (client, origin) =>
    Effect.gen(function*() {
      const fiber = yield* Effect.forkChild(client.get(origin), { startImmediately: true })
      yield* until(() => seen.open === 1)
      yield* Fiber.interrupt(fiber)
      yield* until(() => seen.closed === 1)
      assert.strictEqual(yield* Effect.flatMap(client.get(`${origin}/now`), ({ text }) => text), "now")
    }))

  test("a request body that fails", mirror, (client, origin) =>
    Effect.gen(function*() {
      const body = Stream.make(Buffer.from("one")).pipe(Stream.concat(Stream.fail("broken")))
      const error = yield* Effect.flip(
        client.execute(HttpClientRequest.post(origin).pipe(HttpClientRequest.bodyStream(body)))
      )
      assert.include(["EncodeError", "TransportError"], error.reason._tag)
    }))

  test("a URL that is none", mirror, (client) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(client.get("http://a b"))
      assert.strictEqual(error.reason._tag, "InvalidUrlError")
    }))
}

/** A tracer, and the spans that it made. */
export const recording = () => {
  const spans: Array<Tracer.Span> = []
  const tracer = Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options)
      spans.push(span)
      return span
    }
  })
  return { spans, tracer }
}

/** A test of a client whose spans are on. */
export const traced = (
  name: string,
  { layer, protocols }: Tested,
  run: (client: HttpClient.HttpClient, origin: string, closed: () => number) => Effect.Effect<void, unknown>
) =>
  it.effect(name, () =>
    leavesNothing(Effect.gen(function*() {
      let closed = 0
      const { origin } = yield* listen((request, response) => {
        response.on("close", () => closed++)
        response.write(JSON.stringify(request.headers["traceparent"] ?? null))
        if (request.url !== "/open") response.end()
      }, protocols)
      yield* Effect.flatMap(HttpClient.HttpClient, (client) => run(client, origin, () => closed)).pipe(
        Effect.provide(layer, { local: true })
      )
    })))

/** Registers the tests of what Effect's constructor gives to a client. */
export const constructorSuite = (tested: Tested) => {
  traced("one client span and its headers", tested, (client, origin) =>
    Effect.gen(function*() {
      const { spans, tracer } = recording()
      const response = yield* Effect.withTracer(client.get(origin), tracer)
      assert.match(String(yield* response.json), /^00-/)
      assert.deepStrictEqual(spans.map(({ kind }) => kind), ["client"])
    }))

  traced("the end of a scope resets the stream", tested, (client, origin, closed) =>
    Effect.gen(function*() {
      yield* Effect.scoped(HttpClient.withScope(client).get(`${origin}/open`))
      yield* until(() => closed() === 1)
    }))
}
