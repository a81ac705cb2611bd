/** Law 11: credentials go where code says. */
import { AccessToken, Fcm, Gcm, Message, Messaging, ServiceAccount } from "@cloud-messaging/client"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Config, ConfigProvider, Effect, Exit, Layer, Redacted } from "effect"
import * as Http from "./utils/http.ts"

const message = Message.make({ data: { score: 42 } })

const env = (values: Record<string, string>) => ConfigProvider.layer(ConfigProvider.fromEnv({ env: values }))

const send = (layer: Layer.Layer<Messaging.Messaging, Config.ConfigError>) =>
  Effect.exit(Effect.provide(Messaging.send(message, "a"), layer))

const fcmConfig = Fcm.layerConfig({ projectId: Config.String("FCM_PROJECT"), url: Config.String("FCM_URL") })
const fcmProject = Fcm.layerConfig({ projectId: Config.String("FCM_PROJECT") })
const gcmConfig = Gcm.layerConfig({ apiKey: Config.Redacted("GCM_API_KEY"), url: Config.String("GCM_URL") })
const gcmKey = Gcm.layerConfig({ apiKey: Config.Redacted("GCM_API_KEY") }, { concurrency: 4 })
const account = ServiceAccount.layerConfig({
  clientEmail: Config.String("FCM_CLIENT_EMAIL"),
  privateKey: Config.Redacted("FCM_PRIVATE_KEY")
})

const wrong = [
  ["not a url", "must be a URL"],
  ["http://example.com", "must be https, or http on loopback"],
  ["http://127.0.0.1.example.com", "must be https, or http on loopback"],
  ["http://localhost.example.com", "must be https, or http on loopback"],
  ["ftp://localhost", "must be https, or http on loopback"],
  ["https://me:secret@example.com", "must hold no user name and no password"]
] as const

const right = [
  "https://example.com",
  "http://localhost:1",
  "http://127.1.2.3:1",
  "http://[::1]:1",
  "https://EXAMPLE.com/"
]

describe("url", () => {
  it.effect("in code: a wrong one dies when the layer is built, naming the option", () =>
    Effect.gen(function*() {
      for (const [url, problem] of wrong) {
        for (const layer of [Http.fcm(Http.accept, [], { url }), Http.gcm(Http.acceptAll, [], { url })]) {
          const exit = yield* send(layer)
          assert.isTrue(Exit.hasDies(exit))
          assert.include(String(exit), problem)
          assert.include(String(exit), "url")
          assert.notInclude(String(exit), "secret")
        }
      }
    }))

  it.effect("from Config: a wrong one is a ConfigError", () =>
    Effect.gen(function*() {
      for (const [url, problem] of wrong) {
        const fcm = fcmConfig.pipe(Layer.provide([Http.layer(Http.accept), Http.accessToken]))
        const gcm = gcmConfig.pipe(Layer.provide(Http.layer(Http.accept)))
        const provider = env({ FCM_PROJECT: "p", FCM_URL: url, GCM_API_KEY: "k", GCM_URL: url })
        for (const layer of [fcm, gcm]) {
          const error = yield* Effect.flip(Effect.provide(Messaging.send(message, "a"), Layer.provide(layer, provider)))
          assert.strictEqual(error._tag, "ConfigError")
          assert.include(error.message, problem)
          assert.notInclude(error.message, "secret")
        }
      }
    }))

  it.effect("is an origin for FCM, a full endpoint for GCM", () =>
    Effect.gen(function*() {
      for (const url of ["https://example.com/path", "https://example.com?query", "https://example.com#hash"]) {
        assert.include(String(yield* send(Http.fcm(Http.accept, [], { url }))), "must be an origin")
      }
      const requests: Array<Http.Recorded> = []
      yield* send(Http.gcm(Http.acceptAll, requests, { url: "https://example.com/path?query" }))
      assert.strictEqual(requests[0]?.url, "https://example.com/path?query")
    }))

  it.effect("is taken as https, or http on loopback", () =>
    Effect.gen(function*() {
      for (const url of right) {
        assert.isTrue(Exit.isSuccess(yield* send(Http.fcm(Http.accept, [], { url }))), url)
      }
    }))
})

describe("projectId", () => {
  const wrongIds = ["", "..", ".", "a/b", "a b", "a?b", "\ud800"]

  it.effect("in code: one that would change the path dies, naming the option; from Config it is a ConfigError", () =>
    Effect.gen(function*() {
      const http = Layer.merge(Http.accessToken, Http.layer(Http.accept))
      for (const projectId of wrongIds) {
        const exit = yield* send(Http.fcm(Http.accept, [], { projectId }))
        assert.isTrue(Exit.hasDies(exit), projectId)
        assert.include(String(exit), "projectId")
        const provided = Layer.provide(fcmProject, [http, env({ FCM_PROJECT: projectId })])
        assert.include(String(yield* send(provided)), "ConfigError", projectId)
      }
    }))
})

