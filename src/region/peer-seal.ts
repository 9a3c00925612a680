// How Regions talk to each other unheard and as themselves, whatever network is between: every call, answer and frame is sealed under a key of the deployment.
import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { PeerFailure } from '../replication/peer-port.ts'
import type { Clock, Random } from '../telemetry/clock.ts'
import { type DataKey, open, SealBroken, seal } from '../vault/envelope.ts'
import { Fault } from '../wire/fault.ts'

const clockSkewMaxMs = 300_000
/** Of calls that were taken, so many are known again. */
const takenMax = 100_000

type CallPlace = {
  readonly path: string
  readonly fromRegion: string
  readonly toRegion: string
  readonly atMs: number
}

const requestPlace = ({ path, fromRegion, toRegion, atMs }: CallPlace): string =>
  JSON.stringify(['request', path, fromRegion, toRegion, atMs])
const answerPlace = (callId: string, status: number): string => JSON.stringify(['answer', callId, status])
const framePlace = (callId: string, index: number): string => JSON.stringify(['frame', callId, index])

/** No two calls have the same: their nonces are random. */
const callIdOf = (sealed: Uint8Array): string => createHash('sha256').update(sealed).digest('base64url')

export type SealedCall = {
  readonly callId: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** A call as it leaves: only the deployment's Regions can make it, only they can read it, and it is good for this Region and moment only. */
export const sealCall = (key: DataKey, place: CallPlace, body: Uint8Array, random: Random): SealedCall => {
  const sealed = seal(key, body, requestPlace(place), random)
  return {
    callId: callIdOf(sealed),
    headers: { 'x-twinpool-region': place.fromRegion, 'x-twinpool-time': String(place.atMs) },
    body: sealed,
  }
}

export type OpenedCall = { readonly fromRegion: string; readonly callId: string; readonly body: Buffer }

export type CallOpener = {
  /** Throws a Fault (403) for anything that was not sealed by a Region of this deployment for this Region, now, and for what was taken before. */
  open(
    headers: Readonly<Record<string, string | string[] | undefined>>,
    path: string,
    sealed: Uint8Array,
  ): OpenedCall
}

export const createCallOpener = (key: DataKey, toRegion: string, clock: Clock): CallOpener => {
  const taken = new LRUCache<string, true>({
    max: takenMax,
    ttl: clockSkewMaxMs * 2,
    perf: { now: () => clock.now() },
  })
  return {
    open: (headers, path, sealed) => {
      const refused = new Fault(
        'AccessDeniedException',
        'This is not a call of a Region of this deployment.',
        {
          status: 403,
        },
      )
      const fromRegion = headers['x-twinpool-region']
      const time = headers['x-twinpool-time']
      if (typeof fromRegion !== 'string' || typeof time !== 'string') throw refused
      const atMs = Number(time)
      if (!Number.isSafeInteger(atMs) || Math.abs(clock.now() - atMs) > clockSkewMaxMs) throw refused
      try {
        const body = open(key, sealed, requestPlace({ path, fromRegion, toRegion, atMs }))
        const callId = callIdOf(sealed)
        if (taken.has(callId)) throw refused
        taken.set(callId, true)
        return { fromRegion, callId, body }
      } catch (error) {
        if (error instanceof SealBroken) throw refused
        throw error
      }
    },
  }
}

/** Marks an answer that is sealed: one that is not comes from something in between, and is not believed. */
export const sealedHeader = 'x-twinpool-sealed'

export const sealAnswer = (
  key: DataKey,
  callId: string,
  status: number,
  answer: unknown,
  random: Random,
): Buffer => seal(key, Buffer.from(JSON.stringify(answer ?? null)), answerPlace(callId, status), random)

/** Throws PeerFailure for an answer that is not the called Region's answer to this call. */
export const openAnswer = (key: DataKey, callId: string, status: number, sealed: Uint8Array): unknown => {
  try {
    return JSON.parse(open(key, sealed, answerPlace(callId, status)).toString('utf8')) as unknown
  } catch (error) {
    if (!(error instanceof SealBroken)) throw error
    throw new PeerFailure('Unreachable', 'an answer is not of the Region that was called', { cause: error })
  }
}

const kinds = { data: 0, end: 1, failure: 2 } as const

export type FrameSealer = {
  data(frame: Uint8Array): Buffer
  /** An orderly end: without it a stream broke off. */
  end(): Buffer
  failure(code: string, message: string): Buffer
}

/** Frames of one stream, each bound to the call and to its place in the stream: none can be left out, repeated or moved. */
export const frameSealer = (key: DataKey, callId: string, random: Random): FrameSealer => {
  let index = 0
  const sealed = (kind: number, payload: Uint8Array): Buffer => {
    const place = framePlace(callId, index)
    index += 1
    return seal(key, Buffer.concat([Buffer.of(kind), payload]), place, random)
  }
  return {
    data: (frame) => sealed(kinds.data, frame),
    end: () => sealed(kinds.end, new Uint8Array()),
    failure: (code, message) => sealed(kinds.failure, Buffer.from(JSON.stringify({ code, message }))),
  }
}

/** The frames of a stream until its end. Throws PeerFailure for its failure, for a frame that is not the next one, and for an end without the mark. */
export async function* openFrames(
  key: DataKey,
  callId: string,
  frames: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let index = 0
  for await (const frame of frames) {
    let opened: Buffer
    try {
      opened = open(key, frame, framePlace(callId, index))
    } catch (error) {
      if (!(error instanceof SealBroken)) throw error
      throw new PeerFailure('FrameBroken', 'a frame is not the next one of the stream', { cause: error })
    }
    index += 1
    if (opened[0] === kinds.end) return
    if (opened[0] === kinds.failure) {
      const { code, message } = JSON.parse(opened.subarray(1).toString('utf8')) as {
        code: string
        message: string
      }
      throw new PeerFailure(code, message)
    }
    yield opened.subarray(1)
  }
  throw new PeerFailure('Unreachable', 'the stream broke off')
}
