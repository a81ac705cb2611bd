import { AccessToken, ServiceAccount } from "@cloud-messaging/client"
import { Emulator } from "@cloud-messaging/emulator"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, FileSystem, Layer, Path, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { generateKeyPairSync } from "node:crypto"
import * as Http from "./utils/http.ts"

const get = AccessToken.AccessToken.use(({ get }) => get)

const keyPair = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" }
})

const key = { clientEmail: "me@my-project.iam.gserviceaccount.com", privateKey: Redacted.make(keyPair.privateKey) }

const keyFile = {
  type: "service_account",
  project_id: "my-project",
  client_email: Emulator.serviceAccount.clientEmail,
  private_key: Redacted.value(Emulator.serviceAccount.privateKey),
  private_key_id: "emulator",
  token_uri: "https://oauth2.googleapis.com/token"
}

const token: Http.Answer = () => Http.json({ access_token: "ya29.token", expires_in: 3599, token_type: "Bearer" })

const reasonOf = (layer: Layer.Layer<AccessToken.AccessToken>) =>
  Effect.map(Effect.flip(Effect.provide(get, layer)), ({ message, reason }) => [reason._tag, message] as const)

const answered = (answer: Effect.Effect<Response, unknown>) =>
  reasonOf(Layer.provide(ServiceAccount.layer(key), Http.layer(() => answer)))

