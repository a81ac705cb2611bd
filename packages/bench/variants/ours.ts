/** Ours, as an application uses it: both protocols, over whichever `HttpClient`. */
import { AccessToken, Fcm, Gcm, Message, Messaging } from "@cloud-messaging/client"
import { Http2Client } from "@cloud-messaging/node"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { Effect, Layer, ManagedRuntime, Redacted, Stream } from "effect"
import type { HttpClient } from "effect/http"
import { OtlpSerialization, OtlpTracer } from "effect/observability"
import type { Job } from "../process/Job.ts"
import { measure } from "../process/measure.ts"
import { slicesOf } from "../process/slices.ts"
import * as Work from "../process/work.ts"

interface Asked {
  readonly protocol: "fcm" | "gcm"
  readonly client: keyof ReturnType<typeof clients>
  readonly way: keyof typeof ways
  /** Exports spans, as an application does that is watched. */
  readonly tracing?: boolean
  /** Instead of that of the work. */
  readonly accessToken?: string
}

const message = Message.make(Work.message)

const accepted = (tokens: string | Iterable<string>) =>
  Effect.map(Messaging.send(message, tokens), (report) => report.success.length)

const sum = (numbers: ReadonlyArray<number>) => numbers.reduce((sum, n) => sum + n, 0)

const ways = {
  sendStream: (tokens: Iterable<string>) =>
    Messaging.sendStream(message, Stream.fromIterable(tokens)).pipe(
      Stream.filter((outcome) => outcome._tag === "Success"),
      Stream.runCount
    ),
  send: accepted,
  /** 500 a send, one after the other. */
  sends: (tokens: Iterable<string>) => Effect.map(Effect.forEach(slicesOf(tokens, 500), accepted), sum),
  /** One a send, by 100 fibers. */
  sendOne: (tokens: Iterable<string>) => {
    const left = tokens[Symbol.iterator]()
    const sendAll = Effect.gen(function*() {
      let n = 0
      for (let next = left.next(); next.done !== true; next = left.next()) n += yield* accepted(next.value)
      return n
    })
    return Effect.map(Effect.all(Array.from({ length: 100 }, () => sendAll), { concurrency: "unbounded" }), sum)
  }
}

const clients = ({ sessions }: Job) => ({
  http2: Http2Client.layer({ maxSessions: sessions }),
  /** HTTP/2, if the server speaks it. */
  undici: NodeHttpClient.layerUndici,
  undiciHttp1: NodeHttpClient.layerUndiciOptions({ allowH2: false, connections: sessions })
})

const credentials = (accessToken: string) =>
  AccessToken.layer(Effect.succeed({ token: Redacted.make(accessToken), expiresIn: 3600 }))

const protocols = ({ accessToken = Work.accessToken, inFlight, origin, project }: Job & Asked) => ({
  fcm: Fcm.layer({ projectId: project, url: origin, concurrency: inFlight }).pipe(
    Layer.provide(credentials(accessToken))
  ),
  gcm: Gcm.layer({ apiKey: Redacted.make("key"), url: `${origin}/fcm/send`, concurrency: inFlight })
})

const tracer = ({ origin }: Job) =>
  OtlpTracer.layer({ url: `${origin}/v1/traces`, resource: { serviceName: "bench" } }).pipe(
    Layer.provide(OtlpSerialization.layerJson)
  )

await measure<Asked>((job) => {
  const sender: Layer.Layer<Messaging.Messaging, never, HttpClient.HttpClient> = protocols(job)[job.protocol]
  const runtime = ManagedRuntime.make(
    (job.tracing === true ? Layer.merge(sender, tracer(job)) : sender).pipe(Layer.provide(clients(job)[job.client]))
  )
  return (tokens) => runtime.runPromise(ways[job.way](tokens))
})
