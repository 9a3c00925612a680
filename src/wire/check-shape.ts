// Checks and decodes requests by the shapes of an API model.
import {
  checkCharacters,
  checkLength,
  checkRange,
  type Described,
  type Failures,
  failure,
  heldFailure,
  isScalar,
  nullFailure,
} from './constraint-failures.ts'
import { Fault } from './fault.ts'
import type { ServiceModel, Shape } from './model.ts'
import { patternTest } from './pattern.ts'

const depthMax = 32
/** Of a text that is longer than its shape allows and than this, only the length is told. */
const comparedThoughTooLong = 1_024
const listedFailuresMax = 10

type Decoder = (value: unknown, path: string, failures: Failures, depth: number) => unknown

const serialization = (message: string): Fault => new Fault('SerializationException', message)

const lowerFirst = (name: string): string => `${name.slice(0, 1).toLowerCase()}${name.slice(1)}`

const typeNames: Readonly<Record<string, string>> = {
  string: 'STRING_VALUE',
  number: 'NUMBER_VALUE',
  boolean: 'TRUE_VALUE',
}

const nameOfJson = (value: unknown): string => {
  if (Array.isArray(value)) return 'START_ARRAY'
  if (typeof value === 'object') return 'START_OBJECT'
  return typeNames[typeof value] ?? 'VALUE'
}

const wrongType = (value: unknown, wanted: string): Fault =>
  typeof value === 'object'
    ? serialization('Start of structure or list found where not expected.')
    : serialization(`${nameOfJson(value)} can not be converted to ${wanted}`)

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/

const compileScalar = (shape: Shape): Decoder => {
  const described: Described = { shape, isSensitive: shape.sensitive === true }
  switch (shape.type) {
    case 'string': {
      const isOfPattern = shape.pattern === undefined ? undefined : patternTest(shape.pattern)
      const comparedMax = Math.max(shape.max ?? Number.POSITIVE_INFINITY, comparedThoughTooLong)
      return (value, path, failures) => {
        if (typeof value !== 'string') throw wrongType(value, 'a String')
        checkCharacters(described, value, path, failures)
        if (isOfPattern !== undefined && value.length <= comparedMax && !isOfPattern(value))
          failures.push(
            failure(
              described,
              value,
              path,
              `Member must satisfy regular expression pattern: ${shape.pattern}`,
            ),
          )
        if (shape.enum !== undefined && !shape.enum.includes(value))
          failures.push(
            failure(described, value, path, `Member must satisfy enum value set: [${shape.enum.join(', ')}]`),
          )
        return value
      }
    }
    case 'integer':
    case 'long':
    case 'number':
      return (value, path, failures) => {
        if (typeof value !== 'number')
          throw wrongType(value, shape.type === 'number' ? 'a Double' : 'an Integer')
        if (shape.type !== 'number' && !Number.isSafeInteger(value)) throw wrongType(value, 'an Integer')
        checkRange(described, value, path, failures)
        return value
      }
    case 'boolean':
      return (value) => {
        if (typeof value !== 'boolean') throw wrongType(value, 'a Boolean')
        return value
      }
    case 'timestamp':
      return (value) => {
        const date = typeof value === 'number' ? new Date(value * 1_000) : undefined
        if (date === undefined || Number.isNaN(date.getTime())) throw wrongType(value, 'a Date')
        return date
      }
    case 'blob':
      return (value, path, failures) => {
        if (typeof value !== 'string' || !base64.test(value)) throw wrongType(value, 'a Blob')
        const bytes = new Uint8Array(Buffer.from(value, 'base64'))
        checkLength({ ...described, isSensitive: true }, bytes.length, undefined, path, failures)
        return bytes
      }
    default:
      return (value) => value
  }
}

