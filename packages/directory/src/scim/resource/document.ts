/**
 * The stored attributes of a resource, by name. Those of an extension are under its URN. Contains only attributes of the
 * schema.
 */
export type Document = Record<string, unknown>;
