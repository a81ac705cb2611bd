/**
 * The devices of a project: whoever was sent to, and those that were arranged.
 */
import * as Effect from "effect/Effect"
import type { Kind } from "../Device.ts"
import * as bounded from "./bounded.ts"
import * as subscriptions from "./subscriptions.ts"
import * as world from "./world.ts"

/** In all projects. */
const maxDevices = 100_000

/** A Firebase installation id: 22 characters of base64url, the first four bits 0111. */
export const kindOf = (recipient: string): typeof Kind.Type => /^[cdef][\w-]{21}$/.test(recipient) ? "fid" : "token"

/** The device of that name, if there is one. */
export const find = (project: string, recipient: string) =>
  Effect.map(world.project(project), ({ devices }) => devices.get(recipient))

/** The device of that name; the one that was not heard of for the longest time makes room. */
export const heardOf = Effect.fnUntraced(function*(project: string, recipient: string, kind?: typeof Kind.Type) {
  const { projects } = yield* world.World
  const { devices } = yield* world.project(project)
  const device: world.DeviceState = devices.get(recipient) ?? {
    recipient,
    kind: kind ?? kindOf(recipient),
    presence: "online",
    canonical: undefined,
    registered: true,
    stored: new Map(),
    deleted: { pending: 0, told: 0 },
    rate: { since: 0, used: 0 }
  }
  if (kind !== undefined) device.kind = kind
  devices.delete(recipient)
  devices.set(recipient, device)
  for (const gone of bounded.surplus(Array.from(projects.values(), (_) => _.devices), maxDevices)) {
    yield* world.becomeAll(gone.stored.values(), "dropped")
  }
  return device
})

/** The device that gets what is sent to a name: its own, or the one that took its place. */
export const reached = Effect.fnUntraced(function*(project: string, recipient: string, kind?: typeof Kind.Type) {
  const device = yield* heardOf(project, recipient, kind)
  return device.canonical === undefined ? device : yield* heardOf(project, device.canonical)
})

/** Whether the service would send to a name, and the name that took its place. */
export const look = Effect.fnUntraced(function*(project: string, recipient: string) {
  const { devices, settings } = yield* world.project(project)
  const device = devices.get(recipient)
  const reached = device?.canonical === undefined ? device : devices.get(device.canonical)
  return {
    isRegistered: device?.registered !== false && reached?.registered !== false &&
      (device !== undefined || !settings.strict),
    canonical: device?.canonical
  }
})

/** The app is uninstalled. */
export const unregister = Effect.fnUntraced(function*(project: string, recipient: string) {
  const device = yield* heardOf(project, recipient)
  device.registered = false
  yield* world.becomeAll(device.stored.values(), "dropped")
  yield* subscriptions.end(project, recipient)
  return device
})
