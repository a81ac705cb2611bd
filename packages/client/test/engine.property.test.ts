/**
 * Laws 1 to 7 against a scripted service in virtual time: whatever is asked of the engine and whatever it is answered,
 * the service's own record must agree with what was reported.
 */
import { Message, Messaging, type Outcome, Recipient, RetryPolicy } from "@cloud-messaging/client"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Cause, Clock, Duration, Effect, Exit, Fiber, type Layer, Schedule, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as Http from "./utils/http.ts"
import { drive, settle } from "./utils/time.ts"

// -----------------------------------------------------------------------------
// The service: what it answers whom, and what it saw
// -----------------------------------------------------------------------------

/** Answers, and what they mean for a recipient: settled, to be sent again, perhaps accepted, or the end of the send. */
const meaning = {
  accept: "settled",
  gone: "settled",
  wrong: "settled",
  odd: "settled",
  strange: "settled",
  unavailable: "again",
  deviceBusy: "again",
  busy: "again",
  trouble: "again",
  html: "again",
  refused: "again",
  lost: "lost",
  cut: "lost",
  silent: "lost",
  denied: "end",
  rejected: "end"
} as const

type Kind = keyof typeof meaning

const Step = Schema.Struct({
  kind: Schema.Literals(Object.keys(meaning).filter((key): key is Kind => key in meaning)),
  retryAfter: Schema.Literals([0, 0, 1, 4, 20, 70]),
  delay: Schema.Literals([1, 300, 1000, 2900])
})

type Step = typeof Step.Type

/** The answers to a recipient's requests; after the last it is accepted, or answered so forever. */
const Plan = Arbitrary.all({
  steps: Arbitrary.array(Arbitrary.schema(Step), { maxLength: 4 }),
  forever: Arbitrary.schema(Schema.Boolean)
})

type Plan = typeof Plan extends Arbitrary.Arbitrary<infer A> ? A : never

const stepOf = ({ forever, steps }: Plan, n: number): Step =>
  steps[n] ?? (forever ? steps.at(-1) : undefined) ?? { kind: "accept", retryAfter: 0, delay: 300 }

interface Asked {
  readonly at: number
  readonly ids: ReadonlyArray<string>
  /** Which message it was. */
  readonly message: string
  readonly kinds: ReadonlyArray<Kind>
  /** Milliseconds; 0: it did not say. */
  readonly retryAfter: number
  end: number | undefined
  answered: boolean
}

/** In GCM these are results, and the others answers to the whole request. */
const gcmResults = { accept: "", gone: "NotRegistered", wrong: "MismatchSenderId", unavailable: "Unavailable" }
const gcmResult = (kind: Kind) =>
  kind === "deviceBusy"
    ? "DeviceMessageRateExceeded"
    : kind in gcmResults
    ? Object.entries(gcmResults).find(([key]) => key === kind)?.[1]
    : undefined

const detail = (type: string, field: object) => [{ "@type": `type.googleapis.com/google.rpc.${type}`, ...field }]
const deviceQuota = detail("QuotaFailure", { violations: [{ subject: "device:x", description: "too fast" }] })
const badField = detail("BadRequest", { fieldViolations: [{ field: "message.data[0].value", description: "bad" }] })

const bodyOf = (gcm: boolean, kind: Kind, headers: Record<string, string>): Effect.Effect<Response, unknown> => {
  switch (kind) {
    case "accept":
      return Http.json({ name: "projects/p/messages/1" }, { headers })
    case "gone":
      return Http.fcmError(404, { code: "UNREGISTERED" })
    case "wrong":
      return Http.fcmError(400, { code: "INVALID_ARGUMENT" })
    case "odd":
      return Http.text("{}")
    case "strange":
      return Http.text("", { status: 418 })
    case "unavailable":
      return Http.fcmError(503, { code: "UNAVAILABLE" }, headers)
    case "deviceBusy":
      return Http.fcmError(429, { code: "QUOTA_EXCEEDED", details: deviceQuota }, headers)
    case "busy":
      return gcm ? Http.text("", { status: 429, headers }) : Http.fcmError(429, { code: "QUOTA_EXCEEDED" }, headers)
    case "trouble":
      return Http.text("", { status: 503, headers })
    case "html":
      return Http.text("<html>", { status: 502, headers })
    case "refused":
      return Effect.fail({ code: "ECONNREFUSED" })
    case "lost":
      return Effect.fail({ code: "ECONNRESET" })
    case "cut":
      return Effect.sync(() => new Response(new ReadableStream({ start: (_) => _.error("cut") })))
    case "silent":
      return Effect.never
    case "denied":
      return Http.text("", { status: gcm ? 401 : 403 })
    case "rejected":
      return gcm ? Http.text("no", { status: 400 }) : Http.fcmError(400, {
        code: "INVALID_ARGUMENT",
        details: badField
      })
  }
}

