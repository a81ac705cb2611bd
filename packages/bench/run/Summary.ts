/** What the rounds say: medians, and ratios that were taken inside a round. */
import { type Goal, goals } from "./goals.ts"
import type { Metric, Result, Round } from "./Round.ts"
import { suites } from "./suites.ts"

/** The rounds of the suites that were run. */
export type Rounds = ReadonlyMap<string, ReadonlyArray<Round>>

export const median = (numbers: ReadonlyArray<number>): number => {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = sorted.length / 2
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2
}

export const results = (rounds: ReadonlyArray<Round>, variant: string): ReadonlyArray<Result> =>
  rounds.flatMap((round) => round.get(variant) ?? [])

export const ratio = (rounds: ReadonlyArray<Round>, variant: string, to: string, metric: Metric): number =>
  median(rounds.map((round) => (round.get(variant)?.[metric] ?? Number.NaN) / (round.get(to)?.[metric] ?? Number.NaN)))

/** A goal, and what was measured. */
export interface Judged {
  readonly goal: Goal
  readonly value: number
  readonly met: boolean
}

/** The goals of what was run. */
export const judge = (rounds: Rounds): ReadonlyArray<Judged> =>
  goals.flatMap((goal) => {
    const ran = rounds.get(goal.suite)
    if (ran === undefined || !didRun(ran, goal.variant) || !didRun(ran, goal.to ?? goal.variant)) return []
    const value = valueOf(goal, ran)
    const { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY } = goal
    return [{ goal, value, met: value >= atLeast && value <= atMost }]
  })

const didRun = (rounds: ReadonlyArray<Round>, variant: string) => rounds[0]?.has(variant) === true

const valueOf = ({ metric, to, variant }: Goal, rounds: ReadonlyArray<Round>): number => {
  if (to !== undefined) return ratio(rounds, variant, to, metric)
  const values = results(rounds, variant).map((result) => result[metric])
  // one recipient that is lost in one round is lost
  return metric === "lost" || metric === "duplicated" ? Math.max(...values) : median(values)
}

/** All ratios and all goals, by `suite.variant.metric` or `suite.variant.metric/other`. */
export const numbers = (rounds: Rounds): { readonly [key: string]: number } =>
  Object.fromEntries([...[...rounds].flatMap(([name, ran]) => ratiosOf(name, ran)), ...goalsOf(rounds)])

const ratiosOf = (name: string, rounds: ReadonlyArray<Round>) => {
  const base = suites[name]?.base ?? ""
  return [...rounds[0]?.keys() ?? []].filter((variant) => variant !== base).flatMap((variant) =>
    (["rate", "cpu", "rss", "heap"] as const).map((metric) =>
      [`${name}.${variant}.${metric}/${base}`, round(ratio(rounds, variant, base, metric))] as const
    )
  )
}

const goalsOf = (rounds: Rounds) =>
  judge(rounds).map(({ goal: { metric, suite, to, variant }, value }) =>
    [`${suite}.${variant}.${metric}${to === undefined ? "" : `/${to}`}`, round(value)] as const
  )

const round = (value: number) => Math.round(value * 1000) / 1000
