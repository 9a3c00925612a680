// A TCP proxy before a server, which records what passes and can change what comes back.
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** What a test starts, ended in reverse order after it. */
export type Ending = () => unknown

export type RecordingProxy = {
  readonly port: number
  /** All that passed, in both directions. */
  seen(): Buffer
  connectionCount(): number
}

export const startProxy = async (
  to: number,
  endings: Ending[],
  change: (bytes: Buffer) => Buffer = (bytes) => bytes,
): Promise<RecordingProxy> => {
  const seen: Buffer[] = []
  const sockets = new Set<Socket>()
  let connectionCount = 0
  const server = createServer((near) => {
    const far = connect(to, '127.0.0.1')
    connectionCount += 1
    for (const [one, other, changed] of [
      [near, far, (bytes: Buffer) => bytes],
      [far, near, change],
    ] as const) {
      sockets.add(one)
      one.setNoDelay(true)
      one.on('data', (bytes: Buffer) => {
        seen.push(bytes)
        // As slow as the slower side: what waits here would hide what waits at the ends.
        if (!other.write(changed(bytes))) {
          one.pause()
          other.once('drain', () => one.resume())
        }
      })
      one.on('error', () => other.destroy())
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  endings.push(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  })
  return {
    port: (server.address() as AddressInfo).port,
    seen: () => Buffer.concat(seen),
    connectionCount: () => connectionCount,
  }
}
