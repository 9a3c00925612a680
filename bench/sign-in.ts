// client_credentials tokens, SRP and password sign-ins at one Region, beside the signatures and exponentiations that they are made of.
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { InitiateAuthCommand, RespondToAuthChallengeCommand } from '@aws-sdk/client-cognito-identity-provider'
import { publicPower, secretPower } from '../src/srp/modular-exponentiation.ts'
import { makeReplicatedPool } from '../test/support/replicated-pool.ts'
import { clientClaim, newSrpClient } from '../test/support/srp-client.ts'
import { load, startDeployment } from './deployment.ts'

const seconds = 4

/** Seconds of one core that one call of `work` takes. */
const coreSeconds = (work: () => unknown): number => {
  const count = 200
  const before = process.cpuUsage()
  for (let index = 0; index < count; index++) work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6 / count
}

/** `Mon Nov 23 10:00:00 UTC 2026`, as Cognito's clients write it. */
const timestampOf = (date: Date): string => {
  const [weekday = '', day, month, year, time] = date.toUTCString().replace(',', '').split(' ')
  return `${weekday} ${month} ${Number(day)} ${time} UTC ${year}`
}

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const data = randomBytes(600)
const signing = coreSeconds(() => sign('sha256', data, privateKey))
const base = BigInt(`0x${randomBytes(383).toString('hex')}`)
const exponent = randomBytes(32)
const secret = coreSeconds(() => secretPower(base, exponent))
const open = coreSeconds(() => publicPower(base, BigInt(`0x${exponent.toString('hex')}`)))
console.log(
  `one core: ${Math.round(1 / signing)} RSA-2048 signatures/s, ${Math.round(1 / secret)} exponentiations/s with a secret exponent, ${Math.round(1 / open)} with a public one`,
)

const deployment = await startDeployment()
const region = 'us-east-1'
const pool = await makeReplicatedPool(deployment)
const client = deployment.cognito(region)

/** Rates of `work`, with the Region's CPU and the load generator's own share. */
const measure = async (
  name: string,
  callers: number,
  cryptoSeconds: number,
  work: () => Promise<unknown>,
): Promise<void> => {
  await load(callers, 1, work)
  const serverBefore = deployment.cpuSeconds(region)
  const ownBefore = process.cpuUsage()
  const startedAtMs = performance.now()
  const { perSecond, count } = await load(callers, seconds, work)
  const elapsed = (performance.now() - startedAtMs) / 1_000
  const own = process.cpuUsage(ownBefore)
  const serverEach = (deployment.cpuSeconds(region) - serverBefore) / count
  const ownCores = (own.user + own.system) / 1e6 / elapsed
  const limit = Math.max(2 - ownCores, 0.01) / cryptoSeconds
  console.log(
    `${name}: ${Math.round(perSecond)}/s; server CPU ${(serverEach * 1e3).toFixed(2)} ms each = ${(serverEach / cryptoSeconds).toFixed(2)} x its cryptography; ` +
      `${Math.round((perSecond / limit) * 100)} % of what the cores left by the load generator (${ownCores.toFixed(2)} cores) allow`,
  )
}

const basic = `Basic ${Buffer.from(`${pool.machine.clientId}:${pool.machine.secret}`).toString('base64')}`
await measure('client_credentials', 16, signing, async () => {
  const answer = await fetch(`${deployment.origins[region]}/oauth2/token`, {
    method: 'POST',
    headers: { authorization: basic, 'content-type': 'application/x-www-form-urlencoded' },
    body: 'grant_type=client_credentials',
  })
  if (answer.status !== 200) throw new Error(`the token endpoint answered ${answer.status}`)
  await answer.arrayBuffer()
})

await measure('password sign-in', 16, secret + 2 * signing, () =>
  client.send(
    new InitiateAuthCommand({
      ClientId: pool.appClientId,
      AuthFlow: 'USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: pool.user.name, PASSWORD: pool.user.password },
    }),
  ),
)

// The client's half is amazon-cognito-identity-js's own arithmetic, which is far slower than the server: the rate is the client's, the CPU the server's.
const srp = newSrpClient(pool.poolId)
await measure('SRP sign-in', 2, 2 * secret + open + 2 * signing, async () => {
  const { ChallengeParameters: parameters = {} } = await client.send(
    new InitiateAuthCommand({
      ClientId: pool.appClientId,
      AuthFlow: 'USER_SRP_AUTH',
      AuthParameters: { USERNAME: pool.user.name, SRP_A: srp.clientPublic },
    }),
  )
  const username = parameters.USER_ID_FOR_SRP ?? ''
  const secretBlock = parameters.SECRET_BLOCK ?? ''
  const timestamp = timestampOf(new Date())
  const claim = await clientClaim(srp, {
    username,
    password: pool.user.password,
    serverPublic: parameters.SRP_B ?? '',
    salt: parameters.SALT ?? '',
    secretBlock: Buffer.from(secretBlock, 'base64'),
    timestamp,
  })
  await client.send(
    new RespondToAuthChallengeCommand({
      ClientId: pool.appClientId,
      ChallengeName: 'PASSWORD_VERIFIER',
      ChallengeResponses: {
        USERNAME: username,
        PASSWORD_CLAIM_SECRET_BLOCK: secretBlock,
        PASSWORD_CLAIM_SIGNATURE: claim.toString('base64'),
        TIMESTAMP: timestamp,
      },
    }),
  )
})

await deployment.close()
