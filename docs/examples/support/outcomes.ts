/** What became of a send: a table with what to do about each kind of outcome, and files of what changes. */
import { type Outcome, Recipient, type Report, type SendError } from "@cloud-messaging/client"
import { Console, Effect, FileSystem, Schema, Stream } from "effect"
import { Csv } from "effect/encoding"
import * as Table from "./table.ts"

const todo: Record<Outcome.Disposition, string> = {
  keep: "nothing",
  replace: "store the new id: out/replace.csv",
  remove: "delete it: out/remove.csv",
  fixMessage: "mend the message",
  fixCredentials: "check the sender's credentials",
  retryLater: "send again later"
}

const kind = (outcome: Outcome.Outcome): string => {
  switch (outcome._tag) {
    case "Success":
      return outcome.canonical === undefined ? "accepted" : "accepted, moved to a new id"
    case "NotRegistered":
      return "not registered"
    case "Failed":
      return `failed: ${outcome.code}`
    case "Unavailable":
      return `unavailable: ${outcome.code}`
    case "Unknown":
      return "unknown: the answer was lost"
  }
}

/** Prints how many there are of each kind, one column a report. */
export const printOutcomes = (reports: { readonly [protocol: string]: Report.Report }) => {
  const rows = new Map<string, Array<string | number>>()
  Object.values(reports).forEach((report, column) => {
    for (const outcome of report.outcomes) {
      const row = rows.get(kind(outcome)) ??
        [kind(outcome), ...Object.keys(reports).map(() => 0), todo[outcome.disposition]]
      rows.set(kind(outcome), row.map((cell, i) => i === column + 1 ? Number(cell) + 1 : cell))
    }
  })
  return Console.log(
    Table.format(["outcome", ...Object.keys(reports), "what to do"], Array.from(rows.values()).sort(byKind))
  )
}

/** Fails with the error of a send, and tells how many were not sent to. */
export const failIf = (error: SendError.SendError | undefined) =>
  error === undefined
    ? Effect.void
    : Effect.andThen(Console.log(`\nnot sent to: ${error.unsettled.length} recipients`), Effect.fail(error))

const order = ["accepted", "not registered", "failed", "unavailable", "unknown"]

const byKind = (a: ReadonlyArray<string | number>, b: ReadonlyArray<string | number>): number => rank(a) - rank(b)

const rank = ([label]: ReadonlyArray<string | number>): number =>
  order.findIndex((kind) => String(label).startsWith(kind))

const Replacement = Schema.Struct({ recipient: Schema.String, canonical: Schema.String })
const Removal = Schema.Struct({ recipient: Schema.String, reason: Schema.String })

/** Writes `out/replace.csv` and `out/remove.csv`. */
export const writeChanges = Effect.fnUntraced(function*(reports: ReadonlyArray<Report.Report>) {
  const outcomes = reports.flatMap((report) => report.outcomes)
  const replacements = outcomes.flatMap((outcome) =>
    outcome._tag === "Success" && outcome.canonical !== undefined
      ? [{ recipient: Recipient.value(outcome.recipient), canonical: Recipient.value(outcome.canonical) }]
      : []
  )
  const removals = outcomes.flatMap((outcome) =>
    outcome.disposition === "remove" ? [{ recipient: Recipient.value(outcome.recipient), reason: kind(outcome) }] : []
  )
  const fs = yield* FileSystem.FileSystem
  yield* fs.makeDirectory("out", { recursive: true })
  yield* writeCsv("out/replace.csv", Replacement, distinct(replacements))
  yield* writeCsv("out/remove.csv", Removal, distinct(removals))
})

const distinct = <Row extends { readonly recipient: string }>(rows: ReadonlyArray<Row>): ReadonlyArray<Row> =>
  Array.from(new Map(rows.map((row) => [row.recipient, row])).values())

const writeCsv = Effect.fnUntraced(function*<S extends Schema.Codec<object, object>>(
  file: string,
  schema: S,
  rows: ReadonlyArray<S["Type"]>
) {
  const fs = yield* FileSystem.FileSystem
  yield* Stream.fromIterable(rows).pipe(
    Stream.pipeThroughChannel(Csv.encodeSchema(schema)({ headers: true, newline: "\n" })),
    Stream.run(fs.sink(file))
  )
  yield* Console.log(`${file}: ${rows.length} recipients`)
})
