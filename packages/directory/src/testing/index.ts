export * from './directory-store.conformance.ts';
export { readPeopleMap } from '../map/read-people-map.ts';
export { createGroupFilter } from '../pull/group-patterns.ts';
export { settleSession } from '../sessions/settle-session.ts';
