/**
 * All that a project holds, out and in again.
 */
import * as Topic from "@cloud-messaging/protocol/Topic"
import * as Effect from "effect/Effect"
import type * as Device from "../Device.ts"
import type * as Project from "../Project.ts"
import * as bounded from "./bounded.ts"
import * as delivery from "./delivery.ts"
import * as deviceGroups from "./deviceGroups.ts"
import * as devices from "./devices.ts"
import * as faults from "./faults.ts"
import * as subscriptions from "./subscriptions.ts"
import * as world from "./world.ts"

/** A device, as it is told of. */
export const deviceOf = Effect.fnUntraced(function*(project: string, device: world.DeviceState) {
  const { canonical, kind, recipient, registered } = device
  const { deleted, presence, stored } = (yield* devices.find(project, canonical ?? recipient)) ?? device
  yield* delivery.expire(stored.values())
  const topics = (yield* subscriptions.list(project, recipient)).map(({ topic }) => topic).toSorted()
  const there: Device.Device = {
    recipient,
    kind,
    presence,
    registered,
    stored: stored.size,
    deleted: { ...deleted },
    topics,
    ...canonical === undefined ? {} : { canonical }
  }
  return there
})

export const devicesOf = Effect.fnUntraced(function*(id: string) {
  const { devices } = yield* world.project(id)
  return yield* Effect.forEach(Array.from(devices.values()), (device) => deviceOf(id, device))
})

export const exported = Effect.fnUntraced(function*(id: string) {
  const { arrivals, settings } = yield* world.project(id)
  const { groups } = yield* world.World
  const state: Project.State = {
    version: 1,
    settings,
    devices: yield* devicesOf(id),
    groups: Array.from(groups).flatMap(([key, { members, name, project, sender }]) =>
      project === id ? [{ key, sender, name, members: Array.from(members) }] : []
    ),
    faults: (yield* faults.list(id)).map(({ fault }) => fault),
    messages: Array.from(arrivals.values(), ({ arrival }) => arrival)
  }
  return state
})

/** Empties a project. */
export const reset = Effect.fnUntraced(function*(id: string) {
  const { groups, projects } = yield* world.World
  projects.delete(id)
  for (const [key, { project }] of Array.from(groups)) if (project === id) groups.delete(key)
  yield* subscriptions.endAll(id)
  yield* faults.clear(id)
})

export const imported = Effect.fnUntraced(function*(id: string, state: Project.State) {
  yield* reset(id)
  const { counters, groups } = yield* world.World
  const project = yield* world.project(id)
  project.settings = state.settings
  // message ids are made of these numbers, and are not given twice; no emulator ever came to larger ones
  const highest = state.messages.reduce((highest, { id }) => id < 2 ** 40 ? Math.max(highest, id) : highest, 0)
  counters.messages = Math.max(counters.messages, highest)
  counters.published = Math.max(counters.published, highest)
  for (const device of state.devices) {
    const { canonical, deleted, kind, presence, recipient, registered, topics } = device
    Object.assign(yield* devices.heardOf(id, recipient, kind), {
      canonical,
      presence,
      registered,
      deleted: { ...deleted }
    })
    for (const topic of new Set(topics.filter(Topic.isName))) yield* subscriptions.subscribe(id, recipient, topic)
  }
  for (const { key, members, name, sender } of state.groups) {
    // another project's may have the same key
    const own = groups.has(key) ? yield* deviceGroups.newKey : key
    bounded.putOwned(groups, own, { project: id, sender, name, members: new Set(members) }, deviceGroups.maxGroups)
  }
  yield* Effect.forEach(state.faults, (fault) => faults.add(id, fault), { discard: true })
  for (const message of state.messages) {
    const entry: world.Entry = { arrival: { ...message, id: ++counters.messages, project: id }, device: undefined }
    yield* delivery.keep(entry)
    if (message.state === "stored") delivery.store(yield* devices.reached(id, message.recipient, message.kind), entry)
  }
})