describe("ServiceAccount", () => {
  it.effect("gets a token that the emulator takes, from the parts of a key", () =>
    Effect.gen(function*() {
      const layer = Layer.provide(ServiceAccount.layer(Emulator.serviceAccount), Emulator.layerHttpClient)
      assert.strictEqual(Redacted.value(yield* Effect.provide(get, layer)), "emulator-access-token-1")
    }))

  it.effect("takes a key whose line breaks are written as \\n, as environment variables have them", () =>
    Effect.gen(function*() {
      const privateKey = Redacted.make(Redacted.value(Emulator.serviceAccount.privateKey).replaceAll("\n", "\\n"))
      const layer = Layer.provide(
        ServiceAccount.layer({ ...Emulator.serviceAccount, privateKey }),
        Emulator.layerHttpClient
      )
      yield* Effect.provide(get, layer)
    }))

  it.effect("gets a token from the text of a key file", () =>
    Effect.gen(function*() {
      const json = Redacted.make(JSON.stringify(keyFile))
      yield* Effect.provide(get, Layer.provide(ServiceAccount.layerJson(json), Emulator.layerHttpClient))
    }))

  it.effect("reads a key file again whenever a token must be made", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const file = path.join(yield* fs.makeTempDirectoryScoped(), "key.json")
      const layer = Layer.provide(ServiceAccount.layerFile(file), Emulator.layerHttpClient)
      yield* Effect.gen(function*() {
        const absent = yield* Effect.flip(get)
        assert.deepStrictEqual([absent.reason._tag, absent.message], [
          "NoCredentials",
          `no access token: the key file ${file} cannot be read (NotFound)`
        ])
        yield* fs.writeFileString(file, "{")
        assert.strictEqual((yield* Effect.flip(get)).reason._tag, "InvalidKey")
        yield* fs.writeFileString(file, JSON.stringify(keyFile))
        assert.strictEqual(Redacted.value(yield* get), "emulator-access-token-1")
      }).pipe(Effect.provide(layer))
    }).pipe(Effect.provide(NodeServices.layer)))

  it.effect("asks at tokenUrl, if one is given", () =>
    Effect.gen(function*() {
      const requests: Array<Http.Recorded> = []
      const layers = [
        ServiceAccount.layer({ ...key, tokenUrl: "http://127.0.0.1:1/token" }),
        ServiceAccount.layerJson(
          Redacted.make(JSON.stringify({ ...keyFile, token_uri: "https://elsewhere.example" })),
          { tokenUrl: "http://127.0.0.1:1/token" }
        ),
        ServiceAccount.layer(key)
      ]
      for (const layer of layers) {
        yield* Effect.provide(get, Layer.provide(layer, Http.layer(token, requests)))
      }
      assert.deepStrictEqual(requests.map(({ url }) => url), [
        "http://127.0.0.1:1/token",
        "http://127.0.0.1:1/token",
        "https://oauth2.googleapis.com/token"
      ])
    }))

  it.effect("law 11: a key file does not say where credentials go", () =>
    Effect.gen(function*() {
      const requests: Array<Http.Recorded> = []
      const json = Redacted.make(JSON.stringify({ ...keyFile, token_uri: "https://evil.example/token" }))
      const [tag, message] = yield* reasonOf(
        Layer.provide(ServiceAccount.layerJson(json), Http.layer(token, requests))
      )
      assert.strictEqual(tag, "InvalidKey")
      assert.match(message, /token_uri is not https:\/\/oauth2/)
      assert.deepStrictEqual(requests, [])
    }))

  it.effect("law 11: dies, naming the option, for a tokenUrl that is neither https nor loopback", () =>
    Effect.gen(function*() {
      const exit = yield* Effect.exit(Effect.provide(
        get,
        Layer.provide(ServiceAccount.layer({ ...key, tokenUrl: "http://example.com/token" }), Http.layer(token))
      ))
      assert.match(String(exit), /must be https, or http on loopback[^]*tokenUrl/)
    }))

  it.effect("tells what is wrong with a key, without showing it", () =>
    Effect.gen(function*() {
      const pem = keyPair.privateKey
      const cases = {
        "not json": pem,
        "no object": "[]",
        "no email": JSON.stringify({ ...keyFile, client_email: undefined }),
        "an odd key": JSON.stringify({ ...keyFile, private_key: 5 }),
        "no key": JSON.stringify({ ...keyFile, private_key: "SECRET" }),
        "another type": JSON.stringify({ type: "external_account", client_email: "a", private_key: "SECRET" }),
        "a public key": JSON.stringify({ ...keyFile, private_key: keyPair.publicKey })
      }
      for (const [name, json] of Object.entries(cases)) {
        const layer = Layer.provide(ServiceAccount.layerJson(Redacted.make(json)), Http.layer(token))
        const [tag, message] = yield* reasonOf(layer)
        assert.strictEqual(tag, "InvalidKey", name)
        assert.notMatch(message, /SECRET|-----|MII/, name)
        assert.isBelow(message.length, 400, name)
      }
    }))

  it.effect("tells why the endpoint gave no token", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(
        yield* answered(
          Http.json({ error: "invalid_grant", error_description: "Invalid JWT Signature." }, { status: 400 })
        ),
        [
          "InvalidGrant",
          "no access token: invalid_grant: Invalid JWT Signature. (is the key revoked, or this machine's clock wrong?)"
        ]
      )
      assert.deepStrictEqual(yield* answered(Http.text("<html>", { status: 400 })), [
        "InvalidResponse",
        "no access token: the token endpoint answered 400"
      ])
      assert.deepStrictEqual(yield* answered(Http.json({ id_token: "x" })), [
        "InvalidResponse",
        "no access token: the token endpoint's answer (200) has no access_token"
      ])
      for (const answer of [Http.text("", { status: 302 }), Http.text("<html>"), Http.text("")]) {
        assert.strictEqual((yield* answered(answer))[0], "InvalidResponse")
      }
    }))

  it.effect("is unreachable, which alone is worth a retry, when the endpoint is away or in trouble", () =>
    Effect.gen(function*() {
      const answers = [
        Effect.fail({ code: "ECONNREFUSED" }),
        Effect.fail({ code: "ECONNRESET" }),
        Http.text("", { status: 503 }),
        Http.text("", { status: 429 })
      ]
      for (const answer of answers) assert.strictEqual((yield* answered(answer))[0], "Unreachable")
      const asked = yield* Deferred.make<void>()
      const fiber = yield* Effect.forkChild(
        answered(Effect.andThen(Deferred.succeed(asked, undefined), Effect.never))
      )
      yield* Deferred.await(asked)
      yield* TestClock.adjust("15 seconds")
      assert.deepStrictEqual(yield* Fiber.join(fiber), ["Unreachable", "no access token: no answer within 15s"])
    }))
})
