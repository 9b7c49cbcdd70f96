import type { ServerResponse } from 'node:http';
import { html, type Html } from './markup/html.ts';
import { pageHeaders, programHeaders, type PageApp } from './page-headers.ts';
import { logoPath, type PageLook } from './page-look.ts';
import { favicon, mark, pageColors, pageStyle } from './style/page-style.ts';
import { localTimes } from './time/render-time.ts';

/** `wide`: for tables. `scripts`: inline scripts of ours, without which the page must work as well. */
type PageOptions = { wide?: boolean; scripts?: readonly string[]; app?: PageApp | undefined };

/** Sends the pages of one gateway. */
export type Pages = {
  /** The headers of a page without scripts. Other answers at the addresses of pages have them too. */
  headers: Readonly<Record<string, string>>;
  /** Renders a page. `title` is both its heading and, with the name of the gateway, the title of the tab. */
  render(title: string, body: Html, options?: PageOptions): { text: string; headers: Record<string, string> };
  /** The colors of the pages, as a style sheet for programs. */
  colors: string;
  /** Renders a page that is only a program, which fills `place`. */
  renderProgram(
    title: string,
    place: Html,
    program: Pick<PageApp, 'script' | 'style'>,
  ): { text: string; headers: Record<string, string> };
  /** Sends a page. */
  send(response: ServerResponse, status: number, title: string, body: Html, options?: PageOptions): void;
};

const meta = html`<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark"><meta name="robots" content="noindex">`;
const nothing: Html = { markup: '' };

/** Creates the pages of a gateway, which all show its host and branding. */
export function createPages(look: PageLook): Pages {
  const { host, name, helpUrl, accent, logo, formsLeave = false } = look;
  const style = pageStyle(accent);
  const icon = favicon(accent);
  const image = logo ? html`<img class="logo" src="${logoPath}" alt="">` : { markup: mark };
  const footer =
    helpUrl === undefined ? nothing : html`<footer><a href="${helpUrl}" rel="noreferrer">Help</a></footer>\n`;
  const markup = (
    title: string,
    body: Html,
    wide: boolean,
    scripts: readonly string[],
    app?: PageApp,
  ) => html`<!doctype html>
<html lang="en"><head>${meta}<title>${title} - ${name ?? host}</title><link rel="icon" href="${icon}"><style>${{ markup: style }}</style>${app === undefined ? nothing : html`<link rel="stylesheet" href="${app.style}">`}</head>
<body${wide ? { markup: ' class="wide"' } : nothing}><header>${image}<p class="brand"><span>${name ?? 'Sallyport'}</span> <span class="host">${host}</span></p></header>
<main><h1>${title}</h1>
${body}
</main>
${footer}${scripts.map((script) => ({ markup: `<script>${script}</script>` }))}${app === undefined ? nothing : html`<script src="${app.script}"></script>`}</body></html>
`;
  const render = (title: string, body: Html, { wide = false, scripts: own = [], app }: PageOptions = {}) => {
    // Text from elsewhere is escaped, so only `renderTime` writes this element.
    const scripts = body.markup.includes('<time ') ? [...own, localTimes] : own;
    return {
      text: markup(title, body, wide, scripts, app).markup,
      headers: { ...pageHeaders({ style, scripts, app, formsLeave }), 'content-type': 'text/html; charset=utf-8' },
    };
  };
  return {
    headers: pageHeaders({ style, scripts: [], formsLeave }),
    render,
    colors: pageColors(accent),
    renderProgram(title, place, { script, style: sheet }) {
      const { markup: text } = html`<!doctype html>
<html lang="en"><head>${meta}<title>${title} - ${name ?? host}</title><link rel="icon" href="${icon}"><link rel="stylesheet" href="${sheet}"></head>
<body>${place}<script src="${script}"></script></body></html>
`;
      return { text, headers: { ...programHeaders, 'content-type': 'text/html; charset=utf-8' } };
    },
    send(response, status, title, body, options) {
      const { text, headers } = render(title, body, options);
      response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(text) });
      response.end(text);
    },
  };
}
