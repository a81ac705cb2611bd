/** Law 9: no secret leaks. It walks everything that the library hands out, through everything that prints. */
import {
  AccessToken,
  Fcm,
  Gcm,
  Message,
  Messaging,
  Recipient,
  RetryPolicy,
  ServiceAccount,
  Topics
} from "@cloud-messaging/client"
import { Emulator } from "@cloud-messaging/emulator"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Console, Effect, Exit, Layer, Logger, Option, Redacted, References, Tracer } from "effect"
import { inspect } from "node:util"
import * as Http from "./utils/http.ts"

const secrets = {
  token: "registration-token-SECRET-0123456789abcdef",
  fid: "installation-id-SECRET",
  canonical: "canonical-id-SECRET-0123456789abcdef",
  apiKey: "api-key-SECRET-0123456789",
  accessToken: "ya29.access-token-SECRET",
  privateKey: "-----BEGIN PRIVATE KEY-----\nPRIVATE-KEY-SECRET\n-----END PRIVATE KEY-----"
}

/** Words that a message says, so short that only who knows them hides them. */
const words = {
  title: "title-SECRET",
  body: "body-SECRET",
  image: "image-SECRET",
  data: "data-SECRET",
  androidData: "droid-SECRET",
  ticker: "tick-SECRET",
  argument: "arg-SECRET",
  alert: "alert-SECRET",
  custom: "cust-SECRET",
  liveActivity: "live-SECRET",
  webpushData: "web-SECRET",
  webpushBody: "page-SECRET",
  link: "link-SECRET",
  subtitle: "sub-SECRET",
  phrase: "he said \"SECRET\" to\nBob \\ Ann"
}

const message = Message.make({
  data: { key: words.data, phrase: words.phrase },
  notification: { title: words.title, body: words.body },
  android: {
    data: { key: words.androidData },
    notification: { ticker: words.ticker, bodyLocArgs: [words.argument], image: words.image }
  },
  apns: {
    payload: { aps: { alert: { title: words.alert } }, custom: { list: [words.custom] } },
    liveActivityToken: words.liveActivity
  },
  webpush: {
    data: { key: words.webpushData },
    notification: { body: words.webpushBody },
    fcmOptions: { link: words.link }
  },
  gcm: { notification: { subtitle: words.subtitle } }
})

const recipients = [Recipient.token(secrets.token), Recipient.fid(secrets.fid)]

/** Answers that quote everything that they were sent, as a debugging proxy may. */
const quoting = (status: number) => (request: Http.Recorded) =>
  Http.json({
    error: {
      code: status,
      status: "INVALID_ARGUMENT",
      message: `Not good: ${JSON.stringify(request)}`,
      details: [
        { "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", errorCode: `X-${Http.tokenOf(request)}` },
        {
          "@type": "type.googleapis.com/google.rpc.BadRequest",
          fieldViolations: [{
            field: `message.data[${words.data}]`,
            description: `${request.text} ${request.headers["authorization"]}`
          }]
        }
      ]
    }
  }, { status })

