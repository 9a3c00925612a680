// A copy of the store's file that is whole by itself, taken while the store serves; and putting one in a store's place.
import { chmodSync, closeSync, existsSync, fsyncSync, linkSync, openSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { addToDigest, digestToHex } from '../digest.ts'
import { prefixBounds } from '../keys.ts'
import { StoreFailure } from '../store-errors.ts'
import { storeFailure } from './failure.ts'
import { databasePath, syncFolder, takeFolder } from './folder.ts'
import { bytesIn, numberIn, textIn } from './rows.ts'
import { isOpenable } from './schema.ts'

export type BackupSummary = {
  readonly records: number
  /** Where each stream (a pool) stands in the copy. */
  readonly streams: readonly { readonly stream: string; readonly position: number; readonly epoch: number }[]
}

/** Makes a path appear only when all that is written to it is on the disk; throws when the path exists. */
const writtenWhole = <Result>(path: string, write: (draft: string) => Result): Result => {
  if (existsSync(path)) throw new StoreFailure(`${path} exists already; it is left as it is`)
  const draft = `${path}.part`
  rmSync(draft, { force: true })
  try {
    closeSync(openSync(draft, 'wx', 0o600))
    const result = write(draft)
    chmodSync(draft, 0o600)
    const descriptor = openSync(draft, 'r+')
    fsyncSync(descriptor)
    closeSync(descriptor)
    // A link, unlike a rename, fails when somebody else made the path meanwhile.
    linkSync(draft, path)
    return result
  } finally {
    rmSync(draft, { force: true })
    syncFolder(dirname(path))
  }
}

/** Holds the whole file against itself: its pages, and every stream's digest against its records. Throws StoreFailure. */
const verified = (path: string): BackupSummary => {
  const database = new DatabaseSync(path, { readOnly: true })
  try {
    const version = Number(database.prepare('PRAGMA user_version').get()?.user_version)
    if (!isOpenable(version))
      throw new StoreFailure(`${path} is not a store of this version of Twinpool (schema ${version})`)
    const check = database.prepare('PRAGMA quick_check(1)').get()
    if (check?.quick_check !== 'ok')
      throw new StoreFailure(`${path} is damaged: ${String(check?.quick_check)}`)
    const hashes = database.prepare('SELECT hash FROM records WHERE key >= ? AND key < ?')
    const streams = database.prepare('SELECT stream, position, epoch, digest, copy FROM streams').all()
    for (const row of streams) {
      const stream = textIn(row, 'stream')
      let digest = 0n
      for (const found of hashes.iterate(...prefixBounds(`${stream}/`)))
        digest = addToDigest(digest, bytesIn(found, 'hash'))
      if (digestToHex(digest) !== textIn(row, 'digest'))
        throw new StoreFailure(`${path} is damaged: the records of ${stream} are not those of its digest`)
    }
    const counted = database.prepare('SELECT count(*) AS n FROM records').get() ?? {}
    return {
      records: numberIn(counted, 'n'),
      streams: streams.map((row) => ({
        stream: textIn(row, 'stream'),
        position: numberIn(row, 'position'),
        epoch: numberIn(row, 'epoch'),
      })),
    }
  } catch (error) {
    throw storeFailure(error, `reading ${path}`)
  } finally {
    database.close()
  }
}

/**
 * Copies the store in `folder` to the file `to`, as it is at one moment, sealed as it lies there. The store may be serving: it is only read.
 * Throws StoreFailure when there is no store, when `to` exists, or when the copy is not whole.
 */
export const backUpStore = (folder: string, to: string): BackupSummary => {
  const path = databasePath(folder)
  if (!existsSync(path)) throw new StoreFailure(`there is no store in ${folder}`)
  return writtenWhole(to, (draft) => {
    const database = new DatabaseSync(path, { readOnly: true, timeout: 5_000 })
    try {
      database.prepare('VACUUM INTO ?').run(draft)
    } catch (error) {
      throw storeFailure(error, `copying ${path}`)
    } finally {
      database.close()
    }
    return verified(draft)
  })
}

/**
 * Puts a copy in the place of a store that is not there: `folder` must hold none. Throws StoreFailure when it does or when the copy is damaged,
 * and StoreLocked when a process has the folder.
 */
export const restoreStore = (from: string, folder: string, nowMs: number): BackupSummary => {
  if (!existsSync(from)) throw new StoreFailure(`there is no file ${from}`)
  if (existsSync(databasePath(folder)))
    throw new StoreFailure(`there is a store in ${folder}; move it away first`)
  const summary = verified(from)
  const release = takeFolder(folder, nowMs)
  try {
    // Taking the folder made an empty file in the database's place.
    rmSync(databasePath(folder))
    return writtenWhole(databasePath(folder), (draft) => {
      const database = new DatabaseSync(from, { readOnly: true })
      try {
        database.prepare('VACUUM INTO ?').run(draft)
      } finally {
        database.close()
      }
      return summary
    })
  } catch (error) {
    throw storeFailure(error, `restoring ${folder}`)
  } finally {
    release()
  }
}
