// A TCP load balancer as stands before a Region's nodes: connections go round, and past a node that takes none.
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

export type LoadBalancer = { readonly port: number; close(): Promise<void> }

/** `portsOf` is asked at each connection. */
export const startLoadBalancer = async (portsOf: () => readonly number[]): Promise<LoadBalancer> => {
  const sockets = new Set<Socket>()
  let turn = 0
  const server = createServer((client) => {
    turn += 1
    const ports = portsOf()
    const tryFrom = (index: number): void => {
      const port = ports[(turn + index) % ports.length]
      if (index === ports.length || port === undefined) {
        client.destroy()
        return
      }
      const node = connect(port, '127.0.0.1')
      const next = (): void => tryFrom(index + 1)
      node.once('error', next)
      node.once('connect', () => {
        node.off('error', next)
        for (const [one, other] of [
          [client, node],
          [node, client],
        ] as const) {
          sockets.add(one)
          one.on('error', () => other.destroy())
          one.on('close', () => {
            sockets.delete(one)
            other.destroy()
          })
        }
        client.pipe(node)
        node.pipe(client)
      })
    }
    client.on('error', () => client.destroy())
    tryFrom(0)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as { port: number }).port,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
