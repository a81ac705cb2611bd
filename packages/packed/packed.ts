/**
 * The packages as npm would get them: are they well made, free of Node where they say so, and of use to an application
 * outside of the workspace?
 *
 * `npm run packed` runs it; it packs them by `npm run pack`.
 */
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Console, Data, Effect, FileSystem, Path, Record, Schema, Stream } from "effect"
import { ChildProcess } from "effect/process"
import { build } from "esbuild"
import { fileURLToPath } from "node:url"
import { gzipSync } from "node:zlib"
import { publint } from "publint"
import { formatMessage } from "publint/utils"

class Wrong extends Data.TaggedError("Wrong")<{ readonly message: string }> {}

const Names = Schema.Record(Schema.String, Schema.String)

const Manifest = Schema.fromJsonString(Schema.Struct({
  name: Schema.String,
  version: Schema.String,
  private: Schema.optionalKey(Schema.Boolean),
  dependencies: Schema.optionalKey(Names),
  peerDependencies: Schema.optionalKey(Names)
}))

interface Packed {
  readonly name: string
  readonly tarball: string
  /** Its dependencies and those that it expects. */
  readonly declared: ReadonlyArray<string>
}

const root = fileURLToPath(new URL("../..", import.meta.url))

const readManifest = Effect.fnUntraced(function*(file: string) {
  const fs = yield* FileSystem.FileSystem
  return yield* Schema.decodeEffect(Manifest)(yield* fs.readFileString(file))
})

/** What of the registry the application has: in the versions of the workspace. */
const fromRegistry = ["effect", "@effect/platform-node", "typescript", "@types/node"]

const versionOf = (name: string) =>
  Effect.map(
    readManifest(fileURLToPath(import.meta.resolve(`${name}/package.json`))),
    ({ version }) => [name, version] as const
  )

/** Every package that is not private. */
const findPackages = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const { join } = yield* Path.Path
  const folders = yield* fs.readDirectory(join(root, "packages"))
  const manifests = yield* Effect.forEach(
    folders,
    (folder) => readManifest(join(root, "packages", folder, "package.json"))
  )
  return manifests.filter((manifest) => manifest.private !== true).map((manifest): Packed => ({
    name: manifest.name,
    tarball: join(root, "out", `${manifest.name.replace("@", "").replace("/", "-")}-${manifest.version}.tgz`),
    declared: Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
  }))
})

/** What a command prints; if it fails, that is wrong. */
const run = Effect.fnUntraced(function*(cwd: string, command: string, ...args: ReadonlyArray<string>) {
  const handle = yield* ChildProcess.make(command, args, { cwd })
  const printed = yield* handle.all.pipe(Stream.decodeText(), Stream.mkString)
  const code = yield* handle.exitCode
  if (code !== 0) return yield* new Wrong({ message: `${command} ${args.join(" ")}: exit ${code}\n${printed}` })
  return printed.trim()
}, Effect.scoped)

/** Anew: what was packed before, and is not any more, must not pass. */
const pack = Effect.fnUntraced(function*(packages: ReadonlyArray<Packed>) {
  const fs = yield* FileSystem.FileSystem
  yield* Effect.forEach(packages, ({ tarball }) => fs.remove(tarball, { force: true }))
  yield* run(root, "npm", "run", "--silent", "pack")
  yield* ok(`pack ${packages.map(({ name }) => name).join(", ")}`)
})

const ok = (what: string) => Console.log(`ok  ${what}`)

const failIf = (what: string, problems: ReadonlyArray<unknown>) =>
  problems.length === 0
    ? ok(what)
    : Effect.fail(new Wrong({ message: `${what}\n${problems.map((problem) => `- ${problem}`).join("\n")}` }))

// -----------------------------------------------------------------------------
// The files
// -----------------------------------------------------------------------------

const checkFiles = Effect.fnUntraced(function*({ name, tarball }: Packed) {
  const fs = yield* FileSystem.FileSystem
  const bytes = yield* fs.readFile(tarball)
  const { messages, pkg } = yield* Effect.promise(() =>
    publint({ pack: { tarball: new Uint8Array(bytes).buffer }, strict: true })
  )
  yield* failIf(`publint ${name}`, messages.map((message) => formatMessage(message, pkg)))

  const contents = createPackageFromTarballData(bytes)
  const modules = contents.listFiles().flatMap((file) => /\/dist\/([A-Z]\w*|preload)\.js$/.exec(file)?.[1] ?? [])
  const analysis = yield* Effect.promise(() =>
    checkPackage(contents, { entrypoints: [".", ...modules.map((module) => `./${module}`)] })
  )
  if (analysis.types === false) return yield* new Wrong({ message: `attw ${name}: no types` })
  // the packages are ES modules alone: what asks otherwise has no say
  const problems = analysis.problems.filter((problem) =>
    !("resolutionKind" in problem && ["node10", "node16-cjs"].includes(problem.resolutionKind))
  )
  yield* failIf(`attw ${name}, ${modules.length + 1} entries`, problems.map((problem) => JSON.stringify(problem)))
})

// -----------------------------------------------------------------------------
// The modules, as they are installed
// -----------------------------------------------------------------------------

