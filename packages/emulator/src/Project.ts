/**
 * A project: what lives in it shares nothing with what lives in others, so that parallel tests can share an emulator.
 *
 * @since 1.0.0
 */
import * as Schema from "effect/Schema"
import * as Arrival from "./Arrival.ts"
import * as Device from "./Device.ts"
import * as Fault from "./Fault.ts"

/**
 * The schema of a project's id: 1 to 256 characters.
 *
 * @category schemas
 * @since 1.0.0
 */
export const Id = Schema.NonEmptyString.check(Schema.isMaxLength(256))

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
    members: Schema.Array(Schema.String).check(Schema.isMinLength(1), Schema.isMaxLength(20))
  })).check(Schema.isMaxLength(10_000)),
  faults: Schema.Array(Fault.Fault).check(Schema.isMaxLength(1000)),
  messages: Schema.Array(Arrival.Arrival).check(Schema.isMaxLength(maxMessages))
})
