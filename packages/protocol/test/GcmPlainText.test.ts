import { type GcmHttp, GcmPlainText } from "@cloud-messaging/protocol"
import { assert, describe, it } from "@effect/vitest"
import { Option, Schema } from "effect"

describe("requestText", () => {
  it("is the documented form", () => {
    const text = GcmPlainText.requestText({
      collapse_key: "score_update",
      delay_while_idle: true,
      dry_run: false,
      time_to_live: 108,
      restricted_package_name: undefined,
      data: { score: "4x8", time: "15:16.2342" }
    })
    assert.strictEqual(
      text("42"),
      "registration_id=42&collapse_key=score_update&delay_while_idle=1&dry_run=0&time_to_live=108" +
        "&data.score=4x8&data.time=15%3A16.2342"
    )
  })

  it("is one id at least", () => {
    assert.strictEqual(GcmPlainText.requestText({})("a b&c=d+é"), "registration_id=a+b%26c%3Dd%2B%C3%A9")
  })
})

/** What a form can say: UTF-8 has no half of a surrogate pair. */
const wellFormed = (text: string) => text.replace(/\p{Surrogate}/gu, "\ufffd")

describe("parseRequest", () => {
  it.prop(
    "reads back what was written",
    { content: GcmPlainText.Content, id: Schema.String },
    ({ content: { data = {}, ...options }, id }) => {
      // a form has no -0
      const known = Object.entries({ ...options, time_to_live: options.time_to_live === 0 ? 0 : options.time_to_live })
        .filter(([, value]) => value !== undefined)
      const expected = {
        ...Object.fromEntries(
          known.map(([name, value]) => [name, typeof value === "string" ? wellFormed(value) : value])
        ),
        ...Object.keys(data).length === 0 ? {} : {
          data: Object.fromEntries(Object.entries(data).map(([key, value]) => [wellFormed(key), wellFormed(value)]))
        },
        registration_id: wellFormed(id)
      }
      const text = GcmPlainText.requestText({ ...options, data })(id)
      const read = Option.getOrThrow(GcmPlainText.parseRequest(text))
      const said = Object.fromEntries(Object.entries(read).filter(([, value]) => value !== undefined))
      assert.deepStrictEqual<unknown>(said, expected)
    }
  )

  it.each([
    { value: "1", flag: true },
    { value: "true", flag: true },
    { value: "True", flag: false },
    { value: "0", flag: false },
    { value: "", flag: false }
  ])("takes dry_run=$value for $flag", ({ flag, value }) => {
    const read = Option.getOrThrow(GcmPlainText.parseRequest(`registration_id=42&dry_run=${value}`))
    assert.strictEqual(read.dry_run, flag)
  })

  it.each(["1.5", "soon", "", "1e3", "9".repeat(400)])("refuses the time to live %s", (value) => {
    assert.isTrue(Option.isNone(GcmPlainText.parseRequest(`registration_id=42&time_to_live=${value}`)))
  })

  it.prop("of whatever text never throws", [Schema.String], ([text]) => {
    GcmPlainText.parseRequest(text)
  })
})

const ok = { message_id: "1:0408" }

describe("parseResult", () => {
  it.each<{ text: string; result: GcmHttp.Result }>([
    { text: "id=1:0408", result: ok },
    { text: "id=1:0408\n", result: ok },
    { text: "id=1:0408\r\n", result: ok },
    { text: " \r\n id= 1:0408 \r\n\r\n", result: ok },
    { text: "id=1:0408\nregistration_id=32\n", result: { ...ok, registration_id: "32" } },
    { text: "id=1:0408\r\nregistration_id= 32 \r\nmore=x\r\n", result: { ...ok, registration_id: "32" } },
    { text: "id=1:0408\n\nregistration_id=32", result: { ...ok, registration_id: "32" } },
    { text: "id=1:0408\nregistration_id=\n", result: ok },
    { text: "Error=NotRegistered\n", result: { error: "NotRegistered" } },
    { text: "Error= DeprecatedApi \r\nwhatever", result: { error: "DeprecatedApi" } }
  ])("reads $text", ({ result, text }) => {
    assert.deepStrictEqual(GcmPlainText.parseResult(text), Option.some(result))
  })

  it.each([
    "",
    "\n",
    "ID=1",
    "error=NotRegistered",
    "registration_id=32\nid=1",
    "id=1\nid=2",
    "id=1\nregistration_ids=32",
    "{\"results\":[]}",
    "<html>"
  ])("reads nothing in %j", (text) => {
    assert.isTrue(Option.isNone(GcmPlainText.parseResult(text)))
  })

  const Word = Schema.String.check(Schema.isPattern(/^[\x21-\x7e]{1,40}$/))

  it.prop(
    "reads back what was written, with line feeds or CRLF",
    { id: Word, canonical: Schema.UndefinedOr(Word), code: Word },
    ({ canonical, code, id }) => {
      const accepted = canonical === undefined ? { message_id: id } : { message_id: id, registration_id: canonical }
      for (const result of [accepted, { error: code }]) {
        const text = GcmPlainText.resultText(result)
        assert.deepStrictEqual(GcmPlainText.parseResult(text), Option.some(result))
        assert.deepStrictEqual(GcmPlainText.parseResult(text.replaceAll("\n", "\r\n")), Option.some(result))
      }
    }
  )

  it.prop("of whatever text never throws", [Schema.String], ([text]) => {
    GcmPlainText.parseResult(text)
  })
})
