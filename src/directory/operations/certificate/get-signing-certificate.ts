// GetSigningCertificate: what a SAML provider needs to check the pool's signed requests.
import { operation } from '../../operation.ts'
import { readPool } from '../../read-pool.ts'
import { signingCertificates } from '../../records/pool-configuration.ts'
import { makeSigningCertificate } from '../../signing-certificate.ts'

export const getSigningCertificate = operation({
  name: 'GetSigningCertificate',
  runs: 'inactive',
  handle: async (_input, { pool, clock, random }) => {
    await readPool(pool)
    const stored = await pool.records.get(signingCertificates, pool.poolId)
    if (stored !== undefined) return { Certificate: stored.value.certificate }
    const records = pool.asPrimary('has no certificate yet, and makes none')
    const made = await makeSigningCertificate(pool.poolId, { clock, random })
    await records.commit((changes) => changes.create(signingCertificates, made))
    return { Certificate: made.certificate }
  },
})
