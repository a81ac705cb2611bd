/** What it costs to read answers, in time of the processor: no more than in proportion to their size. */
import { Audience, Message, Messaging } from "@cloud-messaging/client"
import { describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { assertLinear } from "../../protocol/test/utils/linear.ts"
import * as Http from "./utils/http.ts"

const message = Message.make({ data: { score: 42, phrase: "four hundred ducats" } })

const type = (name: string) => `type.googleapis.com/google.${name}`

/** Sends to one, and hears this. */
const hearFcm = (status: number) => (error: unknown) =>
  Effect.provide(Messaging.send(message, "token-1"), Http.fcm(() => Http.json({ error }, { status })))

const hearGcm = (text: string) =>
  Effect.provide(Messaging.send(message, "token-1"), Http.gcm(() => Http.text(text, { status: 400 })))

const texts: Record<string, (n: number) => string> = {
  blanks: (n) => `a${" ".repeat(n)}b`,
  backslashes: (n) => "\\".repeat(n),
  "quotation marks": (n) => "\"'".repeat(n),
  "names of projects": (n) => "projects/ project '".repeat(n),
  "paths without end": (n) => `'message.${".data[0]".repeat(n)}`,
  "secrets, cut": (n) => "four hundre".repeat(n)
}

describe("a text of FCM", () => {
  for (const [what, hostile] of Object.entries(texts)) {
    for (const status of [403, 429]) {
      it.effect(`${status}: ${what}`, () =>
        assertLinear(hearFcm(status), {
          normal: { message: "text", status: "INVALID_ARGUMENT" },
          hostile: (n) => ({
            message: hostile(n),
            status: "INVALID_ARGUMENT",
            details: [{ "@type": type("rpc.ErrorInfo"), reason: hostile(n) }]
          })
        }))
    }
  }
})

describe("details of FCM", () => {
  it.effect("violations", () =>
    assertLinear(hearFcm(400), {
      normal: { status: "INVALID_ARGUMENT" },
      hostile: (n) => ({
        status: "INVALID_ARGUMENT",
        details: [{
          "@type": type("rpc.BadRequest"),
          fieldViolations: Array.from({ length: n }, () => ({ field: "message.data[0].value", description: "four" }))
        }]
      })
    }))

  it.effect("quotas", () =>
    assertLinear(hearFcm(429), {
      normal: { status: "RESOURCE_EXHAUSTED" },
      hostile: (n) => ({
        details: [{
          "@type": type("rpc.QuotaFailure"),
          violations: Array.from({ length: n }, () => ({ subject: "projects/a", description: "project ".repeat(9) }))
        }]
      })
    }))
})

describe("a text of GCM", () => {
  for (const [what, hostile] of Object.entries(texts)) {
    it.effect(what, () => assertLinear(hearGcm, { normal: "text", hostile }))
  }

  it.effect("published to a topic: a code that nobody told us about", () =>
    assertLinear(
      (error: string) =>
        Effect.provide(
          Messaging.publish(message, Audience.topic("news")),
          Http.gcm(() => Http.json({ error }))
        ),
      { normal: "SomeNewCode", hostile: (n) => "A".repeat(n) }
    ))
})

describe("results of GCM", () => {
  /** Sends to so many, who are all answered with a code that nobody told us about. */
  const answered = (codeOf: (i: number) => string) => (recipients: ReadonlyArray<string>) =>
    Effect.provide(
      Messaging.send(message, recipients),
      Http.gcm((request) => Http.json({ results: Http.idsOf(request).map((_, i) => ({ error: codeOf(i) })) }))
    )
  // alike for so long that comparing them costs something; so many that it shows, and 1000 at most, as a request has
  const ids = (n: number) => Array.from({ length: Math.min(16 * n, 1000) }, (_, i) => `${"a".repeat(30)}${100_000 + i}`)
  const letters = (i: number) => Array.from(String(i), (digit) => "bcdefghijk".charAt(Number(digit))).join("")

  it.effect("the same code for each recipient", () =>
    assertLinear(answered(() => "a".repeat(40)), { normal: ids(1), hostile: ids }))

  it.effect("another code for each recipient", () =>
    assertLinear(answered((i) => "a".repeat(36) + letters(i)), { normal: ids(1), hostile: ids }))
})
