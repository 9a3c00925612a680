// How long a data key is to be: KeySpec or NumberOfBytes, exactly one of them (GenerateDataKey, KMS API Reference).
import { Fault } from '../wire/fault.ts'

const lengths: Readonly<Record<string, number>> = { AES_128: 16, AES_256: 32 }

/** Bytes. Throws ValidationException when both or neither is given. */
export const dataKeyLength = (request: {
  readonly KeySpec?: string | undefined
  readonly NumberOfBytes?: number | undefined
}): number => {
  const { KeySpec, NumberOfBytes } = request
  const length = KeySpec === undefined ? NumberOfBytes : lengths[KeySpec]
  if (length === undefined || (KeySpec !== undefined && NumberOfBytes !== undefined))
    throw new Fault('ValidationException', 'Please specify either number of bytes or key spec.')
  return length
}
