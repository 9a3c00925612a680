// CreateTerms: links to a client's terms of use or privacy policy.
import { operation } from '../../operation.ts'
import { randomUuid } from '../../random-uuid.ts'
import { readClient } from '../../read-client.ts'
import { type Terms, termsDocuments } from '../../records/branding.ts'
import { checkLinks, describedTerms, termsExist } from '../../terms-rules.ts'

export const createTerms = operation({
  name: 'CreateTerms',
  runs: 'primary',
  handle: async (input, { pool, clock, random }) => {
    const links = input.Links ?? {}
    checkLinks(links)
    const { clientId } = (await readClient(pool, input.ClientId)).value
    const nowMs = clock.now()
    const terms: Terms = {
      termsId: randomUuid(random),
      clientId,
      name: input.TermsName ?? '',
      source: input.TermsSource ?? 'LINK',
      enforcement: input.Enforcement ?? 'NONE',
      links,
      createdAtMs: nowMs,
      modifiedAtMs: nowMs,
    }
    if ((await pool.records.get(termsDocuments, termsDocuments.keyOf(terms))) !== undefined)
      throw termsExist(terms.name, clientId)
    await pool.records.commit((changes) => changes.create(termsDocuments, terms))
    return { Terms: describedTerms(pool.poolId, terms) }
  },
})
