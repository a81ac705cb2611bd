/** The tables, in Markdown, which is read on a screen just as well. */
import type { Goal } from "./goals.ts"
import type { Metric, Round } from "./Round.ts"
import { type Suite, suites } from "./suites.ts"
import { type Judged, median, ratio, results } from "./Summary.ts"

const format = (header: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = header.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)))
  const line = (cells: ReadonlyArray<string>) =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`
  return [line(header), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n")
}

// -----------------------------------------------------------------------------
// Goals
// -----------------------------------------------------------------------------

const metricNames: { readonly [metric in Metric]: string } = {
  rate: "recipients/s",
  cpu: "CPU",
  rss: "peak memory",
  heap: "peak heap",
  served: "the emulator's peak memory",
  lost: "lost",
  duplicated: "duplicated"
}

const says = (suite: string, variant: string) => suites[suite]?.variants[variant]?.says ?? variant

const bound = ({ atLeast, atMost }: Goal) =>
  atLeast === undefined ? `<= ${atMost?.toLocaleString("en")}` : `>= ${atLeast.toLocaleString("en")}`

const value = (number: number) => number > 1000 ? Math.round(number).toLocaleString("en") : number.toFixed(2)

export const goals = (judged: ReadonlyArray<Judged>): string =>
  format(
    ["work", "variant", "measured", "goal", "is", ""],
    judged.map(({ goal, met, value: is }) => [
      goal.suite,
      says(goal.suite, goal.variant),
      metricNames[goal.metric] + (goal.to === undefined ? "" : ` / ${says(goal.suite, goal.to)}`),
      bound(goal),
      value(is),
      met ? "met" : "**missed**"
    ])
  )

// -----------------------------------------------------------------------------
// Suites
// -----------------------------------------------------------------------------

export const suite = ({ base, emulator, variants }: Suite, rounds: ReadonlyArray<Round>): string =>
  format(
    [
      "variant",
      "recipients/s",
      "(min-max)",
      "CPU s/10k",
      "peak MB",
      "heap MB",
      "rate, ratio",
      "CPU, ratio",
      ...emulator === undefined ? [] : ["emulator MB"]
    ],
    Object.entries(variants).filter(([key]) => rounds[0]?.has(key)).map(([key, { says }]) => {
      const of = (metric: Metric) => results(rounds, key).map((result) => result[metric])
      return [
        says,
        whole(median(of("rate"))),
        `${whole(Math.min(...of("rate")))}-${whole(Math.max(...of("rate")))}`,
        median(of("cpu")).toPrecision(3),
        whole(median(of("rss"))),
        whole(median(of("heap"))),
        ratio(rounds, key, base, "rate").toFixed(2),
        ratio(rounds, key, base, "cpu").toFixed(2),
        ...emulator === undefined ? [] : [emulator.includes(key) ? whole(median(of("served"))) : ""]
      ]
    })
  )

const whole = (number: number) => String(Math.round(number))
