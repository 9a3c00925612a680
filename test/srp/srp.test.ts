// SRP: the server's steps against amazon-cognito-identity-js's own helper, and the arithmetic against plain BigInt.
import { afterAll, describe, expect, it } from 'vitest'
import { powerOfGenerator, publicPower, secretPower } from '../../src/srp/modular-exponentiation.ts'
import { createPasswordWorkers } from '../../src/srp/password-worker.ts'
import { N, signedBytes, toBigInt } from '../../src/srp/srp-group.ts'
import { claimSignature, isClientPublic } from '../../src/srp/srp-server.ts'
import { systemClock, systemRandom } from '../../src/telemetry/clock.ts'
import { clientClaim, newSrpClient } from '../support/srp-client.ts'

const workers = createPasswordWorkers({ random: systemRandom, clock: systemClock })
afterAll(() => workers.close())

const poolId = 'us-east-1_Ab12Cd34E'

const plainPower = (base: bigint, exponent: bigint): bigint => {
  let result = 1n
  let square = base % N
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * square) % N
    square = (square * square) % N
  }
  return result
}

describe('modular exponentiation through OpenSSL', () => {
  it('equals plain arithmetic for random, short, even and zero-led exponents', () => {
    const exponents = [
      systemRandom.bytes(32),
      Buffer.from('00000000000000000000000000000000000000000000000000000000000000f0', 'hex'),
      Buffer.concat([Buffer.alloc(3), systemRandom.bytes(29)]),
      Buffer.concat([systemRandom.bytes(31), Buffer.alloc(1)]),
    ]
    for (const exponent of exponents) {
      const base = toBigInt(systemRandom.bytes(383))
      const e = toBigInt(exponent)
      expect(powerOfGenerator(exponent)).toBe(plainPower(2n, e))
      expect(secretPower(base, exponent)).toBe(plainPower(base, e))
      expect(publicPower(base, e)).toBe(plainPower(base, e))
    }
  })

  it('encodes numbers as Java does, with a sign byte only where the highest bit is set', () => {
    expect(signedBytes(20n).toString('hex')).toBe('14')
    expect(signedBytes(236n).toString('hex')).toBe('00ec')
    expect(signedBytes(0x123n).toString('hex')).toBe('0123')
  })
})

describe('a sign-in with amazon-cognito-identity-js', () => {
  it('ends in the same signature on both sides when the password is right, and in another when it is wrong', async () => {
    for (const [password, isRight] of [
      ['Corréct horse 1!', true],
      ['wrong', false],
    ] as const) {
      const credential = await workers.makeCredential(poolId, 'ana', 'Corréct horse 1!')
      const client = newSrpClient(poolId)
      const begun = await workers.beginSrp(credential.verifier)
      const secretBlock = systemRandom.bytes(200)
      const timestamp = 'Mon Nov 23 09:11:30 UTC 2026'
      const claim = await clientClaim(client, {
        username: 'ana',
        password,
        serverPublic: begun.serverPublic,
        salt: credential.salt,
        secretBlock,
        timestamp,
      })
      const sessionKey = await workers.srpSessionKey({
        clientPublic: client.clientPublic,
        verifier: credential.verifier,
        ...begun,
      })
      const expected = claimSignature(sessionKey, {
        poolName: 'Ab12Cd34E',
        username: 'ana',
        secretBlock,
        timestamp,
      })
      expect(claim.equals(expected)).toBe(isRight)
    }
  })

  it('holds for salts whose first digits are zero', async () => {
    let calls = 0
    const random = {
      bytes: (length: number) => {
        calls += 1
        return Buffer.concat([Buffer.alloc(calls % 3), systemRandom.bytes(length - (calls % 3))])
      },
    }
    const zeroLed = createPasswordWorkers({ random, clock: systemClock, threads: 1 })
    try {
      for (let round = 0; round < 3; round++) {
        const credential = await zeroLed.makeCredential(poolId, 'ana', 'secret')
        const client = newSrpClient(poolId)
        const begun = await zeroLed.beginSrp(credential.verifier)
        const about = { username: 'ana', secretBlock: Buffer.from('block'), timestamp: 'now' }
        const claim = await clientClaim(client, {
          ...about,
          password: 'secret',
          serverPublic: begun.serverPublic,
          salt: credential.salt,
        })
        const key = await zeroLed.srpSessionKey({
          clientPublic: client.clientPublic,
          verifier: credential.verifier,
          ...begun,
        })
        expect(claim.equals(claimSignature(key, { ...about, poolName: 'Ab12Cd34E' }))).toBe(true)
      }
    } finally {
      await zeroLed.close()
    }
  })

  it('knows the password from its credential, and no other', async () => {
    const credential = await workers.makeCredential(poolId, 'ana', 'secret')
    expect(await workers.isPasswordOf(poolId, 'ana', 'secret', credential)).toBe(true)
    expect(await workers.isPasswordOf(poolId, 'ana', 'Secret', credential)).toBe(false)
    expect(await workers.isPasswordOf(poolId, 'ben', 'secret', credential)).toBe(false)
    expect(await workers.isPasswordOf('us-east-1_Other', 'ana', 'secret', credential)).toBe(false)
  })
})

describe("a client's public value", () => {
  it('is refused when it is a multiple of N, not hex, empty or longer than the group', () => {
    for (const refused of [
      '0',
      '000',
      N.toString(16),
      `0${N.toString(16)}`,
      '',
      'xyz',
      '-1',
      '1'.repeat(771),
    ])
      expect(isClientPublic(refused)).toBe(false)
    expect(isClientPublic((N - 1n).toString(16))).toBe(true)
    expect(isClientPublic((N + 1n).toString(16))).toBe(true)
    expect(isClientPublic((2n * N).toString(16))).toBe(false)
  })

  it('that makes the session key trivial is an error, not a sign-in', async () => {
    const { verifier } = await workers.makeCredential(poolId, 'ana', 'secret')
    const begun = await workers.beginSrp(verifier)
    await expect(
      workers.srpSessionKey({ clientPublic: N.toString(16), verifier, ...begun }),
    ).rejects.toThrow()
  })
})
