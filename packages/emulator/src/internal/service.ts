/**
 * The emulator's helpers, over its world.
 */
import * as Topic from "@cloud-messaging/protocol/Topic"
import * as Effect from "effect/Effect"
import type { Presence, Registration } from "../Device.ts"
import type * as Emulator from "../Emulator.ts"
import { ClockNotMovable, InvalidName, TooManyTopics } from "../EmulatorError.ts"
import * as Project from "../Project.ts"
import * as delivery from "./delivery.ts"
import * as devices from "./devices.ts"
import * as Fate from "./fate.ts"
import * as faults from "./faults.ts"
import * as messages from "./messages.ts"
import { isMovable } from "./movableClock.ts"
import * as state from "./projectState.ts"
import * as subscriptions from "./subscriptions.ts"
import * as topics from "./topics.ts"
import * as world from "./world.ts"

export const make: Effect.Effect<Emulator.Service, never, world.World> = Effect.gen(function*() {
  const context = yield* Effect.context<world.World>()
  const provide: world.Provide = Effect.provideContext(context)
  return {
    messages: messages.make(undefined, provide),
    faults: faultsOf(undefined, provide),
    requests: provide(Effect.map(world.World, ({ requests }) => ({ ...requests }))),
    clock: {
      now: provide(world.now),
      advance: (duration) =>
        provide(Effect.gen(function*() {
          const { clock } = yield* world.World
          if (!isMovable(clock)) return yield* new ClockNotMovable()
          yield* clock.adjust(duration)
          yield* expireAll
          return yield* world.now
        }))
    },
    projects: provide(Effect.map(world.World, ({ projects }) => Array.from(projects.keys()).filter(isNamed))),
    project: (id) => projectOf(Project.Id.make(id), provide),
    reset: provide(resetAll)
  }
})

/** What names no project is kept under an empty id. */
const isNamed = (id: string): boolean => id !== ""

const expireAll = Effect.flatMap(
  world.World,
  ({ projects }) =>
    Effect.forEach(projects.values(), ({ arrivals }) => delivery.expire(arrivals.values()), { discard: true })
)

const resetAll = Effect.flatMap(
  world.World,
  ({ faults, groups, projects, requests, size, subscribers, subscriptions }) =>
    Effect.sync(() => {
      size.subscriptions = 0
      for (const map of [faults, groups, projects, subscribers, subscriptions]) map.clear()
      Object.assign(requests, world.noRequests())
    })
)

// -----------------------------------------------------------------------------
// Parts
// -----------------------------------------------------------------------------

const faultsOf = (project: string | undefined, provide: world.Provide): Project.Faults => ({
  add: (fault) => provide(faults.add(project, fault)),
  list: provide(faults.list(project)),
  remove: (id) => provide(faults.remove(project, id)),
  clear: provide(faults.clear(project))
})

const projectOf = (id: string, provide: world.Provide): Project.Project => {
  const ofProject = <A>(f: (project: world.ProjectState) => A) => provide(Effect.map(world.project(id), f))
  return {
    id,
    messages: messages.make(id, provide),
    devices: devicesOf(id, provide),
    topics: topicsOf(id, provide),
    faults: faultsOf(id, provide),
    requests: ofProject(({ requests }) => ({ ...requests })),
    settings: ofProject(({ settings }) => settings),
    configure: (settings) =>
      ofProject((project) => {
        project.settings = { ...project.settings, ...settings }
        return project.settings
      }),
    reset: provide(state.reset(id)),
    exportState: provide(state.exported(id)),
    importState: (exported) => provide(state.imported(id, exported))
  }
}

const devicesOf = (project: string, provide: world.Provide): Project.Devices => {
  const change = (
    recipients: ReadonlyArray<string>,
    how: () => Effect.Effect<world.DeviceState, never, world.World>
  ) =>
    provide(Effect.gen(function*() {
      if (!recipients.every(Fate.isRegistration)) return yield* new InvalidName({ what: "recipient" })
      return yield* state.deviceOf(project, yield* how())
    }))
  const reach = Effect.fnUntraced(function*(recipient: string, presence: Presence | undefined) {
    const device = yield* devices.reached(project, recipient)
    device.presence = presence ?? device.presence
    yield* delivery.flush(device)
    return yield* devices.heardOf(project, recipient)
  })
  const register = Effect.fnUntraced(function*({ canonical, kind, presence, recipient }: Registration) {
    const device = yield* devices.heardOf(project, recipient, kind)
    device.registered = true
    device.canonical = canonical ?? device.canonical
    return yield* reach(recipient, presence)
  })
  return {
    register: (registration) => {
      const { canonical, recipient } = registration
      return change([recipient, canonical ?? recipient], () => register(registration))
    },
    get: (recipient) =>
      provide(
        Effect.flatMap(devices.find(project, recipient), (device) =>
          device === undefined ? Effect.succeed(undefined) : state.deviceOf(project, device))
      ),
    list: provide(state.devicesOf(project)),
    setPresence: (recipient, presence) => change([recipient], () => reach(recipient, presence)),
    unregister: (recipient) => change([recipient], () => devices.unregister(project, recipient))
  }
}

const topicsOf = (project: string, provide: world.Provide): Project.Topics => ({
  list: provide(subscriptions.topicsOf(project)),
  subscribe: (recipient, topic) =>
    provide(Effect.gen(function*() {
      if (!Fate.isRegistration(recipient)) return yield* new InvalidName({ what: "recipient" })
      if (!Topic.isName(topic)) return yield* new InvalidName({ what: "topic" })
      if ((yield* topics.subscribe(project, recipient, topic)) === undefined) return yield* new TooManyTopics()
    })),
  unsubscribe: (recipient, topic) => provide(subscriptions.unsubscribe(project, recipient, topic))
})
