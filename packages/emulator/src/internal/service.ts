import * as Effect from "effect/Effect"
import type * as Emulator from "../Emulator.ts"
import type { World } from "./world.ts"

export const make: Effect.Effect<Emulator.Service, never, World> = Effect.die("not built yet")
