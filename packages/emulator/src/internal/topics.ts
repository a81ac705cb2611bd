/**
 * Topics: who is subscribed, and messages that fan out to them.
 */
import * as Condition from "@cloud-messaging/protocol/Condition"
import * as Topic from "@cloud-messaging/protocol/Topic"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Arrival, Audience } from "../Emulator.ts"
import * as Fate from "./fate.ts"
import * as world from "./world.ts"

/** A project, or all of them: an access token for the Instance ID service names none. */
type Project = string | undefined

const isSeenBy = (project: Project) => (subscription: world.Subscription): boolean =>
  project === undefined || subscription.project === undefined || subscription.project === project

/** What a registration is subscribed to, in the order in which it was. */
export const list = (project: Project, registration: string) =>
  Effect.map(world.World, ({ subscriptions }) => (subscriptions.get(registration) ?? []).filter(isSeenBy(project)))

/** The subscription of a registration to a topic, if there is one. */
export const find = (project: Project, registration: string, topic: string) =>
  Effect.map(list(project, registration), (all) => all.find((subscription) => subscription.topic === topic))

/** Subscribes one that is not. `undefined`: it has as many topics as it may. */
export const subscribe = Effect.fnUntraced(function*(project: Project, registration: string, topic: string) {
  const { subscriptions } = yield* world.World
  const before = yield* list(project, registration)
  if (before.length >= Topic.maxPerInstallation) return undefined
  const subscription: world.Subscription = { project, topic, since: yield* Clock.currentTimeMillis }
  subscriptions.set(registration, [...subscriptions.get(registration) ?? [], subscription])
  return subscription
})

/** Ends a subscription, if there is one. */
export const unsubscribe = Effect.fnUntraced(function*(project: Project, registration: string, topic: string) {
  const { subscriptions } = yield* world.World
  const seen = isSeenBy(project)
  const before = subscriptions.get(registration) ?? []
  subscriptions.set(registration, before.filter((one) => one.topic !== topic || !seen(one)))
})

// -----------------------------------------------------------------------------
// Messages
// -----------------------------------------------------------------------------

export type Sent = Pick<Arrival, "endpoint" | "project" | "message" | "dryRun" | "answerCut">

/** Takes a message to topics, for everybody for whom the condition holds, and gives it a number beyond 2^53. */
export const publish = Effect.fnUntraced(function*(sent: Sent, audience: Audience, condition: Condition.Condition) {
  const { counters } = yield* world.World
  const number = String(6_177_433_633_397_011_000n + BigInt(++counters.published))
  const id = sent.endpoint === "fcm" ? `projects/${sent.project}/messages/${number}` : number
  const messageId = sent.endpoint === "fcm" && sent.dryRun ? `projects/${sent.project}/messages/fake_message_id` : id
  for (const [recipient, kind] of yield* receivers(sent.project, condition)) {
    yield* world.accept({ ...sent, recipient, kind, audience }, () => messageId)
  }
  return messageId
})

const receivers = Effect.fnUntraced(function*(project: string, condition: Condition.Condition) {
  const { arrivals, subscriptions } = yield* world.World
  const known = new Map<string, Arrival["kind"]>()
  for (const registration of subscriptions.keys()) known.set(registration, isFid(registration) ? "fid" : "token")
  for (const arrival of arrivals) if (arrival.project === project) known.set(arrival.recipient, arrival.kind)
  const seen = isSeenBy(project)
  return Array.from(known).filter(([registration]) => {
    const topics = (subscriptions.get(registration) ?? []).filter(seen).map(({ topic }) => topic)
    return !isDeaf(registration) && Condition.holds(condition, new Set(topics))
  })
})

/** A Firebase installation id: 22 characters of base64url, the first four bits 0111. */
const isFid = (registration: string): boolean => /^[cdef][\w-]{21}$/.test(registration)

/** Others whose fate is to get no message cannot subscribe either. */
const isDeaf = (registration: string): boolean => Fate.parse(registration).name === "apns-auth"
