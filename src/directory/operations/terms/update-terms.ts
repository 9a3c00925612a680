// UpdateTerms: other links, or another kind of terms; what is left out stays.
import { operation } from '../../operation.ts'
import { type Terms, termsDocuments } from '../../records/branding.ts'
import { checkLinks, describedTerms, readTerms, termsExist } from '../../terms-rules.ts'

export const updateTerms = operation({
  name: 'UpdateTerms',
  runs: 'primary',
  handle: async (input, { pool, clock }) => {
    const { records } = pool
    const stored = await readTerms(pool, input.TermsId)
    const before = stored.value
    if (input.Links !== undefined) checkLinks(input.Links)
    const terms: Terms = {
      ...before,
      name: input.TermsName ?? before.name,
      source: input.TermsSource ?? before.source,
      enforcement: input.Enforcement ?? before.enforcement,
      links: input.Links ?? before.links,
      modifiedAtMs: clock.now(),
    }
    const isRenamed = terms.name !== before.name
    if (isRenamed && (await records.get(termsDocuments, termsDocuments.keyOf(terms))) !== undefined)
      throw termsExist(terms.name, terms.clientId)
    await records.commit((changes) => {
      if (isRenamed) {
        changes.delete(termsDocuments, stored)
        changes.create(termsDocuments, terms)
      } else changes.replace(termsDocuments, stored, terms)
    })
    return { Terms: describedTerms(pool.poolId, terms) }
  },
})
