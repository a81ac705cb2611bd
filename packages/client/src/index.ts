/**
 * Send push messages through Google's cloud messaging, as Effect programs.
 *
 * @since 1.0.0
 */
export * as AccessToken from "./AccessToken.ts"
export * as Android from "./Android.ts"
export * as Apns from "./Apns.ts"
export * as Audience from "./Audience.ts"
export * as BoundedResponse from "./BoundedResponse.ts"
export * as Fcm from "./Fcm.ts"
export * as Gcm from "./Gcm.ts"
export * as GcmOptions from "./GcmOptions.ts"
export * as Message from "./Message.ts"
export * as Messaging from "./Messaging.ts"
export * as Outcome from "./Outcome.ts"
export * as Recipient from "./Recipient.ts"
export * as Report from "./Report.ts"
export * as RequestNotSent from "./RequestNotSent.ts"
export * as RetryPolicy from "./RetryPolicy.ts"
export * as SendError from "./SendError.ts"
export * as ServiceAccount from "./ServiceAccount.ts"
export * as Topics from "./Topics.ts"
export * as Webpush from "./Webpush.ts"
