/**
 * Magic names: recipients that decide their own fate, `emulator:<fate>[-N]:…`. Without `-N` a fault strikes always.
 */
import * as Effect from "effect/Effect"
import { World } from "./world.ts"

const names = [
  "ok",
  "unregistered",
  "invalid",
  "mismatch",
  "apns-auth",
  "moved",
  "unavailable",
  "internal",
  "quota",
  "slow",
  "cut",
  "reset",
  "html"
] as const

/** Whether a text may be a registration token: one word of visible ASCII, as all are that apps were ever given. */
export const isRegistration = (text: string): boolean => /^[\x21-\x7e]+$/.test(text)

export type Name = typeof names[number]

export interface Fate {
  readonly name: Name
  /** How often it strikes; for `slow` milliseconds. */
  readonly n: number | undefined
}

const pattern = new RegExp(`^emulator:(${names.join("|")})(?:-(\\d{1,9}))?:`)

const isName = (text: string | undefined): text is Name => names.some((name) => name === text)

const ok: Fate = { name: "ok", n: undefined }

/** The fate that a recipient's name decides; `ok` for any other name. */
export const parse = (recipient: string): Fate => {
  const match = pattern.exec(recipient)
  const name = match?.[1]
  return isName(name) ? { name, n: match?.[2] === undefined ? undefined : Number(match[2]) } : ok
}

const transient: ReadonlySet<Name> = new Set(["unavailable", "internal", "quota", "cut", "reset", "html"])

/** The fate of this request: a transient fault counts its strikes, and is over after the last. */
export const strike = Effect.fnUntraced(function*(project: string, endpoint: string, recipient: string) {
  const fate = parse(recipient)
  if (!transient.has(fate.name) || fate.n === undefined) return fate
  const { strikes } = yield* World
  const key = `${project}/${endpoint}/${recipient}`
  const struck = strikes.get(key) ?? 0
  if (struck >= fate.n) return ok
  strikes.set(key, struck + 1)
  return fate
})

/** Where a moved recipient is now. */
export const canonical = (recipient: string): string => recipient.replace("emulator:moved:", "emulator:ok:")
