/**
 * Where all this began: the usage example of the Python library gcm-client, line by line, in our API; and the swap of
 * one protocol for the other, which changes the layer and nothing else.
 */
import { Fcm, Gcm, Message, Messaging, Recipient, Report, RetryPolicy, ServiceAccount } from "@cloud-messaging/client"
import { Emulator } from "@cloud-messaging/emulator"
import { assert, describe, it } from "@effect/vitest"
import { Config, ConfigProvider, Console, Duration, Effect, Layer, Random, Redacted } from "effect"
import type { HttpClient } from "effect/http"
import * as Http from "./utils/http.ts"

// construct payload
const data = { str: "string", int: 10 }

// unicast or multicast message
const unicast = Message.make({ data, dryRun: true })
const multicast = Message.make({ data, collapseKey: "my.key", dryRun: true })

const program = (one: string, two: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    // attempt send
    const resUnicast = yield* Messaging.send(unicast, one)
    const resMulticast = yield* Messaging.send(multicast, two)

    for (const res of [resUnicast, resMulticast]) {
      // nothing to do on success
      for (const { messageId, recipient } of res.success) {
        yield* Console.log(`Successfully sent ${Recipient.value(recipient)} as ${messageId}`)
      }
      // update your registration ID's
      for (const { canonical, recipient } of res.canonical) {
        yield* Console.log(`Replacing ${Recipient.value(recipient)} with ${Recipient.value(canonical)} in database`)
      }
      // probably app was uninstalled
      for (const { recipient } of res.notRegistered) {
        yield* Console.log(`Removing ${Recipient.value(recipient)} from database`)
      }
      // unrecoverably failed
      for (const { code, recipient } of res.failed) {
        yield* Console.log(`Removing ${Recipient.value(recipient)} because ${code}`)
      }
      // if some registration ID's have recoverably failed
      if (Report.needsRetry(res)) {
        // construct new message with only failed regids
        const again = Report.retry(res)
        // you have to wait before attempting again
        const wait = yield* Report.delay(res, 0)
        yield* Console.log(`Wait or schedule task after ${Duration.toSeconds(wait)} seconds for ${again.length}`)
      }
    }
  }).pipe(
    Effect.catchTag("AuthenticationError", () => Console.log("Your Google API key is rejected")),
    // unrecoverable error, we can not retry
    Effect.catchTag(
      "ValidationError",
      (error) => Console.log(`Invalid message/option or invalid response: ${error.message}`)
    ),
    // your network is down or maybe proxy settings are broken; when the problem is resolved, you can retry
    Effect.catchTag("TransportError", (error) => Console.log(`Something wrong with the network: ${error.message}`))
  )

const everyFate = program("emulator:ok:1", [
  "emulator:ok:2",
  "emulator:moved:3",
  "emulator:unregistered:4",
  "emulator:invalid:5",
  "emulator:unavailable-1:6"
])

const gcm = Gcm.layer({ apiKey: Redacted.make("API_KEY"), retryPolicy: RetryPolicy.none })
const fcm = Fcm.layer({ projectId: "my-project", retryPolicy: RetryPolicy.none }).pipe(
  Layer.provide(ServiceAccount.layerConfig({
    clientEmail: Config.String("FCM_CLIENT_EMAIL"),
    privateKey: Config.Redacted("FCM_PRIVATE_KEY")
  }))
)

const environment = ConfigProvider.layer(ConfigProvider.fromEnv({
  env: {
    FCM_CLIENT_EMAIL: Emulator.serviceAccount.clientEmail,
    FCM_PRIVATE_KEY: Redacted.value(Emulator.serviceAccount.privateKey)
  }
}))

/** What the program prints. */
const printed = <E, R>(effect: Effect.Effect<void, E, R>) => {
  const lines: Array<string> = []
  const console: Console.Console = { ...globalThis.console, log: (...args) => lines.push(args.join(" ")) }
  return effect.pipe(
    Effect.provideService(Console.Console, console),
    Random.withSeed("gcm-client"),
    Effect.map(() => lines.map((line) => line.replace(/after [\d.]+ seconds/, "after N seconds")))
  )
}

