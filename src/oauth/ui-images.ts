// Serves the logos of classic pages to browsers: public by nature, and immutable under their versioned URL.
import type { Hono } from 'hono'
import { mayRunOn } from '../directory/gate.ts'
import { uiCustomizations } from '../directory/records/branding.ts'
import { registeredPools } from '../directory/records/user-pool.ts'
import type { Runtime } from '../directory/runtime.ts'
import { imageTypeOf } from '../directory/ui-customization-rules.ts'

export const addUiImages = (app: Hono, { vault }: Pick<Runtime, 'vault'>): void => {
  app.get('/:poolId{[a-z0-9-]+_[0-9A-Za-z]+}/ui/:clientId{[\\w+]+}/:version{\\d+}/image', async (context) => {
    const { poolId, clientId, version } = context.req.param()
    const registered = await vault.region.get(registeredPools, poolId)
    const isServed = registered !== undefined && mayRunOn(registered.value, 'inactive')
    const stored = isServed ? await vault.pool(poolId).secondary.get(uiCustomizations, clientId) : undefined
    const image = stored?.value.image
    if (stored?.value.cssVersion !== version || image === undefined)
      return context.json({ message: 'There is no such image here.' }, 404)
    const bytes = Buffer.from(image, 'base64')
    return context.body(new Uint8Array(bytes), 200, {
      'content-type': imageTypeOf(bytes) ?? 'application/octet-stream',
      'cache-control': 'public, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
    })
  })
}
