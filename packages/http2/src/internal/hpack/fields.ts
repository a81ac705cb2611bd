/**
 * Header fields, as HPACK and HTTP/2 pass them on.
 */

/** Name, value, name, value: one array is cheaper than an object for each field. Names are in lower case. */
export type Fields = ReadonlyArray<string>

/** What an entry of a table counts besides its octets (RFC 7541, 4.1), and a field of a list (RFC 9113, 6.5.2). */
export const overhead = 32

/** The size of a list of fields, as SETTINGS_MAX_HEADER_LIST_SIZE counts it. */
export const sizeOf = (fields: Fields): number => {
  let size = overhead * (fields.length / 2)
  for (const text of fields) size += text.length
  return size
}