class Service {
  readonly log: Array<Asked> = []
  inFlight = 0
  most = 0
  readonly gcm: boolean
  readonly plans: ReadonlyMap<string, Plan>

  constructor(gcm: boolean, plans: ReadonlyMap<string, Plan>) {
    this.gcm = gcm
    this.plans = plans
  }

  of(id: string): ReadonlyArray<Asked> {
    return this.log.filter(({ ids }) => ids.includes(id))
  }

  kindOf(id: string, { ids, kinds }: Asked): Kind {
    return kinds[ids.indexOf(id)] ?? "accept"
  }

  meaningOf(id: string, asked: Asked): (typeof meaning)[Kind] {
    const kind = this.kindOf(id, asked)
    return this.gcm && kind === "deviceBusy" ? "settled" : meaning[kind]
  }

  readonly answer: Http.Answer = (request) =>
    Effect.gen({ self: this }, function*() {
      const clock = yield* Clock.Clock
      const ids = this.gcm ? Http.idsOf(request) : [Http.tokenOf(request)]
      const steps = ids.map((id) => stepOf(this.plans.get(id) ?? { steps: [], forever: false }, this.of(id).length))
      const whole = this.gcm ? steps.find(({ kind }) => gcmResult(kind) === undefined) : steps[0]
      const said = whole ?? { retryAfter: Math.max(...steps.map((_) => _.retryAfter)), delay: steps[0]?.delay ?? 1 }
      const asked: Asked = {
        at: clock.currentTimeMillisUnsafe(),
        ids,
        message: this.gcm ? JSON.parse(request.text).data.n : JSON.parse(request.text).message.data.n,
        kinds: steps.map(({ kind }) => whole?.kind ?? kind),
        retryAfter: said.retryAfter * 1000,
        end: undefined,
        answered: false
      }
      this.log.push(asked)
      this.most = Math.max(this.most, ++this.inFlight)
      const headers: Record<string, string> = said.retryAfter === 0 ? {} : { "retry-after": `${said.retryAfter}` }
      const results = steps.map(({ kind }) =>
        kind === "accept" ? { message_id: "0:1" } : { error: gcmResult(kind) ?? kind }
      )
      return yield* Effect.sleep(said.delay).pipe(
        Effect.andThen(whole ? bodyOf(this.gcm, whole.kind, headers) : Http.json({ results }, { headers })),
        Effect.onExit(() => {
          asked.answered = asked.kinds[0] !== "silent"
          return Effect.void
        }),
        Effect.ensuring(Effect.sync(() => {
          asked.end = clock.currentTimeMillisUnsafe()
          this.inFlight--
        }))
      )
    })
}

// -----------------------------------------------------------------------------
// A send of whatever kind
// -----------------------------------------------------------------------------

const policies = {
  standard: RetryPolicy.standard,
  make: RetryPolicy.make({ base: "2 seconds", factor: 3, maxDelay: "10 seconds", maxRetryAfter: "30 seconds" }),
  none: RetryPolicy.none,
  spaced: Schedule.upTo(Schedule.spaced("2 seconds"), { times: 5 }),
  exponential: Schedule.exponential("500 millis")
}

const Settings = Schema.Struct({
  protocol: Schema.Literals(["fcm", "gcm"]),
  mode: Schema.Literals(["send", "sendStream", "sendEach"]),
  policy: Schema.Literals(["standard", "make", "none", "spaced", "exponential"]),
  concurrency: Schema.Literals([1, 2, 3, 6]),
  deadline: Schema.Literals([1, 3, 10, 30, 100, 3600]),
  /** -1: none. */
  timeToLive: Schema.Literals([-1, -1, 0, 3, 30, 100]),
  delivery: Schema.Literals(["atLeastOnce", "atMostOnce"]),
  chunk: Schema.Literals([1, 2, 5]),
  pace: Schema.Literals([0, 50, 700]),
  maxWaiting: Schema.Literals([1, 2, 10]),
  sourceFails: Schema.Boolean,
  /** Whether answers may end the send. */
  ends: Schema.Boolean
})

