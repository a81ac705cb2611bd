/**
 * What all sends of a layer share.
 */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import type * as Result from "effect/Result"
import { isMessage, type Issue, type Message } from "../Message.ts"
import { Alarms } from "./alarms.ts"
import { quiet } from "./exchange.ts"
import { Gate } from "./gate.ts"
import * as Group from "./group.ts"
import { memoizeWeak } from "./memoize.ts"
import { make as makeMetrics, type Metrics } from "./metrics.ts"
import type { Pace } from "./pace.ts"
import type { Protocol } from "./protocol.ts"

/** What a layer has: one client, one gate. */
export interface Layer {
  readonly client: HttpClient.HttpClient
  readonly protocol: Protocol
  readonly gate: Gate
  readonly metrics: Metrics
  /** Makes a message ready to send, once: most are sent many times. */
  readonly prepare: (message: Message) => Result.Result<Group.Prepared, ReadonlyArray<Issue>>
  /** The alarms of a clock; mostly there is one. */
  readonly alarmsOf: (clock: Clock.Clock) => Alarms
  /** Keeps first attempts and retries under a quota, where requests of the layer have one. */
  readonly paceOf?: ((clock: Clock.Clock) => Pace) | undefined
}

export const layerOf = (protocol: Protocol): Effect.Effect<Layer, never, HttpClient.HttpClient> =>
  Effect.map(quiet(), (client) => ({
    client,
    protocol,
    gate: new Gate(),
    metrics: makeMetrics(protocol.system),
    prepare: memoizeMessages((message) => Group.prepare(protocol, message)),
    alarmsOf: memoizeWeak((clock) => new Alarms(clock))
  }))

/** What is no message, as JavaScript may have it, is not kept: it may change. */
const memoizeMessages = <A>(make: (message: Message) => A): (message: Message) => A => {
  const memoized = memoizeWeak(make)
  return (message) => isMessage(message) ? memoized(message) : make(message)
}
