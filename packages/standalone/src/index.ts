// The four services composed in one process on embedded stores: the demo, and the constellation of the whole-system
// tests.
export { startConstellation, type Constellation, type ConstellationDeps } from './start-constellation.ts';
export { startProcesses, type Processes, type ProcessesRequest } from './start-processes.ts';
export { writeSettings, type Settings, type SettingsRequest } from './settings/write-settings.ts';
export { ensureServiceKeys, type ServiceKeyFiles } from './settings/service-keys.ts';
export {
  createIdentityProvider,
  type IdentityProvider,
  type IdentityProviderClient,
  type IdentityProviderOptions,
} from './identity-provider/create-identity-provider.ts';
export { demoPeople, type Person } from './identity-provider/people.ts';
export { demoApiPolicy } from './demo/demo-policy.ts';
export { demoBindings, demoPod } from './demo/open-real-cluster.ts';
export { runDemo, type DemoState, type RunningDemo } from './demo/run-demo.ts';