/** Everything that a send can end in. */
const scenarios: Record<string, Http.Answer> = {
  accepted: (request) =>
    Http.json({
      name: "projects/p/messages/1",
      results: [{ message_id: "1", registration_id: secrets.canonical }],
      request
    }),
  gone: () => Http.fcmError(404, { code: "UNREGISTERED" }),
  "gcm error": (request) => Http.json({ results: [{ error: `odd ${request.text}` }] }),
  "gcm 400": (request) => Http.text(`${request.text} ${JSON.stringify(request.headers)}`, { status: 400 }),
  "quoting 400": quoting(400),
  "quoting 401": quoting(401),
  "quoting 403": quoting(403),
  "refused, with a reason that quotes": (request) =>
    Http.fcmError(403, {
      message: `Not good: ${JSON.stringify(request)}`,
      details: [{
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        reason: Http.tokenOf(request),
        metadata: { request: request.text }
      }]
    }),
  "refused, in plain text": (request) => Http.text(`no: ${JSON.stringify(request)}`, { status: 401 }),
  "a quota of a topic, quoting": (request) =>
    Http.json({ error: { message: `Topic quota exceeded: ${JSON.stringify(request)}` } }, { status: 429 }),
  "failed, quoting": (request) =>
    Http.json({ error: { status: "FAILED_PRECONDITION", message: `Not yet: ${JSON.stringify(request)}` } }, {
      status: 400
    }),
  "quoting 503": quoting(503),
  "gcm 400, with blanks": (request) => Http.text(`bad: ${request.text.replaceAll(",", ", ")}`, { status: 400 }),
  "gcm 400, long": () => Http.text(`bad ${"x".repeat(1970)} ${words.phrase}`, { status: 400 }),
  "rejected": (request) =>
    Http.fcmError(400, {
      code: "INVALID_ARGUMENT",
      message: `Invalid value at 'message.data[0].value' ${request.text}`
    }),
  "unauthenticated": () => Http.fcmError(401, {}),
  "denied": () => Http.fcmError(403, {}),
  "trouble": () => Http.text("", { status: 500 }),
  "odd 200": (request) => Http.text(JSON.stringify(request)),
  "encoded": (request) =>
    Http.fcmError(400, {
      code: "INVALID_ARGUMENT",
      message: [
        encodeURIComponent(Http.tokenOf(request)),
        btoa(Http.tokenOf(request)),
        Http.tokenOf(request).slice(0, 30),
        words.title.toUpperCase(),
        words.body.replace("-", "-\r\n").replace("\r\n", "")
      ].join(" ")
    }),
  "quoting word by word": () =>
    Http.fcmError(400, { code: "INVALID_ARGUMENT", message: Object.values(words).join(" ") }),
  "a field named like a secret": (request) =>
    Http.fcmError(400, { code: "INVALID_ARGUMENT", message: `Invalid value at 'message.${Http.tokenOf(request)}'` }),
  "a code like a secret": (request) => Http.fcmError(400, { code: Http.tokenOf(request) }),
  "a name like a secret": (request) => Http.json({ name: Http.tokenOf(request) }),
  "lost with a secret as code": (request) => Effect.fail({ code: Http.tokenOf(request) }),
  "lost": (request) => Effect.fail({ message: `fetch failed: ${JSON.stringify(request)}` }),
  "refused, with a text that quotes": (request) =>
    Effect.fail({ code: "ENETUNREACH", syscall: "connect", message: request.text, cause: { message: request.text } }),
  "refused, by a text that goes on": ({ text }) =>
    Effect.fail({ message: `error sending request for url (https://a): client error (Connect): dns error: ${text}` })
}

const accessToken = AccessToken.layer(Effect.succeed({ token: Redacted.make(secrets.accessToken), expiresIn: 3600 }))

const credentials: Record<string, Layer.Layer<AccessToken.AccessToken>> = {
  "a token": accessToken,
  "a bad key": ServiceAccount.layer({ clientEmail: "me", privateKey: Redacted.make(secrets.privateKey) }).pipe(
    Layer.provide(Http.layer(Http.accept))
  ),
  "a bad key file": ServiceAccount.layerJson(Redacted.make(secrets.privateKey)).pipe(
    Layer.provide(Http.layer(Http.accept))
  )
}

/** Every way to show a value. */
const shown = (value: unknown): ReadonlyArray<string> => [
  inspect(value),
  inspect(value, { depth: Number.POSITIVE_INFINITY, showHidden: true }),
  inspect({ value }, { depth: Number.POSITIVE_INFINITY, getters: true }),
  inspect(value, { depth: 10, getters: true, showHidden: true, customInspect: false }),
  JSON.stringify({ value }, (_, part: unknown) => typeof part === "bigint" ? String(part) : part),
  String(value),
  `${inspect(Object.entries(Object(value)), { depth: Number.POSITIVE_INFINITY })}`
]

const consoleLines: Array<string> = []

/** A console that keeps what it is told, as Node would print it. */
const recordingConsole = new Proxy(globalThis.console, {
  get: () => (...args: ReadonlyArray<unknown>) => {
    consoleLines.push(
      ...args.map((arg) => typeof arg === "string" ? arg : inspect(arg, { depth: Number.POSITIVE_INFINITY }))
    )
  }
})

const loggers = Logger.layer([
  Logger.consoleJson,
  Logger.consoleLogFmt,
  Logger.consoleStructured,
  Logger.consolePretty(),
  Logger.defaultLogger
])

const spans: Array<Tracer.Span> = []

const recordingTracer = Tracer.make({
  span: (options) => {
    const span = new Tracer.NativeSpan(options)
    spans.push(span)
    return span
  }
})

