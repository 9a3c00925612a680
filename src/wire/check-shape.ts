// Checks and decodes requests, and encodes answers, by the shapes of an API model; words refusals as AWS's JSON services do.
import { Fault } from './fault.ts'
import type { ServiceModel, Shape } from './model.ts'
import { patternTest } from './pattern.ts'

const depthMax = 32
/** Of a text that is longer than its shape allows and than this, only the length is told. */
const comparedThoughTooLong = 1_024
const listedFailuresMax = 10

/** Collects what a request breaks, in the order of the model. */
type Failures = string[]
type Decoder = (value: unknown, path: string, failures: Failures, depth: number) => unknown
type Encoder = (value: unknown) => unknown

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

type Described = { readonly shape: Shape; readonly isSensitive: boolean }

/** `Value 'x' at 'limit' failed to satisfy constraint: …`; the value of a sensitive shape is left out. */
const failure = (
  described: Described,
  value: string | number | undefined,
  path: string,
  constraint: string,
): string => {
  const shown = described.isSensitive || value === undefined ? 'Value' : `Value '${String(value)}'`
  return `${shown} at '${path}' failed to satisfy constraint: ${constraint}`
}

/** Sensitive by the model, and yet Cognito says that they are null. */
const nullIsShown: ReadonlySet<string> = new Set(['ClientIdType'])

/** What is said of a required member that isn't there: `Value null at 'groupName' …`, and nothing of the value of a sensitive one. */
const nullFailure = (shapeName: string, shape: Shape, path: string): string => {
  const shown = shape.sensitive === true && !nullIsShown.has(shapeName) ? 'Value' : 'Value null'
  return `${shown} at '${path}' failed to satisfy constraint: Member must not be null`
}

const checkLength = (
  described: Described,
  length: number,
  value: string | undefined,
  path: string,
  failures: Failures,
): void => {
  const { min, max } = described.shape
  if (max !== undefined && length > max)
    failures.push(failure(described, value, path, `Member must have length less than or equal to ${max}`))
  if (min !== undefined && length < min)
    failures.push(failure(described, value, path, `Member must have length greater than or equal to ${min}`))
}

/** Lengths count code points; a text has at most as many as UTF-16 units, and at least half as many, which mostly decides. */
const checkCharacters = (described: Described, text: string, path: string, failures: Failures): void => {
  const { min = 0, max = Number.POSITIVE_INFINITY } = described.shape
  if (text.length <= max && text.length >= min * 2) return
  checkLength(described, Array.from(text).length, text, path, failures)
}

const checkRange = (described: Described, value: number, path: string, failures: Failures): void => {
  const { min, max } = described.shape
  if (max !== undefined && value > max)
    failures.push(failure(described, value, path, `Member must have value less than or equal to ${max}`))
  if (min !== undefined && value < min)
    failures.push(failure(described, value, path, `Member must have value greater than or equal to ${min}`))
}

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
        return value.map((item, index) => decode(item, `${path}.${index + 1}.member`, failures, depth + 1))
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
        return Object.fromEntries(
          entries.map(([key, item]) => {
            decoderOf(keyName)(key, `${path}.key`, failures, depth + 1)
            return [key, decoderOf(valueName)(item, `${path}.${key}.member`, failures, depth + 1)]
          }),
        )
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

/** Compiles the encoding of answers: members that the model doesn't know are left out, dates become epoch seconds, bytes base64. */
export const createOutputEncoder = (
  model: ServiceModel,
): ((shapeName: string, output: unknown) => unknown) => {
  const compiled = new Map<string, Encoder>()
  const encoderOf = (name: string): Encoder => {
    const known = compiled.get(name)
    if (known !== undefined) return known
    const made = compile(name)
    compiled.set(name, made)
    return made
  }
  const compile = (name: string): Encoder => {
    const shape = model.shapes[name]
    if (shape === undefined) throw new Error(`the model has no shape ${name}`)
    if (shape.type === 'structure') {
      const members = Object.entries(shape.members ?? {})
      return (value) => {
        const encoded: Record<string, unknown> = {}
        const given = value as Record<string, unknown>
        for (const [member, reference] of members) {
          const memberValue = given[member]
          if (memberValue !== undefined && memberValue !== null)
            encoded[member] = encoderOf(reference.shape)(memberValue)
        }
        return encoded
      }
    }
    if (shape.type === 'list')
      return (value) => (value as unknown[]).map((item) => encoderOf(shape.member?.shape ?? '')(item))
    if (shape.type === 'map')
      return (value) =>
        Object.fromEntries(
          Object.entries(value as object).map(([key, item]) => [
            key,
            encoderOf(shape.value?.shape ?? '')(item),
          ]),
        )
    if (shape.type === 'timestamp') return (value) => (value as Date).getTime() / 1_000
    if (shape.type === 'blob') return (value) => Buffer.from(value as Uint8Array).toString('base64')
    return (value) => value
  }
  return (shapeName, output) => encoderOf(shapeName)(output ?? {})
}
