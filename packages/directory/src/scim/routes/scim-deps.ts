import type { SourceConfigOf } from '@sallyport/contracts';
import type { DirectoryStore } from '../../store/directory-store.ts';
import type { Logger } from '@sallyport/kit';
import type { DirectoryEvents } from '../../events/directory-events.ts';
import type { SessionReconciler } from '../../reconcile/create-session-reconciler.ts';
import type { RequestHandler, Response } from 'express';

/** The owner of a token: its name, and the one source that it may push to. */
export type ScimClient = { id: string; source: SourceConfigOf<'scim'> };

export type ScimDeps = {
  /** The URL of the service, without a trailing slash. */
  baseUrl: string;
  /** By the SHA-256 of their tokens, in base64url. */
  clients: ReadonlyMap<string, ScimClient>;
  store: DirectoryStore;
  reconciler: Pick<SessionReconciler, 'reconcileNow'>;
  events: DirectoryEvents;
  logger: Logger;
  now: () => number;
  randomId: () => string;
};

/** Returns the client of a request. It is known before any route runs. */
export const clientOf = (response: Response): ScimClient => response.locals['scimClient'] as ScimClient;

export type ScimRoute = (deps: ScimDeps) => RequestHandler;
