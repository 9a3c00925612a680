// A mail server for tests: takes what it is sent over SMTP (RFC 5321), asks for a password, and can be told to refuse.

import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'

export type ReceivedMail = {
  readonly from: string
  readonly to: readonly string[]
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export type MailServer = {
  readonly port: number
  readonly received: readonly ReceivedMail[]
  /** Answers every recipient from now on with this line. */
  refuse(answer: string | undefined): void
  close(): Promise<void>
}

const quotedPrintable = (text: string): string =>
  Buffer.from(
    text
      .replaceAll(/=\r?\n/g, '')
      .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  ).toString('utf8')

const decoders: Readonly<Record<string, (text: string) => string>> = {
  'quoted-printable': quotedPrintable,
  base64: (text) => Buffer.from(text, 'base64').toString('utf8'),
}

const parse = (text: string): Pick<ReceivedMail, 'headers' | 'body'> => {
  const end = text.indexOf('\r\n\r\n')
  const head = text.slice(0, end).replaceAll(/\r\n[ \t]+/g, ' ')
  const headers = Object.fromEntries(
    head.split('\r\n').map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    }),
  )
  const decode = decoders[headers['content-transfer-encoding'] ?? '']
  const body = text.slice(end + 4)
  return { headers, body: decode === undefined ? body : decode(body) }
}

/** `user` and `password` must be given by AUTH PLAIN. */
export const startMailServer = async (user: string, password: string): Promise<MailServer> => {
  const received: ReceivedMail[] = []
  const sockets = new Set<Socket>()
  let refusal: string | undefined

  const converse = async (socket: Socket): Promise<void> => {
    let isKnown = false
    let from = ''
    let to: string[] = []
    let data: string[] | undefined
    const say = (line: string): void => void socket.write(`${line}\r\n`)
    say('220 mail.test ESMTP')
    for await (const line of createInterface({ input: socket, crlfDelay: Number.POSITIVE_INFINITY })) {
      if (data !== undefined) {
        if (line !== '.') {
          data.push(line.startsWith('.') ? line.slice(1) : line)
          continue
        }
        received.push({ from, to, ...parse(data.join('\r\n')) })
        data = undefined
        to = []
        say('250 taken')
        continue
      }
      const address = /<(.*)>/.exec(line)?.[1] ?? ''
      const verb = line.slice(0, 4).toUpperCase()
      if (verb === 'EHLO') say('250-mail.test\r\n250 AUTH PLAIN')
      else if (verb === 'AUTH') {
        const [, name, secret] = Buffer.from(line.split(' ')[2] ?? '', 'base64')
          .toString('utf8')
          .split('\0')
        isKnown = name === user && secret === password
        say(isKnown ? '235 welcome' : '535 wrong user or password')
      } else if (!isKnown && verb !== 'QUIT') say('530 who are you')
      else if (verb === 'MAIL') {
        from = address
        say('250 ok')
      } else if (verb === 'RCPT') {
        if (refusal === undefined) to.push(address)
        say(refusal ?? '250 ok')
      } else if (verb === 'DATA') {
        data = []
        say('354 go on')
      } else say(verb === 'QUIT' ? '221 bye' : '250 ok')
    }
  }

  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    void converse(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    received,
    refuse: (answer) => {
      refusal = answer
    },
    close: () => {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
