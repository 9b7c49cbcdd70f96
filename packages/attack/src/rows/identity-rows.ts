import { held, judgeIdentity, probe, review, inconclusive, type AttackRow, type Probe } from '../probe/probe.ts';

/** A SelfSubjectReview with these headers, judged by the identity in the response. */
const as = (what: string, ...lines: string[]): Probe =>
  probe(what, review({ lines }), (reply, { baseline }) => judgeIdentity(reply, baseline));

const named = [
  'Authorization',
  'Impersonate-User',
  'Impersonate-Group',
  'Impersonate-Uid',
  'Impersonate-Extra-Scopes',
  'X-Remote-User',
  'X-Remote-Group',
  'X-Forwarded-For',
  'Host',
  'Cookie',
];

const connection: AttackRow = {
  row: 'A01',
  attack: 'Connection names a header that a hop would then drop',
  probes: [
    ...named.map((name) => as(`Connection: ${name}`, `Connection: ${name}`)),
    as('Connection: close, Impersonate-User', 'Connection: close, Impersonate-User'),
    as('two Connection lines', 'Connection: keep-alive', 'Connection: Impersonate-User'),
    as('an empty Connection line first', 'Connection: ', 'Connection: Impersonate-User'),
  ],
};

const identity: AttackRow = {
  row: 'A02',
  attack: 'Impersonate-* and X-Remote-*',
  probes: [
    as('Impersonate-User', 'Impersonate-User: sallyport-attack'),
    as('Impersonate-User and -Group', 'Impersonate-User: sallyport-attack', 'Impersonate-Group: system:masters'),
    as('Impersonate-Group alone', 'Impersonate-Group: system:masters'),
    as('Impersonate-Uid', 'Impersonate-Uid: sallyport-attack'),
    as('Impersonate-Extra-Scopes', 'Impersonate-Extra-Scopes: sallyport-attack'),
    as('an unknown header with the same prefix', 'Impersonate-Sallyport-Attack: x'),
    as('X-Remote-User and -Group', 'X-Remote-User: sallyport-attack', 'X-Remote-Group: system:masters'),
    as('X-Remote-Extra-Scopes', 'X-Remote-Extra-Scopes: sallyport-attack'),
    ...['X-Forwarded-User', 'X-Auth-Request-User', 'Remote-User', 'X-Webauth-User'].map((name) =>
      as(name, `${name}: sallyport-attack`),
    ),
  ],
};

const spellings: AttackRow = {
  row: 'A03',
  attack: 'the same headers in other spellings',
  probes: [
    'IMPERSONATE_USER',
    'impersonate_user',
    'Impersonate.User',
    'iMPERSONATE-uSER',
    'Impersonate_Group',
    'X_Remote_User',
    'x.remote.user',
    'Impersonate-User ',
    'Impersonate-User\t',
  ].map((name) => as(JSON.stringify(name), `${name}: sallyport-attack`)),
};

const surviving: AttackRow = {
  row: 'A04',
  attack: 'a header survives when your identity has no value for it',
  probes: [
    'Impersonate-Extra-Sallyport-Attack',
    'Impersonate-Extra-Reason',
    'Impersonate-Uid',
    'X-Remote-Extra-Sallyport-Attack',
    'X-Remote-Uid',
  ].map((name) => as(name, `${name}: planted`)),
};

const commas: AttackRow = {
  row: 'A05',
  attack: 'commas in group names',
  probes: [
    {
      what: 'one of your groups has a comma in its name',
      run: async ({ baseline }) =>
        baseline.groups.some((group) => group.includes(','))
          ? held('the cluster got it as one group')
          : inconclusive('none of your groups has a comma'),
    },
  ],
};

export const identityRows: readonly AttackRow[] = [connection, identity, spellings, surviving, commas];
