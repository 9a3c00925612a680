// The port between Regions: calls with a small answer, and streams. src/region/ carries it over authenticated HTTP; simulations hand in their own.

/** The peer answered with an error, or can't be reached. `code` is the peer's Fault code, or `Unreachable`. */
export class PeerFailure extends Error {
  readonly code: string
  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'PeerFailure'
    this.code = code
  }
}

/** Code of the PeerFailure of a call that this Region gave up by itself. */
export const interruptedCode = 'Interrupted'

/** JSON in and out, at most 8 MiB. Rejects with PeerFailure. */
export type PeerCall = (
  region: string,
  name: string,
  body: unknown,
  options?: { readonly timeoutMs?: number },
) => Promise<unknown>

/**
 * Opens a stream of binary frames from the peer (each at most 16 MiB). The iterator ends when the peer ends it, throws PeerFailure when the
 * connection breaks or nothing came for `idleTimeoutMs` (peers send an empty frame as a heartbeat), and closes it when `signal` aborts.
 */
export type PeerStream = (
  region: string,
  name: string,
  body: unknown,
  options: { readonly signal: AbortSignal; readonly idleTimeoutMs: number },
) => AsyncIterable<Uint8Array>

export type PeerTransport = { readonly call: PeerCall; readonly stream: PeerStream }

/** What a Region answers its peers: by name, the authenticated Region that asks handed in. Faults thrown here reach the caller as PeerFailure. */
export type PeerCallHandler = (fromRegion: string, body: unknown) => Promise<unknown>
/** `signal` aborts when the connection is gone; the transport stops pulling frames while the peer does not read (back-pressure). */
export type PeerStreamHandler = (
  fromRegion: string,
  body: unknown,
  signal: AbortSignal,
) => AsyncIterable<Uint8Array>

export type PeerHandlers = {
  readonly calls: Readonly<Record<string, PeerCallHandler>>
  readonly streams: Readonly<Record<string, PeerStreamHandler>>
}
