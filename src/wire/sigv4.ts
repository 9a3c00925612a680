// Verifies AWS Signature Version 4 ("Create a signed AWS API request", IAM User Guide): signs the request again and compares.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { SignatureV4 } from '@smithy/signature-v4'
import type { Clock } from '../telemetry/clock.ts'
import { Fault } from './fault.ts'
import type { Caller, CredentialLookup } from './service.ts'

const clockSkewMaxMs = 300_000

/** The Hash that the signing library asks for, over OpenSSL. */
class Sha256 {
  readonly #hash: ReturnType<typeof createHash> | ReturnType<typeof createHmac>
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash =
      secret === undefined
        ? createHash('sha256')
        : createHmac('sha256', typeof secret === 'string' ? secret : toBytes(secret))
  }
  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(typeof data === 'string' ? data : toBytes(data))
  }
  digest(): Promise<Uint8Array> {
    return Promise.resolve(new Uint8Array(this.#hash.digest()))
  }
  reset(): void {
    throw new Error('a hash is used once')
  }
}

const toBytes = (data: ArrayBuffer | ArrayBufferView): Uint8Array =>
  ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data)

type Authorization = {
  readonly accessKeyId: string
  readonly date: string
  readonly region: string
  readonly service: string
  readonly signedHeaders: readonly string[]
  readonly signature: string
}

const authorizationSyntax =
  /^AWS4-HMAC-SHA256\s+Credential=([^/,\s]+)\/(\d{8})\/([^/,]+)\/([^/,]+)\/aws4_request,\s*SignedHeaders=([a-z0-9;-]+),\s*Signature=([0-9a-f]{64})$/

const incomplete = (message: string): Fault => new Fault('IncompleteSignatureException', message)

const parseAuthorization = (header: string): Authorization => {
  const match = authorizationSyntax.exec(header.trim())
  if (match === null)
    throw incomplete(
      "Authorization header requires 'Credential' parameter, 'SignedHeaders' parameter and 'Signature' parameter.",
    )
  const [, accessKeyId = '', date = '', region = '', service = '', signedHeaders = '', signature = ''] = match
  return { accessKeyId, date, region, service, signedHeaders: signedHeaders.split(';'), signature }
}

const amzDateSyntax = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/

const parseAmzDate = (value: string): Date | undefined => {
  const match = amzDateSyntax.exec(value)
  return match === null ? undefined : new Date(value.replace(amzDateSyntax, '$1-$2-$3T$4:$5:$6Z'))
}

const compactDate = (date: Date): string => date.toISOString().replace(/[-:]|\.\d{3}/g, '')

const requireFresh = (signedAt: Date, now: number): void => {
  const edge = new Date(now - clockSkewMaxMs)
  if (signedAt.getTime() < edge.getTime())
    throw new Fault(
      'InvalidSignatureException',
      `Signature expired: ${compactDate(signedAt)} is now earlier than ${compactDate(edge)} (${compactDate(new Date(now))} - 5 min.)`,
    )
  const ahead = new Date(now + clockSkewMaxMs)
  if (signedAt.getTime() > ahead.getTime())
    throw new Fault(
      'InvalidSignatureException',
      `Signature not yet current: ${compactDate(signedAt)} is still later than ${compactDate(ahead)} (${compactDate(new Date(now))} + 5 min.)`,
    )
}

/** Headers that every signature must cover, so that target and body can't be changed. */
const mustBeSigned = ['host']

export type SignatureCheck = {
  readonly request: IncomingMessage
  readonly body: Uint8Array
  readonly region: string
  readonly service: string
  readonly credentials: CredentialLookup
  readonly clock: Clock
}

/** The caller that signed the request. Throws the Fault that AWS answers for a missing, incomplete, unknown, stale or wrong signature. */
export const verifySignature = async (check: SignatureCheck): Promise<Caller> => {
  const { request, body } = check
  const header = request.headers.authorization
  if (header === undefined)
    throw new Fault('MissingAuthenticationTokenException', 'Missing Authentication Token')
  const authorization = parseAuthorization(header)
  const amzDate = request.headers['x-amz-date']
  const signedAt = typeof amzDate === 'string' ? parseAmzDate(amzDate) : undefined
  if (signedAt === undefined || Number.isNaN(signedAt.getTime()))
    throw incomplete("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
  const credential = check.credentials(authorization.accessKeyId)
  if (credential === undefined)
    throw new Fault('UnrecognizedClientException', 'The security token included in the request is invalid.')
  const mismatch = new Fault(
    'InvalidSignatureException',
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
  )
  if (authorization.service !== check.service)
    throw new Fault(
      'InvalidSignatureException',
      `Credential should be scoped to correct service: '${check.service}'.`,
    )
  if (authorization.region !== check.region)
    throw new Fault('InvalidSignatureException', 'Credential should be scoped to a valid region.')
  requireFresh(signedAt, check.clock.now())
  const [signedOn] = String(amzDate).split('T')
  if (authorization.date !== signedOn)
    throw new Fault(
      'InvalidSignatureException',
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${authorization.date}' != '${signedOn}', from '${String(amzDate)}'.`,
    )
  const covered = new Set(authorization.signedHeaders)
  if (!mustBeSigned.every((name) => covered.has(name)))
    throw incomplete("'Host' must be a 'SignedHeader' in the AWS Authorization.")
  for (const name of Object.keys(request.headers))
    if (name.startsWith('x-amz-') && !covered.has(name)) throw mismatch

  const headers: Record<string, string> = {}
  for (const name of covered) {
    const value = request.headers[name]
    if (value === undefined) throw mismatch
    headers[name] = Array.isArray(value) ? value.join(',') : value
  }
  const hash = createHash('sha256').update(body).digest('hex')
  const declaredHash = request.headers['x-amz-content-sha256']
  if (declaredHash !== undefined && declaredHash !== hash) throw mismatch
  const url = new URL(request.url ?? '/', 'http://host')
  const signer = new SignatureV4({
    credentials: { accessKeyId: credential.accessKeyId, secretAccessKey: credential.secretAccessKey },
    region: check.region,
    service: check.service,
    sha256: Sha256,
    applyChecksum: false,
    uriEscapePath: true,
  })
  const signed = await signer.sign(
    {
      method: request.method ?? 'POST',
      protocol: 'http:',
      hostname: 'host',
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: { ...headers, 'x-amz-content-sha256': hash },
      body,
    },
    {
      signingDate: signedAt,
      signableHeaders: covered,
      unsignableHeaders: covered.has('x-amz-content-sha256') ? new Set() : new Set(['x-amz-content-sha256']),
    },
  )
  const expected = /Signature=([0-9a-f]{64})/.exec(signed.headers.authorization ?? '')?.[1] ?? ''
  if (!timingSafeEqual(Buffer.from(expected.padEnd(64, '0')), Buffer.from(authorization.signature)))
    throw mismatch

  const { accessKeyId } = authorization
  if (credential.caller.kind === 'account') return { ...credential.caller, accessKeyId }
  const sourceArn = headers['x-amz-source-arn']
  const sourceAccount = headers['x-amz-source-account']
  return {
    ...credential.caller,
    accessKeyId,
    ...(sourceArn === undefined ? {} : { sourceArn }),
    ...(sourceAccount === undefined ? {} : { sourceAccount }),
  }
}
