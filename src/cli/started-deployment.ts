// The deployment that was started in a data folder, as another command finds it.
import { join, resolve } from 'node:path'
import { CliFailure } from './cli-failure.ts'
import { readFileIfAny } from './data-folder.ts'
import { type Deployment, readDeployment } from './deployment.ts'
import { type DeploymentEndpoints, deploymentEndpoints } from './endpoints.ts'

const endpointsOf = (text: string, path: string): DeploymentEndpoints => {
  try {
    return deploymentEndpoints.parse(JSON.parse(text))
  } catch (error) {
    throw new CliFailure(`${path} is damaged. It is written anew when the deployment starts.`, 'failed', {
      cause: error,
    })
  }
}

/** Throws CliFailure when none was started there. */
export const readStartedDeployment = (
  dataFolder: string,
): { readonly deployment: Deployment; readonly endpoints: DeploymentEndpoints } => {
  const folder = resolve(dataFolder)
  const deployment = readDeployment(join(folder, 'deployment.json'))
  const text = readFileIfAny(join(folder, 'endpoints.json'))
  if (deployment === undefined || text === undefined)
    throw new CliFailure(
      `No deployment was started in ${folder} yet. Run npm start, or name its folder with --data.`,
    )
  return { deployment, endpoints: endpointsOf(text, join(folder, 'endpoints.json')) }
}
