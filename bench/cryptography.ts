// What the operations of which sign-ins are made cost by themselves, in seconds of one core.
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { publicPower, secretPower } from '../src/srp/modular-exponentiation.ts'

export type CryptographyCosts = {
  /** An RSA-2048 signature. */
  readonly signature: number
  /** An exponentiation in the SRP group with a secret exponent of 256 bits, and with a public one. */
  readonly secretPower: number
  readonly publicPower: number
}

const repetitions = 150

/** Seconds of one core that one call of `work` takes. */
const coreSeconds = (work: () => unknown): number => {
  const before = process.cpuUsage()
  for (let index = 0; index < repetitions; index++) work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6 / repetitions
}

/** To be measured in as many processes at a time as there are cores: a core is slower while its neighbour works. */
export const measureCryptography = (): CryptographyCosts => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const data = randomBytes(600)
  const base = BigInt(`0x${randomBytes(383).toString('hex')}`)
  const exponent = randomBytes(32)
  const e = BigInt(`0x${exponent.toString('hex')}`)
  return {
    signature: coreSeconds(() => sign('sha256', data, privateKey)),
    secretPower: coreSeconds(() => secretPower(base, exponent)),
    publicPower: coreSeconds(() => publicPower(base, e)),
  }
}
