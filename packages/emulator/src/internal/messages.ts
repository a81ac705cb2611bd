/**
 * What arrived: asked for, awaited, and as it changes.
 */
import * as Effect from "effect/Effect"
import * as PubSub from "effect/PubSub"
import * as Stream from "effect/Stream"
import { type Arrival, type Filter, NotArrived } from "../Arrival.ts"
import type * as Project from "../Project.ts"
import * as delivery from "./delivery.ts"
import * as glob from "./glob.ts"
import * as world from "./world.ts"

/** Those of a project, or of all. */
export const make = (project: string | undefined, provide: world.Provide): Project.Messages => {
  const find = (filter: Filter = {}) => provide(query(project, filter))
  return {
    query: find,
    await: (filter, { count = 1, timeout = "5 seconds" } = {}) => {
      const next = (changed: PubSub.Subscription<Arrival>): Effect.Effect<ReadonlyArray<Arrival>> =>
        Effect.flatMap(find(filter), (found) =>
          found.length >= count
            ? Effect.succeed(found)
            : Effect.flatMap(PubSub.takeAll(changed), () => next(changed)))
      const notArrived = Effect.flatMap(
        Effect.all([find(filter), find()]),
        ([matching, all]) =>
          matching.length >= count
            ? Effect.succeed(matching)
            : Effect.fail(new NotArrived({ filter, count, matching, arrived: all.slice(-maxTold) }))
      )
      return provide(changes).pipe(
        Effect.flatMap(PubSub.subscribe),
        Effect.flatMap(next),
        Effect.scoped,
        Effect.timeoutOrElse({ duration: timeout, orElse: () => notArrived })
      )
    },
    live: Stream.unwrap(Effect.map(provide(changes), (changes) => Stream.fromPubSub(changes))).pipe(
      Stream.filter((arrival) => project === undefined || arrival.project === project)
    )
  }
}

const changes = Effect.map(world.World, ({ changes }) => changes)

const maxTold = 100

const query = Effect.fnUntraced(function*(project: string | undefined, filter: Filter) {
  const { projects } = yield* world.World
  const asked = Array.from(projects.values()).filter(({ id }) => project === undefined || id === project)
  const entries = asked.flatMap(({ arrivals }) => Array.from(arrivals.values()))
  yield* delivery.expire(entries)
  const found = entries.map(({ arrival }) => arrival).filter(matches(filter))
  return asked.length > 1 ? found.sort((a, b) => a.id - b.id) : found
})

const matches = (filter: Filter) => (arrival: Arrival): boolean =>
  (filter.recipient === undefined || glob.matches(filter.recipient, arrival.recipient)) &&
  (filter.endpoint === undefined || filter.endpoint === arrival.endpoint) &&
  (filter.audience === undefined || filter.audience === arrival.audience?.value) &&
  (filter.messageId === undefined || filter.messageId === arrival.messageId) &&
  (filter.state === undefined || filter.state === arrival.state) &&
  (filter.after === undefined || filter.after < arrival.id)
