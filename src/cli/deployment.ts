// What a deployment keeps over restarts: account, Regions, access keys and the secret its parts share.
import { z } from 'zod'
import { accessKey, regionName } from '../region/configuration.ts'
import type { Random } from '../telemetry/clock.ts'
import { CliFailure } from './cli-failure.ts'
import { readFileIfAny, writePrivateFile } from './data-folder.ts'

const regionsMax = 16
export const accessKeysMax = 1_000

export const accountId = z.string().regex(/^\d{12}$/, 'an account ID has 12 digits')
export const regionNames = z
  .array(regionName)
  .min(1, 'name at least one Region')
  .max(regionsMax, `a deployment has at most ${regionsMax} Regions`)
  .refine((names) => new Set(names).size === names.length, 'a Region is named twice')

const deployment = z.object({
  account: accountId,
  regions: regionNames,
  /** Root's first; then those of users. */
  accessKeys: z.array(accessKey).min(1).max(accessKeysMax),
  deploymentSecret: z.base64(),
})

export type Deployment = z.infer<typeof deployment>
export type AccessKey = z.infer<typeof accessKey>

export type RequestedDeployment = {
  readonly account?: string | undefined
  readonly regions?: readonly string[] | undefined
  readonly accessKey?: AccessKey | undefined
}

const defaults = { account: '000000000000', regions: ['us-east-1', 'us-west-2'] } as const

const keyIdAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const secretAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** Both alphabets have a power of two of letters, so a byte's low bits pick one evenly. */
const pick = (random: Random, alphabet: string, length: number): string =>
  [...random.bytes(length)].map((byte) => alphabet.charAt(byte & (alphabet.length - 1))).join('')

/** In the shape of IAM's long-term access keys: 20 and 40 characters. */
export const makeAccessKey = (random: Random): AccessKey => ({
  accessKeyId: `AKIA${pick(random, keyIdAlphabet, 16)}`,
  secretAccessKey: pick(random, secretAlphabet, 40),
})

/** What the file holds, or undefined when there is none. Throws CliFailure when it can't be read as a deployment. */
export const readDeployment = (path: string): Deployment | undefined => {
  const text = readFileIfAny(path)
  if (text === undefined) return undefined
  try {
    return deployment.parse(JSON.parse(text))
  } catch (error) {
    throw new CliFailure(`${path} is damaged.`, 'failed', { cause: error })
  }
}

/** Reads the deployment or makes it, applies what was asked for, and keeps it. Throws CliFailure for another account. */
export const openDeployment = (path: string, requested: RequestedDeployment, random: Random): Deployment => {
  const kept = readDeployment(path)
  if (kept !== undefined && requested.account !== undefined && requested.account !== kept.account)
    throw new CliFailure(
      `--account: the data folder holds account ${kept.account}, which is part of every ARN in it. Choose another folder with --data.`,
      'wrongUse',
    )
  const opened: Deployment = {
    account: kept?.account ?? requested.account ?? defaults.account,
    regions: [...(requested.regions ?? kept?.regions ?? defaults.regions)],
    accessKeys:
      requested.accessKey === undefined
        ? (kept?.accessKeys ?? [makeAccessKey(random)])
        : [requested.accessKey, ...(kept?.accessKeys ?? []).filter(({ userName }) => userName !== undefined)],
    deploymentSecret: kept?.deploymentSecret ?? random.bytes(32).toString('base64'),
  }
  writePrivateFile(path, `${JSON.stringify(opened, undefined, 2)}\n`)
  return opened
}
