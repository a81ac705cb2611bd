import { AccessToken, ServiceAccount } from "@cloud-messaging/client"
import { Emulator } from "@cloud-messaging/emulator"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { Config, ConfigProvider, Deferred, Effect, Exit, Fiber, FileSystem, Layer, Path, Redacted } from "effect"
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

const issued = Http.json({ access_token: "ya29.token", expires_in: 3599, token_type: "Bearer" })

const token: Http.Answer = () => issued

/** Tokens by the text of a key file, from an endpoint that gives them. */
const fromJson = (json: string, requests: Array<Http.Recorded> = []) =>
  Layer.provide(ServiceAccount.layerJson(Redacted.make(json)), Http.layer(token, requests))

const reasonOf = (layer: Layer.Layer<AccessToken.AccessToken>) =>
  Effect.map(Effect.flip(Effect.provide(get, layer)), ({ message, reason }) => [reason._tag, message] as const)

const answered = (answer: Effect.Effect<Response, unknown>) =>
  reasonOf(Layer.provide(ServiceAccount.layer(key), Http.layer(() => answer)))

describe("ServiceAccount", () => {
  it.effect("gets a token that the emulator takes, from the parts of a key", () =>
    Effect.gen(function*() {
      const layer = Layer.provide(ServiceAccount.layer(Emulator.serviceAccount), Emulator.layerHttpClient)
      assert.match(Redacted.value(yield* Effect.provide(get, layer)), /^emulator-access-token-1-/)
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
        assert.match(Redacted.value(yield* get), /^emulator-access-token-1-/)
      }).pipe(Effect.provide(layer))
    }).pipe(Effect.provide(NodeServices.layer)))

  describe("a key file that is rotated", () => {
    const refused = Http.json({ error: "invalid_grant", error_description: "Invalid JWT Signature." }, { status: 400 })

    /** Who signed: the key's id in the assertion of each request. */
    const signers = (requests: ReadonlyArray<Http.Recorded>) =>
      requests.map(({ text }) => {
        const [header = ""] = (new URLSearchParams(text).get("assertion") ?? "").split(".")
        return JSON.parse(Buffer.from(header, "base64url").toString()).kid
      })

    /** Gets a token with the file `old`, which `next` takes the place of while the endpoint gives its first answer. */
    const whileAnswering = Effect.fnUntraced(function*(
      answers: ReadonlyArray<Effect.Effect<Response>>,
      next: string | undefined
    ) {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const file = path.join(yield* fs.makeTempDirectoryScoped(), "key.json")
      yield* fs.writeFileString(file, JSON.stringify({ ...keyFile, private_key_id: "old" }))
      const requests: Array<Http.Recorded> = []
      const layer = ServiceAccount.layerFile(file).pipe(Layer.provide(Http.layer(
        (_, n) =>
          Effect.andThen(
            n > 1 ? Effect.void : next === undefined ? fs.remove(file) : fs.writeFileString(file, next),
            answers[n - 1] ?? Effect.die("asked too often")
          ),
        requests
      )))
      const got = yield* Effect.match(Effect.provide(get, layer), {
        onFailure: ({ reason }) => reason._tag,
        onSuccess: Redacted.value
      })
      return { got, signers: signers(requests) }
    }, Effect.provide(NodeServices.layer))

    const other = JSON.stringify({ ...keyFile, private_key_id: "new" })

    it.effect("after it was read is read once more for invalid_grant", () =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* whileAnswering([refused, issued], other), {
          got: "ya29.token",
          signers: ["old", "new"]
        })
      }))

    it.effect("is read no third time", () =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* whileAnswering([refused, refused], other), {
          got: "InvalidGrant",
          signers: ["old", "new"]
        })
      }))

    it.effect("to the same key is not tried again, nor after another answer", () =>
      Effect.gen(function*() {
        const same = JSON.stringify({ ...keyFile, private_key_id: "old" }, undefined, 2)
        assert.deepStrictEqual(yield* whileAnswering([refused], same), { got: "InvalidGrant", signers: ["old"] })
        const scope = Http.json({ error: "invalid_scope" }, { status: 400 })
        assert.deepStrictEqual(yield* whileAnswering([scope], other), { got: "InvalidGrant", signers: ["old"] })
      }))

    it.effect("to none tells what is wrong with the file now", () =>
      Effect.gen(function*() {
        assert.strictEqual((yield* whileAnswering([refused], "{")).got, "InvalidKey")
        assert.strictEqual((yield* whileAnswering([refused], undefined)).got, "NoCredentials")
      }))
  })

  it.effect("a key that is no file is not sent twice", () =>
    Effect.gen(function*() {
      const requests: Array<Http.Recorded> = []
      const refused = Http.layer(() => Http.json({ error: "invalid_grant" }, { status: 400 }), requests)
      for (
        const layer of [ServiceAccount.layer(key), ServiceAccount.layerJson(Redacted.make(JSON.stringify(keyFile)))]
      ) {
        assert.strictEqual((yield* reasonOf(Layer.provide(layer, refused)))[0], "InvalidGrant")
      }
      assert.lengthOf(requests, 2)
    }))

  it.effect("reads no more of a key file than 64 KiB", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const file = path.join(yield* fs.makeTempDirectoryScoped(), "key.json")
      const fromFile = (file: string) =>
        Layer.provide(ServiceAccount.layerFile(file), [Http.layer(token), NodeServices.layer])
      const tell = reasonOf(fromFile(file))
      const padded = (bytes: number) => {
        const text = JSON.stringify(keyFile)
        return text + " ".repeat(bytes - text.length)
      }
      yield* fs.writeFileString(file, padded(64 * 1024 + 1))
      assert.deepStrictEqual(yield* tell, ["InvalidKey", "no access token: the key file is larger than 64 KiB"])
      assert.strictEqual(
        (yield* reasonOf(fromJson(padded(64 * 1024 + 1))))[0],
        "InvalidKey"
      )
      yield* fs.writeFileString(file, padded(64 * 1024))
      yield* Effect.provide(get, fromFile(file))
      // endless
      const endless = "/dev/zero"
      if (yield* fs.exists(endless)) assert.strictEqual((yield* reasonOf(fromFile(endless)))[0], "InvalidKey")
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
      const json = JSON.stringify({ ...keyFile, token_uri: "https://evil.example/token" })
      const [tag, message] = yield* reasonOf(fromJson(json, requests))
      assert.strictEqual(tag, "InvalidKey")
      assert.match(message, /token_uri is not https:\/\/oauth2/)
      assert.deepStrictEqual(requests, [])
    }))

  it.effect("law 11: a key file of before 2018 names Google's endpoint by another name; that one is not asked", () =>
    Effect.gen(function*() {
      const requests: Array<Http.Recorded> = []
      const json = JSON.stringify({ ...keyFile, token_uri: "https://accounts.google.com/o/oauth2/token" })
      yield* Effect.provide(get, fromJson(json, requests))
      assert.deepStrictEqual(requests.map(({ url }) => url), ["https://oauth2.googleapis.com/token"])
    }))

  it.effect("law 11: dies, naming the option, for a tokenUrl that is neither https nor loopback", () =>
    Effect.gen(function*() {
      const tokenUrl = "http://example.com/token"
      const layers = [
        ServiceAccount.layer({ ...key, tokenUrl }),
        ServiceAccount.layerJson(Redacted.make(JSON.stringify(keyFile)), { tokenUrl }),
        ServiceAccount.layerFile("key.json", { tokenUrl })
      ]
      for (const layer of layers) {
        const exit = yield* Effect.exit(
          Effect.scoped(Layer.build(layer.pipe(Layer.provide([Http.layer(token), NodeServices.layer]))))
        )
        assert.isTrue(Exit.hasDies(exit))
        assert.match(String(exit), /must be https, or http on loopback[^]*tokenUrl/)
      }
    }))

  it.effect("law 11: a wrong tokenUrl from Config is a ConfigError", () =>
    Effect.gen(function*() {
      const layer = ServiceAccount.layerConfig({
        clientEmail: Config.succeed("me"),
        privateKey: Config.succeed(key.privateKey),
        tokenUrl: Config.String("TOKEN_URL")
      })
      const env = ConfigProvider.layer(ConfigProvider.fromEnv({ env: { TOKEN_URL: "http://me:secret@example.com" } }))
      const error = yield* Effect.flip(Effect.provide(get, Layer.provide(layer, [Http.layer(token), env])))
      assert.strictEqual(error._tag, "ConfigError")
      assert.match(error.message, /must be https, or http on loopback[^]*tokenUrl/)
      assert.notInclude(error.message, "secret")
    }))

  it.effect("points to application default credentials for the files that they read", () =>
    Effect.gen(function*() {
      const types = [
        "authorized_user",
        "external_account",
        "external_account_authorized_user",
        "gdch_service_account",
        "impersonated_service_account"
      ]
      for (const type of types) {
        const json = JSON.stringify({ type, client_email: "a", private_key: "SECRET", refresh_token: "SECRET" })
        const [tag, message] = yield* reasonOf(fromJson(json))
        assert.strictEqual(tag, "InvalidKey")
        assert.include(message, `is of type ${type}, which application default credentials read`)
        assert.notInclude(message, "SECRET")
      }
    }))

  it.effect("says where a key file is to be had to who gives another file", () =>
    Effect.gen(function*() {
      const files = {
        "an app's google-services.json": { project_info: { project_id: "p" }, client: [{ api_key: "SECRET" }] },
        "an OAuth client": { installed: { client_id: "SECRET", client_secret: "SECRET" } },
        "an unknown type": { type: "SECRET" },
        "an empty object": {}
      }
      for (const [name, file] of Object.entries(files)) {
        const [tag, message] = yield* reasonOf(fromJson(JSON.stringify(file)))
        assert.strictEqual(tag, "InvalidKey", name)
        assert.include(message, "project settings, service accounts", name)
        assert.notInclude(message, "SECRET", name)
      }
    }))

  it.effect("tells what is wrong with a key, without showing it", () =>
    Effect.gen(function*() {
      const pem = keyPair.privateKey
      const cases = {
        "not json": pem,
        "no object": "[]",
        "no email": JSON.stringify({ ...keyFile, client_email: undefined }),
        "an odd key": JSON.stringify({ ...keyFile, private_key: 5 }),
        "lines of a key": JSON.stringify({ ...keyFile, private_key: ["SECRET"] }),
        "JSON with a key that is not quoted": "{\"private_key\": SECRET}",
        "base64": Buffer.from(JSON.stringify(keyFile)).toString("base64"),
        "no key": JSON.stringify({ ...keyFile, private_key: "SECRET" }),
        "another type": JSON.stringify({ type: "external_account", client_email: "a", private_key: "SECRET" }),
        "a public key": JSON.stringify({ ...keyFile, private_key: keyPair.publicKey })
      }
      for (const [name, json] of Object.entries(cases)) {
        const [tag, message] = yield* reasonOf(fromJson(json))
        assert.strictEqual(tag, "InvalidKey", name)
        assert.notMatch(message, /SECRET|-----|MII|eyJ/, name)
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
        "no access token: the token endpoint's answer (200) has no usable access_token: Missing key at [\"access_token\"]"
      ])
      assert.match(
        (yield* answered(Http.json({ error: "invalid_grant", error_description: null }, { status: 400 })))[1],
        /clock/
      )
      // the hint is for what a clock or a revoked key explain
      assert.deepStrictEqual(
        yield* answered(Http.json({ error: "invalid_scope", error_description: "Bad." }, { status: 400 })),
        ["InvalidGrant", "no access token: invalid_scope: Bad."]
      )
      for (const answer of [Http.text("", { status: 302 }), Http.text("<html>"), Http.text("")]) {
        assert.strictEqual((yield* answered(answer))[0], "InvalidResponse")
      }
    }))

  it.effect("takes no token that no header can hold, that is expired, or that shows in the error", () =>
    Effect.gen(function*() {
      const fine = { access_token: "SECRET", expires_in: 3599, token_type: "Bearer" }
      const answers = [
        { ...fine, access_token: "SECRET\r\nx: y" },
        { ...fine, access_token: "" },
        { ...fine, access_token: "SECRET".repeat(3000) },
        { ...fine, access_token: ["SECRET"] },
        { ...fine, expires_in: 0 },
        { ...fine, expires_in: -1 },
        { ...fine, expires_in: "3599" },
        { ...fine, expires_in: undefined },
        { ...fine, token_type: "mac" }
      ]
      for (const answer of answers) {
        const [tag, message] = yield* answered(Http.json(answer))
        assert.strictEqual(tag, "InvalidResponse")
        assert.notInclude(message, "SECRET")
      }
    }))

  it.effect("is unreachable, which alone is worth a retry, when the endpoint is away or in trouble", () =>
    Effect.gen(function*() {
      const answers = [
        Effect.fail({ code: "ECONNREFUSED" }),
        Effect.fail({ code: "ECONNRESET" }),
        Http.text("", { status: 503 }),
        Http.text("", { status: 429 }),
        Http.text("", { status: 408 }),
        Http.json({ error: "internal_failure" }, { status: 400 }),
        Http.json({ error: "temporarily_unavailable" }, { status: 400 })
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
