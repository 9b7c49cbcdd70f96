import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';

// A subset of the style of the gateway's own pages.
const style = `:root{color-scheme:light dark;--paper:#eef1f5;--card:#fff;--ink:#16202c;--quiet:#4d5a69;--line:#7b8896}
@media(prefers-color-scheme:dark){:root{--paper:#0f151c;--card:#19212b;--ink:#e6ecf2;--quiet:#a9b6c4;--line:#6d7b8a}}
*{box-sizing:border-box}
body{margin:0;padding:1.5rem 1rem 3rem;background:var(--paper);color:var(--ink);font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;overflow-wrap:break-word}
header,main{max-width:36rem;margin:0 auto}
.brand{margin:0 0 .8rem;font-weight:700;letter-spacing:.02em;color:var(--quiet)}
main{padding:1.6rem 1.8rem 1.8rem;background:var(--card);border:1px solid var(--line);border-radius:.6rem}
h1{margin:0 0 1rem;font-size:1.5rem;line-height:1.25}
p{margin:0}
@media(max-width:30rem){main{padding:1.2rem 1.1rem 1.4rem}}`;

const policy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'`;

const page = (title: string, text: string) => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark"><title>${title} - Sallyport</title><style>${style}</style></head>
<body><header><p class="brand">Sallyport</p></header>
<main><h1>${title}</h1>
<p>${text}</p>
</main></body></html>
`;

/** Answers the redirected browser. `title` and `text` are trusted markup. */
export function answerPage(response: ServerResponse, status: number, title: string, text: string): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    connection: 'close',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'content-security-policy': policy,
  });
  response.end(page(title, text));
}
