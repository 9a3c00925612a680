// The demo as a story: each step has what it needs from those before, and says what it proved.
import type { Supervisor } from '../supervisor.ts'
import { bringPrimaryBack } from './bring-primary-back.ts'
import { changePlaces } from './change-places.ts'
import { watchLag } from './lag-watch.ts'
import { liveOnSecondary } from './live-on-secondary.ts'
import { losePrimary } from './lose-primary.ts'
import type { Chapter, Narrator } from './narrator.ts'
import { setUpPool } from './set-up-pool.ts'
import { signInAtPrimary } from './sign-in-at-primary.ts'
import { createStage, type Prove } from './stage.ts'

export const demoRegions = { primary: 'us-east-1', secondary: 'us-west-2' } as const

/** Tells it to the end. Rejects with the first thing that doesn't hold, after saying which step it was. */
export const tellStory = async (
  narrator: Narrator,
  startDeployment: (prove: Prove) => Promise<Supervisor>,
): Promise<void> => {
  const { primary, secondary } = demoRegions
  const startedMs = performance.now()
  const chapters: Chapter[] = []
  let lag: ReturnType<typeof watchLag> | undefined

  const step = async <Result>(
    title: string,
    proven: string,
    work: (prove: Prove) => Promise<Result>,
  ): Promise<Result> => {
    const number = chapters.length + 1
    const beganMs = performance.now()
    narrator.chapter(number, title)
    await lag?.take()
    try {
      const result = await work(narrator.fact)
      const tookMs = performance.now() - beganMs
      chapters.push({ title, proven, tookMs, lag: await lag?.take() })
      return result
    } catch (error) {
      narrator.failure(
        number,
        title,
        error instanceof Error ? `${error.name}: ${error.message}` : String(error),
      )
      throw error
    }
  }

  narrator.open()
  try {
    const supervisor = await step('Start', 'two Regions and the router, a process each', startDeployment)
    const stage = createStage(supervisor, primary, secondary)
    lag = watchLag(stage.secondary.origin)
    const pool = await step('Set up', 'key in both Regions, pool, clients, users, replica ACTIVE', (prove) =>
      setUpPool(stage, prove),
    )
    const first = await step('Sign in', `SRP and client_credentials at ${primary}`, (prove) =>
      signInAtPrimary(stage, pool, prove),
    )
    await step('Lose the primary', `${primary} is gone, by SIGKILL`, (prove) => losePrimary(stage, prove))
    await step('Go on', `same password, tokens, secret and issuer at ${secondary}`, (prove) =>
      liveOnSecondary(stage, pool, first, prove),
    )
    await step('Come back', 'nothing lost, revocation arrived, replication goes on', (prove) =>
      bringPrimaryBack(stage, pool, first, prove),
    )
    await step('Change places', `${secondary} is the primary, by one call`, (prove) =>
      changePlaces(stage, pool, first, prove),
    )
    narrator.close(chapters, performance.now() - startedMs)
  } finally {
    lag?.stop()
  }
}
