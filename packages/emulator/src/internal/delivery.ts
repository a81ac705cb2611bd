/**
 * What becomes of an accepted message: whether the device gets it now, later, or never.
 *
 * Source: firebase.google.com/docs/cloud-messaging/customize-messages/collapsible-message-types (100 messages, four keys,
 * what collapses) and .../setting-message-lifespan (time to live, Doze), .../android/message-priority; Android's GCM guide
 * (`adv.jd`).
 */
import type * as FcmV1 from "@cloud-messaging/protocol/FcmV1"
import type * as GcmHttp from "@cloud-messaging/protocol/GcmHttp"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Arrival, State } from "../Arrival.ts"
import * as bounded from "./bounded.ts"
import * as devices from "./devices.ts"
import * as quota from "./quota.ts"
import * as world from "./world.ts"

/** Messages without a collapse key that are stored for a device. */
const maxStored = 100

/** Collapse keys that are kept for a device. Which of five leaves is not determined: here it is the oldest. */
const maxCollapseKeys = 4

// -----------------------------------------------------------------------------
// Accepting
// -----------------------------------------------------------------------------

/** A message before it is said to whom it goes. */
export type Sent =
  & Pick<Arrival, "project" | "dryRun" | "answerCut">
  & ({ readonly endpoint: "fcm"; readonly message: FcmV1.Content } | {
    readonly endpoint: "gcm"
    readonly message: GcmHttp.Content
  })

export type Addressed = Sent & Pick<Arrival, "recipient" | "kind" | "audience">

/** Takes a message, gives it an id, and delivers it, if the device has not had its messages of the minute. */
export const accept = Effect.fnUntraced(function*(addressed: Addressed, messageId: (n: number) => string) {
  const { clock, counters } = yield* world.World
  const now = clock.currentTimeMillisUnsafe()
  const { settings } = yield* world.project(addressed.project)
  const device = addressed.dryRun
    ? undefined
    : yield* devices.reached(addressed.project, addressed.recipient, addressed.kind)
  const wait = device && quota.draw(device.rate, settings.deviceRate, 1, now)
  // an audience has been told that its message is accepted
  const isFannedOut = addressed.audience !== undefined && addressed.audience.kind !== "deviceGroup"
  if (wait !== undefined && !isFannedOut) return { wait }
  const id = ++counters.messages
  const state: State = device === undefined ? "checked" : wait === undefined ? "stored" : "limited"
  const arrival: Arrival = { id, ...addressed, messageId: messageId(id), acceptedAt: now, state, changedAt: now }
  const entry: world.Entry = { arrival, device: undefined }
  yield* keep(entry)
  if (device === undefined || wait !== undefined) yield* world.tell(arrival)
  else yield* deliver(device, entry)
  return { messageId: arrival.messageId }
})

/** Keeps an arrival; the oldest make room. */
export const keep = Effect.fnUntraced(function*(entry: world.Entry) {
  const { keep, projects } = yield* world.World
  const { arrivals } = yield* world.project(entry.arrival.project)
  arrivals.set(entry.arrival.id, entry)
  const gone = bounded.surplus(Array.from(projects.values(), (project) => project.arrivals), keep)
  for (const { arrival, device } of gone) device?.stored.delete(arrival.id)
})

// -----------------------------------------------------------------------------
// Delivering and storing
// -----------------------------------------------------------------------------

const deliver = Effect.fnUntraced(function*(device: world.DeviceState, entry: world.Entry) {
  const isReached = isReachable(device, entry.arrival)
  if (isReached || timeToLive(entry.arrival) === 0) {
    return yield* world.become(entry, isReached ? "delivered" : "expired", yield* world.now)
  }
  yield* expire(device.stored.values())
  yield* makeRoom(device, entry)
  store(device, entry)
  return yield* world.tell(entry.arrival)
})

/** Has a message wait for a device. */
export const store = (device: world.DeviceState, entry: world.Entry): void => {
  entry.device = device
  device.stored.set(entry.arrival.id, entry)
}

const makeRoom = Effect.fnUntraced(function*(device: world.DeviceState, entry: world.Entry) {
  const key = collapseKey(entry.arrival)
  const stored = Array.from(device.stored.values())
  const collapsible = stored.filter(({ arrival }) => collapseKey(arrival) !== undefined)
  if (key === undefined) {
    if (stored.length - collapsible.length < maxStored) return undefined
    device.deleted.pending += stored.length
    return yield* world.becomeAll(stored, "discarded")
  }
  const same = collapsible.filter(({ arrival }) => collapseKey(arrival) === key)
  const replaced = same.length > 0 || collapsible.length < maxCollapseKeys ? same : collapsible.slice(0, 1)
  return yield* world.becomeAll(replaced, "collapsed")
})

/** Ends those whose time to live is over. */
export const expire = Effect.fnUntraced(function*(entries: Iterable<world.Entry>) {
  const now = yield* world.now
  for (const entry of Array.from(entries)) {
    const end = entry.arrival.acceptedAt + timeToLive(entry.arrival)
    if (entry.arrival.state === "stored" && end <= now) yield* world.become(entry, "expired", end)
  }
})

/** Delivers what can be delivered now, and tells the app what was discarded. */
export const flush = Effect.fnUntraced(function*(device: world.DeviceState) {
  yield* expire(device.stored.values())
  const now = yield* world.now
  for (const entry of Array.from(device.stored.values())) {
    if (isReachable(device, entry.arrival)) yield* world.become(entry, "delivered", now)
  }
  if (device.presence !== "online") return
  device.deleted.told += device.deleted.pending
  device.deleted.pending = 0
})

// -----------------------------------------------------------------------------
// What a message says
// -----------------------------------------------------------------------------

const isReachable = ({ presence }: world.DeviceState, { endpoint, message }: Arrival): boolean =>
  presence === "online" ||
  (presence === "idle" && (endpoint === "fcm"
    ? (message.android?.priority ?? (hasNotification(message) ? "HIGH" : "NORMAL")) === "HIGH"
    : (message.priority ?? (hasNotification(message) ? "high" : "normal")) === "high" &&
      message.delay_while_idle !== true))

const hasNotification = (message: Arrival["message"]): boolean =>
  message.notification !== undefined || ("android" in message && message.android?.notification !== undefined)

/** In milliseconds. Whole seconds count. */
const timeToLive = ({ endpoint, message }: Arrival): number => {
  const seconds = endpoint === "fcm"
    ? message.android?.ttl && Duration.toSeconds(message.android.ttl)
    : message.time_to_live
  return seconds === undefined ? fourWeeks : Math.floor(seconds) * 1000
}

const fourWeeks = Duration.toMillis(Duration.weeks(4))

/** Notifications always collapse, and messages to topics that carry nothing: by the app's package, whatever their key. */
const collapseKey = ({ audience, endpoint, message }: Arrival): string | undefined => {
  const isEmptyToTopic = audience?.kind === "topic" && message.data === undefined
  const key = endpoint === "fcm" ? message.android?.collapseKey : message.collapse_key
  if (hasNotification(message)) return ""
  // in proto3 an empty text is none
  return key !== undefined && key !== "" ? key : isEmptyToTopic ? "" : undefined
}
