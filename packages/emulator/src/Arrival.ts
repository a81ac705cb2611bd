/**
 * What arrived: a message that the emulator accepted, for one recipient, and what became of it.
 *
 * @since 1.0.0
 */
import * as FcmV1 from "@cloud-messaging/protocol/FcmV1"
import * as GcmHttp from "@cloud-messaging/protocol/GcmHttp"
import * as Schema from "effect/Schema"
import * as Device from "./Device.ts"

// -----------------------------------------------------------------------------
// Arrival
// -----------------------------------------------------------------------------

/**
 * To whom a message was sent that fans out.
 *
 * @category models
 * @since 1.0.0
 */
export interface Audience extends Schema.Schema.Type<typeof Audience> {}

/**
 * The schema of to whom a message was sent that fans out: `value` is the topic's name, the condition as it was written,
 * or the key of the device group.
 *
 * @category schemas
 * @since 1.0.0
 */
export const Audience = Schema.Struct({
  kind: Schema.Literals(["topic", "condition", "deviceGroup"]),
  value: Schema.String
})

/**
 * What became of an accepted message.
 *
 * @category models
 * @since 1.0.0
 */
export type State = typeof State.Type

/**
 * The schema of what became of an accepted message.
 *
 * **Details**
 *
 * | state | what it says |
 * | --- | --- |
 * | `delivered` | the device has it |
 * | `stored` | it waits for the device |
 * | `collapsed` | a later message took its place: one of the same collapse key, or of a fifth |
 * | `expired` | its time to live was over before the device could be reached |
 * | `discarded` | it was stored, with 99 others, when one more came |
 * | `dropped` | it was stored when the app was uninstalled |
 * | `limited` | it was sent to an audience, and the device had had its messages of the minute |
 * | `checked` | a dry run: nothing is delivered |
 *
 * @category schemas
 * @since 1.0.0
 */
export const State = Schema.Literals([
  "delivered",
  "stored",
  "collapsed",
  "expired",
  "discarded",
  "dropped",
  "limited",
  "checked"
])

const common = {
  id: Schema.Natural,
  project: Schema.String,
  recipient: Device.Name,
  kind: Device.Kind,
  audience: Schema.optionalKey(Audience),
  dryRun: Schema.Boolean,
  messageId: Schema.String,
  answerCut: Schema.Boolean,
  acceptedAt: Schema.Finite,
  state: State,
  changedAt: Schema.Finite
}

/**
 * A message that the emulator accepted, for one recipient.
 *
 * @category models
 * @since 1.0.0
 */
export type Arrival = typeof Arrival.Type

/**
 * The schema of a message that the emulator accepted, for one recipient.
 *
 * **Details**
 *
 * - `id`: the arrivals of an emulator are numbered from 1, in the order in which they came.
 * - `endpoint`: by which protocol it came.
 * - `message`: as it was on the wire, decoded.
 * - `project`: FCM: the one in the path. GCM: that of the API key `emulator:<project>`, else `default`.
 * - `recipient`: the registration token or installation id, in clear: the emulator's are worth nothing.
 * - `kind`: what `recipient` is. GCM has tokens alone. Of a subscriber who never got a message of his own: as it looks.
 * - `audience`: what fanned out to the recipient; absent if the recipient was addressed.
 * - `dryRun`: the sender asked to check alone (`validateOnly`, `dry_run`).
 * - `messageId`: what the sender was told: FCM `projects/{project}/messages/{id}`, GCM the `message_id`. All recipients of
 *   a topic or a condition have the same; of those of a device group each has its own, which the sender is not told.
 * - `answerCut`: the answer was cut, so that the sender cannot know.
 * - `acceptedAt`: when, by the emulator's clock: milliseconds since the epoch.
 * - `state`: what became of it, since `changedAt`.
 *
 * @category schemas
 * @since 1.0.0
 */
export const Arrival = Schema.Union([
  Schema.Struct({ ...common, endpoint: Schema.Literal("fcm"), message: FcmV1.Content }),
  Schema.Struct({ ...common, endpoint: Schema.Literal("gcm"), message: GcmHttp.Content })
])

// -----------------------------------------------------------------------------
// Asking for arrivals
// -----------------------------------------------------------------------------

/**
 * Which arrivals are asked for.
 *
 * @category models
 * @since 1.0.0
 */
export interface Filter extends Schema.Schema.Type<typeof Filter> {}

/**
 * The schema of which arrivals are asked for: those for which all that is given holds.
 *
 * **Details**
 *
 * - `recipient`: `Device.Names`.
 * - `audience`: the name of a topic, the text of a condition, or the key of a device group.
 * - `after`: an `id`; those that came later.
 *
 * @category schemas
 * @since 1.0.0
 */
export const Filter = Schema.Struct({
  recipient: Schema.optional(Device.Names),
  endpoint: Schema.optional(Schema.Literals(["fcm", "gcm"])),
  audience: Schema.optional(Schema.String),
  messageId: Schema.optional(Schema.String),
  state: Schema.optional(State),
  after: Schema.optional(Schema.Natural)
})

/**
 * What was awaited did not arrive in time.
 *
 * @category errors
 * @since 1.0.0
 */
export class NotArrived extends Schema.TaggedError<NotArrived>("@cloud-messaging/emulator/Arrival/NotArrived")(
  "NotArrived",
  {
    /** What was asked for. */
    filter: Filter,
    /** How many were awaited. */
    count: Schema.Natural,
    /** Those of them that did arrive. */
    matching: Schema.Array(Arrival),
    /** The latest of all that arrived, at most 100. */
    arrived: Schema.Array(Arrival)
  }
) {
  override get message(): string {
    const others = this.arrived.map(({ audience, recipient, state }) =>
      `${recipient}${audience === undefined ? "" : ` (${audience.kind} ${audience.value})`}: ${state}`
    )
    return `${this.matching.length} of ${this.count} arrived that match ${JSON.stringify(this.filter)}; ` +
      (others.length === 0 ? "nothing else did" : `of all that did the latest are\n${others.join("\n")}`)
  }
}
