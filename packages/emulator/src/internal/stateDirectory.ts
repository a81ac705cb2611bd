/**
 * Where the emulator keeps, from one start to the next, what its user's programs were told of it.
 *
 * Programs trust the authority in this directory, so other users must not be able to replace it: neither with a directory
 * or link that exists before, nor later. Windows has no POSIX owners and modes, and gives each user separate directories.
 */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import * as PlatformError from "effect/PlatformError"
import { randomUUID } from "node:crypto"
import process from "node:process"

// -----------------------------------------------------------------------------
// Place
// -----------------------------------------------------------------------------

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

// -----------------------------------------------------------------------------
// Owners
// -----------------------------------------------------------------------------

const belongsTo = ({ uid }: FileSystem.File.Info, user: number): boolean => Option.contains(uid, user)

/** The permission bits that others must not have on a directory: write. */
export const write = 0o022

/** The permission bits that others must not have on a secret: all. */
export const anything = 0o077

/** Whether this user owns a file or directory, which is not a link, and others do not have these permissions. */
export const isOwn = (info: FileSystem.File.Info, type: "File" | "Directory", others: number): boolean => {
  const user = process.geteuid?.()
  return info.type === type && (user === undefined || belongsTo(info, user) && (info.mode & others) === 0)
}

/**
 * How other users could replace the content of a directory, or the target of a link. In a sticky directory each user can
 * change only their own files.
 */
const risk = (info: FileSystem.File.Info): string | undefined => {
  const user = process.geteuid?.()
  if (user === undefined) return undefined
  if (!belongsTo(info, user) && !belongsTo(info, 0)) return "it belongs to another user"
  if (info.type === "SymbolicLink" || (info.mode & 0o1000) !== 0) return undefined
  // many systems give each user a group of the same number, with nobody else in it
  const others = Option.contains(info.gid, user) ? 0o002 : write
  return (info.mode & others) === 0 ? undefined : "other users may write to it"
}

const refuse = (pathOrDescriptor: string, description: string) =>
  Effect.fail(PlatformError.systemError({
    _tag: "PermissionDenied",
    module: "FileSystem",
    method: "lstat",
    pathOrDescriptor,
    description
  }))

/** Fails if other users could replace a directory or one of its parents. Directories that do not exist yet are skipped. */
export const checkPath: (
  directory: string
) => Effect.Effect<void, PlatformError.PlatformError, FileSystem.FileSystem | Path.Path> = Effect.fnUntraced(
  function*(directory) {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const parent = path.dirname(directory)
    if (parent !== directory) yield* checkPath(parent)
    yield* fs.lstat(directory).pipe(
      Effect.flatMap((info) => {
        const why = risk(info)
        return why === undefined ? Effect.void : refuse(directory, why)
      }),
      Effect.catchReason("PlatformError", "NotFound", () => Effect.void)
    )
  }
)

// -----------------------------------------------------------------------------
// Directories and files
// -----------------------------------------------------------------------------

/**
 * The real path of a directory, which is created if it does not exist. A link to it is followed if this user owns the link.
 */
export const open = Effect.fnUntraced(function*(directory: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const given = path.resolve(directory)
  yield* checkPath(given)
  yield* fs.makeDirectory(given, { recursive: true, mode: 0o700 })
  const real = yield* fs.realPath(given)
  yield* checkPath(real)
  return real
})

/** A folder of a directory that was opened. */
export const folder = Effect.fnUntraced(function*(place: string) {
  const fs = yield* FileSystem.FileSystem
  yield* fs.makeDirectory(place, { mode: 0o700 }).pipe(
    Effect.catchReason("PlatformError", "AlreadyExists", () => Effect.void)
  )
  if (isOwn(yield* fs.lstat(place), "Directory", write)) return place
  return yield* refuse(place, "it is not a folder that only this user can write to")
})

/** Writes a whole file. It replaces an existing file or link of that name, and does not write through the link. */
export const writeFile = Effect.fnUntraced(function*(file: string, text: string) {
  const fs = yield* FileSystem.FileSystem
  const temporary = `${file}-${randomUUID()}`
  yield* fs.writeFileString(temporary, text, { flag: "wx", mode: 0o600 }).pipe(
    Effect.andThen(fs.rename(temporary, file)),
    Effect.onError(() => Effect.ignore(fs.remove(temporary)))
  )
})
