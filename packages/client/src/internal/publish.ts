/**
 * What `publish` makes of the engine.
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type { Audience } from "../Audience.ts"
import type { Message } from "../Message.ts"
import type { Published } from "../Messaging.ts"
import type * as SendError from "../SendError.ts"
import { askOne } from "./askOne.ts"
import * as Group from "./group.ts"
import type { Layer } from "./layer.ts"
import { invalidMessage, nobody } from "./send.ts"
import type { Settings } from "./settings.ts"

/** One message to an audience. */
export const publish = (
  layer: Layer,
  settings: Settings,
  message: Message,
  audience: Audience,
  context: Context.Context<never>
): Effect.Effect<Published, SendError.SendError> => {
  const addressed = layer.protocol.address(message, audience)
  if (Result.isFailure(addressed)) return Effect.fail(invalidMessage(addressed.failure, nobody))
  const { encoded, judge } = addressed.success
  const { secrets, ...prepared } = Group.prepared(message, encoded)
  return askOne(layer, settings, {
    prepared: { ...prepared, secrets: () => [...secrets(), ...secretOf(audience)] },
    judge
  }, context)
}

const secretOf = (audience: Audience): ReadonlyArray<string> =>
  audience._tag === "DeviceGroup" ? [Redacted.value(audience.key)] : []
