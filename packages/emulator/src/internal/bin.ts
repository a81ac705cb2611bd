#!/usr/bin/env node
/**
 * `npx @cloud-messaging/emulator`
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Runtime from "effect/Runtime"
import * as Schema from "effect/Schema"
import process from "node:process"
import { fileURLToPath } from "node:url"
import { command } from "./cli.ts"

const Manifest = Schema.fromJsonString(Schema.Struct({ version: Schema.String }))

const program = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const manifest = yield* fs.readFileString(fileURLToPath(new URL("../../package.json", import.meta.url)))
  const { version } = yield* Schema.decodeEffect(Manifest)(manifest)
  yield* Command.run(command, { version })
})

program.pipe(
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain({
    teardown: (exit, onExit) => Runtime.defaultTeardown(exit, (code) => onExit(Number(process.exitCode ?? code)))
  })
)
