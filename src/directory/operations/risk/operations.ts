// The operations on threat protection that are built.
import type { AnyOperation } from '../../operation.ts'
import { describeRiskConfiguration } from './describe-risk-configuration.ts'
import { setRiskConfiguration } from './set-risk-configuration.ts'

export const riskOperations: readonly AnyOperation[] = [setRiskConfiguration, describeRiskConfiguration]
