/** `Fcm` writes what firebase-admin, Google's own SDK, writes for the same message. */
import { Message, Messaging, Recipient } from "@cloud-messaging/client"
import { Emulator } from "@cloud-messaging/emulator"
import { assert, describe, it, layer } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { HttpBody, HttpClient, HttpClientRequest } from "effect/http"
import { TestClock } from "effect/testing"
import { cases, now, portable, refused, renamed } from "./firebaseAdmin/cases.ts"
import * as Generated from "./firebaseAdmin/generated.ts"
import { normal } from "./firebaseAdmin/normal.ts"
import { rules } from "./firebaseAdmin/rules.ts"
import { type Terms, terms } from "./firebaseAdmin/terms.ts"
import { explain } from "./utils/compare.ts"
import { names, namesIn, rowsOf } from "./utils/document.ts"
import { says } from "./utils/fields.ts"
import * as Ours from "./utils/ours.ts"
import * as Sdk from "./utils/sdk.ts"
import * as Wire from "./utils/wire.ts"

// -----------------------------------------------------------------------------
// The two sides
// -----------------------------------------------------------------------------

interface Question {
  /** `send` goes through HTTP/1.1, `sendEach` through HTTP/2. */
  readonly method: "send" | "sendEach"
  readonly message: Terms & ({ readonly token: string } | { readonly fid: string })
  readonly dryRun: boolean | undefined
}

class FirebaseAdmin extends Context.Service<FirebaseAdmin, {
  readonly ask: (question: Question) => Effect.Effect<string, Sdk.SdkError>
}>()("@cloud-messaging/oracles/FirebaseAdmin") {}

const live = Layer.effect(
  FirebaseAdmin,
  Effect.map(Sdk.start<Question>("firebaseAdmin/process.ts"), (ask) => FirebaseAdmin.of({ ask }))
).pipe(Layer.merge(Ours.layerFcm), Layer.provideMerge(Wire.layer))

const theirs = (message: Question["message"], options?: Partial<Question>) =>
  Effect.gen(function*() {
    const { written } = yield* Wire.Wire
    const { ask } = yield* FirebaseAdmin
    return yield* written(ask({ method: "sendEach", dryRun: undefined, ...options, message }))
  })

const ours = (fields: Message.Fields, recipient: Recipient.Input = "token-1") =>
  Effect.gen(function*() {
    yield* TestClock.setTime(now)
    const { written } = yield* Wire.Wire
    return yield* written(Messaging.send(Message.make(fields), recipient))
  })

/** The rules that explain where the bodies of a message differ. */
const compared = (fields: Message.Fields, terms: Terms, dryRun: boolean | undefined) =>
  Effect.gen(function*() {
    const { body } = yield* theirs({ ...terms, token: "token-1" }, { dryRun })
    return explain(rules, normal(body), normal((yield* ours(fields)).body))
  })

const post = Effect.fnUntraced(function*(body: unknown) {
  const answer = yield* HttpClientRequest.post("https://fcm.googleapis.com/v1/projects/p/messages:send").pipe(
    HttpClientRequest.setBody(HttpBody.jsonUnsafe(body)),
    HttpClientRequest.bearerToken("owner"),
    HttpClient.execute
  )
  return { status: answer.status, text: yield* answer.text }
})

// -----------------------------------------------------------------------------
// Tests
// -----------------------------------------------------------------------------

const withoutCase = Object.entries(cases).flatMap(([field, list]) => typeof list === "string" ? [field] : [])

const all = Object.values(cases).flatMap((list) => typeof list === "string" ? [] : list)

describe("the cases", () => {
  it("say every field, in both terms", () => {
    for (const [field, list] of Object.entries(cases)) {
      if (typeof list === "string") continue
      assert.isTrue(list.some(({ ours }) => says(ours, field)), field)
      const theirNames = Object.entries(renamed).flatMap(([theirs, ours]) => ours === field ? [theirs] : [])
      const expected = theirNames.length === 0 && !portable.has(field) ? [field] : theirNames
      for (const name of expected) assert.isTrue(list.some(({ theirs }) => says(theirs, name)), name)
    }
  })

  it("need every rule", () => {
    assert.sameMembers(Array.from(new Set(all.flatMap(({ differs = [] }) => differs))), Object.keys(rules))
  })
})

