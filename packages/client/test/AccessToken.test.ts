import { AccessToken } from "@cloud-messaging/client"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, Layer, Redacted, Scheduler } from "effect"
import { TestClock } from "effect/testing"
import { givingWayAt } from "./utils/time.ts"

const get = AccessToken.AccessToken.use(({ get }) => Effect.map(get, Redacted.value))

const invalidate = (token: string) => AccessToken.AccessToken.use(({ invalidate }) => invalidate(Redacted.make(token)))

const unreachable = new AccessToken.AccessTokenError({ reason: new AccessToken.Unreachable({ detail: "away" }) })

/** Tokens `token-1`, `token-2`, … that take a second to make; the fetches that fail are told by their number. */
const tokens = (options: { readonly expiresIn?: number; readonly failing?: (n: number) => boolean } = {}) => {
  const fetched = { times: 0 }
  const layer = AccessToken.layer(Effect.suspend(() => {
    const n = ++fetched.times
    return Effect.delay(
      options.failing?.(n) === true
        ? Effect.fail(unreachable)
        : Effect.succeed({ token: Redacted.make(`token-${n}`), expiresIn: options.expiresIn ?? 3600 }),
      "1 second"
    )
  }))
  return { fetched, layer }
}

const afterASecond = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.forkChild(effect, { startImmediately: true })
    yield* TestClock.adjust("1 second")
    return yield* Fiber.join(fiber)
  })

