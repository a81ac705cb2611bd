/** A case, played through our public API against a server that gives what is expected of it. */
import { Gcm, Message, Messaging, Recipient, Report, RetryPolicy, SendError } from "@cloud-messaging/client"
import { assert } from "@effect/vitest"
import { Duration, Effect, Layer, Random, Redacted, Result } from "effect"
import { TestClock } from "effect/testing"
import * as Http from "../utils/http.ts"
import * as Recording from "./recording.ts"
import * as Rules from "./rules.ts"

/** Plays the rounds of a case, each to whom the one before leaves to retry. */
export const play = Effect.fnUntraced(function*(expected: Rules.Case) {
  yield* TestClock.setTime(Rules.now)
  const message = messageOf(expected)
  const requests: Array<Http.Recorded> = []
  const seen: Array<ReturnType<typeof Rules.seen>> = []
  const answer = Effect.suspend(() => {
    const round = expected.rounds[seen.length]
    return round === undefined ? Effect.die("a request too many") : Effect.succeed(response(round.answer))
  })
  const layer = layers[expected.kind]({ apiKey: Redacted.make(keyOf(expected)), retryPolicy: RetryPolicy.none }).pipe(
    Layer.provide(Http.layer(() => answer, requests))
  )
  yield* Effect.gen(function*() {
    for (const [n, { sent }] of expected.rounds.entries()) {
      // whom the recording has no answer for is not sent to: it knows no rates
      const given = seen[n - 1]?.outcome.retry?.filter((id) => sent.includes(id)) ?? expected.ids
      const result = yield* Effect.result(Messaging.send(message, given))
      const { outcome, report } = see(result, given)
      const delay = outcome.retry === null ? null : Duration.toSeconds(yield* Report.delay(report, n))
      seen.push({ requests: requests.splice(0).map(requestOf(expected.kind)), outcome, delay })
    }
  }).pipe(Effect.provide(layer), Effect.provideService(Random.Random, dice))
  return seen
})

const layers = { json: Gcm.layer, plain: Gcm.layerPlainText }

const dice = { nextDoubleUnsafe: () => Rules.random, nextIntUnsafe: () => 1 }

const keyOf = ({ rounds }: Rules.Case): string => rounds[0]?.request?.authorization.replace(/^key=/, "") ?? "key"

const response = ({ body, headers, status }: Recording.Answer): Response =>
  new Response([204, 205, 304].includes(status) ? null : body, { status, headers })

// -----------------------------------------------------------------------------
// What is sent
// -----------------------------------------------------------------------------

/** What the user of the original wrote, in our words. It sends no option that it does not know. */
const messageOf = (self: Rules.Case): Message.Message => {
  const { collapse_key, delay_while_idle, dry_run, restricted_package_name, time_to_live } = self.options
  return Message.make({
    data: Rules.dataOf(self),
    collapseKey: text(collapse_key),
    timeToLive: given(time_to_live) ? Duration.seconds(Number(time_to_live)) : undefined,
    restrictedPackageName: text(restricted_package_name),
    dryRun: given(dry_run) ? Boolean(dry_run) : undefined,
    gcm: given(delay_while_idle) ? { delayWhileIdle: Boolean(delay_while_idle) } : undefined
  })
}

const given = (value: Recording.Value | undefined): boolean => value !== undefined && value !== null

/** `str(value)`, where there is any. */
const text = (value: Recording.Value = null): string | undefined =>
  value === null ? undefined : typeof value === "boolean" ? (value ? "True" : "False") : String(value)

/** A request as it is recorded. */
const requestOf = (kind: Recording.Kind) => ({ headers, text }: Http.Recorded): Recording.Request => ({
  contentType: headers["content-type"] ?? "",
  authorization: headers["authorization"] ?? "",
  body: kind === "json" ? JSON.parse(text) : Recording.form(new URLSearchParams(text))
})

// -----------------------------------------------------------------------------
// What is heard
// -----------------------------------------------------------------------------

/** The end of a send, as an outcome is recorded. */
const see = (
  sent: Result.Result<Report.Report, SendError.SendError>,
  given: Recording.Ids
): { readonly outcome: Recording.Outcome; readonly report: Report.Report } => {
  const error = Result.isFailure(sent) ? sent.failure : undefined
  const report = Result.isSuccess(sent) ? sent.success : sent.failure.report
  const unsettled = ids(error?.unsettled ?? [])
  assert.deepStrictEqual([...ids(report.outcomes.map(({ recipient }) => recipient)), ...unsettled], given, "law 1")
  const retry = error === undefined ? Report.retry(report) : SendError.retry(error)
  if (error === undefined) assert.strictEqual(Report.needsRetry(report), retry.length > 0)
  return {
    report,
    outcome: {
      error: error === undefined ? null : `${error._tag}.${error.reason._tag}`,
      text: error?.reason._tag === "RejectedRequest"
        ? error.reason.issues.map(({ message }) => message).join("; ")
        : null,
      success: texts(report.success, ({ messageId }) => messageId),
      canonical: texts(report.canonical, ({ canonical }) => Recipient.value(canonical)),
      notRegistered: ids(report.notRegistered.map(({ recipient }) => recipient)),
      failed: texts(report.failed, ({ code }) => code),
      unknown: ids(report.unknown.map(({ recipient }) => recipient)),
      unsettled,
      retryAfter: longest(report),
      retry: retry.length === 0 ? null : ids(retry)
    }
  }
}

const ids = (recipients: ReadonlyArray<Recipient.Recipient>): Recording.Ids => recipients.map(Recipient.value)

const texts = <A extends { readonly recipient: Recipient.Recipient }>(
  outcomes: ReadonlyArray<A>,
  text: (outcome: A) => string
): Recording.Texts => Object.fromEntries(outcomes.map((outcome) => [Recipient.value(outcome.recipient), text(outcome)]))

const longest = ({ unavailable }: Report.Report): number | null => {
  const all = unavailable.flatMap(({ retryAfter }) => retryAfter === undefined ? [] : [Duration.toSeconds(retryAfter)])
  return all.length === 0 ? null : Math.max(...all)
}
