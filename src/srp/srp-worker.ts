// What a password worker thread runs: one SRP step a task, so that big-number work never holds up the event loop.
import { parentPort } from 'node:worker_threads'
import { type SessionKeyInput, serverPublicOf, sessionKeyOf, verifierOf } from './srp-server.ts'
import type { WorkerAnswer } from './worker-pool.ts'

export type SrpTask =
  | { readonly step: 'verifier'; readonly input: Parameters<typeof verifierOf>[0] }
  | { readonly step: 'serverPublic'; readonly verifier: string; readonly serverSecret: Uint8Array }
  | { readonly step: 'sessionKey'; readonly input: SessionKeyInput }

/** Hex for the first two steps and for the session key alike. */
const runTask = (task: SrpTask): string => {
  switch (task.step) {
    case 'verifier':
      return verifierOf(task.input)
    case 'serverPublic':
      return serverPublicOf(task.verifier, task.serverSecret)
    case 'sessionKey':
      return sessionKeyOf(task.input).toString('hex')
  }
}

const answer = (task: SrpTask): WorkerAnswer<string> => {
  try {
    return { result: runTask(task) }
  } catch (error) {
    return { error }
  }
}

parentPort?.on('message', (task: SrpTask) => parentPort?.postMessage(answer(task)))
