/**
 * What makes a message wrong, whatever the protocol.
 *
 * Texts say what is expected, never what was given: a message's texts show in no error.
 */
import * as FcmV1 from "@cloud-messaging/protocol/FcmV1"
import * as GcmHttp from "@cloud-messaging/protocol/GcmHttp"
import * as PayloadSize from "@cloud-messaging/protocol/PayloadSize"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import type { Issue } from "../Message.ts"
import type { Copied } from "./copy.ts"
import { MessageFields, type Valid } from "./messageFields.ts"

type Issues = ReadonlyArray<Issue>

/** Tells what is wrong with fields that may be anything. */
export type Rule = (fields: unknown) => Issues

/** What a message says if it is sound, else all that is wrong with it. */
export const validate = ({ issues, value }: Copied<unknown>, ofProtocol: ReadonlyArray<Rule> = []): Result.Result<
  Valid,
  Issues
> => {
  const decoded = decode(value)
  const found = [
    ...Result.isFailure(decoded) ? format(decoded.failure.issue).issues.map(issueOf) : [],
    ...[...ofEvery, ...ofProtocol].flatMap((rule) => rule(value))
  ]
  const all = [...issues, ...found.filter(isNew(issues))]
  return Result.isSuccess(decoded) && all.length === 0 ? Result.succeed(decoded.success) : Result.fail(all)
}

// -----------------------------------------------------------------------------
// Types and ranges
// -----------------------------------------------------------------------------

const decode = Schema.decodeUnknownResult(MessageFields, { errors: "all", onExcessProperty: "error" })

const format = SchemaIssue.makeFormatterStandardSchemaV1({
  leafHook: (issue) => {
    switch (issue._tag) {
      case "UnexpectedKey":
        return "is no field of a message"
      case "MissingKey":
        return "is required"
      default:
        return SchemaIssue.defaultLeafHook(issue)
    }
  }
})

const issueOf = ({ message, path = [] }: ReturnType<typeof format>["issues"][number]): Issue => ({
  message,
  path: path.map((part) => typeof part === "object" ? part.key : part).map((key) =>
    typeof key === "symbol" ? String(key) : key
  )
})

/** What could not be copied is told once. */
const isNew = (told: Issues) => {
  const places = new Place()
  for (const { path } of told) places.add(path)
  return ({ path }: Issue): boolean => !places.has(path)
}

/** Paths as lists of parts, so that a long key is not copied for each path that contains it. */
class Place {
  readonly #inner = new Map<string | number, Place>()
  #isTold = false

  add(path: Issue["path"]): void {
    const place = path.reduce<Place>((place, part) => place.#into(part), this)
    place.#isTold = true
  }

  #into(part: string | number): Place {
    const place = this.#inner.get(part) ?? new Place()
    this.#inner.set(part, place)
    return place
  }

  has(path: Issue["path"], from = 0): boolean {
    const part = path[from]
    return part === undefined ? this.#isTold : this.#inner.get(part)?.has(path, from + 1) ?? false
  }
}

// -----------------------------------------------------------------------------
// Rules
// -----------------------------------------------------------------------------

/** What a path leads to, if anything. */
export const at = (fields: unknown, path: ReadonlyArray<string>): unknown =>
  path.reduce<unknown>((value, key) => Predicate.hasProperty(value, key) ? value[key] : undefined, fields)

/** Issue of the keys of some data that are reserved. */
export const reserved =
  (path: ReadonlyArray<string>, isReserved: (key: string) => boolean, which: string): Rule => (fields) =>
    keysOf(at(fields, path)).filter(isReserved).map((key) => ({
      path: [...path, key],
      message: `is reserved: ${which}`
    }))

// a text has as many keys as characters
const keysOf = (value: unknown): ReadonlyArray<string> => Predicate.isObject(value) ? Object.keys(value) : []

/** Issue of something that is there. */
export const present = (path: ReadonlyArray<string>, message: string): Rule => (fields) =>
  at(fields, path) === undefined ? [] : [{ path, message }]

/** Keys that FCM v1 reserves on top of what GCM does. */
export const isReservedInFcm = (key: string): boolean => FcmV1.isReservedKey(key) && !GcmHttp.isReservedKey(key)

export const reservedInFcm = "`message_type`, and what begins with `gcm.notification.`"

/** What is larger alone than all that may be in a message. */
const tooLarge = (path: ReadonlyArray<string>, sizeOf: (part: unknown) => number): Rule => (fields) =>
  sizeOf(at(fields, path)) > PayloadSize.limit
    ? [{ path, message: `must not be larger than ${PayloadSize.limit} bytes` }]
    : []

/** FCM answers 400: "Payload of Apple Push Notification Service must contain an [aps] key", "… a non-empty dictionary". */
const withoutAps: Rule = (fields) => {
  const payload = at(fields, ["apns", "payload"])
  const aps = at(payload, ["aps"])
  return !Predicate.isObject(payload) || (Predicate.isObject(aps) && Object.keys(aps).length > 0)
    ? []
    : [{ path: ["apns", "payload", "aps"], message: "is required: an object that is not empty" }]
}

const ofEvery: ReadonlyArray<Rule> = [
  ...[["data"], ["android", "data"]].map((path) =>
    reserved(path, GcmHttp.isReservedKey, "`from`, and what begins with `google.`")
  ),
  reserved(["android", "data"], isReservedInFcm, reservedInFcm),
  withoutAps,
  tooLarge(["data"], PayloadSize.ofData),
  tooLarge(["android", "data"], PayloadSize.ofData),
  tooLarge(["notification"], PayloadSize.ofTexts)
]
