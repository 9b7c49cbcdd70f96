// The searchable store of audit events.
export * from './create-audit-app.ts';
export * from './create-ingest.ts';
export * from './create-ndjson-tap.ts';
export * from './start-audit.ts';
export * from './store/audit-store.ts';
export * from './store/create-audit-store.ts';
