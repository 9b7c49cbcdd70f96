import { usesKafka } from '@sallyport/contracts';
import { checkAuthorities, checkKeyPair, checkNamedFile, type ConfigFault, type LoadedConfig } from '@sallyport/kit';

/** Checks how a service that runs in a process of its own delivers or reads events: Kafka, with its certificates. */
export function checkAuditSink(loaded: LoadedConfig): ConfigFault[] {
  const { kafka } = loaded.config.audit;
  if (!usesKafka(kafka))
    return loaded.forOneProcess
      ? []
      : [
          {
            path: 'audit.kafka',
            message: kafka ? 'does not name a Kafka cluster' : 'is missing',
            hint: 'set `brokers`, because each service is a process of its own; without Kafka, run all services in one process: sallyport serve',
            ...loaded.place(['audit', 'kafka']),
          },
        ];
  const { sasl, tls } = kafka;
  const ofLogin =
    sasl?.mechanism === 'oauthbearer'
      ? checkAuthorities(loaded, { path: 'audit.kafka.sasl.caFile', file: sasl.caFile })
      : [];
  return [...ofLogin, ...(tls == null || typeof tls === 'boolean' ? [] : checkTls(loaded, tls))];
}

type TlsFiles = { caFile?: string; certFile?: string; keyFile?: string };

function checkTls(loaded: LoadedConfig, tls: TlsFiles): ConfigFault[] {
  const at = (field: string) => `audit.kafka.tls.${field}`;
  const [certificate, key] = [
    { path: at('certFile'), file: tls.certFile },
    { path: at('keyFile'), file: tls.keyFile },
  ];
  const faults = checkAuthorities(loaded, { path: at('caFile'), file: tls.caFile });
  if ((tls.certFile === undefined) === (tls.keyFile === undefined))
    return [...faults, ...checkKeyPair(loaded, certificate, key)];
  const missing = tls.certFile === undefined ? certificate : key;
  return [
    ...faults,
    ...checkNamedFile(loaded, certificate.path, certificate.file),
    ...checkNamedFile(loaded, key.path, key.file),
    {
      path: missing.path,
      message: 'is missing: certFile and keyFile go together',
      ...loaded.place(missing.path.split('.')),
    },
  ];
}
