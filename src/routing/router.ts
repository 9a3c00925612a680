// One URL for every Region: finds out what a request is about, which Regions may serve it, and passes it on to the first that answers.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from '../telemetry/log.ts'
import { type Choice, chooseRegions } from './candidates.ts'
import { type Forwarder, NoAnswer } from './forward.ts'
import { BodyTooLarge, readBody } from './limited-body.ts'
import type { PoolLocations } from './pool-locations.ts'
import { type Refusal, refuse } from './refusal.ts'
import type { RegionHealth } from './region-health.ts'
import { type RequestTarget, requestTarget } from './request-target.ts'
import { needsBody, type RequestHead, type Subject, signedRegion, subjectOf } from './subject.ts'

/** A body that must be read before a Region can be chosen: AWS JSON of a sign-in, or a form. */
const readBytesMax = 1024 * 1024

export type RouterOptions = {
  readonly regions: readonly { readonly name: string; readonly origin: string }[]
  readonly baseDomain: string | undefined
  readonly health: RegionHealth
  readonly locations: PoolLocations
  readonly forwarder: Forwarder
  readonly log: Logger
}

const headOf = (request: IncomingMessage, { path, query }: RequestTarget): RequestHead => {
  const target = request.headers['x-amz-target']
  return {
    method: request.method ?? 'GET',
    url: `${path}${query}`,
    host: request.headers.host,
    authorization: request.headers.authorization,
    contentType: request.headers['content-type'],
    target: typeof target === 'string' ? target : undefined,
  }
}

const notATarget: Refusal = {
  status: 400,
  code: 'UnknownOperationException',
  message: 'The request target names no path.',
}

const tooLarge: Refusal = {
  status: 413,
  code: 'RequestEntityTooLargeException',
  message: 'The request is larger than this endpoint takes.',
}

export const createRouter = (
  options: RouterOptions,
): ((request: IncomingMessage, response: ServerResponse) => Promise<void>) => {
  const origins = new Map(options.regions.map(({ name, origin }) => [name, origin]))
  const names = [...origins.keys()]

  const choose = async (subject: Subject): Promise<Choice | Refusal> => {
    // A Region that the caller named has no stand-in: it is tried even when the last probe failed, since it may just have come back.
    if (subject.kind === 'region') {
      if (origins.has(subject.region)) return { kind: 'regions', regions: [subject.region] }
      return {
        status: 400,
        code: 'InvalidSignatureException',
        message: `Credential should be scoped to a valid Region: this deployment has ${names.join(', ')}, not '${subject.region.slice(0, 64)}'.`,
      }
    }
    const situation = { regions: names, isLiving: options.health.isLiving }
    if (subject.kind === 'any') return chooseRegions(subject, { ...situation, replicas: [] })
    const query =
      subject.kind === 'issuer'
        ? { by: 'pool' as const, value: subject.poolId }
        : { by: subject.kind, value: subject.value }
    return chooseRegions(subject, { ...situation, replicas: await options.locations.find(query) })
  }

  const own = (response: ServerResponse, path: string): void => {
    if (path !== '/_twinpool/health') {
      // What Regions tell each other and their operator is not for the world.
      const refusal: Refusal = {
        status: 404,
        code: 'UnknownOperationException',
        message: 'There is no such endpoint here.',
      }
      refuse(response, refusal, false)
      return
    }
    const regions = options.health.states()
    const isAnyLiving = Object.values(regions).some(({ isLiving }) => isLiving)
    response.writeHead(isAnyLiving ? 200 : 503, {
      'content-type': 'application/json',
      'cache-control': 'no-store',
    })
    response.end(JSON.stringify({ status: isAnyLiving ? 'ok' : 'no Region answers', regions }))
  }

  /** Tries the Regions in order. A request that may have been worked on isn't sent again, unless it only reads. */
  const serve = async (
    request: IncomingMessage,
    response: ServerResponse,
    regions: readonly string[],
    path: string,
    body: Buffer | undefined,
  ): Promise<Refusal | undefined> => {
    const isReading = request.method === 'GET' || request.method === 'HEAD'
    let refusal: Refusal | undefined
    for (const region of regions) {
      try {
        const origin = origins.get(region) ?? ''
        await options.forwarder.forward(request, response, { origin, path, body })
        return undefined
      } catch (error) {
        if (error instanceof BodyTooLarge) return tooLarge
        if (!(error instanceof NoAnswer)) throw error
        if (response.destroyed) return undefined
        options.log.warn({ region, err: error.cause, isSent: error.isSent }, 'a Region gave no answer')
        if (!error.isSent) options.health.markDead(region)
        refusal = error.isLate
          ? {
              status: 504,
              code: 'RequestTimeoutException',
              message: `Region ${region} did not answer in time.`,
            }
          : { status: 503, code: 'ServiceUnavailableException', message: `Region ${region} does not answer.` }
        if (error.isSent && !isReading) return refusal
      }
    }
    return refusal
  }

  return async (request, response) => {
    const target = requestTarget(request.url ?? '/')
    if (target === undefined) {
      refuse(response, notATarget, false)
      return
    }
    const head = headOf(request, target)
    const isAws = head.target !== undefined || signedRegion(head) !== undefined
    const { path } = target
    if (path.startsWith('/_')) {
      own(response, path)
      return
    }
    try {
      const isRead = needsBody(head, options.baseDomain)
      const body = isRead ? await readBody(request, readBytesMax) : Buffer.alloc(0)
      const subject = subjectOf(head, body, options.baseDomain)
      const choice = await choose(subject)
      if ('code' in choice) {
        refuse(response, choice, true)
        return
      }
      if (choice.kind === 'unavailable') {
        refuse(response, { status: 503, code: 'ServiceUnavailableException', message: choice.message }, isAws)
        return
      }
      const onwards = subject.kind === 'issuer' ? subject.path : head.url
      const hasBody = head.method !== 'GET' && head.method !== 'HEAD'
      const passed = isRead || !hasBody ? body : undefined
      const refusal = await serve(request, response, choice.regions, onwards, passed)
      if (refusal !== undefined) refuse(response, refusal, isAws)
    } catch (error) {
      if (error instanceof BodyTooLarge) {
        refuse(response, tooLarge, isAws)
        return
      }
      if (!response.destroyed) options.log.error({ err: error }, 'a request could not be passed on')
      response.destroy()
    }
  }
}
