export * from './directory-store.conformance.ts';
export { readPeopleMap } from '../map/read-people-map.ts';
export { createGroupFilter } from '../sync/group-filter.ts';
export { reconcileSession } from '../reconcile/reconcile-session.ts';
