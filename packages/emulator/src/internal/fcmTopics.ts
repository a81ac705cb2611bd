/**
 * FCM HTTP v1, `projects.messages.send` to a topic or a condition.
 *
 * The body about a condition is as recorded (firebase/quickstart-python, issue 11).
 */
import * as Condition from "@cloud-messaging/protocol/Condition"
import * as Topic from "@cloud-messaging/protocol/Topic"
import * as Effect from "effect/Effect"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Result from "effect/Result"
import { json } from "./answer.ts"
import * as Answer from "./fcmAnswer.ts"
import * as topics from "./topics.ts"

export const toTopic = (sent: topics.Sent, topic: string) =>
  Topic.isName(topic)
    ? accepted(topics.publish(sent, { kind: "topic", value: topic }, Condition.inTopic(topic)))
    : Effect.succeed(unfit("message.topic", "Invalid topic name provided."))

export const toCondition = (sent: topics.Sent, condition: string) =>
  Result.match(Condition.parse(condition), {
    onFailure: () => Effect.succeed(unfit("message.condition", "Invalid condition expression provided.")),
    onSuccess: (parsed) => accepted(topics.publish(sent, { kind: "condition", value: condition }, parsed))
  })

const accepted = <E, R>(published: Effect.Effect<string, E, R>) =>
  Effect.map(published, (name) => HttpServerResponse.text(Answer.pretty({ name }), { contentType: json }))

const unfit = (field: string, description: string) =>
  Answer.failure(400, "INVALID_ARGUMENT", "Request contains an invalid argument.", [
    Answer.fieldViolations([{ field, description }]),
    Answer.fcmError("INVALID_ARGUMENT")
  ])
