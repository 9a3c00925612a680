// Identities at other providers, as GetUser and ID tokens show them to apps.
import {
  AdminLinkProviderForUserCommand,
  CreateIdentityProviderCommand,
  GetUserCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { afterAll, expect, it } from 'vitest'
import { startSigninRegion } from '../support/signin-region.ts'
import { stepsOf } from '../support/signin-steps.ts'

const region = await startSigninRegion()
const { makePool, makeUser, signIn, verified } = stepsOf(region)
afterAll(() => region.close())

it('a linked identity is in the ID token and in GetUser, whatever the client may read', async () => {
  const { poolId, clientId } = await makePool({}, { ReadAttributes: ['email'] })
  await makeUser(poolId, 'ana', { email: 'ana@quarry.example', name: 'Ana' })
  await region.client.send(
    new CreateIdentityProviderCommand({
      UserPoolId: poolId,
      ProviderName: 'Corp',
      ProviderType: 'OIDC',
      ProviderDetails: {
        client_id: 'id',
        attributes_request_method: 'GET',
        authorize_scopes: 'openid',
        oidc_issuer: 'https://corp.example',
      },
    }),
  )
  const before = (await signIn(clientId, 'ana')).AuthenticationResult
  expect((await verified(poolId, clientId, before)).idToken.identities).toBeUndefined()
  await region.client.send(
    new AdminLinkProviderForUserCommand({
      UserPoolId: poolId,
      DestinationUser: { ProviderName: 'Cognito', ProviderAttributeValue: 'ana' },
      SourceUser: {
        ProviderName: 'Corp',
        ProviderAttributeName: 'Cognito_Subject',
        ProviderAttributeValue: 'ana-at-corp',
      },
    }),
  )
  const after = (await signIn(clientId, 'ana')).AuthenticationResult
  const { idToken } = await verified(poolId, clientId, after)
  expect(idToken).toMatchObject({
    identities: [
      {
        userId: 'ana-at-corp',
        providerName: 'Corp',
        providerType: 'OIDC',
        issuer: null,
        primary: 'false',
        dateCreated: expect.stringMatching(/^\d{13}$/),
      },
    ],
  })
  expect(idToken.name).toBeUndefined()
  const { UserAttributes } = await region.client.send(new GetUserCommand({ AccessToken: after?.AccessToken }))
  expect(UserAttributes?.map(({ Name }) => Name)).toEqual(['sub', 'email', 'identities'])
})
