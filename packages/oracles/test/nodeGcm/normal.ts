/** A body of GCM as the service reads it: one registration id may stand in `to`. */
export const normal = (body: unknown): unknown => {
  if (typeof body !== "object" || body === null || !("to" in body)) return body
  const { to, ...rest } = body
  return { ...rest, registration_ids: [to] }
}
