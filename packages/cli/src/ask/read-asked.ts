import { splitResource } from '../policy/cases/split-resource.ts';
import { CliError } from '../terminal/cli-error.ts';
import { resourceKind } from './resource-names.ts';

/** What is asked of the Kubernetes API; the empty text stands for none. */
export type Asked = {
  verb: string;
  resource: string;
  apiGroup: string;
  subresource: string;
  namespace: string;
  name: string;
  /** In place of a resource: the path of a request, with its query where there is one. */
  path?: string;
  method?: string;
  command?: string[];
  container?: string;
  dryRun?: boolean;
  labelSelector?: string;
  fieldSelector?: string;
};

/** The options by which a request is described, as the command parser gives them. */
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
};

/** Commands of kubectl that people think of as verbs, and what they ask of pods. */
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

const wrong = (message: string, hint: string) => new CliError('usage', message, hint);

type Common = Pick<Asked, 'command' | 'container' | 'dryRun' | 'labelSelector' | 'fieldSelector'>;

function commonOf({ command, container, dryRun, selector, fieldSelector }: AskedOptions): Common {
  return {
    ...(command === undefined ? {} : { command }),
    ...(container === undefined ? {} : { container }),
    ...(dryRun === undefined ? {} : { dryRun }),
    ...(selector === undefined ? {} : { labelSelector: selector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  };
}

const none = { resource: '', apiGroup: '', subresource: '', namespace: '', name: '' };

function readPath(path: string, verb: string | undefined, method: string | undefined): Asked {
  if (!path.startsWith('/'))
    throw wrong(
      `"${path}" is no path`,
      'Write the path as the API server knows it: /healthz, or /api/v1/namespaces/dev/pods.',
    );
  return {
    ...none,
    verb: verb ?? (method ?? 'get').toLowerCase(),
    path,
    ...(method === undefined ? {} : { method: method.toUpperCase() }),
  };
}

/** `VERB TYPE[.GROUP][/NAME]`, as `kubectl auth can-i` takes it. */
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
    throw wrong(`"${typeWord}" is not TYPE/NAME`, 'Write it like pods/web; a subresource is given with --subresource.');
  const { resource, apiGroup, namespaced, known } = resourceKind(type);
  if (!known)
    warn(
      `"${type}" is no resource that every cluster has; it is taken as one of the core group. Write one of another group as ${type}.GROUP.`,
    );
  const short = ofPods.get(verbWord.toLowerCase());
  if (short && (resource !== 'pods' || apiGroup !== ''))
    throw wrong(`"${verbWord}" is something that is done to pods`, `Write it like: ${verbWord} pods/NAME`);
  if (short && options.subresource !== undefined && options.subresource !== short[1])
    throw wrong(`"${verbWord}" has a subresource of its own`, 'Leave out --subresource.');
  const [verb, subresource] = short ?? [verbWord.toLowerCase(), options.subresource ?? ''];
  if (subresource === '' && slash >= 0 && subresources.has(name))
    warn(`"${name}" is taken as the name of one of the ${resource}; for the subresource, give --subresource ${name}.`);
  const namespace =
    options.allNamespaces === true || namespaced === false
      ? ''
      : (options.namespace ?? (namespaced ? defaultNamespace : ''));
  return { verb, resource, apiGroup, subresource, namespace: resource === 'namespaces' ? name : namespace, name };
}

/** `--verb` and `--resource resource[.group][/subresource]`, as policies write it; nothing is filled in. */
function readOptions({ verb, resource, namespace, name, subresource }: AskedOptions): Asked {
  if (verb === undefined || resource === undefined)
    throw wrong(
      'what is asked is not said',
      'Say it like: exec pods/web -n dev, or: --verb create --resource pods/exec --name web --namespace dev',
    );
  const split = splitResource(resource);
  return {
    verb,
    resource: split.resource,
    apiGroup: split.apiGroup ?? '',
    subresource: split.subresource ?? subresource ?? '',
    namespace: namespace ?? '',
    name: name ?? '',
  };
}

/**
 * Reads what is asked from a command line: words as kubectl takes them, or options as policies name things, or a path.
 * Throws CliError.
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
    throw wrong('what is asked is said twice', 'Use either VERB RESOURCE, or --verb and --resource, or --path.');
  if (verb !== undefined && type === undefined)
    throw wrong('the resource is missing', 'Say it like: exec pods/web -n dev');
  if (options.method !== undefined && options.path === undefined)
    throw wrong('--method goes with --path', 'With a resource, give a verb.');
  const asked =
    options.path !== undefined
      ? readPath(options.path, undefined, options.method)
      : verb === undefined
        ? readOptions(options)
        : readWords(verb, type!, options, deps.defaultNamespace, deps.warn);
  return { ...asked, ...commonOf(options) };
}
