/**
 * What no client sends, to every endpoint of a running server: a documented 4xx, never a 5xx, and the server lives on.
 */
import { Device, EmulatorApi, Fault, Project } from "@cloud-messaging/emulator"
import { EmulatorServer, layer as layerServer } from "@cloud-messaging/emulator/EmulatorServer"
import { assert, describe, layer } from "@effect/vitest"
import { Arbitrary, Effect, Schema } from "effect"
import { exchangeBytes } from "./utils/sockets.ts"

// -----------------------------------------------------------------------------
// Endpoints
// -----------------------------------------------------------------------------

interface Endpoint {
  readonly method: string
  /** With `:name` where a parameter stands. */
  readonly path: string
  readonly headers: ReadonlyArray<string>
  /** What it may answer, whatever it is asked. */
  readonly statuses: ReadonlyArray<number>
}

const bearer = ["authorization: Bearer owner", "access_token_auth: true"]
const key = ["authorization: key=owner", "project_id: 1"]
const json = "content-type: application/json"
const form = "content-type: application/x-www-form-urlencoded;charset=UTF-8"

const subscriptions = "/v1/projects/:project/registrations/:registration/topicSubscriptions"

/** What Google documents for each, as far as a request alone decides. */
const services: ReadonlyArray<Endpoint> = [
  { method: "POST", path: "/v1/projects/:project/messages:send", headers: bearer, statuses: [400, 401, 403, 404] },
  { method: "POST", path: subscriptions, headers: bearer, statuses: [400, 401, 403, 404, 409] },
  { method: "GET", path: subscriptions, headers: bearer, statuses: [400, 401, 403, 404] },
  { method: "GET", path: `${subscriptions}/:topic`, headers: bearer, statuses: [400, 401, 403, 404] },
  { method: "PATCH", path: `${subscriptions}/:topic`, headers: bearer, statuses: [400, 401, 403, 404] },
  { method: "DELETE", path: `${subscriptions}/:topic`, headers: bearer, statuses: [400, 401, 403, 404] },
  { method: "POST", path: "/iid/v1:batchAdd", headers: bearer, statuses: [400, 401] },
  { method: "POST", path: "/iid/v1:batchRemove", headers: bearer, statuses: [400, 401] },
  { method: "GET", path: "/iid/info/:token", headers: bearer, statuses: [400, 401, 403, 404] },
  { method: "POST", path: "/fcm/send", headers: key, statuses: [400, 401] },
  { method: "POST", path: "/gcm/send", headers: key, statuses: [400, 401] },
  { method: "POST", path: "/fcm/notification", headers: key, statuses: [400, 401] },
  { method: "GET", path: "/fcm/notification", headers: key, statuses: [400, 401] },
  { method: "POST", path: "/gcm/notification", headers: key, statuses: [400, 401] },
  { method: "GET", path: "/gcm/notification", headers: key, statuses: [400, 401] },
  { method: "POST", path: "/token", headers: [], statuses: [400] }
]

/** As the API itself documents it. */
const controls: ReadonlyArray<Endpoint> = Object.values(EmulatorApi.EmulatorApi.groups).flatMap(({ endpoints }) =>
  Object.values(endpoints).map(({ method, path }) => ({
    method,
    path,
    headers: [],
    statuses: [400, 401, 403, 409, 413, 415, 421]
  }))
)

const endpoints = [...services, ...controls]

/** What the server itself says, before it looks at who is asked: nothing such, too large, not well-formed. */
const general = new Set([200, 204, 400, 404, 413, 431])

const isAllowed = ({ statuses }: Endpoint, status: number): boolean => statuses.includes(status) || general.has(status)

// -----------------------------------------------------------------------------
// Requests
// -----------------------------------------------------------------------------

const oneOf = <const A extends ReadonlyArray<string | number>>(...all: A) => Arbitrary.schema(Schema.Literals(all))

