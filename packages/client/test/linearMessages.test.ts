/** What callers give is read in time in proportion to its size. */
import { AccessToken, Fcm, Message, Messaging } from "@cloud-messaging/client"
import { describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { assertLinear } from "../../protocol/test/utils/linear.ts"
import * as Http from "./utils/http.ts"

/** Past the types. */
const make = (fields: unknown): Message.Message => Reflect.construct(Message.Message, [fields])

const text = (n: number) => "a".repeat(n)

/** A megabyte from the start: the keys of a short text, one for each character, cost little. */
const longText = (n: number) => text(Math.min(2 ** 16 * n, 2 ** 22))

/** Read once for each part, it outweighs the rest. */
const longKey = (n: number) => text(1000 * n)

const payload = (own: object) => ({ apns: { payload: { aps: { badge: 1 }, ...own } } })

describe("a message", () => {
  const read = (fields: unknown) =>
    Effect.sync(() => {
      const message = make(fields)
      return [Message.validate(message), Message.lint(message), String(message)]
    })

  const normal = { data: { score: 42 } }

  const hostile: { readonly [what: string]: (n: number) => unknown } = {
    "a text": longText,
    "data that are a text": (n) => ({ data: longText(n) }),
    "data for Android that are a text": (n) => ({ android: { data: longText(n) } }),
    "what cannot be written, under a long key": (n) => payload({ [longKey(n)]: Array(n).fill("\ud800") })
  }

  for (const [what, make] of Object.entries(hostile)) {
    it.effect(what, () => assertLinear(read, { normal, hostile: make }))
  }
})

describe("a send", () => {
  it.effect("refuses a message with many issues, and says so", () =>
    assertLinear(
      (message: Message.Message) =>
        Messaging.send(message, "t").pipe(
          Effect.mapError((error) => error.message),
          Effect.provide(Http.fcm(Http.accept))
        ),
      { normal: make({ data: 5 }), hostile: (n) => make(payload({ [longKey(n)]: Array(n).fill(1n) })) }
    ))
})

describe("a layer", () => {
  const accessToken = AccessToken.layer(Effect.succeed({ token: Redacted.make("t"), expiresIn: 3600 }))

  it.effect("refuses a project id", () =>
    assertLinear(
      (projectId: string) =>
        Effect.exit(Effect.scoped(Layer.build(
          Fcm.layer({ projectId }).pipe(Layer.provide([accessToken, Http.layer(Http.accept)]))
        ))),
      { normal: "my-project", hostile: (n) => `${text(n)}!` }
    ))
})
