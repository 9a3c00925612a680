// The operations on log delivery that are built.
import type { AnyOperation } from '../../operation.ts'
import { getLogDeliveryConfiguration } from './get-log-delivery-configuration.ts'
import { setLogDeliveryConfiguration } from './set-log-delivery-configuration.ts'

export const logDeliveryOperations: readonly AnyOperation[] = [
  setLogDeliveryConfiguration,
  getLogDeliveryConfiguration,
]
