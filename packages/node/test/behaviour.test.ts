/** Our client over HTTP/2, ours where a server speaks HTTP/1.1 alone, and undici's, which it replaces: all behave the same. */
import { Http2Client } from "@cloud-messaging/node"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { assert, describe } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { behaviourSuite, constructorSuite, recording, traced, untraced } from "../../http2/test/suites/behaviour.ts"
import { certificate, trust } from "../../http2/test/utils/server.ts"
import { type Transport, transports } from "./utils/transports.ts"

const http2 = (transport: Transport) => Layer.orDie(Http2Client.layer({ ...trust, transport }))

const undici = NodeHttpClient.layerUndiciOptions({ connect: { ca: certificate.cert } })

describe.each([
  { name: "undici", layer: undici, protocols: ["http/1.1"] },
  ...transports.flatMap((transport) => {
    const layer = http2(transport)
    return [
      { name: `HTTP/2 (${transport})`, layer, protocols: ["h2", "http/1.1"] },
      {
        name: `HTTP/2 (${transport}) without spans`,
        layer: Layer.provide(untraced, layer),
        protocols: ["h2"]
      },
      {
        name: `HTTP/2 (${transport}) where the server speaks HTTP/1.1`,
        layer,
        protocols: ["http/1.1"]
      }
    ]
  })
])("$name", behaviourSuite)

describe.each(transports)("what Effect's constructor gives to HTTP/2 (%s)", (transport) => {
  const layer = http2(transport)

  constructorSuite({ layer, protocols: ["h2"] })

  traced(
    "one client span, once it is known that the server speaks HTTP/1.1 alone",
    { layer, protocols: ["http/1.1"] },
    (client, origin) =>
      Effect.gen(function*() {
        yield* Effect.flatMap(client.get(origin), ({ text }) => text)
        const { spans, tracer } = recording()
        yield* Effect.flatMap(Effect.withTracer(client.get(origin), tracer), ({ text }) => text)
        assert.deepStrictEqual(spans.map(({ kind }) => kind), ["client"])
      })
  )
})
