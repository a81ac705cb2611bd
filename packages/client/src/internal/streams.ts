/**
 * What `sendStream` and `sendEach` make of the engine.
 */
import type * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import type { Issue, Message } from "../Message.ts"
import type * as Messaging from "../Messaging.ts"
import * as Outcome from "../Outcome.ts"
import * as Recipient from "../Recipient.ts"
import * as Report from "../Report.ts"
import * as SendError from "../SendError.ts"
import { type Ended, Engine, type Send } from "./engine.ts"
import { Arriving } from "./fresh.ts"
import type * as Group from "./group.ts"
import { Idle } from "./idle.ts"
import type { Layer } from "./layer.ts"
import { annotateSpan, endError, invalidMessage, nobody } from "./send.ts"
import type { Settings } from "./settings.ts"

export const sendStream = <E, R>(
  layer: Layer,
  settings: Settings,
  message: Message,
  recipients: Stream.Stream<Recipient.Input, E, R>
): Stream.Stream<Outcome.Outcome, E | SendError.AuthenticationError | SendError.ValidationError, R> => {
  const prepared = layer.prepare(message)
  if (Result.isFailure(prepared)) return Stream.fail(invalidMessage(prepared.failure, nobody))
  return pipeline(layer, settings, recipients, {
    take: (input) => ({ recipient: Recipient.make(input), prepared }),
    ahead: 2,
    emit: (_, outcome) => outcome,
    onRejected: "end",
    errorOf: (end) => endError(end, nobody)
  })
}

export const sendEach = <A extends Messaging.Item, E, R>(
  layer: Layer,
  settings: Settings,
  items: Stream.Stream<A, E, R>
): Stream.Stream<Messaging.Settled<A>, E | SendError.AuthenticationError, R> =>
  pipeline(layer, settings, items, {
    take: (item) => {
      // an invalid item from untyped code fails only itself
      const recipient = Result.try(() => Recipient.make(item.recipient))
      const message = Result.try(() => item.message)
      return {
        recipient: Result.getOrElse(recipient, () => Recipient.missing),
        prepared: Result.isSuccess(message) ? layer.prepare(message.success) : Result.fail([unreadable])
      }
    },
    ahead: 10, // one is filled for each message that comes
    emit: (item, outcome) => ({ item, outcome }),
    onRejected: "fail",
    errorOf: (end) =>
      end._tag === "Denied" ? new SendError.AuthenticationError({ reason: end.reason, ...nobody }) : undefined
  })

const unreadable: Issue = { path: [], message: "must be readable: it throws" }

interface Pipeline<A, B, E> {
  readonly take: (input: A) => {
    readonly recipient: Recipient.Recipient
    readonly prepared: Result.Result<Group.Prepared, ReadonlyArray<Issue>>
  }
  /** Requests of many recipients that may be filled ahead. */
  readonly ahead: number
  readonly emit: (input: A, outcome: Outcome.Outcome) => B
  readonly onRejected: Send<Arrived<A>>["onRejected"]
  readonly errorOf: (end: NonNullable<Ended["end"]>) => E | undefined
}

/** A recipient that arrived, and what it came as. */
interface Arrived<out A> extends Group.Ticket {
  readonly item: A
}

/** So many outcomes may wait to be taken before no more recipients are asked for. */
const bufferSize = 1024

