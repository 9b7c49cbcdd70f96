import type { ErrorRequestHandler } from 'express';
import { problemHandler, type Logger } from '@sallyport/kit';
import { sendProblemPage, type Pages } from '@sallyport/pages';
import { loginPlaceOf } from './login-place.ts';
import { nextStep } from './next-step.ts';

/** Creates the error handler, which renders problems as pages for browsers and as problem+json for programs. */
export function errorPage(deps: { logger: Logger; pages: Pages; providers: { length: number } }): ErrorRequestHandler {
  return problemHandler({
    logger: deps.logger,
    sendPage: (response, problem, request) =>
      sendProblemPage(
        deps.pages,
        response,
        problem,
        nextStep(problem.code, {
          place: loginPlaceOf(response),
          providers: deps.providers.length,
          path: request.path,
        }),
      ),
  });
}
