/** A text as one segment of a path, whatever it holds: half of a surrogate pair has no UTF-8. */
export const pathSegment = (text: string): string => encodeURIComponent(text.replace(/\p{Surrogate}/gu, "\ufffd"))
