/** Counts what a send does where it passes: its requests at the `HttpClient`, its failures at the retry policy. */
import type { Report, RetryPolicy, SendError } from "@cloud-messaging/client"
import { Effect, Schedule, Terminal } from "effect"
import { HttpClient } from "effect/http"

export type Protocol = "FCM v1" | "GCM"

const recipientsPerRequest: Record<Protocol, number> = { "FCM v1": 1, GCM: 1000 }

export interface Tracked {
  readonly report: Report.Report
  /** Why the send failed, if it did: what was settled before is in the report all the same. */
  readonly error: SendError.SendError | undefined
  /** Requests to the service itself; tokens are asked for elsewhere. */
  readonly requests: number
  /** What failed and was tried again. */
  readonly failures: ReadonlyArray<RetryPolicy.Failure>
}

/** Runs a send with a retry policy, and draws a bar of its requests on a terminal. */
export const track = Effect.fnUntraced(function*<R>(
  protocol: Protocol,
  recipients: number,
  policy: RetryPolicy.RetryPolicy,
  send: (policy: RetryPolicy.RetryPolicy) => Effect.Effect<Report.Report, SendError.SendError, R>
): Effect.fn.Return<Tracked, never, R | HttpClient.HttpClient | Terminal.Terminal> {
  const client = yield* HttpClient.HttpClient
  const draw = yield* bar(protocol, Math.ceil(recipients / recipientsPerRequest[protocol]))
  let requests = 0
  const counting = HttpClient.tapRequest(client, (request) => {
    if (request.url.endsWith("/token")) return Effect.void
    requests++
    return draw(requests)
  })
  const failures: Array<RetryPolicy.Failure> = []
  const observed = Schedule.tap(policy, ({ input }) => Effect.sync(() => failures.push(input)))
  const sent = yield* send(observed).pipe(
    Effect.map((report) => ({ report, error: undefined })),
    Effect.catch((error) => Effect.succeed({ report: error.report, error })),
    Effect.provideService(HttpClient.HttpClient, counting)
  )
  return { ...sent, requests, failures }
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
