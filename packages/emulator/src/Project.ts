/**
 * A project: what lives in it shares nothing with what lives in others, so that parallel tests can share an emulator.
 *
 * @since 1.0.0
 */
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import * as Arrival from "./Arrival.ts"
import * as Device from "./Device.ts"
import type * as EmulatorError from "./EmulatorError.ts"
import * as Fault from "./Fault.ts"

/**
 * The schema of a project's id: 1 to 256 characters, but not `-`, which stands for all projects in the control API.
 *
 * @category schemas
 * @since 1.0.0
 */
export const Id = Schema.NonEmptyString.check(
  Schema.isMaxLength(256),
  Schema.makeFilter<string>((id) => id !== "-", { expected: "one project" })
)

// -----------------------------------------------------------------------------
// Settings
// -----------------------------------------------------------------------------

/**
 * How a project behaves.
 *
 * @category models
 * @since 1.0.0
 */
export interface Settings extends Schema.Schema.Type<typeof Settings> {}

/**
 * The schema of how a project behaves.
 *
 * **Details**
 *
 * - `strict`: only registered devices exist; any other recipient is told UNREGISTERED (GCM: `NotRegistered`). By default
 *   whoever is sent to is a device.
 * - `quota`: messages of the project in a minute, by default 600,000. It is refilled whole, a minute after the first message
 *   that drew on it.
 * - `deviceRate`: messages to one device in a minute, by default 240; likewise.
 *
 * @category schemas
 * @since 1.0.0
 */
export const Settings = Schema.Struct({
  strict: Schema.Boolean,
  quota: Schema.Natural,
  deviceRate: Schema.Natural
})

/**
 * What an emulator begins with, for every project.
 *
 * @category constants
 * @since 1.0.0
 */
export const defaults: Settings = { strict: false, quota: 600_000, deviceRate: 240 }

// -----------------------------------------------------------------------------
// State
// -----------------------------------------------------------------------------

const maxDevices = 100_000

const maxMessages = 1_000_000

/**
 * All that a project holds, as it is exported and imported.
 *
 * @category models
 * @since 1.0.0
 */
export interface State extends Schema.Schema.Type<typeof State> {}

/**
 * The schema of all that a project holds: as JSON (`Schema.toCodecJson`) it can be kept in a file.
 *
 * **Details**
 *
 * At most 100,000 devices, 1,000,000 messages, 10,000 device groups and 1000 faults. Names of projects, ids and counts in
 * it are not looked at when it is imported: messages are numbered anew. Stored messages wait for their devices again;
 * what counts strikes of faults and messages in a minute begins anew.
 *
 * @category schemas
 * @since 1.0.0
 */
export const State = Schema.Struct({
  version: Schema.Literal(1),
  settings: Settings,
  devices: Schema.Array(Device.Device).check(Schema.isMaxLength(maxDevices)),
  groups: Schema.Array(Schema.Struct({
    key: Schema.NonEmptyString,
    sender: Schema.String,
    name: Schema.String,
    members: Schema.Array(Device.Name).check(Schema.isMinLength(1), Schema.isMaxLength(20))
  })).check(Schema.isMaxLength(10_000)),
  faults: Schema.Array(Fault.Fault).check(Schema.isMaxLength(1000)),
  messages: Schema.Array(Arrival.Arrival).check(Schema.isMaxLength(maxMessages))
})

// -----------------------------------------------------------------------------
// Parts
// -----------------------------------------------------------------------------

/**
 * How many requests came to each endpoint, refused ones included.
 *
 * @category models
 * @since 1.0.0
 */
export interface Requests extends Schema.Schema.Type<typeof Requests> {}

/**
 * The schema of how many requests came to each endpoint, refused ones included.
 *
 * **Details**
 *
 * - `fcm`: `projects.messages.send` of FCM v1.
 * - `gcm`: GCM, at `/fcm/send` and `/gcm/send`.
 * - `topics`: topic subscriptions of FCM v1, and the Instance ID service.
 * - `groups`: changes and look-ups of device groups.
 * - `token`: the OAuth token endpoint.
 *
 * @category schemas
 * @since 1.0.0
 */
export const Requests = Schema.Struct({
  fcm: Schema.Natural,
  gcm: Schema.Natural,
  topics: Schema.Natural,
  groups: Schema.Natural,
  token: Schema.Natural
})

/**
 * A topic that has subscribers.
 *
 * @category models
 * @since 1.0.0
 */
export interface Topic extends Schema.Schema.Type<typeof Topic> {}

/**
 * The schema of a topic that has subscribers: its name, without `/topics/`, and who they are, in the order in which they
 * subscribed.
 *
 * @category schemas
 * @since 1.0.0
 */
export const Topic = Schema.Struct({ name: Schema.String, subscribers: Schema.Array(Schema.String) })

