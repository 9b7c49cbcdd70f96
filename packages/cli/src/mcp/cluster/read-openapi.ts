import type { OpenGateway } from '../../gateway/open-gateway.ts';
import { readDocument } from './read-cluster.ts';
import { groupPath, type ServedResource } from './served-resource.ts';

const keptMs = 300_000;
/** A document may take 20 MB of memory. */
const maxKept = 2;

/**
 * Creates a reader of the OpenAPI v3 documents of the group and version of a resource. It remembers the last documents,
 * because one question about a kind follows another.
 */
export function createReadOpenApi({ now }: { now(): number }) {
  const kept = new Map<string, { at: number; document: unknown }>();
  return async (gateway: OpenGateway, cluster: string, served: ServedResource): Promise<unknown> => {
    const path = `/openapi/v3${groupPath(served)}`;
    const key = `${cluster}${path}`;
    const before = kept.get(key);
    if (before !== undefined && now() - before.at < keptMs) return before.document;
    const document = await readDocument(gateway, { cluster, path });
    kept.delete(key);
    kept.set(key, { at: now(), document });
    if (kept.size > maxKept) kept.delete(kept.keys().next().value!);
    return document;
  };
}
