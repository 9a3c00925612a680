// How a template becomes a message: placeholders, links, and what is escaped where.
import { describe, expect, it } from 'vitest'
import { filledBody, filledSubject } from '../../src/directory/message-texts.ts'

const values = { username: '<i>ann</i>', code: 'a&b{username}', link: 'https://x.example/?a=1&b=2' }

describe('a filled template', () => {
  it.each([
    [
      'plain text is plain, whatever is filled in',
      'Hi {username}: {####}',
      'EMAIL',
      'Hi <i>ann</i>: a&b{username}',
      undefined,
    ],
    [
      'values are escaped in HTML',
      '<p>{username}: {####}</p>',
      'EMAIL',
      '<p>&lt;i&gt;ann&lt;/i&gt;: a&amp;b{username}</p>',
      true,
    ],
    ['an SMS is never HTML', '<p>{####}</p>', 'SMS', '<p>a&b{username}</p>', undefined],
    ['a less-than sign makes no HTML', '1 < 2: {####}', 'EMAIL', '1 < 2: a&b{username}', undefined],
    [
      'a link’s text is the template’s',
      'Go {##here & <b>now</b>##}',
      'EMAIL',
      'Go <a href="https://x.example/?a=1&amp;b=2">here & <b>now</b></a>',
      true,
    ],
    ['each place is filled', '{####} {####}', 'EMAIL', 'a&b{username} a&b{username}', undefined],
  ] as const)('%s', (_, template, channel, body, isHtml) => {
    expect(filledBody(template, channel, values)).toEqual({
      body,
      ...(isHtml === undefined ? {} : { isHtml }),
    })
  })

  it('keeps the place of a link where there is none to put there', () => {
    expect(filledBody('Go {##here##}', 'EMAIL', { username: 'ann', code: '1' })).toEqual({
      body: 'Go {##here##}',
    })
  })

  it('as a subject is plain text', () => {
    expect(filledSubject('{username}: {####}', values)).toBe('<i>ann</i>: a&b{username}')
  })
})
