import { ProblemError } from '@sallyport/kit';
import type { Express, RequestHandler } from 'express';
import type { PortalDeps } from '../calls/portal-deps.ts';
import { createElevationCalls } from '../calls/ask-elevations.ts';
import type { AuditedCall } from '../calls/audited-call.ts';
import { elevationsPath } from './elevation-words.ts';
import { renderList } from './render-list.ts';
import { createSendRequest, createShowRequestForm } from './request-elevation.ts';
import { servePage } from './serve-page.ts';
import { createShowElevation } from './show-elevation.ts';
import { createTakeStep, decisions } from './take-step.ts';

/** Refuses other methods, so that a link to a button opens nothing and does nothing. */
const only =
  (...methods: string[]): RequestHandler =>
  (request, response, next) => {
    if (methods.includes(request.method)) return next();
    response.setHeader('allow', methods.join(', '));
    throw new ProblemError('method-not-allowed', `This address supports only ${methods.join(' and ')}.`);
  };

/**
 * Mounts the pages of elevations for browsers: the list, the form that asks for one, the page of each, and what their
 * buttons do. Each is a view of a call of the API: a GET only reads, and a button is a POST of our own page.
 */
export function mountElevationPages(app: Express, call: AuditedCall, deps: PortalDeps): void {
  const calls = createElevationCalls(deps);
  const list = servePage(deps, call, async (request, _caller, context) => {
    const [elevations, options] = await Promise.all([calls.list(request, context), calls.options(request, context)]);
    return { status: 200, body: { title: 'Elevations', content: renderList(elevations, options, deps.landing.now()) } };
  });
  app.all(elevationsPath, only('GET', 'HEAD'), list);
  const form = servePage(deps, call, createShowRequestForm(calls));
  const send = servePage(deps, call, createSendRequest(deps, calls));
  app.all(`${elevationsPath}/new/:name`, only('GET', 'HEAD', 'POST'), (request, response, next) =>
    (request.method === 'POST' ? send : form)(request, response, next),
  );
  app.all(`${elevationsPath}/:id`, only('GET', 'HEAD'), servePage(deps, call, createShowElevation(deps, calls)));
  const toElevation = (path: string) => path.slice(0, path.lastIndexOf('/'));
  for (const step of [...decisions, 'extend', 'review'] as const)
    app.all(
      `${elevationsPath}/:id/${step}`,
      only('POST'),
      servePage(deps, call, createTakeStep(deps, calls, step), toElevation),
    );
}
