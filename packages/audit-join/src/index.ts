// Joins the gateway's audit events with a cluster's own audit log.
export * from './match/create-joiner.ts';
export * from './match/finding.ts';
export { isIgnored } from './match/is-ignored.ts';
export * from './match/judge-request.ts';
export { reservedForMs } from '@sallyport/contracts';
export { readReservations, reservationsFor } from './match/reservations.ts';
export * from './policy/audit-policy.ts';
export * from './read/read-cluster-event.ts';
export * from './read/source-of-event.ts';
