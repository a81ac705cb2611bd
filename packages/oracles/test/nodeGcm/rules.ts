/** Where what we write differs from what node-gcm writes. `docs/wire.md` lists them, and says why. */
import type { Rules } from "../utils/compare.ts"

export type RuleName = "data-text" | "whole-seconds" | "empty" | "prototype-key"

const isEmpty = (u: unknown): boolean =>
  u === "" || (typeof u === "object" && u !== null && Object.keys(u).length === 0)

export const rules: Rules<RuleName> = {
  "data-text": {
    fields: ["data.*"],
    explains: (theirs, ours) => (typeof theirs === "number" || typeof theirs === "boolean") && String(theirs) === ours
  },
  "whole-seconds": {
    fields: ["time_to_live"],
    explains: (theirs, ours) => typeof theirs === "number" && Math.floor(theirs) === ours
  },
  empty: {
    fields: ["data", "collapse_key", "restricted_package_name"],
    explains: (theirs, ours) => isEmpty(theirs) && ours === undefined
  },
  "prototype-key": {
    fields: ["data.__proto__"],
    explains: (theirs, ours) => theirs === undefined && ours !== undefined
  }
}
