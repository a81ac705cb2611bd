/**
 * The emulator's state: its projects with what arrived and which devices they have, who belongs to which topic and group,
 * faults, counters. All of it is bounded, and none holds a credential.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as PubSub from "effect/PubSub"
import type { Arrival, State } from "../Arrival.ts"
import type { Kind, Presence } from "../Device.ts"
import type { Options } from "../Emulator.ts"
import type { Active } from "../Fault.ts"
import * as Project from "../Project.ts"
import * as bounded from "./bounded.ts"
import type { Window } from "./quota.ts"

// -----------------------------------------------------------------------------
// State
// -----------------------------------------------------------------------------

/** One registration's subscription to a topic. */
export interface Subscription {
  /** `undefined`: it came without a project, and counts in every one. */
  readonly project: string | undefined
  readonly topic: string
  /** Milliseconds since the epoch. */
  readonly since: number
}

export interface Group {
  /** Likewise. */
  readonly project: string | undefined
  /** The sender that made it. */
  readonly sender: string
  readonly name: string
  readonly members: ReadonlySet<string>
}

/** An arrival as it is now. */
export interface Entry {
  arrival: Arrival
  /** For whom it is stored. */
  device: DeviceState | undefined
}

export interface DeviceState {
  readonly recipient: string
  kind: typeof Kind.Type
  presence: Presence
  canonical: string | undefined
  registered: boolean
  /** What waits for it, by the arrivals' ids. */
  readonly stored: Map<number, Entry>
  readonly deleted: { pending: number; told: number }
  /** What it got in this minute. */
  readonly rate: Window
}

export interface ProjectState {
  readonly id: string
  settings: Project.Settings
  readonly arrivals: Map<number, Entry>
  readonly devices: Map<string, DeviceState>
  /** How often the fault of a magic recipient struck. */
  readonly strikes: Map<string, number>
  readonly requests: Counted
  /** What was sent in this minute. */
  readonly quota: Window
}

export type FaultState = { -readonly [Field in keyof Active]: Active[Field] } & {
  /** How often chance was asked about each recipient. */
  readonly draws: Map<string, number>
}

type Counted = { -readonly [Endpoint in keyof Project.Requests]: number }

export class World extends Context.Service<World, {
  readonly clock: Clock.Clock
  readonly keep: number
  readonly defaults: Project.Settings
  readonly projects: Map<string, ProjectState>
  readonly faults: Map<string, FaultState>
  readonly requests: Counted
  /** The topics of each registration that has one. */
  readonly subscriptions: Map<string, ReadonlyArray<Subscription>>
  /** How many subscriptions there are. */
  readonly size: { subscriptions: number }
  /** The registrations of each topic that has one. */
  readonly subscribers: Map<string, Set<string>>
  /** Device groups by their keys. */
  readonly groups: Map<string, Group>
  /** How many there ever were: no id is given twice. */
  readonly counters: {
    messages: number
    published: number
    multicasts: number
    groups: number
    tokens: number
    faults: number
  }
  /** Arrivals, as they change. */
  readonly changes: PubSub.PubSub<Arrival>
}>()("@cloud-messaging/emulator/internal/World") {}

/** What a reader of changes may lag behind. */
const maxLag = 10_000

export const layer = ({ keep = 10_000, ...settings }: Options): Layer.Layer<World> =>
  Layer.effect(
    World,
    Effect.gen(function*() {
      return {
        clock: yield* Clock.Clock,
        keep,
        defaults: { ...Project.defaults, ...settings },
        projects: new Map(),
        faults: new Map(),
        requests: noRequests(),
        subscriptions: new Map(),
        subscribers: new Map(),
        size: { subscriptions: 0 },
        groups: new Map(),
        counters: { messages: 0, published: 0, multicasts: 0, groups: 0, tokens: 0, faults: 0 },
        changes: yield* PubSub.sliding<Arrival>(maxLag)
      }
    })
  )

export const noRequests = (): Counted => ({ fcm: 0, gcm: 0, topics: 0, groups: 0, token: 0 })

/** Runs what needs a world in one. */
export type Provide = <A, E>(effect: Effect.Effect<A, E, World>) => Effect.Effect<A, E>

/** What time it is in this world. */
export const now = Effect.map(World, ({ clock }) => clock.currentTimeMillisUnsafe())

// -----------------------------------------------------------------------------
// Projects
// -----------------------------------------------------------------------------

const maxProjects = 1000

/** The project of that id. If there are too many, one makes room that holds nothing, else the longest unheard of. */
export const project = (id: string): Effect.Effect<ProjectState, never, World> =>
  Effect.map(World, ({ defaults, projects }) => {
    const found = projects.get(id) ?? {
      id,
      settings: defaults,
      arrivals: new Map(),
      devices: new Map(),
      strikes: new Map(),
      requests: noRequests(),
      quota: { since: 0, used: 0 }
    }
    const isFull = !projects.has(id) && projects.size >= maxProjects
    const empty = isFull ? Array.from(projects.values()).find(isEmpty(defaults)) : undefined
    if (empty !== undefined) projects.delete(empty.id)
    bounded.put(projects, id, found, maxProjects)
    return found
  })

const isEmpty = (defaults: Project.Settings) => ({ arrivals, devices, settings }: ProjectState): boolean =>
  arrivals.size === 0 && devices.size === 0 && settings === defaults

/** Counts a request; that of nobody known is nobody's. */
export const count = Effect.fnUntraced(function*(endpoint: keyof Project.Requests, id: string | undefined) {
  const { requests } = yield* World
  requests[endpoint]++
  if (id !== undefined) (yield* project(id)).requests[endpoint]++
})

// -----------------------------------------------------------------------------
// Arrivals
// -----------------------------------------------------------------------------

/** Tells whoever listens how an arrival is now. */
export const tell = (arrival: Arrival) =>
  Effect.map(World, ({ changes }) => {
    PubSub.publishUnsafe(changes, arrival)
  })

/** What was stored is so no longer. */
export const become = (entry: Entry, state: State, changedAt: number) =>
  Effect.suspend(() => {
    entry.device?.stored.delete(entry.arrival.id)
    entry.device = undefined
    entry.arrival = { ...entry.arrival, state, changedAt }
    return tell(entry.arrival)
  })

/** Likewise, of many, now. */
export const becomeAll = (entries: Iterable<Entry>, state: State) =>
  Effect.flatMap(now, (at) => Effect.forEach(Array.from(entries), (_) => become(_, state, at), { discard: true }))
