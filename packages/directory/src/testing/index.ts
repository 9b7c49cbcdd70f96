export * from './directory-store.conformance.ts';
