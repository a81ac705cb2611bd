/**
 * `docs/fidelity.md`: what it calls faithful is shown by literal exchanges.
 */
import { Emulator } from "@cloud-messaging/emulator"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import * as Fs from "node:fs"
import * as devices from "./fidelity/devices.ts"
import { answer, type Cases } from "./fidelity/exchange.ts"
import * as fcmV1 from "./fidelity/fcmV1.ts"
import * as gcm from "./fidelity/gcm.ts"
import * as oauth from "./fidelity/oauth.ts"
import * as topics from "./fidelity/topics.ts"

const cases: Cases = { ...fcmV1.cases, ...topics.cases, ...gcm.cases, ...oauth.cases, ...devices.cases }

interface Row {
  readonly name: string
  readonly what: string
  readonly fidelity: string
}

const names = (cell: string | undefined): ReadonlyArray<string> =>
  Array.from((cell ?? "").matchAll(/`([^`]+)`/g), ([, name = ""]) => name)

/** The rows of all tables that say how faithful something is. */
const rows: ReadonlyArray<Row> = Fs.readFileSync(new URL("../../../docs/fidelity.md", import.meta.url), "utf8")
  .split("\n")
  .flatMap((line) => {
    const [, first, what = "", emulator = ""] = line.split(/(?<!\\)\|/)
    const [name] = names(first)
    const fidelity = /^ \*\*(\w+)\*\*/.exec(emulator)?.[1]
    return name === undefined || fidelity === undefined ? [] : [{ name, what, fidelity }]
  })

describe("docs/fidelity.md", () => {
  it("has rows of three kinds, each with a name of its own", () => {
    assert.isAbove(rows.length, 100)
    assert.deepStrictEqual(
      new Set(rows.map(({ fidelity }) => fidelity)),
      new Set(["faithful", "approximate", "absent"])
    )
    assert.deepStrictEqual(rows.map(({ name }) => name), Array.from(new Set(rows.map(({ name }) => name))))
  })

  it("calls nothing faithful that no exchange shows", () => {
    assert.deepStrictEqual(
      rows.flatMap(({ fidelity, name }) => fidelity === "faithful" && !Object.hasOwn(cases, name) ? [name] : []),
      []
    )
  })

  it("has a row for every exchange", () => {
    const named = new Set(rows.map(({ name }) => name))
    assert.deepStrictEqual(Object.keys(cases).filter((name) => !named.has(name)), [])
  })

  it.each(rows.filter(({ name }) => name.endsWith("fields")))(
    "$name: every field that it lists is sent",
    ({ name, what }) => {
      const sent = (cases[name] ?? []).map(([{ body = "" }]) => body).join("\n")
      assert.deepStrictEqual(names(what).filter((field) => !sent.includes(field)), [])
    }
  )
})

describe("the emulator", () => {
  for (const [name, exchanges] of Object.entries(cases)) {
    it.effect(`answers ${name} as written`, () =>
      Effect.gen(function*() {
        yield* TestClock.setTime(oauth.now * 1000)
        assert.isNotEmpty(exchanges)
        for (const [request, expected, wait = 0] of exchanges) {
          yield* TestClock.adjust(wait)
          assert.deepStrictEqual(yield* answer(request), expected)
        }
      }).pipe(Effect.provide(Emulator.layerHttpClientWith(devices.options[name] ?? {}))))
  }
})
