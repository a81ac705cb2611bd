/** Every row of the tables in `docs/errors-and-retries.md` is what the library does, and no code is missing there. */
import {
  AccessToken,
  Fcm,
  Gcm,
  Message,
  Messaging,
  Recipient,
  type Report,
  RequestNotSent,
  RetryPolicy,
  type SendError
} from "@cloud-messaging/client"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Layer, Metric, Redacted, Result, Schedule, Stream, Tracer } from "effect"
import { HttpClient, HttpClientError, HttpClientResponse } from "effect/http"
import { TestClock } from "effect/testing"
import * as Fs from "node:fs"
import * as Path from "node:path"

// -----------------------------------------------------------------------------
// The document
// -----------------------------------------------------------------------------

const root = Path.resolve(import.meta.dirname, "../../..")

const document = Fs.readFileSync(Path.join(root, "docs/errors-and-retries.md"), "utf8")

const section = (heading: string): string => {
  const [, rest] = document.split(`\n${heading}\n`)
  return rest?.split(/\n#+ /)[0] ?? ""
}

interface Row {
  readonly key: string
  readonly code: string
  readonly status: string
  readonly becomes: string
  readonly disposition: string
  readonly retried: string
  readonly floor: string
  readonly slows: string
}

const rowsOf = (heading: string): ReadonlyArray<Row> =>
  section(heading).split("\n").filter((line) => line.startsWith("|")).slice(2).map((line) => {
    const [code = "", status = "", becomes = "", disposition = "", retried = "", floor = "", slows = ""] = line
      .split("|").slice(1, -1).map((cell) => cell.trim())
    return { key: `${code}: ${status}`, code, status, becomes, disposition, retried, floor, slows }
  })

const fcmRows = rowsOf("### FCM v1")
const gcmRows = rowsOf("### GCM")

/** The codes that the library knows: the keys of `fcm` or `gcm` in the file that decides. */
const knownCodes = (protocol: "fcm" | "gcm"): ReadonlyArray<string> => {
  const source = Fs.readFileSync(Path.join(root, "packages/client/src/internal/faults.ts"), "utf8")
  const [, table = ""] = new RegExp(`^export const ${protocol}: .*= \\{\n([^]*?)^\\}`, "m").exec(source) ?? []
  return Array.from(table.matchAll(/^ {2}(\w+): "/gm), ([, code = ""]) => code)
}

/** The code of a row that is about nothing but a code. */
const bare = (row: Row): string | undefined => /^`(\w+)`$/.exec(row.code)?.[1]

/** Statuses that a cell stands for. */
const statusesOf = (row: Row, rows: ReadonlyArray<Row>): ReadonlyArray<number> => {
  switch (row.status) {
    case "any":
      return [400, 404, 500]
    case "2xx":
      return [200, 201, 202]
    case "3xx":
      return [301, 302, 307]
    case "other 4xx": {
      const kind = row.code.slice(0, 7) // "no code", "another"
      const listed = new Set(rows.filter(({ code }) => code.startsWith(kind)).map(({ status }) => Number(status)))
      return [400, 401, 402, 403, 404, 405, 409, 418, 429, 451].filter((status) => !listed.has(status))
    }
    case "5xx":
      return [500, 502, 503, 504, 599]
    case "none":
      return [0]
    default:
      return [Number(row.status)]
  }
}

// -----------------------------------------------------------------------------
// The service's side
// -----------------------------------------------------------------------------

type Reply = Effect.Effect<Response, unknown>

interface Script {
  /** What is answered to the odd one; one run of the row for each. */
  readonly replies: (status: number) => ReadonlyArray<Reply>
  readonly odd?: Recipient.Input
  readonly options?: Messaging.SendOptions
  /** Instead of the second credential that is asked for. */
  readonly credential?: Effect.Effect<Redacted.Redacted, AccessToken.AccessTokenError>
}

const json = (body: unknown, status = 200): Reply => Effect.sync(() => Response.json(body, { status }))

const text = (body: string, status: number): Reply => Effect.sync(() => new Response(body, { status }))

const type = "@type"

const fcmError = (
  status: number,
  code: string,
  details: ReadonlyArray<{ readonly [field: string]: unknown }> = []
): Reply =>
  json({
    error: {
      code: status,
      message: "text",
      status: "STATUS",
      details: [...details, { [type]: "type.googleapis.com/google.firebase.fcm.v1.FcmError", errorCode: code }]
    }
  }, status)

const badRequest = (field: string) => ({
  [type]: "type.googleapis.com/google.rpc.BadRequest",
  fieldViolations: [{ field, description: "wrong" }]
})

const apnsGone = { [type]: "type.googleapis.com/google.firebase.fcm.v1.ApnsError", statusCode: 410, reason: "Gone" }

const quotaOf = (subject: string) => ({
  [type]: "type.googleapis.com/google.rpc.QuotaFailure",
  violations: [{ subject, description: "too much" }]
})

const noToken = (reason: AccessToken.AccessTokenError["reason"]) =>
  Effect.fail(new AccessToken.AccessTokenError({ reason }))

/** What both protocols have in common. */
const shared: { readonly [code: string]: Script } = {
  "no code": { replies: (status) => [text("<html>", status), json({}, status)] },
  "an answer that does not decode": { replies: (status) => [text("<html>", status), json({}, status)] },
  "the connection failed, nothing was written": {
    replies: () => [Effect.fail({ code: "ECONNREFUSED" }), Effect.fail(new RequestNotSent.RequestNotSent({}))]
  },
  "the answer was lost, or is late: at least once": {
    replies: () => [Effect.fail({ code: "ECONNRESET" }), Effect.never]
  },
  "the answer was lost, or is late: at most once": {
    replies: () => [Effect.fail({ code: "ECONNRESET" }), Effect.never],
    options: { delivery: "atMostOnce" }
  },
  "an empty recipient (`InvalidRecipient`): no request": { replies: () => [Effect.never], odd: "" }
}

const fcmScripts: { readonly [code: string]: Script } = {
  ...shared,
  "no code, after one new access token": { replies: (status) => [text("", status)] },
  "another code": { replies: (status) => [fcmError(status, "SOME_NEW_CODE")] },
  "`QUOTA_EXCEEDED`, of a device or a topic": {
    replies: (status) => [
      fcmError(status, "QUOTA_EXCEEDED", [quotaOf("device:1")]),
      fcmError(status, "QUOTA_EXCEEDED", [quotaOf("topic:1")])
    ]
  },
  "`QUOTA_EXCEEDED`, `UNAVAILABLE` or `INTERNAL`": {
    replies: (status) => ["QUOTA_EXCEEDED", "UNAVAILABLE", "INTERNAL"].map((code) => fcmError(status, code))
  },
  "`INVALID_ARGUMENT` that names the token": {
    replies: (status) => [fcmError(status, "INVALID_ARGUMENT", [badRequest("message.token")])]
  },
  "`INVALID_ARGUMENT` with Apple's 410": { replies: (status) => [fcmError(status, "INVALID_ARGUMENT", [apnsGone])] },
  "`INVALID_ARGUMENT` that names another field": {
    replies: (status) => [fcmError(status, "INVALID_ARGUMENT", [badRequest("message.data")])]
  },
  "`INVALID_ARGUMENT` that names nothing": { replies: (status) => [fcmError(status, "INVALID_ARGUMENT")] },
  "no access token, its endpoint out of reach": {
    replies: () => [Effect.never],
    credential: noToken(new AccessToken.Unreachable({ detail: "out of reach" }))
  },
  "no access token, for another reason": {
    replies: () => [Effect.never],
    credential: noToken(new AccessToken.InvalidGrant({ detail: "revoked" }))
  }
}

/** GCM: an answer to a request of two. */
const results = (odd: unknown): Reply => json({ multicast_id: 1, results: [{ message_id: "0:1" }, odd] })

const gcmScripts: { readonly [code: string]: Script } = {
  ...shared,
  "another code": { replies: () => [results({ error: "SomeNewCode" })] },
  "a result that is none, among others": { replies: () => [results({}), results(null), results("odd")] },
  "fewer results than recipients": { replies: (status) => [json({ multicast_id: 1, results: [] }, status)] },
  "no key, its store out of reach": {
    replies: () => [Effect.never],
    credential: noToken(new AccessToken.Unreachable({ detail: "out of reach" }))
  },
  "no key, for another reason": {
    replies: () => [Effect.never],
    credential: noToken(new AccessToken.NoCredentials({ detail: "none" }))
  },
  "no key that a header can hold": {
    replies: () => [Effect.never],
    credential: Effect.succeed(Redacted.make("two words"))
  },
  "an installation id (`InvalidRecipient`): no request": {
    replies: () => [Effect.never],
    odd: Recipient.fid("installation-1")
  }
}

/** The script of a row; undefined: there is none. */
const scriptOf = (protocol: "fcm" | "gcm", row: Row): Script | undefined => {
  const code = bare(row)
  if (code === undefined) return protocol === "fcm" ? fcmScripts[row.code] : gcmScripts[row.code]
  return {
    replies: (status) => [protocol === "fcm" ? fcmError(status, code) : results({ error: code })]
  }
}

// -----------------------------------------------------------------------------
// A row against behaviour
// -----------------------------------------------------------------------------

const message = Message.make({ data: { score: 42 } })

/** Shorter than the gate is ever closed. */
const requestTimeout = Duration.millis(500)

/** Whether a request is one to the odd recipient, and how many recipients it has. */
const readRequest = (protocol: "fcm" | "gcm", body: string): { readonly odd: boolean; readonly size: number } => {
  const parsed = JSON.parse(body)
  const ids: ReadonlyArray<string> = protocol === "fcm" ? [parsed.message.token] : parsed.registration_ids
  return { odd: ids.includes("odd"), size: ids.length }
}

const accepted = (protocol: "fcm" | "gcm", size: number): Reply =>
  protocol === "fcm"
    ? json({ name: "projects/my-project/messages/1" })
    : json({ multicast_id: 1, results: Array.from({ length: size }, () => ({ message_id: "0:1" })) })

/** A client that answers the odd one so, and accepts everybody else; counts requests to the odd one. */
const layerClient = (protocol: "fcm" | "gcm", reply: Reply, asked: { count: number }) =>
  Layer.succeed(
    HttpClient.HttpClient,
    HttpClient.make((request) => {
      const body = request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : ""
      const { odd, size } = readRequest(protocol, body)
      if (odd) asked.count++
      return (odd ? reply : accepted(protocol, size)).pipe(
        Effect.map((response) => HttpClientResponse.fromWeb(request, response)),
        Effect.mapError((cause) =>
          new HttpClientError.HttpClientError({ reason: new HttpClientError.TransportError({ request, cause }) })
        )
      )
    })
  )

/** Credentials, of which the second may be another. */
const credentials = (second: Script["credential"]) => {
  let asked = 0
  return Effect.suspend(() =>
    ++asked === 2 && second !== undefined ? second : Effect.succeed(Redacted.make(`credential-${asked}`))
  )
}

const layerFcm = (script: Script): Layer.Layer<Messaging.Messaging, never, HttpClient.HttpClient> =>
  Fcm.layer({ projectId: "my-project" }).pipe(
    Layer.provide(Layer.succeed(AccessToken.AccessToken, {
      get: credentials(script.credential),
      invalidate: () => Effect.void
    }))
  )

const layerGcm = (script: Script): Layer.Layer<Messaging.Messaging, never, HttpClient.HttpClient> =>
  Gcm.layer({ apiKey: credentials(script.credential) })

/** A policy that never tries again, and keeps what it is asked. */
const recording = (failures: Array<RetryPolicy.Failure>): RetryPolicy.RetryPolicy =>
  Schedule.recurs(1).pipe(
    Schedule.setInputType<RetryPolicy.Failure>(),
    Schedule.while(({ input }) => {
      failures.push(input)
      return false
    })
  )

/** What the row says, as the library does it. */
const observe = Effect.fnUntraced(function*(protocol: "fcm" | "gcm", row: Row, script: Script, reply: Reply) {
  // in GCM, whoever fails with a whole request has one of its own
  const others = protocol === "gcm" && row.status !== "200" ? 1000 : 1
  const odd = script.odd ?? "odd"
  const recipients = [...Array.from({ length: others }, (_, i) => `fine-${i}`), odd]
  const failures: Array<RetryPolicy.Failure> = []
  const asked = { count: 0 }
  const layer = protocol === "fcm" ? layerFcm(script) : layerGcm(script)
  const [sent, next] = yield* Effect.gen(function*() {
    const sending = yield* Effect.forkChild(
      Effect.result(Messaging.send(message, recipients, {
        retryPolicy: recording(failures),
        requestTimeout,
        ...script.options
      })),
      { startImmediately: true }
    )
    yield* TestClock.adjust(requestTimeout)
    const sent = yield* Fiber.join(sending)
    return [sent, yield* Effect.exit(Messaging.send(message, "next", { deadline: 0 }))] as const
  }).pipe(
    Effect.provide(layer.pipe(Layer.provide(layerClient(protocol, reply, asked))))
  )
  return {
    ...told(sent, others, Recipient.make(odd)),
    asked: asked.count,
    failures,
    gate: next._tag === "Success" ? "open" : "closed"
  }
})

/** What the send told of the odd one, when everybody else was accepted. */
const told = (
  sent: Result.Result<Report.Report, SendError.SendError>,
  others: number,
  odd: Recipient.Recipient
) => {
  if (Result.isSuccess(sent)) {
    assert.strictEqual(sent.success.counts.Success, others)
    const outcome = sent.success.outcomes.at(-1)
    return {
      becomes: `\`${outcome?._tag}\``,
      disposition: `\`${outcome?.disposition}\``,
      code: outcome !== undefined && "code" in outcome ? outcome.code : undefined
    }
  }
  const { _tag, reason, report, unsettled } = sent.failure
  assert.strictEqual(report.counts.Success, others)
  assert.strictEqual(report.size, others)
  assert.deepStrictEqual(unsettled.map(Recipient.value), [Recipient.value(odd)])
  return { becomes: `\`${_tag}\` (\`${reason._tag}\`)`, disposition: "–", code: undefined }
}

const floorOf = (cell: string): Duration.Duration =>
  cell === "none" ? Duration.zero : Duration.fromInputUnsafe(`${Number.parseInt(cell)} seconds`)

const slowsOf = (gate: string, retried: boolean) => gate === "closed" ? /^every send$/ : retried ? /^its / : /^nobody$/

/** How often the odd one is asked for. */
const requestsOf = ({ code }: Row): number =>
  /no request|no access token|no key/.test(code) ? 0 : code.includes("one new access token") ? 2 : 1

const check = Effect.fnUntraced(function*(protocol: "fcm" | "gcm", row: Row, rows: ReadonlyArray<Row>) {
  const script = scriptOf(protocol, row)
  if (script === undefined) return assert.fail(`no script for ${row.key}`)
  for (const status of statusesOf(row, rows)) {
    for (const reply of script.replies(status)) {
      const seen = yield* observe(protocol, row, script, reply)
      const retried = seen.failures.length > 0
      assert.deepStrictEqual(
        { becomes: seen.becomes, disposition: seen.disposition, retried: retried ? "yes" : "no", asked: seen.asked },
        { becomes: row.becomes, disposition: row.disposition, retried: row.retried, asked: requestsOf(row) },
        `${row.key} (${status})`
      )
      assert.match(row.slows, slowsOf(seen.gate, retried))
      if (retried) assert.deepStrictEqual(seen.failures.map(({ floor }) => floor), [floorOf(row.floor)])
      else assert.strictEqual(row.floor, "–")
      const code = bare(row) ?? /\(`(InvalidRecipient)`\)/.exec(row.code)?.[1]
      if (code !== undefined && seen.code !== undefined) assert.strictEqual(seen.code, code)
      if (row.code === "no code" && seen.code !== undefined) assert.include(section("## Fault of whom?"), seen.code)
    }
  }
})

describe("the table of FCM v1", () => {
  it.effect.each(fcmRows)("$key", (row) => check("fcm", row, fcmRows))
})

describe("the table of GCM", () => {
  it.effect.each(gcmRows)("$key", (row) => check("gcm", row, gcmRows))
})

describe("the tables", () => {
  it("have every code of the library, and none besides", () => {
    const bareCodes = (rows: ReadonlyArray<Row>) => Array.from(new Set(rows.flatMap((row) => bare(row) ?? [])))
    assert.isAbove(knownCodes("fcm").length, 5)
    assert.isAbove(knownCodes("gcm").length, 10)
    assert.sameMembers(bareCodes(fcmRows), [...knownCodes("fcm")])
    assert.sameMembers(bareCodes(gcmRows), [...knownCodes("gcm")])
  })

  it("have every row that has a script", () => {
    assert.includeMembers(fcmRows.map(({ code }) => code), Object.keys(fcmScripts))
    assert.includeMembers(gcmRows.map(({ code }) => code), Object.keys(gcmScripts))
  })
})

// -----------------------------------------------------------------------------
// What else the document says in numbers and names
// -----------------------------------------------------------------------------

/** Seconds at which one recipient is asked for, while it is always answered so. */
const attemptsVia = Effect.fnUntraced(function*(reply: Reply, options: Messaging.SendOptions = {}) {
  const times: Array<number> = []
  const timed = Effect.andThen(
    Effect.clockWith((clock) => Effect.map(clock.currentTimeMillis, (now) => times.push(now / 1000))),
    reply
  )
  const sending = yield* Messaging.send(message, "odd", options).pipe(
    Effect.exit,
    Effect.provide(layerFcm({ replies: () => [] }).pipe(Layer.provide(layerClient("fcm", timed, { count: 0 })))),
    Effect.forkChild({ startImmediately: true })
  )
  yield* TestClock.adjust("2 hours")
  yield* Fiber.join(sending)
  return times
})

describe("what the document says", () => {
  it.effect("a default send retries FCM's 5xx twice, and a 429 without Retry-After never", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* attemptsVia(fcmError(503, "UNAVAILABLE"))).length, 3)
      assert.strictEqual((yield* attemptsVia(fcmError(429, "QUOTA_EXCEEDED"))).length, 1)
    }))

  it.effect("the standard policy: five retries, the floor and a random part of 1, 2, 4, 8, 16 seconds", () =>
    Effect.gen(function*() {
      const times = yield* attemptsVia(fcmError(503, "UNAVAILABLE"), {
        deadline: "1 hour",
        retryPolicy: RetryPolicy.standard
      })
      assert.strictEqual(times.length, 6)
      times.slice(1).forEach((time, i) => {
        const waited = time - (times[i] ?? 0)
        assert.isAtLeast(waited, 10)
        assert.isAtMost(waited, 10 + 2 ** i)
      })
    }))

  it.effect("spans and metrics have these names and attributes", () =>
    Effect.gen(function*() {
      const spans: Array<Tracer.NativeSpan> = []
      const tracer = Tracer.make({
        span(options) {
          const span = new Tracer.NativeSpan(options)
          spans.push(span)
          return span
        }
      })
      const layer = layerFcm({ replies: () => [] }).pipe(
        Layer.provide(layerClient("fcm", fcmError(503, "UNAVAILABLE"), { count: 0 }))
      )
      const sending = yield* Effect.gen(function*() {
        yield* Effect.exit(Messaging.send(message, ["fine", "odd"], { requestSpans: true }))
        yield* Stream.runDrain(Messaging.sendStream(message, Stream.make("fine")))
        yield* Stream.runDrain(Messaging.sendEach(Stream.make({ message, recipient: "fine" })))
      }).pipe(Effect.provide(layer), Effect.withTracer(tracer), Effect.forkChild({ startImmediately: true }))
      yield* TestClock.adjust("1 hour")
      yield* Fiber.join(sending)

      const told = section("## Spans and metrics")
      const quoted = (pattern: RegExp) => Array.from(new Set(Array.from(told.matchAll(pattern), ([, name]) => name)))
      const names = new Set(spans.map(({ name }) => name).filter((name) => name.startsWith("Messaging.")))
      const attributes = new Set(spans.flatMap((span) => Array.from(span.attributes.keys())))
      const metrics = (yield* Metric.snapshot).filter(({ id }) => id.startsWith("cloud_messaging"))
      assert.sameMembers(quoted(/`(Messaging\.\w+)`/g), Array.from(names))
      assert.sameMembers(
        quoted(/`(messaging\.[\w.]+)`/g),
        Array.from(attributes).filter((name) => name.startsWith("messaging."))
      )
      assert.sameMembers(quoted(/`(cloud_messaging_\w+)`/g), Array.from(new Set(metrics.map(({ id }) => id))))
      for (const { attributes = {}, id } of metrics) {
        const line = told.split("\n").find((line) => line.includes(`\`${id}\``))
        for (const name of Object.keys(attributes)) {
          if (name !== "time_unit") assert.include(line, `\`${name}\``)
        }
      }
    }))
})
