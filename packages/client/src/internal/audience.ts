/**
 * What makes an audience wrong, whatever the protocol.
 */
import * as Condition from "@cloud-messaging/protocol/Condition"
import * as Topic from "@cloud-messaging/protocol/Topic"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type { Audience } from "../Audience.ts"
import type { Issue } from "../Message.ts"
import { textOf } from "./text.ts"

/** What is wrong with an audience, or with what a caller without types gives as one. */
export const issues = (audience: Audience): ReadonlyArray<Issue> => {
  if (!Predicate.hasProperty(audience, "_tag")) return none
  switch (audience._tag) {
    case "Topic":
      return Predicate.isString(audience.name) && Topic.isName(audience.name) ? [] : [topicIssue]
    case "Condition":
      return Result.match(Condition.parse(Predicate.isString(audience.expression) ? audience.expression : ""), {
        onFailure: ({ message, position }) => [issue("condition", `${message}, at position ${position}`)],
        onSuccess: () => []
      })
    case "DeviceGroup":
      return Redacted.isRedacted(audience.key) && textOf(audience.key) !== ""
        ? []
        : [issue("deviceGroup", "must have a key")]
    default:
      return none
  }
}

const none: ReadonlyArray<Issue> = [{
  path: ["audience"],
  message: "must be made by Audience.topic, Audience.condition or Audience.deviceGroup"
}]

/** Of a name that no topic has. */
export const topicIssue: Issue = { path: ["topic"], message: "must be 1 to 900 of a-z, A-Z, 0-9 and - _ . ~ %" }

export const issue = (field: string, message: string): Issue => ({ path: [field], message })
