import { AccessToken, Message, Messaging, Recipient, RetryPolicy } from "@cloud-messaging/client"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Redacted } from "effect"
import * as Http from "./utils/http.ts"
import { inTime } from "./utils/time.ts"

const message = Message.make({ data: { score: 42 } })

const fails = (reason: AccessToken.AccessTokenError["reason"]) =>
  Effect.fail(new AccessToken.AccessTokenError({ reason }))

const unreachable = fails(new AccessToken.Unreachable({ detail: "the store of keys is away" }))

/** Keys, one after the other; the last for ever. */
const keys = (...all: ReadonlyArray<Effect.Effect<Redacted.Redacted, AccessToken.AccessTokenError>>) => {
  let asked = 0
  return Effect.suspend(() => all[Math.min(asked++, all.length - 1)] ?? Effect.die("no keys"))
}

const key = (text: string) => Effect.succeed(Redacted.make(text))

const authorizations = (requests: ReadonlyArray<Http.Recorded>) =>
  requests.map(({ headers }) => headers["authorization"])

describe("apiKey as an effect", () => {
  it.effect("is run for every request, retries among them", () =>
    Effect.gen(function*() {
      const requests: Array<Http.Recorded> = []
      const answer: Http.Answer = (request, n) => n === 1 ? Http.text("", { status: 503 }) : Http.acceptAll(request, n)
      const layer = Http.gcm(answer, requests, {
        apiKey: keys(key("old"), key("new")),
        retryPolicy: RetryPolicy.standard
      })
      const report = yield* inTime(Effect.provide(Messaging.send(message, "a"), layer))
      assert.strictEqual(report.counts.Success, 1)
      assert.deepStrictEqual(authorizations(requests), ["key=old", "key=new"])
    }))

  it.effect("that fails ends the send: no access token, nothing sent, all unsettled", () =>
    Effect.gen(function*() {
      const requests: Array<Http.Recorded> = []
      const reasons = [
        new AccessToken.NoCredentials({ detail: "no such secret" }),
        new AccessToken.InvalidKey({ detail: "an odd secret" }),
        new AccessToken.InvalidGrant({ detail: "the store refuses" }),
        new AccessToken.InvalidResponse({ detail: "the store's answer is none" })
      ]
      for (const reason of reasons) {
        const layer = Http.gcm(Http.acceptAll, requests, {
          apiKey: fails(reason),
          retryPolicy: RetryPolicy.standard
        })
        const error = yield* Effect.flip(Effect.provide(Messaging.send(message, ["a", "b"]), layer))
        assert.strictEqual(error._tag, "AuthenticationError")
        assert.strictEqual(error.reason._tag === "NoAccessToken" ? error.reason.cause.reason : undefined, reason)
        assert.deepStrictEqual(error.unsettled.map(Recipient.value), ["a", "b"])
      }
      assert.deepStrictEqual(requests, [])
    }))

  it.effect("that is out of reach is tried again, as the policy says", () =>
    Effect.gen(function*() {
      const requests: Array<Http.Recorded> = []
      const layer = Http.gcm(Http.acceptAll, requests, {
        apiKey: keys(unreachable, unreachable, key("there")),
        retryPolicy: RetryPolicy.standard
      })
      const report = yield* inTime(Effect.provide(Messaging.send(message, "a"), layer))
      assert.strictEqual(report.counts.Success, 1)
      assert.deepStrictEqual(authorizations(requests), ["key=there"])
      const never = Http.gcm(Http.acceptAll, requests, { apiKey: unreachable, retryPolicy: RetryPolicy.standard })
      const error = yield* inTime(Effect.flip(Effect.provide(Messaging.send(message, "a"), never)))
      assert.strictEqual(error.reason._tag, "NoAccessToken")
    }))

  it.effect("may be kept for a while", () =>
    Effect.gen(function*() {
      const requests: Array<Http.Recorded> = []
      const apiKey = yield* Effect.cachedWithTTL(keys(key("first"), key("second")), Duration.minutes(5))
      const layer = Http.gcm(Http.acceptAll, requests, { apiKey })
      yield* Effect.provide(
        Effect.gen(function*() {
          yield* Messaging.send(message, "a")
          yield* Messaging.send(message, "a")
          yield* inTime(Effect.void, "6 minutes")
          yield* Messaging.send(message, "a")
        }),
        layer
      )
      assert.deepStrictEqual(authorizations(requests), ["key=first", "key=first", "key=second"])
    }))
})
