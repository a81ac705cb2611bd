import { Http2Client } from "@cloud-messaging/http2"
import { describe } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { connect, type Socket } from "node:net"
import { behaviourSuite, constructorSuite, untraced } from "./suites/behaviour.ts"
import { trust } from "./utils/server.ts"

const http2 = Http2Client.layer(trust)

/** TLS over a socket that was connected before. */
const tunnelled = Http2Client.layer({
  ...trust,
  tunnel: ({ port }) =>
    Effect.acquireRelease(
      Effect.callback<Socket>((resume) => {
        const socket = connect(port, "127.0.0.1", () => resume(Effect.succeed(socket)))
      }),
      (socket) => Effect.sync(() => socket.destroy())
    )
})

const protocols = ["h2"]

describe.each([
  { name: "HTTP/2", layer: http2 },
  { name: "HTTP/2 without spans", layer: Layer.provide(untraced, http2) },
  { name: "HTTP/2 through a tunnel", layer: tunnelled }
])("$name", ({ layer }) => behaviourSuite({ layer, protocols }))

describe("what Effect's constructor gives to HTTP/2", () => constructorSuite({ layer: http2, protocols }))
