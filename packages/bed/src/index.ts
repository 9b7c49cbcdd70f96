// Builds, caches, starts and stops the real components (a Kubernetes node, Redis, Kafka, PostgreSQL) that whole-system tests run against.
export { createCertificateAuthority } from './certificate-authority.ts';
export type { CertificateAuthority, CertificateRequest, IssuedCertificate } from './certificate-authority.ts';
export { ensureComponents } from './components/ensure-components.ts';
export type { Components, EnsureOptions } from './components/ensure-components.ts';
export { isComponentName } from './components/catalogue.ts';
export type { ComponentName, MissingComponent } from './components/catalogue.ts';
export { freePort } from './run/free-port.ts';
export { runDirectory } from './run/run-directory.ts';
export type { Run } from './run/run-directory.ts';
export type { Progress } from './progress.ts';
