// Encodes answers by the shapes of an API model, for AWS's JSON protocols.
import type { ServiceModel } from './model.ts'

type Encoder = (value: unknown) => unknown

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
