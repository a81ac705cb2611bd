/**
 * GCM HTTP, JSON form, to topics, conditions and device groups.
 */
import * as Condition from "@cloud-messaging/protocol/Condition"
import type * as GcmHttp from "@cloud-messaging/protocol/GcmHttp"
import * as PayloadSize from "@cloud-messaging/protocol/PayloadSize"
import * as Topic from "@cloud-messaging/protocol/Topic"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type { Audience } from "../Arrival.ts"
import * as deviceGroups from "./deviceGroups.ts"
import * as exchange from "./exchange.ts"
import * as Fate from "./fate.ts"
import * as gcm from "./gcm.ts"
import * as topics from "./topics.ts"
import * as world from "./world.ts"

// -----------------------------------------------------------------------------
// Topics
// -----------------------------------------------------------------------------

export const toTopic = (project: string, message: gcm.Message, to: string) => {
  const name = Option.getOrElse(Topic.fromAddress(to), () => to)
  return Topic.isName(name)
    ? publish(project, message, { kind: "topic", value: name }, Condition.inTopic(name))
    : Effect.succeed(gcm.badRequest("InvalidParameters: Invalid topic name provided."))
}

export const toCondition = (project: string, message: gcm.Message, condition: string) =>
  Result.match(Condition.parse(condition), {
    onFailure: () => Effect.succeed(gcm.badRequest("InvalidParameters: Invalid condition expression provided.")),
    onSuccess: (parsed) => publish(project, message, { kind: "condition", value: condition }, parsed)
  })

const publish = Effect.fnUntraced(function*(
  project: string,
  message: gcm.Message,
  audience: Audience,
  condition: Condition.Condition
) {
  const unfit = gcm.unfit(message, PayloadSize.topicLimit)
  return yield* exchange.run(
    { project, endpoint: "gcm", recipients: [], say: gcm.say },
    Effect.fnUntraced(function*(_fates, answerCut) {
      if (unfit !== undefined) return refused(unfit)
      const id = yield* topics.publish(gcm.sent(project, message, answerCut), audience, condition)
      // a number beyond 2^53, which only text can hold
      return { text: `{"message_id":${id}}` }
    })
  )
})

const refused = (error: GcmHttp.ErrorCode): exchange.Answer => ({ text: JSON.stringify({ error }) })

// -----------------------------------------------------------------------------
// Device groups
// -----------------------------------------------------------------------------

/** The group of a key. */
export const findGroup = (project: string, key: string) =>
  Effect.map(world.World, ({ groups }) => {
    const group = groups.get(key)
    return group !== undefined && deviceGroups.isSeenBy(project, group) ? group : undefined
  })

/** Members that fail come back; if all fail, nothing does. */
export const toGroup = Effect.fnUntraced(function*(
  project: string,
  message: gcm.Message,
  key: string,
  { members }: world.Group
) {
  const unfit = gcm.unfit(message)
  const ids = Array.from(members)
  return yield* exchange.run(
    { project, endpoint: "gcm", recipients: ids, say: gcm.say },
    Effect.fnUntraced(function*(fates, answerCut) {
      if (unfit !== undefined) return refused(unfit)
      const sent = gcm.sent(project, message, answerCut)
      const failed: Array<string> = []
      for (const [i, id] of ids.entries()) {
        const result = yield* gcm.resultOf(id, fates[i] ?? Fate.ok, sent, { kind: "deviceGroup", value: key })
        if ("error" in result) failed.push(id)
      }
      if (failed.length === members.size) return gcm.unavailable({})
      const success = members.size - failed.length
      const names = failed.length === 0 ? {} : { failed_registration_ids: failed }
      return { text: JSON.stringify({ success, failure: failed.length, ...names }) }
    })
  )
})
