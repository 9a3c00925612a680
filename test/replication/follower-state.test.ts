// The follower's transition table, walked in full, and the register that two Regions may set.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type FollowerState,
  followerEvents,
  followerStates,
  followerTransitions,
  nextFollowerState,
} from '../../src/replication/follower-state.ts'
import { mergeStatus, type StatusRegister, setStatus } from '../../src/replication/status-register.ts'

describe('the transition table', () => {
  test('says for every state and event where it leads or that it is impossible, and impossible ones throw', () => {
    for (const state of followerStates)
      for (const event of followerEvents) {
        const next = followerTransitions[state][event]
        if (next === 'impossible') expect(() => nextFollowerState(state, event)).toThrow(state)
        else expect(followerStates).toContain(nextFollowerState(state, event))
      }
  })

  test('leads to stopped from every state by one event, and out of it by none', () => {
    for (const state of followerStates) expect(nextFollowerState(state, 'stop')).toBe('stopped')
    for (const event of followerEvents)
      expect(['stopped', 'impossible']).toContain(followerTransitions.stopped[event])
  })

  test('leads from every state but stopped back to following', () => {
    const reached = new Set<FollowerState>(['following'])
    for (let round = 0; round < followerStates.length; round += 1)
      for (const state of followerStates)
        if (
          Object.values(followerTransitions[state]).some((next) => next !== 'impossible' && reached.has(next))
        )
          reached.add(state)
    expect([...reached].toSorted()).toEqual(followerStates.filter((state) => state !== 'stopped').toSorted())
  })
})

describe('the status register', () => {
  const register = fc.record({
    status: fc.constantFrom('CREATING', 'INACTIVE', 'ACTIVE', 'DELETING'),
    statusAtMs: fc.nat({ max: 3 }),
  }) as fc.Arbitrary<StatusRegister>

  test('merges the same in any order and any number of times', () => {
    fc.assert(
      fc.property(register, register, register, (one, two, three) => {
        expect(mergeStatus(one, two)).toEqual(mergeStatus(two, one))
        expect(mergeStatus(mergeStatus(one, two), three)).toEqual(mergeStatus(one, mergeStatus(two, three)))
        expect(mergeStatus(one, one)).toEqual(one)
      }),
    )
  })

  test('keeps a status that was set upon what was known, whatever the clock said, and never undoes a deletion', () => {
    fc.assert(
      fc.property(register, fc.nat({ max: 5 }), (known, nowMs) => {
        const active = setStatus(known, 'ACTIVE', nowMs)
        expect(mergeStatus(known, active).status).toBe(known.status === 'DELETING' ? 'DELETING' : 'ACTIVE')
      }),
    )
  })
})
