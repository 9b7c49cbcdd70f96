/**
 * What is kept of a resource: attributes under their own names, those of an extension under its URN. Nothing is in it
 * that a schema does not name.
 */
export type Document = Record<string, unknown>;
