/** Recipients in a CSV file with a column `recipient`. */
import { Effect, FileSystem, Schema, Stream } from "effect"
import { Csv } from "effect/encoding"

const Row = Schema.Struct({ recipient: Schema.String })

export const readRecipients = Effect.fnUntraced(function*(file: string) {
  const fs = yield* FileSystem.FileSystem
  const rows = yield* fs.stream(file).pipe(
    Stream.pipeThroughChannel(Csv.decodeSchema(Row)({ headers: true })),
    Stream.runCollect
  )
  return rows.map(({ recipient }) => recipient)
})
