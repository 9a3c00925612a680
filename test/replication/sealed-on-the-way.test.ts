// Nothing readable of a pool passes between Regions or reaches a log (src/replication/SPEC.md, I4).
import { Writable } from 'node:stream'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { createDeployment, otherRegion, primaryRegion } from './support/deployment.ts'

test('no name and no text of a record is seen on the network or in the log, copied or followed', async () => {
  const lines: Buffer[] = []
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(Buffer.from(chunk))
      done()
    },
  })
  const deployment = await createDeployment({
    regions: [primaryRegion, otherRegion],
    keepsBytes: true,
    log: pino({ level: 'debug' }, sink),
  })
  try {
    await deployment.makePool()
    await deployment.put({ name: 'copied@example.com', text: 'secret of the copied' })
    await deployment.makeReplica(otherRegion)
    await deployment.put({ name: 'followed@example.com', text: 'secret of the followed' })
    deployment.network.cut(primaryRegion, otherRegion)
    deployment.network.heal(primaryRegion, otherRegion)
    await deployment.settled()
    const seen = Buffer.concat(deployment.network.seen)
    const logged = Buffer.concat(lines).toString('utf8')
    // Records do pass: in the clear or as base64, the sealed bytes are there.
    expect(seen.length).toBeGreaterThan(1_000)
    expect(logged).toContain('the replica is complete')
    for (const secret of ['copied', 'followed', 'example.com', 'secret of']) {
      const encodings = [0, 1, 2].map((shift) =>
        Buffer.from(' '.repeat(shift) + secret)
          .toString('base64')
          .slice(shift === 0 ? 0 : 4, -4),
      )
      for (const form of [secret, ...encodings.filter((text) => text.length >= 6)])
        expect(seen.includes(form)).toBe(false)
      expect(logged).not.toContain(secret)
    }
  } finally {
    await deployment.close()
  }
})
