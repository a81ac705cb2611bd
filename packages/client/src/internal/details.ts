/**
 * The details of Google's error envelope, by type.
 */
import * as FcmV1 from "@cloud-messaging/protocol/FcmV1"
import * as RpcStatus from "@cloud-messaging/protocol/RpcStatus"

export const findFcmErrors = RpcStatus.findDetails(FcmV1.FcmError)
export const findApnsErrors = RpcStatus.findDetails(FcmV1.ApnsError)
export const findBadRequests = RpcStatus.findDetails(RpcStatus.BadRequest)
export const findErrorInfos = RpcStatus.findDetails(RpcStatus.ErrorInfo)
export const findQuotaFailures = RpcStatus.findDetails(RpcStatus.QuotaFailure)
