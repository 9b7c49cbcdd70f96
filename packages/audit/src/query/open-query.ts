import { auditViewSchema, type AuditPage } from '@sallyport/contracts';
import { parseJson, ProblemError, readBodyText, readCaller } from '@sallyport/kit';
import type { Request, Response } from 'express';
import { z } from 'zod';
import type { OnlyOf } from '../events/event-store.ts';
import type { QueryLimiter } from './create-query-limiter.ts';

/** Who asks, and which events they may see. */
export type Viewer = {
  /** Identifies the person, for limits. */
  person: string;
  /** Undefined: all events. */
  only: OnlyOf | undefined;
  /** What an answer says about this. */
  scope: Pick<AuditPage, 'scope' | 'view'>;
  /** The whole body. */
  body: unknown;
};

const maxBodyBytes = 2 * 1024 * 1024;
const bodySchema = z.object({ view: auditViewSchema });

/**
 * Reads who asks from the header, and what `api.policy.audit` lets them see from the body. Without a body a caller sees
 * their own events.
 */
async function readViewer(request: Request): Promise<Viewer> {
  const caller = readCaller(request.headers);
  if (!caller) throw new ProblemError('bad-request', 'The call does not name the person it is made for.');
  const text = await readBodyText(request, maxBodyBytes);
  const body = text === '' ? { view: { clusters: [], withoutCluster: false } } : parseJson(text);
  const read = bodySchema.safeParse(body).data;
  if (!read) throw new ProblemError('bad-request', 'The call does not say which events the person may see.');
  const { issuer, subject } = caller.identity;
  const person = JSON.stringify([issuer, subject]);
  const { view } = read;
  if (view === 'all') return { person, only: undefined, scope: { scope: 'all' }, body };
  const own = view.clusters.length === 0 && !view.withoutCluster;
  return own
    ? { person, only: { issuer, subject }, scope: { scope: 'own' }, body }
    : { person, only: { issuer, subject, and: view }, scope: { scope: 'clusters', view }, body };
}

/** A query of a person: its parameters, what they may see, and how it is run. */
export type OpenQuery = Viewer & {
  search: URLSearchParams;
  /** Runs it when there is room. Resolves to undefined if the caller is gone by then. */
  run<T>(query: () => Promise<T>): Promise<T | undefined>;
};

/** Reads a query that a person sent. */
export async function openQuery(request: Request, response: Response, limiter: QueryLimiter): Promise<OpenQuery> {
  const viewer = await readViewer(request);
  return {
    ...viewer,
    search: new URL(request.url, 'http://audit').searchParams,
    run: (query) => limiter.run(viewer.person, query, () => response.destroyed),
  };
}
