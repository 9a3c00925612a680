// Runs the benchmarks one after another, each a process of its own: `npm run bench`, or `npm run bench -- sign-in` for some of them.
// BENCH_USERS=100000 in the environment sets how many users the large pools of `store`, `replication` and `region` have; BENCH_LARGE=1000000 that of `scale`.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const benchmarks: Readonly<Record<string, string>> = {
  store: 'commits, beside the disk’s flushes and bare inserts',
  'sign-in': 'tokens and sign-ins, beside the cryptography they are made of',
  replication: 'lag and copying, beside the rate of the writes',
  scale: 'a large pool beside a small one, copying it, catching up',
  postgres: 'one node and two over one PostgreSQL, and lag beside PostgreSQL’s own logical replication',
  region: 'start-up, memory, and what ListUsers costs in a small and a large pool',
}

const chosen = process.argv.slice(2)
const unknown = chosen.filter((name) => !Object.hasOwn(benchmarks, name))
if (unknown.length > 0) {
  console.error(
    `There is no benchmark ${unknown.join(', ')}. There are: ${Object.keys(benchmarks).join(', ')}.`,
  )
  process.exit(2)
}
for (const [name, about] of Object.entries(benchmarks)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue
  console.log(`\n== ${name}: ${about}\n`)
  const file = fileURLToPath(new URL(`./${name}.ts`, import.meta.url))
  const code = await new Promise((resolve) => {
    spawn(process.execPath, [file], { stdio: 'inherit' }).on('exit', resolve)
  })
  if (code !== 0) process.exit(1)
}
