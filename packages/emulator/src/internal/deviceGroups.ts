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
import * as bounded from "./bounded.ts"
import * as exchange from "./exchange.ts"
import * as Fate from "./fate.ts"
import * as gcm from "./gcm.ts"
import * as instanceId from "./instanceId.ts"
import * as world from "./world.ts"

/** Who asks. */
interface Sender {
  /** `undefined`: an access token names none. */
  readonly project: string | undefined
  readonly id: string
}

/** A method, for whom the Instance ID service lets in, if they say who sends. */
const method = <E, R>(
  run: (by: Sender) => Effect.Effect<exchange.Answer | HttpServerResponse.HttpServerResponse, E, R>
) =>
  Effect.gen(function*() {
    const { headers } = yield* HttpServerRequest.HttpServerRequest
    const found = yield* instanceId.project
    yield* world.count("groups", Option.getOrUndefined(found))
    if (Option.isNone(found)) return gcm.unauthorized
    const asked = { project: found.value, endpoint: "groups", recipients: [], say: gcm.say } as const
    return yield* exchange.run(asked, () => run({ project: found.value, id: headers["project_id"] ?? "" }))
  })

export const change = method(Effect.fnUntraced(function*(by) {
  const request = yield* HttpServerRequest.HttpServerRequest
  if (by.id === "") return refuse("project_id header is missing")
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
  if (group === undefined || !isOf(by, group)) return refuse("notification_key not found")
  if (![undefined, group.name].includes(asked.notification_key_name)) {
    return refuse("notification_key_name doesn't match the group name of the notification_key")
  }
  const rest = Array.from(group.members).filter((member) => !ids.includes(member))
  const members = asked.operation === "add" ? [...group.members, ...ids] : rest
  return yield* put(key, { ...group, members: new Set(members) })
}))

export const lookUp = method(Effect.fnUntraced(function*(by) {
  const parameters = yield* Effect.option(HttpServerRequest.schemaSearchParams(Name))
  const found = yield* find(by, Option.getOrUndefined(parameters)?.notification_key_name)
  return found === undefined ? refuse("notification_key not found") : answer(found)
}))

const decode = Schema.decodeUnknownOption(Schema.fromJsonString(DeviceGroup.Change))

const Name = Schema.Struct({ notification_key_name: Schema.String })

/** One that is unregistered was not when it joined. */
const isRegistered = (id: string): boolean => {
  const { name } = Fate.parse(id)
  return Fate.isRegistration(id) && name !== "invalid" && name !== "mismatch"
}

const isOf = ({ id, project }: Sender, group: world.Group): boolean => group.sender === id && isSeenBy(project, group)

/** A group without a project is every project's; who names none sees all. */
export const isSeenBy = (project: string | undefined, group: world.Group): boolean =>
  project === undefined || group.project === undefined || group.project === project

const find = (by: Sender, name: string | undefined) =>
  Effect.map(
    world.World,
    ({ groups }) => Array.from(groups).find(([, group]) => isOf(by, group) && group.name === name)?.[0]
  )

const create = Effect.fnUntraced(function*(
  { id: sender, project }: Sender,
  { notification_key_name: name = "" }: typeof DeviceGroup.Change.Type,
  ids: ReadonlyArray<string>
) {
  if (name === "") return refuse("notification_key_name is missing")
  return yield* put(yield* newKey, { project, sender, name, members: new Set(ids) })
})

/** A key that no group has; an imported group may have any. */
export const newKey: Effect.Effect<string, never, world.World> = Effect.map(world.World, ({ counters, groups }) => {
  const key = () => `emulator:group:${counters.groups}`
  do counters.groups++
  while (groups.has(key()))
  return key()
})

export const maxGroups = 10_000

/** A group without members is gone. */
const put = Effect.fnUntraced(function*(key: string, group: world.Group) {
  const { groups } = yield* world.World
  if (group.members.size > DeviceGroup.maxMembers) return refuse("too many members")
  if (group.members.size === 0) groups.delete(key)
  else bounded.putOwned(groups, key, group, maxGroups)
  return answer(key)
})

const answer = (notification_key: string): exchange.Answer => ({ text: JSON.stringify({ notification_key }) })

/** With the line feed, as recorded (EdwinHoksberg/php-fcm, issue 2; brozot/Laravel-FCM, issue 132). */
const refuse = (error: string) =>
  HttpServerResponse.text(`${JSON.stringify({ error })}\n`, { status: 400, contentType: json })
