import { shownText } from '@sallyport/kit';
import { html, type Html } from '@sallyport/pages';
import type { Landing } from './read-landing.ts';
import { renderRows } from './render-rows.ts';

/** Renders the section about web applications. People who may use none do not see it. */
export function renderApplications({ applications }: Pick<Landing, 'applications'>): Html {
  if ('rows' in applications && applications.rows.length === 0) return { markup: '' };
  return renderRows(applications, { title: 'Applications' }, ({ name, host, origin }) => {
    const link = html`<a href="${origin}/"><bdi>${shownText(name ?? host)}</bdi></a>`;
    return html`<div><strong>${link}</strong></div><div class="quiet">${new URL(origin).host}</div>`;
  });
}
