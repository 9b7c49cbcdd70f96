// What is bundled for each service, the connector and the demo: the program, and what it starts by path. Nothing here may
// import a dependency.
const reader = {
  'config-worker': 'packages/kit/src/reload/config-worker.ts',
  // The thread that reads the configuration imports it by the URL that the service gives it.
  policy: 'packages/policy/src/index.ts',
};

const gatewayThreads = { 'kubeconfig-child': 'packages/proxy/src/upstream/kubeconfig-child.ts', ...reader };
const stateThread = { 'state-worker': 'packages/stores/src/embedded/state-worker.ts' };
const auditThreads = {
  'pglite-worker': 'packages/audit/src/database/pglite-worker.ts',
  'what-if-worker': 'packages/audit/src/what-if/what-if-worker.ts',
};

/** The sources of the files of each bundle, by their names and by the name of the bundle. The program comes first. */
export const bundles = {
  audit: { main: 'packages/audit/src/main.ts', ...auditThreads },
  authenticate: { main: 'packages/authenticate/src/main.ts', ...stateThread },
  authorize: { main: 'packages/authorize/src/main.ts', ...reader, ...stateThread },
  connector: { main: 'packages/connector/src/main.ts' },
  proxy: { main: 'packages/proxy/src/main.ts', ...gatewayThreads },
  standalone: {
    'demo-main': 'packages/standalone/src/demo-main.ts',
    ...gatewayThreads,
    ...stateThread,
    ...auditThreads,
  },
  // Apart from the demo, because it is part of a release.
  serve: { 'serve-main': 'packages/standalone/src/serve-main.ts', ...gatewayThreads, ...stateThread, ...auditThreads },
};

/** Returns the directory of a bundle: in its package, which has its name. */
export const bundleDirectory = (name) =>
  name === 'serve' ? 'packages/standalone/dist/bundle-serve' : `packages/${name}/dist/bundle`;

/**
 * The packages that stay outside: kafkajs, because the audit log patches modules of it, which it has to find, and
 * PGlite, which finds its database engine next to its own files.
 */
export const externalPackages = ['@electric-sql/pglite', 'kafkajs'];

/** The packages that stay outside where they are loaded later, because they find what they run next to their own files. */
export const externalWhenLoadedLater = ['@sallyport/bed'];