describe("layerConfig", () => {
  it.effect("takes the connection from Config, the rest as values", () =>
    Effect.gen(function*() {
      const requests: Array<Http.Recorded> = []
      const provider = env({
        FCM_PROJECT: "p-q",
        FCM_URL: "https://fcm.example",
        GCM_API_KEY: "k",
        GCM_URL: "https://g.example/s"
      })
      const http = Layer.merge(
        Http.accessToken,
        Http.layer(
          (request, n) => request.url.includes("/v1/") ? Http.accept(request, n) : Http.acceptAll(request, n),
          requests
        )
      )
      for (const layer of [fcmConfig, fcmProject, gcmConfig, gcmKey]) {
        assert.isTrue(Exit.isSuccess(yield* send(layer.pipe(Layer.provide([http, provider])))))
      }
      assert.deepStrictEqual(requests.map(({ url }) => url), [
        "https://fcm.example/v1/projects/p-q/messages:send",
        "https://fcm.googleapis.com/v1/projects/p-q/messages:send",
        "https://g.example/s",
        "https://fcm.googleapis.com/fcm/send"
      ])
    }))

  it.effect("fails with a ConfigError for what is missing", () =>
    Effect.gen(function*() {
      const http = Layer.merge(Http.accessToken, Http.layer(Http.accept))
      for (const layer of [fcmConfig, gcmConfig, Layer.provide(Fcm.layer({ projectId: "p" }), account)]) {
        const exit = yield* send(layer.pipe(Layer.provide([http, env({})])))
        assert.strictEqual(Exit.isFailure(exit) && Cause.hasFails(exit.cause), true)
        assert.include(String(exit), "ConfigError")
      }
    }))
})

describe("FIREBASE_MESSAGING_EMULATOR_HOST", () => {
  const emulator = (host: string, rest: Record<string, string> = {}) =>
    env({ FIREBASE_MESSAGING_EMULATOR_HOST: host, ...rest })

  it.effect("sends there over plain HTTP, as `owner`, and reads no key", () =>
    Effect.gen(function*() {
      const requests: Array<Http.Recorded> = []
      const http = Http.layer(
        (request, n) => request.url.includes("/v1/") ? Http.accept(request, n) : Http.acceptAll(request, n),
        requests
      )
      const provider = emulator("emulator.internal:8025", { FCM_PROJECT: "p" })
      const neverAsked = Layer.succeed(AccessToken.AccessToken, {
        get: Effect.die("a real token was asked for"),
        invalidate: () => Effect.die("a real token was refused")
      })
      const layers = [
        Layer.provide(fcmProject, neverAsked),
        Layer.provide(fcmProject, account),
        gcmConfig
      ]
      for (const layer of layers) {
        assert.isTrue(Exit.isSuccess(yield* send(layer.pipe(Layer.provide([http, provider])))))
      }
      const fcm = ["http://emulator.internal:8025/v1/projects/p/messages:send", "Bearer owner"]
      assert.deepStrictEqual(requests.map(({ headers, url }) => [url, headers["authorization"]]), [
        fcm,
        fcm,
        ["http://emulator.internal:8025/fcm/send", "key=owner"]
      ])
    }))

  it.effect("gives ServiceAccount.layerConfig the token `owner`, without a request", () =>
    Effect.gen(function*() {
      const requests: Array<Http.Recorded> = []
      const token = yield* AccessToken.AccessToken.use(({ get }) => get).pipe(
        Effect.provide(account.pipe(Layer.provide([Http.layer(Http.accept, requests), emulator("localhost:1")])))
      )
      assert.strictEqual(Redacted.value(token), "owner")
      assert.deepStrictEqual(requests, [])
    }))

  it.effect("is as if unset when it is empty, and a ConfigError when it is no host:port", () =>
    Effect.gen(function*() {
      const requests: Array<Http.Recorded> = []
      const http = Layer.merge(Http.accessToken, Http.layer(Http.accept, requests))
      const rest = { FCM_PROJECT: "p" }
      yield* send(fcmProject.pipe(Layer.provide([http, emulator("", rest)])))
      assert.strictEqual(requests[0]?.url, "https://fcm.googleapis.com/v1/projects/p/messages:send")
      for (
        const host of [
          "localhost",
          "http://localhost:1",
          "localhost:1/path",
          "user@localhost:1",
          "localhost:99999",
          "a b:1"
        ]
      ) {
        assert.include(
          String(yield* send(fcmProject.pipe(Layer.provide([http, emulator(host, rest)])))),
          "ConfigError",
          host
        )
      }
    }))

  it.effect("does not touch layers that code configures", () =>
    Effect.gen(function*() {
      const requests: Array<Http.Recorded> = []
      yield* send(Layer.provide(Http.fcm(Http.accept, requests), emulator("localhost:1")))
      assert.strictEqual(requests[0]?.url, "https://fcm.googleapis.com/v1/projects/my-project/messages:send")
    }))
})
