/** Asks once, and leaves its client open: the process ends nevertheless. */
import { Http2Client } from "@cloud-messaging/http2"
import { Console, Effect, Scope } from "effect"

const [, , origin = ""] = process.argv

Effect.gen(function*() {
  const client = yield* Scope.provide(Http2Client.make({ h2c: true }), yield* Scope.make())
  const response = yield* client.get(origin)
  yield* Console.log(yield* response.text)
}).pipe(Effect.runPromise)
