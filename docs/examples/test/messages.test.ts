/** The tables of `docs/messages.md` are what the library does: every portable field on the wire, every rule of the advice. */
import { AccessToken, Fcm, Gcm, Message, Messaging } from "@cloud-messaging/client"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Redacted } from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"
import * as Fs from "node:fs"
import * as Path from "node:path"

// -----------------------------------------------------------------------------
// The document
// -----------------------------------------------------------------------------

const document = Fs.readFileSync(Path.resolve(import.meta.dirname, "../../messages.md"), "utf8")

/** The rows of the first table of a section, as cells. */
const rowsOf = (heading: string): ReadonlyArray<ReadonlyArray<string>> =>
  (document.split(`\n${heading}\n`)[1]?.split(/\n## /)[0] ?? "")
    .split("\n").filter((line) => line.startsWith("|")).slice(2)
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()))

/** The first thing in code of a cell, which is a path, a field or a rule. */
const codeOf = (cell = ""): ReadonlyArray<string> => /`([^`]+)`/.exec(cell)?.slice(1) ?? []

// -----------------------------------------------------------------------------
// The wire
// -----------------------------------------------------------------------------

const record = (texts: Array<string>) =>
  Layer.succeed(
    HttpClient.HttpClient,
    HttpClient.make((request) => {
      texts.push(request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : "")
      return Effect.succeed(
        HttpClientResponse.fromWeb(
          request,
          Response.json({ name: "projects/p/messages/1", results: [{ message_id: "1" }] })
        )
      )
    })
  )

const accessToken = AccessToken.layer(Effect.succeed({ token: Redacted.make("t"), expiresIn: 3600 }))

const layers = {
  fcm: Fcm.layer({ projectId: "p" }).pipe(Layer.provide(accessToken)),
  gcm: Gcm.layer({ apiKey: Redacted.make("k") })
}

/** Paths of what a protocol is sent of some fields; none if it refuses them. */
const sent = (protocol: keyof typeof layers, fields: Message.Fields) => {
  const texts: Array<string> = []
  return Messaging.send(Message.make(fields), "t").pipe(
    Effect.exit,
    Effect.map((exit) => Exit.isSuccess(exit) ? pathsOf(JSON.parse(texts[0] ?? "")) : ["refused"]),
    Effect.provide(Layer.provide(layers[protocol], record(texts)))
  )
}

/** Maps of the sender's own keys. */
const isWhole = (path: string): boolean => path === "data"

const pathsOf = (request: { readonly message?: object }): ReadonlyArray<string> => {
  const { message = {}, ...rest } = request
  return [...leaves(message, ""), ...leaves(rest, "")].filter((path) => !["token", "registration_ids"].includes(path))
}

const leaves = (value: unknown, path: string): ReadonlyArray<string> =>
  typeof value !== "object" || value === null || Array.isArray(value) || isWhole(path)
    ? [path]
    : Object.entries(value).flatMap(([key, part]) => leaves(part, path === "" ? key : `${path}.${key}`))

// -----------------------------------------------------------------------------
// Tests
// -----------------------------------------------------------------------------

/** A message with each portable field alone: the compiler asks for those that are missing. */
const samples:
  & {
    readonly [F in Exclude<keyof Message.Fields, "android" | "apns" | "webpush" | "gcm" | "notification">]-?:
      Message.Fields
  }
  & { readonly [F in keyof Message.Notification as `notification.${F}`]-?: Message.Fields } = {
    data: { data: { a: 1 } },
    "notification.title": { notification: { title: "T" } },
    "notification.body": { notification: { body: "B" } },
    "notification.image": { notification: { image: "I" } },
    collapseKey: { collapseKey: "k" },
    timeToLive: { timeToLive: "1 hour" },
    priority: { priority: "high" },
    restrictedPackageName: { restrictedPackageName: "p" },
    analyticsLabel: { analyticsLabel: "l" },
    dryRun: { dryRun: true }
  }

describe("the table of the portable fields", () => {
  const rows = rowsOf("## The portable fields")

  it("has every field, once", () => {
    assert.sameMembers(rows.map(([field]) => codeOf(field)[0]), Object.keys(samples))
  })

  for (const [field, fields] of Object.entries(samples)) {
    it.effect(`says where ${field} is written`, () =>
      Effect.gen(function*() {
        const [, android, apple, browsers, gcm] = rows.find(([cell]) => codeOf(cell)[0] === field) ?? []
        const expected = new Set([android, apple, browsers].flatMap(codeOf))
        assert.sameMembers(Array.from(yield* sent("fcm", fields)), Array.from(expected))
        assert.sameMembers(Array.from(yield* sent("gcm", fields)), gcm === "refused" ? [gcm] : Array.from(codeOf(gcm)))
      }))
  }
})

/** Every rule: the compiler asks for those that are missing. */
const rules: { readonly [R in Message.Rule]: true } = {
  empty: true,
  size: true,
  "size-left": true,
  "topic-size": true,
  "fcm-refuses": true,
  "gcm-refuses": true,
  "fcm-leaves-out": true,
  "gcm-leaves-out": true,
  "reserved-key": true,
  "data-only-priority": true,
  "apns-background": true,
  "apns-priority": true,
  "apns-push-type": true,
  "apns-image": true,
  "apns-headers": true,
  "apns-header-names": true,
  "apns-payload": true,
  "apns-keys": true,
  "apns-misplaced": true,
  "live-activity": true,
  "collapse-key-apns": true,
  "collapse-key-webpush": true,
  "collapse-key-count": true,
  "time-to-live-zero": true,
  "time-to-live-rounded": true,
  "time-to-live-stale": true,
  "android-contradiction": true,
  "webpush-headers": true,
  "webpush-header-names": true,
  "webpush-keys": true,
  "webpush-link": true,
  "analytics-label": true,
  deprecated: true
}

/** Messages that every rule has something to say about. */
const advised: ReadonlyArray<Message.Fields> = [
  { data: { key: "x".repeat(4000) } },
  {},
  { data: { a: "a".repeat(4000), google: 1, message_type: 1 }, notification: { title: "T".repeat(100), image: "I" } },
  { data: { a: "a".repeat(3000) }, apns: { headers: { "apns-priority": "10", "apns-push-type": "alert" } } },
  { collapseKey: "ä".repeat(40) + "1", timeToLive: "0 seconds", analyticsLabel: "a b", gcm: { delayWhileIdle: true } },
  { collapseKey: "k", timeToLive: "192.0001 hours" },
  {
    android: { notification: { defaultVibrateTimings: true, vibrateTimings: ["1 second"] } },
    apns: {
      headers: { "apns-expiration": "1 hour", apns_priority: "5" },
      payload: JSON.parse(
        "{ \"aps\": { \"badge\": \"1\", \"threadId\": \"t\" }, \"headers\": { \"apns-priority\": \"5\" } }"
      ),
      liveActivityToken: "t"
    },
    webpush: {
      headers: { TTL: "1 hour", topics: "t" },
      notification: { icn: "/icon.png" },
      fcmOptions: { link: "http://example.com" }
    }
  }
]

describe("the table of the advice", () => {
  it("has every rule, with its explanation", () => {
    const rows = rowsOf("## Advice").map(([rule, why]) => [codeOf(rule)[0], why])
    const found = advised.flatMap((fields) => Message.lint(Message.make(fields)))
    assert.sameDeepMembers(rows, Array.from(new Map(found.map(({ explanation, rule }) => [rule, explanation]))))
    assert.sameMembers(rows.map(([rule]) => rule), Object.keys(rules))
  })
})
