// Who belongs to which group: the sources (claims, SCIM, other directories, files) and the sessions that depend on them.
export { openDirectory, type OpenDirectoryDeps, type OpenedDirectory } from './open-directory.ts';
export { checkDirectory } from './check-directory.ts';
export { type Directory } from './groups/create-directory.ts';
export * from './store/create-directory-store.ts';
export type * from './store/directory-store.ts';
export { loadScimClients } from './scim/load-scim-clients.ts';
export { createScimApp } from './scim/create-scim-app.ts';
export { type ScimDeps } from './scim/routes/scim-deps.ts';
export * from './claims/check-foreign-names.ts';
export * from './claims/check-name.ts';
export * from './claims/claim-at.ts';
export * from './claims/copy-claims.ts';
export * from './claims/describe-change.ts';
export * from './claims/read-groups.ts';
