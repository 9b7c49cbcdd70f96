import { gatewayChallenge } from '@sallyport/contracts';
import { problemHandler, type Logger } from '@sallyport/kit';
import { html, sendProblemPage, type Html, type Pages } from '@sallyport/pages';
import type { ErrorRequestHandler } from 'express';

/** What a person can do about a problem of the gateway itself. */
function nextStep(code: string): Html {
  if (code === 'unauthenticated') return html`<p><a class="act" href="/.sallyport/login">Log in</a></p>`;
  return html`<p><a href="/">Go to the start page</a></p>`;
}

/** Creates the error handler of the gateway's own addresses: a page for browsers, problem+json for programs. */
export function problemPage({ logger, ownPages }: { logger: Logger; ownPages: Pages }): ErrorRequestHandler {
  return problemHandler({
    logger,
    challenge: gatewayChallenge,
    sendPage: (response, problem) => sendProblemPage(ownPages, response, problem, nextStep(problem.code)),
  });
}
