/**
 * Who is subscribed to which topic.
 */
import * as Topic from "@cloud-messaging/protocol/Topic"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as world from "./world.ts"

/** A project, or all of them: an access token for the Instance ID service names none. */
export type Project = string | undefined

/** Of all projects. The oldest makes room, of the project that has the most. */
const maxRegistrations = 100_000

/** Of all of them; likewise. */
const maxSubscriptions = 1_000_000

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
  const { size, subscribers, subscriptions } = yield* world.World
  const before = yield* list(project, registration)
  if (before.length >= Topic.maxPerInstallation) return undefined
  const subscription: world.Subscription = { project, topic, since: yield* world.now }
  subscriptions.set(registration, [...subscriptions.get(registration) ?? [], subscription])
  subscribers.set(topic, (subscribers.get(topic) ?? new Set()).add(registration))
  size.subscriptions++
  while (subscriptions.size > maxRegistrations || size.subscriptions > maxSubscriptions) yield* makeRoom
  return subscription
})

/** Takes the subscriptions of the oldest registration away that the project with the most has. */
const makeRoom = Effect.gen(function*() {
  const { subscriptions } = yield* world.World
  const counts = new Map<Project, number>()
  for (const all of subscriptions.values()) {
    for (const { project } of all) counts.set(project, (counts.get(project) ?? 0) + 1)
  }
  const [most] = Array.from(counts).reduce<readonly [Project, number]>(
    (a, b) => b[1] > a[1] ? b : a,
    [undefined, 0]
  )
  for (const [registration, all] of subscriptions) {
    const rest = all.filter(({ project }) => project !== most)
    if (rest.length < all.length || all.length === 0) {
      yield* set(registration, rest)
      if (rest.length === 0) subscriptions.delete(registration)
      return
    }
  }
})

/** Ends a subscription, if there is one. */
export const unsubscribe = Effect.fnUntraced(function*(project: Project, registration: string, topic: string) {
  const seen = isSeenBy(project)
  yield* keep(registration, (one) => one.topic !== topic || !seen(one))
})

/** Ends the subscriptions of a registration that are a project's own. */
export const end = (project: string, registration: string) => keep(registration, (one) => one.project !== project)

/** Ends all subscriptions that are a project's own. */
export const endAll = Effect.fnUntraced(function*(project: string) {
  const { subscriptions } = yield* world.World
  for (const registration of Array.from(subscriptions.keys())) yield* end(project, registration)
})

const keep = Effect.fnUntraced(function*(registration: string, isKept: (subscription: world.Subscription) => boolean) {
  const { subscriptions } = yield* world.World
  yield* set(registration, (subscriptions.get(registration) ?? []).filter(isKept))
})

/** Has a registration be subscribed to these alone, and be found by them. */
const set = Effect.fnUntraced(function*(registration: string, now: ReadonlyArray<world.Subscription>) {
  const { size, subscribers, subscriptions } = yield* world.World
  const before = subscriptions.get(registration) ?? []
  size.subscriptions += now.length - before.length
  const topics = new Set(now.map(({ topic }) => topic))
  for (const { topic } of before) {
    if (topics.has(topic)) continue
    subscribers.get(topic)?.delete(registration)
    if (subscribers.get(topic)?.size === 0) subscribers.delete(topic)
  }
  for (const topic of topics) subscribers.set(topic, (subscribers.get(topic) ?? new Set()).add(registration))
  // who had a topic of every project, and has none, is still an app of every project
  const isEverywhere = before.length === 0
    ? subscriptions.has(registration)
    : before.some(({ project }) => project === undefined)
  if (now.length > 0 || isEverywhere) subscriptions.set(registration, now)
  else subscriptions.delete(registration)
})

/** Whose subscriptions a project sees, and who had some that every project saw. */
export const seenBy = (project: string) =>
  Effect.map(
    world.World,
    ({ subscriptions }) =>
      Array.from(subscriptions).flatMap(([registration, all]) =>
        all.length === 0 || all.some(isSeenBy(project)) ? [registration] : []
      )
  )

/** Who may be subscribed to one of the topics. */
export const subscribersOf = (topics: Iterable<string>) =>
  Effect.map(
    world.World,
    ({ subscribers }) => new Set(Array.from(topics).flatMap((topic) => Array.from(subscribers.get(topic) ?? [])))
  )

/** The topics that somebody is subscribed to, as a project sees it. */
export const topicsOf = Effect.fnUntraced(function*(project: string) {
  const { subscribers } = yield* world.World
  const all = yield* Effect.forEach(Array.from(subscribers), ([name, registrations]) =>
    Effect.map(
      Effect.filter(registrations, (registration) =>
        Effect.map(find(project, registration, name), Predicate.isNotUndefined)),
      (subscribers) => ({ name, subscribers })
    ))
  return all.filter(({ subscribers }) => subscribers.length > 0).toSorted((a, b) => a.name < b.name ? -1 : 1)
})
