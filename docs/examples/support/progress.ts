/** Counts the requests of a send where they pass, at the `HttpClient`, and draws a bar of them on a terminal. */
import type { Report } from "@cloud-messaging/client"
import { Effect, Terminal } from "effect"
import { HttpClient } from "effect/http"

export type Protocol = "FCM v1" | "GCM"

const recipientsPerRequest: Record<Protocol, number> = { "FCM v1": 1, GCM: 1000 }

export interface Tracked {
  readonly report: Report.Report
  /** Requests to the service itself; tokens are asked for elsewhere. */
  readonly requests: number
}

/** Runs a send with the bar. */
export const track = (protocol: Protocol, recipients: number) =>
<E, R>(
  send: Effect.Effect<Report.Report, E, R>
): Effect.Effect<Tracked, E, R | HttpClient.HttpClient | Terminal.Terminal> =>
  Effect.gen(function*() {
    const client = yield* HttpClient.HttpClient
    const expected = Math.ceil(recipients / recipientsPerRequest[protocol])
    const draw = yield* bar(protocol, expected)
    let requests = 0
    const counting = HttpClient.tapRequest(client, (request) => {
      if (request.url.endsWith("/token")) return Effect.void
      requests++
      return draw(requests)
    })
    const report = yield* Effect.provideService(send, HttpClient.HttpClient, counting)
    return { report, requests }
  })

const width = 40

const bar = Effect.fnUntraced(function*(label: string, total: number) {
  const terminal = yield* Terminal.Terminal
  let drawn = -1
  return (done: number) => {
    const full = total === 0 ? width : Math.min(width, Math.floor(width * done / total))
    if (!process.stdout.isTTY || full === drawn) return Effect.void
    drawn = full
    const line = `\r${label.padEnd(8)} ${"█".repeat(full)}${"░".repeat(width - full)} ${done} of ${total} requests`
    return Effect.ignore(terminal.display(done >= total ? `${line}\n` : line))
  }
})
