/** What a variant has to do, and what is measured of it. */
export interface Job {
  /** Of the server. */
  readonly origin: string
  /** The server answers `slow` after 50 ms, any other project at once. */
  readonly project: string
  /** Every token begins with it. */
  readonly run: string
  /** Recipients before the clock starts: code is compiled, connections are made. */
  readonly warmUp: number
  /** Recipients that are timed. */
  readonly count: number
  /** Connections at most. */
  readonly sessions: number
  /** Requests in flight at most. */
  readonly inFlight: number
}

/** The process over the timed part; the peaks are those of its whole life. */
export interface Measured {
  readonly seconds: number
  /** User and system. */
  readonly cpuSeconds: number
  /** Megabytes. */
  readonly peakRss: number
  /** Megabytes, looked at every 50 ms. */
  readonly peakHeap: number
}
