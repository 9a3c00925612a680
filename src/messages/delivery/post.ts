// One HTTP POST (or PUT) to a service that delivers messages or logs: bounded in time, without redirects, its answer read within a limit.
import { DeliveryFailure } from './transport.ts'

const answerBytesMax = 64 * 1024

const readLimited = async (answer: Response): Promise<string> => {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of answer.body ?? []) {
    length += chunk.length
    if (length > answerBytesMax) throw new DeliveryFailure('the answer is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** Resolves with status and text of whatever answer came. Rejects with DeliveryFailure when none came in time. */
export const post = async (
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string | Uint8Array<ArrayBuffer>,
  timeLimitMs: number,
  { method = 'POST', signal }: { readonly method?: 'POST' | 'PUT'; readonly signal?: AbortSignal } = {},
): Promise<{ readonly status: number; readonly text: string }> => {
  try {
    const answer = await fetch(url, {
      method,
      headers,
      body,
      // A redirect would take the message to a place that nobody configured.
      redirect: 'manual',
      signal: AbortSignal.any([AbortSignal.timeout(timeLimitMs), ...(signal === undefined ? [] : [signal])]),
    })
    return { status: answer.status, text: await readLimited(answer) }
  } catch (error) {
    if (error instanceof DeliveryFailure) throw error
    const isLate = error instanceof Error && error.name === 'TimeoutError'
    throw new DeliveryFailure(isLate ? 'time-out' : 'no answer', { cause: error })
  }
}
