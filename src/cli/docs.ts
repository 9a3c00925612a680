// `twinpool docs`: writes the generated reference pages into docs/reference/.
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineCommand } from 'citty'
import { referencePages } from '../region/reference-pages.ts'

export const referenceFolder = fileURLToPath(new URL('../../docs/reference/', import.meta.url))

export const docs = defineCommand({
  meta: { name: 'docs', description: 'Write the reference pages from the declarations' },
  run: () => {
    mkdirSync(referenceFolder, { recursive: true })
    for (const [name, text] of Object.entries(referencePages()))
      writeFileSync(`${referenceFolder}${name}`, text)
  },
})
