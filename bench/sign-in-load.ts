// A process that loads a Region with sign-ins or token requests over plain HTTP, and says what its own share of the machine was.
import { Agent, request } from 'node:http'
import { measureCryptography } from './cryptography.ts'
import { load } from './deployment.ts'
import { createSrpClient } from './native-srp-client.ts'

export type LoadPlan = {
  readonly origin: string
  readonly poolId: string
  readonly appClientId: string
  readonly machine: { readonly clientId: string; readonly secret: string }
  readonly user: { readonly name: string; readonly password: string }
}
export type LoadKind = 'client_credentials' | 'password' | 'srp'
export type LoadOrder =
  | { readonly plan: LoadPlan }
  | { readonly kind: LoadKind; readonly callers: number; readonly seconds: number }
  | { readonly kind: 'cryptography' }
export type LoadResult = { readonly count: number; readonly perSecond: number; readonly ownCores: number }

const agent = new Agent({ keepAlive: true })

const post = (url: string, headers: Readonly<Record<string, string>>, body: string): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const sent = request(url, { agent, method: 'POST', headers }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('error', reject)
      answer.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8')
        if (answer.statusCode === 200) resolve(JSON.parse(text))
        else reject(new Error(`${url} answered ${answer.statusCode}: ${text}`))
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })

/** The headers that the AWS SDK for JavaScript sends too. */
const call = (plan: LoadPlan, operation: string, input: unknown): Promise<unknown> => {
  const body = JSON.stringify(input)
  return post(
    plan.origin,
    {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `AWSCognitoIdentityProviderService.${operation}`,
      'content-length': String(Buffer.byteLength(body)),
      'user-agent': 'aws-sdk-js/3.0.0 ua/2.1 os/linux lang/js md/nodejs api/cognito-identity-provider',
      'x-amz-user-agent': 'aws-sdk-js/3.0.0',
      'amz-sdk-invocation-id': '00000000-0000-4000-8000-000000000000',
      'amz-sdk-request': 'attempt=1; max=1',
    },
    body,
  )
}

/** `Mon Nov 23 10:00:00 UTC 2026`, as Cognito's clients write it. */
const timestampOf = (date: Date): string => {
  const [weekday = '', day, month, year, time] = date.toUTCString().replace(',', '').split(' ')
  return `${weekday} ${month} ${Number(day)} ${time} UTC ${year}`
}

const works: Readonly<Record<LoadKind, (plan: LoadPlan) => () => Promise<unknown>>> = {
  client_credentials: ({ origin, machine }) => {
    const body = 'grant_type=client_credentials'
    const headers = {
      authorization: `Basic ${Buffer.from(`${machine.clientId}:${machine.secret}`).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': String(body.length),
    }
    return () => post(`${origin}/oauth2/token`, headers, body)
  },
  password: (plan) => () =>
    call(plan, 'InitiateAuth', {
      ClientId: plan.appClientId,
      AuthFlow: 'USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: plan.user.name, PASSWORD: plan.user.password },
    }),
  srp: (plan) => {
    const client = createSrpClient(plan.poolId, plan.user.password)
    return async () => {
      const { ChallengeParameters } = (await call(plan, 'InitiateAuth', {
        ClientId: plan.appClientId,
        AuthFlow: 'USER_SRP_AUTH',
        AuthParameters: { USERNAME: plan.user.name, SRP_A: client.clientPublic },
      })) as { readonly ChallengeParameters: Readonly<Record<string, string>> }
      const { USER_ID_FOR_SRP = '', SRP_B = '', SALT = '', SECRET_BLOCK = '' } = ChallengeParameters
      const timestamp = timestampOf(new Date())
      const signature = client.claim({
        username: USER_ID_FOR_SRP,
        serverPublic: SRP_B,
        salt: SALT,
        secretBlock: SECRET_BLOCK,
        timestamp,
      })
      return call(plan, 'RespondToAuthChallenge', {
        ClientId: plan.appClientId,
        ChallengeName: 'PASSWORD_VERIFIER',
        ChallengeResponses: {
          USERNAME: USER_ID_FOR_SRP,
          PASSWORD_CLAIM_SECRET_BLOCK: SECRET_BLOCK,
          PASSWORD_CLAIM_SIGNATURE: signature,
          TIMESTAMP: timestamp,
        },
      })
    }
  },
}

let plan: LoadPlan | undefined

const obey = async (order: LoadOrder): Promise<unknown> => {
  if ('plan' in order) {
    plan = order.plan
    return {}
  }
  if (order.kind === 'cryptography') return measureCryptography()
  if (plan === undefined) throw new Error('a load needs a plan first')
  const before = process.cpuUsage()
  const startedAtMs = performance.now()
  const { count, perSecond } = await load(order.callers, order.seconds, works[order.kind](plan))
  const { user, system } = process.cpuUsage(before)
  const result: LoadResult = {
    count,
    perSecond,
    ownCores: (user + system) / 1e3 / (performance.now() - startedAtMs),
  }
  return result
}

process.on('message', (order: LoadOrder) => {
  obey(order).then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ error: String(error) }),
  )
})
process.on('disconnect', () => process.exit())
