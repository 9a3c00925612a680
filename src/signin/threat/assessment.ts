// How risky a sign-in is, by the user's earlier ones: rules of our own, since Amazon's are not published (docs/decisions/threat-protection.md).
import { BlockList, isIP } from 'node:net'
import type { AuthEvent } from '../../directory/records/auth-event.ts'

export type RiskLevel = 'Low' | 'Medium' | 'High'

/** Where a sign-in comes from, as far as the client says so. */
export type Origin = { readonly ipAddress?: string | undefined; readonly deviceName?: string | undefined }

const failuresWithinMs = 3_600_000
const manyFailures = 3

/**
 * Undefined: no risk. A user who never signed in has no habits to differ from. An origin that the user or an administrator called Invalid is High; a
 * new address and a new device together are Medium, one of them Low, and many failures shortly before raise each by one.
 */
export const riskLevelOf = (
  events: readonly AuthEvent[],
  origin: Origin,
  nowMs: number,
): RiskLevel | undefined => {
  const signIns = events.filter(({ type }) => type === 'SignIn')
  const isFrom = ({ ipAddress, deviceName }: AuthEvent): boolean =>
    (origin.ipAddress !== undefined && ipAddress === origin.ipAddress) ||
    (origin.deviceName !== undefined && deviceName === origin.deviceName)
  const isDisowned = (event: AuthEvent): boolean => event.feedback?.value === 'Invalid'
  if (signIns.some((event) => isDisowned(event) && isFrom(event))) return 'High'
  const good = signIns.filter((event) => event.response === 'Pass' && !isDisowned(event))
  if (good.length === 0) return undefined
  const isNewAddress =
    origin.ipAddress !== undefined && !good.some(({ ipAddress }) => ipAddress === origin.ipAddress)
  const isNewDevice =
    origin.deviceName !== undefined && !good.some(({ deviceName }) => deviceName === origin.deviceName)
  const failures = signIns.filter(
    ({ response, createdAtMs }) => response === 'Fail' && createdAtMs > nowMs - failuresWithinMs,
  )
  const points = Number(isNewAddress) + Number(isNewDevice)
  if (points === 0) return undefined
  const levels = ['Low', 'Medium', 'High'] as const
  return levels[points - 1 + Number(failures.length >= manyFailures)]
}

/** Whether an address lies in one of the ranges (CIDR, IPv4 or IPv6). What is no address lies in none. */
export const isInRanges = (address: string | undefined, ranges: readonly string[]): boolean => {
  const family = isIP(address ?? '')
  if (address === undefined || family === 0) return false
  return ranges.some((range) => {
    const [network = '', bits] = range.split('/')
    if (isIP(network) !== family) return false
    const list = new BlockList()
    const kind = family === 4 ? 'ipv4' : 'ipv6'
    list.addSubnet(network, bits === undefined ? (family === 4 ? 32 : 128) : Number(bits), kind)
    return list.check(address, kind)
  })
}
