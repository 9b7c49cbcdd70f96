import { given } from '../../input/untrusted.ts';
import type { Explanation } from '@sallyport/contracts/answers';
import type { PolicyInput } from '../../config/gateway-config.ts';
import type { Asked } from '../question/read-asked.ts';
import { usageError } from '../../terminal/cli-error.ts';
import { configPath, type PolicyTools } from '../../config/load-gateway-config.ts';
import type { Environment } from '../../environment/environment.ts';
import { policiesOfConfig } from '../../policy/load/policies-of-config.ts';
import { readPolicy } from '../../policy/load/read-policy.ts';
import { offlineExplanation } from './offline-explanation.ts';
import type { AskedPerson } from './person-options.ts';

/** The files to explain from, and what to assume. */
export type Offline = {
  policy?: string;
  config?: string;
  cluster?: string;
  now?: string;
  elevations?: string[];
  onCall?: string[];
};

/** Returns the input that the options describe. Without a person, the user is not logged in. */
function documentOf(
  asked: Asked,
  person: AskedPerson | undefined,
  { cluster, now, elevations, onCall }: Offline,
  { builtInKind }: Pick<PolicyTools, 'builtInKind'>,
): Record<string, unknown> {
  const { command, container, path, method, verb, ...rest } = asked;
  const bare = path?.split('?', 1)[0];
  const email = person && (person.email ?? (person.user.includes('@') ? person.user : undefined));
  const { groups = [], claims = {} } = person ?? {};
  const mayCreate =
    verb === 'update' &&
    rest.subresource === '' &&
    builtInKind(rest.apiGroup, undefined, rest.resource)?.createdByPut === true;
  return given({
    ...(person ? { session: { id: 'asked' }, user: given({ id: person.user, email, groups, claims }) } : {}),
    request: given({ method, path: bare, ip: person?.ip }),
    kubernetes: given({
      cluster,
      upsert: mayCreate ? true : undefined,
      verb,
      ...rest,
      isResourceRequest: rest.resource !== '',
      path: bare,
      exec: command === undefined && container === undefined ? undefined : given({ command, container }),
    }),
    elevations,
    onCall: person && onCall && Object.fromEntries(onCall.map((name) => [name, { users: [person.user] }])),
    now,
  });
}

function explainBy(environment: Environment, input: PolicyInput, options: Offline, tools: PolicyTools): Explanation {
  if (options.policy !== undefined)
    return offlineExplanation(
      input,
      {
        policies: [readPolicy(environment, options.policy, 'policy', tools).policy],
        loginFirst: false,
        refusesUser: false,
      },
      tools,
    );
  const configured = policiesOfConfig(environment, configPath(environment, options.config), tools);
  const { cluster = '' } = input.kubernetes ?? {};
  const policies = configured.of(cluster, tools.namespaceOf(input.kubernetes));
  if (policies === undefined)
    throw usageError(
      cluster === ''
        ? 'no cluster of the configuration is given'
        : `the configuration does not contain a cluster "${cluster}"`,
      `It contains: ${configured.clusters.join(', ') || 'none'}. Name one with --cluster.`,
    );
  return offlineExplanation(
    input,
    { policies, loginFirst: true, refusesUser: configured.refusesUser(cluster, input.user?.id ?? '') },
    tools,
  );
}

/** A path that continues after the version of a group. */
const resourcePath = /^\/(?:api\/[^/?]+|apis\/[^/?]+\/[^/?]+)\/[^/?]/;

/** Explains a decision from a policy document or a configuration, without a gateway. Throws a CliError. */
export function explainFiles(
  environment: Environment,
  asked: Asked,
  person: AskedPerson | undefined,
  options: Offline,
  tools: PolicyTools,
): Explanation {
  // As a path without a resource, it would be allowed although the gateway refuses it.
  if (asked.path !== undefined && (asked.path.includes('%') || resourcePath.test(asked.path))) {
    throw usageError(
      'only a gateway can explain the path of a resource',
      'Write it like: get secrets -n prod. Or omit --policy and --config to ask the gateway.',
    );
  }
  const read = tools.readPolicyInput(documentOf(asked, person, options, tools));
  if (!read.ok)
    throw usageError(
      read.faults.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '),
      'Correct the request.',
    );
  return explainBy(environment, { now: environment.now(), ...read.input }, options, tools);
}
