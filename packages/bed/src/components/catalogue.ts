/** A program that is installed on the machine or comes from a Debian package. */
export type SystemRecipe = {
  kind: 'system';
  debian: string;
  /** Names to find in the PATH, or absolute paths with `*` for a version. */
  find: readonly string[];
  only?: NodeJS.Platform;
};

/** A program built from a Go module or from its tests. The go.mod in `go/<module>` requires its version. */
export type GoRecipe = {
  kind: 'go';
  module: string;
  versionOf: string;
  package: string;
  tests?: boolean;
  /** Build tags. */
  tags?: string;
  stamp?: string;
  minutes: number;
  only?: NodeJS.Platform;
};

/** The dependencies of a POM in `maven/<pom>`: jars in a directory, or a distribution that is unpacked there. */
export type MavenRecipe = { kind: 'maven'; pom: string; unpack?: boolean };

/** The packages in `python/<requirements>/requirements.txt`, in their own environment. One of them gives the version. */
export type PythonRecipe = { kind: 'python'; requirements: string; versionOf: string };

export type Recipe = SystemRecipe | GoRecipe | MavenRecipe | PythonRecipe;

/** Sets the version that `kubectl version` and `/version` report. Otherwise the module would report v0.0.0. */
const stamp = 'k8s.io/component-base/version';

const go = (module: string, minutes: number, versionOf: string, more: Partial<GoRecipe> = {}): GoRecipe => ({
  kind: 'go',
  module,
  minutes,
  versionOf,
  package: versionOf,
  ...more,
});

const kubernetes = (command: string, minutes: number, only?: NodeJS.Platform): GoRecipe =>
  go('kubernetes', minutes, 'k8s.io/kubernetes', { package: `k8s.io/kubernetes/cmd/${command}`, stamp, only });

const pebble = (command: string): GoRecipe =>
  go('pebble', 1, 'github.com/letsencrypt/pebble/v2', { package: `github.com/letsencrypt/pebble/v2/cmd/${command}` });

/** Without what finds targets in clouds, which is half of it. The pages of its interface are not in the module. */
const prometheus = (command: string): GoRecipe =>
  go('prometheus', 3, 'github.com/prometheus/prometheus', {
    package: `github.com/prometheus/prometheus/cmd/${command}`,
    tags: 'remove_all_sd',
  });

const python = (requirements: string, versionOf = requirements): PythonRecipe => ({
  kind: 'python',
  requirements,
  versionOf,
});

const system = (debian: string, find: readonly string[], only?: NodeJS.Platform): SystemRecipe => ({
  kind: 'system',
  debian,
  find,
  only,
});

/** Every real component of the bed, and where it comes from. */
export const catalogue = {
  redis: system('redis-server', ['redis-server']),
  postgres: system('postgresql', ['/usr/lib/postgresql/*/bin/postgres', 'postgres']),
  java: system('openjdk-17-jre-headless', ['java']),
  maven: system('maven', ['mvn']),
  kafka: { kind: 'maven', pom: 'kafka' },
  'kafka-tools': { kind: 'maven', pom: 'kafka-tools' },
  keycloak: { kind: 'maven', pom: 'keycloak', unpack: true },
  python: system('python3-venv', ['python3']),
  canaille: python('canaille'),
  'scim2-tester': python('scim2-tester'),
  'kafka-clients': python('kafka-clients', 'confluent-kafka'),
  'python-clients': python('python-clients', 'kubernetes'),
  checkov: python('checkov'),
  etcd: go('etcd', 1, 'go.etcd.io/etcd/server/v3'),
  'kube-apiserver': kubernetes('kube-apiserver', 4),
  'kube-controller-manager': kubernetes('kube-controller-manager', 1),
  'kube-scheduler': kubernetes('kube-scheduler', 1),
  'kube-proxy': kubernetes('kube-proxy', 1, 'linux'),
  kubelet: kubernetes('kubelet', 1, 'linux'),
  kubectl: kubernetes('kubectl', 1),
  coredns: go('coredns', 2, 'github.com/coredns/coredns', { package: '.', only: 'linux' }),
  helm: go('helm', 1, 'helm.sh/helm/v4', { package: 'helm.sh/helm/v4/cmd/helm' }),
  k9s: go('k9s', 5, 'github.com/derailed/k9s'),
  'oauth2-proxy': go('oauth2-proxy', 2, 'github.com/oauth2-proxy/oauth2-proxy/v7'),
  vegeta: go('vegeta', 1, 'github.com/tsenart/vegeta/v12'),
  // The last version that a module proxy has: those after it have a path that does not fit their number.
  h2spec: go('h2spec', 1, 'github.com/summerwind/h2spec', { package: 'github.com/summerwind/h2spec/cmd/h2spec' }),
  pebble: pebble('pebble'),
  'pebble-challtestsrv': pebble('pebble-challtestsrv'),
  prometheus: prometheus('prometheus'),
  promtool: prometheus('promtool'),
  // The last version that a module proxy can build: those after it embed pages that are not in the module.
  alertmanager: go('alertmanager', 2, 'github.com/prometheus/alertmanager', {
    package: 'github.com/prometheus/alertmanager/cmd/alertmanager',
  }),
  versitygw: go('versitygw', 2, 'github.com/versity/versitygw', {
    package: 'github.com/versity/versitygw/cmd/versitygw',
  }),
  conformance: go('conformance', 4, 'k8s.io/kubernetes', { package: '.', tests: true, stamp }),
  containerd: system('containerd', ['containerd'], 'linux'),
  ctr: system('containerd', ['ctr'], 'linux'),
  runc: system('runc', ['runc'], 'linux'),
  cni: system('containernetworking-plugins', ['/usr/lib/cni/bridge', '/opt/cni/bin/bridge'], 'linux'),
  busybox: system('busybox-static', ['busybox'], 'linux'),
  ip: system('iproute2', ['ip'], 'linux'),
  iptables: system('iptables', ['iptables'], 'linux'),
  chromium: system('chromium', ['chromium', 'chromium-browser', 'google-chrome']),
  haproxy: system('haproxy', ['haproxy']),
  nginx: system('nginx-light', ['nginx']),
  kcat: system('kcat', ['kcat']),
  wrk: system('wrk', ['wrk']),
} satisfies Record<string, Recipe>;

export type ComponentName = keyof typeof catalogue;

/** The paths of the components that a part of the bed needs, which are all there when it starts. */
export type Programs = Readonly<Record<ComponentName, string>>;

/** What runs the components of a kind, and what else builds them. */
const toolsOf = {
  system: { needs: [], builtWith: [] },
  go: { needs: [], builtWith: [] },
  maven: { needs: ['java'], builtWith: ['maven'] },
  python: { needs: ['python'], builtWith: [] },
} satisfies Record<Recipe['kind'], Record<'needs' | 'builtWith', ComponentName[]>>;

/** Returns the components that run this one, and those that only build it. */
export function toolsFor(name: ComponentName): {
  needs: readonly ComponentName[];
  builtWith: readonly ComponentName[];
} {
  return toolsOf[recipeOf(name).kind];
}

/** A component that this machine cannot have, the reason, and what would help. */
export type MissingComponent = { missing: ComponentName; why: string; hint: string };

export function recipeOf(name: ComponentName): Recipe {
  return catalogue[name];
}
