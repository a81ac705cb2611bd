/** Every row of the tables in `docs/errors-and-retries.md` is what the library does, and no code is missing there. */
import {
  AccessToken,
  Audience,
  Fcm,
  Gcm,
  Message,
  Messaging,
  Recipient,
  Report,
  RequestNotSent,
  RetryPolicy,
  type SendError,
  Topics
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
const topicsRows = rowsOf("### Topics")

/** What is asked: a send through one of the protocols, or a change of subscriptions. */
type Way = "fcm" | "gcm" | "topics"

/** The codes that the library knows: the keys of a table in the file that decides. */
const knownCodes = (table: "fcm" | "gcm" | "instanceId"): ReadonlyArray<string> => {
  const source = Fs.readFileSync(Path.join(root, "packages/client/src/internal/faults.ts"), "utf8")
  const [, rows = ""] = new RegExp(`^export const ${table}: .*= \\{\n([^]*?)^\\}`, "m").exec(source) ?? []
  return Array.from(rows.matchAll(/^ {2}(\w+): "/gm), ([, code = ""]) => code)
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
  /** What is answered to a topic, where that is not what is answered to a recipient; empty: it cannot happen. */
  readonly toTopic?: ReadonlyArray<Reply>
  readonly options?: Messaging.SendOptions
  readonly message?: Message.Message
  /** Nobody else is sent to before. */
  readonly alone?: boolean
  /** Instead of the second credential that is asked for. */
  readonly credential?: Effect.Effect<Redacted.Redacted, AccessToken.AccessTokenError>
}

const json = (body: unknown, status = 200): Reply => Effect.sync(() => Response.json(body, { status }))

const text = (body: string, status: number): Reply => Effect.sync(() => new Response(body, { status }))

const type = "@type"

const fcmError = (
  status: number,
  code: string,
  details: ReadonlyArray<{ readonly [field: string]: unknown }> = [],
  message = "text"
): Reply =>
  json({
    error: {
      code: status,
      message,
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
    replies: () => [
      Effect.fail({ code: "ECONNREFUSED" }),
      Effect.fail({ code: "ETIMEDOUT", syscall: "connect" }),
      Effect.fail({ code: "CERT_HAS_EXPIRED" }),
      Effect.fail(new RequestNotSent.RequestNotSent({}))
    ]
  },
  "the client is closed, nothing was written": {
    replies: () => [
      Effect.fail({ code: "UND_ERR_CLOSED" }),
      Effect.fail(new RequestNotSent.RequestNotSent({ retryable: false }))
    ]
  },
  "the answer was lost, or is late: at least once": {
    replies: () => [Effect.fail({ code: "ECONNRESET" }), Effect.never]
  },
  "the answer was lost, or is late: at most once": {
    replies: () => [Effect.fail({ code: "ECONNRESET" }), Effect.never],
    options: { delivery: "atMostOnce" }
  },
  "an empty recipient (`InvalidRecipient`): no request": {
    replies: () => [Effect.never],
    toTopic: [],
    odd: ""
  }
}

const invalidToken = (status: number) => [fcmError(status, "INVALID_ARGUMENT", [badRequest("message.token")])]

const projects =
  "Quota exceeded for quota metric 'Topic messages' of service 'fcm.googleapis.com' for consumer 'project_number:1'."

/** A 429 without a code, and without details. */
const quotaText = (message: string): Reply => json({ error: { code: 429, message, status: "RESOURCE_EXHAUSTED" } }, 429)

const fcmScripts: { readonly [code: string]: Script } = {
  ...shared,
  "no code": {
    replies: (status) => [
      text("<html>", status),
      json({}, status),
      json({ error: { code: status, message: "text", status: "FAILED_PRECONDITION" } }, status),
      ...status === 429 ? [quotaText(projects)] : []
    ]
  },
  "no code, before anything was accepted": {
    replies: (status) => [text("<html>", status), json({}, status)],
    alone: true
  },
  "no code, after an acceptance": { replies: (status) => [text("<html>", status), json({}, status)] },
  "no code, of a device or a topic": {
    replies: () => [quotaText("Topic quota exceeded."), quotaText("Message rate exceeded for the device.")]
  },
  "no code, after one new access token": { replies: (status) => [text("", status)] },
  "another code": { replies: (status) => [fcmError(status, "SOME_NEW_CODE")] },
  "`QUOTA_EXCEEDED`, of a device or a topic": {
    replies: (status) => [
      fcmError(status, "QUOTA_EXCEEDED", [quotaOf("device:1")]),
      fcmError(status, "QUOTA_EXCEEDED", [quotaOf("topic:1")]),
      fcmError(status, "QUOTA_EXCEEDED", [], "Topic quota exceeded.")
    ]
  },
  "`QUOTA_EXCEEDED`, `UNAVAILABLE` or `INTERNAL`": {
    replies: (status) => ["QUOTA_EXCEEDED", "UNAVAILABLE", "INTERNAL"].map((code) => fcmError(status, code))
  },
  "`INVALID_ARGUMENT` that names the token": {
    replies: invalidToken
  },
  "`INVALID_ARGUMENT` that names the token, of a message that is wrong for Apple": {
    replies: invalidToken,
    message: Message.make({ data: { score: 42 }, apns: { headers: { "apns-priority": "10" } } }),
    toTopic: []
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
  "no code, of a device or a topic": { replies: () => [text("TopicsMessageRateExceeded", 429)] },
  "another code": {
    replies: () => [results({ error: "SomeNewCode" })],
    toTopic: [json({ error: "SomeNewCode" })]
  },
  "a result that is none, among others": {
    replies: () => [results({}), results(null), results("odd")],
    toTopic: []
  },
  "fewer results than recipients": {
    replies: (status) => [json({ multicast_id: 1, results: [] }, status)],
    toTopic: []
  },
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
    toTopic: [],
    odd: Recipient.fid("installation-1")
  }
}

/** Topics: an answer to a batch of two. */
const batch = (odd: unknown): Reply => json({ results: [{}, odd] })

/** Topics: an error of FCM v1. */
const topicError = (code: number, status: string, field: string, description: string): Reply =>
  json({
    error: {
      code,
      message: "text",
      status,
      details: [{ [type]: "type.googleapis.com/google.rpc.BadRequest", fieldViolations: [{ field, description }] }]
    }
  }, code)

const topicsScripts: { readonly [code: string]: Script } = {
  "FCM v1: no such registration": {
    replies: (status) => [json({ error: { code: status, message: "text", status: "NOT_FOUND" } }, status)],
    odd: Recipient.fid("odd")
  },
  "FCM v1: subscribed already": {
    replies: (status) => [json({ error: { code: status, message: "text", status: "ALREADY_EXISTS" } }, status)],
    odd: Recipient.fid("odd")
  },
  "FCM v1: no registration token": {
    replies: (status) => [topicError(status, "INVALID_ARGUMENT", "name", "Invalid registration token")],
    odd: Recipient.fid("odd")
  },
  "FCM v1: another error, of no topic": {
    replies: (status) => [
      topicError(status, "INVALID_ARGUMENT", "name", "wrong"),
      topicError(status, "FAILED_PRECONDITION", "name", "too many")
    ],
    odd: Recipient.fid("odd")
  },
  "FCM v1: an error that names `topic`": {
    replies: (status) => [topicError(status, "INVALID_ARGUMENT", "topic_name", "wrong")],
    odd: Recipient.fid("odd")
  },
  "FCM v1: a quota, whatever it names": {
    replies: (status) => [fcmError(status, "QUOTA_EXCEEDED", [quotaOf("topic:1")]), fcmError(status, "QUOTA_EXCEEDED")],
    odd: Recipient.fid("odd")
  },
  "another code": { replies: () => [batch({ error: "SOME_NEW_CODE" })] },
  "a result that is none, among others": { replies: () => [batch(null), batch("odd"), batch({ error: 1 })] },
  "no code": { replies: (status) => [text("<html>", status), json({}, status)] },
  "no code, after one new access token": { replies: (status) => [text("", status)] },
  "an answer that does not decode": { replies: (status) => [text("<html>", status), json({}, status)] },
  "fewer results than recipients": { replies: (status) => [json({ results: [] }, status)] }
}

const scripts = { fcm: fcmScripts, gcm: gcmScripts, topics: topicsScripts }

/** The script of a row; undefined: there is none. */
const scriptOf = (way: Way, row: Row): Script | undefined => {
  const code = bare(row)
  if (code === undefined) return scripts[way][row.code]
  switch (way) {
    case "fcm":
      return { replies: (status) => [fcmError(status, code)] }
    case "gcm":
      return { replies: () => [results({ error: code })], toTopic: [json({ error: code })] }
    case "topics":
      return { replies: () => [batch({ error: code })] }
  }
}

// -----------------------------------------------------------------------------
// A row against behaviour
// -----------------------------------------------------------------------------

const ordinary = Message.make({ data: { score: 42 } })

/** Shorter than the gate is ever closed. */
const requestTimeout = Duration.millis(500)

/** Whether a request is one to the odd recipient, or to a topic, and how to accept it. */
const readRequest = (url: string, body: string): { readonly odd: boolean; readonly accepted: Reply } => {
  const { message, registration_ids, registration_tokens, to } = JSON.parse(body === "" ? "{}" : body)
  const ids: ReadonlyArray<string> = registration_ids ?? registration_tokens ?? [message?.token]
  const isTopic = to === "/topics/odd" && registration_tokens === undefined || message?.topic === "odd"
  return {
    odd: isTopic || ids.includes("odd") || url.includes("/registrations/odd/"),
    accepted: registration_ids !== undefined
      ? json({ multicast_id: 1, results: ids.map(() => ({ message_id: "0:1" })) })
      : registration_tokens !== undefined
      ? json({ results: ids.map(() => ({})) })
      : json({ name: "projects/my-project/messages/1", message_id: 1 })
  }
}

/** A client that answers the odd one so, and accepts everybody else; counts requests to the odd one. */
const layerClient = (reply: Reply, asked: { count: number }) =>
  Layer.succeed(
    HttpClient.HttpClient,
    HttpClient.make((request) => {
      const body = request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : ""
      const { accepted, odd } = readRequest(request.url, body)
      if (odd) asked.count++
      return (odd ? reply : accepted).pipe(
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

const layerFcm = (script: Script) =>
  Fcm.layer({ projectId: "my-project" }).pipe(
    Layer.provide(Layer.succeed(AccessToken.AccessToken, {
      get: credentials(script.credential),
      invalidate: () => Effect.void
    }))
  )

const layerGcm = (script: Script) => Gcm.layer({ apiKey: credentials(script.credential) })

/** An outcome, whatever it is one of. */
interface Told {
  readonly _tag: string
  readonly disposition: string
  readonly code?: string
}

interface Asker {
  /** What is asked for all of them. */
  readonly ask: (
    recipients: ReadonlyArray<Recipient.Input>,
    options: Messaging.SendOptions
  ) => Effect.Effect<ReadonlyArray<Told>, SendError.SendError>
  /** What is asked for a topic. */
  readonly publish: (options: Messaging.SendOptions) => Effect.Effect<unknown, SendError.SendError>
}

const sender = ({ message = ordinary }: Script) =>
  Effect.map(Messaging.Messaging, (messaging): Asker => ({
    ask: (recipients, options) => Effect.map(messaging.send(message, recipients, options), ({ outcomes }) => outcomes),
    publish: (options) => messaging.publish(message, Audience.topic("odd"), options)
  }))

const subscriber = Effect.map(Topics.Topics, (topics): Asker => ({
  // installation ids go through FCM v1 all the same
  ask: (recipients, options) => topics.subscribe("news", recipients, { ...options, topicApi: "instanceId" }),
  publish: () => Effect.die("topics take no messages")
}))

/** Runs with what is asked in that way, while the odd one is answered so. */
const withAsker = <A>(
  way: Way,
  script: Script,
  client: Layer.Layer<HttpClient.HttpClient>,
  use: (asker: Asker) => Effect.Effect<A>
): Effect.Effect<A> => {
  switch (way) {
    case "fcm":
      return Effect.flatMap(sender(script), use).pipe(Effect.provide(layerFcm(script).pipe(Layer.provide(client))))
    case "gcm":
      return Effect.flatMap(sender(script), use).pipe(Effect.provide(layerGcm(script).pipe(Layer.provide(client))))
    case "topics":
      return Effect.flatMap(subscriber, use).pipe(Effect.provide(layerFcm(script).pipe(Layer.provide(client))))
  }
}

/** The result of what takes no longer than one request. */
const settled = Effect.fnUntraced(function*<A, E>(effect: Effect.Effect<A, E>) {
  const fiber = yield* Effect.forkChild(Effect.result(effect), { startImmediately: true })
  yield* TestClock.adjust(requestTimeout)
  return yield* Fiber.join(fiber)
})

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
const observe = Effect.fnUntraced(function*(way: Way, row: Row, script: Script, reply: Reply) {
  const odd = Recipient.make(script.odd ?? "odd")
  // whoever fails with a whole request of many has one of its own
  const many = way !== "fcm" && row.status !== "200" && odd.kind === "token"
  const others = script.alone === true ? 0 : many ? 1000 : 1
  const other = way === "topics" && odd.kind === "fid" ? Recipient.fid : Recipient.token
  const recipients = [...Array.from({ length: others }, (_, i) => other(`fine-${i}`)), odd]
  const failures: Array<RetryPolicy.Failure> = []
  const asked = { count: 0 }
  const [sent, next] = yield* withAsker(way, script, layerClient(reply, asked), ({ ask }) =>
    Effect.all([
      settled(ask(recipients, { retryPolicy: recording(failures), requestTimeout, ...script.options })),
      Effect.exit(ask(["next"], { deadline: 0 }))
    ]))
  return {
    ...told(sent, recipients, way),
    asked: asked.count,
    failures,
    gate: next._tag === "Success" ? "open" : "closed"
  }
})

/** What was told of the odd one, the last, when everybody else was accepted. */
const told = (
  sent: Result.Result<ReadonlyArray<Told>, SendError.SendError>,
  recipients: ReadonlyArray<Recipient.Recipient>,
  way: Way
) => {
  const accepted = way === "topics" ? "Changed" : "Success"
  if (Result.isSuccess(sent)) {
    assert.strictEqual(sent.success.length, recipients.length)
    assert.isTrue(sent.success.slice(0, -1).every(({ _tag }) => _tag === accepted))
    const outcome = sent.success.at(-1)
    return {
      becomes: `\`${outcome?._tag}\``,
      disposition: `\`${outcome?.disposition}\``,
      code: outcome?.code
    }
  }
  const { _tag, reason, report, unsettled } = sent.failure
  const others = way === "topics" ? 0 : recipients.length - 1
  assert.strictEqual(report.counts.Success, others)
  assert.strictEqual(report.size, others)
  assert.deepStrictEqual(unsettled.map(Recipient.value), recipients.slice(others).map(Recipient.value))
  return { becomes: `\`${_tag}\` (\`${reason._tag}\`)`, disposition: "–", code: undefined }
}

const floorOf = (cell: string): Duration.Duration =>
  cell === "none" ? Duration.zero : Duration.fromInputUnsafe(`${Number.parseInt(cell)} seconds`)

const slowsOf = (gate: string, retried: boolean) =>
  gate === "closed" ? /^every (send|change)$/ : retried ? /^its / : /^nobody$/

/** How often the odd one is asked for. */
const requestsOf = ({ code }: Row): number =>
  /no request|no access token|no key/.test(code) ? 0 : code.includes("one new access token") ? 2 : 1

const check = Effect.fnUntraced(function*(way: Way, row: Row, rows: ReadonlyArray<Row>) {
  const script = scriptOf(way, row)
  if (script === undefined) return assert.fail(`no script for ${row.key}`)
  for (const status of statusesOf(row, rows)) {
    for (const reply of script.replies(status)) {
      const seen = yield* observe(way, row, script, reply)
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
      if (row.code.startsWith("no code") && seen.code !== undefined) {
        assert.include(section("## Fault of whom?"), seen.code)
      }
    }
  }
})

describe("the table of FCM v1", () => {
  it.effect.each(fcmRows)("$key", (row) => check("fcm", row, fcmRows))
})

describe("the table of GCM", () => {
  it.effect.each(gcmRows)("$key", (row) => check("gcm", row, gcmRows))
})

describe("the table of topics", () => {
  it.effect.each(topicsRows)("$key", (row) => check("topics", row, topicsRows))
})

describe("the table of publish", () => {
  /** The row that a row of a send falls under. */
  const keyOf = ({ becomes, code, disposition }: Row): string => {
    if (disposition === "–") return "none: an error: –"
    if (becomes === "`Unknown`") {
      return `\`Unknown\`: ${code.includes("lost") ? "the answer was lost" : "it was no answer"}: any`
    }
    if (becomes === "`Failed`" && code === "no code") return "`Failed`: an unexpected status: `keep`"
    if (becomes === "`Failed`" && disposition !== "`retryLater`") return "`Failed`: any other"
    return `${becomes}: ${disposition}`
  }
  const rows = new Map(
    rowsOf("### Publish").map(({ becomes, disposition, key }) => [key, { becomes, ambiguous: disposition }])
  )
  const sends = ([["fcm", fcmRows], ["gcm", gcmRows]] as const).flatMap(([way, all]) =>
    all.filter((row) => scriptOf(way, row)?.toTopic?.length !== 0).map((row) => ({
      way,
      row,
      all,
      key: `${way}: ${row.key}`
    }))
  )

  it.effect.each(sends)("$key", ({ all, row, way }) =>
    Effect.gen(function*() {
      const script = scriptOf(way, row)
      const expected = rows.get(keyOf(row))
      if (script === undefined || expected === undefined) return assert.fail(`no script or no row for ${row.key}`)
      for (const status of statusesOf(row, all)) {
        for (const reply of script.toTopic ?? script.replies(status)) {
          const failures: Array<RetryPolicy.Failure> = []
          // the second credential is that of the odd one
          const published = yield* withAsker(way, script, layerClient(reply, { count: 0 }), ({ ask, publish }) =>
            Effect.andThen(
              script.alone === true ? Effect.void : Effect.exit(ask(["fine"], {})),
              settled(publish({ retryPolicy: recording(failures), requestTimeout, ...script.options }))
            ))
          if (Result.isSuccess(published)) {
            return assert.fail("it was published")
          }
          const { failure } = published
          const tag = `\`${failure._tag}\``
          const reason = `${tag} (\`${failure.reason._tag}\`)`
          const wanted = expected.becomes === "the same error" ? row.becomes : expected.becomes
          assert.strictEqual(wanted.includes("(") ? reason : tag, wanted, `${row.key} (${status})`)
          assert.deepStrictEqual([failure.report.size, failure.unsettled], [0, []])
          assert.strictEqual(
            failure._tag === "TransportError" ? failure.ambiguous ? "yes" : "no" : "–",
            expected.ambiguous
          )
          assert.strictEqual(failures.length > 0 ? "yes" : "no", row.retried)
          if (failure.reason._tag === "RejectedRequest" && bare(row) !== undefined) {
            assert.strictEqual(failure.reason.code, row.becomes === "`NotRegistered`" ? "NotRegistered" : bare(row))
          }
        }
      }
    }))

  it("has no row that no send falls under", () => {
    assert.sameMembers(Array.from(rows.keys()), Array.from(new Set(sends.map(({ row }) => keyOf(row)))))
  })
})

describe("the tables", () => {
  it("have every code of the library, and none besides", () => {
    const bareCodes = (rows: ReadonlyArray<Row>) => Array.from(new Set(rows.flatMap((row) => bare(row) ?? [])))
    assert.isAbove(knownCodes("fcm").length, 5)
    assert.isAbove(knownCodes("gcm").length, 10)
    assert.sameMembers(bareCodes(fcmRows), [...knownCodes("fcm")])
    assert.sameMembers(bareCodes(gcmRows), [...knownCodes("gcm")])
    assert.sameMembers(bareCodes(topicsRows), [...knownCodes("instanceId")])
  })

  it("have every row that has a script", () => {
    assert.includeMembers(fcmRows.map(({ code }) => code), Object.keys(fcmScripts))
    assert.includeMembers(gcmRows.map(({ code }) => code), Object.keys(gcmScripts))
    assert.includeMembers(topicsRows.map(({ code }) => code), Object.keys(topicsScripts))
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
  const sending = yield* Messaging.send(ordinary, "odd", options).pipe(
    Effect.exit,
    Effect.provide(layerFcm({ replies: () => [] }).pipe(Layer.provide(layerClient(timed, { count: 0 })))),
    Effect.forkChild({ startImmediately: true })
  )
  yield* TestClock.adjust("2 hours")
  yield* Fiber.join(sending)
  return times
})

describe("what the document says", () => {
  it.effect("of ten 404 in a row after an acceptance, the tenth ends the send", () =>
    Effect.gen(function*() {
      const client = layerClient(text("<html>", 404), { count: 0 })
      const sent = (accepted: ReadonlyArray<string>) =>
        Effect.gen(function*() {
          const messaging = yield* Messaging.Messaging
          const send = (recipient: string) => Effect.result(messaging.send(ordinary, recipient))
          const odd = Effect.replicateEffect(send("odd"), 9)
          yield* Effect.forEach(accepted, send)
          const nine = yield* odd
          return [...nine, yield* send("odd")].map((result) =>
            Result.isSuccess(result) ? "Failed" : result.failure.reason._tag
          )
        }).pipe(Effect.provide(layerFcm({ replies: () => [] }).pipe(Layer.provide(client))))
      const failed = Array.from({ length: 9 }, () => "Failed")
      assert.deepStrictEqual(yield* sent(["fine"]), [...failed, "ProjectNotFound"])
      assert.deepStrictEqual(yield* sent([]), Array.from({ length: 10 }, () => "ProjectNotFound"))
    }))

  it("why Google refused: the codes of which the errors give advice", () => {
    const source = Fs.readFileSync(Path.join(root, "packages/client/src/internal/refusal.ts"), "utf8")
    const known = Array.from(source.matchAll(/^ {2,4}\[?\s*"([A-Z_]+)",/gm), ([, code = ""]) => code)
    const told = section("### Why Google refused").split("\n").slice(3).map((line) => line.split("|")[1] ?? "")
    assert.sameMembers(Array.from(told.join().matchAll(/`([A-Z_]+)`/g), ([, code = ""]) => code), known)
  })

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
      const layer = (reply: Reply) =>
        layerFcm({ replies: () => [] }).pipe(Layer.provide(layerClient(reply, { count: 0 })))
      const once = { retryPolicy: RetryPolicy.none }
      const sending = yield* Effect.gen(function*() {
        yield* Effect.exit(Messaging.send(ordinary, ["fine", "odd"], { requestSpans: true }))
        yield* Stream.runDrain(Messaging.sendStream(ordinary, Stream.make("fine")))
        yield* Stream.runDrain(Messaging.sendEach(Stream.make({ message: ordinary, recipient: "fine" })))
        yield* Effect.exit(Messaging.publish(ordinary, Audience.topic("odd"), once))
        yield* Effect.exit(Topics.subscribe("news", "odd", once))
        yield* Effect.exit(Topics.unsubscribe("news", "odd", once))
        yield* Effect.exit(Topics.list("odd", once))
        const lost = Messaging.send(ordinary, "odd", { requestSpans: true, ...once })
        yield* Effect.exit(Effect.provide(lost, layer(Effect.fail({ code: "ECONNRESET" }))))
      }).pipe(
        Effect.provide(layer(fcmError(503, "UNAVAILABLE"))),
        Effect.withTracer(tracer),
        Effect.forkChild({ startImmediately: true })
      )
      yield* TestClock.adjust("1 hour")
      yield* Fiber.join(sending)

      const told = section("## Spans and metrics")
      const quoted = (pattern: RegExp) => Array.from(new Set(Array.from(told.matchAll(pattern), ([, name]) => name)))
      const names = new Set(spans.map(({ name }) => name).filter((name) => /^(Messaging|Topics)\./.test(name)))
      // of outcomes, a span has those that there are
      const outcomes = Object.keys(Report.empty.counts).map((tag) => `messaging.outcome.${tag}`)
      const attributes = new Set([...spans.flatMap((span) => Array.from(span.attributes.keys())), ...outcomes])
      const metrics = (yield* Metric.snapshot).filter(({ id }) => id.startsWith("cloud_messaging"))
      assert.sameMembers(quoted(/`((?:Messaging|Topics)\.\w+)`/g), Array.from(names))
      assert.sameMembers(
        quoted(/`((?:messaging|http|error)\.[\w.]+)`/g),
        Array.from(attributes).filter((name) => /^(messaging|http|error)\./.test(name))
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
