import { FcmV1 } from "@cloud-messaging/protocol"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Exit, Schema } from "effect"
import { parseJson, request, response, textOf } from "./utils/fixtures.ts"

const token = "bk3RNwTe3H0:CI2k_HHwgIpoDKCIZvvDMExUdFQ3P1"

const portable: FcmV1.Content = {
  data: { score: "850", live: "true", big: "9007199254740993", text: "Grüße, \"Ω\" 🎉\n" },
  notification: { title: "Portugal vs. Denmark", body: "great match!", image: "https://example.com/match.png" },
  android: {
    collapseKey: "score_update",
    priority: "HIGH",
    ttl: Duration.nanos(14_400_000_000_000n),
    restrictedPackageName: "com.example.scores"
  },
  apns: {
    headers: { "apns-collapse-id": "score_update", "apns-expiration": "1700014400", "apns-priority": "10" }
  },
  webpush: { headers: { TTL: "14400", Topic: "score_update", Urgency: "high" } },
  fcmOptions: { analyticsLabel: "match-42" }
}

/** What the documented requests say. */
const requests: { readonly [name: string]: typeof FcmV1.SendRequest.Type } = {
  "v1-send-token": { message: { token } },
  "v1-send-fid": { message: { fid: "cIRQ3P1CI2kHHwgIpoDKCI", data: { score: "850" } } },
  "v1-send-notification": {
    message: { token, notification: { title: "FCM Message", body: "This is an FCM notification message!" } }
  },
  "v1-send-portable": { message: { token, ...portable } },
  "v1-send-now-or-never": {
    message: {
      token,
      data: { score: "850" },
      android: { ttl: Duration.zero },
      apns: { headers: { "apns-expiration": "0" } },
      webpush: { headers: { TTL: "0" } }
    }
  },
  "v1-send-validate-only": { message: { token, data: { score: "850" } }, validateOnly: true }
}

describe("SendRequest", () => {
  const decode = Schema.decodeUnknownEffect(FcmV1.SendRequest)
  const encode = Schema.encodeEffect(FcmV1.SendRequest)

  for (const [name, value] of Object.entries(requests)) {
    it.effect(`decodes ${name}`, () =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* decode(request(name).body), value)
      }))

    it.effect(`encodes ${name}`, () =>
      Effect.gen(function*() {
        assert.deepStrictEqual<unknown>(yield* encode(value), request(name).body)
      }))
  }

  it.effect("refuses a data value that is no string", () =>
    Effect.gen(function*() {
      assert.isTrue(Exit.isFailure(yield* Effect.exit(decode(request("v1-error-data-value").body))))
    }))
})

describe("sendPath", () => {
  it("is the documented path", () => {
    assert.strictEqual(FcmV1.sendPath("myproject-b5ae1"), request("v1-send-token").path)
  })

  it("lets no project id lead elsewhere", () => {
    assert.strictEqual(FcmV1.sendPath("a/../b?c#d"), "/v1/projects/a%2F..%2Fb%3Fc%23d/messages:send")
  })
})

describe("sendRequestText", () => {
  for (const [name, { message: { fid, token, ...content }, validateOnly }] of Object.entries(requests)) {
    it.effect(`writes ${name}`, () =>
      Effect.gen(function*() {
        const write = FcmV1.sendRequestText(content, { validateOnly: validateOnly === true })
        const text = fid === undefined ? write("token", token ?? "") : write("fid", fid)
        assert.deepStrictEqual(yield* parseJson(text), request(name).body)
      }))
  }

  const Case = {
    value: Schema.String,
    target: Schema.Literals(["token", "fid"]),
    validateOnly: Schema.Boolean,
    content: Schema.Struct({
      data: Schema.optional(Schema.Record(Schema.String, Schema.String)),
      notification: Schema.optional(FcmV1.Notification),
      apns: Schema.optional(FcmV1.ApnsConfig)
    })
  }

  it.effect.prop(
    "splices any text into what plain encoding gives",
    Case,
    ({ content, target, validateOnly, value }) =>
      Effect.gen(function*() {
        const text = FcmV1.sendRequestText(content, { validateOnly })(target, value)
        const message = { ...content, [target]: value }
        const plain = yield* Schema.encodeEffect(FcmV1.SendRequest)(
          validateOnly ? { message, validateOnly } : { message }
        )
        assert.deepStrictEqual(yield* parseJson(text), yield* parseJson(JSON.stringify(plain)))
      })
  )

  const awkward = [
    "\"",
    "\\",
    "\"}}",
    "a\nb\r\t",
    "\u0000",
    "\u2028\u2029",
    "🎉Ω",
    "\ud800",
    "__proto__",
    "</script>",
    "$&"
  ]

  for (const value of awkward) {
    it.effect(`splices ${JSON.stringify(value)} as it is`, () =>
      Effect.gen(function*() {
        const text = FcmV1.sendRequestText({ data: { a: "b" } }, { validateOnly: true })("token", value)
        assert.deepStrictEqual(yield* parseJson(text), {
          message: { token: value, data: { a: "b" } },
          validateOnly: true
        })
      }))
  }
})

describe("SendResponse", () => {
  const decode = Schema.decodeUnknownEffect(Schema.fromJsonString(FcmV1.SendResponse))

  it.effect("decodes the name of a message", () =>
    Effect.gen(function*() {
      const { name } = yield* decode(textOf(response("v1-send-token")))
      assert.strictEqual(name, "projects/myproject-b5ae1/messages/0:1500415314455276%31bd1c9631bd1c96")
    }))

  it.effect("decodes the name of a message that was only checked", () =>
    Effect.gen(function*() {
      const { name } = yield* decode(textOf(response("v1-send-validate-only")))
      assert.strictEqual(name, "projects/myproject-b5ae1/messages/fake_message_id")
    }))

  it.effect("encodes the documented body", () =>
    Effect.gen(function*() {
      const name = "projects/myproject-b5ae1/messages/fake_message_id"
      const body = yield* Schema.encodeEffect(FcmV1.SendResponse)({ name })
      assert.deepStrictEqual<unknown>(body, response("v1-send-validate-only").body)
    }))
})