const assertClean = (what: string, texts: ReadonlyArray<string>) => {
  for (const [name, secret] of Object.entries({ ...secrets, ...words })) {
    for (const text of texts) assert.notInclude(text, secret, `${what} shows the ${name}`)
  }
  for (const text of texts) assert.notInclude(text, "SECRET", `${what} shows a part of a secret`)
}

describe("law 9", () => {
  for (const [credential, layer] of Object.entries(credentials)) {
    for (const [scenario, answer] of Object.entries(scenarios)) {
      it.effect(`with ${credential}, ${scenario}: neither errors nor outcomes, logs nor spans show a secret`, () =>
        Effect.gen(function*() {
          consoleLines.length = 0
          spans.length = 0
          const services = [
            yield* Fcm.make({ projectId: "my-project", retryPolicy: RetryPolicy.none, requestSpans: true }),
            yield* Gcm.make({
              apiKey: Redacted.make(secrets.apiKey),
              retryPolicy: RetryPolicy.none,
              requestSpans: true
            })
          ]
          for (const service of services) {
            const exit = yield* Effect.exit(service.send(message, recipients))
            const value = Exit.isSuccess(exit) ? exit.value : Cause.squash(exit.cause)
            yield* Effect.log("value", value)
            yield* Effect.log(exit)
            yield* Effect.logError(Exit.isFailure(exit) ? exit.cause : exit)
            yield* Effect.annotateLogs(Effect.log("annotated"), { value })
            assertClean("an exit", shown(exit))
            assertClean("a value", shown(value))
            if (Exit.isFailure(exit)) assertClean("Cause.pretty", [Cause.pretty(exit.cause)])
            const outcomes = Exit.match(exit, {
              onSuccess: (report) => report.outcomes,
              onFailure: (cause) =>
                Option.match(Cause.findErrorOption(cause), {
                  onNone: () => [],
                  onSome: ({ report }) => report.outcomes
                })
            })
            yield* Effect.log(outcomes)
            for (const outcome of outcomes) assertClean("an outcome", shown(outcome))
          }
          assertClean("a logger", consoleLines)
          assertClean("a span", spans.flatMap((span) => shown([span.name, Array.from(span.attributes), span.status])))
        }).pipe(
          Effect.withSpan("test"),
          Effect.provide([layer, Http.layer(answer), loggers]),
          Effect.provideService(References.MinimumLogLevel, "All"),
          Effect.provideService(Tracer.Tracer, recordingTracer),
          Effect.provideService(Console.Console, recordingConsole)
        ))
    }
  }

  const body = "Balance:\n\"four\" hundred ducats, in the café"
  const quoted = JSON.stringify(body)
  const quotations: Record<string, string> = {
    "as JSON": quoted,
    "as JSON in JSON": JSON.stringify(`{"body":${quoted}}`),
    "as JSON in ASCII": quoted.replace("é", "\\u00E9"),
    "as HTML": body.replaceAll("\"", "&quot;").replaceAll("é", "&eacute;"),
    "as a form": body.replaceAll(" ", "+"),
    "without its beginning": body.slice(5),
    "without its end": body.slice(0, 25),
    "after a text so long that it is cut": `${"x".repeat(960)} ${body}`
  }
  for (const [how, quotation] of Object.entries(quotations)) {
    it.effect(`a message that is quoted ${how} is not shown`, () =>
      Effect.gen(function*() {
        const answers = [
          Http.gcm(() => Http.text(quotation, { status: 400 })),
          Http.fcm(() => Http.fcmError(400, { code: "INVALID_ARGUMENT", message: quotation }))
        ]
        for (const layer of answers) {
          const send = Messaging.send(Message.make({ notification: { body } }), "token")
          const exit = yield* Effect.exit(Effect.provide(send, layer))
          const outcomes = Exit.isSuccess(exit) ? exit.value.outcomes : []
          for (const text of [...shown(exit), ...shown(outcomes)]) assert.notMatch(text, /balance|four|hundred|ducats/i)
        }
      }))
  }

  it.effect("a short value is not shown in another spelling", () =>
    Effect.gen(function*() {
      const title = "Müller-2"
      const spellings = [encodeURIComponent(title), title.normalize("NFD"), title.split("").join("\u200b")]
      for (const spelling of spellings) {
        const answer = Http.fcmError(400, { code: "INVALID_ARGUMENT", message: `For ${spelling} only.` })
        const send = Messaging.send(Message.make({ notification: { title } }), "token")
        const { failed } = yield* Effect.provide(send, Http.fcm(() => answer))
        assert.strictEqual(failed[0]?.detail, "For <redacted> only.")
      }
    }))

  it.effect("a code that holds letters of a token, or the words of a message, is not shown", () =>
    Effect.gen(function*() {
      const token = "bHPRgkFJUikCENAHEeMrdZxvhVZ:APA91b"
      for (const error of [token.slice(0, 27), "YourBalanceIsLow"]) {
        const send = Messaging.send(Message.make({ data: { a: "Your balance is low" } }), token)
        const { failed } = yield* Effect.provide(send, Http.gcm(() => Http.json({ results: [{ error }] })))
        assert.strictEqual(failed[0]?.code, "UNKNOWN")
      }
    }))

  it.effect("a field that is named like an installation id is not shown", () =>
    Effect.gen(function*() {
      const fid = "cSECRETfid0123456789ab"
      const answers = [
        { message: `Invalid value at 'message.${fid}'` },
        {
          details: [{
            "@type": "type.googleapis.com/google.rpc.BadRequest",
            fieldViolations: [{ field: `message.${fid}`, description: "Unknown" }]
          }]
        }
      ]
      for (const answer of answers) {
        const exit = yield* Messaging.send(message, Recipient.fid(fid)).pipe(
          Effect.exit,
          Effect.provide(Http.fcm(() => Http.fcmError(400, { code: "INVALID_ARGUMENT", ...answer })))
        )
        assertClean("a path", shown(exit))
      }
    }))

  it.effect("an error of a topic may quote the request, of which the path names the recipient", () =>
    Effect.gen(function*() {
      const quoting = (field: string): Http.Answer => ({ headers, url }) => {
        const text = `Invalid registration token: ${url} ${JSON.stringify(headers)}`
        const fieldViolations = [{ field, description: text }]
        const details = [{ "@type": "type.googleapis.com/google.rpc.BadRequest", fieldViolations }]
        return Http.fcmError(400, { status: url, message: text, details })
      }
      for (const answer of [quoting("name"), quoting("topic_name")]) {
        const subscribe = Topics.subscribe("news", [secrets.token, Recipient.fid(secrets.fid)])
        const exit = yield* Effect.exit(Effect.provide(subscribe, Http.fcm(answer)))
        const outcomes = Exit.isSuccess(exit) ? exit.value : []
        assertClean("an exit", shown(exit))
        for (const outcome of outcomes) assertClean("an outcome", shown(outcome))
      }
    }))

  it.effect("the token endpoint may quote the assertion, whole and in part, and the key", () =>
    Effect.gen(function*() {
      const key = Redacted.value(Emulator.serviceAccount.privateKey)
      const describing = (describe: (assertion: string) => string): Http.Answer => ({ text }) =>
        Http.json({
          error: "invalid_grant",
          error_description: describe(new URLSearchParams(text).get("assertion") ?? "")
        }, { status: 400 })
      const quotings: Record<string, Http.Answer> = {
        "as the code": ({ text }) => Http.json({ error: new URLSearchParams(text).get("assertion") }, { status: 400 }),
        "in the form": ({ text }) =>
          Http.json({ error: "invalid_grant", error_description: `\u001b[31m${text}\r\n` }, { status: 400 }),
        "in words": describing((assertion) => assertion.match(/[^]{1,12}/g)?.join(" ") ?? ""),
        "by its parts": describing((assertion) => assertion.replaceAll(".", " . ")),
        "a piece of it": describing((assertion) => `Bad part ${assertion.slice(-14)}!`),
        "the key": describing(() => key),
        "the lines of the key": describing(() => key.split("\n").slice(7, 9).join("\\n")),
        "a piece of the key": describing(() => `Bad key ${key.slice(-50, -38)}!`)
      }
      for (const [how, quoting] of Object.entries(quotings)) {
        const sent: Array<Http.Recorded> = []
        const error = yield* AccessToken.AccessToken.use(({ get }) => Effect.flip(get)).pipe(
          Effect.provide(Layer.provide(ServiceAccount.layer(Emulator.serviceAccount), Http.layer(quoting, sent)))
        )
        const secrets = [new URLSearchParams(sent[0]?.text).get("assertion") ?? "", key.replace(/\s|-----.*-----/g, "")]
        for (const text of shown(error)) {
          for (const run of text.match(/[\w+/-]{10,}/g) ?? []) {
            assert.isFalse(secrets.some((secret) => secret.includes(run)), `${how}: ${run}`)
          }
        }
        for (const text of [error.message, error.reason.message]) assert.notInclude(text, "\u001b")
      }
    }))

  it.effect("recipients, messages, options, layers and services show none", () =>
    Effect.gen(function*() {
      const account = { clientEmail: "me", privateKey: Redacted.make(secrets.privateKey) }
      const options = { apiKey: Redacted.make(secrets.apiKey) }
      const values = {
        recipients,
        message,
        options,
        account,
        "many recipients": Recipient.makeAll([secrets.token, Redacted.make(secrets.token)]),
        "a layer": Gcm.layer(options),
        "another layer": ServiceAccount.layer(account),
        "a service": yield* Gcm.make(options),
        "tokens": yield* AccessToken.AccessToken,
        "a send": Messaging.send(message, recipients)
      }
      for (const [what, value] of Object.entries(values)) {
        // the token's own text is not shown, but its first characters are, to tell tokens apart
        assertClean(what, shown(value))
        yield* Effect.log(what, value)
      }
      assertClean("a logger", consoleLines)
    }).pipe(
      Effect.provide([accessToken, Http.layer(Http.accept), loggers]),
      Effect.provideService(Console.Console, recordingConsole)
    ))
})

