import { Topic } from "@cloud-messaging/protocol"
import { assert, describe, it } from "@effect/vitest"
import { Option, Schema } from "effect"

describe("isName", () => {
  it.each(["news", "a-b_c.d~e%20", "0", "x".repeat(900)])("takes %s", (name) => {
    assert.isTrue(Topic.isName(name))
  })

  it.each(["", "/topics/news", "a b", "a/b", "Ω", "news\n", "'", "x".repeat(901)])("refuses %j", (name) => {
    assert.isFalse(Topic.isName(name))
  })
})

describe("address", () => {
  it.prop("is read back", [Schema.String], ([name]) => {
    assert.deepStrictEqual(Topic.fromAddress(Topic.address(name)), Option.some(name))
  })

  it("is what starts with /topics/ alone", () => {
    assert.isTrue(Option.isNone(Topic.fromAddress("news")))
    assert.isTrue(Option.isNone(Topic.fromAddress("a/topics/news")))
  })
})
