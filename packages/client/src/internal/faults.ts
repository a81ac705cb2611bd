/**
 * Whose fault a code is: data, and the only source of what is retried.
 *
 * A name of a disposition means the outcome `Failed` with it.
 */
import type * as FcmV1 from "@cloud-messaging/protocol/FcmV1"
import type * as GcmHttp from "@cloud-messaging/protocol/GcmHttp"
import type * as InstanceId from "@cloud-messaging/protocol/InstanceId"
import type { Failed } from "../Outcome.ts"

export type Fault =
  /** The recipient is gone. */
  | "notRegistered"
  /** The service is in trouble: worth a retry. */
  | "unavailable"
  | Failed["disposition"]

/** Codes of `FcmError`, whatever the status of the answer. `INVALID_ARGUMENT` needs a closer look: see `fcmAnswer.ts`. */
export const fcm: { readonly [Code in Exclude<FcmV1.ErrorCode, "INVALID_ARGUMENT">]: Fault } = {
  UNREGISTERED: "notRegistered",
  UNREGISTERED_FID: "notRegistered",
  SENDER_ID_MISMATCH: "fixCredentials",
  THIRD_PARTY_AUTH_ERROR: "fixCredentials",
  APNS_AUTH_ERROR: "fixCredentials",
  QUOTA_EXCEEDED: "unavailable",
  UNAVAILABLE: "unavailable",
  INTERNAL: "unavailable",
  UNSPECIFIED_ERROR: "keep"
}

/** Errors of a GCM result. */
export const gcm: { readonly [Code in GcmHttp.ErrorCode]: Fault } = {
  NotRegistered: "notRegistered",
  InvalidRegistration: "remove",
  MismatchSenderId: "fixCredentials",
  InvalidApnsCredential: "fixCredentials",
  DeviceMessageRateExceeded: "retryLater",
  TopicsMessageRateExceeded: "retryLater",
  Unavailable: "unavailable",
  InternalServerError: "unavailable",
  InvalidDataKey: "fixMessage",
  InvalidPackageName: "fixMessage",
  InvalidParameters: "fixMessage",
  InvalidTtl: "fixMessage",
  MessageTooBig: "fixMessage",
  MissingRegistration: "keep",
  DeprecatedApi: "keep"
}

/** Errors of a result of Instance ID. */
export const instanceId: { readonly [Code in InstanceId.ErrorCode]: Fault } = {
  NOT_FOUND: "notRegistered",
  INVALID_ARGUMENT: "remove",
  TOO_MANY_TOPICS: "keep",
  PERMISSION_DENIED: "fixCredentials",
  RESOURCE_EXHAUSTED: "unavailable",
  INTERNAL: "unavailable",
  DEADLINE_EXCEEDED: "unavailable",
  UNKNOWN: "keep"
}

/** The fault of a code, if the table has it. */
export const find = <Code extends string>(
  table: { readonly [K in Code]: Fault },
  code: string
): Fault | undefined => isIn(table, code) ? table[code] : undefined

const isIn = <Code extends string>(table: { readonly [K in Code]: Fault }, code: string): code is Code =>
  Object.hasOwn(table, code)
