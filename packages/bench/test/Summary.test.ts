import { assert, describe, it } from "@effect/vitest"
import * as Page from "../run/Page.ts"
import type { Result, Round } from "../run/Round.ts"
import { judge, numbers, ratio } from "../run/Summary.ts"

const result = (rate: number, lost = 0): Result => ({
  rate,
  cpu: 1 / rate,
  rss: 100,
  heap: 50,
  served: 0,
  lost,
  duplicated: 0
})

const round = (results: { readonly [variant: string]: Result }): Round => new Map(Object.entries(results))

describe("Summary", () => {
  // a machine that is twice as fast for a round does not change a ratio
  const rounds = [
    round({ raw: result(100), send: result(90), firebaseAdmin: result(50) }),
    round({ raw: result(200), send: result(190), firebaseAdmin: result(100) }),
    round({ raw: result(100), send: result(80), firebaseAdmin: result(50) })
  ]

  it("takes ratios inside a round", () => {
    assert.strictEqual(ratio(rounds, "send", "raw", "rate"), 0.9)
  })

  it("judges the goals of what was run", () => {
    const judged = judge(new Map([["v1", rounds]]))
    assert.deepStrictEqual(judged.map(({ goal, met }) => [goal.variant, goal.metric, goal.to, met]), [
      ["send", "rate", "firebaseAdmin", true],
      ["send", "cpu", "firebaseAdmin", true],
      ["send", "rate", "raw", true]
    ])
  })

  it("misses a goal for one recipient that is lost in one round", () => {
    const rounds = [0, 0, 1].map((lost) => round({ without: result(1), with: result(1, lost) }))
    const [lost, duplicated] = judge(new Map([["goaway", rounds]]))
    assert.deepStrictEqual([lost?.value, lost?.met, duplicated?.met], [1, false, true])
  })

  it("names every ratio", () => {
    const all = numbers(new Map([["v1", rounds]]))
    assert.strictEqual(all["v1.send.rate/raw"], 0.9)
    assert.strictEqual(all["v1.send.rate/firebaseAdmin"], 1.8)
    assert.strictEqual(all["v1.firebaseAdmin.rss/raw"], 1)
  })
})

describe("Page", () => {
  it("keeps what is written by hand", () => {
    const page = (generated: string) => `# Title\n\n${Page.begin}\n\n${generated}\n\n${Page.end}\n\nWhy.\n`
    assert.strictEqual(Page.replace(page("old"), "new"), page("new"))
    assert.isUndefined(Page.replace("# Title\n", "new"))
  })
})