type Settings = typeof Settings.Type

const seconds = (n: number) => Duration.seconds(n)

const arrange = (settings: Settings, plans: ReadonlyArray<Plan>) => {
  const mild = ({ forever, steps }: Plan): Plan => ({
    forever,
    steps: settings.ends ? steps : steps.filter(({ kind }) => meaning[kind] !== "end")
  })
  const recipients = plans.map((_, i) => `r${i}`)
  const service = new Service(
    settings.protocol === "gcm",
    new Map(plans.map((plan, i): [string, Plan] => [`r${i}`, mild(plan)]))
  )
  const messages = [0, 1].map((n) =>
    Message.make({
      data: { n },
      timeToLive: settings.timeToLive < 0 ? undefined : seconds(settings.timeToLive)
    })
  )
  const [message = Message.make({})] = messages
  const layer: Layer.Layer<Messaging.Messaging> = settings.protocol === "gcm"
    ? Http.gcm(service.answer)
    : Http.fcm(service.answer)
  const options: Messaging.StreamOptions = {
    retryPolicy: policies[settings.policy],
    concurrency: settings.concurrency,
    deadline: seconds(settings.deadline),
    delivery: settings.delivery,
    maxWaiting: settings.maxWaiting,
    requestTimeout: "5 seconds"
  }
  const taken: Array<string> = []
  const emitted: Array<Outcome.Outcome> = []
  const unsettled: Array<string> = []
  const items = recipients.map((recipient, i) => ({ recipient, message: messages[i % 2] ?? message }))
  const chunks = Array.from(
    { length: Math.ceil(items.length / settings.chunk) },
    (_, i) => items.slice(i * settings.chunk, (i + 1) * settings.chunk)
  )
  const source = Stream.fromArray(chunks).pipe(
    Stream.mapEffect((chunk) =>
      Effect.delay(
        Effect.sync(() => {
          taken.push(...chunk.map(({ recipient }) => recipient))
          return chunk
        }),
        settings.pace
      )
    ),
    Stream.flattenIterable,
    Stream.concat(settings.sourceFails ? Stream.fail("source") : Stream.empty)
  )
  const emit = (outcome: Outcome.Outcome) => Effect.sync(() => void emitted.push(outcome))
  const run = Effect.gen(function*() {
    switch (settings.mode) {
      case "send": {
        taken.push(...recipients)
        const { report, unsettled: rest } = yield* Messaging.send(message, recipients, options).pipe(
          Effect.map((report) => ({ report, unsettled: [] })),
          Effect.tapError((error) => {
            emitted.push(...error.report.outcomes)
            unsettled.push(...error.unsettled.map(Recipient.value))
            return Effect.void
          })
        )
        emitted.push(...report.outcomes)
        return unsettled.push(...rest)
      }
      case "sendStream":
        return yield* Stream.runForEach(
          Messaging.sendStream(message, Stream.map(source, ({ recipient }) => recipient), options),
          emit
        )
      case "sendEach":
        return yield* Stream.runForEach(Messaging.sendEach(source, options), ({ item, outcome }) => {
          assert.isTrue(items.includes(item) && item.recipient === Recipient.value(outcome.recipient))
          return emit(outcome)
        })
    }
  }).pipe(Effect.provide(layer))
  return { service, taken, emitted, unsettled, run }
}

type Arranged = ReturnType<typeof arrange>

// -----------------------------------------------------------------------------
// The laws, as far as the service's record shows them
// -----------------------------------------------------------------------------