const packageOf = (specifier: string) => specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/")

/** Packages that are for Node alone. */
const forNode = new Set(["@cloud-messaging/http2", "@cloud-messaging/node"])

/** A package that asks for Effect's bridge to Node may touch Node; by its main entry only if it is for Node alone. */
const checkImports = Effect.fnUntraced(function*(app: string, { declared, name }: Packed) {
  const { basename, join } = yield* Path.Path
  const fs = yield* FileSystem.FileSystem
  const dist = join(app, "node_modules", name, "dist")
  const files = (yield* fs.readDirectory(dist)).filter((file) => file.endsWith(".js"))
  const { metafile } = yield* Effect.promise(() =>
    build({
      entryPoints: files.map((file) => join(dist, file)),
      outdir: join(app, "bundled"),
      bundle: true,
      write: false,
      metafile: true,
      format: "esm",
      packages: "external"
    })
  )
  const imports = Record.toEntries(metafile.outputs).flatMap(([output, { imports }]) =>
    imports.map(({ path }) => ({ module: basename(output, ".js"), path }))
  )
  const bridge = "@effect/platform-node"
  const mayTouchNode = ({ module }: { readonly module: string }) =>
    forNode.has(name) || (declared.includes(bridge) && module !== "index")
  const undeclared = imports.filter((each) =>
    each.path.startsWith("node:") || packageOf(each.path) === bridge
      ? !mayTouchNode(each)
      : !declared.includes(packageOf(each.path))
  )
  const node = new Set(imports.filter(({ path }) => path.startsWith("node:")).map(({ module }) => module))
  yield* failIf(
    `imports of ${name}: ${[...new Set(imports.map(({ path }) => packageOf(path)))].join(", ")}; ` +
      `Node: ${[...node].join(", ") || "none"}`,
    undeclared.map(({ module, path }) => `${module} imports ${path}`)
  )
})

const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`

/** All of the package with what it brings along of ours. */
const printSize = Effect.fnUntraced(function*(app: string, { declared, name }: Packed) {
  const { outputFiles } = yield* Effect.promise(() =>
    build({
      stdin: { contents: `export * from "${name}"`, resolveDir: app },
      bundle: true,
      write: false,
      minify: true,
      format: "esm",
      external: ["node:*", ...declared.filter((dependency) => !dependency.startsWith("@cloud-messaging/"))]
    })
  )
  for (const { contents } of outputFiles) {
    yield* ok(
      `size of ${name}: ${kilobytes(contents.length)} minified, ${kilobytes(gzipSync(contents).length)} gzipped`
    )
  }
})

// -----------------------------------------------------------------------------
// The application
// -----------------------------------------------------------------------------

const install = Effect.fnUntraced(function*(packages: ReadonlyArray<Packed>) {
  const fs = yield* FileSystem.FileSystem
  const { join } = yield* Path.Path
  const app = yield* fs.makeTempDirectoryScoped({ prefix: "cloud-messaging-" })
  yield* fs.copy(join(root, "packages/packed/app"), app)
  const registry = yield* Effect.forEach(fromRegistry, versionOf)
  const dependencies = Record.fromEntries([
    ...registry,
    ...packages.map(({ name, tarball }) => [name, `file:${tarball}`] as const)
  ])
  yield* fs.writeFileString(join(app, "package.json"), JSON.stringify({ type: "module", private: true, dependencies }))
  yield* run(
    app,
    "npm",
    "install",
    "--no-audit",
    "--no-fund",
    "--ignore-scripts",
    "--prefer-offline",
    "--loglevel=error"
  )
  yield* ok(`npm install of them and ${registry.map(([name, version]) => `${name} ${version}`).join(", ")}`)
  return app
})

const checkApplication = Effect.fnUntraced(function*(app: string) {
  const { join } = yield* Path.Path
  const tsc = join(app, "node_modules/.bin/tsc")
  yield* run(app, tsc, "--project", "tsconfig.json")
  yield* ok("the application type-checks, skipLibCheck: false")

  const files = yield* run(app, tsc, "--project", "tsconfig.anywhere.json", "--listFiles")
  const node = files.split("\n").filter((file) => file.includes("/@types/node/"))
  yield* failIf("so does the part that runs anywhere, with no types of Node", node)

  const printed = yield* run(app, "node", "main.ts")
  for (const line of printed.split("\n")) yield* ok(`it runs, ${line}`)

  const command = join(app, "node_modules/.bin/cloud-messaging-emulator")
  yield* ok(`it runs, ${yield* run(app, command, "exec", "--", "node", "beside.ts")}`)
  yield* ok(`the command is of version ${yield* run(app, command, "--version")}`)
})

const program = Effect.gen(function*() {
  const packages = yield* findPackages
  yield* pack(packages)
  yield* Effect.forEach(packages, checkFiles)
  const app = yield* install(packages)
  yield* Effect.forEach(packages, (each) => checkImports(app, each))
  yield* checkApplication(app)
  yield* Effect.forEach(packages, (each) => printSize(app, each))
})

program.pipe(Effect.scoped, Effect.provide(NodeServices.layer), Effect.runPromise)
