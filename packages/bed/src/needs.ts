import { isComponentName, recipeOf, type ComponentName } from './components/catalogue.ts';
import type { Components } from './components/ensure-components.ts';

const CONTROL_PLANE = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubectl'] as const;
const NODE = ['kubelet', 'containerd', 'ctr', 'runc', 'cni', 'busybox', 'ip'] as const;

/** What a bed can be asked for; `cluster` is the control plane alone, `node` is one on which pods run. */
const needs = {
  redis: ['redis'],
  kafka: ['kafka', 'java'],
  postgres: ['postgres'],
  cluster: CONTROL_PLANE,
  node: [...CONTROL_PLANE, ...NODE],
  kubectl: ['kubectl'],
  helm: ['helm'],
  chromium: ['chromium'],
  haproxy: ['haproxy'],
  nginx: ['nginx'],
  wrk: ['wrk'],
  k9s: ['k9s'],
  'oauth2-proxy': ['oauth2-proxy'],
  keycloak: ['keycloak', 'java'],
  canaille: ['canaille'],
  'scim2-tester': ['scim2-tester'],
  'python-clients': ['python-clients'],
  conformance: ['conformance'],
} satisfies Record<string, readonly ComponentName[]>;

export type BedNeed = keyof typeof needs;

/** What this machine cannot have of what was asked for, why, and what would help. */
export type Missing = { missing: string; why: string; hint: string };

export const allNeeds = Object.keys(needs) as BedNeed[];

/** What a bed has where nobody says otherwise: all but what only a few long tests and measurements use. */
export const usualNeeds = allNeeds.filter(
  (need) =>
    ![
      'k9s',
      'oauth2-proxy',
      'keycloak',
      'canaille',
      'scim2-tester',
      'python-clients',
      'conformance',
      'nginx',
      'haproxy',
      'wrk',
    ].includes(need),
);

export function isBedNeed(name: string): name is BedNeed {
  return Object.hasOwn(needs, name);
}

/** The components that a need is made of. */
export function componentsOf(need: BedNeed): readonly ComponentName[] {
  return needs[need];
}

/** Says for each need that cannot be met which component of it is missing. */
export function unmetNeeds(wanted: readonly BedNeed[], components: Components): Missing[] {
  return wanted.flatMap((need) => {
    const parts = [...componentsOf(need), ...componentsOf(need).flatMap(builtWith)];
    const lacking = components.missing.find((each) => parts.includes(each.missing));
    if (!lacking) return [];
    const why = lacking.missing === need ? lacking.why : `${lacking.missing}: ${lacking.why}`;
    return [{ missing: need, why, hint: lacking.hint }];
  });
}

function builtWith(name: ComponentName): ComponentName[] {
  const recipe = recipeOf(name);
  return 'needs' in recipe ? recipe.needs.filter((each) => isComponentName(each)) : [];
}
