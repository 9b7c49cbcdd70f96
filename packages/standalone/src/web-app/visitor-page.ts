import type { IncomingMessage, ServerResponse } from 'node:http';
import { createPages, html, type Html } from '@sallyport/pages';
import { pageScript } from './page-script.ts';
import type { Visitor } from './visitor-check.ts';

const rows = (pairs: readonly (readonly [string, unknown])[]): Html[] =>
  pairs.flatMap(([name, value]) =>
    value === undefined ? [] : [html`<dt>${name}</dt><dd>${[value].flat().map(String).join(', ') || 'none'}</dd>\n`],
  );

const timeOf = (seconds: number | undefined) =>
  seconds === undefined ? undefined : `${new Date(seconds * 1000).toISOString().slice(11, 19)} UTC`;

function render({ assertion, headers, verified }: Visitor): Html {
  return html`<p>The gateway says so, in a signed assertion that this application has verified.</p>
<dl>
${rows([
  ['User', assertion['user']],
  ['Email', assertion['email']],
  ['Name', assertion['name']],
  ['Groups', assertion['groups']],
  ['Subject', assertion.sub],
  ['Session', assertion['sid']],
])}</dl>
<details><summary>What was verified</summary>
<dl>
${rows([
  ['Keys', verified.keys],
  ['Issuer', verified.issuer],
  ['Audience', verified.audience],
  ['Valid until', timeOf(assertion.exp)],
])}</dl></details>
<h2>Headers in plain text</h2>
<dl>
${rows(Object.entries(headers))}</dl>
<h2>Clock</h2>
<p>From the server, by server-sent events: <output id="clock">not connected</output></p>
<h2>Echo</h2>
<form id="echo"><label for="message">Send over a WebSocket</label>
<input id="message" class="text" maxlength="1000" autocomplete="off" required>
<p><button>Send</button></p></form>
<p><output id="echoed" aria-live="polite"></output></p>
<h2>Upload</h2>
<form id="upload"><label for="file">A file, which is counted and not kept</label>
<input id="file" class="text" type="file" required>
<p><button>Upload</button></p></form>
<p><output id="uploaded" aria-live="polite"></output></p>
<p><a href="/.sallyport/logout">Log out</a></p>`;
}

/** Sends the page that shows who the visitor is, with the clock, the echo and the upload. */
export function sendVisitorPage(_request: IncomingMessage, response: ServerResponse, visitor: Visitor): void {
  const { host, origin } = new URL(visitor.verified.audience);
  const pages = createPages({ host, name: 'Demo application' });
  const { text, headers } = pages.render(`You are ${String(visitor.assertion['user'])}`, render(visitor), {
    scripts: [pageScript],
  });
  // Not every browser takes 'self' for WebSockets too.
  const connections = `connect-src 'self' ${origin.replace(/^http/, 'ws')}`;
  response.writeHead(200, {
    ...headers,
    'content-security-policy': `${headers['content-security-policy']};${connections}`,
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}
