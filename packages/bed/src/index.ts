// Builds, caches, starts and stops the real components (a Kubernetes node, Redis, Kafka, PostgreSQL) that whole-system tests run against.
export { createCertificateAuthority } from './certificate-authority.ts';
export type { CertificateAuthority, CertificateRequest, IssuedCertificate } from './certificate-authority.ts';
