// Where a request comes from, out of what clients send: ContextData of servers, UserContextData of apps, and the connection itself.
import { isIP } from 'node:net'
import type { ContextDataType, UserContextDataType } from '@aws-sdk/client-cognito-identity-provider'
import type { Origin } from './assessment.ts'

export type GivenContext = {
  readonly ContextData?: ContextDataType | undefined
  readonly UserContextData?: UserContextDataType | undefined
}

const nameCharactersMax = 200
const encodedCharactersMax = 16_384

/** Amplify's fingerprint: base64 of JSON whose `payload` is JSON again. Whatever is no such thing says nothing. */
const deviceIn = (encoded: string | undefined): string | undefined => {
  if (encoded === undefined || encoded.length > encodedCharactersMax) return undefined
  try {
    const outer = JSON.parse(Buffer.from(encoded, 'base64').toString('utf8')) as { payload?: unknown }
    if (typeof outer.payload !== 'string') return undefined
    const { contextData } = JSON.parse(outer.payload) as { contextData?: Record<string, unknown> }
    const name = contextData?.DeviceName ?? contextData?.DeviceId ?? contextData?.UserAgent
    return typeof name === 'string' && name !== '' ? name : undefined
  } catch {
    return undefined
  }
}

const plainAddress = (address: string): string | undefined => {
  const plain = address.replace(/^::ffff:(?=\d+\.)/, '')
  return isIP(plain) === 0 ? undefined : plain
}

/** The address that a client names counts: behind a server or a proxy the connection's is that of the proxy. */
export const originOf = (
  { ContextData, UserContextData }: GivenContext,
  connection: { readonly sourceIp: string },
): Origin => {
  const ipAddress = plainAddress(ContextData?.IpAddress ?? UserContextData?.IpAddress ?? connection.sourceIp)
  const userAgent = ContextData?.HttpHeaders?.find(
    ({ headerName }) => headerName?.toLowerCase() === 'user-agent',
  )?.headerValue
  const deviceName = (deviceIn(ContextData?.EncodedData ?? UserContextData?.EncodedData) ?? userAgent)?.slice(
    0,
    nameCharactersMax,
  )
  return {
    ...(ipAddress === undefined ? {} : { ipAddress }),
    ...(deviceName === undefined ? {} : { deviceName }),
  }
}
