/** Workers are started as there is work: a high `concurrency` costs nothing by itself. */
import { Message, Messaging } from "@cloud-messaging/client"
import { assert, it } from "@effect/vitest"
import { Effect, type Fiber, Scheduler, Stream } from "effect"
import * as Http from "./utils/http.ts"

/** Counts the steps of all fibers. */
class Counting extends Scheduler.MixedScheduler {
  steps = 0
  override shouldYield(fiber: Fiber.Fiber<unknown, unknown>) {
    this.steps++
    return super.shouldYield(fiber)
  }
}

const stepsOf = Effect.fnUntraced(function*(concurrency: number) {
  const scheduler = new Counting()
  const message = Message.make({ data: { score: 42 } })
  yield* Messaging.sendStream(message, Stream.make("a"), { concurrency }).pipe(
    Stream.runDrain,
    Effect.provide(Http.fcm(Http.accept)),
    Effect.provideService(Scheduler.Scheduler, scheduler)
  )
  return scheduler.steps
})

it.effect("one recipient takes as many steps at any concurrency", () =>
  Effect.gen(function*() {
    const few = yield* stepsOf(10)
    assert.isAbove(few, 0)
    assert.isAtMost(yield* stepsOf(10_000), few + 20)
  }))
