// What the demo and the whole-system tests start: services as processes, settings, an identity provider. The services in
// one process are `@sallyport/standalone/in-process`, because loading all of them takes seconds.
export { startProcesses, type Processes, type ProcessesRequest } from './services/start-processes.ts';
export { demoProgram, serviceProgram } from './services/bundled-program.ts';
export { writeSettings, type Settings, type SettingsRequest } from './settings/write-settings.ts';
export type { ServiceKeyFiles } from './settings/service-keys.ts';
export {
  createIdentityProvider,
  type IdentityProvider,
  type IdentityProviderClient,
  type IdentityProviderOptions,
} from './identity-provider/create-identity-provider.ts';
export { demoPeople, type Person } from './identity-provider/people.ts';
export { demoApiPolicy } from './demo/demo-policy.ts';
export type { DemoState, RunningDemo } from './demo/run-demo.ts';
