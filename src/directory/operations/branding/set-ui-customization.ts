// SetUICustomization: CSS and a logo for the classic pages of one client, or of all that have none of their own.
import { Fault } from '../../../wire/fault.ts'
import { operation } from '../../operation.ts'
import { readClient } from '../../read-client.ts'
import { type UiCustomization, uiCustomizations } from '../../records/branding.ts'
import { userPoolDomains } from '../../records/user-pool.ts'
import { allClients, checkCss, checkImage, describedCustomization } from '../../ui-customization-rules.ts'

export const setUiCustomization = operation({
  name: 'SetUICustomization',
  runs: 'primary',
  handle: async (input, { pool, clock, endpoints }) => {
    const { records } = pool
    const clientId = input.ClientId ?? allClients
    if (input.CSS !== undefined) checkCss(input.CSS)
    if (input.ImageFile !== undefined && input.ImageFile.byteLength > 0) checkImage(input.ImageFile)
    // API reference, SetUICustomization: the pool must have a domain.
    if ((await records.count(userPoolDomains)) === 0)
      throw new Fault(
        'InvalidParameterException',
        'There has to be an existing domain associated with this user pool',
      )
    if (clientId !== allClients) await readClient(pool, clientId)
    const stored = await records.get(uiCustomizations, clientId)
    const nowMs = clock.now()
    const image =
      input.ImageFile === undefined ? stored?.value.image : Buffer.from(input.ImageFile).toString('base64')
    const customization: UiCustomization = {
      clientId,
      css: input.CSS ?? stored?.value.css ?? '',
      cssVersion: new Date(nowMs).toISOString().replaceAll(/\D/g, '').slice(0, 14),
      ...(image === undefined || image === '' ? {} : { image }),
      createdAtMs: stored?.value.createdAtMs ?? nowMs,
      modifiedAtMs: nowMs,
    }
    await records.commit((changes) => {
      if (stored === undefined) changes.create(uiCustomizations, customization)
      else changes.replace(uiCustomizations, stored, customization)
    })
    return { UICustomization: describedCustomization(pool.poolId, customization, endpoints) }
  },
})
