/**
 * A command beside the emulator.
 *
 * By node:child_process: Effect's own process ends a whole group, and tells only in a text which signal ended it.
 */
import * as CliError from "effect/cli/CliError"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import { type ChildProcess, spawn } from "node:child_process"
import { constants } from "node:os"
import process from "node:process"

/** The command could not be started. */
export class CommandNotStarted extends Data.TaggedError("CommandNotStarted")<{
  readonly command: string
  readonly cause: unknown
}> {
  override get message(): string {
    const { cause, command } = this
    return `Cannot run ${command}: ${cause instanceof Error ? cause.message : String(cause)}`
  }
  override get [CliError.userMessage](): string {
    return this.message
  }
  /** As shells have it. */
  override get [Runtime.errorExitCode](): number {
    return 127
  }
}

/** What asks a program to end. */
const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const

/** Ctrl-c, which a terminal sends to the command as well: it must not count two. */
const isFromTerminal = (signal: NodeJS.Signals): boolean => process.stdin.isTTY && signal === "SIGINT"

/**
 * Runs a command with this process's input and output, and hands on signals. Succeeds with the exit code: 128 and the
 * signal's number if one ended it, as shells have it. Who stops us by a signal stops the command by it: it must not be
 * interrupted.
 */
export const run = (
  command: string,
  args: ReadonlyArray<string>,
  env: { readonly [name: string]: string }
): Effect.Effect<number, CommandNotStarted> =>
  Effect.try({
    // Node tells by an event of most reasons why it cannot, and of some at once: no name, too long an argument
    try: () => spawn(command, args, { stdio: "inherit", env: { ...process.env, ...env } }),
    catch: (cause) => new CommandNotStarted({ command, cause })
  }).pipe(Effect.flatMap((child) => ended(command, child)))

const ended = (command: string, child: ChildProcess) =>
  Effect.callback<number, CommandNotStarted>((resume) => {
    const forward = (signal: NodeJS.Signals) => {
      if (!isFromTerminal(signal)) child.kill(signal)
    }
    const done = (result: Effect.Effect<number, CommandNotStarted>) => {
      for (const signal of signals) process.off(signal, forward)
      resume(result)
    }
    for (const signal of signals) process.on(signal, forward)
    child.on("error", (cause) => done(Effect.fail(new CommandNotStarted({ command, cause }))))
    child.on(
      "exit",
      (code, signal) => done(Effect.succeed(code ?? 128 + (signal === null ? 0 : constants.signals[signal])))
    )
  })
