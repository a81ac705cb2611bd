/**
 * What a rule of the advice is given, and what it finds.
 */
import type * as FcmV1 from "@cloud-messaging/protocol/FcmV1"
import type { Issue } from "../Message.ts"
import type { Valid } from "./messageFields.ts"

/** A message, and what FCM v1 gets of it. */
export interface Subject extends Valid {
  readonly fcm: FcmV1.Content
}

export type Findings = ReadonlyArray<Issue>

/** A finding, if there is one. */
export const when = (condition: boolean, path: Issue["path"], message: string): Findings =>
  condition ? [{ path, message }] : []