const either = <A>(...all: ReadonlyArray<Arbitrary.Arbitrary<A>>): Arbitrary.Arbitrary<A> =>
  Arbitrary.flatMap(
    Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: all.length - 1 }))),
    (i) => all[i] ?? assert.fail("no such arbitrary")
  )

const percentEncode = (text: string): string => Buffer.from(text).toString("hex").replace(/../g, "%$&")

/** What may stand in a path where a name should: broken encodings, separators, prototypes, long ones. */
const Segment = either<string>(
  oneOf(
    "%",
    "%zz",
    "%00",
    "%ff%fe",
    "%c0%af",
    "..",
    "%2e%2e%2f",
    "%2F",
    "__proto__",
    "constructor",
    ";",
    "*",
    "-",
    "a:b"
  ),
  Arbitrary.map(Arbitrary.schema(Schema.String), percentEncode),
  Arbitrary.map(oneOf(1, 200, 5000, 20_000), (length) => "x".repeat(length))
)

const Query = either<string>(
  oneOf(
    "",
    "?",
    "?%",
    "?a=%zz&a",
    "?__proto__=1",
    "?count=NaN",
    "?count=-1",
    "?after=1e400",
    "?timeout=never",
    "?state"
  ),
  oneOf("?recipient=%00", "?pageSize=-1", "?pageToken=%ff", "?details=true&details=true", "?recipient=a&recipient=b"),
  Arbitrary.map(Arbitrary.schema(Schema.String), (text) => `?recipient=${percentEncode(text)}`)
)

const wrong = [
  "",
  "{",
  "null",
  "[]",
  "\"\"",
  "0",
  "1e999",
  "{\"a\":1,}",
  "\u0000",
  "\ufeff{}",
  "{\"__proto__\":{\"a\":1}}",
  "{\"constructor\":{\"prototype\":{}},\"to\":\"a\"}",
  "{\"message\":{\"token\":\"a\",\"data\":{\"__proto__\":\"b\"}}}",
  "{\"message\":{\"__proto__\":{\"token\":\"a\"}}}",
  "{\"registration_ids\":[null]}",
  "{\"registration_ids\":{\"length\":1}}",
  "{\"to\":\"/topics/\",\"registration_tokens\":[\"\\ud800\"]}",
  "{\"recipient\":\"\\ud800\",\"presence\":\"offline\"}",
  "{\"by\":\"Infinity\"}",
  "{\"by\":\"-1 day\"}",
  "{\"by\":\"1e9 weeks\"}",
  "{\"version\":1,\"settings\":null}",
  "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=a.b.c",
  "registration_id=%zz&data.=1&data.__proto__=2"
] as const

const Body = either<Uint8Array>(
  Arbitrary.map(oneOf(...wrong), (text) => new TextEncoder().encode(text)),
  Arbitrary.map(Arbitrary.schema(Schema.Json), (value) => new TextEncoder().encode(JSON.stringify(value))),
  Arbitrary.map(
    Arbitrary.all([
      oneOf("message", "registration_ids", "recipient", "by", "effect", "messages"),
      Arbitrary.schema(Schema.Json)
    ]),
    ([name, value]) => new TextEncoder().encode(JSON.stringify({ [name]: value }))
  ),
  Arbitrary.map(
    Arbitrary.all([oneOf("[", "{\"a\":", "{\"message\":"), oneOf(50, 200, 100_000)]),
    ([open, depth]) => new TextEncoder().encode(open.repeat(depth))
  ),
  Arbitrary.map(
    Arbitrary.array(Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 })))),
    (bytes) => Uint8Array.from(bytes)
  )
)

const Header = oneOf(
  "x-nothing: 1",
  "content-encoding: gzip",
  "accept: text/html",
  "range: bytes=0-",
  "expect: something",
  "cookie: =;=;__proto__=1",
  "authorization: Bearer",
  "authorization: key=",
  "origin: null",
  "origin: http://other.example",
  "sec-fetch-site: cross-site",
  "x-long: " + "x".repeat(8000),
  "if-none-match: *",
  "te: trailers"
)

