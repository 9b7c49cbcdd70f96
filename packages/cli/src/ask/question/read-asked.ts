import { splitResource } from '@sallyport/contracts/kubernetes';
import { given } from '../../input/untrusted.ts';
import { usageError } from '../../terminal/cli-error.ts';
import { resourceKind } from './resource-names.ts';

/** A request to the Kubernetes API. An empty string means none. */
export type Asked = {
  verb: string;
  resource: string;
  apiGroup: string;
  subresource: string;
  namespace: string;
  name: string;
  /** Instead of a resource: the path of a request, with its query if it has one. */
  path?: string;
  method?: string;
  command?: string[];
  container?: string;
  dryRun?: boolean;
  labelSelector?: string;
  fieldSelector?: string;
  /** Whom the request asks to act as, as policies have it. */
  impersonate?: string[];
};

/** The options that describe a request, as the command parser returns them. */
export type AskedOptions = {
  namespace?: string;
  allNamespaces?: boolean;
  subresource?: string;
  verb?: string;
  resource?: string;
  name?: string;
  path?: string;
  method?: string;
  command?: string[];
  container?: string;
  dryRun?: boolean;
  selector?: string;
  fieldSelector?: string;
  as?: string;
  asGroup?: string[];
  asUid?: string;
};

/** Commands of kubectl that users take for verbs, and the requests on pods that they make. */
const ofPods: ReadonlyMap<string, [verb: string, subresource: string]> = new Map([
  ['exec', ['create', 'exec']],
  ['attach', ['create', 'attach']],
  ['port-forward', ['create', 'portforward']],
  ['portforward', ['create', 'portforward']],
  ['logs', ['get', 'log']],
  ['log', ['get', 'log']],
]);
const subresources: ReadonlySet<string> = new Set([
  'exec',
  'attach',
  'portforward',
  'log',
  'proxy',
  'status',
  'scale',
  'token',
  'eviction',
  'ephemeralcontainers',
  'finalize',
  'approval',
]);

/** Reads whom to act as, by the options of kubectl. */
function readActing({ as, asGroup = [], asUid }: Pick<AskedOptions, 'as' | 'asGroup' | 'asUid'>): string[] | undefined {
  if (as === undefined && (asGroup.length > 0 || asUid !== undefined))
    throw usageError('--as-group and --as-uid need a user', 'Add --as NAME.');
  if (as === undefined) return undefined;
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(as) ?? [];
  return [
    namespace === undefined ? `user:${as}` : `serviceaccount:${namespace}/${name}`,
    ...(asUid === undefined ? [] : [`uid:${asUid}`]),
    ...asGroup.map((group) => `group:${group}`),
  ];
}

type Common = Pick<Asked, 'command' | 'container' | 'dryRun' | 'labelSelector' | 'fieldSelector' | 'impersonate'>;

function commonOf({ command, container, dryRun, selector, fieldSelector, ...options }: AskedOptions): Common {
  const impersonate = readActing(options);
  return given({ command, container, dryRun, labelSelector: selector, fieldSelector, impersonate });
}

const none = { resource: '', apiGroup: '', subresource: '', namespace: '', name: '' };

function readPath(path: string, verb: string | undefined, method: string | undefined): Asked {
  if (!path.startsWith('/'))
    throw usageError(
      `"${path}" is not a path`,
      'Write the path as in a request to the API server, such as /healthz or /api/v1/namespaces/dev/pods.',
    );
  return {
    ...none,
    verb: verb ?? (method ?? 'get').toLowerCase(),
    path,
    ...(method === undefined ? {} : { method: method.toUpperCase() }),
  };
}

