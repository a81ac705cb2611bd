/**
 * The service of a protocol: what `send`, `sendStream` and `sendEach` make of the engine.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as HttpClient from "effect/http/HttpClient"
import * as Option from "effect/Option"
import * as Pull from "effect/Pull"
import * as Queue from "effect/Queue"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { fields, isMessage, type Issue, type Message } from "../Message.ts"
import type * as Messaging from "../Messaging.ts"
import * as Outcome from "../Outcome.ts"
import * as Recipient from "../Recipient.ts"
import * as Report from "../Report.ts"
import * as RetryPolicy from "../RetryPolicy.ts"
import * as SendError from "../SendError.ts"
import { type Ended, Engine, type Send } from "./engine.ts"
import { quiet } from "./exchange.ts"
import { Arriving, fromArray } from "./fresh.ts"
import { Gate } from "./gate.ts"
import type * as Group from "./group.ts"
import { Idle } from "./idle.ts"
import { type Entry, Ledger } from "./ledger.ts"
import { duration } from "./messageFields.ts"
import * as metrics from "./metrics.ts"
import type { Protocol } from "./protocol.ts"

// -----------------------------------------------------------------------------
// Settings
// -----------------------------------------------------------------------------

/** What a layer has: one client, one gate. */
type Layer = Pick<Send<never>, "client" | "protocol" | "gate" | "metrics">

type Settings =
  & Pick<
    Send<never>,
    "retryPolicy" | "deadline" | "requestTimeout" | "delivery" | "pacing" | "requestSpans"
  >
  & { readonly concurrency: number; readonly maxWaiting: number }

/** The options of a call, else those of its layer, else the defaults. */
const settings = (
  call: Messaging.StreamOptions,
  layer: Messaging.StreamOptions,
  deadline: Duration.Duration
): Settings => ({
  retryPolicy: call.retryPolicy ?? layer.retryPolicy ?? RetryPolicy.standard,
  deadline: Duration.fromInputUnsafe(call.deadline ?? layer.deadline ?? deadline),
  requestTimeout: Duration.fromInputUnsafe(call.requestTimeout ?? layer.requestTimeout ?? "15 seconds"),
  delivery: call.delivery ?? layer.delivery ?? "atLeastOnce",
  concurrency: positive("concurrency", call.concurrency ?? layer.concurrency ?? 100),
  maxWaiting: positive("maxWaiting", call.maxWaiting ?? layer.maxWaiting ?? 10_000),
  pacing: call.pacing ?? layer.pacing,
  requestSpans: call.requestSpans ?? layer.requestSpans ?? false
})

const positive = (option: string, value: number): number => {
  if (!(value >= 1)) throw new RangeError(`the option ${option} must be 1 or more, not ${value}`)
  return Math.floor(value)
}

const sendDeadline = Duration.seconds(30)

const streamDeadline = Duration.minutes(60)

// -----------------------------------------------------------------------------
// Service
// -----------------------------------------------------------------------------

/** Makes the service of a protocol. */
export const make = Effect.fnUntraced(function*(
  protocol: Protocol,
  defaults: Messaging.StreamOptions
): Effect.fn.Return<Messaging.Service, never, HttpClient.HttpClient> {
  const layer: Layer = {
    client: yield* quiet(),
    protocol,
    gate: new Gate(),
    metrics: metrics.make(protocol.system)
  }
  // what is wrong with an option of the layer is told when the layer is built
  yield* Effect.sync(() => settings({}, defaults, sendDeadline))
  return {
    send: (message, inputs, options = {}) => {
      const recipients = Recipient.makeAll(inputs) // now: an effect can run twice, an iterator cannot
      return Effect.suspend(() => send(layer, settings(options, defaults, sendDeadline), message, recipients)).pipe(
        Effect.withSpan("Messaging.send", {
          kind: "producer",
          attributes: { ...spanOf(protocol), "messaging.batch.message_count": recipients.length }
        }, { captureStackTrace: false })
      )
    },
    sendStream: (message, recipients, options = {}) =>
      Stream.suspend(() => sendStream(layer, settings(options, defaults, streamDeadline), message, recipients)).pipe(
        Stream.withSpan("Messaging.sendStream", {
          kind: "producer",
          attributes: spanOf(protocol),
          captureStackTrace: false
        })
      ),
    sendEach: (items, options = {}) =>
      Stream.suspend(() => sendEach(layer, settings(options, defaults, streamDeadline), items)).pipe(
        Stream.withSpan("Messaging.sendEach", {
          kind: "producer",
          attributes: spanOf(protocol),
          captureStackTrace: false
        })
      )
  }
})

const spanOf = (protocol: Protocol) => ({
  "messaging.system": protocol.system,
  "messaging.operation.type": "send"
})

