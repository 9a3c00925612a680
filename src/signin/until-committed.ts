// What must not be run again from its beginning, because a code was used up on the way, is tried again where it stands.
import { Conflict } from '../store/store.ts'

const attemptsMax = 5

/** Runs `work`, again when another commit got between. Rejects with Conflict after five. */
export const untilCommitted = async (work: () => Promise<void>): Promise<void> => {
  for (let attempt = 1; ; attempt += 1)
    try {
      await work()
      return
    } catch (error) {
      if (!(error instanceof Conflict) || attempt === attemptsMax) throw error
    }
}
