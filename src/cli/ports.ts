// Ports for the router and the Regions: those asked for, checked to be free, or any free ones.
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { CliFailure } from './cli-failure.ts'

const listen = async (host: string, port: number): Promise<Server> => {
  const server = createServer()
  server.listen(port, host)
  await once(server, 'listening')
  return server
}

const close = async (server: Server): Promise<void> => {
  server.close()
  await once(server, 'close')
}

const reasons: Readonly<Record<string, (host: string, port: number) => string>> = {
  EADDRINUSE: (host, port) =>
    `Port ${port} of ${host} is in use. Choose another with --port (0 for any free ones).`,
  EACCES: (_, port) => `Port ${port} may not be used by this user. Choose another with --port.`,
  EADDRNOTAVAIL: (host) => `--host: ${host} is not an address of this machine.`,
  ENOTFOUND: (host) => `--host: ${host} is not an address of this machine.`,
}

const portOf = (server: Server): number => {
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new TypeError('a TCP server has a port')
  return address.port
}

/** `count` ports from `first` on, or any with `first` 0. Rejects with CliFailure when one can't be had. */
export const findPorts = async (host: string, first: number, count: number): Promise<readonly number[]> => {
  if (first + count - 1 > 65_535)
    throw new CliFailure(`--port: the ${count} ports from ${first} on end above 65535.`, 'wrongUse')
  const servers: Server[] = []
  try {
    for (let index = 0; index < count; index++) {
      const port = first === 0 ? 0 : first + index
      try {
        servers.push(await listen(host, port))
      } catch (error) {
        const reason = error instanceof Error && 'code' in error ? reasons[String(error.code)] : undefined
        if (reason === undefined) throw error
        throw new CliFailure(reason(host, port), 'failed', { cause: error })
      }
    }
    return servers.map(portOf)
  } finally {
    await Promise.all(servers.map(close))
  }
}
