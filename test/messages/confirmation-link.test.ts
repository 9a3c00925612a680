// Confirming an account by the link in an e-mail: what the message says, and what following it does.
import {
  AdminGetUserCommand,
  ConfirmSignUpCommand,
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
  ResendConfirmationCodeCommand,
  SignUpCommand,
  UpdateUserPoolCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { secretHash } from '../../src/directory/secret-hash.ts'
import { startLambdaEndpoint } from '../support/lambda-endpoint.ts'
import { lastMessage } from '../support/region-inbox.ts'
import { startRegions } from '../support/regions.ts'

const region = 'us-east-1'
const VerificationMessageTemplate = {
  DefaultEmailOption: 'CONFIRM_WITH_LINK',
  EmailMessageByLink: '<p>Hello {username}, {##please confirm##}.</p>',
  EmailSubjectByLink: 'Confirm, {username}',
} as const

let regions: Awaited<ReturnType<typeof startRegions>>
let lambda: Awaited<ReturnType<typeof startLambdaEndpoint>>
let client: ReturnType<typeof regions.cognito>
let UserPoolId = ''
let ClientId = ''
let ClientSecret = ''
beforeAll(async () => {
  lambda = await startLambdaEndpoint()
  regions = await startRegions([region], { lambda: { endpoint: lambda.origin } })
  client = regions.cognito(region)
  const { UserPool } = await client.send(
    new CreateUserPoolCommand({
      PoolName: 'links',
      AutoVerifiedAttributes: ['email'],
      VerificationMessageTemplate,
    }),
  )
  UserPoolId = UserPool?.Id ?? ''
  const { UserPoolClient } = await client.send(
    new CreateUserPoolClientCommand({ UserPoolId, ClientName: 'app', GenerateSecret: true }),
  )
  ClientId = UserPoolClient?.ClientId ?? ''
  ClientSecret = UserPoolClient?.ClientSecret ?? ''
})
afterAll(async () => {
  client.destroy()
  await regions.close()
  await lambda.close()
})

const hashOf = (Username: string) => secretHash(ClientSecret, Username, ClientId)
const signUp = (Username: string) =>
  client.send(
    new SignUpCommand({
      ClientId,
      Username,
      SecretHash: hashOf(Username),
      Password: 'Long-enough-1!',
      UserAttributes: [{ Name: 'email', Value: `${Username.replaceAll(/\W/g, '')}@quarry.example` }],
    }),
  )
const messageTo = (name: string) => lastMessage(regions, UserPoolId, `${name}@quarry.example`)
const linkTo = async (name: string): Promise<string> => {
  const { body } = await messageTo(name)
  return (/href="([^"]+)"/.exec(body)?.[1] ?? '').replaceAll('&amp;', '&')
}
const stateOf = async (Username: string) => {
  const { UserStatus, UserAttributes } = await client.send(new AdminGetUserCommand({ UserPoolId, Username }))
  return [UserStatus, UserAttributes?.find(({ Name }) => Name === 'email_verified')?.Value]
}

describe('a pool that confirms with links', () => {
  it('sends a link in the place that its template has for it, and the name as it is written', async () => {
    await signUp('<b>ann')
    const message = await messageTo('bann')
    expect(message.subject).toBe('Confirm, <b>ann')
    expect(message.body).toMatch(
      /^<p>Hello &lt;b&gt;ann, <a href="http:\/\/127\.0\.0\.1:\d+\/confirmUser\?[^"]*">please confirm<\/a>\.<\/p>$/,
    )
    const query = new URL(await linkTo('bann')).searchParams
    expect(Object.fromEntries(query)).toEqual({
      client_id: ClientId,
      user_name: '<b>ann',
      confirmation_code: message.code,
    })
  })

  it('confirms the account and its address when the link is followed, once', async () => {
    await signUp('bob')
    const link = await linkTo('bob')
    expect((await fetch(link, { method: 'HEAD' })).status).toBe(200)
    expect(await stateOf('bob')).toEqual(['UNCONFIRMED', 'false'])
    const page = await fetch(link)
    expect(page.status).toBe(200)
    expect(page.headers.get('cache-control')).toBe('no-store')
    expect(page.headers.get('referrer-policy')).toBe('no-referrer')
    expect(await page.text()).toContain('Your account is confirmed')
    expect(await stateOf('bob')).toEqual(['CONFIRMED', 'true'])
    const again = await fetch(link)
    expect(again.status).toBe(400)
    expect(await again.text()).toContain('not good any more')
  })

  it('takes the code of a link from ConfirmSignUp too, and the link of ResendConfirmationCode in place of the first', async () => {
    await signUp('cat')
    const first = await linkTo('cat')
    await client.send(
      new ResendConfirmationCodeCommand({ ClientId, Username: 'cat', SecretHash: hashOf('cat') }),
    )
    const { code } = await messageTo('cat')
    if (new URL(first).searchParams.get('confirmation_code') !== code)
      expect((await fetch(first)).status).toBe(400)
    await client.send(
      new ConfirmSignUpCommand({
        ClientId,
        Username: 'cat',
        SecretHash: hashOf('cat'),
        ConfirmationCode: code,
      }),
    )
    expect(await stateOf('cat')).toEqual(['CONFIRMED', 'true'])
  })

  it('says the same of every link that is no good', async () => {
    await signUp('dan')
    const link = await linkTo('dan')
    const change = (name: string, value: string): string => {
      const url = new URL(link)
      if (value === '') url.searchParams.delete(name)
      else url.searchParams.set(name, value)
      return url.href
    }
    const links = [
      change('confirmation_code', 'none'),
      change('user_name', 'nobody'),
      change('client_id', 'nosuchclient'),
      change('client_id', ''),
      change('confirmation_code', '1'.repeat(3_000)),
    ]
    const answers = await Promise.all(links.map((one) => fetch(one)))
    expect(answers.map(({ status }) => status)).toEqual(links.map(() => 400))
    expect(new Set(await Promise.all(answers.map((answer) => answer.text()))).size).toBe(1)
    expect(await stateOf('dan')).toEqual(['UNCONFIRMED', 'false'])
  })

  it('asks its CustomMessage function for a text with a link', async () => {
    const settings = { UserPoolId, AutoVerifiedAttributes: ['email' as const], VerificationMessageTemplate }
    await client.send(
      new UpdateUserPoolCommand({
        ...settings,
        LambdaConfig: { CustomMessage: `arn:aws:lambda:${region}:000000000000:function:Message` },
      }),
    )
    lambda.define('Message', (event) => ({
      ...event,
      response: { emailMessage: `Hi, ${String(event.request.linkParameter)}`, emailSubject: 'Ours' },
    }))
    await signUp('eve')
    const message = await messageTo('eve')
    expect(message.subject).toBe('Ours')
    expect(message.body).toMatch(/^Hi, <a href="[^"]*\/confirmUser\?[^"]*">Click Here<\/a>$/)
    await client.send(new UpdateUserPoolCommand(settings))
    expect((await fetch(await linkTo('eve'))).status).toBe(200)
  })
})
