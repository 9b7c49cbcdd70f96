import { problemHandler, toProblem, type Logger, type ProblemError } from '@sallyport/kit';
import { html, type Pages } from '@sallyport/pages';
import type { ErrorRequestHandler } from 'express';

/** Creates the error handler of the gateway's own addresses: a page for browsers, problem+json for programs. */
export function problemPage(deps: { logger: Logger; ownPages: Pages }): ErrorRequestHandler {
  const asJson = problemHandler(deps);
  return (error: unknown, request, response, next) => {
    const problem = toProblem(error);
    const forBrowser = request.headers.accept?.includes('text/html') ?? false;
    if (!forBrowser || response.headersSent || problem.code === 'internal')
      return void asJson(error as ProblemError, request, response, next);
    deps.ownPages.send(
      response,
      problem.status,
      problem.title,
      html`<p>${problem.detail}</p>
<p class="quiet">Error code: ${problem.code}</p>`,
    );
  };
}
