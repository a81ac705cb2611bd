/**
 * What makes an audience wrong, whatever the protocol.
 */
import * as Condition from "@cloud-messaging/protocol/Condition"
import * as Topic from "@cloud-messaging/protocol/Topic"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type { Audience } from "../Audience.ts"
import type { Issue } from "../Message.ts"

/** What is wrong with an audience. */
export const issues = (audience: Audience): ReadonlyArray<Issue> => {
  switch (audience._tag) {
    case "Topic":
      return Topic.isName(audience.name) ? [] : [topicIssue]
    case "Condition":
      return Result.match(Condition.parse(audience.expression), {
        onFailure: ({ message, position }) => [issue("condition", `${message}, at position ${position}`)],
        onSuccess: () => []
      })
    case "DeviceGroup":
      return Redacted.value(audience.key) === "" ? [issue("deviceGroup", "must have a key")] : []
  }
}

/** Of a name that no topic has. */
export const topicIssue: Issue = { path: ["topic"], message: "must be 1 to 900 of a-z, A-Z, 0-9 and - _ . ~ %" }

export const issue = (field: string, message: string): Issue => ({ path: [field], message })
