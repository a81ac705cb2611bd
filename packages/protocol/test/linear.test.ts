import { GcmHttp } from "@cloud-messaging/protocol"
import { describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { assertLinear } from "./utils/linear.ts"

describe("GcmHttp.fromText", () => {
  const decode = Schema.decodeEffect(GcmHttp.fromText(GcmHttp.TopicResponse))

  const hostile: { readonly [name: string]: (n: number) => string } = {
    "blanks around a number": (n) => `{"message_id":${" ".repeat(n)}1${" ".repeat(n)}x}`,
    "blanks around a name": (n) => `{${" ".repeat(n)}"message_id"${" ".repeat(n)}:${" ".repeat(n)}x`,
    "digits without an end": (n) => `{"message_id":${"1".repeat(n)}`,
    "names without a number": (n) => "{\"message_id\":".repeat(n),
    "numbers without an end": (n) => "{\"message_id\":1   ".repeat(n),
    "blanks after commas": (n) => ",   ".repeat(n)
  }

  for (const [name, text] of Object.entries(hostile)) {
    it.effect(`takes time in proportion to ${name}`, () =>
      assertLinear(decode, { normal: "{\"message_id\":6782339717028231855}", hostile: text }))
  }
})
