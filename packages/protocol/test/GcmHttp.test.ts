import { GcmHttp } from "@cloud-messaging/protocol"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Schema } from "effect"
import { awkward } from "./utils/awkward.ts"
import { parseJson, request, response, textOf } from "./utils/fixtures.ts"

/** What the documented requests say. */
type Request = GcmHttp.Content & { readonly registration_ids: ReadonlyArray<string> }

const requests: { readonly [name: string]: Request } = {
  "gcm-send-one": { registration_ids: ["42"] },
  "gcm-send-several": {
    registration_ids: ["4", "8", "15", "16", "23", "42"],
    collapse_key: "score_update",
    time_to_live: 108,
    data: { score: "4x8", time: "15:16.2342" }
  },
  "gcm-send-portable": {
    registration_ids: ["42"],
    collapse_key: "score_update",
    priority: "high",
    time_to_live: 14400,
    restricted_package_name: "com.example.scores",
    data: { score: "850", live: "true", big: "9007199254740993", text: "Grüße, \"Ω\" 🎉\n" },
    notification: { title: "Portugal vs. Denmark", body: "great match!" }
  },
  "gcm-send-now-or-never": { registration_ids: ["42"], time_to_live: 0 },
  "gcm-send-dry-run": { registration_ids: ["42"], dry_run: true, data: { score: "850" } },
  "gcm-send-notification": {
    registration_ids: ["42"],
    content_available: true,
    mutable_content: true,
    delay_while_idle: false,
    notification: {
      title: "Goal!",
      body: "3 : 1",
      subtitle: "Portugal vs. Denmark",
      icon: "goal",
      sound: { critical: 1, name: "goal.caf", volume: 0.5 },
      badge: "3",
      tag: "match-42",
      color: "#d81b60",
      android_channel_id: "scores",
      click_action: "OPEN_MATCH",
      body_loc_key: "goal_body",
      body_loc_args: ["3", "1"],
      title_loc_key: "goal_title",
      title_loc_args: ["Portugal"]
    }
  }
}

describe("authorization", () => {
  it("is the documented header", () => {
    assert.strictEqual(GcmHttp.authorization("AIzaSy-server-key"), request("gcm-send-one").headers["authorization"])
  })
})

describe("JsonRequest", () => {
  const decode = Schema.decodeUnknownEffect(GcmHttp.JsonRequest)
  const encode = Schema.encodeEffect(GcmHttp.JsonRequest)

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

  it.effect.prop("reads back what it wrote", { sent: GcmHttp.JsonRequest }, ({ sent }) =>
    Effect.gen(function*() {
      const text = JSON.stringify(yield* encode(sent))
      const read = yield* Schema.decodeEffect(Schema.fromJsonString(GcmHttp.JsonRequest))(text)
      assert.deepStrictEqual(JSON.stringify(yield* encode(read)), text)
    }))

  it.effect("refuses a time to live that is no number", () =>
    Effect.gen(function*() {
      assert.isTrue(Exit.isFailure(yield* Effect.exit(decode(request("gcm-400-wrong-type").body))))
    }))
})

describe("jsonRequestText", () => {
  for (const [name, { registration_ids, ...content }] of Object.entries(requests)) {
    it.effect(`writes ${name}`, () =>
      Effect.gen(function*() {
        const text = GcmHttp.jsonRequestText(content)({ registration_ids })
        assert.deepStrictEqual(yield* parseJson(text), request(name).body)
      }))
  }

  const Case = { ids: Schema.Array(Schema.String), content: GcmHttp.Content }

  it.effect.prop("splices any ids into what plain encoding gives", Case, ({ content, ids }) =>
    Effect.gen(function*() {
      const text = GcmHttp.jsonRequestText(content)({ registration_ids: ids })
      const plain = yield* Schema.encodeEffect(GcmHttp.JsonRequest)({ ...content, registration_ids: ids })
      assert.deepStrictEqual(yield* parseJson(text), yield* parseJson(JSON.stringify(plain)))
    }))

  it.effect("splices awkward ids as they are", () =>
    Effect.gen(function*() {
      const text = GcmHttp.jsonRequestText({ data: { a: "b" } })({ registration_ids: awkward })
      assert.deepStrictEqual(yield* parseJson(text), { registration_ids: awkward, data: { a: "b" } })
    }))
})

