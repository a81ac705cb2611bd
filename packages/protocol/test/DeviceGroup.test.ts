import { DeviceGroup } from "@cloud-messaging/protocol"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Schema } from "effect"

describe("Change", () => {
  it.effect("is the documented body", () =>
    Effect.gen(function*() {
      const body = {
        operation: "create",
        notification_key_name: "appUser-Chris",
        registration_ids: ["4", "8", "15", "16", "23", "42"]
      }
      assert.deepStrictEqual<unknown>(yield* Schema.decodeUnknownEffect(DeviceGroup.Change)(body), body)
    }))
})

describe("SendResponse", () => {
  const decode = Schema.decodeUnknownEffect(DeviceGroup.SendResponse)

  it.effect("names the members that failed where some did", () =>
    Effect.gen(function*() {
      const some = { success: 1, failure: 2, failed_registration_ids: ["a", "b"] }
      assert.deepStrictEqual<unknown>(yield* decode({ ...some, multicast_id: 1 }), some)
      assert.deepStrictEqual<unknown>(yield* decode({ success: 2, failure: 0 }), { success: 2, failure: 0 })
    }))

  it.effect("is no answer to a topic", () =>
    Effect.gen(function*() {
      assert.isTrue(Exit.isFailure(yield* Effect.exit(decode({ message_id: 1 }))))
    }))
})
