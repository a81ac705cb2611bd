/**
 * The wire formats of Google's cloud messaging, each once, as Schemas that client and emulator share.
 *
 * @since 1.0.0
 */
export * as Condition from "./Condition.ts"
export * as DeviceGroup from "./DeviceGroup.ts"
export * as FcmV1 from "./FcmV1.ts"
export * as GcmHttp from "./GcmHttp.ts"
export * as GcmPlainText from "./GcmPlainText.ts"
export * as InstanceId from "./InstanceId.ts"
export * as OAuth from "./OAuth.ts"
export * as PayloadSize from "./PayloadSize.ts"
export * as ProtoJson from "./ProtoJson.ts"
export * as RpcStatus from "./RpcStatus.ts"
export * as Topic from "./Topic.ts"
export * as TopicSubscription from "./TopicSubscription.ts"
