import { toolsFor, type ComponentName } from './catalogue.ts';
import type { Components } from './ensure-components.ts';

const CONTROL_PLANE = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubectl'] as const;
const NODE = ['kubelet', 'containerd', 'ctr', 'runc', 'cni', 'busybox', 'ip'] as const;
const SERVICES = ['kube-proxy', 'coredns', 'iptables'] as const;

/**
 * What you can request from a bed. `cluster` is only the control plane, `node` adds a node that runs pods, and `pods` a
 * node on which they find Services, the API server and the other servers of the bed.
 */
const needs = {
  redis: ['redis'],
  kafka: ['kafka', 'java'],
  'kafka-brokers': ['kafka', 'java'],
  'kafka-tools': ['kafka-tools', 'java'],
  'kafka-clients': ['kafka-clients'],
  postgres: ['postgres'],
  cluster: CONTROL_PLANE,
  node: [...CONTROL_PLANE, ...NODE],
  pods: [...CONTROL_PLANE, ...NODE, ...SERVICES],
  kubectl: ['kubectl'],
  helm: ['helm'],
  chromium: ['chromium'],
  haproxy: ['haproxy'],
  nginx: ['nginx'],
  kcat: ['kcat'],
  wrk: ['wrk'],
  vegeta: ['vegeta'],
  h2spec: ['h2spec'],
  pebble: ['pebble', 'pebble-challtestsrv'],
  versitygw: ['versitygw'],
  prometheus: ['prometheus', 'promtool', 'alertmanager'],
  k9s: ['k9s'],
  'oauth2-proxy': ['oauth2-proxy'],
  keycloak: ['keycloak', 'java'],
  canaille: ['canaille'],
  'scim2-tester': ['scim2-tester'],
  'python-clients': ['python-clients'],
  checkov: ['checkov'],
  conformance: ['conformance'],
} satisfies Record<string, readonly ComponentName[]>;

export type BedNeed = keyof typeof needs;

/** A request that this machine cannot meet, the reason, and what would help. */
export type Missing = { missing: string; why: string; hint: string };

export const allNeeds = Object.keys(needs) as BedNeed[];

/** The default needs: everything except what only a few long tests and benchmarks use. */
export const defaultNeeds: readonly BedNeed[] = [
  'redis',
  'kafka',
  'postgres',
  'cluster',
  'node',
  'kubectl',
  'helm',
  'chromium',
];

export function isBedNeed(name: string): name is BedNeed {
  return Object.hasOwn(needs, name);
}

/** Returns the components of a need. */
export function componentsOf(need: BedNeed): readonly ComponentName[] {
  return needs[need];
}

/** Returns the needs that cannot be met, each with its missing component. */
export function unmetNeeds(wanted: readonly BedNeed[], components: Components): Missing[] {
  return wanted.flatMap((need) => {
    const parts = [...componentsOf(need), ...componentsOf(need).flatMap((name) => toolsFor(name).needs)];
    const missing = components.missing.find((each) => parts.includes(each.missing));
    if (!missing) return [];
    const why = missing.missing === need ? missing.why : `${missing.missing}: ${missing.why}`;
    return [{ missing: need, why, hint: missing.hint }];
  });
}
