import { ProblemError } from '@sallyport/kit';
import type { RequestHandler } from 'express';

/** Refuses other methods, so that a link to a button opens nothing and does nothing. */
export const only =
  (...methods: string[]): RequestHandler =>
  (request, response, next) => {
    if (methods.includes(request.method)) return next();
    response.setHeader('allow', methods.join(', '));
    throw new ProblemError('method-not-allowed', `This address supports only ${methods.join(' and ')}.`);
  };
