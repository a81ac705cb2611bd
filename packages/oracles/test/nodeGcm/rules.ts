/** Where what we write differs from what node-gcm writes. `docs/wire.md` lists them, and says why. */
import type { Rules } from "../utils/compare.ts"

export type RuleName = "data-text" | "whole-seconds" | "prototype-key"

export const rules: Rules<RuleName> = {
  "data-text": {
    fields: ["data.*"],
    explains: (theirs, ours) => (typeof theirs === "number" || typeof theirs === "boolean") && String(theirs) === ours
  },
  "whole-seconds": {
    fields: ["time_to_live"],
    explains: (theirs, ours) => typeof theirs === "number" && Math.floor(theirs) === ours
  },
  "prototype-key": {
    fields: ["data.__proto__"],
    explains: (theirs, ours) => theirs === undefined && ours !== undefined
  }
}
