/** Asks the emulator what arrived, and holds it against what the client says. */
import { Emulator } from "@cloud-messaging/emulator"
import { Console, Data, Effect } from "effect"
import type { Tracked } from "./progress.ts"
import * as Table from "./table.ts"

export class Difference extends Data.TaggedError("Difference")<{ readonly message: string }> {}

/** Prints the comparison; fails if anything differs. */
export const printReconciliation = Effect.fnUntraced(function*(sent: { readonly fcm: Tracked; readonly gcm: Tracked }) {
  const emulator = yield* Emulator.Emulator
  const arrivals = yield* emulator.arrivals
  const requests = yield* emulator.requests
  const rows = (["fcm", "gcm"] as const).flatMap((endpoint) => {
    const arrived = arrivals.filter((arrival) => arrival.endpoint === endpoint)
    const distinct = new Set(arrived.map((arrival) => arrival.recipient))
    const protocol = endpoint === "fcm" ? "FCM v1" : "GCM"
    return [
      [`${protocol}: accepted`, sent[endpoint].report.success.length, arrived.length],
      [`${protocol}: requests`, sent[endpoint].requests, requests[endpoint]],
      [`${protocol}: repeats`, 0, arrived.length - distinct.size]
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
