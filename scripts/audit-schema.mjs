// Generates the JSON Schema of the data of an audit event, for consumers, from the schema that the services use.
import { z } from 'zod';
import { auditEventSchema } from '../packages/contracts/src/audit/audit-event.ts';

/**
 * The version of the schema. The second number counts the releases that added something. See "Versions" in
 * docs/audit-consumers.md.
 */
export const schemaVersion = '1.1';

/** Members whose values are RFC 3339 times. */
export const auditTimes = new Set([
  'requestReceivedTimestamp',
  'stageTimestamp',
  'sallyport.aggregated.firstTimestamp',
  'sallyport.aggregated.lastTimestamp',
  'sallyport.elevation.expiresAt',
  'sallyport.elevation.review.dueAt',
  'sallyport.checkpoint.time',
]);

/** Members whose list of values may grow: consumers must expect values that they do not know. */
export const openLists = new Set(['sallyport.alert.kind']);

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Changes each member of a schema. `path` names it, with [] for list items and * for arbitrary names. */
function changeMembers(schema, path, change) {
  const next = { ...schema };
  const below = (name) => (path === '' ? name : `${path}.${name}`);
  if (isObject(next.properties))
    next.properties = Object.fromEntries(
      Object.entries(next.properties).map(([name, one]) => [
        name,
        change(changeMembers(one, below(name), change), below(name)),
      ]),
    );
  if (isObject(next.additionalProperties))
    next.additionalProperties = changeMembers(next.additionalProperties, below('*'), change);
  if (isObject(next.items)) next.items = changeMembers(next.items, `${path}[]`, change);
  return next;
}

function fromZod() {
  const { $schema, ...root } = z.toJSONSchema(auditEventSchema, {
    io: 'input',
    reused: 'inline',
    target: 'draft-2020-12',
  });
  return { $schema, root };
}

function describeMember(schema, path) {
  const { description, ...own } = schema;
  const { enum: values, ...rest } = own;
  return {
    description,
    ...(openLists.has(path) ? { ...rest, examples: values } : own),
    ...(auditTimes.has(path) ? { format: 'date-time' } : {}),
  };
}

/** All members of an event by path, with their sentences. */
export function auditMembers() {
  const members = new Map();
  changeMembers(fromZod().root, '', (schema, path) => {
    members.set(path, schema.description);
    return schema;
  });
  return members;
}

/** Generates the schema. Unknown members are allowed, because new versions add some. */
export function auditJsonSchema() {
  const { $schema, root } = fromZod();
  return {
    $schema,
    $id: 'urn:sallyport:audit-event:v1',
    title: `Audit event of Sallyport, version ${schemaVersion}`,
    description:
      'The value of a message on the audit topic: an Event of audit.k8s.io/v1 with the members of Sallyport. New versions only add optional members, so allow members that you do not know.',
    ...changeMembers(root, '', describeMember),
  };
}
