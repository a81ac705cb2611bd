/**
 * Faults as data: on which requests one strikes, what it does, and how often.
 *
 * **Example** (Every fifth message, more or less, meets a 503)
 *
 * ```ts
 * import { Emulator, Fault } from "@cloud-messaging/emulator"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function*() {
 *   const { faults } = yield* Emulator.project("my-project")
 *   yield* faults.add({ effect: { _tag: "Respond", status: 503, retryAfter: 1 }, probability: 0.2, seed: 42 })
 *   yield* faults.add(Fault.presets.slow)
 * }).pipe(Effect.provide(Emulator.layer))
 * ```
 *
 * @since 1.0.0
 */
import * as Schema from "effect/Schema"
import * as Device from "./Device.ts"

// -----------------------------------------------------------------------------
// On what it strikes
// -----------------------------------------------------------------------------

/**
 * What is asked, as `Project.Requests` counts it.
 *
 * @category models
 * @since 1.0.0
 */
export type Endpoint = typeof Endpoint.Type

/**
 * The schema of what is asked, as `Project.Requests` counts it.
 *
 * @category schemas
 * @since 1.0.0
 */
export const Endpoint = Schema.Literals(["fcm", "gcm", "topics", "groups", "token"])

// -----------------------------------------------------------------------------
// What it does
// -----------------------------------------------------------------------------

const RetryAfter = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 86_400 }))

/**
 * The schema of an answer to the whole request.
 *
 * **Details**
 *
 * `status` is 400 to 599, `retryAfter` in seconds, 0 to 86,400. Without a `body` it is what the protocol says with that
 * status: FCM v1 an error with the code that belongs to it (429: QUOTA_EXCEEDED of the project), GCM a page. `contentType`
 * is that of a `body`, by default `text/plain`.
 *
 * @category schemas
 * @since 1.0.0
 */
export const Respond = Schema.TaggedStruct("Respond", {
  status: Schema.Int.check(Schema.isBetween({ minimum: 400, maximum: 599 })),
  body: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(65_536))),
  contentType: Schema.optionalKey(Schema.String.check(Schema.isPattern(/^[\x20-\x7e]{1,256}$/))),
  retryAfter: Schema.optionalKey(RetryAfter)
})

/**
 * The schema of a refusal of one recipient, for the `reason` that a magic name of recipients has, and in the words of
 * the protocol. `retryAfter` in seconds: what is told with `unavailable`, `internal` and `quota`; by default 1.
 *
 * @category schemas
 * @since 1.0.0
 */
export const Refuse = Schema.TaggedStruct("Refuse", {
  reason: Schema.Literals(["unregistered", "invalid", "mismatch", "apns-auth", "unavailable", "internal", "quota"]),
  retryAfter: Schema.optionalKey(RetryAfter)
})

/**
 * The schema of an app that is uninstalled: the recipient is not registered, from now on.
 *
 * @category schemas
 * @since 1.0.0
 */
export const Unregister = Schema.TaggedStruct("Unregister", {})

/**
 * The schema of a connection that drops; nothing was accepted. Over HTTP/2 it is the request's stream that is reset
 * (INTERNAL_ERROR), which leaves the sender as much in doubt: other requests have theirs on the same connection.
 *
 * @category schemas
 * @since 1.0.0
 */
export const Reset = Schema.TaggedStruct("Reset", {})

/**
 * The schema of a GOAWAY, by which a server says that it takes no more requests on an HTTP/2 connection.
 *
 * **Details**
 *
 * Without `abrupt` the request is answered, as are all that came before the sender knew, and then the connection ends. An
 * abrupt one leaves the request out, and those on its connection that came later, as far as none of them was begun: they
 * were not processed, as the last stream id of the GOAWAY tells (where one was begun that came later, and for the first
 * request of a connection, REFUSED_STREAM does), nothing was accepted, and the sender may send them again. What is begun is
 * answered, and then the connection ends. Senders get the code NO_ERROR.
 *
 * HTTP/1.1 has nothing like it: there the answer says `connection: close`, and an abrupt one is {@link Reset}. In memory
 * the one does nothing, and the other is {@link Reset}.
 *
 * @category schemas
 * @since 1.0.0
 */
export const GoAway = Schema.TaggedStruct("GoAway", { abrupt: Schema.optionalKey(Schema.Boolean) })

/**
 * The schema of a stream that is refused (REFUSED_STREAM): the request was not processed, nothing was accepted, and the
 * sender may send it again, on the same connection. Over HTTP/1.1 and in memory, which have no word for it, it is
 * {@link Reset}.
 *
 * @category schemas
 * @since 1.0.0
 */
export const RefuseStream = Schema.TaggedStruct("RefuseStream", {})

/**
 * The schema of a lower limit of streams: from this request on, which is answered, its HTTP/2 connection takes `streams`
 * requests at once, 1 to 100, and refuses more (REFUSED_STREAM). A connection takes 100 by default, as Google's do. Over
 * HTTP/1.1 and in memory it does nothing.
 *
 * @category schemas
 * @since 1.0.0
 */
export const LimitStreams = Schema.TaggedStruct("LimitStreams", {
  streams: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 100 }))
})

/**
 * The schema of an answer that is cut: what was asked was done, and the sender cannot know.
 *
 * @category schemas
 * @since 1.0.0
 */
export const Cut = Schema.TaggedStruct("Cut", {})

