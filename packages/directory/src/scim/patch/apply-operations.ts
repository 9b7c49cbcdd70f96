import { checkDocument } from '../resource/check-document.ts';
import type { Document } from '../resource/document.ts';
import type { ResourceSchema } from '../schema/attribute.ts';
import { applyOperation } from './apply-operation.ts';
import type { PatchWork } from './patch-work.ts';
import type { Operation } from './read-operations.ts';

/** Returns a copy of a document with the operations of a PATCH applied in order. Throws a ScimError. */
export async function applyOperations(
  schema: ResourceSchema,
  document: Document,
  operations: readonly (Operation & { path: string })[],
  work: PatchWork,
): Promise<Document> {
  let next = document;
  for (const operation of operations) {
    await work.turn();
    next = applyOperation(schema, next, operation, work);
  }
  return checkDocument(schema, next);
}
