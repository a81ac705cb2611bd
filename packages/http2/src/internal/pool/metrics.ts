/**
 * The metrics of the client. The names are documented at `Http2Client.layer`.
 */
import type * as Context from "effect/Context"
import * as Metric from "effect/Metric"

const sessions = Metric.gauge("http2_client_sessions", { description: "Connections that are open now" })

const streams = Metric.gauge("http2_client_streams", { description: "Requests that are on a connection now" })

const queue = Metric.gauge("http2_client_queue", { description: "Requests that wait for a stream now" })

const goaways = Metric.counter("http2_client_goaways", {
  description: "GOAWAY frames received, by error code",
  incremental: true
})

const resubmissions = Metric.counter("http2_client_resubmissions", {
  description: "Requests sent again, since the server had not processed them",
  incremental: true
})

const sent = Metric.counter("http2_client_sent_bytes", {
  description: "Bytes written to connections, headers included, TLS not",
  incremental: true
})

const received = Metric.counter("http2_client_received_bytes", {
  description: "Bytes read from connections, headers included, TLS not",
  incremental: true
})

/** HTTP_1_1_REQUIRED (RFC 9113, 7); a server may invent more, but no more series. */
const lastErrorCode = 13

/** Metrics that change with every request are updated without an effect, which would cost as much as the request. */
export interface Metrics {
  /** By how many more, or fewer. */
  readonly sessions: (change: number) => void
  readonly streams: (change: number) => void
  readonly queue: (change: number) => void
  readonly goaway: (code: number) => void
  readonly resubmission: () => void
  readonly sent: (bytes: number) => void
  readonly received: (bytes: number) => void
}

export const make = (context: Context.Context<never>): Metrics => {
  let isDue = false
  let untold = 0
  const tellStreams = () => {
    isDue = false
    if (untold !== 0) streams.modifyUnsafe(untold, context)
    untold = 0
  }
  return {
    sessions: (change) => {
      tellStreams()
      sessions.modifyUnsafe(change, context)
    },
    // once a turn of the event loop: many come and go in one
    streams: (change) => {
      untold += change
      if (isDue) return
      isDue = true
      setImmediate(tellStreams)
    },
    queue: (change) => queue.modifyUnsafe(change, context),
    goaway: (code) => {
      const known = code <= lastErrorCode ? String(code) : "other"
      Metric.withAttributes(goaways, { code: known }).updateUnsafe(1, context)
    },
    resubmission: () => resubmissions.updateUnsafe(1, context),
    sent: (bytes) => sent.updateUnsafe(bytes, context),
    received: (bytes) => received.updateUnsafe(bytes, context)
  }
}
