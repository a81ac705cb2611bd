/**
 * FCM v1, as the engine takes it: one recipient or audience a request.
 */
import * as FcmV1 from "@cloud-messaging/protocol/FcmV1"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Headers } from "effect/http/Headers"
import * as Result from "effect/Result"
import type { AccessToken } from "../AccessToken.ts"
import type { Audience } from "../Audience.ts"
import { type Issue, Message } from "../Message.ts"
import * as Recipient from "../Recipient.ts"
import * as audiences from "./audience.ts"
import * as Authorization from "./authorization.ts"
import * as fcmAnswer from "./fcmAnswer.ts"
import * as fcmMessage from "./fcmMessage.ts"
import { KnownProject } from "./knownProject.ts"
import { memoizeLast } from "./memoize.ts"
import type { Valid } from "./messageFields.ts"
import { post } from "./post.ts"
import { anybody, type Encoded, type Protocol, refuseEmpty } from "./protocol.ts"
import type { Project } from "./topicsProtocol.ts"
import * as Verdict from "./verdict.ts"

/** A project, as the engine takes it. */
export const project = (
  projectId: string,
  origins: Pick<Project, "origin" | "instanceIdOrigin">,
  accessToken: AccessToken["Service"]
): Project => {
  const authorize = Authorization.make(accessToken)
  const sender: fcmAnswer.Sender = {
    projectId,
    get account() {
      return accessToken.account
    }
  }
  const known = new KnownProject()
  const judge: Protocol["judge"] = (answer, sent) => known.hear(fcmAnswer.judge(sender, answer, sent), sent)
  return {
    sender,
    ...origins,
    authorize,
    known,
    fcm: protocol(projectId, origins.origin, accessToken, authorize, judge)
  }
}

const protocol = (
  projectId: string,
  origin: string,
  accessToken: AccessToken["Service"],
  authorize: Authorization.Authorize,
  judge: Protocol["judge"]
): Protocol => ({
  system: "fcm",
  recipientsPerRequest: 1,
  credential: Effect.flatMap(accessToken.get, (credential) => {
    const unfit = Authorization.unfit(accessToken)
    return unfit === undefined ? Effect.succeed(credential) : Effect.fail(unfit)
  }),
  renew: accessToken.invalidate,
  refuse: (recipient) => refuseEmpty(recipient, recipient.kind === "fid" ? "installation id" : "registration token"),
  // firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode (a minute for rates), and its guide to scaling (10 seconds)
  floor: (status) => status === 429 ? Duration.minutes(1) : Duration.seconds(status === undefined ? 0 : 10),
  rateLimitPause: Duration.minutes(1),
  encode: (message) => encode(origin + FcmV1.sendPath(projectId), authorize, message, ofRecipient),
  address: (message, audience) =>
    Result.flatMap(targetOf(audience), (target) =>
      Result.map(
        encode(origin + FcmV1.sendPath(projectId), authorize, message, () => target),
        (encoded) => ({
          encoded,
          judge: (answer, scrub) => Verdict.ofAudience(judge(answer, { recipients: [anybody], scrub }), answer)
        })
      )),
  judge
})

/** Whom a request names. */
interface Target {
  readonly field: FcmV1.Target
  readonly value: string
}

const encode = (
  url: string,
  authorize: Authorization.Authorize,
  message: Message,
  targetOf: (recipients: ReadonlyArray<Recipient.Recipient>) => Target
): Result.Result<Encoded, ReadonlyArray<Issue>> => {
  return Result.map(fcmMessage.validate(Message.copied(message)), (fields) => {
    const postWith = memoizeLast((authorization: Headers) => post(url, authorization, "application/json"))
    const textAt = encodedText(fields)
    return ({ credential, firstAttempt, recipients }) => {
      const { field, value } = targetOf(recipients)
      return postWith(authorize(credential))(textAt(firstAttempt)(field, value))
    }
  })
}

/** A request has one recipient: see `recipientsPerRequest`. */
const ofRecipient = (recipients: ReadonlyArray<Recipient.Recipient>): Target => {
  const recipient = recipients[0] ?? anybody
  return { field: recipient.kind, value: Recipient.value(recipient) }
}

const targetOf = (audience: Audience): Result.Result<Target, ReadonlyArray<Issue>> => {
  const issues = audiences.issues(audience)
  if (issues.length > 0) return Result.fail(issues)
  switch (audience._tag) {
    case "Topic":
      return Result.succeed({ field: "topic", value: audience.name })
    case "Condition":
      return Result.succeed({ field: "condition", value: audience.expression })
    case "DeviceGroup":
      return Result.fail([audiences.issue("deviceGroup", "FCM v1 knows no device groups: publish it through Gcm")])
  }
}

/** The message is encoded once; one whose expiry iOS wants as a date, once a second. */
const encodedText = (fields: Valid) => {
  const isDated = fcmMessage.isDated(fields)
  const validateOnly = fields.dryRun === true
  let last: { readonly second: number; readonly text: ReturnType<typeof FcmV1.sendRequestText> } | undefined
  return (time: number) => {
    const second = isDated ? Math.floor(time / 1000) : 0
    if (last?.second !== second) {
      last = { second, text: FcmV1.sendRequestText(fcmMessage.content(fields, time), { validateOnly }) }
    }
    return last.text
  }
}
