// Who belongs to which group.
export * from './store/create-directory-store.ts';
export * from './store/create-memory-directory-store.ts';
export * from './store/create-redis-directory-store.ts';
export type * from './store/directory-store.ts';
