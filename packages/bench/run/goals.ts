/** What must be reached. */
import type { Metric } from "./Round.ts"

export interface Goal {
  readonly suite: string
  readonly variant: string
  readonly metric: Metric
  /** Another variant of the suite: the goal is about the ratio to it. */
  readonly to?: string
  readonly atLeast?: number
  readonly atMost?: number
}

export const goals: ReadonlyArray<Goal> = [
  { suite: "v1", variant: "send", metric: "rate", to: "firebaseAdmin", atLeast: 1.5 },
  { suite: "v1", variant: "send", metric: "cpu", to: "firebaseAdmin", atMost: 0.7 },
  { suite: "v1", variant: "send", metric: "rate", to: "raw", atLeast: 0.9 },
  { suite: "v1", variant: "sendStream", metric: "rate", to: "raw", atLeast: 0.9 },
  { suite: "v1", variant: "sendOne", metric: "rate", to: "raw", atLeast: 0.75 },
  { suite: "latency", variant: "send", metric: "rate", to: "firebaseAdmin", atLeast: 5 },
  { suite: "latency", variant: "send", metric: "rate", atLeast: 10_000 },
  { suite: "gcm", variant: "http2", metric: "rate", to: "nodeGcm", atLeast: 1.1 },
  { suite: "gcm", variant: "http2", metric: "rate", to: "rawUndici", atLeast: 0.85 },
  { suite: "gcm", variant: "http2", metric: "rss", to: "nodeGcm", atMost: 1.1 },
  { suite: "memory", variant: "many", metric: "rss", to: "few", atMost: 1.15 },
  { suite: "tracing", variant: "on", metric: "cpu", to: "off", atMost: 1.05 },
  { suite: "goaway", variant: "with", metric: "lost", atMost: 0 },
  { suite: "goaway", variant: "with", metric: "duplicated", atMost: 0 },
  { suite: "goaway", variant: "withStream", metric: "lost", atMost: 0 },
  { suite: "goaway", variant: "withStream", metric: "duplicated", atMost: 0 },
  { suite: "goaway", variant: "with", metric: "cpu", to: "without", atMost: 1.4 },
  { suite: "emulator", variant: "many", metric: "served", to: "few", atMost: 1.15 }
]
