// What is bundled for each service: its program, and what it starts by path. Nothing here may import a dependency.
const reader = {
  'config-worker': 'packages/kit/src/reload/config-worker.ts',
  // The thread that reads the configuration imports it by the URL that the service gives it.
  policy: 'packages/policy/src/index.ts',
};

/** The sources of the files of a service's bundle, by their names. */
export const bundledServices = {
  audit: {
    main: 'packages/audit/src/main.ts',
    'pglite-worker': 'packages/audit/src/store/pglite-worker.ts',
  },
  authenticate: { main: 'packages/authenticate/src/main.ts' },
  authorize: { main: 'packages/authorize/src/main.ts', ...reader },
  proxy: {
    main: 'packages/proxy/src/main.ts',
    'kubeconfig-child': 'packages/proxy/src/upstream/kubeconfig-child.ts',
    ...reader,
  },
};

/**
 * The packages that stay outside: kafkajs, because the audit log replaces modules of it in the cache of `require`, and
 * PGlite, which finds its database engine next to its own files.
 */
export const externalPackages = ['@electric-sql/pglite', 'kafkajs'];
