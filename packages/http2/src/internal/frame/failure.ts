/**
 * How a peer fails, by the code that it is told.
 */
import { codes, Http2Error } from "../../Http2Error.ts"

const ours = (code: number) => (reason: string) => new Http2Error({ errorCode: code, isFromServer: false, reason })

export const protocol = ours(codes.PROTOCOL_ERROR)

export const frameSize = ours(codes.FRAME_SIZE_ERROR)

export const flowControl = ours(codes.FLOW_CONTROL_ERROR)

export const compression = ours(codes.COMPRESSION_ERROR)

/** A flood. */
export const calm = ours(codes.ENHANCE_YOUR_CALM)

export const settingsTimeout = ours(codes.SETTINGS_TIMEOUT)

export const cancelled = ours(codes.CANCEL)

export const closed = ours(codes.NO_ERROR)

/** What the peer says itself. */
export const fromServer = (code: number, reason: string) =>
  new Http2Error({ errorCode: code, isFromServer: true, reason })
