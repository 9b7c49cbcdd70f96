import type { ErrorRequestHandler } from 'express';
import { problemHandler, toProblem, type Logger, type ProblemError } from '@sallyport/kit';
import { html, type Pages } from '@sallyport/pages';
import { wantsPage } from '../http/wants-page.ts';

/** Creates the error handler, which renders problems as pages for browsers and as problem+json for programs. */
export function errorPage(deps: { logger: Logger; pages: Pages }): ErrorRequestHandler {
  const asJson = problemHandler(deps);
  return (error: unknown, request, response, next) => {
    const problem = toProblem(error);
    if (!wantsPage(request) || response.headersSent || problem.code === 'internal')
      return void asJson(error as ProblemError, request, response, next);
    if (problem.status === 503) response.setHeader('retry-after', '2');
    deps.pages.send(
      response,
      problem.status,
      problem.title,
      html`<p>${problem.detail}</p>
<p><a href="/.sallyport/login">Log in</a></p>
<p class="quiet">Error code: ${problem.code}</p>`,
    );
  };
}
