// Where the files of import jobs are uploaded to: the path of their pre-signed URLs.
import { Hono } from 'hono'
import { acceptUpload } from '../directory/import/import-upload.ts'
import { registeredPools } from '../directory/records/user-pool.ts'
import type { Runtime } from '../directory/runtime.ts'
import { isFault } from '../wire/fault.ts'

const importPath = '/imports/:poolId{[a-z0-9-]+_[0-9A-Za-z]+}/:jobId{import-[0-9a-f-]+}'

const none = (): ReadableStream<Uint8Array> =>
  new ReadableStream({ start: (controller) => controller.close() })

export const createImportApp = ({ vault, clock, log }: Pick<Runtime, 'vault' | 'clock' | 'log'>): Hono => {
  const app = new Hono()
  app.put(importPath, async (context) => {
    const { poolId, jobId } = context.req.param()
    try {
      const registered = await vault.region.get(registeredPools, poolId)
      if (registered?.value.role !== 'PRIMARY')
        return context.json({ message: 'There is no such job here.' }, 404)
      const token = context.req.query('token') ?? ''
      await acceptUpload(vault.pool(poolId).primary, { jobId, token, clock }, context.req.raw.body ?? none())
      return context.body(null, 200)
    } catch (error) {
      if (isFault(error)) {
        const { code, message, status } = error
        return context.json({ code, message }, status as 400, { connection: 'close' })
      }
      log.error({ err: error, poolId, jobId }, 'an upload failed')
      return context.json({ message: 'The upload failed. Please try again.' }, 500)
    }
  })
  return app
}
