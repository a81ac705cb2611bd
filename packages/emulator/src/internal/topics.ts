/**
 * Messages that fan out to topics and conditions.
 */
import * as Condition from "@cloud-messaging/protocol/Condition"
import * as Effect from "effect/Effect"
import type { Audience } from "../Arrival.ts"
import * as delivery from "./delivery.ts"
import * as devices from "./devices.ts"
import * as Fate from "./fate.ts"
import * as subscriptions from "./subscriptions.ts"
import * as world from "./world.ts"

/** Subscribes one, unless it is. `undefined`: it has as many topics as it may. */
export const subscribe = Effect.fnUntraced(function*(
  project: subscriptions.Project,
  registration: string,
  topic: string
) {
  const existing = yield* subscriptions.find(project, registration, topic)
  if (existing !== undefined) return existing
  if (project !== undefined) yield* devices.heardOf(project, registration)
  return yield* subscriptions.subscribe(project, registration, topic)
})

/** Takes a message to topics, for everybody for whom the condition holds, and gives it a number beyond 2^53. */
export const publish = Effect.fnUntraced(function*(
  sent: delivery.Sent,
  audience: Audience,
  condition: Condition.Condition
) {
  const { counters } = yield* world.World
  const number = String(6_177_433_633_397_011_000n + BigInt(++counters.published))
  const id = sent.endpoint === "fcm" ? `projects/${sent.project}/messages/${number}` : number
  const messageId = sent.endpoint === "fcm" && sent.dryRun ? `projects/${sent.project}/messages/fake_message_id` : id
  for (const recipient of yield* receivers(sent.project, condition)) {
    const kind = (yield* devices.find(sent.project, recipient))?.kind ?? devices.kindOf(recipient)
    yield* delivery.accept({ ...sent, recipient, kind, audience }, () => messageId)
  }
  return messageId
})

const receivers = Effect.fnUntraced(function*(project: string, condition: Condition.Condition) {
  return yield* Effect.filter(yield* candidates(project, condition), (registration) =>
    Effect.map(
      Effect.all([subscriptions.list(project, registration), devices.look(project, registration)]),
      ([all, { isRegistered }]) =>
        isRegistered && !isDeaf(registration) && Condition.holds(condition, new Set(all.map(({ topic }) => topic)))
    ))
})

/** Whom a condition may hold for: subscribers of its topics alone, unless it holds for who has no topic. */
const candidates = Effect.fnUntraced(function*(project: string, condition: Condition.Condition) {
  const { devices } = yield* world.project(project)
  return Condition.holds(condition, new Set())
    ? Array.from(new Set([...yield* subscriptions.seenBy(project), ...devices.keys()]))
    : Array.from(yield* subscriptions.subscribersOf(Condition.topics(condition)))
})

/** Others whose fate is to get no message cannot subscribe either. */
const isDeaf = (registration: string): boolean => Fate.parse(registration).name === "apns-auth"
