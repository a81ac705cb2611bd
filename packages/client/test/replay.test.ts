/**
 * Every recorded case of gcm-client, played through ours: what is on the wire and what becomes of it are equal, but for
 * the differences that rules name. A case that no rule touches is the same.
 *
 * `GCM_CLIENT_CASES` names another recording, of the format that fixtures/README.md describes.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Original from "./replay/original.ts"
import { play } from "./replay/play.ts"
import * as Recording from "./replay/recording.ts"
import * as Rules from "./replay/rules.ts"

const elsewhere = process.env["GCM_CLIENT_CASES"]

const files = elsewhere === undefined
  ? ["gcm-client", "gcm-client-edges"].map((name) => new URL(`fixtures/${name}.jsonl`, import.meta.url))
  : [elsewhere]

const cases = files.flatMap(Recording.read)

const replays = cases.map((recorded) => ({ case: recorded.case, kind: recorded.kind, ...Rules.expect(recorded) }))

describe("gcm-client, replayed", () => {
  for (const { case: name, expected, kind, touched } of replays) {
    it.effect(`${name}, ${kind}: ${touched.join(", ") || "the same"}`, () =>
      Effect.map(play(expected), (seen) => assert.deepStrictEqual(seen, expected.rounds.map(Rules.seen))))
  }
})

describe("each rule touches something", () => {
  for (const { name, why } of Rules.rules) {
    const count = replays.filter(({ touched }) => touched.includes(name)).length
    // another recording need not have everything
    it.skipIf(elsewhere !== undefined && count === 0)(
      `${name} (${why}): ${count} cases`,
      () => assert.isAbove(count, 0)
    )
  }
})

describe("what rules are made of", () => {
  it.skipIf(elsewhere !== undefined)("the original, in TypeScript, makes of every answer what was recorded", () => {
    for (const recorded of cases) {
      for (const { answer, n, outcome, sent } of Rules.recorded(recorded).rounds) {
        assert.deepStrictEqual(Original.hear(recorded.kind, sent, answer), outcome, `${recorded.case}, round ${n}`)
      }
    }
  })

  it("another recording may spell its fields otherwise", () => {
    const ours = {
      case: "1/2",
      kind: "plain",
      ids: ["a"],
      data: null,
      options: {},
      rounds: [{
        request: { contentType: "text/x", authorization: "key=k", body: [["b", "2"], ["b", "1"], ["a", "x"]] },
        answer: { status: 503, headers: { "Retry-After": "5" }, body: "" },
        result: { success: {}, canonical: {}, notRegistered: [], failed: {}, retryAfter: 5, retry: ["a"] }
      }, {
        request: { contentType: "text/x", authorization: "key=k", body: [] },
        answer: { status: 400, headers: {}, body: "no" },
        error: { type: "ValueError", text: "no" }
      }]
    }
    const theirs = {
      case: "1/2",
      kind: "plain",
      registration_ids: ["a"],
      rounds: [{
        request: { content_type: "text/x", Authorization: "key=k", body: { a: "x", b: ["1", "2"] } },
        answer: { status_code: 503, headers: [["retry-after", 5]], body: null },
        result: { success: {}, canonical: {}, not_registered: [], failed: {}, retry_after: 5, retry: ["a"] },
        error: null
      }, {
        request: { "Content-Type": "text/x", auth: "key=k", body: [] },
        answer: { code: 400, body: "no" },
        error: { exception: "builtins.ValueError", message: "no" }
      }]
    }
    const read = (value: unknown) => Recording.casesOf(JSON.stringify(value), "theirs")
    assert.deepStrictEqual(read(theirs), read(ours))
  })

  it("an integer of the recording keeps its digits", () => {
    const line = `{"case":"1","kind":"json","ids":["a"],"data":{"n":9223372036854775808},"rounds":[
      {"answer":{"status":200},"error":"ValueError: none"}]}`
    assert.deepStrictEqual(Recording.casesOf(line.replace("\n", ""), "line")[0]?.data, {
      n: 9_223_372_036_854_775_808n
    })
  })

  it("what is not understood is named with its line", () => {
    assert.throws(() => Recording.casesOf("{", "file"), /file, line 1: SyntaxError/)
    assert.throws(() => Recording.casesOf("\n{\"case\": 1}", "file"), /file, line 2: .*\["kind"\]/s)
    assert.throws(() => Recording.casesOf("", "file"), "file holds no case")
  })
})
