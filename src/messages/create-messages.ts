// The Messages port as a development deployment has it: every message goes into the inbox of its pool.
import type { Messages } from '../directory/messages-port.ts'
import { Conflict } from '../store/store.ts'
import type { Clock, Random } from '../telemetry/clock.ts'
import type { Logger } from '../telemetry/log.ts'
import type { WritableRecords } from '../vault/records.ts'
import type { Vault } from '../vault/vault.ts'
import { inbox, inboxMessagesMax, trimInbox } from './inbox.ts'

const messageIdBytes = 12

export const createMessages = (options: {
  readonly vault: Vault
  readonly clock: Clock
  readonly random: Random
  readonly log: Pick<Logger, 'info'>
}): Messages => {
  const { vault, clock, random, log } = options
  // Orders messages of the same millisecond; the random part makes the ID unique across restarts.
  let sentCount = 0

  /** Another sender may be trimming at the same moment; one of the two is enough. */
  const makeRoom = async (records: WritableRecords<'regional'>): Promise<void> => {
    try {
      await trimInbox(records, clock.now())
    } catch (error) {
      if (!(error instanceof Conflict)) throw error
    }
  }

  return {
    send: async (given) => {
      const {
        poolId,
        about: _,
        from: _from,
        isHtml: _isHtml,
        link: _link,
        isQuiet: _isQuiet,
        ...message
      } = given
      // Regional data on the primary too: the inbox belongs to the Region that sends.
      const records = vault.pool(poolId).secondary
      if ((await records.count(inbox)) >= inboxMessagesMax) await makeRoom(records)
      sentCount += 1
      const messageId = `${String(sentCount).padStart(12, '0')}-${random.bytes(messageIdBytes).toString('base64url')}`
      await records.commit((changes) => changes.create(inbox, { messageId, atMs: clock.now(), ...message }))
      log.info({ poolId, channel: message.channel }, 'a message is in the development inbox')
    },
  }
}
