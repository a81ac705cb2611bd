/**
 * The emulator's state: what arrived, what was asked, which tokens are out, which faults are used up, who belongs to which
 * topic and group.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Arrival } from "../Arrival.ts"
import type { Options, Requests } from "../Emulator.ts"

/** One registration's subscription to a topic. */
export interface Subscription {
  /** `undefined`: it came without a project, and counts in every one. */
  readonly project: string | undefined
  readonly topic: string
  /** Milliseconds since the epoch. */
  readonly since: number
}

export interface Group {
  /** The sender that made it. */
  readonly sender: string
  readonly name: string
  readonly members: ReadonlySet<string>
}

export class World extends Context.Service<World, {
  readonly arrivals: Array<Arrival>
  readonly requests: { -readonly [Endpoint in keyof Requests]: number }
  /** Access tokens that are out, with their expiry in milliseconds since the epoch. */
  readonly tokens: Map<string, number>
  /** How often the fault of a magic recipient struck. */
  readonly strikes: Map<string, number>
  /** The topics of each registration that ever had one. */
  readonly subscriptions: Map<string, ReadonlyArray<Subscription>>
  /** Device groups by their keys. */
  readonly groups: Map<string, Group>
  /** How many messages to topics, and how many device groups there ever were. */
  readonly counters: { published: number; groups: number }
}>()("@cloud-messaging/emulator/internal/World") {}

export const layer = (_options: Options): Layer.Layer<World> =>
  Layer.sync(World, () => ({
    arrivals: [],
    requests: { fcm: 0, gcm: 0, topics: 0, groups: 0, token: 0 },
    tokens: new Map(),
    strikes: new Map(),
    subscriptions: new Map(),
    groups: new Map(),
    counters: { published: 0, groups: 0 }
  }))

/** Takes a message, and gives it an id. */
export const accept = (arrival: Omit<Arrival, "messageId" | "acceptedAt">, messageId: (n: number) => string) =>
  Effect.gen(function*() {
    const { arrivals } = yield* World
    const accepted = {
      ...arrival,
      messageId: messageId(arrivals.length + 1),
      acceptedAt: yield* Clock.currentTimeMillis
    }
    arrivals.push(accepted)
    return accepted
  })

/** Makes an access token that is valid for so many seconds. */
export const issueToken = Effect.fnUntraced(function*(seconds: number) {
  const { tokens } = yield* World
  const token = `emulator-access-token-${tokens.size + 1}`
  tokens.set(token, (yield* Clock.currentTimeMillis) + seconds * 1000)
  return token
})

/** Whether a bearer token lets in: one that was issued and is not expired, or `owner`, as with Firebase's emulators. */
export const isValidToken = Effect.fnUntraced(function*(token: string) {
  const { tokens } = yield* World
  const now = yield* Clock.currentTimeMillis
  return token === "owner" || (tokens.get(token) ?? 0) > now
})
