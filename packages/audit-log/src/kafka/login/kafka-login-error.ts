/**
 * A login to Kafka that failed, with what to do about it in its message. It has no cause: kafkajs passes on the cause of
 * an error instead of the error.
 */
export class KafkaLoginError extends Error {
  override name = 'KafkaLoginError';
}

/** What Node.js reports if it cannot verify the certificate of a server. */
export const untrustedCertificates: ReadonlySet<string> = new Set([
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);
