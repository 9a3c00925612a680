#!/usr/bin/env node
// Starts Twinpool, or says in one line why this Node.js can't. Plain JavaScript, so that any version gets as far as saying it.
const major = Number(process.versions.node.split('.')[0])
if (major < 24) {
  console.error(
    `twinpool needs Node.js 24 or newer, this is ${process.versions.node}. Run it through npm (npm start, npm run demo, npx twinpool): npm ci installed the right one.`,
  )
  process.exitCode = 1
} else {
  await import('../src/main.ts')
}
