// The probe: three tasks that `helmr-contract` drives. Deploy this file with a project of the environment to
// test in. `helmr-contract probe --language python` prints the same for helmr_local, and describes every step.
//
// Three things here are yours to check, because they depend on your project and SDK version: the sandbox, how
// task code learns that its run is being cancelled (`ctx.signal` below), and where the workspace is mounted
// (`workspace` below).

import { chmod, mkdir, symlink, truncate, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"

import { logger, metadata, queue, streams, task, timers, tokens } from "@helmr/sdk"
import { sandbox } from "./sandbox" // the sandbox that your other tasks run in

const inputs = {
  "probe.in": streams.input("probe.in"),
  approval: streams.input("approval"),
}
const outputs = {
  "probe.out": streams.output("probe.out"),
  "agent.report": streams.output("agent.report"),
}

type Step = { do: string; [field: string]: any }
type Context = { run?: { attemptNumber?: number }; signal?: AbortSignal }

// The directory of the run's workspace.
const workspace = process.cwd()

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

const outcome = (waited: { ok: boolean; data?: unknown; error?: Error }) =>
  waited.ok
    ? { ok: true, data: waited.data }
    : { ok: false, reason: waited.error?.name === "WaitCancelledError" ? "cancelled" : "timed_out" }

async function work(step: Step, ctx: Context): Promise<void> {
  while (!ctx.signal?.aborted) await pause(10)
  await pause(1000 * (step.linger_seconds ?? 0))
  if (!step.go_on) throw ctx.signal?.reason ?? new Error("cancelled")
}

async function changeFiles(step: Step): Promise<void> {
  const path = join(workspace, step.path)
  if (step.do === "directory") await mkdir(path, { recursive: true })
  else if (step.do === "link") await symlink(step.target, path)
  else {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, step.text ?? "")
    if (step.bytes !== undefined) await truncate(path, step.bytes)
    await chmod(path, step.mode ?? 0o644)
  }
}

async function run(payload: unknown, ctx: Context): Promise<unknown> {
  const steps: Step[] = Array.isArray((payload as any)?.steps) ? (payload as any).steps : []
  const results: unknown[] = []
  let token = ""
  for (const step of steps) {
    switch (step.do) {
      case "log":
        if (step.level === "warn") logger.warn(step.text)
        else if (step.level === "error") logger.error(step.text)
        else logger.info(step.text)
        break
      case "write": {
        const stream = step.stream === "stderr" ? process.stderr : process.stdout
        for (let time = 0; time < (step.times ?? 1); time++) stream.write(step.text)
        break
      }
      case "append":
        await outputs[step.stream as keyof typeof outputs].append(step.data)
        break
      case "wait_input": {
        const input = inputs[step.stream as keyof typeof inputs]
        results.push(outcome(await input.wait({ timeout: step.timeout, correlationId: step.correlation_id })))
        break
      }
      case "read_input":
        results.push((await inputs[step.stream as keyof typeof inputs].peek())?.data ?? null)
        break
      case "create_token": {
        const made = await tokens.create({ timeout: step.timeout, tags: ["helmr-contract"] })
        token = made.id
        await outputs["probe.out"].append({
          token_id: made.id,
          public_access_token: made.publicAccessToken,
          callback_url: made.callbackUrl,
        })
        break
      }
      case "wait_token":
        results.push(outcome(await tokens.wait(step.token_id ?? token, { timeout: step.timeout })))
        break
      case "timer":
        await timers.waitFor(step.seconds)
        break
      case "work":
        await work(step, ctx)
        break
      case "file":
      case "directory":
      case "link":
        await changeFiles(step)
        break
      case "metadata":
        for (const [key, value] of Object.entries(step.set)) await metadata.set(key, value as any)
        break
      case "fail": {
        const attempt = ctx.run?.attemptNumber ?? 1
        if (attempt <= (step.until_attempt ?? attempt)) throw new Error(step.message)
        break
      }
      case "exit":
        process.exit(step.code)
      case "return":
        return step.value
      default:
        throw new Error(`the probe has no step ${JSON.stringify(step.do)}`)
    }
  }
  return results
}

// Takes any payload, as a Standard Schema.
const anything = {
  "~standard": { version: 1 as const, vendor: "helmr-contract", validate: (value: unknown) => ({ value }) },
}

export const probeQueue = queue({ id: "helmr-contract" })
export const serialQueue = queue({ id: "helmr-contract-serial", concurrencyLimit: 1 })

export const probe = task({ id: "helmr-contract-probe", payload: anything, queue: probeQueue, sandbox, run })

// Optional: of this one a single run executes at a time.
export const probeSerial = task({
  id: "helmr-contract-probe-serial",
  payload: anything,
  queue: serialQueue,
  sandbox,
  run,
})

// Optional: it declares a secret that must not be set.
export const probeWithSecret = task({
  id: "helmr-contract-probe-secret",
  payload: anything,
  secrets: [{ name: "HELMR_CONTRACT_MISSING", env: "HELMR_CONTRACT_MISSING" }],
  sandbox,
  run,
})
