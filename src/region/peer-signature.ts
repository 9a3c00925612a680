// How calls between Regions prove who sends them: an HMAC over method, path, sender, receiver, time and body hash.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { Fault } from '../wire/fault.ts'

const clockSkewMaxMs = 300_000

type SignedCall = {
  readonly path: string
  readonly fromRegion: string
  readonly toRegion: string
  readonly atMs: number
  readonly body: Uint8Array
}

const signatureOf = (key: Uint8Array, call: SignedCall): Buffer =>
  createHmac('sha256', key)
    .update(
      JSON.stringify([
        call.path,
        call.fromRegion,
        call.toRegion,
        call.atMs,
        createHash('sha256').update(call.body).digest('hex'),
      ]),
    )
    .digest()

/** The headers that a peer call carries. */
export const signPeerCall = (key: Uint8Array, call: SignedCall): Record<string, string> => ({
  'x-twinpool-region': call.fromRegion,
  'x-twinpool-time': String(call.atMs),
  'x-twinpool-signature': signatureOf(key, call).toString('hex'),
})

/** The Region that sent the call. Throws a Fault (403) for anything not signed by a Region of this deployment for this Region, now. */
export const verifyPeerCall = (
  key: Uint8Array,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  call: {
    readonly path: string
    readonly toRegion: string
    readonly body: Uint8Array
    readonly nowMs: number
  },
): string => {
  const refused = new Fault('AccessDeniedException', 'This is not a call of a Region of this deployment.', {
    status: 403,
  })
  const fromRegion = headers['x-twinpool-region']
  const time = headers['x-twinpool-time']
  const signature = headers['x-twinpool-signature']
  if (typeof fromRegion !== 'string' || typeof time !== 'string' || typeof signature !== 'string')
    throw refused
  const atMs = Number(time)
  if (!Number.isSafeInteger(atMs) || Math.abs(call.nowMs - atMs) > clockSkewMaxMs) throw refused
  const expected = signatureOf(key, { ...call, fromRegion, atMs })
  const given = Buffer.from(signature, 'hex')
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw refused
  return fromRegion
}