const Asked = Arbitrary.all({
  endpoint: Arbitrary.map(
    Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: endpoints.length - 1 }))),
    (i) => endpoints[i] ?? assert.fail("no such endpoint")
  ),
  segment: Segment,
  other: Segment,
  query: Query,
  body: Body,
  contentType: oneOf(
    json,
    json,
    json,
    form,
    "content-type: multipart/form-data",
    "content-type: application/json; charset=\"",
    "x: y"
  ),
  headers: Arbitrary.array(Header, { maxLength: 2 })
})

type Asked = typeof Asked extends Arbitrary.Arbitrary<infer A> ? A : never

const concat = (...parts: ReadonlyArray<string | Uint8Array>): Uint8Array =>
  Buffer.concat(parts.map((part) => Buffer.from(part)))

/** A request as it goes over the wire. */
const write = ({ body, contentType, endpoint, headers, other, query, segment }: Asked, method: string): Uint8Array => {
  const names = [segment, other, segment]
  const path = endpoint.path.replace(/(?<=\/):\w+/g, () => names.pop() ?? "")
  const head = [
    `${method} ${path}${query} HTTP/1.1`,
    "host: localhost",
    "connection: close",
    contentType,
    `content-length: ${body.length}`,
    ...endpoint.headers,
    ...headers
  ]
  return concat(`${head.join("\r\n")}\r\n\r\n`, body)
}

// a live feed never ends, and what is awaited may take its time: what they refuse, they refuse at once
const isEndless = (status: number | undefined, { endpoint }: Asked): boolean =>
  status === undefined && endpoint.path.includes("/messages/")

const runs = (n: number) => ({ timeout: 120_000, arbitrary: { runs: n, maxShrinks: 40 } })

const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY", "PROPFIND"] as const

describe("a running server", () => {
  layer(layerServer(), { excludeTestServices: true })((it) => {
    it.effect.prop(
      "answers whatever is asked of an endpoint with what it documents",
      { asked: Asked },
      ({ asked }) =>
        Effect.gen(function*() {
          const { url } = yield* EmulatorServer
          const { status, text } = yield* exchangeBytes(url, write(asked, asked.endpoint.method))
          if (isEndless(status, asked)) return
          assert.isTrue(status !== undefined && (isAllowed(asked.endpoint, status) || status === 417), text)
        }),
      runs(600)
    )

    it.effect.prop(
      "answers whatever method",
      { asked: Asked, method: oneOf(...methods) },
      ({ asked, method }) =>
        Effect.gen(function*() {
          const { url } = yield* EmulatorServer
          const { status, text } = yield* exchangeBytes(url, write(asked, method))
          if (isEndless(status, asked)) return
          assert.isTrue(status !== undefined && status < 500, text)
        }),
      runs(200)
    )

    it.effect.prop(
      "reads paths that are no endpoint",
      {
        path: Arbitrary.array(Segment, { maxLength: 5 }),
        query: Query,
        root: oneOf("", "/emulator", "/emulator/v1", "/v1")
      },
      ({ path, query, root }) =>
        Effect.gen(function*() {
          const { url } = yield* EmulatorServer
          const target = `${root}/${path.join("/")}${query}`
          const { status, text } = yield* exchangeBytes(
            url,
            concat(`GET ${target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`)
          )
          assert.isTrue(status !== undefined && [200, 400, 401, 404, 431].includes(status), text)
        }),
      runs(200)
    )

    it.effect.prop(
      "takes whatever fault, device and state there can be, and tells of them",
      { fault: Fault.Fault, device: Device.Registration, state: Project.State },
      ({ device, fault, state }) =>
        Effect.gen(function*() {
          const { url } = yield* EmulatorServer
          const post = (path: string, body: unknown) =>
            exchangeBytes(url, change(`/emulator/v1/projects/any/${path}`, JSON.stringify(body)))
          const answers = [
            yield* post("state", yield* encodeState(state)),
            yield* post("faults/add", fault),
            yield* post("devices/register", device)
          ]
          for (const { status, text } of answers) assert.include([200, 204], status, text)
          const { status, text } = yield* exchangeBytes(url, read("/emulator/v1/projects/any/state"))
          assert.strictEqual(status, 200, text)
          assert.strictEqual((yield* post("reset", {})).status, 204)
        }),
      runs(100)
    )

    it.effect("tells all that came of it", () =>
      Effect.gen(function*() {
        const { url } = yield* EmulatorServer
        const { text } = yield* exchangeBytes(url, read("/emulator/v1/projects"))
        const ids = yield* Schema.decodeUnknownEffect(Ids)(text.split("\r\n\r\n")[1])
        for (const id of ids.filter((id) => id !== "." && id !== ".." && id !== "-" && id.length <= 256)) {
          for (const what of ["messages", "devices", "topics", "faults", "settings", "requests", "state"]) {
            const answer = yield* exchangeBytes(url, read(`/emulator/v1/projects/${percentEncode(id)}/${what}`))
            assert.strictEqual(answer.status, 200, answer.text.slice(0, 1000))
          }
        }
      }), 60_000)

    it.effect.each(malformed)("refuses $name", ({ bytes, statuses }) =>
      Effect.gen(function*() {
        const { url } = yield* EmulatorServer
        const { status, text } = yield* exchangeBytes(url, bytes)
        assert.include(statuses, status, text)
        assert.strictEqual((yield* exchangeBytes(url, read("/emulator/v1/clock"))).status, 200, "the server lives on")
      }))
  })
})