/** Makes a message ready to send, or tells what is wrong with it. */
const prepare = (protocol: Protocol, message: Message): Result.Result<Group.Prepared, ReadonlyArray<Issue>> =>
  Result.map(protocol.encode(message), (encoded) => ({
    message,
    encoded,
    timeToLive: Option.match(duration(fields(message).timeToLive), {
      onNone: () => Number.POSITIVE_INFINITY,
      onSome: Duration.toMillis
    })
  }))

// -----------------------------------------------------------------------------
// Send
// -----------------------------------------------------------------------------

const send = Effect.fnUntraced(function*(
  layer: Layer,
  settings: Settings,
  message: Message,
  recipients: ReadonlyArray<Recipient.Recipient>
): Effect.fn.Return<Report.Report, SendError.SendError> {
  const { protocol } = layer
  const ledger = new Ledger(recipients)
  for (const entry of ledger.entries) entry.outcome = protocol.refuse(entry.recipient)
  const tickets = ledger.entries.flatMap((item) =>
    item.outcome === undefined ? [{ recipient: item.recipient, item }] : []
  )
  if (tickets.length === 0) return ledger.report
  const prepared = prepare(protocol, message)
  if (Result.isFailure(prepared)) {
    const reason = new SendError.InvalidMessage({ issues: prepared.failure })
    return yield* new SendError.ValidationError({ reason, ...ledger.settlement })
  }
  const ended = yield* Effect.scoped(Effect.flatMap(
    Engine.make<Entry>({
      ...layer,
      ...settings,
      clock: yield* Clock.Clock,
      fresh: fromArray(prepared.success, tickets, protocol.recipientsPerRequest),
      sink: {
        settle: ({ item }, outcome) => {
          item.outcome ??= outcome
        },
        leave: () => {}, // it stays unsettled
        flush: Effect.void
      },
      onRejected: "end"
    }),
    (engine) => engine.run(Math.min(settings.concurrency, Math.ceil(tickets.length / protocol.recipientsPerRequest)))
  ))
  const settlement = ledger.settlement
  yield* layer.metrics.outcomes(settlement.report.outcomes)
  yield* annotateSpan(settlement.report.counts, ended)
  const error = errorOf(ended, settlement)
  return error === undefined ? settlement.report : yield* Effect.fail(error)
})

/** The error of a whole send, if that is how it ended. */
const errorOf = (
  { end, garbled, spoken, troubled }: Ended,
  settlement: SendError.Settlement
): SendError.SendError | undefined => {
  if (end !== undefined) return endError(end, settlement)
  if (spoken) return undefined
  if (garbled !== undefined) return new SendError.ValidationError({ reason: garbled.reason, ...settlement })
  return troubled && new SendError.TransportError({
    reason: troubled,
    ambiguous: settlement.report.unknown.length > 0,
    ...settlement
  })
}

const endError = (end: NonNullable<Ended["end"]>, settlement: SendError.Settlement) =>
  end._tag === "Denied"
    ? new SendError.AuthenticationError({ reason: end.reason, ...settlement })
    : new SendError.ValidationError({ reason: end.reason, ...settlement })

const annotateSpan = (counts: Report.Counts, { requests }: Ended) =>
  Effect.annotateCurrentSpan({
    ...Object.fromEntries(Object.entries(counts).map(([tag, n]) => [`messaging.outcome.${tag}`, n])),
    "messaging.requests": requests
  })

// -----------------------------------------------------------------------------
// Streams
// -----------------------------------------------------------------------------

/** A stream's error: every recipient that was taken is emitted before. */
const nothing: SendError.Settlement = { report: Report.empty, unsettled: [] }

const sendStream = <E, R>(
  layer: Layer,
  settings: Settings,
  message: Message,
  recipients: Stream.Stream<Recipient.Input, E, R>
): Stream.Stream<Outcome.Outcome, E | SendError.AuthenticationError | SendError.ValidationError, R> => {
  const prepared = prepare(layer.protocol, message)
  if (Result.isFailure(prepared)) {
    const reason = new SendError.InvalidMessage({ issues: prepared.failure })
    return Stream.fail(new SendError.ValidationError({ reason, ...nothing }))
  }
  return pipeline(layer, settings, recipients, {
    take: (input) => ({ recipient: Recipient.make(input), prepared }),
    emit: (_, outcome) => outcome,
    onRejected: "end",
    errorOf: (end) => endError(end, nothing)
  })
}

const sendEach = <A extends Messaging.Item, E, R>(
  layer: Layer,
  settings: Settings,
  items: Stream.Stream<A, E, R>
): Stream.Stream<Messaging.Settled<A>, E | SendError.AuthenticationError, R> => {
  const known = new WeakMap<Message, Result.Result<Group.Prepared, ReadonlyArray<Issue>>>()
  return pipeline(layer, settings, items, {
    take: ({ message, recipient }) => {
      const prepared = known.get(message) ?? prepare(layer.protocol, message)
      if (isMessage(message)) known.set(message, prepared)
      return { recipient: Recipient.make(recipient), prepared }
    },
    emit: (item, outcome) => ({ item, outcome }),
    onRejected: "fail",
    errorOf: (end) =>
      end._tag === "Denied" ? new SendError.AuthenticationError({ reason: end.reason, ...nothing }) : undefined
  })
}

