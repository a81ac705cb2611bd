/**
 * Requests cost the emulator time in proportion to their size, whatever they hold.
 */
import { Emulator } from "@cloud-messaging/emulator"
import { describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { assertLinear } from "../../protocol/test/utils/linear.ts"
import { encode } from "./utils/assertion.ts"
import { askToken, batch, exchange, fcmText, gcmText, plainText } from "./utils/requests.ts"

const fcm = (text: string) => exchange(fcmText(text))

const gcm = (text: string) => exchange(gcmText(text))

const form = (text: string) => exchange(plainText(text))

const token = (claims: string) =>
  askToken(`${encode({ alg: "RS256" })}.${Buffer.from(claims).toString("base64url")}.AAAA`)

const items = (n: number, item: (i: number) => string): string => Array.from({ length: n }, (_, i) => item(i)).join()

const cases = [
  { what: "an audience", send: token, normal: "{}", hostile: (n: number) => `{"aud":"https://${"a.".repeat(n)}"}` },
  {
    what: "claims that are nested",
    send: token,
    normal: "{}",
    hostile: (n: number) => `{"iss":${"[".repeat(n)}${"]".repeat(n)}}`
  },
  {
    what: "a time to live",
    send: fcm,
    normal: `{"message":{"token":"t"}}`,
    hostile: (n: number) => `{"message":{"android":{"ttl":"${"9".repeat(n)}s"}}}`
  },
  {
    what: "unknown fields",
    send: fcm,
    normal: `{"message":{"token":"t"}}`,
    hostile: (n: number) => `{"message":{${items(n, (i) => `"x${i}":1`)}}}`
  },
  {
    what: "one unknown field",
    send: fcm,
    normal: `{"message":{"token":"t"}}`,
    hostile: (n: number) => `{"message":{"${"x_".repeat(n)}":1}}`
  },
  {
    what: "data",
    send: fcm,
    normal: `{"message":{"token":"t"}}`,
    hostile: (n: number) => `{"message":{"data":{${items(n, (i) => `"x${i}":"1"`)}}}}`
  },
  {
    what: "durations",
    send: fcm,
    normal: `{"message":{"token":"t"}}`,
    hostile: (n: number) => `{"message":{"android":{"notification":{"vibrateTimings":[${items(n, () => `"1"`)}]}}}}`
  },
  {
    what: "nesting",
    send: fcm,
    normal: `{"message":{"token":"t"}}`,
    hostile: (n: number) => `{"message":{"apns":{"payload":{"aps":${"[".repeat(n)}${"]".repeat(n)}}}}}`
  },
  {
    what: "a condition",
    send: fcm,
    normal: `{"message":{"condition":"'a' in topics"}}`,
    hostile: (n: number) => `{"message":{"condition":"'a'${" ".repeat(n)}in topics${" ".repeat(n)}x"}}`
  },
  {
    what: "a topic",
    send: gcm,
    normal: `{"to":"/topics/a"}`,
    hostile: (n: number) => `{"to":"/topics/${"/".repeat(n)}"}`
  },
  {
    what: "data of any kind",
    send: gcm,
    normal: `{"to":"a"}`,
    hostile: (n: number) => `{"to":"a","data":{${items(n, (i) => `"x${i}":[[]]`)}}}`
  },
  { what: "parameters", send: form, normal: "registration_id=a", hostile: (n: number) => "data.a=1&".repeat(n) },
  {
    what: "tokens",
    send: (text: string) => batch("Add", text),
    normal: `{"to":"/topics/a","registration_tokens":["a"]}`,
    hostile: (n: number) => `{"to":"/topics/a","registration_tokens":[${items(n, () => `"a"`)}]}`
  }
]

describe("the emulator", () => {
  it.effect.each(cases)(
    "takes time in proportion to $what",
    ({ hostile, normal, send }) =>
      assertLinear(send, { normal, hostile }).pipe(
        Effect.provide(Emulator.layerHttpClientWith({ quota: 1e9, deviceRate: 1e9 }))
      )
  )
})