const pipeline = <A, B, E, E2, R>(
  layer: Layer,
  settings: Settings,
  source: Stream.Stream<A, E, R>,
  { ahead, emit, errorOf, onRejected, take }: Pipeline<A, B, E2>
): Stream.Stream<B, E | E2, R> => {
  const { metrics, protocol } = layer
  /** Workers that wait until what they settled is taken. */
  const crowd = new Idle()
  /** The puller, that waits until there is room for more. */
  const puller = new Idle()
  const run = Effect.fnUntraced(function*(queue: Queue.Queue<B, E | E2 | Cause.Done>) {
    const context = yield* Effect.context<never>()
    const alarms = layer.alarmsOf(Context.get(context, Clock.Clock))
    const counts: { -readonly [Tag in keyof Report.Counts]: number } = { ...Report.empty.counts }
    let successes = 0
    let others: Array<Outcome.Outcome> = []
    const settle = (input: A, outcome: Outcome.Outcome) => {
      counts[outcome._tag]++
      if (outcome._tag === "Success") successes++
      else others.push(outcome)
      // at once, so that no interruption comes between an outcome and its recipient
      Queue.offerUnsafe(queue, emit(input, outcome))
    }
    const count = () => {
      if (successes > 0) metrics.successes(successes, context)
      successes = 0
      if (others.length === 0) return
      metrics.outcomes(others, context)
      others = []
    }
    const isCrowded = () => Queue.sizeUnsafe(queue) >= bufferSize

    const { recipientsPerRequest } = protocol
    const enough = Math.max(settings.concurrency, recipientsPerRequest === 1 ? 1 : ahead * recipientsPerRequest)
    const arriving: Arriving<Arrived<A>> = new Arriving<Arrived<A>>({
      perRequest: recipientsPerRequest,
      stop: Effect.suspend(() => Fiber.interrupt(pulling)),
      // not for each that leaves: half of it at a time
      onTaken: () => puller.hasParked && arriving.size * 2 <= enough ? puller.callOne : undefined
    })
    const engine = new Engine<Arrived<A>>({
      layer,
      settings,
      context,
      fresh: arriving,
      sink: {
        settle: ({ item }, outcome) => settle(item, outcome),
        leave: ({ item, recipient }, code, attempts) =>
          settle(item, new Outcome.Unavailable({ recipient, code, retryAfter: undefined, attempts })),
        flush: () => {
          count()
          return isCrowded() ? crowd.parkWhile(isCrowded) : undefined
        }
      },
      onRejected
    })

    const arrive = (input: A, now: number) => {
      const { prepared, recipient } = take(input)
      const refused = protocol.refuse(recipient)
      if (refused !== undefined) return settle(input, refused)
      if (Result.isFailure(prepared)) return settle(input, invalid(recipient, prepared.failure))
      arriving.add(prepared.success, { recipient, item: input }, now)
    }
    const isFull = () => arriving.size >= enough || engine.waiting >= settings.maxWaiting || isCrowded()
    /** Of those that were pulled. */
    let left: Iterator<A> & Iterable<A> = [][Symbol.iterator]()
    const arriveAll = (inputs: ReadonlyArray<A>) => {
      left = inputs[Symbol.iterator]()
      return Effect.gen(function*() {
        let now = alarms.now
        for (const input of left) {
          arrive(input, now)
          if (!isFull()) continue
          yield* Effect.andThen(engine.wake, puller.parkWhile(isFull))
          now = alarms.now
        }
        count()
        yield* engine.wake
      })
    }
    const pulling: Fiber.Fiber<void, E> = yield* Stream.runForEachArray(source, arriveAll).pipe(
      Effect.onExit((exit) => {
        arriving.end()
        // who was pulled was taken, even when the send ends meanwhile
        if (Exit.hasInterrupts(exit)) { for (const input of left) arrive(input, alarms.now) }
        return engine.wake
      }),
      Effect.forkScoped
    )

    const ended = yield* engine.run(settings.concurrency)
    const pulled = yield* Fiber.await(pulling)
    count()
    annotateSpan(context, counts, ended)
    const error = ended.end && errorOf(ended.end)
    if (error !== undefined) return yield* Queue.fail(queue, error)
    return pulled._tag === "Success" ? yield* Queue.end(queue) : yield* Queue.failCause(queue, pulled.cause)
  })
  return Stream.callback(run).pipe(
    Stream.mapArrayEffect((taken) => Effect.as(Effect.andThen(crowd.callAll, puller.callOne), taken))
  )
}

const invalid = (recipient: Recipient.Recipient, issues: ReadonlyArray<Issue>): Outcome.Failed =>
  new Outcome.Failed({
    recipient,
    code: "InvalidMessage",
    detail: new SendError.InvalidMessage({ issues }).message,
    issues,
    disposition: "fixMessage"
  })
