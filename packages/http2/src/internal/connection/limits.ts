/**
 * What a server may ask of a connection at most. Each limit bounds memory or work that a hostile server could cause.
 */

/** Bytes of a response that are on their way, or wait for their reader: of a stream. */
export const streamWindow = 65_535

/** The same for a connection: large, as streams that nobody reads must not block the others. */
export const connectionWindow = 32 * 1024 * 1024

/** Bytes of the dynamic table for what the server sends: what it has without our saying so. */
export const headerTableSize = 4096

/** Bytes of the header fields of a response (CVE-2016-1544: a small block that decodes to a large list). */
export const headerListSize = 64 * 1024

/** Answers to PING and SETTINGS that wait to be written: who causes more does not read (CVE-2019-9512, CVE-2019-9515). */
export const unwrittenAnswers = 1000

/**
 * Frames that bring no request forward (empty ones, PING, SETTINGS, WINDOW_UPDATE, PRIORITY, informational responses,
 * those of closed streams, unknown ones): `burst` at once, and `perSecond` on average (CVE-2019-9514, CVE-2019-9518).
 */
export const vainFrames = { burst: 10_000, perSecond: 1000 }

/**
 * What a stream that ends makes up for in `vainFrames`: servers send WINDOW_UPDATE and PING along with a response, and what
 * was on its way when a request was cancelled comes nevertheless.
 */
export const vainFramesPerStream = 10

/** The same for a frame of a request's body, unless it is so small that a server hands out its window in crumbs. */
export const vainFramesPerUpload = 4
export const crumb = 1024

/** Streams that may be open before the server's SETTINGS say how many (RFC 9113, 6.5.2: no fewer than 100). */
export const streamsUntilKnown = 100

/** Bytes that wait in the socket before no request starts and no body goes on. */
export const queuedBytes = 512 * 1024

/** Milliseconds that a closed connection has to write its last words. */
export const lastWords = 1000