describe("AccessToken", () => {
  it.effect("fetches one token, however many ask at once", () => {
    const { fetched, layer } = tokens()
    return Effect.gen(function*() {
      const all = yield* afterASecond(Effect.all(Array.from({ length: 100 }, () => get), { concurrency: "unbounded" }))
      assert.deepStrictEqual(new Set(all), new Set(["token-1"]))
      assert.strictEqual(fetched.times, 1)
    }).pipe(Effect.provide(layer))
  })

  it.effect("fetches nothing before somebody asks", () => {
    const { fetched, layer } = tokens()
    return Effect.gen(function*() {
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(fetched.times, 0)
    }).pipe(Effect.provide(layer))
  })

  it.effect("goes on fetching for the others when the first to ask is interrupted", () => {
    const { fetched, layer } = tokens()
    return Effect.gen(function*() {
      const first = yield* Effect.forkChild(get, { startImmediately: true })
      const second = yield* Effect.forkChild(get, { startImmediately: true })
      yield* Fiber.interrupt(first)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* Fiber.join(second), "token-1")
      assert.strictEqual(fetched.times, 1)
    }).pipe(Effect.provide(layer))
  })

  it.effect("fetches the next one five minutes ahead, in the background, once", () => {
    const { fetched, layer } = tokens()
    return Effect.gen(function*() {
      yield* afterASecond(get)
      yield* TestClock.adjust("3299 seconds")
      assert.strictEqual(yield* get, "token-1")
      assert.strictEqual(fetched.times, 1)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* Effect.all([get, get, get]), ["token-1", "token-1", "token-1"])
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* get, "token-2")
      assert.strictEqual(fetched.times, 2)
    }).pipe(Effect.provide(layer))
  })

  it.effect("fetches ahead at half time, for tokens that live less than ten minutes", () => {
    const { fetched, layer } = tokens({ expiresIn: 60 })
    return Effect.gen(function*() {
      yield* afterASecond(get)
      yield* TestClock.adjust("29 seconds")
      yield* get
      yield* TestClock.adjust("1 second")
      assert.strictEqual(fetched.times, 1)
      yield* get
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* get, "token-2")
    }).pipe(Effect.provide(layer))
  })

  it.effect("serves the old token while it lasts when the next cannot be had, and tries every ten seconds", () => {
    const { fetched, layer } = tokens({ failing: (n) => n > 1 })
    return Effect.gen(function*() {
      yield* afterASecond(get)
      yield* TestClock.adjust("3300 seconds")
      yield* get
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* get, "token-1")
      yield* TestClock.adjust("9 seconds")
      yield* get
      assert.strictEqual(fetched.times, 2)
      yield* TestClock.adjust("1 second")
      yield* get
      yield* TestClock.adjust("1 second")
      assert.strictEqual(fetched.times, 3)
      yield* TestClock.adjust("5 minutes")
      assert.strictEqual(yield* afterASecond(Effect.flip(get)), unreachable)
    }).pipe(Effect.provide(layer))
  })

  it.effect("keeps no failure: the next to ask tries again", () => {
    const { layer } = tokens({ failing: (n) => n === 1 })
    return Effect.gen(function*() {
      assert.strictEqual(yield* afterASecond(Effect.flip(get)), unreachable)
      assert.strictEqual(yield* afterASecond(get), "token-2")
    }).pipe(Effect.provide(layer))
  })

  it.effect("gives up a fetch after a minute, which is worth a retry", () => {
    let fetched = 0
    const token = { token: Redacted.make("token"), expiresIn: 3600 }
    const layer = AccessToken.layer(Effect.suspend(() => ++fetched === 1 ? Effect.never : Effect.succeed(token)))
    return Effect.gen(function*() {
      const fiber = yield* Effect.forkChild(Effect.flip(get), { startImmediately: true })
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* Fiber.join(fiber)).reason._tag, "Unreachable")
      assert.strictEqual(yield* get, "token")
    }).pipe(Effect.provide(layer))
  })

  describe("a clock that is set", () => {
    /** Runs with a wall clock that is some milliseconds off. */
    const off = (millis: number) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
      TestClock.testClockWith((clock) =>
        Effect.provideService(effect, Clock.Clock, {
          ...clock,
          currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe() + millis
        })
      )

    it.effect("back keeps no token longer", () => {
      const { fetched, layer } = tokens({ expiresIn: 60, failing: (n) => n === 2 })
      return Effect.gen(function*() {
        yield* afterASecond(get)
        yield* TestClock.adjust("30 seconds")
        const before = off(-3_600_000)
        // the refresh ahead comes in time, and so does the next try
        assert.strictEqual(yield* before(get), "token-1")
        yield* TestClock.adjust("11 seconds")
        assert.strictEqual(fetched.times, 2)
        yield* before(get)
        yield* TestClock.adjust("1 second")
        assert.strictEqual(yield* before(get), "token-3")
        yield* TestClock.adjust("60 seconds")
        assert.strictEqual(yield* afterASecond(before(get)), "token-4")
      }).pipe(Effect.provide(layer))
    })

    it.effect("forward drops none", () => {
      const { fetched, layer } = tokens()
      return Effect.gen(function*() {
        yield* afterASecond(get)
        assert.strictEqual(yield* off(7_200_000)(get), "token-1")
        yield* TestClock.adjust("1 second")
        assert.strictEqual(fetched.times, 1)
      }).pipe(Effect.provide(layer))
    })
  })

  it.effect("does not wait for a fetch to forget a token", () =>
    Effect.gen(function*() {
      const fetching = yield* Effect.forkChild(get, { startImmediately: true })
      yield* invalidate("token-1")
      yield* Fiber.interrupt(fetching)
    }).pipe(Effect.provide(AccessToken.layer(Effect.never))))

  it.effect("tells the quota project and the account of the token that it gave", () => {
    const layer = AccessToken.layer(
      Effect.succeed({ token: Redacted.make("token"), expiresIn: 3600, quotaProject: "billing", account: "me@p" })
    )
    return Effect.gen(function*() {
      const service = yield* AccessToken.AccessToken
      assert.deepStrictEqual([service.quotaProject, service.account], [undefined, undefined])
      yield* service.get
      assert.deepStrictEqual([service.quotaProject, service.account], ["billing", "me@p"])
    }).pipe(Effect.provide(layer))
  })

  it.effect("forgets an invalidated token", () => {
    const { layer } = tokens()
    return Effect.gen(function*() {
      yield* afterASecond(get)
      yield* invalidate("token-1")
      assert.strictEqual(yield* afterASecond(get), "token-2")
    }).pipe(Effect.provide(layer))
  })

  it.effect("does not forget a newer token for a late refusal of an older one", () => {
    const { fetched, layer } = tokens()
    return Effect.gen(function*() {
      yield* afterASecond(get)
      yield* invalidate("token-1")
      yield* afterASecond(get)
      yield* invalidate("token-1")
      assert.strictEqual(yield* get, "token-2")
      assert.strictEqual(fetched.times, 2)
    }).pipe(Effect.provide(layer))
  })

  it.effect("gives an invalidated token to nobody, whoever is about to get it meanwhile", () =>
    Effect.gen(function*() {
      for (let step = 1; step <= 40; step++) {
        let fetched = 0
        yield* Effect.gen(function*() {
          const slow = yield* Effect.forkChild(
            Effect.provideService(get, Scheduler.Scheduler, givingWayAt(step)),
            { startImmediately: true }
          )
          if (fetched === 0) return yield* Fiber.interrupt(slow)
          yield* invalidate("token-1")
          yield* Fiber.join(slow)
          assert.strictEqual(yield* get, "token-2", `step ${step}`)
        }).pipe(
          Effect.provide(
            AccessToken.layer(Effect.sync(() => ({ token: Redacted.make(`token-${++fetched}`), expiresIn: 3600 })))
          )
        )
      }
    }))

  it.effect("keeps no token that does not last, and fetches it once each time", () => {
    const { fetched, layer } = tokens({ expiresIn: 0 })
    return Effect.gen(function*() {
      assert.strictEqual(yield* afterASecond(get), "token-1")
      assert.strictEqual(yield* afterASecond(get), "token-2")
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(fetched.times, 2)
    }).pipe(Effect.provide(layer))
  })

  it.effect("takes what its effect needs from the layer", () =>
    Effect.gen(function*() {
      const needy = AccessToken.layer(
        AccessToken.AccessToken.use(({ get }) => Effect.map(get, (token) => ({ token, expiresIn: 1 })))
      )
      const base = AccessToken.layer(Effect.succeed({ token: Redacted.make("base"), expiresIn: 1 }))
      assert.strictEqual(yield* Effect.provide(get, Layer.provide(needy, base)), "base")
    }))
})
