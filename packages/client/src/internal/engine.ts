/**
 * The engine: gives each recipient exactly one outcome, through whichever protocol.
 *
 * Workers, as many as requests may be in flight, take turns: a batch that is due for a retry first, else recipients that
 * were not sent to yet. They are fibers that loop; no fiber belongs to a recipient.
 */
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { constVoid } from "effect/Function"
import * as Pull from "effect/Pull"
import type * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import { AccessTokenError, Unreachable } from "../AccessToken.ts"
import * as Outcome from "../Outcome.ts"
import type { Recipient } from "../Recipient.ts"
import type { RetryPolicy } from "../RetryPolicy.ts"
import * as SendError from "../SendError.ts"
import type { Alarm, Alarms } from "./alarms.ts"
import { type Answer, exchange, type Lost, timedOut } from "./exchange.ts"
import type { Fresh } from "./fresh.ts"
import * as Group from "./group.ts"
import { Idle } from "./idle.ts"
import type { Layer } from "./layer.ts"
import type { Pace } from "./pace.ts"
import * as Request from "./request.ts"
import type { Settings } from "./settings.ts"
import * as Verdict from "./verdict.ts"
import { Waiting } from "./waiting.ts"

// -----------------------------------------------------------------------------
// What it is told, and what it tells
// -----------------------------------------------------------------------------

/** One send. */
export interface Send<T extends Group.Ticket> {
  readonly layer: Layer
  readonly settings: Settings
  /** Of whoever sends: its clock, its metrics. */
  readonly context: Context.Context<never>
  readonly fresh: Fresh<T>
  readonly sink: Sink<T>
  /** Whether a rejected message ends the send, or is `Failed` of its own recipients. */
  readonly onRejected: "end" | "fail"
}

/** Where outcomes go. */
export interface Sink<in T extends Group.Ticket> {
  readonly settle: (ticket: T, outcome: Outcome.Outcome) => void
  /**
   * The send ended before this one was sent to, or in a request that was refused: surely not accepted. The code is the
   * tag of the reason.
   */
  readonly leave: (ticket: T, code: string, attempts: number) => void
  /** Hands on what was settled; an effect comes back where that must wait until somebody takes it. */
  readonly flush: () => Effect.Effect<void> | undefined
}

/** How a send went. */
export interface Ended {
  /** Why it ended before all was sent, if it did: the credentials, or the message. */
  readonly end: Verdict.Denied | Verdict.Rejected | undefined
  /** Whether an answer spoke of a recipient. */
  readonly spoken: boolean
  /** The first answer that was none. */
  readonly garbled: Verdict.Garbled | undefined
  /** For what a recipient was given up first. */
  readonly troubled: Verdict.Troubled["reason"] | undefined
  /** Requests made. */
  readonly requests: number
}

/** How nothing went. */
export const nothingSent: Ended = {
  end: undefined,
  spoken: false,
  garbled: undefined,
  troubled: undefined,
  requests: 0
}

// -----------------------------------------------------------------------------
// Engine
// -----------------------------------------------------------------------------

/** What a worker waits for, and its time limit. */
type Step =
  /** The access token or the key: up to the deadline. */
  | "credential"
  /** The application's own pace, and the gate: up to the deadline. */
  | "admission"
  /** The answer: up to the request timeout. */
  | "answer"

/** A place for a worker. When a step takes too long, its worker is interrupted, and another one goes on from there. */
class Seat<T extends Group.Ticket> implements Alarm {
  worker: Fiber.Fiber<unknown, unknown> | undefined = undefined
  /** Whether the worker took something that is not handed on. */
  isServing = false
  /** What the worker took, without those that it gave up. */
  groups: ReadonlyArray<Group.Group<T>> = []
  /** The renewal of the credential for what the worker took: at most one, as a second does not help. */
  renewal: Fiber.Fiber<void> | undefined = undefined
  /** Undefined while the worker handles the result of a step. */
  step: Step | undefined = undefined
  /** When the alarm rings, as alarms count. */
  at = Number.POSITIVE_INFINITY
  /** The time limit of the step. The alarm may ring earlier, so that most requests set one timer. */
  limit = Number.POSITIVE_INFINITY
  place: number | undefined = undefined
  isVacated = false
  /** What the worker has to do before it takes more. */
  next: Effect.Effect<void> | undefined = undefined
  /** Sends what the worker took: one effect for all requests of the seat, as requests are many. */
  readonly sending: Effect.Effect<void>
  /** Asks with the request, and hears the answer: one effect for all as well. */
  readonly asking: Effect.Effect<void>
  readonly ring: () => Effect.Effect<void> | undefined
  #request: Request.Request<T> | undefined = undefined

