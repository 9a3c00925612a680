// What the small pages behind links in messages share: how they look, and what browsers may do with them.

/** The code is in the URL: nobody keeps the page, and no other site learns where it was. */
export const headers = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

export const pageOf = (title: string, text: string): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>
body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 32rem; margin: 20vh auto 0; padding: 0 1rem }
@media (prefers-color-scheme: dark) { body { background: #16181c; color: #e8e8e8 } }
</style>
<h1>${title}</h1>
<p>${text}</p>
</html>
`
