// The four authentication levels and what a pool calls them (developer guide, "Authentication levels with ACR and AMR claims").
import type { AcrLevelConfigType } from '@aws-sdk/client-cognito-identity-provider'
import { Fault } from '../wire/fault.ts'

export type AcrLevel = 1 | 2 | 3 | 4
export type AcrConfiguration = Readonly<Record<string, AcrLevelConfigType>>

const levels: readonly AcrLevel[] = [1, 2, 3, 4]
const keyOf = (level: AcrLevel): string => `Level${level}`

/** The name that the `acr` claim has for a level: the pool's, or Amazon's. */
export const acrNameOf = (level: AcrLevel, configuration: AcrConfiguration | undefined): string =>
  configuration?.[keyOf(level)]?.AcrValue ?? `urn:cognito:loa:${level}`

/** The level of a name; undefined for one that the pool doesn't know, or knows no more. */
export const acrLevelNamed = (
  name: string,
  configuration: AcrConfiguration | undefined,
): AcrLevel | undefined => levels.find((level) => acrNameOf(level, configuration) === name)

/** What the pool answers with: all four levels, once it names any. */
export const effectiveAcrConfiguration = (
  given: AcrConfiguration | undefined,
): Record<string, AcrLevelConfigType> | undefined =>
  given === undefined
    ? undefined
    : Object.fromEntries(levels.map((level) => [keyOf(level), { AcrValue: acrNameOf(level, given) }]))

/** Throws InvalidParameterException for a level that isn't one, and for a name that two levels would have. */
export const checkAcrConfiguration = (given: AcrConfiguration | undefined): void => {
  const unknown = Object.keys(given ?? {}).find((key) => !levels.some((level) => keyOf(level) === key))
  if (unknown !== undefined)
    throw new Fault('InvalidParameterException', 'AcrConfiguration has levels Level1 to Level4 only.')
  if (new Set(levels.map((level) => acrNameOf(level, given))).size < levels.length)
    throw new Fault(
      'InvalidParameterException',
      'Each AcrValue must be unique across all levels, including the default values.',
    )
}
