/**
 * Errors of an HTTP/2 connection.
 *
 * @since 1.0.0
 */
import * as Data from "effect/Data"

/**
 * Error codes by their names (RFC 9113, 7).
 *
 * @category models
 * @since 1.0.0
 */
export const codes = {
  NO_ERROR: 0x0,
  PROTOCOL_ERROR: 0x1,
  INTERNAL_ERROR: 0x2,
  FLOW_CONTROL_ERROR: 0x3,
  SETTINGS_TIMEOUT: 0x4,
  STREAM_CLOSED: 0x5,
  FRAME_SIZE_ERROR: 0x6,
  REFUSED_STREAM: 0x7,
  CANCEL: 0x8,
  COMPRESSION_ERROR: 0x9,
  CONNECT_ERROR: 0xa,
  ENHANCE_YOUR_CALM: 0xb,
  INADEQUATE_SECURITY: 0xc,
  HTTP_1_1_REQUIRED: 0xd
} as const

/**
 * A stream was reset, or a connection ended, by either side: the `cause` of a `TransportError`, of a `DecodeError` or of a
 * `RequestNotSent`.
 *
 * @category errors
 * @since 1.0.0
 */
export class Http2Error extends Data.TaggedError("Http2Error")<{
  /** One of {@link codes}, or a number of the server's own, below 2^32. */
  readonly errorCode: number
  /** Whether the server sent the error; otherwise the server broke the protocol, or exceeded a limit of this client. */
  readonly isFromServer: boolean
  /** What happened. */
  readonly reason: string
}> {
  /** The name of the error code, as in `"REFUSED_STREAM"`; `"ERROR_77"` for a number of the server's own. */
  get code(): string {
    const known = Object.entries(codes).find(([, known]) => known === this.errorCode)
    return known === undefined ? `ERROR_${this.errorCode}` : known[0]
  }

  override get message(): string {
    return `${this.reason} (${this.code})`
  }
}
