/**
 * The limits for the server of a connection. Each one bounds memory or work that a hostile server could cause.
 */

/** The receive window of a stream in bytes: data in flight, or waiting for its reader. */
export const streamWindow = 65_535

/** The receive window of a connection. It is large, as unread streams must not block others. */
export const connectionWindow = 32 * 1024 * 1024

/** Bytes of the dynamic table for responses: the default of HPACK. */
export const headerTableSize = 4096

/** Bytes of the header fields of a response (CVE-2016-1544: a small block that decodes to a large list). */
export const headerListSize = 64 * 1024

/** Unwritten answers to PING and SETTINGS: a server that causes more does not read them (CVE-2019-9512, CVE-2019-9515). */
export const unwrittenAnswers = 1000

/**
 * Frames without progress for any request (empty ones, PING, SETTINGS, WINDOW_UPDATE, PRIORITY, informational responses,
 * those of closed streams, unknown ones): `burst` at once, and `perSecond` on average (CVE-2019-9514, CVE-2019-9518).
 */
export const vainFrames = { burst: 10_000, perSecond: 1000 }

/**
 * How many `vainFrames` a finished stream gives back: servers send WINDOW_UPDATE and PING with a response, and frames that
 * were in flight when a request was cancelled still arrive.
 */
export const vainFramesPerStream = 10

/** The same for a frame of a request's body, unless the server opens its window in tiny steps and the frame is small. */
export const vainFramesPerUpload = 4
export const crumb = 1024

/** Streams that may be open before the server's SETTINGS say how many (RFC 9113, 6.5.2: no fewer than 100). */
export const streamsUntilKnown = 100

/** Bytes that wait in the socket before no request starts and no body goes on. */
export const queuedBytes = 512 * 1024

/** Milliseconds in which a closed connection may write its last frames. */
export const lastWords = 1000