interface Pipeline<A, B, E> {
  readonly take: (input: A) => {
    readonly recipient: Recipient.Recipient
    readonly prepared: Result.Result<Group.Prepared, ReadonlyArray<Issue>>
  }
  readonly emit: (input: A, outcome: Outcome.Outcome) => B
  readonly onRejected: Send<A>["onRejected"]
  readonly errorOf: (end: NonNullable<Ended["end"]>) => E | undefined
}

/** Outcomes that wait to be taken. */
const bufferSize = 1024

const pipeline = <A, B, E, E2, R>(
  layer: Layer,
  settings: Settings,
  source: Stream.Stream<A, E, R>,
  { emit, errorOf, onRejected, take }: Pipeline<A, B, E2>
): Stream.Stream<B, E | E2, R> =>
  Stream.callback<B, E | E2, R>(
    Effect.fnUntraced(function*(queue) {
      const { protocol } = layer
      const clock = yield* Clock.Clock
      const counts: { -readonly [Tag in keyof Report.Counts]: number } = { ...Report.empty.counts }
      const outcomes: Array<Outcome.Outcome> = []
      const settled: Array<B> = []
      const settle = (input: A, outcome: Outcome.Outcome) => {
        counts[outcome._tag]++
        outcomes.push(outcome)
        settled.push(emit(input, outcome))
      }
      const flush = Effect.suspend(() =>
        settled.length === 0
          ? Effect.void
          : Effect.andThen(layer.metrics.outcomes(outcomes.splice(0)), Queue.offerAll(queue, settled.splice(0)))
      )
      const room = new Idle()
      const arriving = new Arriving<A>(protocol.recipientsPerRequest, room.callOne)
      const engine = yield* Engine.make<A>({
        ...layer,
        ...settings,
        clock,
        fresh: arriving,
        sink: {
          settle: ({ item }, outcome) => settle(item, outcome),
          leave: ({ item, recipient }, code, attempts) =>
            settle(item, new Outcome.Unavailable({ recipient, code, retryAfter: undefined, attempts })),
          flush: Effect.asVoid(flush)
        },
        onRejected
      })

      const arrive = (input: A) => {
        const { prepared, recipient } = take(input)
        const refused = protocol.refuse(recipient)
        if (refused !== undefined) return settle(input, refused)
        if (Result.isFailure(prepared)) return settle(input, invalid(recipient, prepared.failure))
        arriving.add(prepared.success, { recipient, item: input }, clock.currentTimeMillisUnsafe())
      }
      const enough = Math.max(protocol.recipientsPerRequest, settings.concurrency)
      const pulling = yield* Effect.forkScoped(
        pullAll(source, {
          hasRoom: () => arriving.size < enough && engine.waiting < settings.maxWaiting,
          room,
          onInputs: (inputs) => {
            for (const input of inputs) arrive(input)
            return Effect.andThen(engine.wake, flush)
          }
        }).pipe(
          Effect.onExit(() => {
            arriving.end()
            return engine.wake
          })
        )
      )
      const ended = yield* engine.run(settings.concurrency)
      yield* annotateSpan(counts, ended)
      const error = ended.end && errorOf(ended.end)
      if (error !== undefined) {
        yield* Fiber.interrupt(pulling)
        yield* flush
        return yield* Queue.fail(queue, error)
      }
      const pulled = yield* Fiber.await(pulling)
      yield* flush
      return pulled._tag === "Success" ? yield* Queue.end(queue) : yield* Queue.failCause(queue, pulled.cause)
    }),
    { bufferSize, strategy: "suspend" }
  )

const invalid = (recipient: Recipient.Recipient, issues: ReadonlyArray<Issue>): Outcome.Failed =>
  new Outcome.Failed({
    recipient,
    code: "InvalidMessage",
    detail: new SendError.InvalidMessage({ issues }).message,
    issues,
    disposition: "fixMessage"
  })

/** Pulls a stream to its end, whenever there is room. */
const pullAll = Effect.fnUntraced(function*<A, E, R>(source: Stream.Stream<A, E, R>, options: {
  readonly hasRoom: () => boolean
  readonly room: Idle
  readonly onInputs: (inputs: ReadonlyArray<A>) => Effect.Effect<unknown>
}): Effect.fn.Return<void, E, R | Scope.Scope> {
  const pull = yield* Stream.toPull(source)
  const next = Effect.gen(function*() {
    while (!options.hasRoom()) yield* options.room.park
    yield* options.onInputs(yield* pull)
  })
  yield* Effect.forever(next).pipe(
    Pull.catchDone(() => Effect.void)
  )
})
