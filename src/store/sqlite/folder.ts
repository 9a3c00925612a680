// The folder of a store: made private, and owned by one process at a time.
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StoreFailure, StoreLocked } from '../store-errors.ts'
import { isBusy, storeFailure } from './failure.ts'

export const databasePath = (folder: string): string => join(folder, 'store.sqlite')
const lockPath = (folder: string): string => join(folder, 'lock.sqlite')
const ownerPath = (folder: string): string => join(folder, 'owner.json')

export const syncFolder = (folder: string): void => {
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/**
 * Makes an empty file unless there is one. A file that is there is never opened: closing it would take away the locks that this process
 * may hold on it (https://sqlite.org/howtocorrupt.html, section 2.2).
 */
const makeFile = (path: string): void => {
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
}

/** Makes the folder (0700) and its files (0600) if they are missing, so that their names survive a crash of the machine. */
const prepareFolder = (folder: string): void => {
  const firstMade = mkdirSync(folder, { recursive: true, mode: 0o700 })
  for (const path of [databasePath(folder), lockPath(folder)]) makeFile(path)
  syncFolder(folder)
  if (firstMade !== undefined) syncFolder(dirname(firstMade))
}

const ownerPid = (folder: string): number | undefined => {
  try {
    const owner: unknown = JSON.parse(readFileSync(ownerPath(folder), 'utf8'))
    if (typeof owner !== 'object' || owner === null || !('pid' in owner)) return undefined
    return typeof owner.pid === 'number' ? owner.pid : undefined
  } catch {
    // The owner may just be starting or stopping: that it holds the lock is what counts, its number is only for the message.
    return undefined
  }
}

/**
 * Makes the folder and takes it for this process; returns what gives it back. Rejects with StoreLocked when another has it.
 *
 * The lock is SQLite's own exclusive lock on a file beside the database. The kernel drops it when the process ends, however it ends,
 * so a lock is never stale and a process ID that was used again can't be mistaken for the owner.
 */
export const takeFolder = (folder: string, nowMs: number): (() => void) => {
  try {
    prepareFolder(folder)
  } catch (error) {
    throw new StoreFailure(
      `the store's folder ${folder} can't be written: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    )
  }
  let lock: DatabaseSync | undefined
  try {
    lock = new DatabaseSync(lockPath(folder), { timeout: 0 })
    lock.exec('BEGIN EXCLUSIVE')
    writeFileSync(ownerPath(folder), `${JSON.stringify({ pid: process.pid, sinceMs: nowMs })}\n`, {
      mode: 0o600,
    })
  } catch (error) {
    lock?.close()
    if (isBusy(error)) throw new StoreLocked(folder, ownerPid(folder))
    throw storeFailure(error, `taking the store's folder ${folder}`)
  }
  const held = lock
  return () => {
    rmSync(ownerPath(folder), { force: true })
    held.close()
  }
}
