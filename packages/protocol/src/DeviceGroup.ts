/**
 * Device groups: registration tokens of one user's devices under one key, which is a target of GCM HTTP.
 *
 * Google ends them on 29 September 2027.
 *
 * Source: firebase.google.com/docs/cloud-messaging/device-group, and Android's GCM guide (`notifications.jd`).
 *
 * @since 1.0.0
 */
import * as Schema from "effect/Schema"
import { lenientKey } from "./RpcStatus.ts"

/**
 * Where groups are made, changed (`POST`) and looked up (`GET` with the parameter `notification_key_name`). The header
 * `project_id` names the sender, `authorization` is a server key, or a bearer token beside `access_token_auth: true`.
 *
 * @category constants
 * @since 1.0.0
 */
export const endpoint = "https://fcm.googleapis.com/fcm/notification"

/**
 * The most members of a group.
 *
 * @category constants
 * @since 1.0.0
 */
export const maxMembers = 20

/**
 * The schema of a change. `create` takes a name; `add` and `remove` the key, and the name as a guard against mistakes.
 * A group without members is gone.
 *
 * @category schemas
 * @since 1.0.0
 */
export const Change = Schema.Struct({
  operation: Schema.Literals(["create", "add", "remove"]),
  notification_key_name: Schema.optionalKey(Schema.String),
  notification_key: Schema.optionalKey(Schema.String),
  registration_ids: Schema.Array(Schema.String)
})

/**
 * The schema of an answer to a change or a look-up: the key of the group, which is the target (`to`) of a message.
 *
 * @category schemas
 * @since 1.0.0
 */
export const Changed = Schema.Struct({ notification_key: Schema.String })

/**
 * The schema of a refusal (400), such as `notification_key not found`.
 *
 * @category schemas
 * @since 1.0.0
 */
export const Refused = Schema.Struct({ error: Schema.String })

const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

/**
 * What became of a message to a group.
 *
 * @category models
 * @since 1.0.0
 */
export interface SendResponse extends Schema.Schema.Type<typeof SendResponse> {}

/**
 * The schema of the answer to a message to a group: how many members it was accepted for and how many not, and, where
 * it was some of both, which not; what is no id among them costs no other. If it was accepted for none, the answer may be a 503 that is no JSON.
 *
 * @category schemas
 * @since 1.0.0
 */
export const SendResponse = Schema.Struct({
  success: Count,
  failure: Count,
  failed_registration_ids: lenientKey(Schema.Array(Schema.Unknown))
})
