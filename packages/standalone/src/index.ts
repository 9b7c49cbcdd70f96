// The four services in one process with embedded stores: for the demo and the whole-system tests.
export { startInProcess, type InProcessServices, type InProcessDeps } from './services/start-in-process.ts';
export { startProcesses, type Processes, type ProcessesRequest } from './services/start-processes.ts';
export { writeSettings, type Settings, type SettingsRequest } from './settings/write-settings.ts';
export { type ServiceKeyFiles } from './settings/service-keys.ts';
export {
  createIdentityProvider,
  type IdentityProvider,
  type IdentityProviderClient,
  type IdentityProviderOptions,
} from './identity-provider/create-identity-provider.ts';
export { demoPeople, type Person } from './identity-provider/people.ts';
export { demoApiPolicy } from './demo/demo-policy.ts';
export { type DemoState, type RunningDemo } from './demo/run-demo.ts';
