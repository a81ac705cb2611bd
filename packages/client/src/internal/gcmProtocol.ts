/**
 * GCM's two forms, as the engine takes them.
 */
import * as GcmHttp from "@cloud-messaging/protocol/GcmHttp"
import * as GcmPlainText from "@cloud-messaging/protocol/GcmPlainText"
import * as Topic from "@cloud-messaging/protocol/Topic"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type { Audience } from "../Audience.ts"
import type { Connection } from "../Gcm.ts"
import { type Issue, Message } from "../Message.ts"
import * as Recipient from "../Recipient.ts"
import * as audiences from "./audience.ts"
import * as gcmAnswer from "./gcmAnswer.ts"
import * as gcmMessage from "./gcmMessage.ts"
import { memoizeLast } from "./memoize.ts"
import { post } from "./post.ts"
import { anybody, type Encoded, invalidRecipient, type Protocol, refuseEmpty } from "./protocol.ts"

type ApiKey = Connection["apiKey"]

/** JSON: many recipients, and audiences. */
export const json = (url: string, apiKey: ApiKey): Protocol => ({
  ...common(apiKey),
  recipientsPerRequest: GcmHttp.maxRegistrationIds,
  encode: (message) => encode(url, message, (recipients) => ({ registration_ids: recipients.map(Recipient.value) })),
  judge: gcmAnswer.orEnded(url, gcmAnswer.judge),
  address: (message, audience) => {
    const issues = audiences.issues(audience)
    if (issues.length > 0) return Result.fail(issues)
    const judge = audience._tag === "DeviceGroup" ? gcmAnswer.judgeGroup : gcmAnswer.judgeTopic
    return Result.map(
      encode(url, message, () => targetOf(audience)),
      (encoded) => ({ encoded, judge: gcmAnswer.orEnded(url, judge) })
    )
  }
})

/** Plain text: a form for one recipient. */
export const plainText = (url: string, apiKey: ApiKey): Protocol => ({
  ...common(apiKey),
  recipientsPerRequest: 1,
  encode: (message) =>
    Result.map(gcmMessage.validatePlainText(Message.copied(message)), (fields) => {
      const text = GcmPlainText.requestText(gcmMessage.content(fields))
      const postWith = posting(url, GcmPlainText.contentType)
      return ({ credential, recipients: [recipient = anybody] }) =>
        postWith(credential)(text(Recipient.value(recipient)))
    }),
  judge: gcmAnswer.orEnded(url, gcmAnswer.judgePlainText),
  address: () =>
    Result.fail([{ path: [], message: "the plain-text form knows no audiences: publish through Gcm.layer" }])
})

/** What both forms share. */
const common = (apiKey: ApiKey) =>
  ({
    system: "gcm",
    credential: Effect.isEffect(apiKey) ? apiKey : Effect.succeed(apiKey),
    renew: undefined,
    refuse: (recipient) =>
      refuseEmpty(recipient, "registration id") ?? (recipient.kind === "fid"
        ? invalidRecipient(recipient, "GCM does not support installation ids: send it through Fcm", "keep")
        : undefined),
    // GCM's guide: start with a second, then double
    floor: (status) => Duration.seconds(status === undefined ? 0 : 1),
    rateLimitPause: Duration.seconds(1)
  }) satisfies Partial<Protocol>

const targetOf = (audience: Audience): GcmHttp.Target => {
  switch (audience._tag) {
    case "Topic":
      return { to: Topic.address(audience.name) }
    case "Condition":
      return { condition: audience.expression }
    case "DeviceGroup":
      return { to: Redacted.value(audience.key) }
  }
}

const encode = (
  url: string,
  message: Message,
  targetOf: (recipients: ReadonlyArray<Recipient.Recipient>) => GcmHttp.Target
): Result.Result<Encoded, ReadonlyArray<Issue>> =>
  Result.map(gcmMessage.validate(Message.copied(message)), (fields) => {
    const text = GcmHttp.jsonRequestText(gcmMessage.content(fields))
    const postWith = posting(url, "application/json")
    return ({ credential, recipients }) => postWith(credential)(text(targetOf(recipients)))
  })

/** One key serves many requests. */
const posting = (url: string, contentType: string) =>
  memoizeLast((key: Redacted.Redacted) =>
    post(url, { authorization: GcmHttp.authorization(Redacted.value(key)) }, contentType)
  )
