import type { AuditEventType, Session, SessionKind } from '@sallyport/contracts';

type SessionTypes = { created: AuditEventType; revoked: AuditEventType; ended: AuditEventType };
const sessionTypes: SessionTypes = { created: 'session.login', revoked: 'session.revoked', ended: 'session.ended' };
/** The types of the events of sessions that are not logins: the credentials of programs, and the sessions of routes. */
const machineTypes: { readonly [kind in SessionKind]?: SessionTypes } = {
  agent: { created: 'agent.created', revoked: 'agent.revoked', ended: 'agent.ended' },
  'service-account': {
    created: 'service_account.created',
    revoked: 'service_account.revoked',
    ended: 'service_account.ended',
  },
  route: { ...sessionTypes, created: 'route.session.started' },
};

/** Returns the types of the events of a session. */
export const typesOf = ({ kind }: Pick<Session, 'kind'>): SessionTypes => machineTypes[kind] ?? sessionTypes;
