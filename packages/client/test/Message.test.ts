import { Message } from "@cloud-messaging/client"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Schema } from "effect"

/** What callers without types may pass. */
const untyped = (json: string): Message.Fields => JSON.parse(json)

const problems = (fields: Message.Fields) =>
  Message.validate(Message.make(fields)).map(({ message, path }) => `${path.join(".")}: ${message}`)

describe("Message.validate", () => {
  it("finds nothing wrong with a sound message", () => {
    assert.deepStrictEqual(problems({}), [])
    assert.deepStrictEqual(
      problems({
        data: { text: "", number: -1.5, big: 1n, flag: false, gcm: "", google: "", collapse_key: "" },
        notification: { title: "", body: "", image: "" },
        collapseKey: "",
        priority: "normal",
        restrictedPackageName: "",
        analyticsLabel: "",
        dryRun: true
      }),
      []
    )
  })

  it("takes a time to live from 0 to four weeks, with a unit", () => {
    for (const timeToLive of ["0 seconds", "28 days", Duration.weeks(4), { hours: 1 }] as const) {
      assert.deepStrictEqual(problems({ timeToLive }), [])
    }
    for (const timeToLive of ["-1 seconds", "2419201 seconds", Duration.infinity] as const) {
      assert.deepStrictEqual(problems({ timeToLive }), [
        "timeToLive: must lie between 0 and four weeks (2,419,200 seconds)"
      ])
    }
    for (const json of ["3600", "\"soon\"", "null", "[1,2]", "true", "{}", "{\"hour\":1}", "{\"hours\":\"1\"}"]) {
      assert.deepStrictEqual(problems(untyped(`{"timeToLive":${json}}`)), [
        "timeToLive: must be a Duration, or a text with a unit such as \"1 hour\""
      ], json)
    }
  })

  it("tells everything that is wrong at once, each with its path", () => {
    assert.sameMembers(
      problems(untyped(`{
        "data": { "from": "x", "google.x": "x", "nested": {}, "null": null, "list": [1] },
        "notification": { "title": 5 },
        "collapseKey": 1,
        "priority": "urgent",
        "dryRun": "yes",
        "timetolive": 1
      }`)),
      [
        "data.from: is reserved: `from`, and what begins with `google.`",
        "data.google.x: is reserved: `from`, and what begins with `google.`",
        "data.nested: must be a string, a number, a bigint or a boolean",
        "data.null: must be a string, a number, a bigint or a boolean",
        "data.list: must be a string, a number, a bigint or a boolean",
        "notification.title: must be a string",
        "collapseKey: must be a string",
        "priority: must be one of normal, high",
        "dryRun: must be a boolean",
        "timetolive: is no field of a message"
      ]
    )
  })

  it.prop("never throws, and never quotes the message", [Schema.Json], ([json]) => {
    const secret = "SECRET-TEXT"
    const fields: Message.Fields = JSON.parse(
      JSON.stringify({ data: json, notification: { title: [secret] }, collapseKey: { secret } })
    )
    const found = problems(fields)
    assert.isAbove(found.length, 1)
    assert.notInclude(found.join(), secret)
  })
})

describe("Message.assign", () => {
  it("changes some fields of a copy", () => {
    const message = Message.make({ data: { a: 1 }, collapseKey: "k" })
    assert.deepStrictEqual(Message.fields(Message.assign(message, { collapseKey: "l" })), {
      data: { a: 1 },
      collapseKey: "l"
    })
    assert.deepStrictEqual(Message.fields(message), { data: { a: 1 }, collapseKey: "k" })
  })
})
