/** Asks the emulator what arrived, and holds it against what the client says. */
import { Emulator } from "@cloud-messaging/emulator"
import { Console, Data, Effect } from "effect"
import { lostAnswers } from "./retries.ts"
import * as Table from "./table.ts"
import type { Tracked } from "./tracking.ts"

export class Difference extends Data.TaggedError("Difference")<{ readonly message: string }> {}

const protocols = { fcm: "FCM v1", gcm: "GCM" } as const

/** Prints the comparison; fails if anything differs. */
export const printReconciliation = Effect.fnUntraced(function*(sent: { readonly fcm: Tracked; readonly gcm: Tracked }) {
  const emulator = yield* Emulator.Emulator
  const arrivals = yield* emulator.messages.query()
  const requests = yield* emulator.requests
  const rows = (["fcm", "gcm"] as const).flatMap((endpoint) => {
    const arrived = arrivals.filter((arrival) => arrival.endpoint === endpoint)
    const answered = arrived.filter((arrival) => !arrival.answerCut)
    const accepted = new Set(answered.map((arrival) => arrival.recipient)).size
    return [
      [`${protocols[endpoint]}: accepted`, sent[endpoint].report.success.length, accepted],
      [`${protocols[endpoint]}: requests`, sent[endpoint].requests, requests[endpoint]],
      [
        `${protocols[endpoint]}: answers lost and sent again`,
        lostAnswers(sent[endpoint]),
        arrived.length - answered.length
      ],
      // a repeat is one for a recipient whose acceptance the client had read
      [`${protocols[endpoint]}: successes sent again`, 0, answered.length - accepted]
    ] as const
  })
  yield* Console.log(`\n${Table.format(["reconciliation", "client", "emulator"], rows)}`)
  const different = rows.filter(([, client, emulator]) => client !== emulator)
  if (different.length > 0) {
    return yield* new Difference({
      message: `client and emulator differ: ${different.map(([what]) => what).join(", ")}`
    })
  }
  yield* Console.log("\nClient and emulator agree.")
})
