/** `docs/conformance.md`: each cell is what a client said and what the emulator recorded. `vitest -u` writes the page. */
import { assert, describe, expect, it, layer } from "@effect/vitest"
import { Effect } from "effect"
import * as Fs from "node:fs"
import { fileURLToPath } from "node:url"
import { type Cell, expected } from "./conformance/expected.ts"
import * as Observed from "./conformance/observed.ts"
import { withTables } from "./conformance/page.ts"

type Rows = { readonly [scenario: string]: { readonly [client: string]: Cell } }

layer(Observed.layer, { excludeTestServices: true, timeout: "2 minutes" })("each client", (it) => {
  for (const [table, rows] of Object.entries<Rows>(expected)) {
    for (const [scenario, clients] of Object.entries(rows)) {
      it.effect.each(Object.entries(clients))(
        `${table}, ${scenario}: %s`,
        ([client, cell]) =>
          Effect.map(
            Observed.Observed,
            (observed) => assert.deepStrictEqual(observed.get(Observed.key(table, scenario, client)), cell)
          )
      )
    }
  }

  it.effect("was seen in each scenario", () =>
    Effect.map(Observed.Observed, (observed) => {
      const told = Object.values<Rows>(expected).flatMap((rows) => Object.values(rows).flatMap(Object.keys))
      assert.strictEqual(observed.size, told.length)
    }))
})

describe("docs/conformance.md", () => {
  it("says so", () => {
    const page = fileURLToPath(new URL("../../../docs/conformance.md", import.meta.url))
    return expect(withTables(Fs.readFileSync(page, "utf8"))).toMatchFileSnapshot(page)
  })
})