/** Reads `VERB TYPE[.GROUP][/NAME]`, as for `kubectl auth can-i`. */
function readWords(
  verbWord: string,
  typeWord: string,
  options: AskedOptions,
  defaultNamespace: string,
  warn: (text: string) => void,
): Asked {
  if (typeWord.startsWith('/')) return readPath(typeWord, verbWord, undefined);
  const slash = typeWord.indexOf('/');
  const [type, name] =
    slash < 0 ? [typeWord, options.name ?? ''] : [typeWord.slice(0, slash), typeWord.slice(slash + 1)];
  if (slash >= 0 && (name === '' || name.includes('/')))
    throw usageError(
      `"${typeWord}" is not TYPE/NAME`,
      'Write it like pods/web; a subresource is given with --subresource.',
    );
  const { resource, apiGroup, namespaced, known } = resourceKind(type);
  if (!known)
    warn(
      `"${type}" is not a built-in resource, so it is assumed to be in the core group. For another group, write ${type}.GROUP.`,
    );
  const short = ofPods.get(verbWord.toLowerCase());
  if (short && (resource !== 'pods' || apiGroup !== ''))
    throw usageError(`"${verbWord}" applies only to pods`, `Write it like: ${verbWord} pods/NAME`);
  if (short && options.subresource !== undefined && options.subresource !== short[1])
    throw usageError(`"${verbWord}" implies a subresource`, 'Omit --subresource.');
  const [verb, subresource] = short ?? [verbWord.toLowerCase(), options.subresource ?? ''];
  if (subresource === '' && slash >= 0 && subresources.has(name))
    warn(`"${name}" is taken as the name of an object. For the subresource, give --subresource ${name}.`);
  const namespace =
    options.allNamespaces === true || namespaced === false
      ? ''
      : (options.namespace ?? (namespaced ? defaultNamespace : ''));
  return { verb, resource, apiGroup, subresource, namespace: resource === 'namespaces' ? name : namespace, name };
}

/** Reads `--verb` and `--resource resource[.group][/subresource]`, as in policies. Uses no default namespace. */
function readOptions({ verb, resource, namespace, name, subresource }: AskedOptions): Asked {
  if (verb === undefined || resource === undefined)
    throw usageError(
      'no request is given',
      'Write it like: exec pods/web -n dev, or: --verb create --resource pods/exec --name web --namespace dev',
    );
  const split = splitResource(resource);
  return {
    verb,
    resource: split.name,
    apiGroup: split.group ?? '',
    subresource: split.subresource ?? subresource ?? '',
    namespace: namespace ?? '',
    name: name ?? '',
  };
}

/**
 * Reads the request that a command line describes: by the arguments of kubectl, by options with the names of policies,
 * or by a path. Throws a CliError.
 */
export function readAsked(
  words: readonly string[],
  options: AskedOptions,
  deps: { defaultNamespace: string; warn(text: string): void },
): Asked {
  const [verb, type] = words;
  const ways = [
    verb !== undefined,
    options.verb !== undefined || options.resource !== undefined,
    options.path !== undefined,
  ].filter(Boolean).length;
  if (ways > 1)
    throw usageError('the request is given twice', 'Use VERB RESOURCE, or --verb and --resource, or --path.');
  if (verb !== undefined && type === undefined)
    throw usageError('the resource is missing', 'Write it like: exec pods/web -n dev');
  if (options.method !== undefined && options.path === undefined)
    throw usageError('--method needs --path', 'For a resource, give a verb.');
  const asked =
    options.path !== undefined
      ? readPath(options.path, undefined, options.method)
      : verb === undefined
        ? readOptions(options)
        : readWords(verb, type!, options, deps.defaultNamespace, deps.warn);
  return { ...asked, ...commonOf(options) };
}

/** Returns a request as the gateway's API asks for it: without empty members. */
export function questionOf({ path, method, verb, ...asked }: Asked): Record<string, unknown> {
  const given = Object.entries(asked).filter(([, value]) => value !== '' && value !== undefined);
  return path === undefined
    ? { verb, ...Object.fromEntries(given) }
    : { path, ...(method === undefined ? { verb } : { method }) };
}
