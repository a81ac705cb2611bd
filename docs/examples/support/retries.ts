/** What was tried again, how long was waited because the service asked, and how many got through. */
import { Console, Duration } from "effect"
import * as Table from "./table.ts"
import type { Protocol, Tracked } from "./tracking.ts"

/** Recipients that failed at first: each group counts once. */
const firstFailures = ({ failures }: Tracked, isCounted: (code: string) => boolean = () => true): number =>
  failures.reduce((n, { attempt, code, recipients }) => attempt === 1 && isCounted(code) ? n + recipients : n, 0)

/** Recipients whose first answer was lost, so that they were sent to again. */
export const lostAnswers = (sent: Tracked): number => firstFailures(sent, (code) => code === "Network")

const waited = ({ failures }: Tracked): string => {
  const seconds = failures.flatMap(({ retryAfter }) => retryAfter === undefined ? [] : [Duration.toSeconds(retryAfter)])
  return Array.from(new Set(seconds)).sort((a, b) => a - b).map((_) => `${_} s`).join(", ")
}

/** Prints a line for each protocol. */
export const printRetries = (sent: { readonly [_ in Protocol]: Tracked }) =>
  Console.log(`\n${
    Table.format(
      ["retries", "sent again", "answers lost", "got through", "given up", "Retry-After waited"],
      Object.entries(sent).map(([protocol, tracked]) => {
        const givenUp = tracked.report.unavailable.length + tracked.report.unknown.length
        const again = firstFailures(tracked)
        return [protocol, again, lostAnswers(tracked), again - givenUp, givenUp, waited(tracked)]
      })
    )
  }`)
