import { createTimeSlicer } from '@sallyport/kit';
import { ScimError } from '../answer/scim-error.ts';
import { isMap, member, namesSchema } from '../values/maps.ts';

/** The work of one PATCH: how much it may do, and when other requests have their turn. */
export type PatchWork = {
  /** Accounts for comparisons, before they are made. Throws a ScimError (413) if the PATCH needs too many. */
  spend(comparisons: number): void;
  /** Resolves once there is time for another step. */
  turn(): Promise<void>;
};

const maxComparisons = 500_000;
const sliceMs = 5;

/** Creates the work of one PATCH, which all of its operations and their repetitions share. */
export function createPatchWork(): PatchWork {
  let left = maxComparisons;
  const { turn } = createTimeSlicer(sliceMs);
  return {
    spend(comparisons) {
      left -= comparisons;
      if (left < 0)
        throw new ScimError(
          413,
          'The operations compare too many values. Send fewer operations in one PATCH, and select a member by its id: members[value eq "id"].',
        );
    },
    turn,
  };
}

export type Operation = { op: 'add' | 'remove' | 'replace'; path: string | undefined; value: unknown };

const patchUrn = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
const maxOperations = 1000;
const bad = (detail: string) => new ScimError(400, detail, 'invalidSyntax');

function readOperation(given: unknown): Operation {
  if (!isMap(given)) throw bad('An operation must be an object.');
  const op = member(given, 'op');
  const path = member(given, 'path');
  const value = member(given, 'value');
  // Entra sends Add, Replace and Remove.
  const name = typeof op === 'string' ? op.toLowerCase() : '';
  if (name !== 'add' && name !== 'remove' && name !== 'replace') throw bad('op must be add, remove or replace.');
  if (path !== undefined && path !== null && typeof path !== 'string') throw bad('path must be a string.');
  const trimmed = path?.trim();
  if (name === 'remove' && !trimmed) throw new ScimError(400, 'remove needs a path.', 'noTarget');
  return { op: name, path: trimmed === '' || trimmed === undefined ? undefined : trimmed, value };
}

/**
 * Converts an operation without a path into one operation per attribute of its value (RFC 7644 3.5.2.1). Okta sends
 * these and includes the id, which is ignored.
 */
function splitByAttribute(operation: Operation): Operation[] {
  if (operation.path !== undefined) return [operation];
  if (!isMap(operation.value)) throw bad('Without a path, value must be an object with attributes.');
  return Object.entries(operation.value)
    .filter(([name]) => !['id', 'schemas', 'meta', '__proto__'].includes(name.toLowerCase()))
    .map(([path, value]) => ({ op: operation.op, path, value }));
}

/** Reads the body of a PATCH into operations that all have a path. Throws a ScimError. */
export function readOperations(body: unknown): (Operation & { path: string })[] {
  if (!isMap(body)) throw bad('The body must be an object.');
  if (!namesSchema(member(body, 'schemas'), patchUrn)) throw bad(`schemas must name ${patchUrn}.`);
  const operations = member(body, 'operations');
  if (!Array.isArray(operations) || operations.length === 0)
    throw bad('Operations must be a list with at least one operation.');
  if (operations.length > maxOperations) throw new ScimError(413, `There are more than ${maxOperations} operations.`);
  return operations.map(readOperation).flatMap(splitByAttribute) as (Operation & { path: string })[];
}
