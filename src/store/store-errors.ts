// The errors that an engine adds to those of the port: too much waiting, a failing disk or file, a folder that is taken.

/** Too many commits are waiting. Nothing was done; trying again later is safe. */
export class StoreBusy extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'StoreBusy'
  }
}

/**
 * The disk or the file let the store down (full, read-only, damaged, closed). A commit that is rejected with this is not in the store,
 * unless `isOutcomeUnknown`: the disk failed while the commit was being made durable, so it may or may not be there when the store is opened again.
 */
export class StoreFailure extends Error {
  readonly isOutcomeUnknown: boolean
  constructor(
    message: string,
    options: { readonly cause?: unknown; readonly isOutcomeUnknown?: boolean } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'StoreFailure'
    this.isOutcomeUnknown = options.isOutcomeUnknown ?? false
  }
}

/** Another process has the folder open. */
export class StoreLocked extends Error {
  readonly folder: string
  /** The owner's process ID, undefined if it could not be read. */
  readonly pid: number | undefined
  constructor(folder: string, pid: number | undefined) {
    const owner = pid === undefined ? 'another process' : `process ${pid}`
    super(`the store in ${folder} is in use by ${owner}; stop it first, or use another data folder`)
    this.name = 'StoreLocked'
    this.folder = folder
    this.pid = pid
  }
}
