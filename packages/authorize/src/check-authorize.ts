import { checkAuditSink, checkSpool } from '@sallyport/audit-log';
import {
  checkOwnService,
  checkPolicies,
  policiesVersion,
  type ConfigFault,
  type LoadedConfig,
  type ServiceCheck,
} from '@sallyport/kit';
import { compilePolicy, policyVersion } from '@sallyport/policy';
import { checkSessionStores } from '@sallyport/stores';
import { checkElevations } from './elevations/check-elevations.ts';
import { checkNotifications } from './notifications/check-notifications.ts';
import { checkOnCall } from './on-call/on-call-file.ts';

const engine = { compilePolicy, policyVersion };

/** Reports policies that are too large to have a version. */
function checkVersion({ config, place }: LoadedConfig): ConfigFault[] {
  try {
    policiesVersion(checkPolicies({ data: config, place }, engine).plan, config, engine);
    return [];
  } catch (error) {
    if (error instanceof RangeError) return [{ path: '', message: error.message }];
    throw error;
  }
}

/** Checks the settings that authorize uses: keys, stores and every policy. */
export const checkAuthorize: ServiceCheck = {
  ofData: (source) => checkPolicies(source, engine).faults,
  ofConfig: (loaded) => [
    ...checkOwnService(loaded, 'authorize'),
    ...checkSessionStores(loaded),
    ...checkAuditSink(loaded),
    ...checkSpool(loaded, 'authorize'),
    ...checkVersion(loaded),
    ...checkElevations(loaded),
    ...checkNotifications(loaded),
    ...checkOnCall(loaded),
  ],
};