  constructor(make: (seat: Seat<T>) => Pick<Seat<T>, "asking" | "ring" | "sending">) {
    const { asking, ring, sending } = make(this)
    this.sending = sending
    this.asking = asking
    this.ring = ring
  }

  /** The request that is in flight; there is one whenever something is asked or heard. */
  get request(): Request.Request<T> {
    if (this.#request === undefined) throw new Error("no request")
    return this.#request
  }

  set request(request: Request.Request<T>) {
    this.#request = request
  }

  /** Interrupts the worker. */
  vacate(): void {
    this.isVacated = true
    this.worker?.interruptUnsafe()
  }
}

export class Engine<T extends Group.Ticket> {
  readonly #send: Send<T>
  readonly #clock: Clock.Clock
  readonly #alarms: Alarms
  readonly #pace: Pace | undefined
  /** There if there was ever a retry. */
  #waiting: Waiting<T> | undefined
  /** Workers without work. */
  readonly #idle = new Idle()
  /** Calls one of them when the next retry is due. */
  #alarm: Alarm | undefined
  /** When that is; Infinity: nobody is called. */
  #alarmAt = Number.POSITIVE_INFINITY
  /** Places with a worker. */
  readonly #seats: Array<Seat<T>> = []
  readonly #deadline: number
  readonly #requestTimeout: number
  #inFlight = 0
  /** How many wait, as far as the gauge was told. */
  #told = 0
  readonly #ended: { -readonly [K in keyof Ended]: Ended[K] } = { ...nothingSent }

  constructor(send: Send<T>) {
    const { context, layer: { alarmsOf, paceOf }, settings } = send
    this.#send = send
    this.#clock = Context.get(context, Clock.Clock)
    this.#alarms = alarmsOf(this.#clock)
    this.#pace = paceOf?.(this.#clock)
    this.#deadline = Duration.toMillis(settings.deadline)
    this.#requestTimeout = Duration.toMillis(settings.requestTimeout)
  }

  /** How many recipients wait for a retry. */
  get waiting(): number {
    return this.#waiting?.recipients ?? 0
  }

  /** Tells how many wait now. */
  #tellGauge(waiting = this.waiting): void {
    if (waiting === this.#told) return
    this.#send.layer.metrics.waiting(waiting - this.#told, this.#send.context)
    this.#told = waiting
  }

  /** Runs with at most so many workers, until every recipient that came is settled, or the send has ended. */
  run(workers: number): Effect.Effect<Ended> {
    // an exit, not an effect that makes one: a send to one recipient notices each step
    const done = Effect.onExit(this.#work(workers), () => {
      this.#clearAlarm()
      this.#tellGauge(0)
      return Effect.void
    })
    return Effect.flatMap(done, () => {
      const { end } = this.#ended
      return end === undefined ? Effect.succeed(this.#ended) : Effect.as(this.#settleRest(end), this.#ended)
    })
  }

  // ---------------------------------------------------------------------------
  // Workers
  // ---------------------------------------------------------------------------

