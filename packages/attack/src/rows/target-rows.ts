import {
  describeReply,
  held,
  hole,
  judgeIdentity,
  judgeRefusal,
  probe,
  readUserInfo,
  review,
  reviewPath,
  inconclusive,
  type AttackRow,
  type Attempt,
  type Probe,
} from '../probe/probe.ts';
import { headerOf } from '../wire/raw-reply.ts';

/** An API server redirects this path to one with a slash. Not every token may read it. */
const redirects: AttackRow = {
  row: 'A14',
  attack: 'redirects from a cluster',
  probes: [
    probe('/debug/pprof', { path: '/debug/pprof' }, (reply) => {
      if (reply.status >= 300 && reply.status < 400) return held(`relayed: ${reply.status}`);
      return reply.status >= 200 && reply.status < 300
        ? hole('the redirect was followed')
        : inconclusive(`this token may read nothing that redirects (${describeReply(reply)})`);
    }),
  ],
};

/** A server error means that the gateway tried to reach the host in the target. */
const elsewhere = (what: string, attempt: Attempt): Probe =>
  probe(what, attempt, (reply) =>
    reply.status >= 500 ? hole(`${describeReply(reply)}: the gateway tried to reach it`) : judgeRefusal(reply),
  );
const foreignHost = (host: string): Probe =>
  probe(`Host: ${host}`, review({ host }), (reply, { baseline }) =>
    reply.status >= 500
      ? hole(`${describeReply(reply)}: the gateway tried to reach it`)
      : judgeIdentity(reply, baseline),
  );

const hosts: AttackRow = {
  row: 'A15',
  attack: 'targets that name another host',
  probes: [
    ...[
      'http://attack.invalid/version',
      'https://attack.invalid/version',
      'https://user:pass@attack.invalid/version',
      '//attack.invalid/version',
      '/\\attack.invalid/version',
      '@attack.invalid/version',
      '*',
    ].map((target) => elsewhere(target, { target })),
    ...['attack.invalid', 'attack.invalid:6443', '169.254.169.254'].map(foreignHost),
  ],
};

const unclearPath = (path: string): Probe =>
  probe(path, { path }, (reply) => {
    if (reply.status >= 300 && reply.status < 400)
      return hole(`it was forwarded, and redirected to ${headerOf(reply, 'location') ?? 'an unknown location'}`);
    return reply.status >= 200 && reply.status < 300
      ? hole(`${describeReply(reply)}, as for another path`)
      : judgeRefusal(reply);
  });
const unclearQuery = (query: string): Probe =>
  probe(`?${query}`, review({ path: `${reviewPath}?${query}` }), (reply) =>
    readUserInfo(reply) ? hole('it was forwarded to the cluster') : judgeRefusal(reply),
  );

const unclear: AttackRow = {
  row: 'A16',
  attack: 'paths and queries that two readers could understand differently',
  probes: [
    ...[
      '/api/../version',
      '/api/%2e%2e/version',
      '/api/.%2e/version',
      '/./version',
      '/%2e/version',
      '//version',
      '/api/..%2fversion',
      '/api%2f..%2fversion',
      '/api\\..\\version',
      '/version#x',
      '/vers%zzion',
      '/version%',
    ].map(unclearPath),
    ...['dryRun=All&dryRun=All', 'dryRun=All&dry%52un=', 'fieldManager=a;dryRun=All', 'x=%zz', 'x=%ff'].map(
      unclearQuery,
    ),
  ],
};

const override = (name: string): Probe =>
  probe(`${name}: DELETE`, review({ lines: [`${name}: DELETE`] }), (reply, { baseline }) =>
    reply.status === 404 || reply.status === 405
      ? hole(`${describeReply(reply)}: it was treated as a DELETE`)
      : judgeIdentity(reply, baseline),
  );
const method = (name: string): Probe =>
  probe(name, { method: name, path: '/version' }, (reply) => {
    if (reply.status >= 200 && reply.status < 300) return hole(`${describeReply(reply)} to an unknown method`);
    return reply.status >= 500 && reply.status !== 501
      ? inconclusive(describeReply(reply))
      : reply.status === 0 && !reply.closed
        ? inconclusive('no response')
        : held(describeReply(reply));
  });

const verbs: AttackRow = {
  row: 'A17',
  attack: 'confusion about the verb',
  probes: [
    ...['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override'].map(override),
    ...['TRACE', 'PROPFIND', 'SEARCH', 'get', 'GETX', 'Get'].map(method),
  ],
};

export const targetRows: readonly AttackRow[] = [redirects, hosts, unclear, verbs];