describe("JsonResponse", () => {
  const decode = Schema.decodeUnknownEffect(Schema.fromJsonString(GcmHttp.JsonResponse))
  const decodeResult = Schema.decodeUnknownEffect(GcmHttp.Result)
  const results = (name: string) =>
    Effect.flatMap(
      decode(textOf(response(name))),
      ({ results }) => Effect.forEach(results, (result) => decodeResult(result))
    )

  it.effect("decodes acceptance, canonical ids and errors, in the order of the request", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* results("gcm-send-several"), [
        { message_id: "1:0408" },
        { error: "Unavailable" },
        { error: "InvalidRegistration" },
        { message_id: "1:1516" },
        { message_id: "1:2342", registration_id: "32" },
        { error: "NotRegistered" }
      ])
    }))

  it.effect("decodes every error, known or not, in the order of the request", () =>
    Effect.gen(function*() {
      const found = yield* results("gcm-errors")
      assert.deepStrictEqual(
        found.map((result) => "error" in result ? `id-${result.error}` : "id-accepted"),
        yield* Effect.map(
          Schema.decodeUnknownEffect(GcmHttp.JsonRequest)(request("gcm-errors").body),
          (_) => Array.from(_.registration_ids ?? [])
        )
      )
    }))

  it.effect("does not stumble over a multicast_id beyond 2^53", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* results("gcm-invalid-registration"), [{ error: "InvalidRegistration" }])
    }))

  it.effect("decodes what was only checked", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* results("gcm-send-dry-run"), [{ message_id: "fake_message_id" }])
    }))

  for (const name of ["gcm-400", "gcm-401", "gcm-500", "gcm-503"]) {
    it.effect(`is not what ${name} says`, () =>
      Effect.gen(function*() {
        assert.isTrue(Exit.isFailure(yield* Effect.exit(results(name))))
      }))
  }

  it.effect.prop(
    "keeps the results that are, beside any that are none",
    { odd: Schema.Json },
    ({ odd }) =>
      Effect.gen(function*() {
        const text = JSON.stringify({ multicast_id: 1, results: [odd, { message_id: "1:1" }] })
        const { results } = yield* decode(text)
        assert.lengthOf(results, 2)
        assert.deepStrictEqual(yield* decodeResult(results[1]), { message_id: "1:1" })
      })
  )

  it.effect("encodes the documented body", () =>
    Effect.gen(function*() {
      const body = yield* Schema.encodeEffect(Schema.Struct({ results: Schema.Array(GcmHttp.Result) }))({
        results: [{ message_id: "1:08" }]
      })
      assert.deepInclude(response("gcm-send-one").body, body)
    }))
})

describe("requests to topics and conditions", () => {
  it.effect("writes the documented bodies", () =>
    Effect.gen(function*() {
      const data = { message: "This is a Firebase Cloud Messaging Topic Message!" }
      const condition = "'dogs' in topics || 'cats' in topics"
      assert.deepStrictEqual(yield* parseJson(GcmHttp.jsonRequestText({ data })({ to: "/topics/news" })), {
        to: "/topics/news",
        data
      })
      assert.deepStrictEqual(yield* parseJson(GcmHttp.jsonRequestText({ dry_run: true })({ condition })), {
        condition,
        dry_run: true
      })
    }))
})

describe("TopicResponse", () => {
  const decode = Schema.decodeEffect(GcmHttp.fromText(GcmHttp.TopicResponse))
  const encode = Schema.encodeEffect(GcmHttp.fromText(GcmHttp.TopicResponse))

  for (const digits of ["10", "0", "-1", "6782339717028231855", "9".repeat(60)]) {
    it.effect(`keeps all digits of ${digits}`, () =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* decode(`{"message_id":${digits}}`), { message_id: digits })
        assert.deepStrictEqual(yield* decode(` { "a": 1 ,\n"message_id" : ${digits}\n}\n`), { message_id: digits })
        assert.strictEqual(yield* encode({ message_id: digits }), `{"message_id":${digits}}`)
      }))
  }

  it.effect("is an error, or an id that is no number", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* decode("{\"error\":\"TopicsMessageRateExceeded\"}"), {
        error: "TopicsMessageRateExceeded"
      })
      assert.deepStrictEqual(yield* decode("{\"message_id\":\"0:1\"}"), { message_id: "0:1" })
    }))

  it.effect("is none of what the others are", () =>
    Effect.gen(function*() {
      for (const text of ["", "{}", "[]", "{\"success\":1,\"failure\":0}", "{\"message_id\":007}", "<html>"]) {
        assert.isTrue(Exit.isFailure(yield* Effect.exit(decode(text))), text)
      }
    }))

  it.effect.prop(
    "reads back what it wrote",
    { response: GcmHttp.TopicResponse },
    ({ response }) =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* decode(yield* encode(response)), response)
      })
  )

  it.effect.prop(
    "keeps whatever else a text holds",
    { json: Schema.Json, text: Schema.String },
    ({ json, text }) =>
      Effect.gen(function*() {
        const said = { json, inside: `{"message_id":${text}1}`, message_id: "x" }
        const Anything = GcmHttp.fromText(Schema.Json)
        assert.deepStrictEqual<unknown>(
          yield* Schema.decodeEffect(Anything)(JSON.stringify(said)),
          JSON.parse(JSON.stringify(said))
        )
      })
  )
})
