/**
 * Subscriptions to topics: what the engine makes of them.
 */
import * as Topic from "@cloud-messaging/protocol/Topic"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import * as Audience from "../Audience.ts"
import type { SendOptions } from "../Messaging.ts"
import type * as Outcome from "../Outcome.ts"
import * as Recipient from "../Recipient.ts"
import * as SendError from "../SendError.ts"
import * as Topics from "../Topics.ts"
import { askOne } from "./askOne.ts"
import * as audience from "./audience.ts"
import { type Ended, nothingSent } from "./engine.ts"
import { type Layer, layerOf } from "./layer.ts"
import { type Entry, Ledger } from "./ledger.ts"
import { memoizeWeak } from "./memoize.ts"
import { Pace } from "./pace.ts"
import { invalidRecipient } from "./protocol.ts"
import { withAll } from "./recipients.ts"
import { annotateSpan, errorOf, invalidMessage, nobody, sendTo } from "./send.ts"
import * as Settings from "./settings.ts"
import { spanned } from "./span.ts"
import * as topicsProtocol from "./topicsProtocol.ts"

/** Makes the service for a project. */
export const make = Effect.fnUntraced(function*(
  project: topicsProtocol.Project,
  defaults: Topics.Options
): Effect.fn.Return<Topics.Service, never, HttpClient.HttpClient> {
  const layer = yield* layerOf(project.fcm)
  const paced = { ...layer, paceOf: memoizeWeak((clock: Clock.Clock) => new Pace(clock)) }
  const settings = (options: SendOptions = {}) => Settings.make(options, defaults, Settings.sendDeadline)
  const withSpan = (name: string, recipients: number) => <A, E>(self: Effect.Effect<A, E>) =>
    spanned(self, `Topics.${name}`, {
      "messaging.system": project.fcm.system,
      "messaging.batch.message_count": recipients
    })
  const changing = (change: topicsProtocol.Change): Topics.Service["subscribe"] => (name, inputs, options) => {
    const topic = Audience.topic(name).name // a prefix is taken off, as in a publish
    const api = options?.topicApi ?? defaults.topicApi ?? "fcm"
    return withAll(
      inputs,
      (recipients) =>
        Effect.suspend(() => changeAll(paced, settings(options), { project, change, topic }, recipients, api)).pipe(
          withSpan(change, recipients.length)
        )
    )
  }
  return {
    subscribe: changing("subscribe"),
    unsubscribe: changing("unsubscribe"),
    list: (input, options) =>
      Effect.suspend(() => listAll(layer, settings(options), project, Recipient.make(input))).pipe(withSpan("list", 1))
  }
})

/** Changes the subscriptions of all: in batches, or one by one. */
const changeAll = Effect.fnUntraced(function*(
  layer: Layer,
  settings: Settings.Settings,
  asked: topicsProtocol.Asked,
  recipients: ReadonlyArray<Recipient.Recipient>,
  api: Topics.Api
): Effect.fn.Return<ReadonlyArray<Topics.TopicOutcome>, SendError.SendError> {
  const all = { report: nobody.report, unsettled: recipients }
  if (!Topic.isName(asked.topic) || isDots(asked.topic)) return yield* invalidMessage([audience.topicIssue], all)
  const context = yield* Effect.context<never>()
  const ledger = new Ledger(recipients)
  for (const entry of ledger.entries) entry.outcome = refuse(layer, entry.recipient)
  const entries = ledger.entries.filter(({ outcome }) => outcome === undefined)
  // Instance ID does not support installation ids
  const isBatch = ({ recipient }: Entry) => api === "instanceId" && recipient.kind === "token"
  const change = ({ prepared, protocol }: topicsProtocol.Requests, some: ReadonlyArray<Entry>) =>
    some.length === 0
      ? Effect.succeed(nothingSent)
      : sendTo({ ...layer, protocol }, settings, prepared, some, context)
  const batches = yield* change(topicsProtocol.batch(asked), entries.filter(isBatch))
  // once the credentials are refused, nothing more is sent
  const singles = batches.end === undefined
    ? yield* change(topicsProtocol.single(asked), entries.filter((entry) => !isBatch(entry)))
    : nothingSent
  const ended = together([batches, singles])
  annotateSpan(context, {}, ended)
  const { report } = ledger.settlement
  const error = errorOf(ended, all, report.unknown.length > 0)
  return error === undefined ? report.outcomes.map(outcomeOf) : yield* Effect.fail(error)
})

/** Whom no request can name: a path swallows dots. */
const refuse = (layer: Layer, recipient: Recipient.Recipient): Outcome.Failed | undefined =>
  layer.protocol.refuse(recipient) ??
    (isDots(Recipient.value(recipient))
      ? invalidRecipient(recipient, "no registration token and no installation id")
      : undefined)

const isDots = (text: string): boolean => text === "." || text === ".."

/** How two runs for one call went. */
const together = (ends: ReadonlyArray<Ended>): Ended => ({
  end: first(ends, ({ end }) => end),
  spoken: ends.some(({ spoken }) => spoken),
  garbled: first(ends, ({ garbled }) => garbled),
  troubled: first(ends, ({ troubled }) => troubled),
  requests: ends.reduce((n, { requests }) => n + requests, 0)
})

const first = <A>(ends: ReadonlyArray<Ended>, get: (ended: Ended) => A | undefined): A | undefined =>
  ends.map(get).find((_) => _ !== undefined)

const outcomeOf = (outcome: Outcome.Outcome): Topics.TopicOutcome =>
  outcome._tag === "Success" ? new Topics.Changed({ recipient: outcome.recipient }) : outcome

/** All pages of a recipient's topics. */
const listAll = Effect.fnUntraced(function*(
  layer: Layer,
  settings: Settings.Settings,
  project: topicsProtocol.Project,
  recipient: Recipient.Recipient
): Effect.fn.Return<ReadonlyArray<string>, SendError.SendError> {
  const all = { report: nobody.report, unsettled: [recipient] }
  const refused = refuse(layer, recipient)
  if (refused !== undefined) {
    return yield* invalidMessage([{ path: ["recipient"], message: refused.detail ?? refused.code }], all)
  }
  const context = yield* Effect.context<never>()
  const started = yield* Clock.monotonicTimeNanos
  const pages: Array<topicsProtocol.Page> = []
  while (pages.length < maxPages) {
    // one deadline for all pages
    const passed = Duration.nanos((yield* Clock.monotonicTimeNanos) - started)
    const deadline = Duration.max(Duration.subtract(settings.deadline, passed), Duration.zero)
    const question = topicsProtocol.list(project, recipient, pages.at(-1)?.nextPageToken)
    const page = yield* askOne(layer, { ...settings, deadline }, question, context)
    pages.push(page)
    if (page.nextPageToken === undefined) return pages.flatMap(({ topics }) => topics)
  }
  const reason = new SendError.InvalidResponse({ status: 200, detail: "pages without end" })
  return yield* new SendError.ValidationError({ reason, ...all })
})

/** An installation has 2000 topics at most, which are one page. */
const maxPages = 100
