// The states of a follower and every way between them (SPEC.md, "States"): data, so that a test can walk all of it.

export const followerStates = ['checking', 'copying', 'following', 'waiting', 'diverged', 'stopped'] as const
export type FollowerState = (typeof followerStates)[number]

export const followerEvents = [
  'copy-needed',
  'copy-whole',
  'failed',
  'trimmed',
  'diverged',
  'retry',
  'recopy',
  'stop',
] as const
export type FollowerEvent = (typeof followerEvents)[number]

type Row = Readonly<Record<FollowerEvent, FollowerState | 'impossible'>>

export const followerTransitions: Readonly<Record<FollowerState, Row>> = {
  checking: {
    'copy-needed': 'copying',
    'copy-whole': 'following',
    failed: 'waiting',
    trimmed: 'impossible',
    diverged: 'diverged',
    retry: 'impossible',
    recopy: 'checking',
    stop: 'stopped',
  },
  copying: {
    'copy-needed': 'impossible',
    'copy-whole': 'following',
    failed: 'waiting',
    trimmed: 'impossible',
    diverged: 'diverged',
    retry: 'impossible',
    recopy: 'checking',
    stop: 'stopped',
  },
  following: {
    'copy-needed': 'impossible',
    'copy-whole': 'impossible',
    failed: 'waiting',
    trimmed: 'checking',
    diverged: 'diverged',
    retry: 'impossible',
    recopy: 'checking',
    stop: 'stopped',
  },
  waiting: {
    'copy-needed': 'impossible',
    'copy-whole': 'impossible',
    failed: 'impossible',
    trimmed: 'impossible',
    diverged: 'impossible',
    retry: 'checking',
    recopy: 'checking',
    stop: 'stopped',
  },
  diverged: {
    'copy-needed': 'impossible',
    'copy-whole': 'impossible',
    failed: 'impossible',
    trimmed: 'impossible',
    diverged: 'impossible',
    retry: 'impossible',
    recopy: 'checking',
    stop: 'stopped',
  },
  stopped: {
    'copy-needed': 'impossible',
    'copy-whole': 'impossible',
    failed: 'impossible',
    trimmed: 'impossible',
    diverged: 'impossible',
    retry: 'impossible',
    recopy: 'impossible',
    stop: 'stopped',
  },
}

export const nextFollowerState = (state: FollowerState, event: FollowerEvent): FollowerState => {
  const next = followerTransitions[state][event]
  if (next === 'impossible') throw new Error(`a follower that is ${state} can't meet ${event}`)
  return next
}
