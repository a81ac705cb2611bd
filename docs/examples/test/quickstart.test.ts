/** The main job, from the outside. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { run } from "./process.ts"

const program = Path.resolve(import.meta.dirname, "../quickstart.ts")
const recipients = Path.resolve(import.meta.dirname, "../recipients.csv")

/** An empty folder to work in. */
const folder = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "quickstart-"))),
  (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true }))
)

const quickstart = (cwd: string, args: ReadonlyArray<string>, env: Record<string, string> = {}) =>
  run("node", [program, ...args], { cwd, env })

/** The cells of the line that begins with a label. */
const cells = (stdout: string, label: string): ReadonlyArray<string> =>
  stdout.split("\n").find((line) => line.startsWith(`${label}  `))?.slice(label.length).trim().split(/ {2,}/) ?? []

/** How many recipients of the file have a fate, by the file itself. */
const counts = () => {
  const fates = Fs.readFileSync(recipients, "utf8").trim().split("\n").slice(1).map((line) =>
    line.split(":")[1]?.replace(/-\d+$/, "") ?? ""
  )
  return {
    total: fates.length,
    of: (...names: ReadonlyArray<string>) => String(fates.filter((_) => names.includes(_)).length)
  }
}

describe("the main job", () => {
  it("has a file of 5,000 recipients, all different, without the fates of networks", () => {
    const lines = Fs.readFileSync(recipients, "utf8").trim().split("\n")
    assert.strictEqual(lines[0], "recipient")
    assert.strictEqual(new Set(lines.slice(1)).size, 5000)
    assert.isFalse(lines.some((line) => /^emulator:(cut|reset|html)/.test(line)))
  })

  it.live(
    "sends through both protocols, tells what became of each, and agrees with the emulator",
    () =>
      Effect.gen(function*() {
        const cwd = yield* folder
        const { code, stderr, stdout } = yield* quickstart(cwd, [])
        assert.deepStrictEqual({ code, stderr }, { code: 0, stderr: "" })
        assert.notInclude(stdout, "\u001b")
        assert.notInclude(stdout, "\r")
        const { of } = counts()
        const transient = ["unavailable", "internal"]
        const viaFcm = Number(of("ok", "moved", "slow", "quota", ...transient)) + 25
        assert.deepStrictEqual(cells(stdout, "accepted").slice(0, 2), [String(viaFcm), of("ok", "slow", ...transient)])
        assert.deepStrictEqual(cells(stdout, "accepted, moved to a new id").slice(0, 2), ["0", of("moved")])
        assert.deepStrictEqual(cells(stdout, "not registered").slice(0, 2), [of("unregistered"), of("unregistered")])
        assert.deepStrictEqual(cells(stdout, "failed: INVALID_ARGUMENT").slice(0, 2), [of("invalid"), "0"])
        assert.deepStrictEqual(cells(stdout, "failed: MismatchSenderId").slice(0, 2), ["0", of("mismatch")])
        assert.deepStrictEqual(cells(stdout, "failed: DeviceMessageRateExceeded").slice(0, 2), ["0", of("quota")])
        // sent again, answers lost, got through, given up, Retry-After waited
        const again = Number(of("quota", ...transient)) + 25
        assert.deepStrictEqual(cells(stdout, "FCM v1"), [String(again), "25", String(again), "0", "1 s"])
        assert.deepStrictEqual(cells(stdout, "GCM"), [of(...transient), "0", of(...transient), "0", "1 s"])
        const requests = String(5025 + again)
        assert.deepStrictEqual(cells(stdout, "FCM v1: requests"), [requests, requests])
        assert.deepStrictEqual(cells(stdout, "FCM v1: answers lost and sent again"), ["25", "25"])
        assert.deepStrictEqual(cells(stdout, "FCM v1: successes sent again"), ["0", "0"])
        assert.deepStrictEqual(cells(stdout, "GCM: requests"), ["6", "6"])
        assert.deepStrictEqual(cells(stdout, "GCM: successes sent again"), ["0", "0"])
        assert.include(stdout, "Client and emulator agree.")
        const rows = (file: string) => Fs.readFileSync(Path.join(cwd, "out", file), "utf8").trim().split("\n")
        assert.strictEqual(rows("replace.csv")[0], "recipient,canonical")
        assert.strictEqual(String(rows("replace.csv").length - 1), of("moved"))
        assert.isTrue(rows("replace.csv").slice(1).every((row) => /^emulator:moved:(.+),emulator:ok:\1$/.test(row)))
        assert.strictEqual(rows("remove.csv")[0], "recipient,reason")
        assert.strictEqual(String(rows("remove.csv").length - 1), of("unregistered", "invalid"))
      }).pipe(Effect.scoped),
    60_000
  )

  it.live("exits with 1 and a sentence when it is used wrongly", () =>
    Effect.gen(function*() {
      const cwd = yield* folder
      Fs.writeFileSync(Path.join(cwd, "other.csv"), "token\na\n")
      Fs.writeFileSync(Path.join(cwd, "key.json"), "{\"project_id\": \"p\"}")
      const key = "{\"private_key\": \"SECRET\"}"
      const cases: ReadonlyArray<readonly [args: ReadonlyArray<string>, says: string, key?: string]> = [
        [["--recipients", "absent.csv"], "absent.csv"],
        [["--recipients", "other.csv"], "recipient"],
        [["--real"], "--real needs --recipients FILE"],
        [["--real", "--recipients", recipients], "no key file of a service account"],
        [["--real", "--recipients", recipients], "the key file absent.json cannot be read (NotFound)", "absent.json"],
        [["--real", "--recipients", recipients], "is no path, but the text of such a file", key],
        [["--real", "--recipients", recipients], "is no path, but the text of such a file", key.repeat(300)]
      ]
      for (const [args, says, GOOGLE_APPLICATION_CREDENTIALS = "key.json"] of cases) {
        const ran = yield* quickstart(cwd, args, { GOOGLE_APPLICATION_CREDENTIALS })
        assert.notInclude(ran.stdout + ran.stderr, "SECRET")
        assert.strictEqual(ran.code, 1, args.join(" "))
        assert.include(ran.stderr, says)
      }
    }).pipe(Effect.scoped), 60_000)

  it.live("leaves the emulator running with --keep", () =>
    Effect.gen(function*() {
      const cwd = yield* folder
      Fs.writeFileSync(Path.join(cwd, "few.csv"), "recipient\nemulator:ok:a\n")
      const child = yield* Effect.acquireRelease(
        Effect.sync(() => spawn("node", [program, "--keep", "--recipients", "few.csv"], { cwd })),
        (child) => Effect.sync(() => child.kill())
      )
      const url = yield* Effect.callback<string>((resume) => {
        let stdout = ""
        child.stdout.on("data", (data) => {
          stdout += String(data)
          const found = /listens on (\S+)/.exec(stdout)?.[1]
          if (found !== undefined && stdout.includes("keeps running")) resume(Effect.succeed(found))
        })
      })
      const response = yield* Effect.promise(() =>
        globalThis.fetch(`${url.replace("https:", "http:")}/fcm/send`, {
          method: "POST",
          headers: { authorization: "key=owner" },
          body: "{\"registration_ids\":[\"a\"]}"
        })
      )
      assert.strictEqual(response.status, 200)
    }).pipe(Effect.scoped), 60_000)
})
