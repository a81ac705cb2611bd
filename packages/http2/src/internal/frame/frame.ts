/**
 * Frames as they look on the wire (RFC 9113, 4.1 and 6).
 */

/** Bytes in front of each payload: its length, the type, flags, and the stream that it is about. */
export const headerSize = 9

/** Bytes of a payload that every peer takes, and we too (SETTINGS_MAX_FRAME_SIZE). */
export const maxPayload = 16_384

/** The largest window, and the largest number of a stream. */
export const max31 = 2 ** 31 - 1

/** What a client says first (RFC 9113, 3.4). */
export const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")

// types

export const DATA = 0x0
export const HEADERS = 0x1
export const PRIORITY = 0x2
export const RST_STREAM = 0x3
export const SETTINGS = 0x4
export const PUSH_PROMISE = 0x5
export const PING = 0x6
export const GOAWAY = 0x7
export const WINDOW_UPDATE = 0x8
export const CONTINUATION = 0x9

// flags

export const END_STREAM = 0x1
export const ACK = 0x1
export const END_HEADERS = 0x4
export const PADDED = 0x8
export const HAS_PRIORITY = 0x20

// settings

export const HEADER_TABLE_SIZE = 0x1
export const ENABLE_PUSH = 0x2
export const MAX_CONCURRENT_STREAMS = 0x3
export const INITIAL_WINDOW_SIZE = 0x4
export const MAX_FRAME_SIZE = 0x5
export const MAX_HEADER_LIST_SIZE = 0x6
