// The certificate under which a pool signs its requests to SAML providers: self-signed, RSA-2048, made when it is first asked for.
import type { Clock, Random } from '../telemetry/clock.ts'
import { makeSelfSigned } from '../x509/certificate.ts'
import type { SigningCertificate } from './records/pool-configuration.ts'

const lifetimeMs = 10 * 365 * 86_400_000

export const makeSigningCertificate = async (
  poolId: string,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): Promise<SigningCertificate> => {
  const fromMs = clock.now()
  const validity = { fromMs, untilMs: fromMs + lifetimeMs }
  const { certificate, privateKey } = await makeSelfSigned(poolId, validity, random)
  return {
    poolId,
    certificate: certificate.replaceAll(/-----[^-]+-----|\s/g, ''),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64'),
  }
}
