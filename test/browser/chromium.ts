// The browser of the tests: Chromium as an npm package carries it, unpacked once into the checkout's own cache.
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inflate } from '@sparticuz/chromium'
import puppeteer, { type Browser } from 'puppeteer-core'

/** The browser, and the shared libraries that a bare machine lacks. Nobody looks at the pages: no fonts. */
const archives = ['chromium.br', 'al2023.tar.br'] as const

const packageFolder = dirname(dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium')))
const cacheFolder = fileURLToPath(new URL('../../node_modules/.cache/twinpool-chromium', import.meta.url))

/** The package unpacks into the folder for temporary files that is set at the moment of the call; nobody else's go there meanwhile. */
const unpackInto = async (folder: string): Promise<void> => {
  const before = process.env.TMPDIR
  process.env.TMPDIR = folder
  const unpacking = archives.map((archive) => inflate(join(packageFolder, 'bin', archive)))
  if (before === undefined) delete process.env.TMPDIR
  else process.env.TMPDIR = before
  await Promise.all(unpacking)
}

/** Unpacks beside the place and moves it there at once, so that nobody ever starts half a browser. */
const unpacked = async (version: string): Promise<string> => {
  const folder = join(cacheFolder, version)
  if (existsSync(folder)) return folder
  await mkdir(cacheFolder, { recursive: true })
  const unfinished = await mkdtemp(join(cacheFolder, 'unpacking-'))
  try {
    await unpackInto(unfinished)
    await rename(unfinished, folder)
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true })
    // Another run was faster.
    if (!existsSync(folder)) throw error
  }
  return folder
}

/**
 * Starts the browser with its web security on: the package's own arguments turn CORS off, which is among what these tests are about. Its
 * sandbox is off, because a container or root can't set it up; the only pages it opens are those of the tests.
 */
export const startChromium = async (): Promise<Browser> => {
  const { version } = createRequire(import.meta.url)(join(packageFolder, 'package.json')) as {
    version: string
  }
  const folder = await unpacked(version)
  return puppeteer.launch({
    executablePath: join(folder, 'chromium'),
    headless: 'shell',
    args: ['--no-sandbox', '--no-zygote', '--disable-gpu', '--disable-dev-shm-usage'],
    env: {
      ...process.env,
      LD_LIBRARY_PATH: [join(folder, 'al2023', 'lib'), process.env.LD_LIBRARY_PATH].filter(Boolean).join(':'),
    },
  })
}