  /** Seats a worker whenever there may be work for one more, and ends with the last of them. */
  #work(most: number): Effect.Effect<void> {
    return Effect.callback<void>((resume) => {
      const seats = this.#seats
      /** Seats that are asked for, the one that is being made among them. */
      let wanted = 0
      let failure: Exit.Exit<void> | undefined
      const end = () => {
        if (seats.length === 0 && wanted === 0) resume(failure ?? Effect.void)
      }
      const leave = (seat: Seat<T>, exit: Exit.Exit<void>) => {
        seats.splice(seats.indexOf(seat), 1)
        if (failure === undefined && Exit.isFailure(exit)) {
          failure = exit
          for (const { worker } of seats.slice()) worker?.interruptUnsafe()
        }
        end()
      }
      const occupy = (seat: Seat<T>): void => {
        const worker = Effect.runForkWith(this.#send.context)(this.#loop(seat))
        // an observer, not an effect: a finished fiber releases this callback
        worker.addObserver((exit) => {
          this.#alarms.clear(seat)
          if (!seat.isVacated || failure !== undefined) return leave(seat, exit)
          seat.isVacated = false
          seat.next = this.#goOn(seat)
          occupy(seat)
        })
      }
      this.#seatOne = () => {
        // a worker starts at once, and may request another one: start them in turn, not nested
        if (wanted++ > 0) return
        for (; wanted > 0; wanted--) {
          if (failure !== undefined || seats.length >= most) continue
          const seat = new Seat<T>(this.#effectsOf)
          seats.push(seat)
          occupy(seat)
        }
        end()
      }
      this.#seatOne()
      return Effect.suspend(() => {
        failure = Exit.void // no seat is occupied again
        return Fiber.interruptAll(seats.flatMap(({ worker }) => worker ?? []))
      })
    })
  }

  #seatOne: () => void = constVoid