describe("docs/wire.md", () => {
  it("lists the rules, and where they apply", () => {
    assert.deepStrictEqual(
      rowsOf("### Where firebase-admin writes otherwise").map(([rule, fields]) => [...names(rule), names(fields)]),
      Object.entries(rules).map(([name, { fields }]) => [name, fields])
    )
  })

  it("lists the fields that firebase-admin lacks, and those where it refuses what we send", () => {
    assert.deepStrictEqual(namesIn("### Fields that firebase-admin lacks"), withoutCase)
    assert.sameMembers(namesIn("### What firebase-admin refuses"), Object.keys(refused))
  })
})

layer(live)("Fcm and firebase-admin", (it) => {
  for (const [field, list] of Object.entries(cases)) {
    if (typeof list === "string") continue
    it.effect(`write the same for ${field}`, () =>
      Effect.forEach(
        list,
        ({ differs = [], dryRun, ours, theirs }) =>
          Effect.map(compared(ours, theirs, dryRun), (needed) =>
            assert.deepStrictEqual<ReadonlyArray<string>>(needed, differs))
      ))
  }

  it.effect("write what the emulator takes, as the service does", () =>
    Effect.gen(function*() {
      const bodies = yield* Effect.forEach(all, ({ dryRun, theirs: terms }) =>
        Effect.map(theirs({ ...terms, token: "token-1" }, { dryRun }), ({ body }) => body))
      for (const body of bodies) {
        const { status, text } = yield* Effect.provide(post(body), Emulator.layerHttpClient)
        // of flags that are 0 it writes an empty dictionary, which the service refuses
        const expected = JSON.stringify(body).includes("\"aps\":{}") ? 400 : 200
        assert.strictEqual(status, expected, `${JSON.stringify(body)} ${text}`)
      }
    }))

  it.effect.prop(
    "write the same for any message",
    { fields: Generated.fields },
    ({ fields }) => compared(fields, terms(fields), fields.dryRun),
    { arbitrary: { runs: 300 } }
  )

  for (const [field, { ours: fields, theirs: terms }] of Object.entries(refused)) {
    it.effect(`write ${field} although firebase-admin refuses it`, () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(theirs({ ...terms, token: "token-1" }))
        assert.instanceOf(error, Sdk.SdkError)
        assert.isTrue(says(yield* ours(fields), `body.message.${field}`))
      }))
  }

  it.effect("write to an installation id alike", () =>
    Effect.gen(function*() {
      const message = { notification: { title: "Goal!" } }
      const sent = yield* ours(message, Recipient.fid("fid-1"))
      assert.deepStrictEqual(normal(sent.body), normal((yield* theirs({ ...message, fid: "fid-1" })).body))
    }))

  it.effect("write it to the same place, as the same", () =>
    Effect.gen(function*() {
      const http2 = yield* theirs({ token: "token-1" })
      const http1 = yield* theirs({ token: "token-1" }, { method: "send" })
      const sent = yield* ours({})
      assert.deepStrictEqual([http1.httpVersion, http2.httpVersion], ["1.1", "2.0"])
      for (const { body, headers, method, path } of [http1, http2]) {
        assert.deepStrictEqual(body, sent.body)
        assert.deepStrictEqual([method, path], [sent.method, sent.path])
        assert.strictEqual(headers["authorization"], sent.headers["authorization"])
        // JSON has no parameter `charset` (RFC 8259 section 11)
        assert.strictEqual(headers["content-type"], `${sent.headers["content-type"]};charset=utf-8`)
      }
      assert.sameMembers(
        Object.keys(http1.headers).filter((name) => !(name in sent.headers)),
        namesIn("### Headers that only firebase-admin sends")
      )
    }))
})
