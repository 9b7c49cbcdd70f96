import type { SourceConfigOf } from '@sallyport/contracts';
import { type Logger, readClientFacts } from '@sallyport/kit';
import type { Request, RequestHandler, Response } from 'express';
import type { DirectoryEvents } from '../../events/directory-events.ts';
import type { SessionReconciler } from '../../reconcile/create-session-reconciler.ts';
import type { DirectoryStore } from '../../store/directory-store.ts';
import { ScimError } from '../answer/scim-error.ts';

/** The owner of a token: its name, and the one source that it may push to. */
export type ScimClient = { id: string; source: SourceConfigOf<'scim'> };

export type ScimDeps = {
  /** The URL of the service, without a trailing slash. */
  baseUrl: string;
  /** By the SHA-256 of their tokens, in base64url. */
  clients: ReadonlyMap<string, ScimClient>;
  store: DirectoryStore;
  reconciler: Pick<SessionReconciler, 'reconcileNow'>;
  /** Resolves when replicas have the change, and the ends of sessions that it led to. */
  confirm(): Promise<void>;
  events: DirectoryEvents;
  logger: Logger;
  now: () => number;
  randomId: () => string;
};

/** One request of a client, and what answers it. */
export type ScimCall = ScimDeps & { request: Request; response: Response; client: ScimClient };

/** Creates the handler of a route. The client is known before any route runs. */
export const onCall =
  (deps: ScimDeps, work: (call: ScimCall) => Promise<void>): RequestHandler =>
  (request, response) =>
    work({ ...deps, request, response, client: response.locals['scimClient'] as ScimClient });

/** The header in which the gateway forwards the SHA-256 of a bearer token. It does not forward the token. */
const scimTokenHeader = 'sallyport-scim-token';

/** Rejects requests without a configured token before their bodies are read. */
export const requireClient =
  ({ clients, events }: ScimDeps): RequestHandler =>
  (request, response, next) => {
    const hash = request.headers[scimTokenHeader];
    const client = typeof hash === 'string' ? clients.get(hash) : undefined;
    if (client) {
      response.locals['scimClient'] = client;
      return next();
    }
    const message = hash === undefined ? 'The bearer token is missing.' : 'The bearer token is not valid.';
    events.refused({ path: request.path, code: 401, facts: readClientFacts(request), message });
    response.setHeader('www-authenticate', 'Bearer realm="sallyport-scim"');
    throw new ScimError(401, message);
  };
