import { TopicSubscription } from "@cloud-messaging/protocol"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Exit, Schema } from "effect"

const decode = Schema.decodeUnknownEffect(TopicSubscription.TopicSubscription)

const decodePage = Schema.decodeUnknownEffect(TopicSubscription.Page)

const name = TopicSubscription.resourceName("my-project", "a-token", "news")

const createTime = DateTime.makeUnsafe("2026-10-02T15:01:23Z")

describe("path", () => {
  it("is the documented one", () => {
    assert.strictEqual(
      TopicSubscription.path("my-project", "fcm:APA91b/x", "news%20-1"),
      "/v1/projects/my-project/registrations/fcm%3AAPA91b%2Fx/topicSubscriptions/news%2520-1"
    )
  })

  it.prop("keeps whatever it is made of apart", {
    project: Schema.String,
    registration: Schema.String,
    topic: Schema.String
  }, (
    { project, registration, topic }
  ) => {
    const parts = TopicSubscription.path(project, registration, topic).split("/")
    assert.lengthOf(parts, 8)
    assert.deepStrictEqual(
      [3, 5, 7].map((i) => decodeURIComponent(parts[i] ?? "")),
      [project, registration, topic].map((text) => text.replace(/\p{Surrogate}/gu, "\ufffd"))
    )
  })
})

describe("TopicSubscription", () => {
  it.effect.each([
    { spelling: "camelCase", body: { name, topicName: "news", createTime: "2026-10-02T15:01:23Z" } },
    { spelling: "snake_case", body: { name, topic_name: "news", create_time: "2026-10-02T15:01:23Z" } }
  ])("is read in $spelling", ({ body }) =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* decode(body), { name, topicName: "news", createTime })
    }))

  it.effect("is known by its name alone", () =>
    Effect.gen(function*() {
      const subscription = yield* decode({ name, create_time: "yesterday", topic_name: 7, whatever: [] })
      assert.deepStrictEqual(subscription, { name })
      assert.strictEqual(TopicSubscription.topicOf(subscription), "news")
    }))

  it.effect("is none without a name", () =>
    Effect.gen(function*() {
      assert.isTrue(Exit.isFailure(yield* Effect.exit(decode({ topicName: "news" }))))
    }))

  it.effect.prop(
    "reads back what it wrote",
    { subscription: TopicSubscription.TopicSubscription },
    ({ subscription }) =>
      Effect.gen(function*() {
        const text = JSON.stringify(yield* Schema.encodeEffect(TopicSubscription.TopicSubscription)(subscription))
        assert.deepStrictEqual(yield* decode(JSON.parse(text)), subscription)
      })
  )
})

describe("Page", () => {
  it.effect("is read in either spelling, with a token if there are more", () =>
    Effect.gen(function*() {
      const page = { topicSubscriptions: [{ name }], nextPageToken: "more" }
      assert.deepStrictEqual(yield* decodePage(page), page)
      assert.deepStrictEqual(yield* decodePage({ topic_subscriptions: [{ name }], next_page_token: "more" }), page)
    }))

  it.effect("is empty where nothing is said", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* decodePage({}), {})
    }))
})
