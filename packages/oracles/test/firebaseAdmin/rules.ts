/** Where what we write differs from what firebase-admin writes. `docs/wire.md` lists them, and says why. */
import type { Rules } from "../utils/compare.ts"

export type RuleName =
  | "android-priority"
  | "whole-seconds"
  | "nanosecond"
  | "empty"
  | "false-flag"
  | "prototype-key"

/** Nanoseconds of a duration in JSON. */
const nanos = (text: unknown): bigint | undefined => {
  const [, seconds, fraction = ""] = /^(\d+)(?:\.(\d{1,9}))?s$/.exec(String(text)) ?? []
  return seconds === undefined ? undefined : BigInt(seconds + fraction.padEnd(9, "0"))
}

const isEmpty = (u: unknown): boolean =>
  u === "" || (typeof u === "object" && u !== null && Object.values(u).every((value) => value === ""))

export const rules: Rules<RuleName> = {
  "android-priority": {
    fields: ["message.android.priority"],
    explains: (theirs, ours) => typeof theirs === "string" && theirs.toUpperCase() === ours
  },
  "whole-seconds": {
    fields: ["message.android.ttl"],
    explains: (theirs, ours) => ours === String(theirs).replace(/\.\d+s$/, "s")
  },
  nanosecond: {
    fields: [
      "message.android.ttl",
      "message.android.notification.vibrateTimings.*",
      "message.android.notification.lightSettings.lightOnDuration",
      "message.android.notification.lightSettings.lightOffDuration"
    ],
    explains: (theirs, ours) => nanos(theirs) === (nanos(ours) ?? 0n) - 1n
  },
  empty: {
    fields: [
      "message.data",
      "message.android",
      "message.android.collapseKey",
      "message.android.restrictedPackageName",
      "message.apns",
      "message.webpush",
      "message.fcmOptions"
    ],
    explains: (theirs, ours) => isEmpty(theirs) && ours === undefined
  },
  "false-flag": {
    fields: [
      "message.apns.payload.aps.content-available",
      "message.apns.payload.aps.mutable-content",
      "message.apns.payload.aps.sound.critical"
    ],
    explains: (theirs, ours) => theirs === undefined && ours === 0
  },
  "prototype-key": {
    fields: ["message.**.prototype", "message.**.__proto__"],
    explains: (theirs, ours) => theirs === undefined && ours !== undefined
  }
}
