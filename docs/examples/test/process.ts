/** Runs a program as its user does, and keeps what it prints. */
import { Effect } from "effect"
import { execFile } from "node:child_process"

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export const run = (
  command: string,
  args: ReadonlyArray<string>,
  options: { readonly cwd: string; readonly env?: { readonly [name: string]: string } }
): Effect.Effect<Ran> =>
  Effect.callback((resume, signal) => {
    const env = { ...process.env, ...options.env }
    execFile(command, args, { cwd: options.cwd, env, signal, maxBuffer: 2 ** 24 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1
      resume(Effect.succeed({ code, stdout, stderr }))
    })
  })
