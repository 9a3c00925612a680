// USER_PASSWORD_AUTH and ADMIN_USER_PASSWORD_AUTH: the password itself comes to the server.
import { requireSecretHash } from '../directory/secret-hash.ts'
import { proving } from './authentication-methods.ts'
import { completeSignIn, tellState } from './complete-sign-in.ts'
import { acceptImportedPassword } from './imported-password-sign-in.ts'
import { passwordAttemptsOf } from './password-attempts.ts'
import { askPreAuthentication, migrateUnknownUser } from './pre-authentication.ts'
import { candidateNamed, refuseFederated, wrongPassword } from './sign-in-candidate.ts'
import { passwordParameter, type SignInStep, usernameParameter } from './sign-in-request.ts'

export const signInWithPassword: SignInStep = async (request) => {
  const { client, parameters, context } = request
  const name = usernameParameter(parameters)
  const password = passwordParameter(parameters, 'PASSWORD')
  requireSecretHash(client, name, parameters.SECRET_HASH)
  const { user, username, credential, attempts } = await candidateNamed(name, request, () =>
    migrateUnknownUser(request, name, password),
  )
  const counted = passwordAttemptsOf(context)
  counted.check(attempts)
  refuseFederated(request, user)
  tellState(client, user)
  await askPreAuthentication(request, user)
  // Without a credential no password can be right but one whose hash was imported.
  const isRight =
    (await context.passwords.isPasswordOf(request.pool.poolId, username, password, credential)) &&
    user?.credential !== undefined
  const imported = isRight ? undefined : await acceptImportedPassword(request, user, password)
  const signedIn = isRight ? user : imported
  if (signedIn !== undefined) {
    counted.succeeded(attempts)
    await request.watch?.checkPassword(signedIn, password)
    return completeSignIn(proving(request, 'pwd'), signedIn)
  }
  counted.failed(attempts)
  throw wrongPassword()
}
