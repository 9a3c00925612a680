// The command line's entry: makes sure of the runtime, then hands over to cli/.

const [major = 0] = process.versions.node.split('.').map(Number)
if (major < 24) {
  console.error(`twinpool needs Node.js 24 or newer, this is ${process.versions.node}.`)
  process.exit(1)
}
const { runCommandLine } = await import('./cli/command-line.ts')
await runCommandLine(process.argv.slice(2))
