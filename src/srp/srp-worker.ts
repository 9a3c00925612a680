// What a password worker thread runs: one SRP step a task, so that big-number work never holds up the event loop.
import { parentPort } from 'node:worker_threads'
import { type SessionKeyInput, serverPublicOf, sessionKeyOf, verifierOf } from './srp-server.ts'
import type { WorkerAnswer } from './worker-pool.ts'

/** Bytes as hex: a small Buffer would cross to the thread with the whole pool that it lies in. */
export type SrpTask =
  | { readonly step: 'verifier'; readonly input: Parameters<typeof verifierOf>[0] }
  | { readonly step: 'serverPublic'; readonly verifier: string; readonly serverSecret: string }
  | {
      readonly step: 'sessionKey'
      readonly input: Omit<SessionKeyInput, 'serverSecret'>
      readonly serverSecret: string
    }

/** Hex for the first two steps and for the session key alike. */
const runTask = (task: SrpTask): string => {
  switch (task.step) {
    case 'verifier':
      return verifierOf(task.input)
    case 'serverPublic':
      return serverPublicOf(task.verifier, Buffer.from(task.serverSecret, 'hex'))
    case 'sessionKey':
      return sessionKeyOf({ ...task.input, serverSecret: Buffer.from(task.serverSecret, 'hex') }).toString(
        'hex',
      )
  }
}

/**
 * Node asks whether a value is a KeyObject by making and dropping an Error, several times in each step, and most of an Error's price is its
 * stack. Nothing is debugged by the stack of an error here: it crosses to the main thread as an answer.
 */
Error.stackTraceLimit = 0

const answer = (task: SrpTask): WorkerAnswer<string> => {
  try {
    return { result: runTask(task) }
  } catch (error) {
    return { error }
  }
}

parentPort?.on('message', (task: SrpTask) => parentPort?.postMessage(answer(task)))