/**
 * What a fault does.
 *
 * @category models
 * @since 1.0.0
 */
export type Effect = typeof Effect.Type

/**
 * The schema of what a fault does.
 *
 * @category schemas
 * @since 1.0.0
 */
export const Effect = Schema.Union([Respond, Refuse, Unregister, Reset, Cut, GoAway, RefuseStream, LimitStreams])

const Millis = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 3_600_000 }))

/**
 * How long an answer takes.
 *
 * @category models
 * @since 1.0.0
 */
export type Delay = typeof Delay.Type

/**
 * The schema of how long an answer takes, in milliseconds, 0 to 3,600,000: always the same, any between two, or
 * distributed exponentially around a mean (cut at ten times the mean).
 *
 * @category schemas
 * @since 1.0.0
 */
export const Delay = Schema.Union([
  Schema.TaggedStruct("Constant", { millis: Millis }),
  Schema.TaggedStruct("Uniform", { min: Millis, max: Millis }),
  Schema.TaggedStruct("Exponential", { mean: Millis })
])

// -----------------------------------------------------------------------------
// Fault
// -----------------------------------------------------------------------------

/**
 * A fault.
 *
 * @category models
 * @since 1.0.0
 */
export interface Fault extends Schema.Schema.Type<typeof Fault> {}

/**
 * The schema of a fault.
 *
 * **Details**
 *
 * - `recipient`: whom it strikes, by `Device.Names`. By default anybody;
 *   requests that name no recipient (to a topic or a condition, for device groups, for a token) are struck only then.
 * - `endpoint`: on what; by default on all of them. Requests for a token belong to no project: faults that were added to
 *   one do not strike them.
 * - `effect`: what it does. `Refuse` and `Unregister` strike single recipients, the others the whole request.
 * - `delay`: how long the answer takes, whatever the effect.
 * - `probability`: 0 to 1, by default 1.
 * - `times`: how often it strikes at most; by default without end.
 * - `seed`: the same seed gives the same run, whatever the order of concurrent requests: chance is drawn for each recipient
 *   by itself. By default 0.
 *
 * Several faults may strike the same request: their delays add up, and the effect is that of the first.
 *
 * @category schemas
 * @since 1.0.0
 */
export const Fault = Schema.Struct({
  recipient: Schema.optionalKey(Device.Names),
  endpoint: Schema.optionalKey(Endpoint),
  effect: Schema.optionalKey(Effect),
  delay: Schema.optionalKey(Delay),
  probability: Schema.optionalKey(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))),
  times: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000_000_000 }))),
  seed: Schema.optionalKey(Schema.Int)
})

/**
 * A fault that an emulator has.
 *
 * @category models
 * @since 1.0.0
 */
export interface Active extends Schema.Schema.Type<typeof Active> {}

/**
 * The schema of a fault that an emulator has.
 *
 * **Details**
 *
 * `id` is the emulator's name for it. Without a `project` it strikes in all of them. `strikes` tells how often it did.
 *
 * @category schemas
 * @since 1.0.0
 */
export const Active = Schema.Struct({
  id: Schema.String,
  project: Schema.optionalKey(Schema.String),
  fault: Fault,
  strikes: Schema.Natural
})

// -----------------------------------------------------------------------------
// Presets
// -----------------------------------------------------------------------------

/**
 * The names of the presets.
 *
 * @category models
 * @since 1.0.0
 */
export type Preset = typeof Preset.Type

/**
 * The schema of the names of the presets.
 *
 * @category schemas
 * @since 1.0.0
 */
export const Preset = Schema.Literals(["quota-storm", "flaky-503", "token-rot", "slow", "html-502", "goaway"])

/**
 * Faults that happen to everybody.
 *
 * **Details**
 *
 * - `quota-storm`: the project's quota is used up for 20 requests, which are told to come back in 30 seconds.
 * - `flaky-503`: one request of five is told that the service is not available, and to come back in a second.
 * - `token-rot`: one recipient of twenty is found to be uninstalled.
 * - `slow`: answers take half a second on the average.
 * - `html-502`: one request of five gets a front end's page.
 * - `goaway`: one request of twenty ends its connection, abruptly: HTTP/2 clients lose nothing by it.
 *
 * **Example** (One's own seed)
 *
 * ```ts
 * import { Fault } from "@cloud-messaging/emulator"
 *
 * const flaky: Fault.Fault = { ...Fault.presets["flaky-503"], seed: 7 }
 * ```
 *
 * @category constants
 * @since 1.0.0
 */
export const presets: { readonly [Name in Preset]: Fault } = {
  "quota-storm": { effect: { _tag: "Respond", status: 429, retryAfter: 30 }, times: 20 },
  "flaky-503": { effect: { _tag: "Respond", status: 503, retryAfter: 1 }, probability: 0.2 },
  "token-rot": { effect: { _tag: "Unregister" }, probability: 0.05 },
  slow: { delay: { _tag: "Exponential", mean: 500 } },
  "html-502": {
    effect: {
      _tag: "Respond",
      status: 502,
      contentType: "text/html; charset=UTF-8",
      body: "<!DOCTYPE html>\n<title>Error 502 (Server Error)!!1</title>\n"
    },
    probability: 0.2
  },
  goaway: { effect: { _tag: "GoAway", abrupt: true }, probability: 0.05 }
}
