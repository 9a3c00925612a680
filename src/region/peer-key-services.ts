// How this Region's key service reaches the others: over the port between Regions.
import type { PeerKeyServices } from '../keys/peers.ts'
import { PeerFailure, type PeerTransport } from '../replication/peer-port.ts'
import { Fault } from '../wire/fault.ts'

export const keyNewsCall = 'key-service'

/** A refusal is the other key service's answer; being unreachable, or failing inside, is not. */
const isRefusal = ({ code }: PeerFailure): boolean =>
  code.endsWith('Exception') && code !== 'InternalErrorException'

export const createPeerKeyServices = (
  transport: PeerTransport,
  knownRegions: readonly string[],
): PeerKeyServices => ({
  knownRegions,
  send: async (region, message) => {
    try {
      await transport.call(region, keyNewsCall, message)
    } catch (error) {
      if (error instanceof PeerFailure && isRefusal(error))
        throw new Fault(error.code, error.message, { cause: error })
      throw error
    }
  },
})