describe("gcm-client's usage example", () => {
  it.effect("through GCM", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* printed(everyFate), [
        "Successfully sent emulator:ok:1 as fake_message_id",
        "Successfully sent emulator:ok:2 as fake_message_id",
        "Successfully sent emulator:moved:3 as fake_message_id",
        "Replacing emulator:moved:3 with emulator:ok:3 in database",
        "Removing emulator:unregistered:4 from database",
        "Removing emulator:invalid:5 because InvalidRegistration",
        "Wait or schedule task after N seconds for 1"
      ])
      const arrivals = yield* Emulator.Emulator.use(({ messages }) => messages.query())
      assert.deepStrictEqual(arrivals.map(({ dryRun, message, recipient }) => [recipient, message, dryRun]), [
        ["emulator:ok:1", { data: { str: "string", int: "10" }, dry_run: true }, true],
        ["emulator:ok:2", { data: { str: "string", int: "10" }, collapse_key: "my.key", dry_run: true }, true],
        ["emulator:moved:3", { data: { str: "string", int: "10" }, collapse_key: "my.key", dry_run: true }, true]
      ])
    }).pipe(Effect.provide(Layer.provideMerge(gcm, Emulator.layerHttpClient))))

  it.effect("through FCM v1: the same program, another layer", () =>
    Effect.gen(function*() {
      const name = "projects/my-project/messages/fake_message_id"
      assert.deepStrictEqual(yield* printed(everyFate), [
        `Successfully sent emulator:ok:1 as ${name}`,
        `Successfully sent emulator:ok:2 as ${name}`,
        `Successfully sent emulator:moved:3 as ${name}`,
        "Removing emulator:unregistered:4 from database",
        "Removing emulator:invalid:5 because INVALID_ARGUMENT",
        "Wait or schedule task after N seconds for 1"
      ])
      const arrivals = yield* Emulator.Emulator.use(({ messages }) => messages.query())
      assert.strictEqual(arrivals.length, 3)
      assert.isTrue(arrivals.every(({ dryRun, endpoint }) => dryRun && endpoint === "fcm"))
    }).pipe(
      Effect.provide(fcm.pipe(Layer.provideMerge(Emulator.layerHttpClient), Layer.provide(environment)))
    ))

  it.effect("with a key that is refused", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* printed(everyFate), ["Your Google API key is rejected"])
    }).pipe(Effect.provide(
      Layer.provide(Gcm.layer({ apiKey: Redacted.make("emulator:bad-key") }), Emulator.layerHttpClient)
    )))

  it.effect("with an answer that is none, and a network that is down", () =>
    Effect.gen(function*() {
      const via = (answer: Http.Answer) => printed(Effect.provide(everyFate, Http.gcm(answer)))
      assert.deepStrictEqual(yield* via(() => Http.text("<html>")), [
        "Invalid message/option or invalid response: not an answer of the service (200): no results; is the url right, and no proxy in between?"
      ])
      assert.deepStrictEqual(yield* via(() => Effect.fail({ code: "ECONNREFUSED" })), [
        "Something wrong with the network: the connection to fcm.googleapis.com failed: ECONNREFUSED"
      ])
    }))

  it.effect("needs an HttpClient and nothing else, and leaves no error", () => {
    const viaGcm: Effect.Effect<void, never, HttpClient.HttpClient> = Effect.provide(everyFate, gcm)
    const viaFcm: Effect.Effect<void, Config.ConfigError, HttpClient.HttpClient> = Effect.provide(everyFate, fcm)
    return Effect.asVoid(Effect.all([
      Effect.provide(printed(viaGcm), Emulator.layerHttpClient),
      Effect.provide(printed(Effect.provide(viaFcm, environment)), Emulator.layerHttpClient)
    ]))
  })
})
