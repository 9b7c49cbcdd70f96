import type { Elevation } from '@sallyport/contracts';
import type { Logger } from '@sallyport/kit';
import type { Asker } from './find-asker.ts';

/** Logs a step that a person has taken. */
export function logStep(
  logger: Logger,
  action: string,
  { id, name, cluster, state }: Elevation,
  { person }: Pick<Asker, 'person'>,
): void {
  logger.info({ elevation: id, name, cluster, state, action, user: person.user }, 'a step of an elevation');
}