describe("what is no secret", () => {
  const shown = [
    "{\"error\":\"InvalidParameters\"}",
    "{\"error\":{\"code\":400,\"status\":\"RESOURCE_EXHAUSTED\"}}",
    "\"registration_ids\" field cannot be empty",
    "DeviceMessageRateExceeded, TopicsMessageRateExceeded.",
    "Permission 'cloudmessaging.messages.create' denied",
    "of service 'fcm.googleapis.com' for consumer 'project_number:123456789012'.",
    "visit https://console.developers.google.com/apis/api/fcm.googleapis.com/overview?project=my-project then"
  ]
  for (const text of shown) {
    it.effect(`stays: ${text}`, () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(
          Effect.provide(Messaging.send(message, "token"), Http.gcm(() => Http.text(text, { status: 400 })))
        )
        assert.strictEqual(error.message, `the service rejected the message (400): ${text}`)
      }))
  }

  const hidden = [
    "{\"key\":\"AIzaSyA1234567890abcdefgh\"}",
    "key=AIzaSyA1234567890abcdefgh",
    "\"a\"b\"c\"d\"e\"f\"g\"h\"i\"j\"",
    "https://console.cloud.google.com.example/apis/api/fcm",
    "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJtZSJ9.c2lnbmF0dXJl"
  ]
  for (const text of hidden) {
    it.effect(`is not what may be a key: ${text}`, () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(
          Effect.provide(Messaging.send(message, "token"), Http.gcm(() => Http.text(text, { status: 400 })))
        )
        assert.include(error.message, "<redacted>")
      }))
  }

  it.effect("stays: a message's word is hidden as a word, not in the middle of another", () =>
    Effect.gen(function*() {
      const detailOf = (data: { readonly [key: string]: string }, text: string) =>
        Messaging.send(Message.make({ data }), "a").pipe(
          Effect.provide(Http.fcm(() => Http.fcmError(403, { code: "SENDER_ID_MISMATCH", message: text }))),
          Effect.map(({ failed: [outcome] }) => outcome?.detail)
        )
      assert.strictEqual(yield* detailOf({ e: "match" }, "SenderId mismatch"), "SenderId mismatch")
      assert.strictEqual(yield* detailOf({ e: "match", f: "match po" }, "a match points"), "a <redacted> points")
      assert.strictEqual(yield* detailOf({ e: "red blu", f: "blu grn" }, "a red blu grn one"), "a <redacted> one")
      assert.strictEqual(yield* detailOf({ e: "match" }, "no match, MATCH."), "no <redacted>, <redacted>.")
      assert.strictEqual(yield* detailOf({ e: "a+b(c)" }, "of a+b(c)d, a+b(c)"), "of a+b(c)d, <redacted>")
    }))
})
