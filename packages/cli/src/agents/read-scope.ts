import { CliError } from '../terminal/cli-error.ts';

/** The options that say what an agent may do. */
export type ScopeOptions = {
  read?: boolean;
  verb?: string[];
  cluster?: string[];
  namespace?: string[];
  secrets?: boolean;
  shell?: boolean;
};

const reads = ['get', 'list', 'watch'];
const agentLabel = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;

function checkEach(names: readonly string[], form: RegExp, option: string, what: string): void {
  const wrong = names.find((name) => !form.test(name));
  if (wrong !== undefined)
    throw new CliError(
      'usage',
      `${option}: "${wrong}" is not the name of a ${what}`,
      `Write it like ${option} ${what === 'verb' ? 'get' : 'dev'}.`,
    );
}

/** Reads the scope of an agent. Clusters and verbs must be named: an agent has nothing that nobody has named. */
export function readScope(options: ScopeOptions) {
  const { cluster = [], namespace, verb = [] } = options;
  const verbs = [...new Set([...(options.read === true ? reads : []), ...verb])];
  if (cluster.length === 0)
    throw new CliError('usage', '--cluster is missing', 'Name the clusters of the agent, like --cluster dev.');
  if (verbs.length === 0)
    throw new CliError(
      'usage',
      'it is not said what the agent may do',
      'Give --read for get, list and watch, or name verbs, like --verb get --verb patch.',
    );
  checkEach(cluster, agentLabel, '--cluster', 'cluster');
  checkEach(namespace ?? [], agentLabel, '--namespace', 'namespace');
  checkEach(verbs, /^[a-z]{1,32}$/, '--verb', 'verb');
  return {
    clusters: [...new Set(cluster)],
    verbs,
    ...(namespace === undefined ? {} : { namespaces: [...new Set(namespace)] }),
    secrets: options.secrets === true,
    shell: options.shell === true,
  };
}
