import { InstanceId, Topic } from "@cloud-messaging/protocol"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Schema } from "effect"

describe("BatchRequest", () => {
  it.effect("is the documented body", () =>
    Effect.gen(function*() {
      const body = yield* Schema.encodeEffect(InstanceId.BatchRequest)({
        to: Topic.address("news"),
        registration_tokens: ["a", "b"]
      })
      assert.deepStrictEqual<unknown>(body, { to: "/topics/news", registration_tokens: ["a", "b"] })
    }))
})

describe("BatchResponse", () => {
  const decode = Schema.decodeUnknownEffect(InstanceId.BatchResponse)
  const decodeResult = Schema.decodeUnknownEffect(InstanceId.Result)

  it.effect("has a result for each token, in order", () =>
    Effect.gen(function*() {
      const { results } = yield* decode({ results: [{}, { error: "NOT_FOUND" }, { error: "ANYTHING" }] })
      assert.deepStrictEqual(yield* Effect.forEach(results, (_) => decodeResult(_)), [
        {},
        { error: "NOT_FOUND" },
        { error: "ANYTHING" }
      ])
    }))

  it.effect.prop(
    "keeps the results that are, beside any that are none",
    { odd: Schema.Json },
    ({ odd }) =>
      Effect.gen(function*() {
        const { results } = yield* decode({ results: [odd, { error: "INTERNAL" }] })
        yield* Effect.exit(decodeResult(results[0]))
        assert.deepStrictEqual(yield* decodeResult(results[1]), { error: "INTERNAL" })
      })
  )

  for (const odd of [null, 7, "OK", [], { error: 5 }]) {
    it.effect(`takes ${JSON.stringify(odd)} for no result`, () =>
      Effect.gen(function*() {
        assert.isTrue(Exit.isFailure(yield* Effect.exit(decodeResult(odd))))
      }))
  }
})

describe("Info", () => {
  const decode = Schema.decodeUnknownEffect(InstanceId.Info)

  it.effect("has topics with the days since when", () =>
    Effect.gen(function*() {
      const info = {
        application: "com.example.app",
        applicationVersion: "1",
        authorizedEntity: "123456782354",
        platform: "Android",
        rel: { topics: { news: { addDate: "2026-07-30" }, odd: {} } }
      }
      assert.deepStrictEqual<unknown>(yield* decode({ ...info, connectionType: "WIFI" }), info)
    }))

  it.effect.prop(
    "is whatever of it can be read",
    { rel: Schema.Json, platform: Schema.Json },
    ({ platform, rel }) =>
      Effect.gen(function*() {
        assert.deepInclude(yield* decode({ application: "a", rel, platform }), { application: "a" })
      })
  )
})

describe("infoPath", () => {
  it.prop("is one segment, whatever the token", [Schema.String], ([token]) => {
    assert.lengthOf(InstanceId.infoPath(token).split("/"), 4)
  })
})
