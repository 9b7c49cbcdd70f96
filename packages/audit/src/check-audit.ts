import { checkAuditSink } from '@sallyport/audit-log';
import { checkOwnService, type ConfigFault, type LoadedConfig, type ServiceCheck } from '@sallyport/kit';
import { checkCheckpoints } from './proof/checkpoint-keys.ts';

function checkStore({ config, place }: LoadedConfig): ConfigFault[] {
  const { store } = config.audit;
  if (!store || !('postgres' in store) || URL.canParse(store.postgres)) return [];
  return [
    {
      path: 'audit.store.postgres',
      message: 'is not a PostgreSQL URL',
      hint: 'write it like postgres://user:password@postgres:5432/sallyport, with special characters percent-encoded',
      ...place(['audit', 'store', 'postgres']),
    },
  ];
}

/** Checks the settings that the audit service uses. */
export const checkAudit: ServiceCheck = {
  ofConfig: (loaded) => [
    ...checkOwnService(loaded, 'audit'),
    ...checkAuditSink(loaded),
    ...checkStore(loaded),
    ...checkCheckpoints(loaded),
  ],
};
