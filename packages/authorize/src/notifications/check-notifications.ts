import { checkAuthorities, nearestName, type ConfigFault, type LoadedConfig } from '@sallyport/kit';

/** Reports files that cannot be read, channels that do not exist, and elevations that would begin silently. */
export function checkNotifications(loaded: LoadedConfig): ConfigFault[] {
  const { config, place } = loaded;
  const { notifications, elevations } = config;
  const fault = (path: string[], message: string, hint: string): ConfigFault => ({
    path: path.join('.'),
    message,
    hint,
    ...place(path),
  });
  const files = notifications.flatMap((channel, index) =>
    (['webhook', 'slack', 'teams', 'smtp'] as const).flatMap((kind) =>
      checkAuthorities(loaded, { path: `notifications.${index}.${kind}.caFile`, file: channel[kind]?.caFile }),
    ),
  );
  const names = notifications.map(({ name }) => name);
  const faults = elevations.flatMap((entry, index) => {
    const at = ['elevations', String(index), 'notify'];
    const unknown = (entry.notify ?? []).flatMap((name, place) => {
      if (names.includes(name)) return [];
      const near = nearestName(name, names);
      const hint = near === undefined ? 'add it to "notifications", or remove it here' : `did you mean ${near}?`;
      return [fault([...at, String(place)], `names the channel ${name}, which does not exist`, hint)];
    });
    if (unknown.length > 0 || entry.approvals > 0 || notifications.length === 0) return unknown;
    const told = notifications.filter(
      ({ name, events }) => (entry.notify?.includes(name) ?? true) && (events?.includes('elevation.activated') ?? true),
    );
    if (told.length > 0) return [];
    const message = 'tells no channel when this elevation begins, which needs no approval';
    return [fault(at, message, 'name a channel that gets the event elevation.activated')];
  });
  return [...files, ...faults];
}
