/**
 * Where the emulator keeps, from one start to the next, what its user's programs were told of it.
 */
import type * as Path from "effect/Path"

/** Where a user's programs keep what they would rather not lose: the emulator's part of it. */
export const find = (
  path: Path.Path,
  { env, home, platform }: {
    readonly platform: NodeJS.Platform
    readonly env: { readonly [name: string]: string | undefined }
    readonly home: string
  }
): string => {
  // a relative one counts for nothing, as the XDG Base Directory Specification has it
  const given = (name: string, otherwise: ReadonlyArray<string>) => {
    const directory = env[name] ?? ""
    return path.isAbsolute(directory) ? directory : path.join(home, ...otherwise)
  }
  const base = platform === "win32"
    ? given("LOCALAPPDATA", ["AppData", "Local"])
    : platform === "darwin"
    ? path.join(home, "Library", "Application Support")
    : given("XDG_STATE_HOME", [".local", "state"])
  return path.join(base, "cloud-messaging-emulator")
}