const checkRecord = (settings: Settings, { service }: Arranged) => {
  const { log } = service
  assert.isAtMost(service.most, settings.concurrency, "law 5: requests in flight")
  for (const asked of log) {
    for (const id of settings.mode === "sendEach" ? asked.ids : []) {
      assert.strictEqual(asked.message, `${Number(id.slice(1)) % 2}`, `law 2: the message of ${id}`)
    }
    if (!asked.answered || asked.kinds[0] !== "busy" || asked.end === undefined) continue
    const opens = asked.end + (asked.retryAfter || (service.gcm ? 1000 : 60_000))
    for (const { at } of log) {
      assert.isFalse(at > asked.end && at < opens, `law 3: a request at ${at} through a gate closed until ${opens}`)
    }
  }
  const ending = log.find(({ kinds }) =>
    kinds[0] === "denied" || (kinds[0] === "rejected" && settings.mode !== "sendEach")
  )
  const ended = ending?.end ?? Number.POSITIVE_INFINITY
  for (const { at } of log) assert.isAtMost(at, ended, "law 1: a request after the end")
  for (const id of new Set(log.flatMap(({ ids }) => ids))) {
    const requests = service.of(id)
    for (const [i, asked] of requests.entries()) {
      const next = requests[i + 1]
      if (next === undefined) continue
      const means = service.meaningOf(id, asked)
      assert.include(["again", "lost"], means, `law 2: ${id} is sent again`)
      assert.isFalse(means === "lost" && settings.delivery === "atMostOnce", `law 4: ${id} is sent again`)
      const floor = means === "again" && service.kindOf(id, asked) !== "refused" ? asked.retryAfter : 0
      assert.isAtLeast(next.at, (asked.end ?? 0) + floor, `law 3: Retry-After of ${id}`)
      const first = requests[0]?.at ?? 0
      assert.isAtMost(next.at, first + settings.deadline * 1000, `law 2: deadline of ${id}`)
      if (settings.timeToLive >= 0) {
        assert.isBelow(next.at, first + settings.timeToLive * 1000, `law 2: time to live of ${id}`)
      }
      // whoever was first sent to together stays together
      for (const other of requests[0]?.ids ?? []) {
        const its = service.of(other)
        if (its.length > i + 1) assert.strictEqual(its[i + 1], next, `law 3: ${id} and ${other} were split`)
      }
    }
  }
}

const checkOutcome = (settings: Settings, { service }: Arranged, outcome: Outcome.Outcome) => {
  const id = Recipient.value(outcome.recipient)
  const requests = service.of(id)
  const last = requests.at(-1)
  const lost = requests.some((asked) => service.meaningOf(id, asked) === "lost")
  const given = lost ? "Unknown" : "Unavailable"
  const expected = (kind: Kind | undefined): Outcome.Outcome["_tag"] => {
    switch (kind) {
      case "accept":
        return "Success"
      case "gone":
        return "NotRegistered"
      case "wrong":
        return "Failed"
      case "odd":
        return "Unknown"
      case "strange":
        return lost ? "Unknown" : "Failed"
      case "deviceBusy":
        return service.gcm ? "Failed" : given
      case "rejected":
        return settings.mode === "sendEach" ? "Failed" : given
      default:
        return given
    }
  }
  assert.strictEqual(outcome._tag, expected(last && service.kindOf(id, last)), `law 1: the outcome of ${id}`)
  if ("attempts" in outcome) assert.strictEqual(outcome.attempts, requests.length, `attempts for ${id}`)
}

const tasks = { settings: Settings, plans: Arbitrary.array(Plan, { maxLength: 9 }) }

const runs = (n: number) => ({ arbitrary: { runs: n, maxShrinks: 60 } })

