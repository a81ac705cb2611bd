/**
 * FCM HTTP v1, `projects.messages.send` to a topic or a condition.
 *
 * The body about a condition is as recorded (firebase/quickstart-python, issue 11).
 */
import * as Condition from "@cloud-messaging/protocol/Condition"
import * as Topic from "@cloud-messaging/protocol/Topic"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as delivery from "./delivery.ts"
import type * as exchange from "./exchange.ts"
import * as Answer from "./fcmAnswer.ts"
import * as topics from "./topics.ts"

export const toTopic = (sent: delivery.Sent, topic: string) =>
  Topic.isName(topic)
    ? accepted(topics.publish(sent, { kind: "topic", value: topic }, Condition.inTopic(topic)))
    : Effect.succeed(unfit("message.topic", "Invalid topic name provided."))

export const toCondition = (sent: delivery.Sent, condition: string) =>
  Result.match(Condition.parse(condition), {
    onFailure: () => Effect.succeed(unfit("message.condition", "Invalid condition expression provided.")),
    onSuccess: (parsed) => accepted(topics.publish(sent, { kind: "condition", value: condition }, parsed))
  })

const accepted = <E, R>(published: Effect.Effect<string, E, R>) =>
  Effect.map(published, (name): exchange.Answer => ({ text: Answer.pretty({ name }) }))

const unfit = (field: string, description: string) =>
  Answer.failure(400, "INVALID_ARGUMENT", "Request contains an invalid argument.", [
    Answer.fieldViolations([{ field, description }]),
    Answer.fcmError("INVALID_ARGUMENT")
  ])
