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
  stamp?: string;
  minutes: number;
  only?: NodeJS.Platform;
};

/** The dependencies of a POM in `maven/<pom>`: jars in a directory, or a distribution that is unpacked there. */
export type MavenRecipe = {
  kind: 'maven';
  pom: string;
  unpack?: boolean;
  needs: readonly string[];
  builtWith: readonly string[];
};

/** The packages in `python/<requirements>/requirements.txt`, in their own environment. One of them gives the version. */
export type PythonRecipe = {
  kind: 'python';
  requirements: string;
  versionOf: string;
  needs: readonly string[];
  builtWith: readonly string[];
};

export type Recipe = SystemRecipe | GoRecipe | MavenRecipe | PythonRecipe;

/** Sets the version that `kubectl version` and `/version` report. Otherwise the module would report v0.0.0. */
const kubernetesVersion = 'k8s.io/component-base/version';

const kubernetes = (command: string, minutes: number, only?: NodeJS.Platform): GoRecipe => ({
  kind: 'go',
  module: 'kubernetes',
  versionOf: 'k8s.io/kubernetes',
  package: `k8s.io/kubernetes/cmd/${command}`,
  stamp: kubernetesVersion,
  minutes,
  only,
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
  kafka: { kind: 'maven', pom: 'kafka', needs: ['java'], builtWith: ['maven'] },
  'kafka-tools': { kind: 'maven', pom: 'kafka-tools', needs: ['java'], builtWith: ['maven'] },
  keycloak: { kind: 'maven', pom: 'keycloak', unpack: true, needs: ['java'], builtWith: ['maven'] },
  python: system('python3-venv', ['python3']),
  canaille: { kind: 'python', requirements: 'canaille', versionOf: 'canaille', needs: ['python'], builtWith: [] },
  'scim2-tester': {
    kind: 'python',
    requirements: 'scim2-tester',
    versionOf: 'scim2-tester',
    needs: ['python'],
    builtWith: [],
  },
  'kafka-clients': {
    kind: 'python',
    requirements: 'kafka-clients',
    versionOf: 'confluent-kafka',
    needs: ['python'],
    builtWith: [],
  },
  'python-clients': {
    kind: 'python',
    requirements: 'python-clients',
    versionOf: 'kubernetes',
    needs: ['python'],
    builtWith: [],
  },
  checkov: { kind: 'python', requirements: 'checkov', versionOf: 'checkov', needs: ['python'], builtWith: [] },
  etcd: {
    kind: 'go',
    module: 'etcd',
    versionOf: 'go.etcd.io/etcd/server/v3',
    package: 'go.etcd.io/etcd/server/v3',
    minutes: 1,
  },
  'kube-apiserver': kubernetes('kube-apiserver', 4),
  'kube-controller-manager': kubernetes('kube-controller-manager', 1),
  'kube-scheduler': kubernetes('kube-scheduler', 1),
  'kube-proxy': kubernetes('kube-proxy', 1, 'linux'),
  kubelet: kubernetes('kubelet', 1, 'linux'),
  kubectl: kubernetes('kubectl', 1),
  coredns: {
    kind: 'go',
    module: 'coredns',
    versionOf: 'github.com/coredns/coredns',
    package: '.',
    minutes: 2,
    only: 'linux',
  },
  helm: { kind: 'go', module: 'helm', versionOf: 'helm.sh/helm/v4', package: 'helm.sh/helm/v4/cmd/helm', minutes: 1 },
  k9s: {
    kind: 'go',
    module: 'k9s',
    versionOf: 'github.com/derailed/k9s',
    package: 'github.com/derailed/k9s',
    minutes: 5,
  },
  'oauth2-proxy': {
    kind: 'go',
    module: 'oauth2-proxy',
    versionOf: 'github.com/oauth2-proxy/oauth2-proxy/v7',
    package: 'github.com/oauth2-proxy/oauth2-proxy/v7',
    minutes: 2,
  },
  conformance: {
    kind: 'go',
    module: 'conformance',
    versionOf: 'k8s.io/kubernetes',
    package: '.',
    tests: true,
    stamp: kubernetesVersion,
    minutes: 4,
  },
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

/** A component that this machine cannot have, the reason, and what would help. */
export type MissingComponent = { missing: ComponentName; why: string; hint: string };

export function recipeOf(name: ComponentName): Recipe {
  return catalogue[name];
}

export function isComponentName(name: string): name is ComponentName {
  return Object.hasOwn(catalogue, name);
}
