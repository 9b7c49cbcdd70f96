// The searchable store of audit events.
export * from './create-audit-app.ts';
export * from './create-ingest.ts';
export * from './lines/create-bounded-file.ts';
export * from './lines/create-ndjson-tap.ts';
export * from './start-audit.ts';
export * from './events/event-store.ts';
export * from './stores/open-stores.ts';
