import { unsupportedMediaType } from '../objects/api-error.ts';
import { isJsonObject } from '../objects/kube-object.ts';
import { jsonPatch } from './json-patch.ts';
import { strategicMerge } from './strategic-merge.ts';

/** Applies a JSON merge patch (RFC 7396). Changes neither argument. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) return patch;
  const result: Record<string, unknown> = isJsonObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key], value);
  }
  return result;
}

const byMediaType: ReadonlyMap<string, (target: unknown, patch: unknown) => unknown> = new Map([
  ['application/json-patch+json', jsonPatch],
  ['application/merge-patch+json', mergePatch],
  ['application/strategic-merge-patch+json', strategicMerge],
]);

/** Returns the kind of patch for a media type. Throws 415 for any other, including server-side apply. */
export function patchFor(mediaType: string): (target: unknown, patch: unknown) => unknown {
  const patch = byMediaType.get(mediaType);
  if (patch !== undefined) return patch;
  if (mediaType.startsWith('application/apply-patch')) {
    throw unsupportedMediaType(
      'the practice cluster does not support server-side apply. Use client-side apply (--server-side=false in kubectl apply and helm)',
    );
  }
  throw unsupportedMediaType(
    `the body of the request was in an unknown format - accepted media types include: ${[...byMediaType.keys()].join(', ')}`,
  );
}