/** The compiled shapes of one model; shapes may refer to themselves, so each is compiled on first use. */
const compiler = (model: ServiceModel): ((name: string) => Decoder) => {
  const compiled = new Map<string, Decoder>()
  const shapeOf = (name: string): Shape => {
    const shape = model.shapes[name]
    if (shape === undefined) throw new Error(`the model has no shape ${name}`)
    return shape
  }
  const decoderOf = (name: string): Decoder => {
    const known = compiled.get(name)
    if (known !== undefined) return known
    const made = compile(shapeOf(name))
    compiled.set(name, made)
    return made
  }
  const compile = (shape: Shape): Decoder => {
    const described: Described = { shape, isSensitive: true }
    const guarded =
      (decode: Decoder): Decoder =>
      (value, path, failures, depth) => {
        if (depth > depthMax) throw serialization('The request is nested too deeply.')
        return decode(value, path, failures, depth)
      }
    if (shape.type === 'structure') {
      const members = Object.entries(shape.members ?? {}).map(([name, reference]) => ({
        name,
        path: lowerFirst(name),
        shape: reference.shape,
      }))
      const required = new Set(shape.required)
      return guarded((value, path, failures, depth) => {
        if (typeof value !== 'object' || value === null || Array.isArray(value))
          throw wrongType(value, 'a Structure')
        const given = value as Record<string, unknown>
        const decoded: Record<string, unknown> = {}
        for (const member of members) {
          const memberValue = Object.hasOwn(given, member.name) ? given[member.name] : undefined
          if ((memberValue === undefined || memberValue === null) && !required.has(member.name)) continue
          const memberPath = path === '' ? member.path : `${path}.${member.path}`
          if (memberValue === undefined || memberValue === null) {
            failures.push(nullFailure(member.shape, shapeOf(member.shape), memberPath))
            continue
          }
          decoded[member.name] = decoderOf(member.shape)(memberValue, memberPath, failures, depth + 1)
        }
        return decoded
      })
    }
    if (shape.type === 'list') {
      const memberName = shape.member?.shape ?? ''
      return guarded((value, path, failures, depth) => {
        if (!Array.isArray(value)) throw wrongType(value, 'a List')
        checkLength(described, value.length, undefined, path, failures)
        const decode = decoderOf(memberName)
        const held = shapeOf(memberName)
        if (!isScalar(held))
          return value.map((item, index) => decode(item, `${path}.${index + 1}.member`, failures, depth + 1))
        const broken: Failures = []
        const items = value.map((item) => decode(item, path, broken, depth + 1))
        const isSensitive = shape.sensitive === true || held.sensitive === true
        if (broken.length > 0)
          failures.push(heldFailure('Member', held, isSensitive, `[${value.join(', ')}]`, path))
        return items
      })
    }
    if (shape.type === 'map') {
      const keyName = shape.key?.shape ?? ''
      const valueName = shape.value?.shape ?? ''
      return guarded((value, path, failures, depth) => {
        if (typeof value !== 'object' || value === null || Array.isArray(value))
          throw wrongType(value, 'a Map')
        const entries = Object.entries(value).filter(([, item]) => item !== null)
        checkLength(described, entries.length, undefined, path, failures)
        const [keyShape, valueShape] = [shapeOf(keyName), shapeOf(valueName)]
        const brokenKeys: Failures = []
        const brokenValues: Failures = []
        const decoded = entries.map(([key, item]) => {
          decoderOf(keyName)(key, path, brokenKeys, depth + 1)
          const valueFailures = isScalar(valueShape) ? brokenValues : failures
          return [key, decoderOf(valueName)(item, `${path}.${key}.member`, valueFailures, depth + 1)]
        })
        const isSensitive = [shape, keyShape, valueShape].some(({ sensitive }) => sensitive === true)
        const refuse = (what: 'Map keys' | 'Map value', held: Shape): void => {
          const shown = entries.map(([key, item]) => `${key}=${String(item)}`).join(', ')
          failures.push(heldFailure(what, held, isSensitive || !isScalar(valueShape), `{${shown}}`, path))
        }
        if (brokenKeys.length > 0) refuse('Map keys', keyShape)
        if (brokenValues.length > 0) refuse('Map value', valueShape)
        return Object.fromEntries(decoded)
      })
    }
    return compileScalar(shape)
  }
  return decoderOf
}

/** The name under which a service refuses what breaks a constraint: KMS has its own. */
const constraintCodes: Readonly<Record<string, string>> = { kms: 'ValidationException' }

/** Compiles the check of one operation's input. The function returns the decoded input or throws a Fault. */
export const createInputChecker = (model: ServiceModel): ((shapeName: string, body: unknown) => unknown) => {
  const decoderOf = compiler(model)
  const code = constraintCodes[model.service] ?? 'InvalidParameterException'
  return (shapeName, body) => {
    const failures: Failures = []
    const decoded = decoderOf(shapeName)(body, '', failures, 0)
    if (failures.length === 0) return decoded
    const noun = failures.length === 1 ? 'error' : 'errors'
    throw new Fault(
      code,
      `${failures.length} validation ${noun} detected: ${failures.slice(0, listedFailuresMax).join('; ')}`,
    )
  }
}
