import { html, type Html } from '@sallyport/pages';
import type { Request } from 'express';
import type { Rows } from './read-landing.ts';

/** Returns the notice of a click on our own page. A link from elsewhere cannot make the page claim anything. */
export function noticeOf({ query, headers }: Request, notices: Readonly<Record<string, string>>): string | undefined {
  const { done } = query;
  if (headers['sec-fetch-site'] !== 'same-origin' || typeof done !== 'string') return undefined;
  return Object.hasOwn(notices, done) ? notices[done] : undefined;
}

/** The words around the rows of a section: its heading, what it says if it is empty, and the command that lists all. */
type Words = { title: string; none?: string; all?: string };

/** Renders a section of the page: its heading, its rows, and how many more there are. */
export function renderRows<Row>(list: Rows<Row>, { title, none = '', all = '' }: Words, row: (one: Row) => Html): Html {
  const heading = html`<h2>${title}</h2>`;
  if ('unavailable' in list)
    return html`${heading}
<p class="note">This list is not available at the moment. ${list.unavailable}</p>`;
  if (list.rows.length === 0)
    return html`${heading}
<p class="quiet">${none}</p>`;
  const more =
    list.more > 0
      ? html`<p class="quiet">And ${list.more} more. To list all, run: <code class="command">${all}</code></p>`
      : { markup: '' };
  return html`${heading}
<ul class="rows">
${list.rows.map((one) => html`<li>${row(one)}</li>\n`)}</ul>
${more}`;
}
