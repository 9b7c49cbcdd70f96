import { kubernetes, anonymous, ofUser, session, textRows, type Row } from './criteria-row.ts';

const onCall = { primary: { users: [{ user: 'a' }] }, second: { users: [] } };

/** Rows of elevations, on-call lists, expressions and the criteria that Sallyport does not support. */
export const otherRows: Row[] = [
  ...textRows('service_account', 'service-account', (serviceAccount) => ({ session, serviceAccount }), [{ session }]),
  ['elevation', 'admin', { session, elevations: ['other', 'admin'] }, true, 'elevation-ok'],
  ['elevation', ['x', 'admin'], { session, elevations: ['admin'] }, true, 'elevation-ok'],
  ['elevation', 'admin', { session, elevations: ['administrator'] }, false, 'elevation-unauthorized'],
  ['elevation', 'admin', { session }, false, 'elevation-unauthorized'],
  ['elevation', 'admin', { elevations: ['admin'] }, false, 'user-unauthenticated'],
  ['on_call', 'primary', { ...ofUser({ id: 'a' }), onCall }, true, 'on-call-ok'],
  ['on_call', ['second', 'primary'], { ...ofUser({ id: 'a' }), onCall }, true, 'on-call-ok'],
  ['on_call', 'primary', { ...ofUser({ id: 'b', email: 'a' }), onCall }, true, 'on-call-ok'],
  ['on_call', 'primary', { ...ofUser({ id: 'b' }), onCall }, false, 'on-call-unauthorized'],
  ['on_call', 'second', { ...ofUser({ id: 'a' }), onCall }, false, 'on-call-unauthorized'],
  ['on_call', 'third', { ...ofUser({ id: 'a' }), onCall }, false, 'on-call-open'],
  ['on_call', 'primary', ofUser({ id: 'a' }), false, 'on-call-open'],
  ['on_call', 'primary', { user: { id: 'a' }, onCall }, false, 'user-unauthenticated'],
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