/**
 * What arrived.
 *
 * @category models
 * @since 1.0.0
 */
export interface Messages {
  /**
   * The accepted messages that are kept (by default the latest 10,000), dry runs among them, in the order in which they
   * came.
   */
  readonly query: (filter?: Arrival.Filter) => Effect.Effect<ReadonlyArray<Arrival.Arrival>>
  /**
   * Waits until so many match, and gives those; fails if they do not come in time, and tells what did. Under a `TestClock`
   * time passes when the test moves it: `TestClock.withLive(messages.await(…))` waits in real time.
   */
  readonly await: (filter: Arrival.Filter, options?: {
    /**
     * How many: 1 or more; by `EmulatorClient` at most 10,000.
     *
     * @default 1
     */
    readonly count?: number | undefined
    /**
     * How long to wait, by the caller's clock; by `EmulatorClient` in real time, and at most an hour.
     *
     * @default "5 seconds"
     */
    readonly timeout?: Duration.Input | undefined
  }) => Effect.Effect<ReadonlyArray<Arrival.Arrival>, Arrival.NotArrived>
  /**
   * Each arrival as it is accepted, and again whenever its state changes; that a message expired is noticed when somebody
   * asks, or the clock is moved. Who reads too slowly loses the oldest of 10,000.
   */
  readonly live: Stream.Stream<Arrival.Arrival>
}

/**
 * The devices of a project.
 *
 * @category models
 * @since 1.0.0
 */
export interface Devices {
  /** Makes a device, or changes one: what is not said stays as it is. One that was unregistered is so no longer. */
  readonly register: (registration: Device.Registration) => Effect.Effect<Device.Device, EmulatorError.InvalidName>
  /** The device of a token or installation id, if there is one. */
  readonly get: (recipient: string) => Effect.Effect<Device.Device | undefined>
  /** All of them: at most 100,000, beyond which those leave that were not heard of for the longest time. */
  readonly list: Effect.Effect<ReadonlyArray<Device.Device>>
  /**
   * Makes a device reachable or not; what is stored for it is delivered as soon as it can be. Makes the device if there is
   * none.
   */
  readonly setPresence: (
    recipient: string,
    presence: Device.Presence
  ) => Effect.Effect<Device.Device, EmulatorError.InvalidName>
  /** Uninstalls the app: who sends to it is told UNREGISTERED (GCM: `NotRegistered`), and its subscriptions end. */
  readonly unregister: (recipient: string) => Effect.Effect<Device.Device, EmulatorError.InvalidName>
}

/**
 * The topics of a project.
 *
 * @category models
 * @since 1.0.0
 */
export interface Topics {
  /** Topics with subscribers, in the order of names. */
  readonly list: Effect.Effect<ReadonlyArray<Topic>>
  /** Subscribes a recipient that is not yet. */
  readonly subscribe: (
    recipient: string,
    topic: string
  ) => Effect.Effect<void, EmulatorError.InvalidName | EmulatorError.TooManyTopics>
  /** Ends a subscription, if there is one. */
  readonly unsubscribe: (recipient: string, topic: string) => Effect.Effect<void>
}

/**
 * Faults, in the order in which they were added.
 *
 * @category models
 * @since 1.0.0
 */
export interface Faults {
  /** Adds a fault. At most 1000 are kept in all: the oldest leaves, of the project that has the most. */
  readonly add: (fault: Fault.Fault) => Effect.Effect<Fault.Active>
  /** Those that were added; also those that strike no more. */
  readonly list: Effect.Effect<ReadonlyArray<Fault.Active>>
  /** Takes one away, if it is there. */
  readonly remove: (id: string) => Effect.Effect<void>
  /** Takes all away. */
  readonly clear: Effect.Effect<void>
}

// -----------------------------------------------------------------------------
// Project
// -----------------------------------------------------------------------------

/**
 * One project of an emulator.
 *
 * @category models
 * @since 1.0.0
 */
export interface Project {
  /** The project's id. */
  readonly id: string
  /** What arrived in it. */
  readonly messages: Messages
  /** Its devices. */
  readonly devices: Devices
  /** Its topics. */
  readonly topics: Topics
  /** Its faults. */
  readonly faults: Faults
  /** How many requests came for it, as far as they told the project. */
  readonly requests: Effect.Effect<Requests>
  /** How it behaves. */
  readonly settings: Effect.Effect<Settings>
  /** Changes how it behaves: what is not said stays as it is. */
  readonly configure: (settings: Partial<Settings>) => Effect.Effect<Settings>
  /** Empties it, and takes back its settings. */
  readonly reset: Effect.Effect<void>
  /** All that it holds. */
  readonly exportState: Effect.Effect<State>
  /** Empties it, and fills it with what was exported. */
  readonly importState: (state: State) => Effect.Effect<void>
}
