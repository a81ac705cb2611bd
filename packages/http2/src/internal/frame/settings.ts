/**
 * What a peer's SETTINGS say (RFC 9113, 6.5.2).
 */
import * as Failure from "./failure.ts"
import * as Frame from "./frame.ts"

/**
 * The last value of a repeated setting counts. Unknown settings are ignored; we never write frames larger than the default
 * size.
 */
export interface Settings {
  readonly headerTableSize?: number
  readonly maxConcurrentStreams?: number
  readonly initialWindowSize?: number
  readonly maxHeaderListSize?: number
}

const settingSize = 6

type Mutable<A> = { -readonly [K in keyof A]: A[K] }

/** Throws an `Http2Error` for values that are not allowed. */
export const read = (bytes: Buffer, start: number, end: number): Settings => {
  if ((end - start) % settingSize !== 0) throw Failure.frameSize(`SETTINGS of ${end - start} bytes`)
  const settings: Mutable<Settings> = {}
  for (let at = start; at < end; at += settingSize) {
    const value = bytes.readUInt32BE(at + 2)
    switch (bytes.readUInt16BE(at)) {
      case Frame.HEADER_TABLE_SIZE:
        settings.headerTableSize = value
        break
      case Frame.ENABLE_PUSH:
        if (value !== 0) throw Failure.protocol("SETTINGS of a server that enable push")
        break
      case Frame.MAX_CONCURRENT_STREAMS:
        settings.maxConcurrentStreams = value
        break
      case Frame.INITIAL_WINDOW_SIZE:
        if (value > Frame.max31) throw Failure.flowControl(`SETTINGS with an initial window of ${value} bytes`)
        settings.initialWindowSize = value
        break
      case Frame.MAX_FRAME_SIZE:
        if (value < Frame.maxPayload || value > 0xffffff) {
          throw Failure.protocol(`SETTINGS with frames of ${value} bytes`)
        }
        break
      case Frame.MAX_HEADER_LIST_SIZE:
        settings.maxHeaderListSize = value
        break
    }
  }
  return settings
}