  readonly #effectsOf = (seat: Seat<T>) => ({
    sending: this.#makeSending(seat),
    asking: this.#makeAsking(seat),
    ring: () => this.#ring(seat)
  })

  /** Wakes a worker, or seats one, as there is new work. */
  get wake(): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.#idle.hasParked) return this.#idle.callOne
      this.#seatOne()
      return Effect.void
    })
  }

  /** What a worker does until there is nothing more to do. */
  #loop(seat: Seat<T>): Effect.Effect<void> {
    const loop = Effect.whileLoop({
      while: () => {
        if (seat.next !== undefined) return true
        seat.groups = this.#take() ?? []
        seat.isServing = seat.groups.length > 0
        seat.renewal = undefined
        return seat.isServing || !this.#isOver
      },
      body: () => {
        const { isServing, next } = seat
        seat.next = undefined
        return next ?? (isServing ? this.#serve(seat) : this.#rest)
      },
      step: () => {
        if (seat.isServing) seat.next = this.#handOn(seat)
      }
    })
    // a worker that waits for work learns that there is none left
    const work = Effect.flatMap(loop, () => this.#idle.hasParked ? this.#idle.callAll : Effect.void)
    // from within: it may be interrupted before the fork comes back
    return Effect.withFiber((worker) => {
      seat.worker = worker
      return work
    })
  }

  #serve(seat: Seat<T>): Effect.Effect<void> {
    this.#inFlight++
    const told = this.#tellTaken()
    return told === undefined ? seat.sending : Effect.andThen(told, seat.sending)
  }

  /** Hands on what came of a request; only then is it no longer in flight. */
  #handOn(seat: Seat<T>): Effect.Effect<void> | undefined {
    this.#endStep(seat)
    seat.isServing = false
    const handing = this.#send.sink.flush()
    if (handing === undefined && !this.#isStopped) {
      this.#inFlight--
      return undefined
    }
    return Effect.all([this.#isStopped ? this.#callOff : Effect.void, handing ?? Effect.void]).pipe(
      Effect.map(() => {
        this.#inFlight--
      })
    )
  }

  /** Waits until there is something to do. */
  get #rest(): Effect.Effect<void> {
    const timer = this.#setAlarm()
    // what comes meanwhile is taken, or the alarm is set for it
    const idle = this.#idle.parkWhile(() => !this.#isOver && this.#nextAt >= this.#alarmAt)
    return timer === undefined ? idle : Effect.andThen(timer, idle)
  }

  /** Tells who must know that something was taken. */
  #tellTaken(): Effect.Effect<void> | undefined {
    this.#tellGauge()
    const told = this.#send.fresh.onTaken()
    if (!this.#idle.hasParked) {
      if (this.#nextAt < Number.POSITIVE_INFINITY) this.#seatOne()
      return told
    }
    // there may be more
    return told === undefined ? this.#idle.callOne : Effect.andThen(this.#idle.callOne, told)
  }

  get #isOver(): boolean {
    return this.#isStopped || (this.#inFlight === 0 && this.waiting === 0 && this.#send.fresh.isDone())
  }

  get #isStopped(): boolean {
    return this.#ended.end !== undefined
  }

  /** Milliseconds as alarms count them: setting the clock moves no deadline. */
  get #now(): number {
    return this.#alarms.now
  }

  /** The next request: what is due for a retry, else whoever was not sent to yet. */
  #take(): ReadonlyArray<Group.Group<T>> | undefined {
    if (this.#isStopped) return undefined
    const now = this.#now
    const due = this.#waiting?.take(now)
    if (due !== undefined) return due
    const group = this.#send.fresh.take(now)
    if (group === undefined) return undefined
    group.startedAt = now
    return [group]
  }

  /** When the next request may leave. */
  get #nextAt(): number {
    return Math.min(this.#waiting?.nextAt() ?? Number.POSITIVE_INFINITY, this.#send.fresh.nextAt())
  }

  /** Has a worker called when the next request may leave. */
  #setAlarm(): Effect.Effect<void> | undefined {
    const at = this.#nextAt
    if (at >= this.#alarmAt) return undefined
    this.#clearAlarm()
    this.#alarmAt = at
    this.#alarm = {
      at,
      place: undefined,
      ring: () => {
        this.#clearAlarm()
        return this.#idle.callOne
      }
    }
    return this.#alarms.set(this.#alarm)
  }

  #clearAlarm(): void {
    if (this.#alarm !== undefined) this.#alarms.clear(this.#alarm)
    this.#alarm = undefined
    this.#alarmAt = Number.POSITIVE_INFINITY
  }

  /** Ends the send: workers stop waiting, except for answers. */
  get #callOff(): Effect.Effect<void> {
    return Effect.suspend(() => {
      for (const seat of this.#seats) if (seat.step === "credential" || seat.step === "admission") seat.vacate()
      return this.#idle.callAll
    })
  }

  /** After the end: who waits is given up, who was not sent to is left. */
  #settleRest({ reason }: NonNullable<Ended["end"]>): Effect.Effect<void> {
    return Effect.map(this.#send.fresh.takeAll, (left) => {
      for (const group of left) this.#leave(group, reason._tag)
      for (const group of this.#waiting?.takeAll() ?? []) this.#giveUp(group)
    })
  }

  // ---------------------------------------------------------------------------
  // One request
  // ---------------------------------------------------------------------------

  #makeSending(seat: Seat<T>): Effect.Effect<void> {
    // first of all, as it may take its time: once the gate lets somebody pass, nothing else is waited for
    const sending = Effect.matchEffect(this.#send.layer.protocol.credential, {
      onFailure: (error) => this.#withoutToken(seat, error),
      onSuccess: (credential) => {
        const unfit = Request.unfit(credential)
        if (unfit !== undefined) return this.#withoutToken(seat, unfit)
        if (!this.#isOpen) return this.#admit(seat, credential)
        const now = this.#now
        return this.#keepInTime(seat, now) ? this.#ask(seat, credential, now) : Effect.void
      }
    })
    return Effect.suspend(() => {
      const now = this.#now
      // a retry may have waited for a slot
      if (!this.#keepInTime(seat, now)) return Effect.void
      seat.step = "credential"
      const timer = this.#limit(seat, now)
      const { renewal } = seat
      const next = renewal === undefined ? sending : Effect.andThen(Fiber.join(renewal), sending)
      return timer === undefined ? next : Effect.andThen(timer, next)
    })
  }

  /** Interrupts the worker when its step has taken too long. An effect comes back where a timer must be set. */
  #limit(seat: Seat<T>, now: number): Effect.Effect<void> | undefined {
    seat.at = Math.min(seat.limit, now + this.#requestTimeout)
    return this.#alarms.set(seat)
  }

  /** Ends the worker's wait. */
  #endStep(seat: Seat<T>): void {
    seat.step = undefined
    this.#alarms.clear(seat)
  }

  /** When the wait for a credential or for admission ends. */
  #deadlineOf(groups: ReadonlyArray<Group.Group<T>>, now: number): number {
    // a deadline of zero leaves time for one attempt
    if (this.#deadline === 0) return now + this.#requestTimeout
    let first = Number.POSITIVE_INFINITY
    for (const { startedAt } of groups) if (startedAt < first) first = startedAt
    return first + this.#deadline + 1 // the deadline itself is in time
  }

  /** Interrupts a worker whose step takes too long for all that it took. */
  #ring(seat: Seat<T>): Effect.Effect<void> | undefined {
    const now = this.#now
    const isWaiting = seat.step !== "answer"
    if (seat.limit <= now && isWaiting) this.#giveUpWaiting(seat, now)
    if (seat.limit <= now || (this.#isStopped && isWaiting)) {
      seat.vacate()
      return undefined
    }
    seat.at = seat.limit
    return this.#alarms.set(seat)
  }

  /** Gives up the recipients that a wait for a credential or for admission makes late. */
  #giveUpWaiting(seat: Seat<T>, now: number): void {
    const late = seat.step === "credential" ? this.#noToken : this.#tooLate
    seat.groups = seat.groups.filter((group) => {
      if (Group.isInTime(group, now, this.#deadline)) return true
      this.#giveUpLate(group, group.trouble ?? late)
      return false
    })
    if (seat.groups.length > 0) seat.limit = this.#deadlineOf(seat.groups, now)
  }

  /** Continues after a worker is interrupted because its step took too long or the send has ended. */
  #goOn(seat: Seat<T>): Effect.Effect<void> {
    if (seat.step === "answer") {
      return this.#hear(seat, timedOut(this.#send.settings.requestTimeout, seat.request.encoded.url))
    }
    return Effect.sync(() => {
      this.#endStep(seat)
      const { end } = this.#ended
      if (end !== undefined) this.#dismiss(seat.groups, end)
    })
  }

  get #noToken(): Group.Trouble {
    const detail = `none within the deadline of ${Duration.format(this.#send.settings.deadline)}`
    const reason = new Unreachable({ detail })
    return withoutToken(new AccessTokenError({ reason }))
  }

  #ask(seat: Seat<T>, credential: Redacted.Redacted, now: number): Effect.Effect<void> {
    const { groups } = seat
    if (!Arr.isReadonlyArrayNonEmpty(groups)) return Effect.void
    seat.request = new Request.Request(groups, credential, now, this.#clock.currentTimeMillisUnsafe())
    seat.step = "answer"
    seat.limit = now + this.#requestTimeout
    const timer = this.#limit(seat, now)
    return timer === undefined ? seat.asking : Effect.andThen(timer, seat.asking)
  }

  #makeAsking(seat: Seat<T>): Effect.Effect<void> {
    const { layer: { client, protocol }, settings } = this.#send
    const hear = (heard: Answer | Lost) => this.#hear(seat, heard)
    const response = Effect.suspend(() => client.execute(seat.request.encoded))
    if (!settings.requestSpans) return exchange(response, this.#clock, hear)
    const heard = exchange(response, this.#clock, (heard) => Effect.succeed(heard))
    return Effect.suspend(() =>
      Effect.flatMap(Request.spanned(heard, protocol.system, seat.request.recipients.length), hear)
    )
  }

  #hear(seat: Seat<T>, heard: Answer | Lost): Effect.Effect<void> {
    const { context, layer: { metrics, protocol } } = this.#send
    const { request: { at, date, groups } } = seat
    this.#endStep(seat)
    metrics.request(this.#now - at, context)
    this.#ended.requests++
    for (const group of groups) group.attempts++
    const verdict = seat.request.judge(protocol, heard)
    if (this.#renew(seat, verdict)) return seat.sending
    for (const group of groups) group.firstAttempt ??= { at, date }
    return this.#heed(groups, verdict)
  }

  /** Renews a refused credential in the background if that may help. Returns whether it may. */
  #renew(seat: Seat<T>, verdict: Verdict.Verdict): boolean {
    const { context, layer: { protocol: { renew } } } = this.#send
    if (verdict._tag !== "Denied" || verdict.reason._tag !== "InvalidCredentials") return false
    if (seat.renewal !== undefined || this.#isStopped || renew === undefined) return false
    for (const group of seat.groups) group.trouble = troubleOf(verdict, 401)
    seat.renewal = Effect.runForkWith(context)(renew(seat.request.credential))
    return true
  }

  get #isOpen(): boolean {
    const { layer: { gate }, settings: { pacing } } = this.#send
    return !this.#isStopped && pacing === undefined && this.#pace === undefined && gate.wait(this.#now) === 0
  }

  /** Makes the request, after it waits for the application's pace, at the gate, and for the layer's pace. */
  #admit(seat: Seat<T>, credential: Redacted.Redacted) {
    return Effect.gen({ self: this }, function*() {
      const { layer: { gate }, settings: { pacing } } = this.#send
      const pace = this.#pace
      seat.step = "admission"
      let isPaced = false
      if (pacing !== undefined) yield* pacing(sizeOf(seat.groups))
      for (let now = this.#now; this.#keepInTime(seat, now); now = this.#now) {
        const { end } = this.#ended
        if (end !== undefined) return this.#dismiss(seat.groups, end)
        const wait = gate.wait(now)
        if (wait > 0) {
          isPaced = false
          if (this.#keepInTime(seat, now, wait)) yield* Effect.sleep(wait)
        } else if (pace !== undefined && !isPaced) {
          yield* this.#paced(seat, pace)
          isPaced = true
        } else {
          return yield* this.#ask(seat, credential, now)
        }
      }
    })
  }

  /** Settles recipients whose request had not started when the send ended. */
  #dismiss(groups: ReadonlyArray<Group.Group<T>>, { reason }: NonNullable<Ended["end"]>): void {
    for (const group of groups) {
      if (group.firstAttempt === undefined) this.#leave(group, reason._tag)
      else this.#giveUp(group)
    }
  }

  /** Waits for the layer's pace. This wait does not count towards the deadline of a first attempt. */
  #paced(seat: Seat<T>, pace: Pace) {
    return Effect.gen({ self: this }, function*() {
      const before = this.#now
      const firsts = seat.groups.filter(({ firstAttempt }) => firstAttempt === undefined)
      if (firsts.length === seat.groups.length) seat.limit = Number.POSITIVE_INFINITY
      yield* pace.take(sizeOf(seat.groups))
      const now = this.#now
      for (const group of firsts) group.startedAt += now - before
      seat.limit = this.#deadlineOf(seat.groups, now)
      const timer = this.#limit(seat, now)
      if (timer !== undefined) yield* timer
    })
  }

  /** Gives up the recipients that a wait (zero for no wait) makes late. Returns whether others are left. */
  #keepInTime(seat: Seat<T>, now: number, wait = 0): boolean {
    seat.groups = seat.groups.filter((group) => {
      // a deadline of zero leaves time for one attempt, if that need not wait
      const isOnly = this.#deadline === 0 && group.firstAttempt === undefined && wait === 0
      if (isOnly || Group.isInTime(group, now + wait, this.#deadline)) return true
      this.#giveUpLate(group, wait === 0 ? group.trouble ?? this.#tooLate : this.#gateClosed(Duration.millis(wait)))
      return false
    })
    seat.limit = this.#deadlineOf(seat.groups, now)
    return seat.groups.length > 0
  }

  #giveUpLate(group: Group.Group<T>, trouble: Group.Trouble): void {
    if (trouble.denied !== undefined) return this.#endWith([group], trouble.denied)
    group.trouble = trouble
    this.#ended.troubled ??= trouble.reason
    this.#giveUp(group)
  }

  get #tooLate(): Group.Trouble {
    const reason = new SendError.Timeout({ after: this.#send.settings.deadline, sent: false })
    return { code: reason._tag, status: undefined, retryAfter: undefined, reason }
  }

  #gateClosed(wait: Duration.Duration): Group.Trouble {
    const reason = new SendError.RateLimited({ retryAfter: wait })
    return { code: this.#send.layer.gate.code, status: 429, retryAfter: wait, reason }
  }

  // ---------------------------------------------------------------------------
  // What an answer means
  // ---------------------------------------------------------------------------

  #heed(groups: ReadonlyArray<Group.Group<T>>, verdict: Verdict.Verdict): Effect.Effect<void> {
    switch (verdict._tag) {
      case "Spoken":
        return this.#spoken(groups, verdict)
      case "Troubled":
        return this.#troubled(groups, verdict)
      case "Garbled": {
        this.#ended.garbled ??= verdict
        for (const group of groups) {
          this.#settleAll(group, ({ recipient }) => this.#unclear(group, recipient))
        }
        return Effect.void
      }
      case "Rejected": {
        if (this.#send.onRejected === "end") return Effect.sync(() => this.#endWith(groups, verdict))
        const { code, issues, message } = verdict.reason
        for (const group of groups) {
          this.#settleAll(
            group,
            ({ recipient }) =>
              new Outcome.Failed({ recipient, code, detail: message, issues, disposition: "fixMessage" })
          )
        }
        this.#ended.spoken = true
        return Effect.void
      }
      case "Denied":
        return Effect.sync(() => this.#endWith(groups, verdict))
    }
  }

  /** Settles whoever the answer settles; the rest of each group goes on as the group. */
  #spoken(groups: ReadonlyArray<Group.Group<T>>, { words }: Verdict.Spoken): Effect.Effect<void> {
    this.#ended.spoken = true
    let next = 0
    const troubled: Array<readonly [Group.Group<T>, Group.Trouble]> = []
    for (const group of groups) {
      const left: Array<T> = []
      let codes: Map<Group.Ticket, string> | undefined
      let trouble: Group.Trouble | undefined
      for (const ticket of group.tickets) {
        const word = words[next++] ?? unclear
        if (word._tag === "Trouble") {
          left.push(ticket)
          codes ??= new Map()
          codes.set(ticket, word.code)
          trouble = { ...word, codes, status: 200, reason: undefined }
        } else {
          this.#send.sink.settle(ticket, word._tag === "Unclear" ? this.#unclear(group, ticket.recipient) : word)
        }
      }
      group.tickets = left
      if (trouble !== undefined) troubled.push([group, trouble])
    }
    return troubled.length === 0
      ? Effect.void
      : Effect.forEach(troubled, ([group, trouble]) => this.#retry(group, trouble), { discard: true })
  }

  #unclear({ attempts }: Group.Group<T>, recipient: Recipient): Outcome.Unknown {
    return new Outcome.Unknown({ recipient, attempts, disposition: "keep" })
  }

  #troubled(
    groups: ReadonlyArray<Group.Group<T>>,
    { ambiguous, code, detail, reason, retryable, slows, status }: Verdict.Troubled
  ) {
    return Effect.gen({ self: this }, function*() {
      const retryAfter = "retryAfter" in reason ? reason.retryAfter : undefined
      if (status === 429 && slows === "everybody") {
        const pause = retryAfter ?? this.#send.layer.protocol.rateLimitPause
        this.#send.layer.gate.close(this.#now, pause, code)
      }
      for (const group of groups) {
        if (ambiguous) group.ambiguous = true
        group.trouble = { code, detail, status, retryAfter, reason }
        const again = retryable && !(ambiguous && this.#send.settings.delivery === "atMostOnce")
        if (again && (yield* this.#retry(group, group.trouble))) continue
        this.#ended.troubled ??= reason
        if (!again) this.#giveUp(group)
      }
    })
  }

  /** Without a token nothing is written: worth a retry where the token endpoint was out of reach. */
  #withoutToken(seat: Seat<T>, error: AccessTokenError) {
    this.#endStep(seat)
    return Effect.gen({ self: this }, function*() {
      const trouble = withoutToken(error)
      const floor = this.#send.layer.protocol.floor(503) // like a service that is unavailable
      for (const group of seat.groups) {
        group.trouble = trouble
        const waits = error.reason._tag === "Unreachable" && !this.#isStopped &&
          (yield* this.#wait(group, trouble, floor))
        if (!waits) this.#endWith([group], trouble.denied)
      }
    })
  }

  /** Nothing more is sent. */
  #endWith(groups: ReadonlyArray<Group.Group<T>>, end: Verdict.Denied | Verdict.Rejected): void {
    for (const group of groups) this.#leave(group, end.reason._tag)
    this.#ended.end ??= end
  }

  // ---------------------------------------------------------------------------
  // Retry
  // ---------------------------------------------------------------------------

  /** Has the group wait for its next attempt, or gives it up; tells whether it waits. */
  #retry(group: Group.Group<T>, trouble: Group.Trouble) {
    return Effect.gen({ self: this }, function*() {
      group.trouble = trouble
      const floor = this.#send.layer.protocol.floor(trouble.status)
      if (!this.#isStopped && (yield* this.#wait(group, trouble, floor))) return true
      this.#giveUp(group)
      return false
    })
  }

  /** Steps the group's schedule; tells whether there is a next attempt, in time. */
  #wait(
    group: Group.Group<T>,
    trouble: Group.Trouble,
    floor: Duration.Duration
  ) {
    return Effect.gen({ self: this }, function*() {
      const { context, layer: { metrics, protocol }, settings: { retryPolicy } } = this.#send
      group.failures++
      const now = this.#now
      group.step ??= yield* stepOf(retryPolicy, this.#clock.currentTimeMillisUnsafe() - now)
      const failure = Group.failure(group, now, trouble, floor)
      const delay = yield* Effect.timeoutOrElse(group.step(now, failure), {
        duration: Math.max(0, group.startedAt + this.#deadline - now),
        orElse: () => Effect.succeed(undefined)
      })
      if (delay === undefined) return false
      // Retry-After is a floor under any schedule; attempts without a wait would keep timers from running
      group.due = Math.ceil(
        this.#now + Math.max(1, Duration.toMillis(Duration.max(delay, trouble.retryAfter ?? Duration.zero)))
      )
      if (!Group.isInTime(group, group.due, this.#deadline)) return false
      this.#waiting ??= new Waiting({ recipientsPerRequest: protocol.recipientsPerRequest, deadline: this.#deadline })
      this.#waiting.add(group)
      this.#tellGauge()
      metrics.retry(trouble.code, group.tickets.length, context)
      yield* Effect.logDebug(
        `${trouble.code}: ${group.tickets.length} recipients are sent to again in ${group.due - this.#now} ms`
      )
      return true
    })
  }

  // ---------------------------------------------------------------------------
  // Outcomes
  // ---------------------------------------------------------------------------

  #giveUp(group: Group.Group<T>): void {
    this.#settleAll(group, (ticket) => Group.givenUp(group, ticket, this.#send.settings.delivery))
  }

  /** Surely not accepted, unless an answer was lost before. */
  #leave(group: Group.Group<T>, code: string): void {
    if (group.ambiguous) return this.#giveUp(group)
    for (const ticket of group.tickets) this.#send.sink.leave(ticket, code, group.attempts)
  }

  #settleAll(group: Group.Group<T>, outcome: (ticket: T) => Outcome.Outcome): void {
    for (const ticket of group.tickets) this.#send.sink.settle(ticket, outcome(ticket))
  }
}

/** The reason why a group cannot be sent, which ends the send if it lasts. */
const troubleOf = (denied: Verdict.Denied, status?: number) => ({
  code: denied.reason._tag,
  status,
  retryAfter: undefined,
  reason: undefined,
  denied
})

const withoutToken = (cause: AccessTokenError) => ({
  ...troubleOf(Verdict.denied(new SendError.NoAccessToken({ cause }))),
  code: cause.reason._tag
})

/** An answer that leaves somebody out. */
const unclear: Verdict.Word = { _tag: "Unclear" }

/** Recipients of some groups. */
const sizeOf = (groups: ReadonlyArray<Group.Group>): number => groups.reduce((n, group) => n + group.tickets.length, 0)

/** One run of a retry policy. Its dates advance with monotonic time from the first one. */
const stepOf = (policy: RetryPolicy, epoch: number): Effect.Effect<Group.Step> =>
  Effect.map(
    Schedule.toStep(policy),
    (step): Group.Step => (now, failure) =>
      Effect.map(step(epoch + now, failure), ([, delay]) => delay).pipe(
        Pull.catchDone(() => Effect.succeed(undefined))
      )
  )
