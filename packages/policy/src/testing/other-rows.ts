import { kubernetes, anonymous, ofUser, session, type Row } from './criteria-row.ts';

/** Rows of elevations, expressions and the criteria that Sallyport does not support. */
export const otherRows: Row[] = [
  ['elevation', 'admin', { session, elevations: ['other', 'admin'] }, true, 'elevation-ok'],
  ['elevation', ['x', 'admin'], { session, elevations: ['admin'] }, true, 'elevation-ok'],
  ['elevation', 'admin', { session, elevations: ['administrator'] }, false, 'elevation-unauthorized'],
  ['elevation', 'admin', { session }, false, 'elevation-unauthorized'],
  ['elevation', 'admin', { elevations: ['admin'] }, false, 'user-unauthenticated'],
  ['expression', 'request.method == "GET"', { request: { method: 'GET' } }, true, 'expression-ok'],
  ['expression', 'request.method == "GET"', { request: { method: 'PUT' } }, false, 'expression-unauthorized'],
  ['expression', 'request.method == "GET"', anonymous, false, 'expression-error'],
  [
    'expression',
    'kubernetes.namespace == "dev"',
    kubernetes({ verb: 'list', resource: 'pods' }),
    false,
    'expression-open',
  ],
  ['expression', '"a" in user.groups', anonymous, false, 'user-unauthenticated'],
  ['mcp_tool', { not: 'x' }, ofUser({ id: 'a' }), false, 'mcp-tool-unauthorized'],
  ['ssh_publickey', 'ssh-ed25519 AAAA', ofUser({ id: 'a' }), false, 'ssh-publickey-unauthorized'],
  ['ssh_ca', ['ssh-ed25519 AAAA'], ofUser({ id: 'a' }), false, 'ssh-publickey-unauthorized'],
  ['ssh_username', 'root', ofUser({ id: 'a' }), false, 'ssh-username-unauthorized'],
  ['ssh_username_matches_email', true, ofUser({ id: 'a' }), false, 'ssh-username-unauthorized'],
  ['ssh_username_matches_email', true, anonymous, false, 'user-unauthenticated'],
  ['ssh_username_matches_claim', 'login', ofUser({ id: 'a' }), false, 'ssh-username-unauthorized'],
  ['ssh_username_matches_claim', 'login', anonymous, false, 'user-unauthenticated'],
  ['pomerium_routes', true, anonymous, false, 'non-pomerium-route'],
];
