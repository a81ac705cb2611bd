/**
 * The preload, as programs of Node meet it: real processes.
 */
import { EmulatorServer, layer as layerServer } from "@cloud-messaging/emulator/EmulatorServer"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Layer, Schema, Stream } from "effect"
import { ChildProcess } from "effect/process"
import process from "node:process"

const preload = import.meta.resolve("@cloud-messaging/emulator/preload")

const run = Effect.fnUntraced(function*(args: ReadonlyArray<string>, env: { readonly [name: string]: string }) {
  const handle = yield* ChildProcess.make(process.execPath, args, { env: { PATH: "", ...env }, detached: false })
  const printed = yield* handle.all.pipe(Stream.decodeText, Stream.mkString)
  return { code: Number(yield* handle.exitCode), printed }
}, Effect.scoped)

const parse = Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.Unknown))

/** What a program prints as JSON, under the preload. */
const underPreload = Effect.fnUntraced(function*(code: string, at?: string) {
  const fs = yield* FileSystem.FileSystem
  const { ca, host } = yield* EmulatorServer
  const caFile = yield* fs.makeTempFileScoped()
  yield* fs.writeFileString(caFile, ca)
  const env = { FIREBASE_MESSAGING_EMULATOR_HOST: at ?? host, NODE_EXTRA_CA_CERTS: caFile }
  const { printed } = yield* run(["--import", preload, "--input-type=module", "-e", code], env)
  return yield* parse(printed)
}, Effect.scoped)

const path = "/v1/projects/my-project/messages:send"
const init = `{
  method: "POST",
  headers: { authorization: "Bearer owner", "content-type": "application/json" }
}`
const body = `JSON.stringify({ message: { token: "a" } })`
const print = "console.log(JSON.stringify({ status, name }))"

/** Ways to Google that lead to the emulator instead. */
const ways = {
  fetch: `
    const response = await fetch("https://fcm.googleapis.com${path}", { ...${init}, body: ${body} })
    const { status } = response
    const { name } = await response.json()
    ${print}`,
  "node:https": `
    import { request } from "node:https"
    import { json } from "node:stream/consumers"
    request("https://fcm.googleapis.com${path}", ${init}, async (response) => {
      const { statusCode: status } = response
      const { name } = await json(response)
      ${print}
    }).end(${body})`,
  "node:http2, as firebase-admin asks": `
    import { connect } from "node:http2"
    import { json } from "node:stream/consumers"
    const session = connect("https://fcm.googleapis.com")
    const { method, headers } = ${init}
    const request = session.request({ ":method": method, ":scheme": "https:", ":path": "${path}", ...headers })
    request.end(${body})
    request.on("response", async ({ ":status": status }) => {
      const { name } = await json(request)
      ${print}
      session.close()
    })`,
  "a proxy's tunnel": `
    import * as Net from "node:net"
    import { request } from "node:https"
    import { connect } from "node:tls"
    import { json } from "node:stream/consumers"
    const proxy = Net.createServer((socket) => socket.on("data", () => process.exit(1))).listen(0, () => {
      const tunnel = Net.connect(proxy.address().port)
      const createConnection = () => connect({ socket: tunnel, servername: "fcm.googleapis.com" })
      request("https://fcm.googleapis.com${path}", { ...${init}, createConnection }, async (response) => {
        const { statusCode: status } = response
        const { name } = await json(response)
        ${print}
        proxy.close()
      }).end(${body})
    })`,
  "node:tls, by port and host, without a name of its own": `
    import { connect } from "node:tls"
    import { text } from "node:stream/consumers"
    const socket = connect(443, "fcm.googleapis.com", { servername: "" }, async () => {
      const body = ${body}
      const head = ["POST ${path} HTTP/1.1", "host: fcm.googleapis.com", "connection: close", "authorization: Bearer owner"]
      socket.write([...head, "content-length: " + body.length, "", body].join("\\r\\n"))
      const answer = await text(socket)
      const status = Number(answer.slice(9, 12))
      const name = /"name": "(.*)"/.exec(answer)[1]
      ${print}
    })`
}

const services = NodeServices.layer

const patience = 30_000