// -----------------------------------------------------------------------------
// Malformed HTTP
// -----------------------------------------------------------------------------

const head = "host: localhost\r\nconnection: close\r\nauthorization: key=owner\r\n"

const gcm = (headers: string, body: string | Uint8Array = "") =>
  concat(`POST /fcm/send HTTP/1.1\r\n${head}content-type: application/json\r\n${headers}\r\n\r\n`, body)

const control = (target: string, headers: string, method = "GET", body = "") =>
  concat(`${method} ${target} HTTP/1.1\r\nconnection: close\r\n${headers}\r\n\r\n${body}`)

const read = (path: string) => concat(`GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`)

const change = (path: string, body: string | Uint8Array, length = Buffer.byteLength(body)) =>
  concat(
    `POST ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n` +
      `content-length: ${length}\r\n\r\n`,
    body
  )

const statePath = "/emulator/v1/projects/p/state"

const encodeState = Schema.encodeEffect(Schema.toCodecJson(Project.State))

const Ids = Schema.fromJsonString(Schema.Array(Schema.String))

const mebibytes = (n: number) => new Uint8Array(n * 1024 * 1024).fill(32)

const chunked = (body: Uint8Array) => concat(`${body.length.toString(16)}\r\n`, body, "\r\n0\r\n\r\n")

