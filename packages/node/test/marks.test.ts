/** The library and its transport know each other by properties alone: here they are held together. */
import { BoundedResponse, RequestNotSent } from "@cloud-messaging/client"
import { BoundedResponse as TransportResponse, RequestNotSent as TransportNotSent } from "@cloud-messaging/http2"
import { assert, describe, it } from "@effect/vitest"

describe("marks", () => {
  it("are the same texts", () => {
    assert.strictEqual(TransportNotSent.TypeId, RequestNotSent.TypeId)
    assert.strictEqual(TransportResponse.TypeId, BoundedResponse.TypeId)
    assert.strictEqual(TransportResponse.BodyTooLargeTypeId, BoundedResponse.BodyTooLargeTypeId)
  })

  it("are known by the other one", () => {
    const why = { reason: "the client is closed", retryable: false, cause: "none" }
    const ours = new TransportNotSent.RequestNotSent(why)
    assert.isTrue(RequestNotSent.isRequestNotSent(ours))
    assert.isTrue(TransportNotSent.isRequestNotSent(new RequestNotSent.RequestNotSent(why)))
    assert.isTrue(BoundedResponse.isBodyTooLarge(new TransportResponse.BodyTooLarge({ limit: 1 })))
    assert.isFalse(BoundedResponse.isBodyTooLarge(ours))
    assert.isFalse(RequestNotSent.isRequestNotSent(new TransportResponse.BodyTooLarge({ limit: 1 })))
  })

  it("stand on errors that say the same", () => {
    const why = { reason: "the proxy answered 407", retryable: true, cause: "none" }
    const [theirs, ours] = [new RequestNotSent.RequestNotSent(why), new TransportNotSent.RequestNotSent(why)]
    assert.deepStrictEqual({ ...ours }, { ...theirs })
    assert.strictEqual(ours.message, theirs.message)
    assert.strictEqual(
      new TransportResponse.BodyTooLarge({ limit: 7 }).message,
      new BoundedResponse.BodyTooLarge({ limit: 7 }).message
    )
  })
})
