export * from './audit-store.conformance.ts';