describe("whatever is asked and answered", () => {
  it.effect.prop(
    "laws 1 to 5: the service's record agrees with the outcomes",
    tasks,
    ({ plans, settings }) =>
      Effect.gen(function*() {
        const arranged = arrange(settings, plans)
        const { emitted, service, taken, unsettled } = arranged
        const room = settings.maxWaiting + 2 * settings.concurrency + settings.chunk
        const timers = new Set()
        const fiber = yield* drive(arranged.run, {
          timers,
          check: () => {
            const held = taken.length - emitted.length
            if (settings.mode !== "send" && !service.gcm) assert.isBelow(held, room, "law 5: recipients held")
          }
        })
        assert.deepStrictEqual([service.inFlight, timers.size], [0, 0], "law 1: requests in flight are awaited")
        const exit = yield* Fiber.await(fiber)
        const settled = emitted.map((outcome) => Recipient.value(outcome.recipient))
        assert.deepStrictEqual([...settled, ...unsettled].sort(), taken.toSorted(), "law 1: each recipient once")
        checkRecord(settings, arranged)
        for (const outcome of emitted) checkOutcome(settings, arranged, outcome)
        const ended = service.log.some(({ kinds }) => meaning[kinds[0] ?? "accept"] === "end")
        for (const id of unsettled) {
          assert.isTrue(ended && service.of(id).every((asked) => service.meaningOf(id, asked) !== "lost"))
        }
        if (Exit.isFailure(exit)) assert.isFalse(Cause.hasDies(exit.cause), Cause.pretty(exit.cause))
      }),
    runs(250)
  )

  it.effect.prop(
    "law 6: interruption cancels",
    { ...tasks, at: Schema.Literals([0, 200, 1500, 4000, 30_000]) },
    (_) =>
      Effect.gen(function*() {
        const arranged = arrange(_.settings, _.plans)
        const { emitted, service } = arranged
        const timers = new Set()
        const fiber = yield* drive(arranged.run, { timers, until: _.at })
        yield* Fiber.interrupt(fiber)
        assert.strictEqual(timers.size, 0, "a timer is left running")
        assert.strictEqual(service.inFlight, 0, "a request is in flight")
        const requests = service.log.length
        yield* TestClock.adjust("10 hours")
        yield* settle
        assert.strictEqual(service.log.length, requests, "a request after the interruption")
        checkRecord(_.settings, arranged)
        for (const outcome of emitted) checkOutcome(_.settings, arranged, outcome)
      }),
    runs(80)
  )
})

// -----------------------------------------------------------------------------
// A model: FCM, one request at a time
// -----------------------------------------------------------------------------

/** The delay after a failure, in milliseconds; undefined: the policy gives up. */
const delayOf = (policy: Settings["policy"], failures: number, kind: Kind, retryAfter: number): number | undefined => {
  const silent = ["refused", "lost", "cut", "silent"].includes(kind)
  const floor = retryAfter || (silent ? 0 : kind === "busy" || kind === "deviceBusy" ? 60_000 : 10_000)
  switch (policy) {
    case "none":
      return undefined
    case "spaced":
      return failures > 5 ? undefined : 2000
    case "exponential":
      return 500 * 2 ** (failures - 1)
    case "standard":
      return failures > 5 ? undefined : floor + 1000 * 2 ** (failures - 1) * 0.4999
    case "make":
      return failures > 5 || floor > 30_000
        ? undefined
        : floor + Math.min(2000 * 3 ** (failures - 1), 10_000) * 0.4999
  }
}

/** What a send does, told in order: each request, and each outcome with its attempts and Retry-After. */
const model = (settings: Settings, plans: ReadonlyMap<string, Plan>) => {
  const deadline = settings.deadline * 1000
  const timeToLive = settings.timeToLive < 0 ? Number.POSITIVE_INFINITY : settings.timeToLive * 1000
  const fresh = Array.from(plans, ([id, plan]) => ({
    id,
    plan,
    slot: 0,
    first: Number.POSITIVE_INFINITY,
    attempts: 0,
    failures: 0,
    lost: false,
    due: 0,
    retryAfter: 0
  }))
  type One = (typeof fresh)[number]
  const waiting: Array<One> = []
  const requests: Array<readonly [string, number]> = []
  const outcomes: Record<string, ReadonlyArray<unknown>> = {}
  let [now, opensAt, tie, ended] = [0, 0, false, false]
  const inTime = (one: One, at: number) => at <= one.slot + deadline && at < one.first + timeToLive
  const giveUp = (one: One) => {
    outcomes[one.id] = one.lost ? ["Unknown", one.attempts, 0] : ["Unavailable", one.attempts, one.retryAfter]
  }
  while (!ended && fresh.length + waiting.length > 0) {
    waiting.sort((a, b) => a.due - b.due)
    const [a, b] = waiting
    if (a !== undefined && a.due > now && fresh.length === 0) now = a.due
    tie ||= a !== undefined && a.due <= now && a.due === b?.due
    const one = a !== undefined && a.due <= now ? waiting.shift() : fresh.shift()
    if (one === undefined) break
    if (one.attempts === 0) one.slot = now
    if (opensAt > now && inTime(one, now) && !inTime(one, opensAt)) one.retryAfter = opensAt - now
    const at = Math.max(now, opensAt)
    if (!inTime(one, at)) {
      giveUp(one)
      continue
    }
    one.first = Math.min(one.first, at)
    requests.push([one.id, at])
    const { delay, kind, retryAfter } = stepOf(one.plan, one.attempts++)
    now = at + (kind === "silent" ? 5000 : delay)
    const means = meaning[kind]
    if (means === "settled") {
      one.retryAfter = 0
      if (kind === "odd" || kind === "strange" && one.lost) outcomes[one.id] = ["Unknown", one.attempts, 0]
      else outcomes[one.id] = [kind === "accept" ? "Success" : kind === "gone" ? "NotRegistered" : "Failed"]
    } else if (means === "end") {
      ended = true
      for (const other of one.lost ? [one, ...waiting] : waiting) giveUp(other)
    } else {
      one.lost ||= means === "lost"
      one.retryAfter = means === "lost" || kind === "refused" ? 0 : retryAfter * 1000
      if (kind === "busy") opensAt = Math.max(opensAt, now + (one.retryAfter || 60_000))
      const wait = delayOf(settings.policy, ++one.failures, kind, one.retryAfter)
      one.due = Math.ceil(now + Math.max(wait ?? 0, one.retryAfter))
      const again = wait !== undefined && !(means === "lost" && settings.delivery === "atMostOnce")
      if (again && inTime(one, one.due)) waiting.push(one)
      else giveUp(one)
    }
  }
  return { requests, outcomes, tie }
}

