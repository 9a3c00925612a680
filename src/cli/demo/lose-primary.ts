// Step 4: the primary Region dies in the middle of its work.
import { ListUserPoolsCommand } from '@aws-sdk/client-cognito-identity-provider'
import { positionsBehind } from './lag-watch.ts'
import type { Prove, Stage } from './stage.ts'
import { expectThat, failureOf, until } from './until.ts'

export const losePrimary = async ({ supervisor, primary, secondary }: Stage, prove: Prove): Promise<void> => {
  await until(`${secondary.region} has everything`, async () =>
    (await positionsBehind(primary.origin)) === 0 ? true : undefined,
  )
  const pid = supervisor.pid(primary.region)
  await supervisor.kill(primary.region)
  expectThat(supervisor.pid(primary.region) === undefined, `The process of ${primary.region} still runs.`)
  prove(`SIGKILL to process ${pid}`)
  await failureOf(
    `A call to ${primary.region}`,
    primary.cognito.send(new ListUserPoolsCommand({ MaxResults: 1 })),
  )
  prove(`${primary.origin} answers nothing any more`)
}
