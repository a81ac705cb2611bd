/** What is run: each suite is one work, done by several variants. */
import type { Job } from "../process/Job.ts"

/** A way to do the work: a file in `variants`, and what it is told besides. */
export interface Variant {
  readonly says: string
  readonly file: string
  readonly told?: Partial<Job> & { readonly [asked: string]: unknown }
}

export interface Suite {
  readonly says: string
  /** What differs from variant to variant is told by the variant. */
  readonly job: Omit<Job, "origin" | "run">
  /** The server says GOAWAY after each 1000 requests, to these. */
  readonly goaway?: ReadonlyArray<string>
  /** These are sent to the emulator, a fresh one each. */
  readonly emulator?: ReadonlyArray<string>
  /** What the others are compared with. */
  readonly base: string
  /** Run twice a round, at different times of it, and averaged. */
  readonly twice?: string
  readonly variants: { readonly [key: string]: Variant }
}

const v1 = { project: "fast", warmUp: 4000, count: 20_000, sessions: 1, inFlight: 100 }

const raw: Variant = { says: "raw node:http2", file: "rawHttp2" }

const firebaseAdmin = (calls: number): Variant => ({
  says: calls === 1 ? "firebase-admin" : `firebase-admin, ${calls} calls at once`,
  file: "firebaseAdmin",
  told: { calls }
})

const fcmV1Http2: Variant = { says: "fcm-v1-http2, 10 connections", file: "fcmV1Http2" }

const fcm = (says: string, told: Variant["told"]): Variant => ({
  says: `ours, ${says}`,
  file: "ours",
  told: { protocol: "fcm", client: "http2", ...told }
})

const gcm = (says: string, client: string): Variant => ({
  says: `ours, ${says}`,
  file: "ours",
  told: { protocol: "gcm", way: "sendStream", client }
})

/** With an access token that the emulator takes. */
const toEmulator = { way: "sendStream", accessToken: "owner" }

export const suites: { readonly [key: string]: Suite } = {
  v1: {
    says: "FCM v1: 20,000 recipients, one connection of 100 streams where the client lets one say so",
    job: v1,
    base: "raw",
    twice: "raw",
    variants: {
      raw,
      send: fcm("`send` with an array", { way: "send" }),
      sendStream: fcm("`sendStream`", { way: "sendStream" }),
      firebaseAdmin: firebaseAdmin(1),
      sendOne: fcm("`send` one recipient at a time, 100 fibers", { way: "sendOne" }),
      firebaseAdmin4: firebaseAdmin(4),
      fcmV1Http2,
      undici: fcm("`send` with an array, over undici", { way: "send", client: "undici" })
    }
  },
  latency: {
    says: "FCM v1, answers after 50 ms: 10,000 recipients, up to 10 connections of 100 streams",
    job: { ...v1, project: "slow", count: 10_000, sessions: 10, inFlight: 1000 },
    base: "raw",
    variants: {
      raw,
      firebaseAdmin: firebaseAdmin(1),
      send: fcm("`send` with an array", { way: "send" }),
      fcmV1Http2,
      sendStream: fcm("`sendStream`", { way: "sendStream" })
    }
  },
  gcm: {
    says: "GCM: 1,000,000 recipients, 1000 a request, 10 requests in flight",
    job: { project: "", warmUp: 100_000, count: 1_000_000, sessions: 10, inFlight: 10 },
    base: "rawUndici",
    variants: {
      rawUndici: { says: "raw undici, HTTP/1.1", file: "rawUndici" },
      nodeGcm: { says: "node-gcm, cut by hand", file: "nodeGcm" },
      sendStream: gcm("`sendStream` over undici, HTTP/1.1", "undiciHttp1"),
      undici: gcm("`sendStream` over undici as it is (HTTP/2)", "undici"),
      http2: gcm("`sendStream` over Http2Client", "http2")
    }
  },
  memory: {
    says: "FCM v1, `sendStream`: memory",
    job: v1,
    base: "few",
    variants: {
      few: fcm("200,000 recipients", { way: "sendStream", count: 200_000 }),
      many: fcm("1,000,000 recipients", { way: "sendStream", count: 1_000_000 })
    }
  },
  tracing: {
    says: "FCM v1, spans exported by `OtlpTracer`: 100,000 recipients, 500 a send, one send after the other",
    job: { ...v1, count: 100_000 },
    base: "off",
    variants: {
      off: fcm("no tracer", { way: "sends" }),
      on: fcm("a span a send", { way: "sends", tracing: true })
    }
  },
  tracingOne: {
    says: "FCM v1, spans exported: 20,000 recipients, 1 a send, 100 fibers: as many spans as recipients",
    job: v1,
    base: "off",
    variants: {
      off: fcm("no tracer", { way: "sendOne" }),
      on: fcm("a span a send", { way: "sendOne", tracing: true })
    }
  },
  goaway: {
    says: "FCM v1, the server says GOAWAY after each 1000 requests: 20,000 recipients",
    job: v1,
    base: "without",
    goaway: ["with", "withStream"],
    variants: {
      without: fcm("`send` with an array, no GOAWAY", { way: "send" }),
      with: fcm("`send` with an array", { way: "send" }),
      withStream: fcm("`sendStream`", { way: "sendStream" })
    }
  },
  emulator: {
    says: "FCM v1, `sendStream`, over HTTP/2 to the emulator, whose own memory is looked at",
    job: { ...v1, count: 100_000 },
    base: "nginx",
    emulator: ["few", "many"],
    variants: {
      nginx: fcm("to nginx", toEmulator),
      few: fcm("to the emulator, 100,000 recipients", toEmulator),
      many: fcm("to the emulator, 200,000 recipients", { ...toEmulator, count: 200_000 })
    }
  }
}
