import { html, type Html, sendProblemPage, type Pages } from '@sallyport/pages';
import type { ProblemCode } from '@sallyport/contracts';
import type { ErrorRequestHandler } from 'express';
import { problemHandler, type Logger } from '@sallyport/kit';
import { type LoginPlace, loginPlaceOf } from '../login/login-place.ts';

const ofLogin = new Set<ProblemCode>([
  'bad-request',
  'conflict',
  'login-failed',
  'login-expired',
  'identity-provider-unavailable',
  'audit-unavailable',
  'sessions-unavailable',
  'service-unavailable',
  'internal',
]);
const another = new Set<ProblemCode>(['login-failed', 'identity-provider-unavailable']);

function again(place: LoginPlace | undefined): Html {
  if (place === undefined)
    return html`<p>If a terminal or another program waits for this login, start it again there.</p>
<p><a class="act" href="/.sallyport/login">Log in in this browser</a></p>`;
  if (place.kind === 'browser') return html`<p><a class="act" href="/.sallyport/login">Log in again</a></p>`;
  if (place.kind === 'device')
    return html`<p>Start again on the device, then enter the new code that it shows.</p>
<p><a class="act" href="/.sallyport/device">Enter a code</a></p>`;
  return html`<p>This login belongs to a terminal or another program. Start it again there. You can close this page.</p>`;
}

/** What a person can do after a problem, by where their login began. */
function nextStep(
  code: ProblemCode,
  { place, providers, path }: { place: LoginPlace | undefined; providers: number; path: string },
): Html {
  if (code === 'unauthenticated') return html`<p><a class="act" href="/.sallyport/login">Log in</a></p>`;
  const device = path === '/.sallyport/device';
  const login = place ?? (device ? { kind: 'device' as const, choose: '' } : undefined);
  const isLogin = login !== undefined || path.startsWith('/.sallyport/callback') || path === '/.sallyport/login';
  if (!isLogin || !ofLogin.has(code)) return html`<p><a href="/">Go to the start page</a></p>`;
  const choice =
    place !== undefined && providers > 1 && another.has(code)
      ? html`<p><a class="act" href="${place.choose}">Choose another identity provider</a></p>\n`
      : { markup: '' };
  return html`${choice}${again(login)}`;
}

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
