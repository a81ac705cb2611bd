/**
 * The fate of a recipient: by a magic name (`emulator:<fate>[-N]:…`; without `-N` a fault strikes always), by a fault, or as
 * the device is.
 */
import * as Effect from "effect/Effect"
import * as bounded from "./bounded.ts"
import * as devices from "./devices.ts"
import type { Asked, ForOne } from "./faults.ts"
import * as world from "./world.ts"

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
  /** What is told of another try, in seconds; by default 1. */
  readonly retryAfter?: number | undefined
  /** Where one that moved is now. */
  readonly canonical?: string | undefined
}

const maxStrikes = 100_000

const pattern = new RegExp(`^emulator:(${names.join("|")})(?:-(\\d{1,9}))?:`)

const isName = (text: string | undefined): text is Name => names.some((name) => name === text)

export const ok: Fate = { name: "ok", n: undefined }

/** The fate that a recipient's name decides; `ok` for any other name. */
export const parse = (recipient: string): Fate => {
  const match = pattern.exec(recipient)
  const name = match?.[1]
  if (!isName(name)) return ok
  const n = match?.[2] === undefined ? undefined : Number(match[2])
  return name === "moved" ? { name, n, canonical: recipient.replace("emulator:moved:", "emulator:ok:") } : { name, n }
}

const transient: ReadonlySet<Name> = new Set(["unavailable", "internal", "quota", "cut", "reset", "html"])

/** The fate of a recipient in this request. */
export const judge = Effect.fnUntraced(function*(
  { endpoint, project }: Asked,
  recipient: string,
  fault: ForOne | undefined
): Effect.fn.Return<Fate, never, world.World> {
  const fate = yield* strike(project ?? "", endpoint, recipient)
  if (fate.name !== "ok") return fate
  if (fault?._tag === "Refuse") return { ...ok, name: fault.reason, retryAfter: fault.retryAfter }
  if (project === undefined || pattern.test(recipient)) return fate
  if (fault?._tag === "Unregister") yield* devices.unregister(project, recipient)
  return yield* ofDevice(project, recipient)
})

const ofDevice = Effect.fnUntraced(function*(project: string, recipient: string) {
  const { canonical, isRegistered } = yield* devices.look(project, recipient)
  if (!isRegistered) return { ...ok, name: "unregistered" } satisfies Fate
  return canonical === undefined ? ok : { ...ok, name: "moved", canonical } satisfies Fate
})

/** A transient fault of a magic name counts its strikes, and is over after the last. */
const strike = Effect.fnUntraced(function*(project: string, endpoint: string, recipient: string) {
  const fate = parse(recipient)
  if (!transient.has(fate.name) || fate.n === undefined) return fate
  const { strikes } = yield* world.project(project)
  const key = `${endpoint}/${recipient}`
  const struck = strikes.get(key) ?? 0
  if (struck >= fate.n) return ok
  bounded.put(strikes, key, struck + 1, maxStrikes)
  return fate
})
