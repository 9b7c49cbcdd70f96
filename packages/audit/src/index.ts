// What happened? The searchable store of audit events.
export {};
