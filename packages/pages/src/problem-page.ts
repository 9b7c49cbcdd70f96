import type { ServerResponse } from 'node:http';
import type { Pages } from './create-pages.ts';
import { html, type Html } from './markup/html.ts';
import { problemWords } from './markup/problem-words.ts';

/** A problem as callers see it (RFC 9457 members and our code). */
type Problem = { code: string; status: number; detail: string };

/** Sends the page about a problem. `next` is what its reader can do now. */
export function sendProblemPage(pages: Pages, response: ServerResponse, problem: Problem, next: Html): void {
  const { code, status, detail } = problem;
  const { title, text } = problemWords(code);
  if (status === 503 && !response.hasHeader('retry-after')) response.setHeader('retry-after', '2');
  // A detail that the text replaces is about parameters. It helps whoever wrote the link.
  const reason = text === undefined || status >= 500 ? { markup: '' } : html` - ${detail}`;
  pages.send(
    response,
    status,
    title,
    html`<p>${text ?? detail}</p>
${next}
<p class="quiet">Error code: ${code}${reason}</p>`,
  );
}
