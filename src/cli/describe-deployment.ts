// What `start` tells a person: the endpoints, and how to point things at them.
import type { AccessKey } from './deployment.ts'
import type { DeploymentEndpoints } from './endpoints.ts'

export const describeDeployment = (endpoints: DeploymentEndpoints, accessKey: AccessKey): string => {
  const { router, regions, dataFolder, authorityFile, baseDomain } = endpoints
  const names = Object.keys(regions)
  const width = Math.max(...names.map((name) => name.length), 'router'.length)
  const row = (name: string, value: string): string => `  ${name.padEnd(width)}  ${value}`
  const isDefaultFolder = dataFolder === `${process.cwd()}/data`
  const first = names[0] ?? ''
  return [
    '',
    'Twinpool is ready.',
    '',
    row('router', `${router}    one URL for every Region`),
    ...Object.entries(regions).map(([name, origin]) => row(name, origin)),
    row('data', dataFolder),
    ...(authorityFile === undefined ? [] : [row('CA', authorityFile)]),
    ...(baseDomain === undefined
      ? []
      : [row('names', `cognito-idp.${first}.${baseDomain} and so on, at the router`)]),
    '',
    'AWS CLI and SDKs, in another terminal, in this folder:',
    '',
    `  eval "$(npx twinpool env${isDefaultFolder ? '' : ` --data ${dataFolder}`})"    # access key ${accessKey.accessKeyId}`,
    `  aws cognito-idp list-user-pools --max-results 10 --region ${first}`,
    '',
    '  Older than AWS CLI 2.13 or 1.29, or boto3 1.28 (Debian 12 is)? They overlook AWS_ENDPOINT_URL and call Amazon:',
    `  add --endpoint-url ${router} to each command, endpoint_url to each client.`,
    '',
    'SDK for JavaScript:',
    '',
    `  new CognitoIdentityProviderClient({ region: '${first}', endpoint: '${router}' })`,
    '',
    'Ctrl-C stops all of it; the data stays.',
    '',
  ].join('\n')
}
