// Takes the file of an import job as it is uploaded to the pre-signed URL: kept sealed, in parts of whole lines, until the job has ended.
import { timingSafeEqual } from 'node:crypto'
import type { Clock } from '../../telemetry/clock.ts'
import type { Locality } from '../../vault/collection.ts'
import type { WritableRecords } from '../../vault/records.ts'
import { Fault } from '../../wire/fault.ts'
import { type ImportJob, importJobs, importPartKey, importParts } from '../records/import-job.ts'
import { endOfLines } from './csv.ts'

/** Developer guide, "Importing users into user pools from a CSV file": the URL is good for 15 minutes, the file has at most 100 MB. */
export const uploadLifetimeMs = 15 * 60_000
const fileBytesMax = 100 * 1024 * 1024
const partCharactersMin = 256 * 1024
/** A row may be 16,000 characters long (same page). */
const lineCharactersMax = 64 * 1024

const refuse = (status: number, message: string): Fault => new Fault('AccessDenied', message, { status })

const isToken = (given: string, { uploadToken }: ImportJob): boolean => {
  const [left, right] = [Buffer.from(given), Buffer.from(uploadToken)]
  return left.length === right.length && timingSafeEqual(left, right)
}

/** Throws a Fault: 403 for a wrong or late token or a job that is under way, 413 for too much, 400 for what is no UTF-8 text. */
export const acceptUpload = async (
  records: WritableRecords<Locality>,
  about: { readonly jobId: string; readonly token: string; readonly clock: Clock },
  body: AsyncIterable<Uint8Array>,
): Promise<void> => {
  const stored = await records.get(importJobs, about.jobId)
  if (stored === undefined || !isToken(about.token, stored.value))
    throw refuse(403, 'This URL is good for nothing.')
  if (stored.value.status !== 'Created' || about.clock.now() > stored.value.createdAtMs + uploadLifetimeMs)
    throw refuse(403, 'This URL is no longer good.')
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let text = ''
  let byteLength = 0
  let partCount = 0
  const keep = async (part: string): Promise<void> => {
    const earlier = await records.get(importParts, importPartKey(about.jobId, partCount))
    const value = { jobId: about.jobId, index: partCount, text: part }
    await records.commit((changes) => {
      if (earlier === undefined) changes.create(importParts, value)
      else changes.replace(importParts, earlier, value)
    })
    partCount += 1
  }
  const decoded = (chunk?: Uint8Array): string => {
    try {
      return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true })
    } catch (cause) {
      throw new Fault('InvalidRequest', 'The file is not UTF-8 text.', { status: 400, cause })
    }
  }
  for await (const chunk of body) {
    byteLength += chunk.byteLength
    if (byteLength > fileBytesMax)
      throw new Fault('EntityTooLarge', `The file is larger than ${fileBytesMax} bytes.`, { status: 413 })
    text += decoded(chunk)
    if (text.length < partCharactersMin) continue
    const end = endOfLines(text)
    if (text.length - end > lineCharactersMax)
      throw new Fault('InvalidRequest', `A row is longer than ${lineCharactersMax} characters.`, {
        status: 400,
      })
    await keep(text.slice(0, end))
    text = text.slice(end)
  }
  text += decoded()
  if (text !== '' || partCount === 0) await keep(text)
  const job = await records.get(importJobs, about.jobId)
  if (job?.value.status !== 'Created') throw refuse(403, 'This URL is no longer good.')
  await records.commit((changes) => changes.replace(importJobs, job, { ...job.value, partCount }))
}
