/** What callers without types give where a recipient, an item or an audience should be: told by its own outcome or error. */
import { Audience, Message, Messaging, Recipient, SendError, Topics } from "@cloud-messaging/client"
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Layer, Redacted, Stream } from "effect"
import * as Http from "./utils/http.ts"

const message = Message.make({ data: { score: 42 } })

/** Past the types. */
const untyped = (value: unknown) => JSON.parse("{}", () => value)

const wiped = () => {
  const redacted = Redacted.make("gone")
  Redacted.wipeUnsafe(redacted)
  return redacted
}

const throws = {
  get message() {
    throw new Error("no")
  },
  get recipient() {
    throw new Error("no")
  }
}

const layers: ReadonlyArray<readonly [string, Layer.Layer<Messaging.Messaging>]> = [
  ["Fcm", Http.fcm(Http.accept)],
  ["Gcm", Http.gcm(Http.acceptAll)]
]

describe.each(layers)("through %s", (_, layer) => {
  const none: ReadonlyArray<readonly [string, unknown, code: string, path: ReadonlyArray<string>]> = [
    ["undefined", undefined, "InvalidRecipient", ["recipient"]],
    ["null", null, "InvalidRecipient", ["recipient"]],
    ["a number", 5, "InvalidRecipient", ["recipient"]],
    ["a text", "item", "InvalidRecipient", ["recipient"]],
    ["what throws", throws, "InvalidRecipient", ["recipient"]],
    ["a message alone", { message }, "InvalidRecipient", ["recipient"]],
    ["a number as recipient", { message, recipient: 5 }, "InvalidRecipient", ["recipient"]],
    ["a recipient that throws", Object.create(throws, { message: { value: message } }), "InvalidRecipient", [
      "recipient"
    ]],
    ["a recipient alone", { recipient: "t" }, "InvalidMessage", []],
    ["a message that throws", Object.create(throws, { recipient: { value: "t" } }), "InvalidMessage", []]
  ]

  it.effect.each(none)(
    "an item that is %s costs no other item its outcome",
    ([, item, code, path]) =>
      Effect.gen(function*() {
        const good = (recipient: string) => ({ message, recipient })
        const items = Stream.fromIterable([good("a"), good("b"), untyped(item), good("c"), good("d")])
        const settled = yield* Stream.runCollect(Messaging.sendEach(items))
        assert.lengthOf(settled, 5)
        for (const { item: of, outcome } of settled) {
          if (of !== item) assert.strictEqual(outcome._tag, "Success")
          else {
            assert(outcome._tag === "Failed")
            assert.strictEqual(outcome.code, code)
            assert.deepStrictEqual(outcome.issues.map((issue) => issue.path), [path])
            // a mistake in code: nobody is to be deleted for it
            assert.notStrictEqual(outcome.disposition, "remove")
          }
        }
      }).pipe(Effect.provide(layer))
  )

  const recipients: ReadonlyArray<Recipient.Input> = ["a", untyped(undefined), untyped({}), wiped(), untyped(5), "b"]

  it.effect("a recipient that is none has its own outcome", () =>
    Effect.gen(function*() {
      const codeOf = (outcome: object) => "code" in outcome ? outcome.code : "Success"
      const expected = ["Success", ...Array(4).fill("InvalidRecipient"), "Success"]
      const { outcomes } = yield* Messaging.send(message, recipients)
      assert.deepStrictEqual(outcomes.map(codeOf), expected)
      const emitted = yield* Stream.runCollect(Messaging.sendStream(message, Stream.fromIterable(recipients)))
      assert.sameMembers(emitted.map(codeOf), expected)
      for (const input of [undefined, {}, 5, Promise.resolve(["a"]), wiped()]) {
        assert.deepStrictEqual((yield* Messaging.send(message, untyped(input))).outcomes.map(codeOf), [
          "InvalidRecipient"
        ])
      }
    }).pipe(Effect.provide(layer)))

  it.effect("an iterable that throws is an error that names whom it gave, and nothing is sent", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Messaging.send(message, throwing()))
      assertUnread(error)
      assertUnread(yield* Effect.flip((yield* Messaging.Messaging).send(message, throwing())))
    }).pipe(Effect.provide(layer)))

  it.effect("an audience that is none is an error", () =>
    Effect.gen(function*() {
      const audiences: ReadonlyArray<readonly [unknown, path: string]> = [
        [undefined, "audience"],
        [null, "audience"],
        ["news", "audience"],
        [{}, "audience"],
        [{ _tag: "Everybody" }, "audience"],
        [{ _tag: "Topic", name: 5 }, "topic"],
        [{ _tag: "Condition" }, "condition"],
        [{ _tag: "DeviceGroup", key: "key" }, "deviceGroup"],
        [Audience.topic(untyped(undefined)), "topic"],
        [Audience.condition(untyped(5)), "condition"],
        [Audience.deviceGroup(untyped(undefined)), "deviceGroup"],
        [Audience.deviceGroup(wiped()), "deviceGroup"],
        [Audience.not(untyped(undefined)), "condition"],
        [Audience.anyOf(Audience.topic("news"), untyped({ _tag: "Topic" })), "condition"]
      ]
      for (const [audience, path] of audiences) {
        const error = yield* Effect.flip(Messaging.publish(message, untyped(audience)))
        assert(error.reason._tag === "InvalidMessage")
        assert.deepStrictEqual(error.reason.issues[0]?.path, [path])
      }
    }).pipe(Effect.provide(layer)))
})

const throwing = function*() {
  yield "a"
  yield "b"
  throw new Error("no")
}

const assertUnread = (error: SendError.SendError) => {
  assert.deepStrictEqual(
    error.reason,
    new SendError.InvalidMessage({ issues: [{ path: ["recipients", 2], message: "must be readable: it throws" }] })
  )
  assert.deepStrictEqual(error.unsettled.map(Recipient.value), ["a", "b"])
  assert.lengthOf(error.report.outcomes, 0)
}

describe("Topics", () => {
  const layer: Layer.Layer<Messaging.Messaging | Topics.Topics> = Http.fcm(() => Http.json({ results: [{}, {}] }))

  it.effect("a recipient that is none has its own outcome", () =>
    Effect.gen(function*() {
      const recipients: ReadonlyArray<Recipient.Input> = ["a", untyped(undefined), wiped(), "b"]
      for (const change of [Topics.subscribe, Topics.unsubscribe]) {
        const outcomes = yield* change("news", recipients)
        assert.deepStrictEqual(outcomes.map(({ _tag }) => _tag), ["Changed", "Failed", "Failed", "Changed"])
      }
    }).pipe(Effect.provide(layer)))

  it.effect("what is no topic, and an iterable that throws, are errors", () =>
    Effect.gen(function*() {
      for (const change of [Topics.subscribe, Topics.unsubscribe]) {
        const error = yield* Effect.flip(change(untyped(undefined), ["a"]))
        assert(error.reason._tag === "InvalidMessage")
        assert.deepStrictEqual(error.reason.issues.map(({ path }) => path), [["topic"]])
        assertUnread(yield* Effect.flip(change("news", throwing())))
      }
      const error = yield* Effect.flip(Topics.list(untyped(undefined)))
      assert.strictEqual(error.reason._tag, "InvalidMessage")
    }).pipe(Effect.provide(layer)))
})
