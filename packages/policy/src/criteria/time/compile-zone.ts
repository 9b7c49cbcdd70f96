import type { FaultList, FaultPath } from '../../compile/fault-list.ts';
import { nearestName, quoteName } from '../../compile/nearest-name.ts';
import { kindOf } from '../../compile/plain-object.ts';
import { zoneClock, type ZoneClock } from './zone-clock.ts';

/** Returns the clock of the time zone named in a policy, or undefined after reporting a fault. */
export function compileZone(data: unknown, path: FaultPath, faults: FaultList): ZoneClock | undefined {
  if (typeof data !== 'string') {
    faults.add(path, `must be the name of a time zone, not ${kindOf(data)}`, 'write it as Europe/Berlin or UTC');
    return undefined;
  }
  const clock = zoneClock(data);
  if (!clock)
    faults.add(
      path,
      `unknown time zone ${quoteName(data)}`,
      () => `did you mean ${nearestName(data, ['UTC', ...Intl.supportedValuesOf('timeZone')])}?`,
    );
  return clock;
}
