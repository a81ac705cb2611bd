/** `Gcm` writes what node-gcm, the SDK that most servers used, writes for the same message. */
import { Message, Messaging } from "@cloud-messaging/client"
import { assert, describe, it, layer } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import messageOptions from "node-gcm/lib/message-options.js"
import * as Fs from "node:fs"
import { createRequire } from "node:module"
import * as Path from "node:path"
import { cases, type Terms, theirsAlone } from "./nodeGcm/cases.ts"
import * as Generated from "./nodeGcm/generated.ts"
import { normal } from "./nodeGcm/normal.ts"
import { rules } from "./nodeGcm/rules.ts"
import { explain } from "./utils/compare.ts"
import { names, namesIn, rowsOf } from "./utils/document.ts"
import { says } from "./utils/fields.ts"
import * as Ours from "./utils/ours.ts"
import * as Sdk from "./utils/sdk.ts"
import * as Wire from "./utils/wire.ts"

// -----------------------------------------------------------------------------
// The two sides
// -----------------------------------------------------------------------------

interface Question {
  readonly message: Terms
  readonly recipients: ReadonlyArray<string>
}

class NodeGcm extends Context.Service<NodeGcm, {
  readonly ask: (question: Question) => Effect.Effect<string, Sdk.SdkError>
}>()("@cloud-messaging/oracles/NodeGcm") {}

const live = Layer.effect(NodeGcm, Effect.map(Sdk.start<Question>("nodeGcm/process.ts"), (ask) => NodeGcm.of({ ask })))
  .pipe(
    Layer.merge(Ours.layerGcm),
    Layer.provideMerge(Wire.layer)
  )

const theirs = (message: Terms, recipients: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const { written } = yield* Wire.Wire
    const { ask } = yield* NodeGcm
    return yield* written(ask({ message, recipients }))
  })

const ours = (fields: Message.Fields, recipients: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const { written } = yield* Wire.Wire
    return yield* written(Messaging.send(Message.make(fields), recipients))
  })

/** The rules that explain where the bodies of a message differ. */
const compared = (fields: Message.Fields, terms: Terms, recipients: ReadonlyArray<string> = ["4", "8", "15"]) =>
  Effect.gen(function*() {
    const { body } = yield* theirs(terms, recipients)
    return explain(rules, normal(body), normal((yield* ours(fields, recipients)).body))
  })

// -----------------------------------------------------------------------------
// Tests
// -----------------------------------------------------------------------------

const withoutCase = Object.entries(cases).flatMap(([field, list]) => typeof list === "string" ? [field] : [])

const all = Object.values(cases).flatMap((list) => typeof list === "string" ? [] : list)

describe("the cases", () => {
  it("say every field, in both terms", () => {
    for (const [field, list] of Object.entries(cases)) {
      if (typeof list !== "string") assert.isTrue(list.some(({ ours }) => says(ours, field)), field)
    }
    const readme = Fs.readFileSync(
      Path.join(createRequire(import.meta.url).resolve("node-gcm"), "../README.md"),
      "utf8"
    )
    const [, table = ""] = readme.split("### Notification payload option table")
    const keys = Array.from(table.matchAll(/^\|(\w+)\|(?!Platform)/gm), ([, key]) => `notification.${key}`)
    assert.lengthOf(keys, 12)
    const options = Object.keys(messageOptions).filter((option) => !theirsAlone.includes(option))
    for (const option of [...options, ...keys]) {
      assert.isTrue(all.some(({ theirs }) => says(theirs, option)), option)
    }
  })

  it("need every rule", () => {
    assert.sameMembers(all.flatMap(({ differs = [] }) => differs), Object.keys(rules))
  })
})

describe("docs/wire.md", () => {
  it("lists the rules, and where they apply", () => {
    assert.deepStrictEqual(
      rowsOf("### Where node-gcm writes otherwise").map(([rule, fields]) => [...names(rule), names(fields)]),
      Object.entries(rules).map(([name, { fields }]) => [name, fields])
    )
  })

  it("lists the fields that only one has", () => {
    assert.deepStrictEqual(namesIn("### Fields that GCM lacks"), withoutCase)
    assert.deepStrictEqual(namesIn("### Options that only node-gcm has"), theirsAlone)
  })
})

layer(live)("Gcm and node-gcm", (it) => {
  for (const [field, list] of Object.entries(cases)) {
    if (typeof list === "string") continue
    it.effect(`write the same for ${field}`, () =>
      Effect.forEach(
        list,
        ({ differs = [], ours, theirs }) =>
          Effect.map(compared(ours, theirs), (needed) => assert.deepStrictEqual<ReadonlyArray<string>>(needed, differs))
      ))
  }

  it.effect.prop(
    "write the same for any message and recipients",
    { fields: Generated.fields, recipients: Generated.recipients },
    ({ fields, recipients }) => compared(fields, Generated.terms(fields), recipients),
    { arbitrary: { runs: 300 } }
  )

  it.effect("write it to the same place, as the same", () =>
    Effect.gen(function*() {
      const sent = yield* ours({}, ["4", "8"])
      const { headers, method, path } = yield* theirs({}, ["4", "8"])
      assert.deepStrictEqual([method, path], [sent.method, sent.path])
      assert.strictEqual(headers["authorization"], sent.headers["authorization"])
      assert.strictEqual(headers["content-type"], sent.headers["content-type"])
      assert.sameMembers(
        Object.keys(headers).filter((name) => !(name in sent.headers)),
        namesIn("### Headers that only node-gcm sends")
      )
    }))
})
