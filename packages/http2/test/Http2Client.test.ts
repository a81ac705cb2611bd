import { Http2Client } from "@cloud-messaging/http2"
import { describe } from "@effect/vitest"
import { clientSuite } from "./suites/client.ts"

describe("Http2Client", () => {
  clientSuite({ layer: Http2Client.layer, secondsToPing: 30 })
})