const told = (outcome: Outcome.Outcome): ReadonlyArray<unknown> =>
  outcome._tag === "Unavailable"
    ? [outcome._tag, outcome.attempts, outcome.retryAfter ? Duration.toMillis(outcome.retryAfter) : 0]
    : outcome._tag === "Unknown"
    ? [outcome._tag, outcome.attempts, 0]
    : [outcome._tag]

describe("one request at a time", () => {
  it.effect.prop(
    "laws 1 to 4: requests and outcomes are those of the model",
    tasks,
    ({ plans, settings: _ }) =>
      Effect.gen(function*() {
        const settings: Settings = { ..._, protocol: "fcm", mode: "send", concurrency: 1 }
        const { emitted, run, service } = arrange(settings, plans)
        const expected = model(settings, service.plans)
        yield* drive(run)
        if (expected.tie) return
        assert.deepStrictEqual(
          service.log.map(({ at, ids }) => [ids[0], Math.ceil(at)]),
          expected.requests.map(([id, at]) => [id, Math.ceil(at)])
        )
        assert.deepStrictEqual(
          Object.fromEntries(emitted.map((outcome) => [Recipient.value(outcome.recipient), told(outcome)])),
          expected.outcomes
        )
      }),
    runs(300)
  )
})

describe("what chance seldom finds", () => {
  const plain: Settings = {
    protocol: "fcm",
    mode: "send",
    policy: "spaced",
    concurrency: 1,
    deadline: 3600,
    timeToLive: -1,
    delivery: "atLeastOnce",
    chunk: 1,
    pace: 0,
    maxWaiting: 1,
    sourceFails: false,
    ends: false
  }
  const plan = (kind: Kind, retryAfter: 0 | 1 | 20, delay: 1 | 300 | 1000 | 2900, forever = false): Plan => ({
    steps: [{ kind, retryAfter, delay }],
    forever
  })
  const requestsOf = Effect.fnUntraced(function*(settings: Settings, plans: ReadonlyArray<Plan>) {
    const arranged = arrange(settings, plans)
    yield* drive(arranged.run)
    checkRecord(settings, arranged)
    const [first] = arranged.service.log
    return arranged.service.log.map(({ at, ids }) => `${ids.join()} ${at - (first?.at ?? 0)}`)
  })

  it.effect("law 2: the time to live counts from the first attempt, not from the slot, and its end is too late", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(
        yield* requestsOf({ ...plain, timeToLive: 30 }, [plan("busy", 20, 1), plan("trouble", 20, 1)]),
        ["r0 0", "r1 20001", "r0 20002", "r1 40002"]
      )
      assert.deepStrictEqual(yield* requestsOf({ ...plain, timeToLive: 3 }, [plan("trouble", 0, 1000)]), ["r0 0"])
    }))

  it.effect("law 2: no retry is late because all slots are taken", () =>
    Effect.gen(function*() {
      const plans = [plan("refused", 0, 1), plan("accept", 0, 1000), plan("accept", 0, 2900)]
      assert.deepStrictEqual(yield* requestsOf({ ...plain, timeToLive: 3 }, plans), ["r0 0", "r1 1", "r2 1001"])
      assert.deepStrictEqual(yield* requestsOf({ ...plain, deadline: 3 }, plans), ["r0 0", "r1 1", "r2 1001"])
    }))

  it.effect("law 3: a shorter Retry-After never opens the gate earlier", () =>
    Effect.gen(function*() {
      const plans = [plan("busy", 20, 1), plan("busy", 1, 300)]
      assert.deepStrictEqual((yield* requestsOf({ ...plain, concurrency: 2 }, plans)).toSorted(), [
        "r0 0",
        "r0 20001",
        "r1 0",
        "r1 20001"
      ])
    }))

  for (const maxWaiting of [1, 2] as const) {
    it.effect(`law 5: no more are pulled when ${maxWaiting} wait`, () =>
      Effect.gen(function*() {
        const settings: Settings = { ...plain, mode: "sendStream", maxWaiting }
        const { emitted, run, taken } = arrange(settings, Array.from({ length: 12 }, () => plan("trouble", 0, 1, true)))
        let most = 0
        yield* drive(run, {
          check: () => {
            most = Math.max(most, taken.length - emitted.length)
          }
        })
        assert.isAtMost(most, maxWaiting + 2)
        assert.strictEqual(emitted.length, 12)
      }))
  }
})

