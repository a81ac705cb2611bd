/** The process of a variant: it is warmed up, measured, and prints what was measured. */
import * as Process from "node:process"
import { getHeapStatistics } from "node:v8"
import type { Job, Measured } from "./Job.ts"
import { tokensOf } from "./work.ts"

/** Sends to all of the tokens; gives how many of them were accepted, judged by their answers. */
export type Send = (tokens: Iterable<string>) => Promise<number>

/** A variant is started once, with the job and what it asks for besides. */
export const measure = async <Asked extends object>(start: (job: Job & Asked) => Send | Promise<Send>) => {
  const job: Job & Asked = JSON.parse(Process.argv[2] ?? "")
  const tokens = tokensOf(job.run)
  const send = await start(job)
  const sendAll = async (count: number) => {
    const accepted = await send(tokens(count))
    if (accepted !== count) throw new Error(`${accepted} of ${count} were accepted`)
  }
  const peakHeap = watchHeap()
  await sendAll(job.warmUp)
  const cpu = Process.cpuUsage()
  const started = performance.now()
  await sendAll(job.count)
  const { system, user } = Process.cpuUsage(cpu)
  const measured: Measured = {
    seconds: (performance.now() - started) / 1000,
    cpuSeconds: (user + system) / 1e6,
    peakRss: Process.resourceUsage().maxRSS / 1024,
    peakHeap: peakHeap() / 2 ** 20
  }
  Process.stdout.write(`${JSON.stringify(measured)}\n`, () => Process.exit())
}

const watchHeap = () => {
  let peak = 0
  const look = () => {
    peak = Math.max(peak, getHeapStatistics().used_heap_size)
  }
  setInterval(look, 50).unref()
  return () => {
    look()
    return peak
  }
}
