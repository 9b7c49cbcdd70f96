// Who belongs to which group: the sources (claims, SCIM, other directories, files) and the sessions that depend on them.
export { checkDirectory } from './check-directory.ts';
export { checkForeignNames, checkName, nameFault, userNameFault, type ForeignPrefixes } from './claims/check-name.ts';
export { aboutToken, claimAt, claimsToKeep, copyClaims, type Claims } from './claims/copy-claims.ts';
export { readGroups } from './claims/read-groups.ts';
export { type Directory } from './groups/create-directory.ts';
export { createLinkedPeople, type LinkedPeople, type SourceKey } from './linked/create-linked-people.ts';
export { openDirectory, type OpenedDirectory } from './open-directory.ts';
export { writeIdentity, type WrittenIdentity } from './reconcile/write-identity.ts';
export { createScimApp } from './scim/create-scim-app.ts';
export { loadScimClients } from './scim/load-scim-clients.ts';
export { type ScimDeps } from './scim/routes/require-client.ts';
export { createDirectoryStore } from './store/create-directory-store.ts';
export { type DirectoryStore } from './store/directory-store.ts';