describe("the preload", () => {
  it.live.each(Object.entries(ways))(
    "leads %s to the emulator",
    ([, code]) =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* underPreload(code), { status: 200, name: "projects/my-project/messages/0:1" })
      }).pipe(Effect.provide([Layer.fresh(layerServer()), services])),
    patience
  )

  it.live.each([
    `{ host: "FCM.GoogleAPIs.com", port: 443 }`,
    `{ host: "fcm.googleapis.com.", port: 443 }`,
    `{ host: "fcm.googleapis.com", port: 443, servername: "" }`,
    `{ host: "fcm.googleapis.com", port: 443, servername: "example.com" }`,
    `443, "example.com", { host: "fcm.googleapis.com" }`,
    `{ host: "fcm.googleapis.com", port: 443, lookup: () => console.log('"looked up"') }`
  ])("leads to the emulator whoever asks for %s", (args) =>
    Effect.gen(function*() {
      const { host } = yield* EmulatorServer
      const [, port] = host.split(":")
      const seen = yield* underPreload(
        `
        import { connect } from "node:tls"
        const print = (seen) => {
          console.log(JSON.stringify(seen))
          process.exit()
        }
        const socket = connect(${args}, () => print(String(socket.remotePort))).on("error", ({ code }) => print(code))`,
        `localhost:${port}`
      )
      assert.strictEqual(seen, port)
    }).pipe(Effect.provide([layerServer(), services])), patience)

  it.live("takes what Node takes for a URL", () =>
    Effect.gen(function*() {
      const seen = yield* underPreload(`
        import { connect } from "node:http2"
        const [hostname, port] = process.env.FIREBASE_MESSAGING_EMULATOR_HOST.split(":")
        const session = connect({ protocol: "http:", hostname, port })
        session.once("remoteSettings", () => {
          console.log(JSON.stringify("connected"))
          session.close()
        })`)
      assert.strictEqual(seen, "connected")
    }).pipe(Effect.provide([layerServer(), services])), patience)

  it.live("leaves other hosts alone, and what is said to them", () =>
    Effect.gen(function*() {
      // the emulator's own name is not Google's; it refuses the faulty scheme, as servers do
      const seen = yield* underPreload(`
        import { connect } from "node:http2"
        import { connect as connectTls } from "node:tls"
        const seen = {}
        const host = "localhost:" + process.env.FIREBASE_MESSAGING_EMULATOR_HOST.split(":")[1]
        const session = connect("https://" + host)
        const request = session.request({ ":method": "POST", ":scheme": "https:", ":path": "/token" })
        request.on("error", ({ code }) => {
          session.close()
          connectTls({ host: "127.0.0.1", port: 1, servername: "example.com" }).on("error", ({ port, code: refused }) => {
            console.log(JSON.stringify({ code, port, refused }))
          })
        })`)
      assert.deepStrictEqual(seen, { code: "ERR_HTTP2_STREAM_ERROR", port: 1, refused: "ECONNREFUSED" })
    }).pipe(Effect.provide([layerServer(), services])), patience)

  it.live("trusts no server that the emulator's authority does not vouch for", () =>
    Effect.gen(function*() {
      const { host } = yield* EmulatorServer
      const code = `fetch("https://fcm.googleapis.com/").catch(({ cause }) => console.log(cause.code))`
      const { printed } = yield* run(["--import", preload, "-e", code], { FIREBASE_MESSAGING_EMULATOR_HOST: host })
      assert.match(printed, /^(UNABLE_TO|SELF_SIGNED)/)
    }).pipe(Effect.provide([layerServer(), services])), patience)

  it.live.each(["", "not a host", "http://127.0.0.1:8025", "127.0.0.1", "127.0.0.1:8025/"])(
    "does not let a program start that would go to Google: %j",
    (host) =>
      Effect.gen(function*() {
        const { code, printed } = yield* run(["--import", preload, "-e", "console.log('started')"], {
          FIREBASE_MESSAGING_EMULATOR_HOST: host
        })
        assert.strictEqual(code, 1)
        assert.include(printed, "FIREBASE_MESSAGING_EMULATOR_HOST")
        assert.notInclude(printed, "started")
      }).pipe(Effect.provide(services)),
    patience
  )
})
