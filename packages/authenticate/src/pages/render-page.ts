import { hash } from 'node:crypto';
import helmet from 'helmet';
import type { RequestHandler, Response } from 'express';
import { pageStyle } from './page-style.ts';

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Markup, as opposed to text that came from somewhere. */
export type Html = { markup: string };

/** Markup from a template; whatever stands in the gaps is text, unless it is markup itself or a list of it. */
export function html(parts: TemplateStringsArray, ...gaps: (string | number | Html | Html[])[]): Html {
  const fill = (gap: string | number | Html | Html[]): string => {
    if (Array.isArray(gap)) return gap.map((one) => one.markup).join('');
    return typeof gap === 'object'
      ? gap.markup
      : String(gap).replaceAll(/[&<>"']/g, (character) => escapes[character]!);
  };
  return { markup: parts.reduce((text, part, place) => text + fill(gaps[place - 1]!) + part) };
}

/** Headers for everything that a browser may show: no script, no frame, no foreign form, no cache. */
export function pageHeaders(): RequestHandler {
  const secure = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        styleSrc: [`'sha256-${hash('sha256', pageStyle, 'base64')}'`],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
      },
    },
    xFrameOptions: { action: 'deny' },
    // Not no-referrer: a browser would send `Origin: null` with the logout form.
    referrerPolicy: { policy: 'same-origin' },
    crossOriginOpenerPolicy: { policy: 'same-origin' },
  });
  return (request, response, next) => {
    response.setHeader('cache-control', 'no-store');
    secure(request, response, next);
  };
}

/** Answers with a whole page. `title` is its heading and what the tab shows. */
export function sendPage(response: Response, status: number, title: string, body: Html): void {
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark"><meta name="robots" content="noindex"><title>${title} - Sallyport</title><style>${{ markup: pageStyle }}</style></head>
<body><header><p class="brand">Sallyport</p></header>
<main><h1>${title}</h1>
${body}
</main></body></html>
`;
  response.status(status).type('html').send(page.markup);
}
