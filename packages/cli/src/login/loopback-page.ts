import type { ServerResponse } from 'node:http';
import { createPages, html, type Html } from '@sallyport/pages';

/** Answers the redirected browser. `host` is the gateway that the login is for. */
export function answerPage(
  response: ServerResponse,
  { host, status = 200, title, text }: { host: string; status?: number; title: string; text: Html },
): void {
  response.setHeader('connection', 'close');
  createPages({ host }).send(response, status, title, html`<p>${text}</p>`);
}