// -----------------------------------------------------------------------------
// GCM: groups and requests
// -----------------------------------------------------------------------------

describe("GCM", () => {
  const names = (prefix: string, n: number) => Array.from({ length: n }, (_, i) => `${prefix}-${i}`)
  const send = Effect.fnUntraced(function*(recipients: ReadonlyArray<string>, answer: Http.Answer, more = {}) {
    const seen: Array<readonly [number, ReadonlyArray<string>]> = []
    const layer = Http.gcm((request, n) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        seen.push([now, Http.idsOf(request)])
        return answer(request, n)
      })
    )
    const options = { retryPolicy: policies.spaced, deadline: "1 hour", ...more } as const
    const fiber = yield* drive(Effect.provide(Messaging.send(Message.make({}), recipients, options), layer))
    return { seen, report: yield* Fiber.join(fiber) }
  })
  /** The first request answers after so many milliseconds more than its number, with trouble for some. */
  const partly = (fails: (id: string) => boolean, gap: number): Http.Answer => (request, n) =>
    Effect.delay(
      Http.json({
        results: Http.idsOf(request).map((id) => n <= 2 && fails(id) ? { error: "Unavailable" } : { message_id: "1" })
      }),
      1 + (n === 2 ? gap : 0)
    )

  it.effect("laws 2 and 3: rests that are due within a second share a request, when the last is due", () =>
    Effect.gen(function*() {
      for (const [gap, times] of [[0, [2001]], [1000, [3001]], [1001, [2001, 3002]]] as const) {
        const { report, seen } = yield* send(names("r", 2000), partly((id) => id.endsWith("7"), gap))
        const start = seen[0]?.[0] ?? 0
        assert.deepStrictEqual(seen.slice(2).map(([at]) => at - start), [...times])
        assert.deepStrictEqual(seen.slice(2).flatMap(([, ids]) => ids).length, 200)
        assert.strictEqual(report.counts.Success, 2000)
      }
    }))

  it.effect("law 3: a group is never split, and no request holds more than 1000", () =>
    Effect.gen(function*() {
      const { report, seen } = yield* send(names("r", 2000), partly((id) => Number(id.slice(2)) % 1000 < 501, 0))
      assert.deepStrictEqual(seen.map(([, ids]) => ids.length), [1000, 1000, 501, 501])
      assert.strictEqual(report.counts.Success, 2000)
    }))

  it.effect("law 3: nobody is made late by waiting for others", () =>
    Effect.gen(function*() {
      const { report, seen } = yield* send(names("r", 2000), partly((id) => id.endsWith("7"), 799), {
        concurrency: 1,
        deadline: "2800 millis"
      })
      const start = seen[0]?.[0] ?? 0
      assert.deepStrictEqual(seen.map(([at]) => at - start), [0, 1, 2001, 2801])
      assert.strictEqual(report.counts.Success, 2000)
    }))
})
