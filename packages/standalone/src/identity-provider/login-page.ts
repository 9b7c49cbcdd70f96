import { hash } from 'node:crypto';
import type { ServerResponse } from 'node:http';

const style =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:22em;margin:4em auto;padding:0 1em}label{display:block;margin:.8em 0}input{display:block;width:100%;padding:.4em;font:inherit;box-sizing:border-box}button{font:inherit;padding:.4em 1.2em}[role=alert]{color:#a40000}';
const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escape = (text: string) => text.replaceAll(/[&<>"']/g, (character) => escapes[character]!);

/** Renders a page around `body`, which is HTML. */
export function renderPage(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${escape(title)}</title><style>${style}</style></head>
<body><main><h1>${escape(title)}</h1>
${body}
</main></body></html>
`;
}

/** Sends a page that cannot run scripts or be framed. */
export function sendPage(response: ServerResponse, status: number, page: string): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'content-security-policy': `default-src 'none'; style-src 'sha256-${hash('sha256', style, 'base64')}'; frame-ancestors 'none'; base-uri 'none'`,
  });
  response.end(page);
}

/** Renders the form. It has no action, so it is posted to its own URL. */
export function loginForm(login: string, message?: string): string {
  const notice = message === undefined ? '' : `<p role="alert">${escape(message)}</p>\n`;
  return renderPage(
    'Log in',
    `${notice}<form method="post" autocomplete="off">
<label>E-mail address <input name="login" type="text" value="${escape(login)}" required autofocus></label>
<label>Password <input name="password" type="password" required></label>
<button type="submit">Log in</button>
</form>`,
  );
}

/** Renders the page for an error of the provider. */
export function errorPage(message: string): string {
  return renderPage('Request failed', `<p>${escape(message)}</p>`);
}
