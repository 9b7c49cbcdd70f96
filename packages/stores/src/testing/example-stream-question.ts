import { randomUUID } from 'node:crypto';
import type { OwnedStreamRow, StreamAnswer, StreamQuestion } from '@sallyport/contracts';

export const question = (more: Partial<StreamQuestion> = {}): StreamQuestion => ({
  id: randomUUID(),
  ended: false,
  where: {},
  ...more,
});

/** A stream as a gateway reports it, an exec by subject `alice`. */
export const exampleStreamRow = (more: Partial<OwnedStreamRow> = {}): OwnedStreamRow => ({
  id: 'stream-1',
  kind: 'exec',
  proxy: 'proxy/a',
  cluster: 'dev',
  verb: 'create',
  clientAddress: '10.0.0.9',
  auditId: 'audit-1',
  issuer: 'https://idp',
  subject: 'alice',
  user: 'alice@example.com',
  sessionId: 'ses_1',
  namespace: 'dev',
  resource: 'pods',
  name: 'web',
  subresource: 'exec',
  path: '/api/v1/namespaces/dev/pods/web/exec',
  since: 1000,
  bytesIn: 1,
  bytesOut: 2,
  ...more,
});

export const answerTo = (asked: StreamQuestion, proxy: string, more: Partial<StreamAnswer> = {}): StreamAnswer => ({
  question: asked.id,
  proxy: `proxy/${proxy}`,
  rows: [],
  omitted: 0,
  ...more,
});
