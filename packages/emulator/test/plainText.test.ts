/**
 * GCM, plain text: told from JSON by the content type.
 */
import { Emulator } from "@cloud-messaging/emulator"
import { GcmPlainText } from "@cloud-messaging/protocol"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Option } from "effect"
import { HttpClientRequest } from "effect/http"
import { TestClock } from "effect/testing"
import { exchange, gcmText, plainText, sendPlainText } from "./utils/requests.ts"

const arrived = Effect.flatMap(Emulator.Emulator, ({ messages }) => messages.query())

describe("plain text", () => {
  it.effect.each([
    { url: "https://fcm.googleapis.com/fcm/send" },
    { url: "https://android.googleapis.com/gcm/send" }
  ])("is accepted at $url, and says all", ({ url }) =>
    Effect.gen(function*() {
      const content = {
        collapse_key: "k",
        delay_while_idle: true,
        time_to_live: 108,
        data: { score: "4x8", é: "1&2=3" }
      }
      const answer = yield* exchange(
        plainText(GcmPlainText.requestText(content)("a"), { url, authorization: "key=emulator:mine" })
      )
      const [arrival] = yield* arrived
      assert.deepStrictEqual([answer.status, answer.contentType], [200, "text/plain; charset=UTF-8"])
      assert.strictEqual(answer.text, `id=${arrival?.messageId}\n`)
      assert.deepInclude(arrival, { endpoint: "gcm", project: "mine", recipient: "a", dryRun: false })
      assert.deepInclude(arrival?.message, content)
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("is what comes without a content type as well", () =>
    Effect.gen(function*() {
      const request = HttpClientRequest.removeHeader(plainText("registration_id=42"), "content-type")
      assert.notProperty(request.headers, "content-type")
      assert.match((yield* exchange(request)).text, /^id=/)
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("is not what comes as JSON", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* exchange(gcmText("registration_id=42"))).status, 400)
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect.each([
    { name: "unregistered", error: "NotRegistered" },
    { name: "invalid", error: "InvalidRegistration" },
    { name: "mismatch", error: "MismatchSenderId" },
    { name: "apns-auth", error: "InvalidApnsCredential" },
    { name: "quota", error: "DeviceMessageRateExceeded" }
  ])("$name is $error, always", ({ error, name }) =>
    Effect.gen(function*() {
      for (let i = 0; i < 2; i++) {
        const answer = yield* sendPlainText(`emulator:${name}:a`)
        assert.deepStrictEqual([answer.status, answer.text], [200, `Error=${error}\n`])
      }
      assert.deepStrictEqual(yield* arrived, [])
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect.each([{ name: "unavailable", status: 503 }, { name: "internal", status: 500 }])(
    "$name-2 is a $status twice, then accepted",
    ({ name, status }) =>
      Effect.gen(function*() {
        const answers = yield* Effect.replicateEffect(sendPlainText(`emulator:${name}-2:a`), 3)
        assert.deepStrictEqual(answers.map((answer) => answer.status), [status, status, 200])
        assert.deepStrictEqual(answers.map((answer) => answer.retryAfter), ["1", "1", undefined])
        assert.lengthOf(yield* arrived, 1)
      }).pipe(Effect.provide(Emulator.layerHttpClient))
  )

  it.effect("moved is accepted, with a canonical id", () =>
    Effect.gen(function*() {
      const { text } = yield* sendPlainText("emulator:moved:a")
      assert.strictEqual(text, `id=${(yield* arrived)[0]?.messageId}\nregistration_id=emulator:ok:a\n`)
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("html, reset and cut spoil the answer; cut alone accepts", () =>
    Effect.gen(function*() {
      const html = yield* sendPlainText("emulator:html-1:a")
      assert.deepStrictEqual([html.status, html.contentType], [502, "text/html; charset=UTF-8"])
      const reset = yield* Effect.flip(sendPlainText("emulator:reset-1:a"))
      assert.strictEqual(reset.reason._tag, "TransportError")
      assert.deepStrictEqual(yield* arrived, [])
      const cut = yield* Effect.flip(sendPlainText("emulator:cut-1:a"))
      assert.strictEqual(cut.reason._tag, "DecodeError")
      assert.deepStrictEqual((yield* arrived).map(({ answerCut }) => answerCut), [true])
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("slow-1500 is accepted after 1500 milliseconds", () =>
    Effect.gen(function*() {
      const fiber = yield* Effect.forkChild(sendPlainText("emulator:slow-1500:a"))
      yield* TestClock.adjust(1499)
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust(1)
      assert.strictEqual((yield* Fiber.join(fiber)).status, 200)
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect.each([
    { form: "", error: "MissingRegistration" },
    { form: "registration_id=", error: "MissingRegistration" },
    { form: "registration_id=42&time_to_live=soon", error: "InvalidTtl" },
    { form: "registration_id=42&time_to_live=2419201", error: "InvalidTtl" },
    { form: "registration_id=42&data.from=x", error: "InvalidDataKey" },
    { form: `registration_id=42&data.a=${"x".repeat(4096)}`, error: "MessageTooBig" }
  ])("is $error: $form", ({ error, form }) =>
    Effect.gen(function*() {
      const answer = yield* exchange(plainText(form))
      assert.deepStrictEqual(GcmPlainText.parseResult(answer.text), Option.some({ error }))
      assert.deepStrictEqual(yield* arrived, [])
    }).pipe(Effect.provide(Emulator.layerHttpClient)))

  it.effect("needs a key as JSON does, and tells dry runs", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* sendPlainText("a", { authorization: "key=emulator:bad-key" })).status, 401)
      assert.strictEqual((yield* sendPlainText("a", { authorization: undefined })).status, 401)
      assert.strictEqual((yield* exchange(plainText("registration_id=a&dry_run=1"))).text, "id=fake_message_id\n")
      assert.deepStrictEqual((yield* arrived).map(({ dryRun }) => dryRun), [true])
    }).pipe(Effect.provide(Emulator.layerHttpClient)))
})