/** `undefined`: the connection ends without an answer. */
const malformed: ReadonlyArray<{
  readonly name: string
  readonly bytes: Uint8Array
  readonly statuses: ReadonlyArray<number | undefined>
}> = [
  { name: "a line that asks nothing", bytes: concat("GET\r\n\r\n"), statuses: [400] },
  {
    name: "a handshake of TLS that breaks off",
    bytes: Uint8Array.of(0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3),
    statuses: [undefined]
  },
  { name: "HTTP/2 without a word", bytes: concat("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), statuses: [undefined] },
  { name: "a version of HTTP that is none", bytes: concat(`GET / HTTP/9.9\r\n${head}\r\n`), statuses: [400] },
  { name: "a method that is none", bytes: concat(`FETCH / HTTP/1.1\r\n${head}\r\n`), statuses: [400] },
  { name: "a tunnel", bytes: concat(`CONNECT evil.example:443 HTTP/1.1\r\n${head}\r\n`), statuses: [undefined] },
  { name: "a header without a colon", bytes: gcm("nothing"), statuses: [400] },
  { name: "a header with a zero byte", bytes: gcm("x: \u0000"), statuses: [400] },
  { name: "a header without end", bytes: gcm(`x: ${"x".repeat(100_000)}`), statuses: [431] },
  { name: "a thousand headers", bytes: gcm("x: 1\r\n".repeat(10_000) + "y: 1"), statuses: [400, 431] },
  { name: "a path without end", bytes: concat(`GET /${"x".repeat(100_000)} HTTP/1.1\r\n${head}\r\n`), statuses: [431] },
  {
    name: "a path in bytes that are no text",
    bytes: concat("GET /", Uint8Array.of(0xff, 0xfe), ` HTTP/1.1\r\n${head}\r\n`),
    statuses: [400, 404]
  },
  { name: "a length that is negative", bytes: gcm("content-length: -1", "{}"), statuses: [400] },
  { name: "a length that is no number", bytes: gcm("content-length: two", "{}"), statuses: [400] },
  { name: "two lengths", bytes: gcm("content-length: 2\r\ncontent-length: 3", "{}"), statuses: [400] },
  {
    name: "a length beside chunks",
    bytes: gcm("content-length: 2\r\ntransfer-encoding: chunked", "0\r\n\r\n"),
    statuses: [400]
  },
  {
    name: "a chunk without a size",
    bytes: gcm("transfer-encoding: chunked", "zz\r\n{}\r\n0\r\n\r\n"),
    statuses: [400]
  },
  {
    name: "a chunk of any size",
    bytes: gcm("transfer-encoding: chunked", "FFFFFFFFFFFFFFFFFF\r\n{}"),
    statuses: [400]
  },
  { name: "chunks that stop", bytes: gcm("transfer-encoding: chunked", "5\r\n{}"), statuses: [400, undefined] },
  { name: "a body that stops", bytes: gcm("content-length: 100", "{}"), statuses: [400, undefined] },
  { name: "an encoding that it does not know", bytes: gcm("transfer-encoding: gzip", "{}"), statuses: [400] },
  { name: "a request without a Host", bytes: concat("GET /emulator/v1/clock HTTP/1.1\r\n\r\n"), statuses: [400] },
  { name: "HTTP/1.0 without a Host", bytes: concat("GET /emulator/v1/clock HTTP/1.0\r\n\r\n"), statuses: [421] },
  {
    name: "a body of a message that is too large",
    bytes: gcm(`content-length: ${9 << 20}`, mebibytes(9)),
    statuses: [413]
  },
  {
    name: "chunks that are too many",
    bytes: gcm("transfer-encoding: chunked", chunked(mebibytes(9))),
    statuses: [413]
  },
  { name: "a state that is too large", bytes: change(statePath, mebibytes(65)), statuses: [413] },
  {
    name: "a change that breaks off",
    bytes: change(statePath, "{\"version\":1", 100),
    statuses: [400, undefined]
  },
  {
    name: "a socket of another protocol",
    bytes: control("/emulator/v1/clock", "host: localhost\r\nconnection: upgrade\r\nupgrade: websocket"),
    statuses: [200, 400, 404]
  },
  {
    name: "the address of another host",
    bytes: control("http://evil.example/emulator/v1/clock", "host: localhost"),
    statuses: [421]
  },
  ...[
    "evil.example",
    "localhost.evil.example",
    "evil@localhost",
    "[::1",
    "localhost:x",
    "127.0.0.1.evil.example",
    "%6cocalhost",
    ""
  ].map((host) => ({
    name: `the Host "${host}"`,
    bytes: control("/emulator/v1/clock", `host: ${host}`),
    statuses: [421]
  }))
]
