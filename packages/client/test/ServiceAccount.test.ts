import { AccessToken, Gcm, Message, Messaging, ServiceAccount } from "@cloud-messaging/client"
import { Emulator } from "@cloud-messaging/emulator"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { Config, ConfigProvider, Deferred, Effect, Exit, Fiber, FileSystem, Layer, Path, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { createPrivateKey, generateKeyPairSync } from "node:crypto"
import { inspect } from "node:util"
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

  describe("a private key that came through variables and secret stores", () => {
    const pem = Redacted.value(Emulator.serviceAccount.privateKey)
    const base64 = (text: string) => Buffer.from(text).toString("base64")
    const oneLine = pem.replaceAll("\n", "\\n")
    const spellings: Record<string, string> = {
      "as Google writes it": pem,
      "with line breaks of Windows": pem.replaceAll("\n", "\r\n"),
      "with line breaks as \\n": oneLine,
      "with line breaks as \\r\\n": pem.replaceAll("\n", "\\r\\n"),
      "escaped twice": pem.replaceAll("\n", "\\\\n"),
      "escaped three times": pem.replaceAll("\n", "\\\\\\\\n"),
      "in double quotes": `"${oneLine}"`,
      "in single quotes": `'${pem}'`,
      "as a line of JSON": `"private_key": "${oneLine}",`,
      "as a value of JSON": `"${oneLine}",`,
      "as a line of .env": `FCM_PRIVATE_KEY="${oneLine}"`,
      "with blanks for line breaks": pem.replaceAll("\n", " "),
      "without line breaks": pem.replaceAll("\n", ""),
      "without any white space": pem.replace(/\s/g, ""),
      "with a byte order mark": `\uFEFF${pem}`,
      "in base64": base64(pem),
      "in base64, with its quotes": base64(`"${oneLine}"`),
      "without its first and last line": pem.replace(/-----.*-----/g, ""),
      "behind a certificate": `-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n${pem}`,
      "as PKCS #1": createPrivateKey(pem).export({ type: "pkcs1", format: "pem" }).toString()
    }
    for (const [how, text] of Object.entries(spellings)) {
      it.effect(`is taken ${how}`, () =>
        Effect.gen(function*() {
          // the emulator verifies the signature
          const layer = Layer.provide(
            ServiceAccount.layer({ ...Emulator.serviceAccount, privateKey: Redacted.make(text) }),
            Emulator.layerHttpClient
          )
          assert.match(Redacted.value(yield* Effect.provide(get, layer)), /^emulator-access-token-1-/)
        }))
    }

    const ec = generateKeyPairSync("ec", { namedCurve: "P-256" })
    const encryption = { cipher: "aes-256-cbc", passphrase: "secret" }
    const rsa = createPrivateKey(pem)
    const others: Record<string, readonly [text: string, says: RegExp]> = {
      "an elliptic curve key": [ec.privateKey.export({ type: "pkcs8", format: "pem" }).toString(), /elliptic curve/],
      "an elliptic curve key in its own format": [
        ec.privateKey.export({ type: "sec1", format: "pem" }).toString(),
        /elliptic curve/
      ],
      "another key": [
        generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
        /is not the RSA private key/
      ],
      "an encrypted key": [rsa.export({ type: "pkcs8", format: "pem", ...encryption }).toString(), /encrypted/],
      "an encrypted key, PKCS #1": [
        rsa.export({ type: "pkcs1", format: "pem", ...encryption }).toString(),
        /encrypted/
      ],
      "a public key": [keyPair.publicKey, /public key/],
      "a certificate": ["-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", /certificate/],
      "the whole key file": [JSON.stringify(keyFile), /whole key file: pass it to ServiceAccount.layerJson/],
      "the whole key file in base64": [base64(JSON.stringify(keyFile)), /whole key file/],
      "the first line alone": ["-----BEGIN PRIVATE KEY-----", /no last line .* write line breaks as \\n/],
      "a key without its end": [pem.slice(0, 800), /no last line/],
      "a key without its middle": [pem.slice(0, 92) + pem.slice(-27), /was cut: it has 48 of 1218 bytes/],
      "a key with a lost letter": [pem.slice(0, 80) + pem.slice(81), /damaged/],
      "the key's id": ["0123456789abcdef0123456789abcdef01234567", /not in PEM/],
      "white space": [" \n", /is empty/]
    }
    for (const [what, [text, says]] of Object.entries(others)) {
      it.effect(`is told from ${what}`, () =>
        Effect.gen(function*() {
          const layer = Layer.provide(
            ServiceAccount.layer({ ...key, privateKey: Redacted.make(text) }),
            Http.layer(token)
          )
          const [tag, message] = yield* reasonOf(layer)
          assert.strictEqual(tag, "InvalidKey")
          assert.match(message, says)
          assert.notMatch(message, /MII|eyJ|0123|secret/)
        }))
    }
  })

  it.effect("what is not set is no defect", () =>
    Effect.gen(function*() {
      // as of a variable that is none, in a program that does not ask
      const unset: { readonly text: string } = JSON.parse("{}")
      const redacted = Redacted.make(unset.text)
      const layers = [
        ServiceAccount.layer({ ...key, privateKey: redacted }),
        ServiceAccount.layer({ ...key, privateKey: Redacted.make("") }),
        ServiceAccount.layer({ ...key, clientEmail: unset.text }),
        ServiceAccount.layerJson(redacted),
        ServiceAccount.layerFile(unset.text),
        ServiceAccount.layerFile(""),
        AccessToken.layer(Effect.succeed({ token: redacted, expiresIn: 3600 }))
      ]
      for (const layer of layers) {
        const [tag, message] = yield* reasonOf(Layer.provide(layer, [Http.layer(token), NodeServices.layer]))
        assert.strictEqual(tag, "NoCredentials")
        assert.match(message, /is not set/)
      }
      const gcm = Layer.provide(Gcm.layer({ apiKey: redacted }), Http.layer(Http.accept))
      const error = yield* Effect.flip(Effect.provide(Messaging.send(Message.make({ data: { a: 1 } }), "t"), gcm))
      assert.strictEqual(error.reason._tag, "NoAccessToken")
    }))

  it.effect("takes the text of a key file with a byte order mark, and in base64", () =>
    Effect.gen(function*() {
      const json = JSON.stringify(keyFile)
      for (const text of [`\uFEFF${json}`, Buffer.from(json).toString("base64"), `'${json}'`]) {
        yield* Effect.provide(get, fromJson(text))
      }
    }))

  it.effect("tells the account of the key", () =>
    Effect.gen(function*() {
      const accountOf = (clientEmail: string) =>
        Effect.gen(function*() {
          const service = yield* AccessToken.AccessToken
          yield* service.get
          return service.account
        }).pipe(Effect.provide(Layer.provide(ServiceAccount.layer({ ...key, clientEmail }), Http.layer(token))))
      assert.strictEqual(yield* accountOf(key.clientEmail), key.clientEmail)
      // it is shown in errors
      assert.isUndefined(yield* accountOf(keyPair.privateKey))
    }))

  it.effect("law 9: what stands in the place of a path is not shown, unless it looks like a path", () =>
    Effect.gen(function*() {
      const json = JSON.stringify(keyFile)
      const pem = keyPair.privateKey
      const given: Record<string, readonly [path: string, says: RegExp]> = {
        "a key file": [json, /no path, but the text of such a file: pass it to ServiceAccount.layerJson/],
        "a key file on many lines": [JSON.stringify(keyFile, undefined, 2), /no path, but the text of such a file/],
        "a key file in base64": [Buffer.from(json).toString("base64"), /no path, but the text of such a file/],
        "a key of AWS": ["wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", /does not look like a path/],
        "a user and a password": ["user:hunter2@example.com", /does not look like a path/],
        "a key": [pem, /no path, but a key: pass it to ServiceAccount.layer/],
        "a key in base64": [Buffer.from(pem).toString("base64"), /no path, but a key/],
        "a key without its first and last line": [pem.replace(/-----.*-----/g, ""), /no path, but a key/],
        "a part of a key": [pem.slice(40, 100), /is not shown/],
        "a part of a key that has a slash in it": ["MIIw0BAQEFAASCBKgwggS/AoIBAQDTkJe9EBXd7rdCjl", /is not shown/],
        "a key with a null byte": [`${pem.slice(40, 100)}\0`, /is not shown/],
        "an API key": [`AIzaSy${"MIIabcdefghijklmno-MIIabcdefghij"}`, /is not shown/],
        "a refresh token": ["1//0gMIIabcdefghij-MIIabcdefghij.json", /is not shown/]
      }
      for (const [name, [path, says]] of Object.entries(given)) {
        const error = yield* Effect.flip(get).pipe(
          Effect.provide(Layer.provide(ServiceAccount.layerFile(path), [Http.layer(token), NodeServices.layer]))
        )
        assert.strictEqual(error.reason._tag, "NoCredentials", name)
        assert.match(error.message, says, name)
        assert.notMatch(inspect(error, { depth: null, showHidden: true }), /MII|eyJ|private_key/, name)
      }
      const digest = "/var/lib/0123456789abcdef0123456789abcdef/key.json"
      for (
        const path of ["key.json", "./my keys/key.json", "/run/secrets/fcm", "C:\\keys\\fcm.json", "ключ.json", digest]
      ) {
        const [, message] = yield* reasonOf(
          Layer.provide(ServiceAccount.layerFile(path), [Http.layer(token), NodeServices.layer])
        )
        assert.strictEqual(message, `no access token: the key file ${path} cannot be read (NotFound)`)
      }
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

  it.effect("law 11: older key files name Google's endpoint by other names; those are not asked", () =>
    Effect.gen(function*() {
      const names = [
        "https://accounts.google.com/o/oauth2/token",
        "https://www.googleapis.com/oauth2/v3/token",
        "https://www.googleapis.com/oauth2/v4/token",
        "https://oauth2.mtls.googleapis.com/token"
      ]
      for (const token_uri of names) {
        const requests: Array<Http.Recorded> = []
        yield* Effect.provide(get, fromJson(JSON.stringify({ ...keyFile, token_uri }), requests))
        assert.deepStrictEqual(requests.map(({ url }) => url), ["https://oauth2.googleapis.com/token"])
      }
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
        assert.include(message, `is of type ${type}, which GoogleAuth of @cloud-messaging/node reads`)
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
        "base64 that is cut": Buffer.from(JSON.stringify(keyFile)).toString("base64").slice(0, 801),
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
          "no access token: invalid_grant: Invalid JWT Signature. " +
          "(is the key of me@my-project.iam.gserviceaccount.com revoked, or this machine's clock wrong?)"
        ]
      )
      assert.deepStrictEqual(yield* answered(Http.text("<html>", { status: 400 })), [
        "InvalidResponse",
        "no access token: the token endpoint oauth2.googleapis.com answered 400"
      ])
      assert.deepStrictEqual(yield* answered(Http.json({ id_token: "x" })), [
        "InvalidResponse",
        "no access token: the answer of the token endpoint oauth2.googleapis.com (200) has no usable access_token: " +
        "Missing key at [\"access_token\"]"
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
      const [tag, message] = yield* Fiber.join(fiber)
      assert.strictEqual(tag, "Unreachable")
      assert.match(message, /the token endpoint cannot be reached: no answer of oauth2\.googleapis\.com within 15s/)
    }))
})
