import express, { type Express, type RequestHandler } from 'express';
import { ProblemError, requireService } from '@sallyport/kit';
import type { AuthenticateDeps, RouteDeps } from './authenticate-deps.ts';
import { errorPage } from './pages/error-page.ts';
import { pageHeaders } from './pages/render-page.ts';
import { beginLogin } from './routes/begin-login.ts';
import { exchangeCode } from './routes/exchange-code.ts';
import { finishLogin } from './routes/finish-login.ts';
import { listSessions } from './routes/list-sessions.ts';
import { logout } from './routes/logout.ts';
import { revokeSession } from './routes/revoke-session.ts';
import { showMe } from './routes/show-me.ts';
import { createLoginEvents } from './session/login-events.ts';

const bodyLimit = '16kb';

/** One method per address. HEAD is refused as well: it would begin or finish a login for a mere preview of a link. */
function only(method: string): RequestHandler {
  return (request, response, next) => {
    if (request.method === method) return next();
    response.setHeader('allow', method);
    throw new ProblemError('method-not-allowed', `This address takes ${method} only.`);
  };
}

/** The service's HTTP application. It neither listens nor reads the environment. Every call needs the credential of one of Sallyport's services. */
export function createAuthenticateApp(deps: AuthenticateDeps): Express {
  const routes: RouteDeps = { ...deps, events: createLoginEvents(deps) };
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  app.use(pageHeaders());
  app.use(requireService(deps.verifier));
  app.all('/.sallyport/login', only('GET'), beginLogin(routes));
  app.all('/.sallyport/callback', only('GET'), finishLogin(routes));
  app.all('/.sallyport/token', only('POST'), express.json({ limit: bodyLimit }), express.urlencoded({ limit: bodyLimit, extended: false, parameterLimit: 16 }), exchangeCode(routes));
  app.all('/.sallyport/me', only('GET'), showMe(routes));
  app.all('/.sallyport/logout', only('POST'), logout(routes));
  app.all('/v1/sessions', only('GET'), listSessions(routes));
  app.all('/v1/sessions/:id', only('DELETE'), revokeSession(routes));
  app.use(() => {
    throw new ProblemError('not-found', 'There is no such page here.');
  });
  app.use(errorPage(deps));
  return app;
}
