import { bitOf } from './fields.ts';

/** The parts of a request's URI that its event does not record separately. */
type ReadUri = {
  path: string;
  labelSelector: string | undefined;
  fieldSelector: string | undefined;
  dryRun: boolean | undefined;
  missing: number;
};
/** The parts of the event that are needed to read the URI. */
type UriClues = {
  apiGroup: string;
  resource: string;
  subresource: string;
  requestVerb: string;
  isResourceRequest: boolean;
  bytesIn: unknown;
};

const maxLength = 1024;
const everything = (
  ['path', 'kubernetes.labelSelector', 'kubernetes.fieldSelector', 'kubernetes.dryRun'] as const
).reduce((mask, field) => mask | bitOf(field), 0);
const withSelectors = new Set(['list', 'watch', 'deletecollection']);
const changing = new Set(['create', 'update', 'patch']);
/** If the path names the verb, the gateway ignores selectors. */
const specialPath = /^\/(?:api\/[^/]+|apis\/[^/]+\/[^/]+)\/(?:watch|proxy)\//;
const ofPods = new Set(['exec', 'attach', 'portforward']);

/** Returns undefined if it depends on what the event does not record, such as whether a refused request had a body. */
function readDryRun(
  query: URLSearchParams,
  { apiGroup, resource, subresource, requestVerb, isResourceRequest, bytesIn }: UriClues,
): boolean | undefined {
  const values = query.getAll('dryRun');
  if (!isResourceRequest || values.length !== 1 || values[0] !== 'All') return false;
  if (apiGroup === '' && resource === 'secrets') return false;
  if (
    subresource === 'proxy' ||
    (apiGroup === '' && resource === 'pods' && ofPods.has(subresource)) ||
    (resource === 'serviceaccounts' && subresource === 'token')
  )
    return false;
  if (subresource === 'log' && query.has('follow')) return undefined;
  if (changing.has(requestVerb)) return true;
  if (requestVerb !== 'delete' && requestVerb !== 'deletecollection') return false;
  return typeof bytesIn === 'number' && bytesIn > 0 ? false : undefined;
}

/** Reads the `requestURI` of an event. If it was truncated or sanitized when it was recorded, it cannot be read. */
export function readUri(uri: string, clues: UriClues): ReadUri {
  const none: ReadUri = {
    path: '',
    labelSelector: undefined,
    fieldSelector: undefined,
    dryRun: undefined,
    missing: everything,
  };
  if (uri.length > maxLength || /[^\x21-\x7e]|\\u00[0-9a-f]{2}|\[redacted[:\]]/.test(uri)) return none;
  const mark = uri.indexOf('?');
  let path: string;
  try {
    const raw = mark === -1 ? uri : uri.slice(0, mark);
    path = raw.includes('%') ? decodeURIComponent(raw) : raw;
  } catch {
    return none;
  }
  if (mark === -1) return { path, labelSelector: undefined, fieldSelector: undefined, dryRun: false, missing: 0 };
  const query = new URLSearchParams(uri.slice(mark + 1));
  const selects = clues.isResourceRequest && withSelectors.has(clues.requestVerb) && !specialPath.test(path);
  const dryRun = readDryRun(query, clues);
  return {
    path,
    labelSelector: selects ? query.get('labelSelector') || undefined : undefined,
    fieldSelector: selects ? query.get('fieldSelector') || undefined : undefined,
    dryRun,
    missing: dryRun === undefined ? bitOf('kubernetes.dryRun') : 0,
  };
}
