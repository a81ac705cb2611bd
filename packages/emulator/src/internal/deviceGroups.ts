/**
 * Device groups of GCM, from the service's side. Errors are as public clients of the service know them.
 */
import * as DeviceGroup from "@cloud-messaging/protocol/DeviceGroup"
import * as Effect from "effect/Effect"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { json } from "./answer.ts"
import * as Fate from "./fate.ts"
import * as gcm from "./gcm.ts"
import * as instanceId from "./instanceId.ts"
import * as world from "./world.ts"

/** Lets in whom the Instance ID service lets in, if they say who sends. */
const sender = Effect.gen(function*() {
  const { requests } = yield* world.World
  requests.groups++
  const { headers } = yield* HttpServerRequest.HttpServerRequest
  return Option.isNone(yield* instanceId.project) ? undefined : headers["project_id"] ?? ""
})

export const change = Effect.gen(function*() {
  const request = yield* HttpServerRequest.HttpServerRequest
  const by = yield* sender
  if (by === undefined) return gcm.unauthorized
  if (by === "") return refuse("project_id header is missing")
  const asked = Option.getOrUndefined(decode(yield* request.text))
  if (asked === undefined) return refuse("the body is no operation")
  const ids = asked.registration_ids.filter(isRegistered)
  if (ids.length === 0) return refuse("no valid registration ids")
  const named = yield* find(by, asked.notification_key_name)
  if (asked.operation === "create") {
    return named === undefined ? yield* create(by, asked, ids) : refuse("notification_key already exists")
  }
  const { groups } = yield* world.World
  const key = asked.notification_key ?? ""
  const group = groups.get(key)
  if (group?.sender !== by) return refuse("notification_key not found")
  if (![undefined, group.name].includes(asked.notification_key_name)) {
    return refuse("notification_key_name doesn't match the group name of the notification_key")
  }
  const rest = Array.from(group.members).filter((member) => !ids.includes(member))
  const members = asked.operation === "add" ? [...group.members, ...ids] : rest
  return yield* put(key, { ...group, members: new Set(members) })
})

export const lookUp = Effect.gen(function*() {
  const by = yield* sender
  if (by === undefined) return gcm.unauthorized
  const parameters = yield* Effect.option(HttpServerRequest.schemaSearchParams(Name))
  const found = yield* find(by, Option.getOrUndefined(parameters)?.notification_key_name)
  return found === undefined ? refuse("notification_key not found") : answer(found)
})

const decode = Schema.decodeUnknownOption(Schema.fromJsonString(DeviceGroup.Change))

const Name = Schema.Struct({ notification_key_name: Schema.String })

/** One that is unregistered was not when it joined. */
const isRegistered = (id: string): boolean => {
  const { name } = Fate.parse(id)
  return id !== "" && name !== "invalid" && name !== "mismatch"
}

const find = (sender: string, name: string | undefined) =>
  Effect.map(
    world.World,
    ({ groups }) => Array.from(groups).find(([, group]) => group.sender === sender && group.name === name)?.[0]
  )

const create = Effect.fnUntraced(function*(
  sender: string,
  { notification_key_name: name = "" }: typeof DeviceGroup.Change.Type,
  ids: ReadonlyArray<string>
) {
  if (name === "") return refuse("notification_key_name is missing")
  const { counters } = yield* world.World
  return yield* put(`emulator:group:${++counters.groups}`, { sender, name, members: new Set(ids) })
})

/** A group without members is gone. */
const put = Effect.fnUntraced(function*(key: string, group: world.Group) {
  const { groups } = yield* world.World
  if (group.members.size > DeviceGroup.maxMembers) return refuse("too many members")
  if (group.members.size === 0) groups.delete(key)
  else groups.set(key, group)
  return answer(key)
})

const answer = (notification_key: string) =>
  HttpServerResponse.text(JSON.stringify({ notification_key }), { contentType: json })

/** With the line feed, as recorded (EdwinHoksberg/php-fcm, issue 2; brozot/Laravel-FCM, issue 132). */
const refuse = (error: string) =>
  HttpServerResponse.text(`${JSON.stringify({ error })}\n`, { status: 400, contentType: json })
