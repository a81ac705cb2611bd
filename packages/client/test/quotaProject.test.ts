/** The header `x-goog-user-project`: the project that the credentials want requests to count towards. */
import { AccessToken, Audience, Fcm, Message, Messaging, RetryPolicy, Topics } from "@cloud-messaging/client"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import * as Http from "./utils/http.ts"

const message = Message.make({ data: { score: 42 } })

const answer: Http.Answer = (request, n) =>
  request.url.includes("/iid/")
    ? Http.json({ results: [{}] })
    : request.method === "GET"
    ? Http.json({})
    : Http.accept(request, n)

/** Both services, with such credentials. */
const services = (accessToken: AccessToken.Service, requests: Array<Http.Recorded>) =>
  Effect.provide(
    Effect.all([Messaging.Messaging, Topics.Topics]),
    Fcm.layer({ projectId: "my-project", retryPolicy: RetryPolicy.none }).pipe(
      Layer.provide([Layer.succeed(AccessToken.AccessToken, accessToken), Http.layer(answer, requests)])
    )
  )

const projects = (requests: ReadonlyArray<Http.Recorded>) =>
  requests.map(({ headers }) => headers["x-goog-user-project"])

const token = (value: string) => Redacted.make(value)

describe("x-goog-user-project", () => {
  it.effect("is on every request, to FCM v1 and to Instance ID", () =>
    Effect.gen(function*() {
      const requests: Array<Http.Recorded> = []
      const [messaging, topics] = yield* services({
        get: Effect.succeed(token("access-token-1")),
        invalidate: () => Effect.void,
        quotaProject: "billing-project"
      }, requests)
      yield* messaging.send(message, "a")
      yield* messaging.publish(message, Audience.topic("news"))
      yield* topics.subscribe("news", "a")
      yield* topics.unsubscribe("news", "a")
      yield* topics.subscribe("news", "a", { topicApi: "instanceId" })
      yield* topics.list("a")
      assert.deepStrictEqual(projects(requests), Array.from({ length: 6 }, () => "billing-project"))
      for (const { headers } of requests) assert.strictEqual(headers["authorization"], "Bearer access-token-1")
    }))

  it.effect("is absent where the credentials name none", () =>
    Effect.gen(function*() {
      for (const quotaProject of [undefined, ""]) {
        const requests: Array<Http.Recorded> = []
        const [messaging, topics] = yield* services({
          get: Effect.succeed(token("access-token-1")),
          invalidate: () => Effect.void,
          quotaProject
        }, requests)
        yield* messaging.send(message, "a")
        yield* topics.subscribe("news", "a")
        assert.deepStrictEqual(requests.map(({ headers }) => "x-goog-user-project" in headers), [false, false])
      }
    }))

  it.effect("changes with the token, for a message that was sent before as well", () =>
    Effect.gen(function*() {
      const requests: Array<Http.Recorded> = []
      let asked = 0
      const accessToken = yield* AccessToken.make(Effect.sync(() => ({
        token: token(`access-token-${++asked}`),
        expiresIn: 0, // fetched for each request
        ...asked === 3 ? {} : { quotaProject: `project-${asked}` }
      })))
      const [messaging] = yield* services(accessToken, requests)
      for (let i = 0; i < 3; i++) yield* messaging.send(message, "a")
      assert.deepStrictEqual(projects(requests), ["project-1", "project-2", undefined])
    }))

  it.effect("changes without the token", () =>
    Effect.gen(function*() {
      const requests: Array<Http.Recorded> = []
      const kept = token("access-token-1")
      let quotaProject = "project-1"
      const [messaging, topics] = yield* services({
        get: Effect.succeed(kept),
        invalidate: () => Effect.void,
        get quotaProject() {
          return quotaProject
        }
      }, requests)
      yield* messaging.send(message, "a")
      yield* topics.subscribe("news", "a")
      quotaProject = "project-2"
      yield* messaging.send(message, "a")
      yield* topics.subscribe("news", "a")
      assert.deepStrictEqual(projects(requests), ["project-1", "project-1", "project-2", "project-2"])
    }))

  it.effect("one that no header can hold is an error of the credentials, and nothing is sent", () =>
    Effect.gen(function*() {
      for (const quotaProject of ["two words", "project\r\nauthorization: other", "projét", "tail\n"]) {
        const requests: Array<Http.Recorded> = []
        const [messaging, topics] = yield* services({
          get: Effect.succeed(token("access-token-1")),
          invalidate: () => Effect.void,
          quotaProject
        }, requests)
        const errors = yield* Effect.all([
          Effect.flip(messaging.send(message, "a")),
          Effect.flip(topics.subscribe("news", "a"))
        ])
        for (const error of errors) {
          assert.deepStrictEqual([error._tag, error.reason._tag], ["AuthenticationError", "NoAccessToken"])
          assert.include(error.message, "quota project")
          assert.notInclude(error.message, quotaProject)
        }
        assert.isEmpty(requests)
      }
    }))
})
